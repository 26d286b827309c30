//! Data that the SDK's interceptor and the HTTP client exchange about one attempt.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

/// Travels with a request from the interceptor to the HTTP client. Clones are one.
#[derive(Clone, Debug)]
pub(super) struct RequestTag {
    /// The AWS operation.
    pub(super) operation: &'static str,
    sent_at: Arc<Mutex<Option<Instant>>>,
}

impl RequestTag {
    /// The tag of a call whose request was not sent yet.
    pub(super) fn new(operation: &'static str) -> Self {
        Self {
            operation,
            sent_at: Arc::default(),
        }
    }

    /// The request goes out now.
    pub(super) fn send(&self) {
        *self.sent_at() = Some(Instant::now());
    }

    /// When the request went out, if it did; the next attempt has not.
    pub(super) fn take_sent_at(&self) -> Option<Instant> {
        self.sent_at().take()
    }

    fn sent_at(&self) -> MutexGuard<'_, Option<Instant>> {
        // It is replaced as a whole.
        self.sent_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A response that cannot be one of AWS.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    /// Success, and nothing in it. The SDK would take it for an empty list.
    #[error("an empty body")]
    Empty,
    /// Malformed CBOR. The SDK never stops reading a list without an end.
    #[error("malformed CBOR: {0}")]
    Malformed(String),
    /// More than the HTTP client accepts.
    #[error("a body of more than {limit} bytes")]
    TooLarge {
        /// The accepted value.
        limit: usize,
    },
}
