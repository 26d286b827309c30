//! The result of each collector in a refresh.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::aws::{Cause, Error};
use crate::model::{Collector, CollectorStatus};

/// Something that could not be read.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which part of the collector, in words; empty for all of it.
    pub subject: String,
    /// Why not.
    pub error: Error,
}

/// From the beginning of one or more reads to their end.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// When the first began.
    pub begun: Instant,
    /// When the last ended.
    pub ended: Instant,
}

impl Span {
    /// The span that holds both.
    #[must_use]
    pub fn around(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (Some(a), Some(b)) = (one, other) else {
            return one.or(other);
        };
        Some(Self {
            begun: a.begun.min(b.begun),
            ended: a.ended.max(b.ended),
        })
    }
}

impl Failure {
    /// The same cause gives the same text. A denial is of one operation; what
    /// keeps AWS from being reached is the same for all.
    pub(super) fn cause(&self) -> String {
        let is_of_operation = self.error.is_of_operation();
        let operation = Some(self.error.operation).filter(|_| is_of_operation);
        format!("{} {}", operation.unwrap_or_default(), self.error.code())
    }

    /// Whether there was only no time to read it.
    pub(super) fn is_out_of_time(&self) -> bool {
        matches!(self.error.cause, Cause::OutOfTime(_))
    }

    /// Whether it is the same in all regions of the target: there are no credentials.
    pub(super) fn is_of_target(&self) -> bool {
        matches!(self.error.cause, Cause::Credentials(_))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.subject.is_empty() {
            write!(f, "{}: ", self.subject)?;
        }
        write!(f, "{}", self.error)
    }
}

/// The result of one refresh for one collector.
#[derive(Debug)]
pub struct Outcome {
    /// Which collector.
    pub collector: Collector,
    /// The errors; empty after a success.
    pub failures: Vec<Failure>,
    /// Unsupported authentication types, or an empty text for the whole collector, each with
    /// AWS's error.
    pub unsupported: BTreeMap<String, Error>,
    /// Lists that belong to it.
    pub lists: usize,
    /// When it was read; `None` when nothing was due.
    pub span: Option<Span>,
}

impl Outcome {
    /// Nothing was read of a collector, and nothing is wrong.
    #[must_use]
    pub fn new(collector: Collector) -> Self {
        Self {
            collector,
            failures: Vec::new(),
            unsupported: BTreeMap::new(),
            lists: 0,
            span: None,
        }
    }

    /// The status after this outcome. `now` is one moment on both clocks.
    #[must_use]
    pub fn status(
        &self,
        before: Option<&CollectorStatus>,
        (now, wall): (Instant, SystemTime),
    ) -> CollectorStatus {
        // The age of its data counts from its last read, not from the end of a
        // refresh that other collectors may have held up.
        let ago = |span: Span| now.saturating_duration_since(span.ended);
        let ago = self.span.map_or(Duration::ZERO, ago);
        let ended_at = wall.checked_sub(ago).unwrap_or(wall);
        let (success, asked) = (self.failures.is_empty(), self.span.is_some());
        let or_before = |is_now: bool, of: fn(&CollectorStatus) -> Option<SystemTime>| {
            Some(ended_at).filter(|_| is_now).or_else(|| of(before?))
        };
        let failing_since = before.and_then(|status| status.failing_since);
        let unsupported = self.unsupported.iter();
        let unsupported = unsupported.map(|(feature, error)| (feature.clone(), error.to_string()));
        let took = |span: Span| span.ended - span.begun;
        CollectorStatus {
            collector: self.collector,
            success,
            asked,
            lists: self.lists,
            last_success: or_before(success, |status| status.last_success),
            last_read: or_before(success && asked, |status| status.last_read),
            failing_since: failing_since.or(Some(ended_at)).filter(|_| !success),
            duration: self.span.map_or(Duration::ZERO, took),
            failures: self.failures.len(),
            error: self.failures.first().map(Failure::to_string),
            unsupported: unsupported.collect(),
        }
    }
}
