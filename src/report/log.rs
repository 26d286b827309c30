//! What the log says of a region: each change once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::health::{Failure, Outcome};
use crate::model::{Collector, Service};

/// Causes that were logged for a target as a whole, by one of its regions for
/// all of them. Cheap to clone; clones are one.
#[derive(Clone, Debug, Default)]
pub struct LogDedup(Arc<Mutex<BTreeSet<String>>>);

/// Causes of failures that were logged, each with the collectors that have failed since.
#[derive(Debug, Default)]
pub struct FailureLog(BTreeMap<String, BTreeSet<Collector>>);

/// Logs for one region of one target.
#[derive(Clone, Copy, Debug)]
pub struct Log<'a> {
    /// Name of the target.
    pub target: &'a str,
    /// The region.
    pub region: &'a str,
}

impl FailureLog {
    /// Whether a failure of a service was logged and lasts.
    #[must_use]
    pub fn has(&self, service: Service) -> bool {
        let mut failing = self.0.values().flatten();
        failing.any(|collector| collector.service() == service)
    }

    /// Logs which collectors work again, and causes that are new: one line for
    /// each, not for each collector that it reached. A lack of time is logged
    /// elsewhere.
    pub fn log(&mut self, outcomes: &[Outcome], dedup: &LogDedup, log: Log<'_>) {
        self.log_recovered(outcomes, dedup, log);
        let mut new: BTreeMap<String, (Vec<&str>, usize, &Failure)> = BTreeMap::new();
        for outcome in outcomes {
            let (collector, all) = (outcome.collector, outcome.failures.len());
            for failure in outcome.failures.iter().filter(|one| !one.is_out_of_time()) {
                let cause = failure.cause();
                let reached = self.0.entry(cause.clone()).or_default();
                let is_new = reached.is_empty() || new.contains_key(&cause);
                if reached.insert(collector) && is_new {
                    let (collectors, failures, _) =
                        new.entry(cause).or_insert((Vec::new(), 0, failure));
                    collectors.push(collector.as_str());
                    *failures += all;
                }
            }
        }
        for (cause, (collectors, failures, failure)) in new {
            if !failure.is_of_target() || dedup.insert(cause) {
                log.failed(&collectors.join(","), failures, failure);
            }
        }
    }

    fn log_recovered(&mut self, outcomes: &[Outcome], dedup: &LogDedup, log: Log<'_>) {
        let failing = outcomes
            .iter()
            .filter(|outcome| !outcome.failures.is_empty());
        let failing: BTreeSet<_> = failing.map(|outcome| outcome.collector).collect();
        let reached = self.0.values().flatten().copied();
        let recovered: BTreeSet<_> = reached.filter(|one| !failing.contains(one)).collect();
        self.0.retain(|cause, reached| {
            reached.retain(|collector| failing.contains(collector));
            if reached.is_empty() {
                dedup.remove(cause);
            }
            !reached.is_empty()
        });
        let recovered: Vec<_> = recovered
            .iter()
            .map(|collector| collector.as_str())
            .collect();
        if !recovered.is_empty() {
            log.recovered(&recovered.join(","));
        }
    }
}

impl LogDedup {
    /// Whether no region has logged this cause yet.
    fn insert(&self, cause: String) -> bool {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logged.insert(cause)
    }

    fn remove(&self, cause: &str) {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logged.remove(cause);
    }
}

impl Log<'_> {
    /// The first refresh has ended.
    pub fn first_refresh(self, outcomes: &[Outcome]) {
        let (target, aws_region, collectors) = (self.target, self.region, outcomes.len());
        let failed = outcomes
            .iter()
            .filter(|outcome| !outcome.failures.is_empty());
        let failed = failed.count();
        tracing::info!(
            target,
            aws_region,
            collectors,
            failed,
            "first refresh ended"
        );
    }

    fn recovered(self, collectors: &str) {
        let (target, aws_region) = (self.target, self.region);
        tracing::info!(target, aws_region, collectors, "collectors work again");
    }

    fn failed(self, collectors: &str, failures: usize, failure: &Failure) {
        let (target, aws_region) = (self.target, self.region);
        let (code, error) = (failure.error.code(), failure.to_string());
        tracing::warn!(
            target,
            aws_region,
            collectors,
            failures,
            code,
            error,
            "collectors failed"
        );
    }

    /// The filters leave nothing of a list.
    pub fn nothing_left(self, kind: &str, listed: usize) {
        let (target, aws_region) = (self.target, self.region);
        tracing::warn!(
            target,
            aws_region,
            kind,
            listed,
            "the filters leave nothing: an expression must match the whole of a name or value"
        );
    }

    /// Refreshes were skipped, for the first time in a row.
    pub fn skipped(self) {
        let (target, aws_region) = (self.target, self.region);
        tracing::warn!(
            target,
            aws_region,
            "refresh skipped: the one before had not ended; appstream_exporter_refreshes_skipped_total counts on"
        );
    }
}
