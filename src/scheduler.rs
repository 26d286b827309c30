//! Starts reads when they are due, and publishes snapshots.
//!
//! One task owns one region of one target. Its state has an entry for every list: the last good
//! value with its age, the last attempt, and the last error. The next read depends only on these
//! entries.
//!
//! # A refresh
//!
//! With the defaults (`refresh.interval: 60s`, `refresh.timeout: 50s`), 100 fleets
//! with one stack and 100 SAML sessions each, 5 requests a second:
//!
//! ```text
//!  0 s   The refresh starts. Fleets are due, and the sessions of every fleet and
//!        stack that had some. A tenth of the associations is due, because each is
//!        read every ten minutes. All other authentication types had no sessions:
//!        each is read every half hour.
//!  1 s   The fleets are read (5 pages). After a start, /metrics shows them now: new
//!        values are shown at once, but at most once a second.
//! 45 s   The last of about 230 responses arrives. The refresh ends: /metrics shows
//!        its values, collectors are updated, and the log shows changes.
//! 50 s   If the refresh is still running, it starts no more reads. Reads in progress
//!        continue and count; the others are first in the next refresh.
//! 60 s   The next refresh starts.
//! ```
//!
//! # A rescan
//!
//! A fleet reports 10 in use and 8 sessions were found, all of them SAML. Two are
//! missing, so its associations and all four authentication types are read at
//! once. Two API sessions are found: from now on, every refresh reads that type.
//! If nothing is found, the difference of two is stored as unexplained. The fleet
//! is rescanned only if the difference grows, or after `sessions.recheck_interval`.
//!
//! # Where things are
//!
//! - `state`: which reads are due, and what is shown. It makes no call and reads no clock.
//! - `permits`: limits concurrent reads, and selects the next one. `ticks`: when refreshes start.
//! - [`crate::resources`]: the lists that can be read, and their last good values.

mod permits;
mod state;
mod ticks;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::aws::Source;
use crate::model::{Service, ServiceUse, Snapshot};
use crate::report::{LogDedup, Pace, Pressure, Report};
pub use crate::resources::settings::Settings;
use crate::resources::{self, Answer};
use crate::selfmetrics::TargetMetrics;
use permits::{Due, Permits};
use state::State;
use ticks::Ticks;

/// While a refresh runs, how often new values are shown, and how often the reads that
/// wait are replaced by those that are due by then. A large account has thousands of each.
const STEP: Duration = Duration::from_secs(1);

/// Other settings for a scheduler that runs.
#[derive(Clone, Debug)]
pub struct Reconfigure<S> {
    /// Whom to call from now on.
    pub source: S,
    /// The reads and their intervals.
    pub settings: Settings,
}

/// Refreshes one region of one target.
#[derive(Debug)]
pub struct Scheduler<S> {
    source: S,
    state: State,
    metrics: TargetMetrics,
    wall_clock: fn() -> SystemTime,
    report: Report,
    /// As of the last refresh.
    services: Vec<ServiceUse>,
    /// Reads that wait, of those that were due at `looked_at`.
    queue: VecDeque<Due>,
    looked_at: Instant,
    permits: Permits,
    in_flight: FuturesUnordered<InFlight>,
    /// A value was read for the first time and is not shown yet.
    has_news: bool,
    show_after: Instant,
    next_expiry: Option<Instant>,
}

/// A read, when it began, and its answer.
type Done = (Due, Instant, Answer);
type InFlight = Pin<Box<dyn Future<Output = Done> + Send>>;

impl<S: Source> Scheduler<S> {
    /// A scheduler that has read nothing yet.
    ///
    /// `wall_clock` dates successes; ages are measured with a clock that cannot be set.
    pub fn new(
        target: &str,
        region: &str,
        source: S,
        settings: Settings,
        metrics: TargetMetrics,
        dedup: LogDedup,
        wall_clock: fn() -> SystemTime,
    ) -> Self {
        let (target, region): (Arc<str>, Arc<str>) = (target.into(), region.into());
        Self {
            source,
            state: State::new(target, region, settings, Instant::now()),
            metrics,
            wall_clock,
            report: Report::new(dedup),
            services: Vec::new(),
            queue: VecDeque::new(),
            looked_at: Instant::now(),
            permits: Permits::default(),
            in_flight: FuturesUnordered::new(),
            has_news: false,
            show_after: Instant::now(),
            next_expiry: None,
        }
    }

    /// Refreshes at once, then on every tick, until `stop`; hands each snapshot to `publish`.
    ///
    /// Changed settings apply at once, and known data is kept. Running reads are dropped at
    /// `stop`.
    pub async fn run(
        mut self,
        mut settings: watch::Receiver<Reconfigure<S>>,
        mut publish: impl FnMut(Snapshot),
        stop: CancellationToken,
    ) {
        let refreshes = async {
            let mut ticks = self.ticks(Instant::now());
            let mut next_tick = Instant::now();
            loop {
                let now = Instant::now();
                if self.state.refresh.is_running {
                    if self.advance(now) {
                        publish(self.snapshot(now));
                        let (next, skipped) = ticks.next_after(now);
                        next_tick = next;
                        self.metrics.skipped(skipped);
                        self.report.refreshes_skipped(skipped);
                        let wall = (self.wall_clock)();
                        let next = wall.checked_add(next.saturating_duration_since(now));
                        self.metrics.waits_until(next.unwrap_or(wall));
                    }
                } else if next_tick <= now {
                    self.begin_refresh(now);
                    continue;
                }
                if self.show_at().is_some_and(|show_at| show_at <= now) {
                    publish(self.snapshot(now));
                }
                let wake_at = match self.state.refresh.is_running {
                    true => self.wake_at(),
                    false => next_tick,
                };
                let wake_at = self.show_at().map_or(wake_at, |at| at.min(wake_at));
                tokio::select! {
                    Some(done) = self.in_flight.next() => self.apply(done),
                    () = tokio::time::sleep_until(wake_at) => {}
                    Ok(()) = settings.changed() => {
                        let now = Instant::now();
                        let reconfigure = settings.borrow_and_update().clone();
                        self.reconfigure(reconfigure);
                        publish(self.snapshot(now));
                        ticks = self.ticks(now);
                        next_tick = now;
                    }
                }
            }
        };
        stop.run_until_cancelled(refreshes).await;
    }

    /// Refreshes once.
    pub async fn refresh(&mut self) -> Snapshot {
        self.begin_refresh(Instant::now());
        loop {
            let now = Instant::now();
            if self.advance(now) {
                return self.snapshot(now);
            }
            let wake_at = self.wake_at();
            tokio::select! {
                Some(done) = self.in_flight.next() => self.apply(done),
                () = tokio::time::sleep_until(wake_at) => {}
            }
        }
    }

    /// Ticks from now on, a little early at random, so that exporters that were
    /// started together do not call AWS together.
    fn ticks(&self, now: Instant) -> Ticks {
        let Settings {
            interval, timeout, ..
        } = self.state.settings;
        let most = (interval / 10).min(interval.saturating_sub(timeout));
        Ticks::new(now, interval, most.mul_f64(fastrand::f64()))
    }

    /// The time after which the running refresh starts no more reads.
    fn deadline(&self) -> Instant {
        self.state.refresh.start + self.state.settings.timeout
    }

    /// When a running refresh has something to do, if no answer comes before.
    fn wake_at(&self) -> Instant {
        self.deadline().min(self.looked_at + STEP)
    }

    /// When what is shown is to be replaced: something new is known while a refresh
    /// runs, or a value becomes too old.
    fn show_at(&self) -> Option<Instant> {
        let early = Some(self.show_after);
        let early = early.filter(|_| self.has_news && self.state.refresh.is_running);
        early.into_iter().chain(self.next_expiry).min()
    }

    fn reconfigure(&mut self, reconfigure: Reconfigure<S>) {
        let Reconfigure { source, settings } = reconfigure;
        self.source = source;
        let called = settings.services();
        self.services.retain(|used| called.contains(&used.service));
        self.state.adapt(settings);
        self.queue.clear();
    }

    fn begin_refresh(&mut self, now: Instant) {
        let wall = (self.wall_clock)();
        self.metrics.begun(wall);
        self.source.begin_refresh();
        self.state.begin_refresh((now, wall));
        self.next_expiry = self.state.next_expiry(self.state.refresh.previous);
        self.queue.clear();
    }

    /// Starts reads. Says whether the refresh is over: everything that was due has been
    /// read and answered, or the time has passed.
    fn advance(&mut self, now: Instant) -> bool {
        self.start_reads(now);
        let is_done = self.queue.is_empty() && self.in_flight.is_empty();
        let is_over = is_done || now >= self.deadline();
        if is_over {
            self.end_refresh(now);
        }
        is_over
    }

    /// Starts the reads that are due, as many as there are permits.
    fn start_reads(&mut self, now: Instant) {
        if now >= self.deadline() {
            return;
        }
        if self.queue.is_empty() || self.looked_at + STEP <= now {
            (self.queue, self.looked_at) = (self.state.due(now).into(), now);
        }
        let limit = self.state.settings.concurrency;
        while let Some(due) = self.permits.next(&mut self.queue, limit) {
            let Some(progress) = self.state.start(&due.read, now) else {
                self.permits.give_back(&due);
                continue;
            };
            let source = self.source.for_read(&progress);
            let lists_sessions = self.state.settings.lists_sessions;
            self.in_flight.push(Box::pin(async move {
                let answer = resources::perform(due.read.clone(), source, lists_sessions).await;
                (due, now, answer)
            }));
        }
    }

    fn apply(&mut self, (due, begun, answer): Done) {
        self.permits.give_back(&due);
        let is_good = answer.is_good;
        self.has_news |= is_good && due.is_new;
        self.state.apply(answer, begun, Instant::now());
        if !is_good {
            // The value that could not be read grows old from now on.
            self.next_expiry = self.state.next_expiry(self.state.refresh.previous);
        }
    }

    fn end_refresh(&mut self, now: Instant) {
        self.metrics.ended();
        let late = self.state.due(now);
        let late: Vec<Service> = late.iter().map(|due| due.resource.service).collect();
        self.queue.clear();
        let outcomes = self.state.end_refresh((now, (self.wall_clock)()));
        self.report
            .refresh_ended(&outcomes, self.state.emptied_lists(now));
        let interval = self.state.settings.cloudwatch_interval;
        self.report
            .metric_costs(self.state.billed_metrics(), interval);
        for pressure in self.take_stock(&late, now) {
            self.report.pressure(&pressure);
        }
    }

    /// The time and rate that each service used.
    fn take_stock(&mut self, late: &[Service], now: Instant) -> Vec<Pressure> {
        let settings = &self.state.settings;
        let pressure = |service| Pressure {
            service,
            ran_out_of_time: late.contains(&service),
            needed: self.state.calls_needed(service, now),
            sent: self.source.requests_sent(service),
            requests_per_second: self.source.requests_per_second(service),
            pace: Pace {
                interval: settings.interval,
                timeout: settings.timeout,
                requests_per_second: settings.requests_per_second,
            },
        };
        let pressures: Vec<Pressure> = settings.services().into_iter().map(pressure).collect();
        self.services = pressures.iter().map(Pressure::service_use).collect();
        pressures
    }

    fn snapshot(&mut self, now: Instant) -> Snapshot {
        self.has_news = false;
        self.show_after = now + STEP;
        self.next_expiry = self.state.next_expiry(now);
        Snapshot {
            services: self.services.clone(),
            refreshes: self.metrics.refreshes(),
            is_partial: self.state.refresh.is_running,
            ..self.state.snapshot(now)
        }
    }
}
