//! How each collector did in a refresh, and saying so once per change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::aws::{Cause, Error};
use crate::model::{Collector, CollectorStatus};

/// Something that could not be read.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// Which part of the collector, in words; empty for all of it.
    pub(super) subject: String,
    /// Stands for the reason: the same cause gives the same text.
    pub(super) cause: String,
    /// AWS's or our code for it.
    pub(super) code: String,
    /// It is the same in all regions of the target: there are no credentials.
    of_target: bool,
    /// The refresh had no time for it.
    pub(super) for_want_of_time: bool,
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
        // A denial is of one action; what keeps AWS from being reached is the same for all.
        let operation = if error.is_of_operation() {
            error.operation
        } else {
            ""
        };
        Self {
            subject,
            cause: format!("{operation} {}", error.code()),
            code: error.code().to_owned(),
            of_target: matches!(error.cause, Cause::Credentials(_)),
            for_want_of_time: error.is_for_want_of_time(),
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
    /// When its last call ended; `None` when there was nothing to ask.
    pub(super) ended: Option<Instant>,
}

impl Outcome {
    /// When it ended, on the wall clock: the age of what it read counts from there,
    /// not from the end of a refresh that others may have held up.
    fn ended_at(&self, (now, wall): (Instant, SystemTime)) -> SystemTime {
        let ago = self
            .ended
            .map_or(Duration::ZERO, |ended| now.saturating_duration_since(ended));
        wall.checked_sub(ago).unwrap_or(wall)
    }
}

/// The state of one collector over refreshes.
#[derive(Debug)]
pub(super) struct Health {
    /// As of the last refresh; `None` before the first.
    status: Option<CollectorStatus>,
    /// Causes that were news since the collector last succeeded.
    told: BTreeSet<String>,
}

impl Health {
    pub(super) fn new() -> Self {
        Self {
            status: None,
            told: BTreeSet::new(),
        }
    }

    /// Causes that were told and have not ended since.
    pub(super) fn told(&self) -> impl Iterator<Item = &String> {
        self.told.iter()
    }

    pub(super) fn status(&self) -> Option<&CollectorStatus> {
        self.status.as_ref()
    }

    /// Takes in an outcome. Gives back what is news about it.
    ///
    /// News is a collector that begins to fail, one that fails for a new reason,
    /// and one that works again: a state that lasts must not fill the log. What
    /// was `told` of another collector is no news either.
    pub(super) fn record(
        &mut self,
        outcome: &Outcome,
        now: (Instant, SystemTime),
        told: &BTreeSet<String>,
    ) -> News {
        let success = outcome.failures.is_empty();
        let failed_before = self.status.as_ref().is_some_and(|before| !before.success);
        // That there was no time is said once for the service, with what would help, and so is its end.
        let recovered = success && failed_before && !self.told.is_empty();
        let untold = outcome
            .failures
            .iter()
            .filter(|failure| !failure.for_want_of_time)
            .filter(|failure| {
                self.told.insert(failure.cause.clone()) && !told.contains(&failure.cause)
            });
        let reasons = untold.cloned().collect();
        let ended = if success {
            std::mem::take(&mut self.told)
        } else {
            BTreeSet::new()
        };
        let before = self.status.as_ref();
        let ended_at = outcome.ended_at(now);
        let asked = outcome.ended.is_some();
        self.status = Some(CollectorStatus {
            collector: outcome.collector,
            success,
            asked,
            last_success: if success {
                Some(ended_at)
            } else {
                before.and_then(|status| status.last_success)
            },
            last_read: if success && asked {
                Some(ended_at)
            } else {
                before.and_then(|status| status.last_read)
            },
            failing_since: if success {
                None
            } else {
                let since = before.and_then(|status| status.failing_since);
                since.or(Some(ended_at))
            },
            duration: outcome.duration,
            failures: outcome.failures.len(),
            error: outcome.failures.first().map(Failure::text),
        });
        News {
            failures: outcome.failures.len(),
            recovered,
            reasons,
            ended,
        }
    }
}

/// What is new about one collector.
#[derive(Debug)]
pub(super) struct News {
    /// It works again.
    recovered: bool,
    /// Parts of it that failed, for whatever reason.
    failures: usize,
    /// Reasons for which it fails now and did not before.
    reasons: Vec<Failure>,
    /// Causes that were told and are over.
    ended: BTreeSet<String>,
}

/// What was said in the log of a target as a whole, by one of its regions for
/// all of them. Cheap to clone; clones are one.
#[derive(Clone, Debug, Default)]
pub struct Complaints(Arc<Mutex<BTreeSet<String>>>);

impl Complaints {
    /// Leaves of the news of a region what no other has told.
    pub(super) fn settle(&self, news: &mut [(Collector, News)]) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut new = BTreeSet::new();
        for (_, news) in news {
            for cause in &news.ended {
                told.remove(cause);
            }
            news.reasons.retain(|failure| {
                let is_new = !failure.of_target
                    || new.contains(&failure.cause)
                    || !told.contains(&failure.cause);
                if is_new && failure.of_target {
                    new.insert(failure.cause.clone());
                }
                is_new
            });
        }
        told.extend(new);
    }
}

/// Says in the log what is new in one region of one target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log<'a> {
    pub(super) target: &'a str,
    pub(super) region: &'a str,
}

impl Log<'_> {
    /// The first refresh has ended.
    pub(super) fn first_refresh(self, outcomes: &[Outcome]) {
        let failed = outcomes
            .iter()
            .filter(|outcome| !outcome.failures.is_empty())
            .count();
        let collectors = outcomes.len();
        tracing::info!(
            target = self.target,
            aws_region = self.region,
            collectors,
            failed,
            "first refresh ended"
        );
    }

    /// One line for each new cause, not for each collector that it reached.
    pub(super) fn news(self, news: &[(Collector, News)]) {
        let Self {
            target,
            region: aws_region,
        } = self;
        let recovered: Vec<_> = news
            .iter()
            .filter(|(_, news)| news.recovered)
            .map(|(one, _)| one.as_str())
            .collect();
        if !recovered.is_empty() {
            tracing::info!(
                target,
                aws_region,
                collectors = recovered.join(","),
                "collectors work again"
            );
        }
        let mut causes: BTreeMap<&str, (Vec<&str>, usize, &Failure)> = BTreeMap::new();
        for (collector, news) in news {
            for failure in &news.reasons {
                let (collectors, failures, _) = causes
                    .entry(&failure.cause)
                    .or_insert_with(|| (Vec::new(), 0, failure));
                collectors.push(collector.as_str());
                *failures += news.failures;
            }
        }
        for (collectors, failures, failure) in causes.into_values() {
            let (collectors, code, error) = (collectors.join(","), &failure.code, failure.text());
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
    }

    /// The filters leave nothing of what was listed.
    pub(super) fn nothing_left(self, kind: &str, listed: usize) {
        tracing::warn!(
            target = self.target,
            aws_region = self.region,
            kind,
            listed,
            "the filters leave nothing: an expression must match the whole of a name or value"
        );
    }

    /// Refreshes were skipped, for the first time in a row.
    pub(super) fn skipped(self) {
        tracing::warn!(
            target = self.target,
            aws_region = self.region,
            "refresh skipped: the one before had not ended; appstream_exporter_refreshes_skipped_total counts on"
        );
    }
}
