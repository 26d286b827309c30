//! Where the credentials of an account come from, and why there are none.
//!
//! Wraps what the SDK has found, so that a failure says what was tried and what
//! to do, and so that a role that is refused is not asked for with every request.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::time::Instant;

use super::error::{answered, chain};

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
    /// A role, by its ARN.
    Role(String),
}

/// The credentials of an account.
#[derive(Debug)]
pub(super) struct Provider {
    inner: SharedCredentialsProvider,
    origin: Origin,
    failed: Mutex<Option<(Instant, NoCredentials)>>,
}

/// Why there are none, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoCredentials(String);

impl Provider {
    pub(super) fn new(inner: SharedCredentialsProvider, origin: Origin) -> Self {
        Self {
            inner,
            origin,
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
        let provided = self.inner.provide_credentials().await;
        provided.map_err(|error| {
            let error = NoCredentials(self.origin.explain(&error));
            *lock(&self.failed) = Some((Instant::now(), error.clone()));
            CredentialsError::provider_error(error)
        })
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

impl Origin {
    fn explain(&self, error: &CredentialsError) -> String {
        // The SDK's own words for an answer quote all of it, and so what AWS quotes of the request.
        let text = answered(error).map_or_else(|| chain(error), |cause| cause.to_string());
        // It says what it attempted on further lines, which are cut off.
        let text = text.trim_end_matches(" Attempted:").trim_end_matches('.');
        match self {
            Self::Chain => {
                let profile = std::env::var("AWS_PROFILE").ok();
                format!("{text}; {}", chain_hint(profile.as_deref()))
            }
            Self::Profile(profile) => format!(
                "{text}; the target's profile is {profile:?}: see whether the AWS config file has it with all that it needs (after `aws sso login` for SSO)"
            ),
            Self::Role(arn) => {
                let reason = text
                    .rsplit_once("service error: ")
                    .map_or(text, |(_, reason)| reason);
                format!(
                    "cannot assume {arn}: {reason}; see whether the role trusts the credentials it is assumed with, and asks for this external_id"
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

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain => f.write_str("the AWS SDK's credentials"),
            Self::Profile(profile) => write!(f, "profile {profile}"),
            Self::Role(arn) => f.write_str(arn),
        }
    }
}
