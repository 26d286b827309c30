//! CloudWatch metrics of a region.

use std::collections::BTreeMap;

use super::Region;
use crate::resource::metric::{Metric, MetricKey};

impl Region {
    /// Adds a metric, as [`Region::put_metric`] does.
    pub fn metric(mut self, metric: Metric) -> Self {
        self.put_metric(metric);
        self
    }

    /// Adds a metric or replaces the one of that name and dimension.
    pub fn put_metric(&mut self, metric: Metric) {
        self.metrics.insert(metric.key(), metric);
    }

    /// The metric of that name and dimension, to change; one without datapoints if there was none.
    pub fn metric_mut(&mut self, metric: Metric) -> &mut Metric {
        self.metrics.entry(metric.key()).or_insert(metric)
    }

    pub(crate) fn metrics(&self) -> &BTreeMap<MetricKey, Metric> {
        &self.metrics
    }
}
