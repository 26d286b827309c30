//! Which causes of failures were logged.

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
pub(super) struct FailureLog(BTreeMap<String, BTreeSet<Collector>>);

impl FailureLog {
    /// Whether a failure of a service was logged and lasts.
    pub(super) fn has(&self, service: Service) -> bool {
        let mut failing = self.0.values().flatten();
        failing.any(|collector| collector.service() == service)
    }

    /// Logs which collectors work again, and causes that are new: one line for
    /// each, not for each collector that it reached. A lack of time is logged
    /// elsewhere.
    pub(super) fn log(&mut self, outcomes: &[Outcome], dedup: &LogDedup) {
        self.log_recovered(outcomes, dedup);
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
                log_failure(&collectors.join(","), failures, failure);
            }
        }
    }

    fn log_recovered(&mut self, outcomes: &[Outcome], dedup: &LogDedup) {
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
            let collectors = recovered.join(",");
            tracing::info!(collectors, "collectors work again");
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

fn log_failure(collectors: &str, failures: usize, failure: &Failure) {
    let (code, error) = (failure.error.code(), failure.to_string());
    tracing::warn!(collectors, failures, code, error, "collectors failed");
}
