//! Slow credentials, in paused time: no socket is behind these clients.

use aws_credential_types::provider::{ProvideCredentials, future};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

use super::*;
use crate::aws::AppstreamSource as _;
use crate::config::Config;
use crate::selfmetrics::SelfMetrics;

/// Duration of getting the credentials: longer than the SDK's own limits.
const SLOW: Duration = Duration::from_secs(40);

#[derive(Debug)]
struct Slow;

impl ProvideCredentials for Slow {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            tokio::time::sleep(SLOW).await;
            Ok(Credentials::new("AKIDSLOW", "secret", None, None, "test"))
        })
    }
}

/// An AWS without fleets, in which every role can be assumed.
#[derive(Debug)]
struct Aws;

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = if request.uri().contains("sts") {
            SdkBody::from(
                "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
                 <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
                 <SessionToken>token</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>\
                 </Credentials></AssumeRoleResult></AssumeRoleResponse>",
            )
        } else {
            // {"Fleets": []} in CBOR.
            SdkBody::from(&b"\xa1\x66Fleets\x80"[..])
        };
        let mut answer = HttpResponse::new(200.try_into().unwrap(), body);
        answer
            .headers_mut()
            .insert("smithy-protocol", "rpc-v2-cbor");
        HttpConnectorFuture::ready(Ok(answer))
    }
}

/// An account with slow credentials, of which a role may be assumed.
async fn account(role: Option<&Role>, timeout: Duration) -> Account {
    let config = Config::default();
    let source = CredentialSource::of(&config.targets[0], &config.aws);
    let http = SharedHttpClient::new(http_client_fn(|_, _| SharedHttpConnector::new(Aws)));
    let region = Region::new("eu-west-1");
    let loader = loader(&source, None, &region, &http).credentials_provider(Slow);
    let credentials_limit = TimeLimit::new(timeout);
    let config = explained(loader.load().await, Origin::Chain, Some(&credentials_limit));
    Account {
        config: role.map_or(config.clone(), |role| assumed(config, role)),
        http,
        own_region: OwnRegion::Known("eu-west-1".to_owned()),
        credentials_limit,
    }
}

/// The result of a call, and its duration in seconds.
async fn call(account: &Account) -> (Result<usize, String>, u64) {
    let client = account.client(
        "default",
        "eu-west-1",
        &Config::default().aws,
        &SelfMetrics::new(),
    );
    let begun = tokio::time::Instant::now();
    let fleets = client.describe_fleets().await;
    let fleets = fleets.map(|fleets| fleets.value.len());
    (
        fleets.map_err(|error| error.to_string()),
        begun.elapsed().as_secs(),
    )
}

#[tokio::test(start_paused = true)]
async fn slow_credentials_are_waited_for_within_the_limit() {
    let account = account(None, Duration::from_secs(50)).await;
    assert_eq!(call(&account).await, (Ok(0), 40));
    assert_eq!(call(&account).await, (Ok(0), 0), "they are kept");
}

#[tokio::test(start_paused = true)]
async fn a_role_is_assumed_with_slow_credentials() {
    let role = Role {
        arn: "arn:aws:iam::222222222222:role/r".to_owned(),
        external_id: None,
        session_name: "s".to_owned(),
    };
    let account = account(Some(&role), Duration::from_secs(50)).await;
    assert_eq!(call(&account).await, (Ok(0), 40));
}

#[tokio::test(start_paused = true)]
async fn credentials_beyond_the_limit_are_no_credentials() {
    let account = account(None, Duration::from_secs(50)).await;
    account.set_credentials_timeout(Duration::from_secs(30));
    let (answer, seconds) = call(&account).await;
    let error = answer.unwrap_err();
    let expected =
        "DescribeFleets: no AWS credentials: timeout after 30s (nine tenths of refresh.timeout); ";
    assert!(error.starts_with(expected), "{error}");
    assert_eq!(seconds, 30);
}
