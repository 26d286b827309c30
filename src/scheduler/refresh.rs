//! One refresh: which calls, in what order, and what each result means.
//!
//! Calls that need nothing of each other run side by side, in a bounded number.
//! A list that does not answer is not waited for longer than a share of the
//! refresh when an earlier one is still good: what is known by that goes on.

mod appstream;
mod jobs;
mod workspaces;

use std::time::Duration;

use tokio::time::Instant;

use super::Settings;
use super::held::Age;
use super::memory::Memory;
use super::outcome::{Failure, Outcome};
use crate::aws::{Error, Source};
use crate::model::Collector;

/// One refresh of one region of one target.
#[derive(Debug)]
pub(super) struct Refresh<'a, S> {
    source: &'a S,
    settings: &'a Settings,
    start: Instant,
    deadline: Instant,
    /// The rate limit allows not much more than is needed, so calls wait for it.
    is_rate_bound: bool,
}

impl<'a, S: Source> Refresh<'a, S> {
    pub(super) fn new(
        source: &'a S,
        settings: &'a Settings,
        start: Instant,
        is_rate_bound: bool,
    ) -> Self {
        Self {
            source,
            settings,
            start,
            deadline: start + settings.timeout,
            is_rate_bound,
        }
    }

    /// Asks for everything that is switched on and puts what comes back into `memory`.
    ///
    /// AppStream and WorkSpaces are services with limits of their own, so neither
    /// waits for the other.
    pub(super) async fn run(&self, memory: &Memory) -> Vec<Outcome> {
        let (mut outcomes, pools) = tokio::join!(
            self.appstream(&memory.appstream),
            self.workspaces(&memory.workspaces)
        );
        outcomes.extend(pools);
        outcomes.retain(|outcome| self.settings.plan.has(outcome.collector));
        outcomes
    }

    /// A read, ended when the refresh must end, and not begun after that.
    async fn in_time<T>(
        &self,
        operation: &'static str,
        read: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let begun = Instant::now();
        if begun >= self.deadline {
            return Err(Error::not_begun(operation));
        }
        // What was begun late may only have waited for its turn.
        let is_late = self.is_late(begun);
        let cut = if is_late {
            Error::unfinished
        } else {
            Error::out_of_time
        };
        let read = tokio::time::timeout_at(self.deadline, read).await;
        let read = read.unwrap_or_else(|_| Err(cut(operation)));
        read.map_err(|error| {
            if is_late || self.is_rate_bound {
                error
            } else {
                error.or_too_slow()
            }
        })
    }

    /// Whether a moment is in the second half of the refresh.
    fn is_late(&self, moment: Instant) -> bool {
        moment + self.settings.timeout / 2 > self.deadline
    }

    /// Until when something that is known from before is waited for.
    fn patience(&self) -> Instant {
        self.start + self.settings.timeout / 4
    }

    fn age(&self) -> Age {
        Age {
            now: Instant::now(),
            max_age: self.settings.max_age,
        }
    }
}

/// What was done for one collector: from when to when, and what of it failed.
#[derive(Debug, Default)]
struct Work {
    failures: Vec<Failure>,
    span: Option<(Instant, Instant)>,
}

impl Work {
    /// Takes in a call's time and its failure, if it is one.
    fn add(&mut self, begun: Instant, ended: Instant, failure: Option<Failure>) {
        let (first, last) = self.span.unwrap_or((begun, ended));
        self.span = Some((first.min(begun), last.max(ended)));
        self.failures.extend(failure);
    }

    /// Takes in a read. Says whether the refresh had no time for it.
    ///
    /// That is a failure only of what cannot wait.
    fn add_read(
        &mut self,
        (begun, ended): (Instant, Instant),
        error: Option<Error>,
        can_wait: bool,
        failure: impl FnOnce(Error) -> Failure,
    ) -> bool {
        let ran_out_of_time = error.as_ref().is_some_and(Error::is_for_want_of_time);
        let failure = error
            .filter(|_| !(ran_out_of_time && can_wait))
            .map(failure);
        self.add(begun, ended, failure);
        ran_out_of_time
    }

    fn into_outcome(self, collector: Collector) -> Outcome {
        let duration = self
            .span
            .map_or(Duration::ZERO, |(first, last)| last - first);
        let ended = self.span.map(|(_, last)| last);
        Outcome {
            collector,
            failures: self.failures,
            duration,
            ended,
        }
    }
}
