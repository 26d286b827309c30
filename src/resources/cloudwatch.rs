//! Metrics of fleets and pools: `GetMetricData`, once per `cloudwatch.interval`, because AWS
//! charges for each metric that is read.

use std::sync::Arc;

use super::Answer;
use super::entry::{Attempt, Cadence};
use super::known::Known;
use super::metric_windows;
use super::pools;
use super::read::{Item, Read, Resource, Visit};
use super::refresh::View;
use super::settings::Settings;
use crate::aws::{self, Listed, Source};
use crate::model::{Collector, MetricBatch, MetricData, Monitored, Service, Snapshot, UnixSeconds};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Cloudwatch,
    operation: "GetMetricData",
    collectors: &[Collector::Cloudwatch],
    needed_by: &[],
    reads,
    show,
};

/// Seconds of the interval, in whole periods. Rounded up, so that AWS bills no more than configured.
fn whole_periods(settings: &Settings) -> UnixSeconds {
    let period = UnixSeconds::from(metric_windows::period(settings));
    settings.cloudwatch_interval.as_secs().div_ceil(period) * period
}

/// A batch is due when datapoints of a whole interval were not read yet. The state of
/// the batch alone decides, so that an answer with missing datapoints, which AWS bills, is
/// not asked for again before the next interval.
fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let end = metric_windows::end(view);
    for (number, entry) in &known.metrics.batches {
        let is_due = match entry.last_good.as_deref() {
            Some(read_until) => end >= read_until + whole_periods(view.settings),
            None => is_settled(known, view),
        };
        let cadence = match is_due {
            true => Cadence::EveryRefresh,
            false => Cadence::Later(view.settings.cloudwatch_interval),
        };
        let read = || Read::Metrics(Arc::new(known.metrics.batch(*number, view)));
        visit(Item::new(&entry.history, cadence, &read));
    }
}

/// Whether the lists of fleets, pools and tags were read or have failed. One call for all
/// metrics is cheaper than several.
fn is_settled(known: &Known, view: View<'_>) -> bool {
    let are_pools_read = pools::RESOURCE.owner(view.settings).is_some();
    known.are_fleets_settled(view) && (!are_pools_read || known.pools.history.is_settled())
}

pub(super) async fn read(source: impl Source, batch: Arc<MetricBatch>) -> Answer {
    let data = source.get_metric_data(&batch).await;
    Answer::new(data, move |known, attempt, view| {
        apply(known, &batch, attempt, view);
    })
}

fn apply(known: &mut Known, batch: &MetricBatch, attempt: Attempt<MetricData>, view: View<'_>) {
    let begun = attempt.begun;
    let mut incomplete = None;
    let shown_until = view.now + metric_windows::shown_for(view.settings);
    let result = attempt.result.map(|listed| {
        let MetricData {
            mut complete,
            incomplete: reason,
        } = listed.value;
        incomplete = reason;
        let metrics = &mut known.metrics;
        for (monitored, from) in &batch.monitored {
            if let Some(values) = complete.remove(monitored) {
                metrics.count(monitored, *from, batch.end, values, shown_until);
            }
        }
        let (value, calls) = (batch.end, listed.calls);
        Listed { value, calls }
    });
    if let Some(entry) = known.metrics.batches.get_mut(&batch.number) {
        entry.record(Attempt { result, begun }, view);
        if let Some(reason) = incomplete {
            entry.history.error = Some(Box::new(aws::incomplete(&reason)));
        }
    }
}

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    let batches = || known.metrics.batches.values();
    // Counters that could never be read say nothing.
    let was_read = batches().any(|entry| entry.last_good.is_some());
    if !was_read && batches().any(|entry| entry.history.error.is_some()) {
        return;
    }
    let shown = |monitored: Monitored| known.metrics.shown(&monitored, view);
    for fleet in known.selected_fleets(view) {
        if let Some(metrics) = shown(Monitored::Fleet(fleet.name.clone())) {
            snapshot.fleet_metrics.insert(fleet.name.clone(), metrics);
        }
    }
    for pool in known.selected_pools(view) {
        if let Some(metrics) = shown(Monitored::Pool(pool.id.clone())) {
            let key = (pool.id.clone(), pool.name.clone());
            snapshot.pool_metrics.insert(key, metrics);
        }
    }
}
