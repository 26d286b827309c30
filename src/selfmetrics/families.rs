//! The catalogue's families as metrics of the `prometheus` crate, registered.

use std::collections::HashMap;

use prometheus::core::{Collector, MetricVec, MetricVecBuilder};
use prometheus::proto::MetricFamily;
use prometheus::{
    CounterVec, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry,
};

use crate::catalog::Family;

/// From a cached answer nearby to the longest that a request may usually take.
const REQUEST_BUCKETS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Removes the series of a region of a target from a family.
pub(super) fn forget<B: MetricVecBuilder>(family: &MetricVec<B>, target: &str, region: &str)
where
    MetricVec<B>: Collector,
{
    for metric in family.collect().iter().flat_map(MetricFamily::get_metric) {
        let labels: HashMap<&str, &str> = metric
            .get_label()
            .iter()
            .map(|label| (label.name(), label.value()))
            .collect();
        if labels.get("target") == Some(&target) && labels.get("aws_region") == Some(&region) {
            // It can only be gone already.
            let _ = family.remove(&labels);
        }
    }
}

fn opts(family: &Family) -> Opts {
    Opts::new(family.name, family.help)
}

fn names(family: &Family) -> Vec<&'static str> {
    family.label_names().collect()
}

pub(super) fn gauge(registry: &Registry, family: &Family) -> Gauge {
    let gauge = Gauge::with_opts(opts(family)).expect("the catalogue's names are valid");
    register(registry, gauge)
}

pub(super) fn counters(registry: &Registry, family: &Family) -> IntCounterVec {
    register(
        registry,
        IntCounterVec::new(opts(family), &names(family)).expect("the catalogue's names are valid"),
    )
}

/// Seconds that add up.
pub(super) fn seconds(registry: &Registry, family: &Family) -> CounterVec {
    register(
        registry,
        CounterVec::new(opts(family), &names(family)).expect("the catalogue's names are valid"),
    )
}

/// Durations of requests.
pub(super) fn durations(registry: &Registry, family: &Family) -> HistogramVec {
    let options = HistogramOpts::from(opts(family)).buckets(REQUEST_BUCKETS.to_vec());
    register(
        registry,
        HistogramVec::new(options, &names(family)).expect("the catalogue's names are valid"),
    )
}

/// A gauge that is always 1, with its labels.
pub(super) fn info(registry: &Registry, family: &Family, labels: &[&str]) {
    let gauge = GaugeVec::new(opts(family), &names(family));
    let gauge = register(registry, gauge.expect("the catalogue's names are valid"));
    gauge.with_label_values(labels).set(1.0);
}

fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> C {
    registry
        .register(Box::new(collector.clone()))
        .expect("the catalogue names each family once");
    collector
}
