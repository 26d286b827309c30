//! Instance metadata: the region in it, and why there is none, or are no credentials.

use aws_config::imds;
use aws_config::imds::client::error::{ImdsError, TokenError};
use aws_config::meta::ProviderChainError;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};

use super::error::{chain, sources};
use super::own_region::{OwnRegion, is_region};

const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
const REGION_PATH: &str = "/latest/meta-data/placement/region";
/// With these, instance metadata says that it is off or has no region, and will not have one.
const FINAL_STATUSES: [u16; 3] = [400, 403, 404];
/// The SDK's name for it among the places where it looks for credentials.
const PROVIDER: &str = "Ec2InstanceMetadata";
/// The SDK's text if instance metadata responds but has no role.
const NO_ROLE: &str = "received 404 from IMDS";

/// Reads the region from instance metadata.
pub(super) async fn region(http: &SharedHttpClient) -> OwnRegion {
    if std::env::var(DISABLED).is_ok_and(|value| value.eq_ignore_ascii_case("true")) {
        return OwnRegion::Absent;
    }
    let config = ProviderConfig::default().with_http_client(http.clone());
    let client = imds::Client::builder().configure(&config).build();
    match client.get(REGION_PATH).await {
        Ok(region) => of_body(region.as_ref().trim()),
        Err(error) if status(&error).is_some_and(|status| FINAL_STATUSES.contains(&status)) => {
            OwnRegion::Absent
        }
        Err(error) => OwnRegion::Unknown {
            reason: failure(&error),
        },
    }
}

/// On a booting host, another server may respond instead of instance metadata.
fn of_body(region: &str) -> OwnRegion {
    if is_region(region) {
        OwnRegion::Known(region.to_owned())
    } else {
        OwnRegion::Unknown {
            reason: "instance metadata returned no region".to_owned(),
        }
    }
}

/// The failure of instance metadata that caused missing credentials, if any.
pub(super) fn no_credentials(error: &CredentialsError) -> Option<String> {
    if let Some(error) = sources(error).find_map(|source| source.downcast_ref::<ImdsError>()) {
        return Some(failure(error));
    }
    let mut sources_of_error = sources(error);
    let chain_error = sources_of_error
        .find_map(|source| source.downcast_ref::<ProviderChainError<CredentialsError>>())?;
    let mut attempts = chain_error.attempts().iter();
    let error = attempts.find(|attempt| attempt.name() == PROVIDER)?.error();
    if let Some(error) = sources(error).find_map(|source| source.downcast_ref::<ConnectorError>()) {
        return Some(format!(
            "instance metadata does not respond: {}",
            chain(error)
        ));
    }
    let has_no_role = sources(error).any(|source| source.to_string() == NO_ROLE);
    has_no_role.then(|| "instance metadata has no role for this instance".to_owned())
}

fn failure(error: &ImdsError) -> String {
    match status(error) {
        // The SDK's text has the whole response in it.
        Some(status) => format!("instance metadata returned HTTP {status}"),
        None => format!("instance metadata does not respond: {}", chain(error)),
    }
}

/// The status with which instance metadata has answered.
fn status(error: &ImdsError) -> Option<u16> {
    if let ImdsError::ErrorResponse(answer) = error {
        return Some(answer.response().status().as_u16());
    }
    let token = sources(error)
        .find_map(|source| source.downcast_ref::<SdkError<TokenError, HttpResponse>>())?;
    Some(token.raw_response()?.status().as_u16())
}
