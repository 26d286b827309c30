//! Promise: an answer counts only if it can be one of AWS. Other answers are failures:
//! what was read before is held, the failure is counted, logged and over once AWS answers.

use crate::common::{ACCOUNT, Exporter, Metrics, REGION, failed, simulator, successes};
use appstream_exporter::aws::{
    Account, AppstreamSource as _, Client, CredentialSource, Endpoint, Error, WorkspacesSource as _,
};
use appstream_exporter::config::Config;
use appstream_exporter::model::{FleetName, Label, StackName};
use appstream_exporter::selfmetrics::SelfMetrics;
use appstream_simulator::{
    AppBlockBuilder, DirectoryConfig, Fault, Fleet, Image, ImageBuilder, Pool, PoolSession, Quota,
    Region, ScalableTarget, Scaled, ScalingActivity, ScalingPolicy, ScheduledAction, Session,
    Simulator, Stack, UsageReport, World,
};
use futures_util::future::join_all;

const FAILURES: &str = "appstream_exporter_aws_request_failures_total";

/// Everything is read in each refresh, and held for long.
const CONFIG: &str = "\
refresh: {interval: 1s, timeout: 1s, max_age: 1h, topology_interval: 1s}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16}
images: {interval: 1s}
account: {interval: 1s}
tags: {labels: [team]}
scaling: {interval: 1s}
quotas: {interval: 1s}
collectors: {cloudwatch: true}
cloudwatch: {interval: 1s, delay: 0s}
";

/// Something for each operation to list.
fn region() -> Region {
    Region::new()
        .fleet(
            Fleet::new("a")
                .capacity(|c| c.desired(5).running(5).in_use(1))
                .tag("team", "payments"),
        )
        .stack(Stack::new("s").tag("team", "payments"))
        .associate("a", "s")
        .session(Session::new("one", "a", "s").saml().instance("i-1"))
        .image_builder(ImageBuilder::new("builder"))
        .app_block_builder(AppBlockBuilder::new("apps"))
        .image(Image::new("Base-Image-WinServer2022"))
        .directory_config(DirectoryConfig::new("corp.example.com"))
        .usage_report(UsageReport::daily(1.7e9))
        .pool(Pool::new("wspool-aaaaaaaaa", "pool").tag("team", "payments"))
        .pool_session(PoolSession::new("p", "wspool-aaaaaaaaa"))
        .target(ScalableTarget::new(scaled(), 1, 5))
        .action(ScheduledAction::new(scaled(), "morning", "rate(1 day)", 2))
        .policy(ScalingPolicy::new(scaled(), "policy"))
        .activity(ScalingActivity::new(scaled(), 1.7e9))
        .quota(Quota::new("L-3FEADC0C", "Active fleets", 10.0))
}

fn scaled() -> Scaled {
    Scaled::fleet("a")
}

/// Every series about AppStream and WorkSpaces, without those about the exporter.
fn figures(metrics: &Metrics) -> Vec<String> {
    let series = metrics.series().iter();
    let figures = series.filter(|series| {
        series.name.starts_with("workspaces_")
            || (series.name.starts_with("appstream_") && !series.name.contains("_exporter_"))
    });
    figures.map(|series| format!("{series:?}")).collect()
}

/// An operation, the member that it must answer with, and the collectors that then fail.
const OPERATIONS: [(&str, &str, &[&str]); 20] = [
    ("DescribeFleets", "Fleets", &["appstream_fleets"]),
    ("DescribeStacks", "Stacks", &["appstream_stacks"]),
    ("ListAssociatedStacks", "Names", &["appstream_stacks"]),
    (
        "ListTagsForResource",
        "Tags",
        &["appstream_fleets", "appstream_stacks"],
    ),
    ("DescribeSessions", "Sessions", &["appstream_sessions"]),
    (
        "DescribeImageBuilders",
        "ImageBuilders",
        &["appstream_builders"],
    ),
    (
        "DescribeAppBlockBuilders",
        "AppBlockBuilders",
        &["appstream_builders"],
    ),
    ("DescribeImages", "Images", &["appstream_images"]),
    (
        "DescribeDirectoryConfigs",
        "DirectoryConfigs",
        &["appstream_account"],
    ),
    (
        "DescribeUsageReportSubscriptions",
        "UsageReportSubscriptions",
        &["appstream_account"],
    ),
    (
        "DescribeWorkspacesPools",
        "WorkspacesPools",
        &["workspaces_pools"],
    ),
    ("DescribeTags", "TagList", &["workspaces_pools"]),
    (
        "DescribeWorkspacesPoolSessions",
        "Sessions",
        &["workspaces_pool_sessions"],
    ),
    ("DescribeScalableTargets", "ScalableTargets", &["scaling"]),
    ("DescribeScheduledActions", "ScheduledActions", &["scaling"]),
    ("DescribeScalingPolicies", "ScalingPolicies", &["scaling"]),
    (
        "DescribeScalingActivities",
        "ScalingActivities",
        &["scaling"],
    ),
    ("ListServiceQuotas", "Quotas", &["quotas"]),
    ("ListAWSDefaultServiceQuotas", "Quotas", &["quotas"]),
    ("GetMetricData", "MetricDataResults", &["cloudwatch"]),
];

/// Answers of status 200 that lack the member, in the format of the operation's service.
fn answers_without(operation: &str, member: &str) -> Vec<Fault> {
    let is_json = ["Workspaces", "DescribeTags", "Scal", "Scheduled", "Quotas"]
        .iter()
        .any(|part| operation.contains(part));
    let (content_type, bodies) = if is_json {
        let bodies: [&[u8]; 2] = [b"{}", br#"{"status":"blocked"}"#];
        ("application/x-amz-json-1.1", bodies)
    } else {
        // {} and {"status": "blocked"} in CBOR.
        let bodies: [&[u8]; 2] = [b"\xa0", b"\xa1\x66status\x67blocked"];
        ("application/cbor", bodies)
    };
    let foreign = bodies.map(|body| Fault::foreign_answer(200, content_type, body));
    let mut faults = Vec::from(foreign);
    faults.push(Fault::without_member(member));
    faults
}

#[tokio::test]
async fn an_answer_without_its_list_is_a_failure_and_no_empty_list() {
    let checks = OPERATIONS.map(|(operation, member, collectors)| {
        answer_without_its_list(operation, member, collectors)
    });
    join_all(checks).await;
}

async fn answer_without_its_list(operation: &str, member: &str, collectors: &[&str]) {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    let exporter = Exporter::start(&simulator, CONFIG).await;
    let is_well = |metrics: &Metrics| {
        !successes(metrics, REGION).is_empty() && failed(metrics, REGION).is_empty()
    };
    let metrics = exporter.eventually("all is read", is_well).await;
    let expected = figures(&metrics);
    metrics.assert(
        "workspaces_pool_sessions",
        &[("connection_state", "CONNECTED")],
        1.0,
    );
    for family in [
        "appstream_fleet_tags",
        "appstream_stack_tags",
        "workspaces_pool_tags",
    ] {
        metrics.assert(family, &[("tag_team", "payments")], 1.0);
    }

    let labels = [("operation", operation), ("error_code", "decode")];
    let error = format!("{operation}: cannot read the response: {member} is missing");
    for (number, fault) in (1..).zip(answers_without(operation, member)) {
        let what = format!("{operation}: {fault:?}");
        let before = exporter.metrics().await.sum(FAILURES, &labels);
        simulator.inject(fault.operation(operation));
        let metrics = exporter
            .eventually(&what, |metrics| {
                failed(metrics, REGION) == collectors && metrics.sum(FAILURES, &labels) > before
            })
            .await;
        assert_eq!(figures(&metrics), expected, "{what}");
        let lines = exporter.logged(&["collectors failed", &error]);
        assert_eq!(lines.len(), number, "{what}: {lines:#?}");
        simulator.clear_faults();
        exporter.eventually("all is well", is_well).await;
    }
}

/// The exporter's AWS client, at the simulator.
async fn client(simulator: &Simulator) -> Client {
    let config = Config::default();
    let credential_source = CredentialSource::of(&config.targets[0], &config.aws);
    let endpoint = Endpoint {
        url: simulator.endpoint_url(),
        access_key_id: "AKIDTEST".to_owned(),
    };
    let timeout = config.refresh.timeout;
    let account = Account::load(&credential_source, None, Some(&endpoint), timeout).await;
    let account = account.expect("no certificates to read");
    account.client("default", REGION, &config.aws, &SelfMetrics::new())
}

/// The SDK would read such a list for ever, and keep what it reads.
#[tokio::test]
async fn a_list_without_an_end_is_a_failure() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    let client = client(&simulator).await;
    let lists: [&[u8]; 3] = [
        b"\xbf\x66Fleets\x9f",
        b"\xbf\x66Fleets\x9f\xa1\x64Name\x61a",
        b"\xbf\x66Fleets\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
    ];
    for list in lists {
        simulator.inject(Fault::foreign_answer(200, "application/cbor", list));
        let error = client.describe_fleets().await.expect_err("not a list");
        assert_eq!(error.code(), "decode", "{error}");
        assert!(error.to_string().contains("malformed CBOR"), "{error}");
        simulator.clear_faults();
    }
    let fleets = client.describe_fleets().await.expect("it works again");
    assert_eq!(fleets.value.len(), 1);
}

async fn error_of_pools(client: &Client) -> Error {
    let error = client.describe_workspaces_pools().await;
    error.expect_err("a fault is in force")
}

#[tokio::test]
async fn a_service_that_the_region_does_not_have_is_told_from_all_else() {
    let message = "The functionality you requested is not available in this region.";
    let not_found = "<html><head><title>404 Not Found</title></head></html>";
    let xml = "<?xml version=\"1.0\"?><Error><Code>NotFound</Code></Error>";
    let cases = [
        (Fault::service_absent(), "UnknownOperationException", true),
        (
            Fault::error_code(400, "UnknownOperationException", ""),
            "UnknownOperationException",
            true,
        ),
        (
            Fault::error_code(
                401,
                "OptInRequired",
                "You are not subscribed to this service",
            ),
            "OptInRequired",
            true,
        ),
        (
            Fault::error_code(400, "SubscriptionRequiredException", ""),
            "SubscriptionRequiredException",
            true,
        ),
        (
            Fault::error_code(400, "UnsupportedOperation", message),
            "UnsupportedOperation",
            true,
        ),
        (
            Fault::foreign_answer(404, "text/html", not_found),
            "decode",
            false,
        ),
        (
            Fault::foreign_answer(404, "application/xml", xml),
            "decode",
            false,
        ),
        (
            Fault::foreign_answer(403, "text/html", message),
            "decode",
            false,
        ),
        (
            Fault::foreign_answer(503, "application/xml", "<UnknownOperationException/>"),
            "decode",
            false,
        ),
        (
            Fault::foreign_answer(404, "text/plain", ""),
            "decode",
            false,
        ),
        (Fault::deny(), "AccessDeniedException", false),
        (Fault::unavailable(), "ServiceUnavailableException", false),
        (Fault::reset(), "connect", false),
        (Fault::error_code(418, "Teapot", "short"), "Teapot", false),
    ];
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    let client = client(&simulator).await;
    for (fault, code, is_absent) in cases {
        let what = format!("{fault:?}");
        let errors = async || {
            let fleets = client.describe_fleets().await;
            [
                error_of_pools(&client).await,
                fleets.expect_err("a fault is in force"),
            ]
        };
        simulator.inject(fault.region(REGION));
        for error in errors().await {
            assert_eq!(error.code(), code, "{what}: {error}");
            assert_eq!(error.is_service_absent(), is_absent, "{what}: {error}");
        }
        simulator.clear_faults();
    }
}

#[tokio::test]
async fn a_fault_of_one_service_in_one_region_leaves_the_rest_alone() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    let client = client(&simulator).await;
    simulator.inject(
        Fault::service_absent()
            .service("workspaces")
            .region("us-east-1"),
    );
    assert!(client.describe_workspaces_pools().await.is_ok());
    simulator.inject(Fault::service_absent().service("workspaces").region(REGION));
    assert!(error_of_pools(&client).await.is_service_absent());
    assert!(client.describe_fleets().await.is_ok());
}

#[tokio::test]
async fn a_refused_authentication_type_is_told_from_all_else() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    let client = client(&simulator).await;
    let (fleet, stack) = (FleetName::from("a"), StackName::from("s"));
    for (code, is_unsupported) in [
        ("InvalidParameterCombinationException", true),
        ("ValidationException", true),
        ("OperationNotPermittedException", true),
        ("AccessDeniedException", false),
        ("Teapot", false),
    ] {
        let message = "USERPOOL is not supported in this region";
        let fault = Fault::error_code(400, code, message).operation("DescribeSessions");
        simulator.inject(fault.authentication_type("USERPOOL"));
        let sessions = async |authentication_type: &'static str| {
            let authentication_type = Label::from(authentication_type);
            client
                .describe_sessions(&fleet, &stack, &authentication_type, false)
                .await
        };
        let error = sessions("USERPOOL").await.expect_err("it is refused");
        assert_eq!(error.is_unsupported_parameter(), is_unsupported, "{error}");
        assert!(!(is_unsupported && error.is_service_absent()), "{error}");
        assert!(sessions("SAML").await.is_ok(), "{code}");
        simulator.clear_faults();
    }
}
