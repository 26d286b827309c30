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
        *lock(&self.progress) = RefreshProgress {
            under_way_since: Some(at),
            next_at: None,
        };
    }

    /// The refresh is over, and what it found is shown: the next one begins then.
    pub fn waits_until(&self, next: SystemTime) {
        *lock(&self.progress) = RefreshProgress {
            under_way_since: None,
            next_at: Some(next),
        };
    }

    /// Refreshes were due while another was still running.
    pub fn skipped(&self, refreshes: u64) {
        self.skipped.inc_by(refreshes);
        self.metrics.changed();
    }
}
