//! How each collector did in a refresh, and saying so once per change.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use crate::aws::Error;
use crate::model::{Collector, CollectorStatus};

/// Something that could not be read.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// Which part of the collector, in words; empty for all of it.
    pub(super) subject: String,
    /// AWS's or our code for the reason.
    pub(super) code: String,
    /// The reason in words.
    pub(super) reason: String,
}

impl Failure {
    /// All of a collector failed.
    pub(super) fn whole(error: Error) -> Self {
        Self::part(String::new(), error)
    }

    /// One part of a collector failed.
    pub(super) fn part(subject: String, error: Error) -> Self {
        Self {
            subject,
            code: error.code().to_owned(),
            reason: error.to_string(),
        }
    }

    fn text(&self) -> String {
        if self.subject.is_empty() {
            self.reason.clone()
        } else {
            format!("{}: {}", self.subject, self.reason)
        }
    }
}

/// What one refresh did for one collector.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Which collector.
    pub(super) collector: Collector,
    /// What failed; empty for a success.
    pub(super) failures: Vec<Failure>,
    /// Time spent on it.
    pub(super) duration: Duration,
}

/// The state of one collector over refreshes.
#[derive(Debug)]
pub(super) struct Health {
    /// As of the last refresh; `None` before the first.
    status: Option<CollectorStatus>,
    /// Codes that were logged since the collector last succeeded.
    logged: BTreeSet<String>,
}

impl Health {
    pub(super) fn new() -> Self {
        Self {
            status: None,
            logged: BTreeSet::new(),
        }
    }

    pub(super) fn status(&self) -> Option<&CollectorStatus> {
        self.status.as_ref()
    }

    /// Takes in an outcome, and logs it when it is news.
    ///
    /// News is a collector that begins to fail, one that fails for a new reason,
    /// and one that works again: a state that lasts must not fill the log.
    pub(super) fn record(&mut self, outcome: &Outcome, ended: SystemTime) {
        let success = outcome.failures.is_empty();
        if success {
            self.log_recovery(outcome);
        } else {
            self.log_failures(outcome);
        }
        let before = self.status.as_ref().and_then(|status| status.last_success);
        self.status = Some(CollectorStatus {
            collector: outcome.collector,
            success,
            last_success: if success { Some(ended) } else { before },
            duration: outcome.duration,
            error: outcome.failures.first().map(Failure::text),
        });
    }

    fn log_recovery(&mut self, outcome: &Outcome) {
        let collector = outcome.collector.as_str();
        if self.status.as_ref().is_some_and(|before| !before.success) {
            tracing::info!(collector, "collector works again");
        }
        self.logged.clear();
    }

    fn log_failures(&mut self, outcome: &Outcome) {
        let collector = outcome.collector.as_str();
        for failure in &outcome.failures {
            if self.logged.insert(failure.code.clone()) {
                let failures = outcome.failures.len();
                tracing::warn!(
                    collector,
                    failures,
                    code = failure.code,
                    error = failure.text(),
                    "collector failed"
                );
            }
        }
    }
}
