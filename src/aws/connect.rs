//! From the environment to an account: credentials, region and endpoint.

use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::ca_bundle::{CaBundle, CaBundleError};
use super::credential_source::CredentialSource;
use super::credentials::{Provider, TimeLimit};
use super::http_client::{Trust, with_proxies, without_proxies};
use super::metadata;
use super::no_credentials::Origin;
use super::own_region::{OwnRegion, configured, is_region};
use super::profile::profiles;
use super::role::AssumedRole;
use crate::config::{Role, home_region_of};

/// The SDK's own default; a connection that takes longer is not going to come.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// The SDK ends the wait for credentials by itself, after some 20 s. Longer than any
/// `refresh.timeout`, which does so here.
const NO_TIMEOUT: Duration = Duration::from_secs(48 * 3600);
/// The partition of accounts that nothing says more about.
const USUAL_PARTITION: &str = "aws";

/// An endpoint on this host that replaces AWS, with its credentials.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Base URL of all services.
    pub url: String,
    /// Access key id, also used as the secret, which the simulator does not check.
    pub access_key_id: String,
}

/// A region that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// None was configured, and the SDK found none.
    #[error(
        "no AWS region for target {target:?}: set AWS_REGION, a region in the AWS profile, or targets[].regions in the config file"
    )]
    NoRegion {
        /// The target that has no region.
        target: String,
    },
    /// The SDK found one that cannot be part of a host name.
    #[error(
        "{region:?} is not an AWS region: set AWS_REGION to a code such as eu-west-1, or targets[].regions in the config file"
    )]
    NotARegion {
        /// The settings that the SDK found.
        region: String,
    },
    /// The certificates to trust cannot be read.
    #[error(transparent)]
    CaBundle(#[from] CaBundleError),
}

/// An AWS account as the SDK sees it: credentials, connections and a region of
/// its own. Cheap to clone; clones share all of that.
#[derive(Clone, Debug)]
pub struct Account {
    pub(super) config: SdkConfig,
    pub(super) http: SharedHttpClient,
    own_region: OwnRegion,
    credentials_limit: TimeLimit,
}

impl Account {
    /// Reads environment, profile and instance metadata as every AWS SDK does.
    ///
    /// Finds out the region, and where credentials will come from; whether there
    /// are any shows with the first call, which waits `credentials_timeout` for them.
    /// With `endpoint`, the environment's credentials are not looked at. `near` is the
    /// region in which a role is assumed, unless the host has one of its own.
    ///
    /// # Errors
    /// [`ConnectError::CaBundle`].
    pub async fn load(
        credential_source: &CredentialSource,
        near: Option<&str>,
        endpoint: Option<&Endpoint>,
        credentials_timeout: Duration,
    ) -> Result<Self, ConnectError> {
        let (http, own_region) = host(credential_source, endpoint).await?;
        let role = credential_source.role.as_ref();
        let region = match &own_region {
            OwnRegion::Known(region) => region,
            _ => near.unwrap_or(home_region_of(
                role.map_or(USUAL_PARTITION, Role::partition),
            )),
        };
        let region = Region::new(region.to_owned());
        let credentials_limit = TimeLimit::new(credentials_timeout);
        let loader = loader(credential_source, endpoint, &region, &http);
        let origin = credential_source
            .profile
            .clone()
            .map_or(Origin::Chain, Origin::Profile);
        let config = explained(loader.load().await, origin, Some(&credentials_limit));
        let config = match role {
            Some(role) => assumed(config, role),
            None => config,
        };
        Ok(Self {
            config,
            http,
            own_region,
            credentials_limit,
        })
    }

    /// Changes how long a call waits for credentials.
    pub fn set_credentials_timeout(&self, timeout: Duration) {
        self.credentials_limit.set(timeout);
    }

    /// The region of the host.
    pub(super) fn own_region(&self) -> Option<&str> {
        match &self.own_region {
            OwnRegion::Known(region) => Some(region),
            OwnRegion::Absent | OwnRegion::Unknown { .. } => None,
        }
    }

    /// Why the region of the host is not known yet, if it can still come from instance metadata.
    #[must_use]
    pub fn region_is_awaited(&self) -> Option<&str> {
        match &self.own_region {
            OwnRegion::Unknown { reason } => Some(reason),
            OwnRegion::Known(_) | OwnRegion::Absent => None,
        }
    }

    /// Whether instance metadata has a region by now. An account that is loaded then has it.
    pub async fn metadata_has_region(&self) -> bool {
        matches!(metadata::region(&self.http).await, OwnRegion::Known(_))
    }

    /// The region of the host.
    ///
    /// # Errors
    /// [`ConnectError`] when there is none, or when it cannot be one.
    pub fn region(&self, target: &str) -> Result<String, ConnectError> {
        let region = self.own_region().unwrap_or_default();
        if region.is_empty() {
            return Err(ConnectError::NoRegion {
                target: target.to_owned(),
            });
        }
        if !is_region(region) {
            return Err(ConnectError::NotARegion {
                region: region.to_owned(),
            });
        }
        Ok(region.to_owned())
    }
}

/// The HTTP client and the region of this host.
async fn host(
    credential_source: &CredentialSource,
    endpoint: Option<&Endpoint>,
) -> Result<(SharedHttpClient, OwnRegion), ConnectError> {
    let of_target = match &credential_source.profile {
        Some(profile) => profiles(Some(profile)).await,
        None => None,
    };
    let usual = profiles(None).await;
    let region = configured(of_target.as_ref(), usual.as_ref());
    if endpoint.is_some() {
        // A proxy knows no way to an endpoint of this host.
        let http = without_proxies(&Trust::Nobody);
        return Ok((http, region.map_or(OwnRegion::Absent, OwnRegion::Known)));
    }
    let bundle = CaBundle::find(of_target.as_ref().or(usual.as_ref()))?;
    let http = with_proxies(&bundle.map_or(Trust::Host, Trust::Bundle));
    let region = match region {
        Some(region) => OwnRegion::Known(region),
        None => metadata::region(&http).await,
    };
    Ok((http, region))
}

fn loader(
    credential_source: &CredentialSource,
    endpoint: Option<&Endpoint>,
    region: &Region,
    http: &SharedHttpClient,
) -> ConfigLoader {
    let cache = IdentityCache::lazy().load_timeout(NO_TIMEOUT).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .identity_cache(cache)
        .region(region.clone());
    if let Some(use_fips) = credential_source.use_fips {
        loader = loader.use_fips(use_fips);
    }
    if let Some(use_dual_stack) = credential_source.use_dual_stack {
        loader = loader.use_dual_stack(use_dual_stack);
    }
    if let Some(profile) = &credential_source.profile {
        loader = of_profile(loader, profile, region, http);
    }
    if let Some(Endpoint {
        url,
        access_key_id: key,
    }) = endpoint
    {
        let credentials = Credentials::new(key, key, None, None, "endpoint");
        loader = loader
            .endpoint_url(url)
            .credentials_provider(SharedCredentialsProvider::new(credentials));
    }
    loader
}

/// The credentials of a profile. Those of the environment are ignored.
///
/// The SDK's default chain reads the environment first. A target with a profile would then use
/// the account of the environment.
fn of_profile(
    loader: ConfigLoader,
    profile: &str,
    region: &Region,
    http: &SharedHttpClient,
) -> ConfigLoader {
    let config = ProviderConfig::default()
        .with_http_client(http.clone())
        .with_region(Some(region.clone()));
    let credentials = ProfileFileCredentialsProvider::builder()
        .configure(&config)
        .profile_name(profile)
        .build();
    loader
        .profile_name(profile)
        .credentials_provider(credentials)
}

/// The same configuration with credentials that say why there are none, within a limit.
fn explained(config: SdkConfig, origin: Origin, limit: Option<&TimeLimit>) -> SdkConfig {
    let (Some(credentials), Some(time)) = (config.credentials_provider(), config.time_source())
    else {
        return config;
    };
    let provider = Provider::new(credentials, origin, limit.cloned(), move || time.now());
    let credentials = SharedCredentialsProvider::new(provider);
    config
        .into_builder()
        .credentials_provider(credentials)
        .build()
}

/// The same configuration with the credentials of a role.
fn assumed(config: SdkConfig, role: &Role) -> SdkConfig {
    let Some(caller) = config.credentials_provider() else {
        return config;
    };
    let provider = AssumedRole::new(role, caller, &config, CONNECT_TIMEOUT);
    let provider = SharedCredentialsProvider::new(provider);
    let config = config.into_builder().credentials_provider(provider).build();
    let origin = Origin::Role {
        arn: role.arn.clone(),
        external_id: role.external_id.clone(),
    };
    explained(config, origin, None)
}

#[cfg(test)]
mod tests;
