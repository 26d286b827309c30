//! Where the credentials of an account come from, and why there are none.
//!
//! Wraps what the SDK has found, so that a failure says what was tried and what
//! to do, and so that a role that is refused is not asked for with every request.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_types::error::ErrorMetadata;
use tokio::time::Instant;

use super::error::{chain, service_cause, sources};
use crate::config::Secret;

/// For so long a failure is the answer to everybody who asks: the calls that a
/// refresh begins with ask at the same time.
const HOLD_OFF: Duration = Duration::from_secs(1);

/// What credentials were asked of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Whatever the SDK finds: environment, profile, web identity, container, instance.
    Chain,
    /// A profile that the configuration names.
    Profile(String),
    /// A role.
    Role {
        arn: String,
        /// What is sent with the request, and must not come back in an answer.
        external_id: Option<Secret>,
    },
}

/// The credentials of an account.
pub(super) struct Provider {
    inner: SharedCredentialsProvider,
    origin: Origin,
    /// The SDK's wall clock.
    now: Box<dyn Fn() -> SystemTime + Send + Sync>,
    failed: Mutex<Option<(Instant, NoCredentials)>>,
}

/// Why there are none, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoCredentials(String);

impl Provider {
    pub(super) fn new(
        inner: SharedCredentialsProvider,
        origin: Origin,
        now: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        Self {
            inner,
            origin,
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
        let reason = match self.inner.provide_credentials().await {
            Ok(credentials) if self.are_expired(&credentials) => {
                "its credentials are expired already (is the clock of this host right?)".to_owned()
            }
            Ok(credentials) => return Ok(credentials),
            Err(error) => reason(&error),
        };
        let error = NoCredentials(self.origin.explain(&reason));
        *lock(&self.failed) = Some((Instant::now(), error.clone()));
        Err(CredentialsError::provider_error(error))
    }

    /// The SDK would ask for others with each request.
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

/// Why the SDK has none, in words.
fn reason(error: &CredentialsError) -> String {
    // Those with which a role was to be assumed.
    if let Some(none) = sources(error).find_map(|source| source.downcast_ref::<NoCredentials>()) {
        return none.to_string();
    }
    let answer = sources(error).find_map(|source| source.downcast_ref::<ErrorMetadata>());
    if let Some((answer, code)) = answer.and_then(|answer| Some((answer, answer.code()?))) {
        return service_cause(code, answer.message().unwrap_or_default()).to_string();
    }
    if matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
        return "none were found".to_owned();
    }
    // The SDK says what it attempted on further lines, which are cut off.
    let text = chain(error);
    let text = text.trim_end_matches(" Attempted:");
    text.trim_end_matches('.').to_owned()
}

impl Origin {
    /// Why there are no credentials, with what to do.
    fn explain(&self, text: &str) -> String {
        match self {
            Self::Chain => {
                let profile = std::env::var("AWS_PROFILE").ok();
                format!("{text}; {}", chain_hint(profile.as_deref()))
            }
            Self::Profile(profile) => format!(
                "{text}; the target's profile is {profile:?}: see whether the AWS config file has it with all that it needs (after `aws sso login` for SSO)"
            ),
            Self::Role { arn, external_id } => {
                let text = match external_id {
                    Some(secret) => text.replace(secret.expose(), "<redacted>"),
                    None => text.to_owned(),
                };
                let external_id = if external_id.is_some() {
                    "asks for the external_id of the file"
                } else {
                    "asks for no external_id, as none is sent"
                };
                format!(
                    "cannot assume {arn}: {text}; see whether the caller is allowed sts:AssumeRole on it, and whether its trust policy names the caller and {external_id}"
                )
            }
        }
    }
}

/// What to do about missing credentials. The SDK does not say that a profile
/// that it was told to use does not exist.
fn chain_hint(profile: Option<&str>) -> String {
    match profile.filter(|profile| !profile.is_empty()) {
        Some(profile) => format!(
            "AWS_PROFILE is {profile:?}: see whether the AWS config file has it with all that it needs (after `aws sso login` for SSO)"
        ),
        None => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or give the host a role"
                .to_owned()
        }
    }
}

/// A time and a text are whole whatever panicked beside them.
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
