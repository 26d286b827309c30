//! The credentials of an account, with a timeout, and not loaded for each request.
//!
//! Wraps the SDK's provider. A failure names the source and the solution, and a denied role is
//! not requested again for each request.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::time::Instant;

use super::no_credentials::{NoCredentials, Origin};

/// Time for which a failure is cached, because the first calls of a refresh request credentials
/// at the same time.
const HOLD_OFF: Duration = Duration::from_secs(1);

/// Timeout of credentials. Clones share the value, so that a reload reaches accounts in use.
#[derive(Clone, Debug)]
pub(super) struct TimeLimit(Arc<Mutex<Duration>>);

/// The credentials of an account.
pub(super) struct Provider {
    inner: SharedCredentialsProvider,
    origin: Origin,
    /// A role has none: its parts have theirs.
    limit: Option<TimeLimit>,
    /// The SDK's wall clock.
    now: Box<dyn Fn() -> SystemTime + Send + Sync>,
    failed: Mutex<Option<(Instant, NoCredentials)>>,
}

impl TimeLimit {
    pub(super) fn new(limit: Duration) -> Self {
        Self(Arc::new(Mutex::new(limit)))
    }

    pub(super) fn set(&self, limit: Duration) {
        *lock(&self.0) = limit;
    }
}

impl Provider {
    pub(super) fn new(
        inner: SharedCredentialsProvider,
        origin: Origin,
        limit: Option<TimeLimit>,
        now: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        Self {
            inner,
            origin,
            limit,
            now: Box::new(now),
            failed: Mutex::default(),
        }
    }

    async fn provide(&self) -> Result<Credentials, CredentialsError> {
        let failed = lock(&self.failed).clone();
        if let Some((at, error)) = failed
            && at.elapsed() < HOLD_OFF
        {
            return Err(CredentialsError::provider_error(error));
        }
        let error = match self.ask().await {
            Ok(credentials) if self.are_expired(&credentials) => NoCredentials::because(
                &self.origin,
                "the credentials have already expired; check the clock of this host",
            ),
            Ok(credentials) => return Ok(credentials),
            Err(error) => error,
        };
        *lock(&self.failed) = Some((Instant::now(), error.clone()));
        Err(CredentialsError::provider_error(error))
    }

    /// Calls the SDK's provider with a timeout.
    async fn ask(&self) -> Result<Credentials, NoCredentials> {
        let asked = self.inner.provide_credentials();
        let answer = match &self.limit {
            None => asked.await,
            Some(limit) => {
                let limit = *lock(&limit.0);
                let Ok(answer) = tokio::time::timeout(limit, asked).await else {
                    let limit = humantime::format_duration(limit);
                    let reason = format!("timeout after {limit} (nine tenths of refresh.timeout)");
                    return Err(NoCredentials::because(&self.origin, &reason));
                };
                answer
            }
        };
        match answer {
            Ok(credentials) => Ok(credentials),
            Err(error) => Err(NoCredentials::of(&self.origin, &error).await),
        }
    }

    /// The SDK would load new ones for each request.
    fn are_expired(&self, credentials: &Credentials) -> bool {
        credentials
            .expiry()
            .is_some_and(|expiry| expiry <= (self.now)())
    }
}

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.inner.fallback_on_interrupt()
    }
}

/// A panic elsewhere cannot leave a time or a text inconsistent.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
