//! How each collector did in a refresh, and saying so once per change.

use std::collections::{BTreeMap, BTreeSet};
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
    /// Codes that were news since the collector last succeeded.
    told: BTreeSet<String>,
}

impl Health {
    pub(super) fn new() -> Self {
        Self {
            status: None,
            told: BTreeSet::new(),
        }
    }

    pub(super) fn status(&self) -> Option<&CollectorStatus> {
        self.status.as_ref()
    }

    /// Takes in an outcome. Gives back what is news about it.
    ///
    /// News is a collector that begins to fail, one that fails for a new reason,
    /// and one that works again: a state that lasts must not fill the log.
    pub(super) fn record(&mut self, outcome: &Outcome, ended: SystemTime) -> News {
        let success = outcome.failures.is_empty();
        let failed_before = self.status.as_ref().is_some_and(|before| !before.success);
        let untold = outcome
            .failures
            .iter()
            .filter(|failure| self.told.insert(failure.code.clone()));
        let news = News {
            recovered: success && failed_before,
            reasons: untold.cloned().collect(),
        };
        if success {
            self.told.clear();
        }
        let before = self.status.as_ref().and_then(|status| status.last_success);
        self.status = Some(CollectorStatus {
            collector: outcome.collector,
            success,
            last_success: if success { Some(ended) } else { before },
            duration: outcome.duration,
            error: outcome.failures.first().map(Failure::text),
        });
        news
    }
}

/// What is new about one collector.
#[derive(Debug)]
pub(super) struct News {
    /// It works again.
    recovered: bool,
    /// Reasons for which it fails now and did not before.
    reasons: Vec<Failure>,
}

/// Logs the news of one refresh: one line for each reason, not for each
/// collector that it reached.
pub(super) fn log(news: &[(Collector, News)]) {
    let recovered: Vec<_> = news
        .iter()
        .filter(|(_, news)| news.recovered)
        .map(|(one, _)| one.as_str())
        .collect();
    if !recovered.is_empty() {
        tracing::info!(collectors = recovered.join(","), "collectors work again");
    }
    let mut reasons: BTreeMap<&str, (Vec<&str>, &Failure)> = BTreeMap::new();
    for (collector, news) in news {
        for failure in &news.reasons {
            let (collectors, _) = reasons
                .entry(&failure.code)
                .or_insert_with(|| (Vec::new(), failure));
            collectors.push(collector.as_str());
        }
    }
    for (code, (collectors, failure)) in reasons {
        tracing::warn!(
            collectors = collectors.join(","),
            code,
            error = failure.text(),
            "collectors failed"
        );
    }
}
