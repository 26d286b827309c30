//! Counters of calls to AWS.

use std::time::Duration;

use super::{SelfMetrics, lock};

/// Counters of one AWS service in one region of one target.
#[derive(Clone, Debug)]
pub struct ServiceMetrics {
    pub(super) metrics: SelfMetrics,
    pub(super) target: String,
    pub(super) region: String,
    pub(super) service: &'static str,
}

impl ServiceMetrics {
    /// A request goes out.
    pub fn sent(&self, operation: &str) {
        self.metrics
            .aws_requests
            .with_label_values(&[&*self.target, &*self.region, self.service, operation])
            .inc();
        self.metrics.changed();
    }

    /// A request that went out has failed.
    pub fn failed(&self, operation: &str, code: &str) {
        let mut codes = lock(&self.metrics.error_codes);
        let code = codes.label(&self.target, &self.region, operation, code);
        drop(codes);
        self.metrics
            .aws_failures
            .with_label_values(&[&*self.target, &*self.region, self.service, operation, code])
            .inc();
        self.metrics.changed();
    }

    /// A request has ended, well or badly, after this time.
    pub fn took(&self, operation: &str, time: Duration) {
        self.metrics
            .aws_durations
            .with_label_values(&[self.service, operation])
            .observe(time.as_secs_f64());
        self.metrics.changed();
    }

    /// CloudWatch has answered a request for so many metrics.
    pub fn metrics_requested(&self, metrics: u64) {
        self.metrics
            .cloudwatch_metrics
            .with_label_values(&[&*self.target, &*self.region])
            .inc_by(metrics);
        self.metrics.changed();
    }

    /// A request has waited for the rate limit.
    pub fn waited(&self, time: Duration) {
        self.metrics
            .aws_waits
            .with_label_values(&[&*self.target, &*self.region, self.service])
            .inc_by(time.as_secs_f64());
        self.metrics.changed();
    }
}
