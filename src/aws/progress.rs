//! The progress of a running read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::Error;

/// Shared by a read and the scheduler that started it. Cheap to clone; clones are one.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    pages: u32,
    failure: Option<Error>,
}

impl Progress {
    /// Pages that have come so far.
    #[must_use]
    pub fn pages(&self) -> u32 {
        self.state().pages
    }

    /// Why the last attempt failed; `None` when a page has come since, or nothing failed.
    #[must_use]
    pub fn failure(&self) -> Option<Error> {
        self.state().failure.clone()
    }

    /// A page has come.
    pub fn page(&self) {
        let mut state = self.state();
        state.pages += 1;
        state.failure = None;
    }

    /// An attempt has failed; another may follow.
    pub fn failed(&self, error: Error) {
        self.state().failure = Some(error);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change leaves a whole state behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
