//! One thing that is read from AWS, with its last good value and the age of that.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::{Error, Listed};

/// What is too old: depends on the moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Age {
    /// The moment.
    pub(super) now: Instant,
    /// How old the value of something that fails may be.
    pub(super) max_age: Duration,
}

/// The last good value of something, kept while reading it fails.
#[derive(Debug)]
pub(super) struct Held<T> {
    good: Option<Good<T>>,
    failing: bool,
}

#[derive(Debug)]
struct Good<T> {
    value: Arc<T>,
    read_at: Instant,
    calls: u32,
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self {
            good: None,
            failing: false,
        }
    }
}

impl<T> Held<T> {
    /// Takes in the result of a read. Gives back the error, if it is one.
    pub(super) fn settle(
        &mut self,
        result: Result<Listed<T>, Error>,
        read_at: Instant,
    ) -> Option<Error> {
        match result {
            Ok(Listed { value, calls }) => {
                self.good = Some(Good {
                    value: Arc::new(value),
                    read_at,
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

    /// The same for the contents of something that may be gone by now: that it
    /// is gone is no error, and its value goes with it.
    pub(super) fn settle_or_forget(
        &mut self,
        result: Result<Listed<T>, Error>,
        read_at: Instant,
    ) -> Option<Error> {
        if result.as_ref().is_err_and(Error::is_not_found) {
            *self = Self::default();
            return None;
        }
        self.settle(result, read_at)
    }

    /// Marks the value as one that is no longer read, so that it ages.
    pub(super) fn neglect(&mut self) {
        self.failing = true;
    }

    /// The value, unless reading it has failed for so long that it is too old.
    pub(super) fn current(&self, age: Age) -> Option<&Arc<T>> {
        let good = self.good.as_ref()?;
        let too_old =
            self.failing && age.now.saturating_duration_since(good.read_at) >= age.max_age;
        (!too_old).then_some(&good.value)
    }

    /// When the value will be too old, if it is not read before.
    pub(super) fn expiry(&self, age: Age) -> Option<Instant> {
        self.current(age).filter(|_| self.failing)?;
        Some(self.good.as_ref()?.read_at + age.max_age)
    }

    /// When the value was read; `None` sorts first, so what was never read comes before all else.
    pub(super) fn read_at(&self) -> Option<Instant> {
        self.good.as_ref().map(|good| good.read_at)
    }

    /// Calls that the last good read took.
    pub(super) fn calls(&self) -> Option<u32> {
        self.good.as_ref().map(|good| good.calls)
    }

    /// Whether the last read failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Cause;

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
