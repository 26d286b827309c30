//! Reports refreshes: the status of each collector, and the log.
//!
//! Owns the rule that the log says each change once. Knows nothing of how
//! refreshes are made.

mod budget;
mod failures;
mod health;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use budget::PressureLog;
pub use budget::{CallsNeeded, Pace, Pressure};
use failures::FailureLog;
pub use failures::LogDedup;
pub use health::{Failure, Outcome, Span};

use crate::model::Collector;

/// AWS price per metric of GetMetricData, in most regions.
const USD_PER_METRIC: f64 = 0.01 / 1000.0;
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// The log lines of one region of one target so far. They get both names from the
/// span that they are written in.
#[derive(Debug)]
pub struct Report {
    dedup: LogDedup,
    failures: FailureLog,
    pressures: PressureLog,
    /// Lists of which the filters left nothing in the last refresh.
    emptied: BTreeMap<&'static str, usize>,
    /// Unsupported operations and authentication types in the last refresh.
    unsupported: BTreeSet<(Collector, String)>,
    has_ended: bool,
    has_logged_costs: bool,
    has_skipped: bool,
}

impl Report {
    /// A report without log lines so far. All regions of the target share `dedup`.
    #[must_use]
    pub fn new(dedup: LogDedup) -> Self {
        Self {
            dedup,
            failures: FailureLog::default(),
            pressures: PressureLog::default(),
            emptied: BTreeMap::new(),
            unsupported: BTreeSet::new(),
            has_ended: false,
            has_logged_costs: false,
            has_skipped: false,
        }
    }

    /// A refresh has ended with these outcomes. `emptied` are lists of which the
    /// filters leave nothing, each with how much is listed.
    pub fn refresh_ended(&mut self, outcomes: &[Outcome], emptied: BTreeMap<&'static str, usize>) {
        if !self.has_ended {
            let failed = outcomes
                .iter()
                .filter(|outcome| !outcome.failures.is_empty());
            let (collectors, failed) = (outcomes.len(), failed.count());
            tracing::info!(collectors, failed, "first refresh ended");
        }
        self.has_ended = true;
        self.failures.log(outcomes, &self.dedup);
        for (kind, listed) in &emptied {
            if !self.emptied.contains_key(kind) {
                tracing::warn!(
                    kind,
                    listed,
                    "the filters exclude everything: expressions must match the whole name or value"
                );
            }
        }
        self.emptied = emptied;
        self.log_unsupported(outcomes);
    }

    /// Authentication types and services that AWS does not support here: each once.
    fn log_unsupported(&mut self, outcomes: &[Outcome]) {
        let before = std::mem::take(&mut self.unsupported);
        for outcome in outcomes {
            let collector = outcome.collector.as_str();
            for (feature, error) in &outcome.unsupported {
                let key = (outcome.collector, feature.clone());
                let authentication_type = Some(&**feature).filter(|kind| !kind.is_empty());
                let hint = match authentication_type {
                    Some(_) => "remove the type from sessions.authentication_types",
                    None => "switch the collector off in targets[].collectors",
                };
                if !before.contains(&key) {
                    tracing::warn!(
                        collector,
                        authentication_type,
                        %error,
                        "not supported in this account and region: {hint}"
                    );
                }
                self.unsupported.insert(key);
            }
        }
    }

    /// Refreshes were due while another was running. Logged for the first in a row.
    pub fn refreshes_skipped(&mut self, skipped: u64) {
        if skipped > 0 && !self.has_skipped {
            tracing::warn!(
                "refresh skipped: the previous refresh is still running; see appstream_exporter_refreshes_skipped_total"
            );
        }
        self.has_skipped = skipped > 0;
    }

    /// Logs once how many CloudWatch metrics each interval reads, and the price.
    pub fn metric_costs(&mut self, metrics: usize, interval: Duration) {
        if metrics == 0 || self.has_logged_costs {
            return;
        }
        self.has_logged_costs = true;
        let reads = MONTH.div_duration_f64(interval.max(Duration::from_secs(1)));
        let usd_per_month = format!("{:.2}", metrics as f64 * reads * USD_PER_METRIC);
        tracing::info!(
            metrics,
            ?interval,
            usd_per_month,
            "reading CloudWatch metrics"
        );
    }

    /// Whether the calls of a service fit into the rate limit. Logged when it changes.
    pub fn pressure(&mut self, pressure: &Pressure) {
        let is_explained = self.failures.has(pressure.service);
        self.pressures.log(pressure, is_explained);
    }
}
