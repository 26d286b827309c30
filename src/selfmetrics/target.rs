//! Refreshes of one region of one target.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use prometheus::IntCounter;

use super::{SelfMetrics, lock};

/// Where the refreshes of one region of one target are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefreshProgress {
    /// The start of the running refresh.
    pub under_way_since: Option<SystemTime>,
    /// The start of the next refresh; `None` during a refresh.
    pub next_at: Option<SystemTime>,
    /// Refreshes that have ended, since the region was added.
    pub ended: u64,
}

/// Counters of one region of one target.
#[derive(Clone, Debug)]
pub struct TargetMetrics {
    pub(super) progress: Arc<Mutex<RefreshProgress>>,
    pub(super) metrics: SelfMetrics,
    pub(super) skipped: IntCounter,
}

impl TargetMetrics {
    /// A refresh begins.
    pub fn begun(&self, at: SystemTime) {
        let mut progress = lock(&self.progress);
        (progress.under_way_since, progress.next_at) = (Some(at), None);
    }

    /// The refresh is over, and what it found is shown: the next one begins then.
    pub fn waits_until(&self, next: SystemTime) {
        let mut progress = lock(&self.progress);
        (progress.under_way_since, progress.next_at) = (None, Some(next));
    }

    /// A refresh has ended.
    pub fn ended(&self) {
        lock(&self.progress).ended += 1;
    }

    /// Refreshes that have ended.
    #[must_use]
    pub fn refreshes(&self) -> u64 {
        lock(&self.progress).ended
    }

    /// Refreshes were due while another was still running.
    pub fn skipped(&self, refreshes: u64) {
        self.skipped.inc_by(refreshes);
        self.metrics.changed();
    }
}
