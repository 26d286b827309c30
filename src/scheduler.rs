//! When AWS is asked, and what becomes of the answers.
//!
//! Owns the clockwork of one region of one target: ticks, deadlines, what is
//! kept of earlier refreshes (`memory`), and the calls of one refresh
//! (`refresh`). What comes out is a [`Snapshot`] after each refresh, and another
//! one at the moment at which something in it becomes too old to be shown.

mod economy;
mod held;
mod memory;
mod outcome;
mod plan;
mod pressure;
mod refresh;
mod selection;
mod ticks;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::aws::Source;
use crate::config::Config;
use crate::model::{Label, Service, ServiceRequests, Snapshot};
use crate::selfmetrics::TargetMetrics;
use economy::Economy;
use held::Age;
use memory::Memory;
pub use outcome::Complaints;
use outcome::{Log, Outcome};
pub use plan::Plan;
use refresh::Refresh;
use selection::Selection;
use ticks::Ticks;

/// How late an expiry that a running refresh brings may be noticed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What a scheduler needs of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Time between the starts of two refreshes.
    pub interval: Duration,
    /// When a refresh is ended.
    pub timeout: Duration,
    /// How long the last good values of something that fails are shown.
    pub max_age: Duration,
    /// How long stacks and associations are kept.
    pub topology_interval: Duration,
    /// What is asked.
    pub plan: Plan,
    /// What of it is asked about and shown.
    selection: Selection,
    /// How sessions are asked for.
    economy: Economy,
    /// Authentication types to ask for.
    pub authentication_types: Arc<[Label]>,
    /// Requests under way at one time.
    concurrency: usize,
    /// `aws.requests_per_second`, of each service.
    requests_per_second: f64,
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        let types = config.sessions.authentication_types.iter();
        Self {
            interval: config.refresh.interval,
            timeout: config.refresh.timeout,
            max_age: config.refresh.max_age,
            topology_interval: config.refresh.topology_interval,
            plan: Plan::new(config.collectors),
            selection: Selection::from(config),
            economy: Economy {
                on: config.sessions.economy,
                recheck_interval: config.sessions.recheck_interval,
            },
            authentication_types: types.map(|kind| Label::Borrowed(kind.as_str())).collect(),
            concurrency: config.aws.max_concurrency,
            requests_per_second: config.aws.requests_per_second,
        }
    }
}

impl Settings {
    /// Session requests to have under way or waiting at one time.
    ///
    /// Twice what may be under way, because a pair keeps its places until the
    /// last page of its last type; but no more than the rate limit can feed if
    /// AWS takes a second to answer: what has begun is to be finished before more
    /// is begun, or a pair of many pages would never be.
    fn session_places(&self) -> usize {
        (self.concurrency * 2).min(self.at_the_rate())
    }

    fn at_the_rate(&self) -> usize {
        usize::try_from(whole(self.requests_per_second)).unwrap_or(usize::MAX)
    }

    /// The same for lists of associations: half, so that lists that hang leave
    /// room for sessions.
    fn list_places(&self) -> usize {
        self.concurrency.min(self.at_the_rate()) / 2
    }

    /// `DescribeFleets`: also when tags decide whose associations are shown.
    fn lists_fleets(&self) -> bool {
        self.plan.lists_fleets() || self.plan.lists_associations() && self.selection.needs_tags()
    }

    /// How old stacks and associations are when they are read again: a refresh
    /// that comes a little early must not put that off to the next one.
    fn topology_age(&self) -> Duration {
        self.topology_interval.saturating_sub(self.interval / 2)
    }
}

/// The whole calls in a number of calls.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate and a duration that were checked give 0 to 86,400,000,000"
)]
fn whole(calls: f64) -> u64 {
    calls.floor() as u64
}

/// What a scheduler is to do from now on.
#[derive(Clone, Debug)]
pub struct Order<S> {
    /// Whom to ask.
    pub source: S,
    /// How.
    pub settings: Settings,
}

/// Refreshes one region of one target.
#[derive(Debug)]
pub struct Scheduler<S> {
    source: S,
    settings: Settings,
    metrics: TargetMetrics,
    wall_clock: fn() -> SystemTime,
    memory: Memory,
    /// What the last refresh asked.
    requests: Vec<ServiceRequests>,
    complaints: Complaints,
}

impl<S: Source> Scheduler<S> {
    /// A scheduler that has asked nothing yet.
    ///
    /// `wall_clock` dates successes; ages are measured with a clock that nobody can set.
    pub fn new(
        target: &str,
        region: &str,
        source: S,
        settings: Settings,
        metrics: TargetMetrics,
        wall_clock: fn() -> SystemTime,
    ) -> Self {
        let memory = Memory::new(target.into(), region.into(), settings.plan);
        Self {
            source,
            settings,
            metrics,
            wall_clock,
            memory,
            requests: Vec::new(),
            complaints: Complaints::default(),
        }
    }

    /// The same, saying what concerns all regions of the target once for all of them.
    #[must_use]
    pub fn sharing(self, complaints: &Complaints) -> Self {
        Self {
            complaints: complaints.clone(),
            ..self
        }
    }

    /// Refreshes at once, then on every tick, until `stop`; hands each snapshot to `publish`.
    ///
    /// Between two refreshes it does as the last of the `orders` says, at once,
    /// and keeps what is known. A refresh that is under way at `stop` is
    /// dropped: nobody would see it.
    pub async fn run(
        mut self,
        mut orders: watch::Receiver<Order<S>>,
        mut publish: impl FnMut(Snapshot),
        stop: CancellationToken,
    ) where
        S: Clone,
    {
        stop.run_until_cancelled(async {
            loop {
                self.run_until_changed(&mut orders, &mut publish).await;
                let order = orders.borrow_and_update().clone();
                self.obey(order);
                publish(self.snapshot());
            }
        })
        .await;
    }

    /// Refreshes at once and on every tick, until there is another order.
    async fn run_until_changed(
        &mut self,
        orders: &mut watch::Receiver<Order<S>>,
        publish: &mut impl FnMut(Snapshot),
    ) {
        // So that exporters that were started together do not ask together for ever.
        let jitter = self.settings.interval.mul_f64(fastrand::f64() / 10.0);
        let mut ticks = Ticks::new(Instant::now(), self.settings.interval, jitter);
        let mut skipped_before = false;
        loop {
            let outcomes = self.publishing_expiries(self.read(), publish).await;
            publish(self.conclude(outcomes));
            let (next, skipped) = ticks.next_after(Instant::now());
            self.metrics.skipped(skipped);
            if skipped > 0 && !skipped_before {
                self.log().skipped();
            }
            skipped_before = skipped > 0;
            self.metrics.waits_until(self.on_the_wall(next));
            let idle = self.publishing_expiries(tokio::time::sleep_until(next), publish);
            tokio::select! {
                () = idle => {}
                Ok(()) = orders.changed() => return,
            }
        }
    }

    /// Does as an order says from now on.
    fn obey(&mut self, order: Order<S>) {
        let Order { source, settings } = order;
        self.memory.adapt(&self.settings, &settings);
        let is_asked = |service| settings.plan.services().any(|asked| asked == service);
        self.requests.retain(|requests| is_asked(requests.service));
        self.source = source;
        self.settings = settings;
    }

    /// Refreshes once.
    pub async fn refresh(&mut self) -> Snapshot {
        let outcomes = self.read().await;
        self.conclude(outcomes)
    }

    /// Asks AWS and puts what comes back into the memory.
    async fn read(&self) -> Vec<Outcome> {
        self.metrics.begun((self.wall_clock)());
        self.source.begin_refresh(self.settings.timeout);
        let is_rate_bound = self
            .memory
            .is_rate_bound(&self.settings, &|service| self.budget(service));
        Refresh::new(&self.source, &self.settings, Instant::now(), is_rate_bound)
            .run(&self.memory)
            .await
    }

    fn conclude(&mut self, outcomes: Vec<Outcome>) -> Snapshot {
        self.metrics.refreshed();
        self.memory.record(
            outcomes,
            (Instant::now(), (self.wall_clock)()),
            &self.complaints,
        );
        self.memory.tell_leavings();
        self.memory.tell_pressure(&self.settings, &|service| {
            self.source.requests_per_second(service)
        });
        let services = self.settings.plan.services();
        self.requests = services.map(|service| self.requests(service)).collect();
        self.snapshot()
    }

    /// What the refresh that ends asked of a service.
    fn requests(&self, service: Service) -> ServiceRequests {
        let (unread, ran_out_of_time) = self.memory.shortage(service);
        ServiceRequests {
            service,
            sent: self.source.requests_sent(service),
            requests_per_second: self.source.requests_per_second(service),
            configured_per_second: self.settings.requests_per_second,
            unread,
            ran_out_of_time,
        }
    }

    /// Waits for `work`, and publishes without it whenever a held value becomes
    /// too old: that must not wait for a refresh that hangs.
    async fn publishing_expiries<T>(
        &self,
        work: impl Future<Output = T>,
        publish: &mut impl FnMut(Snapshot),
    ) -> T {
        tokio::pin!(work);
        loop {
            let now = Instant::now();
            let expiry = self.memory.next_expiry(self.age(now));
            // A read that fails meanwhile brings an expiry that is not known yet.
            let look_again = now + LOOK_AGAIN;
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep_until(expiry.unwrap_or(look_again).min(look_again)) => {
                    if expiry.is_some_and(|expiry| expiry <= Instant::now()) {
                        publish(self.snapshot());
                    }
                }
            }
        }
    }

    fn snapshot(&self) -> Snapshot {
        let age = self.age(Instant::now());
        let snapshot = self
            .memory
            .snapshot(age, &self.settings, &|service| self.budget(service));
        Snapshot {
            requests: self.requests.clone(),
            ..snapshot
        }
    }

    /// A moment to come, as the wall clock has it now.
    fn on_the_wall(&self, moment: Instant) -> SystemTime {
        let now = (self.wall_clock)();
        now.checked_add(moment.saturating_duration_since(Instant::now()))
            .unwrap_or(now)
    }

    /// Calls that the rate limit allows within the refresh timeout.
    fn budget(&self, service: Service) -> u64 {
        whole(self.source.requests_per_second(service) * self.settings.timeout.as_secs_f64())
    }

    fn age(&self, now: Instant) -> Age {
        Age {
            now,
            max_age: self.settings.max_age,
        }
    }

    fn log(&self) -> Log<'_> {
        Log {
            target: &self.memory.target,
            region: &self.memory.region,
        }
    }
}
