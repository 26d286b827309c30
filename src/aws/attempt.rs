//! What the SDK's interceptor and the HTTP client below it tell each other of one attempt.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Travels with a request from the interceptor to the HTTP client.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// The AWS operation.
    pub(super) operation: &'static str,
    /// Set when the request goes out.
    pub(super) sent: Arc<AtomicBool>,
}

/// An answer that came, but cannot be one.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    /// Success, and nothing in it. The SDK would take it for an empty list.
    #[error("an empty body")]
    Empty,
    /// More than the HTTP client accepts.
    #[error("a body of more than {limit} bytes")]
    TooLarge {
        /// What it accepts.
        limit: usize,
    },
}
