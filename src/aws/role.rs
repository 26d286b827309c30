//! The credentials of a role: from STS, with those of the caller.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};

use crate::config::Role;

/// Timeout and attempts of STS: short enough that a refresh can report STS as the cause.
const TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPTS: u32 = 2;

/// Assumes a role each time that credentials are requested.
#[derive(Debug)]
pub(super) struct AssumedRole {
    role: Role,
    caller: SharedCredentialsProvider,
    sts: SdkConfig,
}

impl AssumedRole {
    /// A role that `caller` assumes. `config` has the region of STS.
    pub(super) fn new(
        role: &Role,
        caller: SharedCredentialsProvider,
        config: &SdkConfig,
        connect_timeout: Duration,
    ) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(connect_timeout)
            .operation_attempt_timeout(TIMEOUT);
        let sts = config
            .to_builder()
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(timeouts.build());
        Self {
            role: role.clone(),
            caller,
            sts: sts.build(),
        }
    }

    async fn assume(&self) -> provider::Result {
        // The SDK would get these within the time that STS has.
        let caller = self.caller.provide_credentials().await?;
        let mut provider = AssumeRoleProvider::builder(&self.role.arn)
            .configure(&self.sts)
            .session_name(&self.role.session_name);
        if let Some(external_id) = &self.role.external_id {
            provider = provider.external_id(external_id.expose());
        }
        let provider = provider.build_from_provider(caller).await;
        provider.provide_credentials().await
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}
