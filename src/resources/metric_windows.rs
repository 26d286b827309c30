//! The time range of datapoints to read next, for each fleet and pool.
//!
//! A range starts where the last complete one ended, so each datapoint counts once even if calls
//! fail in between. One call covers fleets with different ranges; each fleet takes only the
//! datapoints of its own range.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::entry::{self, Table};
use super::refresh::View;
use super::settings::Settings;
use crate::model::{
    GaugeStatistics, Metric, MetricBatch, MetricValues, Monitored, ShownMetrics, UnixSeconds,
};

/// Maximum number of queries in one call.
const MOST_QUERIES: usize = 500;
/// The longest range, enough for a weekend without permissions. CloudWatch keeps minutes for 15
/// days, but 500 queries over 15 days return a hundred pages.
const LONGEST_WINDOW: Duration = Duration::from_secs(3 * 24 * 3600);
/// A datapoint of a gauge is new for so long, or for the interval where that is longer.
const NEW_FOR: Duration = Duration::from_secs(300);
/// Periods that CloudWatch accepts, in seconds. AWS sends metrics of fleets and pools once a
/// minute; shorter periods are for tests and the demo.
const PERIODS: [u16; 5] = [60, 30, 10, 5, 1];

/// The metrics of all fleets and pools.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    /// For each batch, until when it was read.
    pub(super) batches: Table<usize, UnixSeconds>,
    windows: BTreeMap<Monitored, Window>,
}

/// The metrics of one fleet or pool.
#[derive(Debug)]
struct Window {
    /// Datapoints before this moment were counted, or are older than the window's start.
    counted_until: UnixSeconds,
    /// `None` while it runs.
    stopped: Option<Stopped>,
    rejected: BTreeMap<Metric, f64>,
    /// The newest datapoints, and until when they are shown.
    gauges: Option<(BTreeMap<Metric, GaugeStatistics>, Instant)>,
}

/// When lists have said that something does not run.
#[derive(Debug)]
struct Stopped {
    /// Just after the first such list.
    since: UnixSeconds,
    /// The last such list.
    seen: UnixSeconds,
}

impl Window {
    fn new(is_running: bool, listed: UnixSeconds, view: View<'_>) -> Self {
        let seen = listed;
        Self {
            counted_until: end(view),
            stopped: (!is_running).then_some(Stopped { since: 0, seen }),
            rejected: BTreeMap::new(),
            gauges: None,
        }
    }

    /// A list of that moment says whether it runs.
    fn observe(&mut self, is_running: bool, listed: UnixSeconds, interval: Duration) {
        let now_stopped = |since| {
            (!is_running).then_some(Stopped {
                since,
                seen: listed,
            })
        };
        let Some(stopped) = &self.stopped else {
            self.stopped = now_stopped(listed + 1);
            return;
        };
        // Where lists failed in between, it may have run unseen.
        let is_gap = listed > stopped.seen + 2 * interval.as_secs();
        if !is_running && !is_gap {
            self.stopped = now_stopped(stopped.since);
            return;
        }
        // Nothing was sent between the last datapoint and the last list.
        if self.counted_until >= stopped.since {
            let minute = stopped.seen - stopped.seen % 60;
            self.counted_until = self.counted_until.max(minute);
        }
        self.stopped = now_stopped(listed + 1);
        if is_running {
            // The values of its last run say nothing about this one.
            self.gauges = None;
        }
    }

    /// Whether it has datapoints to read: it runs, or ran at a moment that was not counted yet.
    fn is_read(&self) -> bool {
        let stopped = self.stopped.as_ref();
        stopped.is_none_or(|stopped| self.counted_until < stopped.since)
    }
}

impl Metrics {
    /// Keeps a window for everything that is listed, each with whether it is wanted and
    /// what a list says of it.
    pub(super) fn keep(
        &mut self,
        listed: impl IntoIterator<Item = (Monitored, bool, Seen)>,
        view: View<'_>,
    ) {
        let mut before = std::mem::take(&mut self.windows);
        for (monitored, is_wanted, Seen { is_running, at }) in listed {
            let mut window = match before.remove(&monitored) {
                Some(window) => window,
                None if is_wanted => Window::new(is_running, at, view),
                None => continue,
            };
            window.observe(is_running, at, view.settings.interval);
            self.windows.insert(monitored, window);
        }
        let batches = self.read(view.settings).count();
        let batches = batches.div_ceil(per_batch(view.settings));
        entry::keep(&mut self.batches, 0..batches);
    }

    /// Forgets a fleet.
    pub(super) fn forget(&mut self, monitored: &Monitored) {
        self.windows.remove(monitored);
    }

    /// Everything that has datapoints to read.
    fn read(&self, settings: &Settings) -> impl Iterator<Item = (&Monitored, &Window)> {
        let metrics = &settings.cloudwatch_metrics;
        let windows = self.windows.iter();
        windows.filter(move |(monitored, window)| {
            window.is_read() && monitored.metrics(metrics).next().is_some()
        })
    }

    /// The call of a batch.
    pub(super) fn batch(&self, number: usize, view: View<'_>) -> MetricBatch {
        let size = per_batch(view.settings);
        let monitored = self.read(view.settings).skip(number * size).take(size);
        let monitored: Vec<_> = monitored
            .map(|(monitored, window)| (monitored.clone(), window.counted_until))
            .collect();
        let end = end(view);
        // The first call counts nothing yet, and finds gauges.
        let period = period(view.settings);
        let latest = end.saturating_sub(period.into());
        let new_for = view.settings.cloudwatch_interval.max(NEW_FOR);
        let counted = monitored.iter().map(|(_, counted_until)| *counted_until);
        let start = counted.fold(latest, UnixSeconds::min);
        MetricBatch {
            number,
            period,
            start: start.max(end.saturating_sub(LONGEST_WINDOW.as_secs())),
            end,
            gauges_from: end.saturating_sub(new_for.as_secs()),
            metrics: Arc::clone(&view.settings.cloudwatch_metrics),
            monitored,
        }
    }

    /// Counts the values that a batch has read for `monitored`, from `counted_from` to `end`.
    pub(super) fn count(
        &mut self,
        monitored: &Monitored,
        counted_from: UnixSeconds,
        end: UnixSeconds,
        values: MetricValues,
        shown_until: Instant,
    ) {
        let Some(window) = self.windows.get_mut(monitored) else {
            return;
        };
        // Another batch may have read the same datapoints meanwhile.
        if window.counted_until == counted_from {
            for (metric, count) in values.counts {
                *window.rejected.entry(metric).or_default() += count;
            }
            window.counted_until = end.max(counted_from);
            window.gauges = Some((values.gauges, shown_until));
        }
    }

    /// The values of a fleet or pool; `None` if it was never running, or if reads have failed for
    /// so long that the counters are too old.
    pub(super) fn shown(&self, monitored: &Monitored, view: View<'_>) -> Option<ShownMetrics> {
        let window = self.windows.get(monitored)?;
        let is_current = |until: &Instant| view.now < *until;
        let read = window.gauges.as_ref();
        if window.is_read() && read.is_some_and(|(_, until)| !is_current(until)) {
            return None;
        }
        let metrics = || monitored.metrics(&view.settings.cloudwatch_metrics);
        let counters = metrics().filter(|metric| metric.reason().is_some());
        let count = |metric| window.rejected.get(&metric).copied().unwrap_or_default();
        let gauges = read.filter(|(_, until)| window.stopped.is_none() && is_current(until));
        let gauges = gauges.into_iter().flat_map(|(gauges, _)| gauges);
        let gauges = gauges.filter(|(metric, _)| metrics().any(|wanted| wanted == **metric));
        Some(ShownMetrics {
            rejected: counters.map(|metric| (metric, count(metric))).collect(),
            gauges: gauges.map(|(metric, gauge)| (*metric, *gauge)).collect(),
        })
    }

    /// Metrics that are read in an interval, as AWS bills them.
    pub(super) fn billed(&self, settings: &Settings) -> usize {
        let metrics = &settings.cloudwatch_metrics;
        let read = self.read(settings);
        read.map(|(monitored, _)| monitored.metrics(metrics).count())
            .sum()
    }
}

/// The state of a fleet or pool in a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) is_running: bool,
    /// When the list was read.
    pub(super) at: UnixSeconds,
}

impl Seen {
    pub(super) fn new(is_running: bool, read_at: Instant, view: View<'_>) -> Self {
        let at = unix_seconds(view.wall_at(read_at));
        Self { is_running, at }
    }
}

/// The first datapoint that is not read yet: it may still change.
pub(super) fn end(view: View<'_>) -> UnixSeconds {
    let wall = view.wall().checked_sub(view.settings.cloudwatch_delay);
    let end = wall.map_or(0, unix_seconds);
    end - end % UnixSeconds::from(period(view.settings))
}

fn unix_seconds(moment: SystemTime) -> UnixSeconds {
    let since_epoch = moment.duration_since(UNIX_EPOCH);
    since_epoch.map_or(0, |since| since.as_secs())
}

/// Seconds of a datapoint: a minute, or less where the interval is shorter.
pub(super) fn period(settings: &Settings) -> u16 {
    let interval = settings.cloudwatch_interval.as_secs();
    let mut periods = PERIODS.into_iter();
    let period = periods.find(|period| u64::from(*period) <= interval);
    period.unwrap_or(1)
}

/// How long gauges are shown: until they are read again, or `refresh.max_age` after that.
pub(super) fn shown_for(settings: &Settings) -> Duration {
    settings.cloudwatch_interval.max(Duration::from_secs(60)) + settings.max_age
}

/// Fleets and pools in one batch. A pool has no more queries than a fleet.
fn per_batch(settings: &Settings) -> usize {
    let metrics = settings.cloudwatch_metrics.iter();
    let queries: usize = metrics.map(|metric| metric.statistics()).sum();
    (MOST_QUERIES / queries.max(1)).max(1)
}
