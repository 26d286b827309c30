//! Promise: what the simulator says about roles and tags is what the AWS SDK reads.
//!
//! The SDK is used as it comes, without the exporter, so that an upgrade that
//! changes how it writes or reads shows apart from any fault of the exporter.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use appstream_simulator::{
    Fault, Fleet, Options, Parameters, Pool, Region, Role, Simulator, Stack, World,
};
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_appstream::Client;
use aws_sdk_appstream::error::ProvideErrorMetadata;
use aws_smithy_types::error::display::DisplayErrorContext;

const HOME: &str = "123456789012";
const MEMBER: &str = "210987654321";
const REGION: &str = "eu-central-1";
const EXTERNAL_ID: &str = "a/b+c=d,e";

async fn organisation() -> Simulator {
    let theirs = Region::new()
        .fleet(
            Fleet::new("theirs")
                .tag("team", "A & B")
                .tag("left empty", ""),
        )
        .stack(Stack::new("bare"))
        .pool(
            Pool::new("wspool-theirs000", "theirs")
                .tag("team", "A & B")
                .tag("left empty", ""),
        );
    let member = World::new(MEMBER)
        .region(REGION, theirs)
        .role(Role::new("reader").external_id(EXTERNAL_ID))
        .role(Role::new("closed").refuse())
        .role(Role::new("brief").lifetime(Duration::ZERO));
    let home = World::new(HOME)
        .region(REGION, Region::new().fleet(Fleet::new("ours")))
        .member(member);
    Simulator::start(home, Options::default())
        .await
        .expect("a free port")
}

/// The role of the member with this name.
fn role(name: &str) -> String {
    Role::new(name).arn(MEMBER)
}

/// The configuration of the SDK, without retries.
async fn config(
    simulator: &Simulator,
    credentials: impl ProvideCredentials + 'static,
) -> SdkConfig {
    let patience = TimeoutConfig::builder().operation_timeout(Duration::from_secs(5));
    aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(simulator.endpoint_url())
        .region(REGION)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .timeout_config(patience.build())
        .load()
        .await
}

fn home_key() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret", None, None, "test")
}

/// Credentials of a role, or why there are none.
async fn assume(
    simulator: &Simulator,
    name: &str,
    external_id: Option<&str>,
) -> Result<Credentials, String> {
    let provider = AssumeRoleProvider::builder(role(name))
        .configure(&config(simulator, home_key()).await)
        .session_name("exporter@home");
    let provider = match external_id {
        Some(external_id) => provider.external_id(external_id),
        None => provider,
    };
    let credentials = provider.build().await.provide_credentials().await;
    credentials.map_err(|error| DisplayErrorContext(error).to_string())
}

async fn client(simulator: &Simulator, credentials: Credentials) -> Client {
    Client::new(&config(simulator, credentials).await)
}

/// The ARNs of the fleets an access key sees, or status and code of the error.
async fn fleets(
    simulator: &Simulator,
    credentials: Credentials,
) -> Result<Vec<String>, (u16, String)> {
    let client = client(simulator, credentials).await;
    match client.describe_fleets().send().await {
        Ok(output) => Ok(output
            .fleets()
            .iter()
            .filter_map(|fleet| fleet.arn().map(str::to_owned))
            .collect()),
        Err(error) => Err((
            error.raw_response().expect("an answer").status().as_u16(),
            error.code().expect("a code").to_owned(),
        )),
    }
}

#[tokio::test]
async fn a_role_opens_the_world_of_its_account() {
    let simulator = organisation().await;
    let credentials = assume(&simulator, "reader", Some(EXTERNAL_ID))
        .await
        .expect("credentials");
    assert_eq!(credentials.account_id().map(|id| id.as_str()), Some(MEMBER));
    #[expect(
        clippy::disallowed_methods,
        reason = "the simulator tells the time of the wall clock"
    )]
    let now = SystemTime::now();
    let lasts = credentials
        .expiry()
        .expect("an expiry")
        .duration_since(now)
        .expect("an hour ahead");
    assert!(
        (3_500..=3_600).contains(&lasts.as_secs()),
        "{lasts:?} is about an hour"
    );
    let call = simulator.calls().pop().expect("a call");
    assert_eq!(
        (&*call.service, &*call.operation, &*call.account_id),
        ("sts", "AssumeRole", HOME)
    );
    let parameters = Parameters {
        role_arn: Some(role("reader")),
        role_session_name: Some("exporter@home".to_owned()),
        external_id: Some(EXTERNAL_ID.to_owned()),
        ..Parameters::default()
    };
    assert_eq!(call.parameters, parameters);

    let theirs = fleets(&simulator, credentials.clone()).await;
    let arn = format!("arn:aws:appstream:{REGION}:{MEMBER}:fleet/theirs");
    assert_eq!(theirs, Ok(vec![arn]));
    let call = simulator.calls().pop().expect("a call");
    assert_eq!(call.account_id, MEMBER);
    assert_eq!(call.access_key_id, credentials.access_key_id());

    let arn = format!("arn:aws:appstream:{REGION}:{HOME}:fleet/ours");
    assert_eq!(fleets(&simulator, home_key()).await, Ok(vec![arn]));
}

#[tokio::test]
async fn a_role_that_does_not_let_in_is_read_as_access_denied() {
    let simulator = organisation().await;
    for (name, role_name, external_id) in [
        ("no external id", "reader", None),
        ("wrong external id", "reader", Some("guess")),
        ("refusing", "closed", None),
        ("unknown", "nobody", None),
    ] {
        let error = assume(&simulator, role_name, external_id)
            .await
            .expect_err(name);
        let message = format!(
            "User: arn:aws:iam::{HOME}:user/simulated is not authorized to perform: \
             sts:AssumeRole on resource: {}",
            role(role_name)
        );
        assert!(error.contains("AccessDenied"), "{name}: {error}");
        assert!(error.contains(&message), "{name}: {error}");
        assert_eq!(simulator.calls().pop().expect("a call").status, Some(403));
    }
}

#[tokio::test]
async fn credentials_that_are_not_in_force_are_read_as_such() {
    let simulator = organisation().await;
    let brief = assume(&simulator, "brief", None)
        .await
        .expect("credentials");
    let key = |token: Option<&str>| {
        let token = token.map(str::to_owned);
        // Without the expiry, by which the SDK would leave them alone.
        Credentials::new(brief.access_key_id(), "secret", token, None, "test")
    };
    for (name, credentials, code) in [
        (
            "expired",
            key(brief.session_token()),
            "ExpiredTokenException",
        ),
        ("forged", key(Some("forged")), "UnrecognizedClientException"),
        ("no token", key(None), "UnrecognizedClientException"),
    ] {
        let expected = Err((400, code.to_owned()));
        assert_eq!(fleets(&simulator, credentials).await, expected, "{name}");
    }
}

#[tokio::test]
async fn faults_of_sts_reach_the_client() {
    let simulator = organisation().await;
    for (name, fault, part) in [
        ("throttled", Fault::throttle(), "Throttling"),
        ("denied", Fault::deny(), "AccessDenied"),
        ("unavailable", Fault::unavailable(), "ServiceUnavailable"),
        ("expired", Fault::expired_credentials(), "ExpiredToken"),
        ("garbage", Fault::garbage(), "Xml"),
        ("empty", Fault::empty(), "Xml"),
        // Cut cleanly it would be no error: the SDK reads half an answer as
        // credentials that expired in 1970.
        ("cut", Fault::truncate(), "end of file"),
        ("reset", Fault::reset(), "dispatch failure"),
    ] {
        let id = simulator.inject(fault.service("sts").role(role("reader")).times(1));
        let struck = assume(&simulator, "reader", Some(EXTERNAL_ID)).await;
        let error = struck.expect_err(name);
        assert!(error.contains(part), "{name}: {error}");
        let after = assume(&simulator, "reader", Some(EXTERNAL_ID)).await;
        assert!(after.is_ok(), "{name}: {after:?}");
        simulator.clear(id);
    }
}

#[tokio::test]
async fn tags_are_read_as_they_were_set() {
    let simulator = organisation().await;
    let credentials = assume(&simulator, "reader", Some(EXTERNAL_ID))
        .await
        .expect("credentials");
    let client = client(&simulator, credentials).await;
    let tags = async |resource: &str| {
        let arn = format!("arn:aws:appstream:{REGION}:{MEMBER}:{resource}");
        let request = client.list_tags_for_resource().resource_arn(arn);
        match request.send().await {
            Ok(output) => Ok(output.tags().cloned()),
            Err(error) => Err(error.code().map(str::to_owned)),
        }
    };
    let set = [("team", "A & B"), ("left empty", "")];
    let set: HashMap<_, _> = set.map(|(key, value)| (key.into(), value.into())).into();
    assert_eq!(tags("fleet/theirs").await, Ok(Some(set)));
    assert_eq!(tags("stack/bare").await, Ok(Some(HashMap::new())));
    assert_eq!(
        tags("fleet/ours").await,
        Err(Some("ResourceNotFoundException".to_owned()))
    );
}

#[tokio::test]
async fn tags_of_pools_are_read_as_they_were_set() {
    let simulator = organisation().await;
    let credentials = assume(&simulator, "reader", Some(EXTERNAL_ID))
        .await
        .expect("credentials");
    let client = aws_sdk_workspaces::Client::new(&config(&simulator, credentials).await);
    let request = client.describe_tags().resource_id("wspool-theirs000");
    let output = request.send().await.expect("the pool has tags");
    let tags = output.tag_list().iter();
    let tags: Vec<_> = tags.map(|tag| (tag.key(), tag.value())).collect();
    assert_eq!(
        tags,
        [("left empty", Some("")), ("team", Some("A & B"))],
        "sorted by key"
    );
    let request = client.describe_tags().resource_id("wspool-nobodys00");
    let error = request.send().await.expect_err("there is no such pool");
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
}
