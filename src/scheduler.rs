//! When AWS is asked, and what becomes of the answers.
//!
//! Owns the clockwork of one region of one target: ticks, deadlines, what is
//! kept of earlier refreshes (`memory`), and the calls of one refresh
//! (`refresh`). What comes out is a [`Snapshot`] after each refresh, and another
//! one at the moment at which something in it becomes too old to be shown.

mod held;
mod memory;
mod outcome;
mod plan;
mod refresh;
mod ticks;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::aws::Source;
use crate::config::Config;
use crate::model::{Label, Snapshot};
use crate::selfmetrics::TargetMetrics;
use held::Age;
use memory::Memory;
pub use plan::Plan;
use refresh::Refresh;
use ticks::Ticks;

/// What a scheduler needs of the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Time between the starts of two refreshes.
    pub interval: Duration,
    /// When a refresh is ended.
    pub timeout: Duration,
    /// How long the last good values of something that fails are shown.
    pub max_age: Duration,
    /// What is asked.
    pub plan: Plan,
    /// Authentication types to ask for.
    pub authentication_types: Arc<[Label]>,
    /// Reads under way at one time; the AWS room bounds requests, this bounds the memory of those that wait.
    pub concurrency: usize,
    /// Calls that the rate limit allows within the timeout, for each service.
    pub budget: f64,
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        let types = config.sessions.authentication_types.iter();
        Self {
            interval: config.refresh.interval,
            timeout: config.refresh.timeout,
            max_age: config.refresh.max_age,
            plan: Plan::new(config.collectors),
            authentication_types: types.map(|kind| Label::Borrowed(kind.as_str())).collect(),
            concurrency: config.aws.max_concurrency,
            budget: (config.aws.requests_per_second * config.refresh.timeout.as_secs_f64()).floor(),
        }
    }
}

/// Refreshes one region of one target.
#[derive(Debug)]
pub struct Scheduler<S> {
    source: S,
    settings: Settings,
    metrics: TargetMetrics,
    wall_clock: fn() -> SystemTime,
    memory: Memory,
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
        }
    }

    /// Refreshes at once, then on every tick, until `stop`; hands each snapshot to `publish`.
    ///
    /// A refresh that is under way at `stop` is dropped: nobody would see it.
    pub async fn run(mut self, mut publish: impl FnMut(Snapshot), stop: CancellationToken) {
        // So that exporters that were started together do not ask together for ever.
        let jitter = self.settings.interval.mul_f64(fastrand::f64() / 10.0);
        let mut ticks = Ticks::new(Instant::now(), self.settings.interval, jitter);
        loop {
            let refreshed = stop.run_until_cancelled(self.refresh()).await;
            let Some(snapshot) = refreshed else { return };
            publish(snapshot);
            let (next, skipped) = ticks.next_after(Instant::now());
            if skipped > 0 {
                self.metrics.skipped(skipped);
                let span = self.span();
                tracing::warn!(parent: &span, skipped, "refresh skipped: the one before had not ended");
            }
            if stop
                .run_until_cancelled(self.wait_until(next, &mut publish))
                .await
                .is_none()
            {
                return;
            }
        }
    }

    /// Refreshes once.
    pub async fn refresh(&mut self) -> Snapshot {
        let span = self.span();
        let refresh = Refresh::new(&self.source, &self.settings, Instant::now());
        let outcomes = refresh.run(&mut self.memory).instrument(span.clone()).await;
        self.metrics.refreshed();
        span.in_scope(|| self.memory.record(outcomes, (self.wall_clock)()));
        self.snapshot()
    }

    /// Sleeps until the next tick. Wakes up to publish again when a held value becomes too old.
    async fn wait_until(&self, next: Instant, publish: &mut impl FnMut(Snapshot)) {
        let mut now = Instant::now();
        while let Some(expiry) = self
            .memory
            .next_expiry(self.age(now))
            .filter(|expiry| *expiry < next)
        {
            tokio::time::sleep_until(expiry).await;
            publish(self.snapshot());
            now = Instant::now();
        }
        tokio::time::sleep_until(next).await;
    }

    fn snapshot(&self) -> Snapshot {
        self.memory
            .snapshot(self.age(Instant::now()), &self.settings)
    }

    fn age(&self, now: Instant) -> Age {
        Age {
            now,
            max_age: self.settings.max_age,
        }
    }

    fn span(&self) -> tracing::Span {
        tracing::info_span!(
            "refresh",
            target = &*self.memory.target,
            aws_region = &*self.memory.region
        )
    }
}
