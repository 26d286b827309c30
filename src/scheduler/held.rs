//! One thing that is read from AWS, with its last good value and the age of that.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::{Cause, Error, Listed, Precedence};

/// What is too old: depends on the moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Age {
    /// The moment.
    pub(super) now: Instant,
    /// How old the value of something that fails may be.
    pub(super) max_age: Duration,
}

/// When it is something's turn to be read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn {
    /// When it was last tried; what was never tried comes before all else.
    pub(super) tried_at: Option<Instant>,
    /// Calls that its last good read took; 0 when there was none.
    pub(super) calls: u32,
    /// It failed at its last try: what hangs would keep what does not from its turn.
    pub(super) suspect: bool,
    /// The end of a refresh cut it short at its last try, for the first time in a row.
    pub(super) cut: bool,
}

impl Turn {
    /// The same before all else.
    pub(super) fn at_once(self) -> Self {
        Self {
            tried_at: None,
            ..self
        }
    }

    /// Whose requests go first: what was cut short is to be finished this time.
    pub(super) fn precedence(self) -> Precedence {
        if self.cut {
            Precedence::First
        } else {
            Precedence::Usual
        }
    }
}

/// The last good value of something, kept while reading it fails.
#[derive(Debug)]
pub(super) struct Held<T> {
    good: Option<Good<T>>,
    /// The last read failed, for whatever reason: the value grows old.
    failing: bool,
    /// It failed by itself, and not for want of time.
    suspect: bool,
    /// The end of a refresh cut it short at its last try.
    cut: bool,
    tried_at: Option<Instant>,
}

#[derive(Debug)]
struct Good<T> {
    value: Arc<T>,
    read_at: Instant,
    /// The last moment at which it was as young as it should be.
    good_at: Instant,
    calls: u32,
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self {
            good: None,
            failing: false,
            suspect: false,
            cut: false,
            tried_at: None,
        }
    }
}

impl<T> Held<T> {
    /// Takes in the result of a read. Gives back the error, if it is one.
    pub(super) fn settle(
        &mut self,
        result: Result<Listed<T>, Error>,
        ended: Instant,
    ) -> Option<Error> {
        let result = result.map_err(|error| self.unless_endless(error));
        self.note_try(result.as_ref().err(), ended);
        match result {
            Ok(Listed { value, calls }) => {
                self.good = Some(Good {
                    value: Arc::new(value),
                    read_at: ended,
                    good_at: ended,
                    calls,
                });
                self.failing = false;
                None
            }
            Err(error) => {
                self.failing = true;
                Some(error)
            }
        }
    }

    /// A list that had not ended after far more pages than it had before may have
    /// no end: it would never be read, and its age would hide that for long.
    fn unless_endless(&self, error: Error) -> Error {
        match (&error.cause, self.calls()) {
            (Cause::Unfinished { pages }, Some(calls)) if *pages > calls * 2 + 10 => {
                error.or_too_slow()
            }
            _ => error,
        }
    }

    /// Notes a try for the turn of the next one.
    ///
    /// A read that the end of a refresh cut short may only have waited for the
    /// rate limit. It keeps its turn, which is among the first of the next
    /// refresh; should it be cut again, it is too large, and others come before it.
    fn note_try(&mut self, error: Option<&Error>, ended: Instant) {
        if error.is_some_and(Error::is_not_begun) {
            return;
        }
        let cut = error.is_some_and(Error::is_for_want_of_time);
        if !cut || self.cut {
            self.tried_at = Some(ended);
        }
        // That there was no time says nothing of what was wrong before.
        self.suspect = error.is_some() && (!cut || self.suspect);
        self.cut = cut && !self.cut;
    }

    /// The same for the contents of something that may be gone by now: that it
    /// is gone is no error, and its value goes with it.
    pub(super) fn settle_or_forget(
        &mut self,
        result: Result<Listed<T>, Error>,
        ended: Instant,
    ) -> Option<Error> {
        if result.as_ref().is_err_and(Error::is_not_found) {
            *self = Self {
                tried_at: Some(ended),
                ..Self::default()
            };
            return None;
        }
        self.settle(result, ended)
    }

    /// Says that the value is as young as it should be: nobody meant to read it again by now.
    pub(super) fn renew(&mut self, now: Instant) {
        if let Some(good) = &mut self.good
            && !self.failing
        {
            good.good_at = now;
        }
    }

    /// The last moment at which the value was as young as it should be.
    pub(super) fn good_at(&self) -> Option<Instant> {
        self.good.as_ref().map(|good| good.good_at)
    }

    /// Takes back that a read of a part has made the whole young: another part
    /// failed. `good_at` is from before both.
    pub(super) fn age_from(&mut self, good_at: Option<Instant>) {
        self.failing = true;
        match (good_at, &mut self.good) {
            (Some(good_at), Some(good)) => good.good_at = good_at,
            _ => self.good = None,
        }
    }

    /// Changes the value itself, because other parts of it are wanted.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut T))
    where
        T: Clone,
    {
        if let Some(good) = &mut self.good {
            change(Arc::make_mut(&mut good.value));
        }
    }

    /// Marks the value as one that is no longer read, so that it ages.
    pub(super) fn neglect(&mut self) {
        self.failing = true;
    }

    /// The value, unless reading it has failed for so long that it is too old.
    pub(super) fn current(&self, age: Age) -> Option<&Arc<T>> {
        let good = self.good.as_ref()?;
        let too_old =
            self.failing && age.now.saturating_duration_since(good.good_at) >= age.max_age;
        (!too_old).then_some(&good.value)
    }

    /// The last good value, however old.
    pub(super) fn value(&self) -> Option<&T> {
        self.good.as_ref().map(|good| &*good.value)
    }

    /// When the value will be too old, if it is not read before.
    pub(super) fn expiry(&self, age: Age) -> Option<Instant> {
        self.current(age).filter(|_| self.failing)?;
        Some(self.good.as_ref()?.good_at + age.max_age)
    }

    /// How urgent it is to read this again.
    pub(super) fn turn(&self) -> Turn {
        Turn {
            tried_at: self.tried_at,
            calls: self.calls().unwrap_or(0),
            suspect: self.suspect,
            cut: self.cut,
        }
    }

    /// Calls that the last good read took.
    pub(super) fn calls(&self) -> Option<u32> {
        self.good.as_ref().map(|good| good.calls)
    }

    /// Whether the value can be waited for: it is not too old, and nothing was
    /// wrong with it the last time that there was time for it.
    pub(super) fn can_wait(&self, age: Age) -> bool {
        self.current(age).is_some() && !self.suspect
    }

    /// When it was last read well.
    pub(super) fn read_at(&self) -> Option<Instant> {
        self.good.as_ref().map(|good| good.read_at)
    }

    /// Whether the last read failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing
    }

    /// Whether it is time to read it: never read, failed, or read so long ago.
    pub(super) fn is_due(&self, now: Instant, interval: Duration) -> bool {
        self.failing
            || self
                .read_at()
                .is_none_or(|read_at| read_at + interval <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_AGE: Duration = Duration::from_secs(30);

    fn good(value: u8) -> Result<Listed<u8>, Error> {
        Ok(Listed { value, calls: 1 })
    }

    fn failure(cause: Cause) -> Result<Listed<u8>, Error> {
        Err(Error {
            operation: "DescribeFleets",
            cause,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_outlives_failures_until_it_is_too_old() {
        let start = Instant::now();
        let at = |seconds| Age {
            now: start + Duration::from_secs(seconds),
            max_age: MAX_AGE,
        };
        let mut held = Held::default();
        assert!(held.settle(good(7), start).is_none());
        assert_eq!(
            (held.current(at(1000)).map(|v| **v), held.expiry(at(0))),
            (Some(7), None)
        );
        assert!(
            held.settle(failure(Cause::Timeout(String::new())), start + MAX_AGE / 2)
                .is_some()
        );
        assert_eq!(held.current(at(29)).map(|v| **v), Some(7));
        assert_eq!(held.expiry(at(29)), Some(start + MAX_AGE));
        assert_eq!((held.current(at(30)), held.expiry(at(30))), (None, None));
        assert!(held.settle(good(8), start + MAX_AGE * 2).is_none());
        assert_eq!(held.current(at(1000)).map(|v| **v), Some(8));
    }

    #[tokio::test(start_paused = true)]
    async fn age_counts_from_when_the_value_was_last_young_enough() {
        let start = Instant::now();
        let at = |seconds| Age {
            now: start + Duration::from_secs(seconds),
            max_age: MAX_AGE,
        };
        let mut held = Held::default();
        held.settle(good(7), start);
        held.renew(at(600).now);
        held.settle(failure(Cause::RepeatedToken), at(601).now);
        held.renew(at(620).now);
        assert_eq!(
            held.expiry(at(601)),
            Some(at(630).now),
            "a failure is not young"
        );
        assert_eq!(held.read_at(), Some(start));
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_that_was_cut_keeps_its_turn_once() {
        let start = Instant::now();
        let mut held = Held::default();
        held.settle(good(7), start);
        let causes = [
            (Cause::NotBegun, true),
            (Cause::Unfinished { pages: 0 }, true),
            (Cause::NotBegun, true),
            (Cause::Unfinished { pages: 12 }, false),
        ];
        for (cause, keeps_its_turn) in causes {
            held.settle(failure(cause), start + MAX_AGE);
            let turn = held.turn();
            assert_eq!(
                (turn.tried_at == Some(start), turn.suspect),
                (keeps_its_turn, false)
            );
        }
        for cause in [Cause::OutOfTime, Cause::Unfinished { pages: 13 }] {
            let error = held.settle(failure(cause), start + MAX_AGE).unwrap();
            assert!(!error.is_for_want_of_time(), "{error}");
            assert!(held.turn().suspect, "no answer at all, or far too many");
        }
        held.settle(good(8), start + MAX_AGE);
        assert!(!held.turn().suspect);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_gone_takes_its_value_along() {
        let age = Age {
            now: Instant::now(),
            max_age: MAX_AGE,
        };
        let mut held = Held::default();
        held.settle(good(7), age.now);
        assert!(
            held.settle(failure(Cause::NotFound(String::new())), age.now)
                .is_some()
        );
        assert!(held.current(age).is_some() && held.is_failing());
        assert!(
            held.settle_or_forget(failure(Cause::NotFound(String::new())), age.now)
                .is_none()
        );
        assert!(held.current(age).is_none() && !held.is_failing());
    }
}
