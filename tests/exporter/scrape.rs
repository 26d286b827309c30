//! Promise: what AWS says is what a scrape shows, over every kind of account.

use std::collections::BTreeSet;
use std::io::Read as _;

use crate::common::{
    ACCOUNT, BRISK, Exporter, REGION, UNLIMITED, command_at, failed, once, simulator, successes,
};
use appstream_simulator::{Fault, Fleet, Pool, PoolSession, Region, Session, Stack, World};
use hyper::StatusCode;

/// A fleet in a stack, with this number of sessions of one type.
fn fleet_with_sessions(sessions: usize) -> Region {
    let mut region = Region::new()
        .fleet(Fleet::new("fleet"))
        .stack(Stack::new("stack"))
        .associate("fleet", "stack");
    for number in 0..sessions {
        let session = Session::new(format!("s{number}"), "fleet", "stack")
            .saml()
            .instance(format!("i{number}"));
        region.put_session(session);
    }
    region
}

fn world(region: Region) -> World {
    World::new(ACCOUNT).region(REGION, region)
}

const PAIR: [(&str, &str); 2] = [("fleet", "fleet"), ("stack", "stack")];

#[tokio::test]
async fn long_lists_are_read_to_their_end() {
    for sessions in [0, 1, 50, 51, 230] {
        let simulator = simulator(world(fleet_with_sessions(sessions))).await;
        let (output, metrics) = once(&simulator, UNLIMITED).await;
        assert!(output.status.success());
        let expected = sessions as f64;
        assert_eq!(metrics.sum("appstream_sessions", &PAIR), expected);
        let saml = [
            ("authentication_type", "SAML"),
            ("state", "ACTIVE"),
            ("connection_state", "CONNECTED"),
        ];
        metrics.assert("appstream_sessions", &saml, expected);
        metrics.assert("appstream_session_users", &PAIR, expected);
        metrics.assert(
            "appstream_session_instances",
            &[("fleet", "fleet")],
            expected,
        );
        let pages = sessions.div_ceil(50).max(1);
        assert_eq!(
            simulator.count("DescribeSessions"),
            3 + pages,
            "{sessions} sessions"
        );
    }
}

#[tokio::test]
async fn all_fleets_and_pools_are_found_over_pages() {
    let mut region = Region::new();
    for number in 0..45 {
        region.put_fleet(Fleet::new(format!("fleet-{number}")));
        region.put_stack(Stack::new(format!("stack-{number}")));
        region.put_association(format!("fleet-{number}"), format!("stack-{number}"));
        let id = format!("wspool-{number:09}");
        region.put_pool(Pool::new(id.clone(), format!("pool {number}")));
        region.put_pool_session(PoolSession::new(format!("p{number}"), id));
    }
    let simulator = simulator(world(region)).await;
    // Some 230 calls take longer than a second where the machine has more to do.
    let everything = "refresh: {interval: 60s}\naws: {requests_per_second: 10000, burst: 1000}\nsessions: {economy: false}\n";
    let (_, metrics) = once(&simulator, everything).await;
    for family in [
        "appstream_fleet_info",
        "appstream_stack_info",
        "appstream_stack_fleet_association",
    ] {
        assert_eq!(metrics.family(family).count(), 45, "{family}");
    }
    assert_eq!(metrics.family("workspaces_pool_info").count(), 45);
    assert_eq!(metrics.sum("workspaces_pool_sessions", &[]), 45.0);
    assert_eq!(metrics.family("appstream_sessions").count(), 45 * 24);
    metrics.assert(
        "appstream_exporter_refresh_calls_needed",
        &[("aws_service", "appstream")],
        // Image builders, app block builders, images, directory configs, usage reports.
        (3.0_f64 + 3.0 + 45.0 + 45.0 * 4.0 + (1.0 + 1.0) + 3.0 / 3600.0).ceil(),
    );
    metrics.assert(
        "appstream_exporter_refresh_calls_needed",
        &[("aws_service", "workspaces")],
        2.0 + 45.0,
    );
    for (service, calls) in [("appstream", 236.0), ("workspaces", 47.0)] {
        let requests = metrics.sum(
            "appstream_exporter_aws_requests_total",
            &[("aws_service", service)],
        );
        assert_eq!(requests, calls, "each call was made once");
    }
}

#[tokio::test]
async fn associations_are_read_by_fleet() {
    for (fleets, stacks) in [(1, 3), (3, 1)] {
        let mut region = Region::new();
        for fleet in 0..fleets {
            region.put_fleet(Fleet::new(format!("f{fleet}")));
            for stack in 0..stacks {
                region.put_stack(Stack::new(format!("s{stack}")));
                region.put_association(format!("f{fleet}"), format!("s{stack}"));
            }
        }
        let simulator = simulator(world(region)).await;
        let (_, metrics) = once(&simulator, UNLIMITED).await;
        assert_eq!(simulator.count("ListAssociatedStacks"), fleets);
        let count = |family: &str| metrics.family(family).count();
        assert_eq!(count("appstream_stack_fleet_association"), 3);
        assert_eq!(count("appstream_session_instances"), fleets);
    }
}

#[tokio::test]
async fn only_the_configured_authentication_types_are_asked_for() {
    let simulator = simulator(world(fleet_with_sessions(3))).await;
    let (_, metrics) = once(
        &simulator,
        "sessions: {authentication_types: [AWS_AD, SAML]}",
    )
    .await;
    let mut asked: Vec<_> = simulator
        .calls()
        .into_iter()
        .filter_map(|call| call.parameters.authentication_type)
        .collect();
    asked.sort();
    assert_eq!(asked, ["AWS_AD", "SAML"]);
    // Only the type that the pair has sessions of is shown.
    assert_eq!(metrics.family("appstream_sessions").count(), 3 * 2);
    assert_eq!(metrics.sum("appstream_sessions", &PAIR), 3.0);
}

#[tokio::test]
async fn the_largest_pages_are_asked_for() {
    let region = fleet_with_sessions(1).pool(Pool::new("wspool-aaaaaaaaa", "pool"));
    let simulator = simulator(world(region)).await;
    once(&simulator, UNLIMITED).await;
    let calls = simulator.calls();
    let asked: BTreeSet<_> = calls
        .iter()
        .map(|call| (call.operation.as_str(), call.parameters.limit))
        .collect();
    let expected = [
        ("DescribeAppBlockBuilders", None),
        ("DescribeDirectoryConfigs", None),
        ("DescribeFleets", None),
        ("DescribeImageBuilders", None),
        ("DescribeImages", None),
        ("DescribeScalableTargets", None),
        ("DescribeScalingActivities", None),
        ("DescribeScalingPolicies", None),
        ("DescribeScheduledActions", None),
        ("DescribeSessions", Some(50)),
        ("DescribeStacks", None),
        ("DescribeUsageReportSubscriptions", None),
        ("DescribeWorkspacesPoolSessions", Some(50)),
        ("DescribeWorkspacesPools", Some(25)),
        ("ListAWSDefaultServiceQuotas", None),
        ("ListAssociatedStacks", None),
        ("ListServiceQuotas", None),
    ];
    assert_eq!(asked, BTreeSet::from(expected));
}

#[tokio::test]
async fn collectors_that_are_off_ask_nothing_and_show_nothing() {
    let cases: [(&str, &[&str], &[&str]); 7] = [
        (
            "{appstream_fleets: false, appstream_stacks: false, appstream_sessions: false, appstream_builders: false, appstream_images: false, appstream_account: false, scaling: false, quotas: false}",
            &["DescribeWorkspacesPoolSessions", "DescribeWorkspacesPools"],
            &["workspaces_pools", "workspaces_pool_sessions"],
        ),
        (
            "{workspaces_pools: false, workspaces_pool_sessions: false, appstream_stacks: false, appstream_builders: false, appstream_images: false, appstream_account: false, scaling: false, quotas: false}",
            &["DescribeFleets", "DescribeSessions", "ListAssociatedStacks"],
            &["appstream_fleets", "appstream_sessions"],
        ),
        (
            "{workspaces_pools: false, appstream_fleets: false, appstream_sessions: false, appstream_builders: false, appstream_images: false, appstream_account: false, scaling: false, quotas: false}",
            &[
                "DescribeFleets",
                "DescribeStacks",
                "DescribeWorkspacesPoolSessions",
                "DescribeWorkspacesPools",
                "ListAssociatedStacks",
            ],
            &["appstream_stacks", "workspaces_pool_sessions"],
        ),
        (
            "{workspaces_pools: false, workspaces_pool_sessions: false, appstream_fleets: false, appstream_stacks: false, appstream_builders: false, appstream_images: false, appstream_account: false, scaling: false, quotas: false}",
            &["DescribeFleets", "DescribeSessions", "ListAssociatedStacks"],
            &["appstream_sessions"],
        ),
        (
            "{appstream_fleets: false, appstream_stacks: false, appstream_sessions: false, appstream_images: false, appstream_account: false, workspaces_pools: false, workspaces_pool_sessions: false, scaling: false, quotas: false}",
            &["DescribeAppBlockBuilders", "DescribeImageBuilders"],
            &["appstream_builders"],
        ),
        (
            "{appstream_fleets: false, appstream_stacks: false, appstream_sessions: false, appstream_builders: false, appstream_account: false, workspaces_pools: false, workspaces_pool_sessions: false, scaling: false, quotas: false}",
            &["DescribeFleets", "DescribeImages"],
            &["appstream_images"],
        ),
        (
            "{appstream_fleets: false, appstream_stacks: false, appstream_sessions: false, appstream_builders: false, appstream_images: false, workspaces_pools: false, workspaces_pool_sessions: false, scaling: false, quotas: false}",
            &[
                "DescribeDirectoryConfigs",
                "DescribeUsageReportSubscriptions",
            ],
            &["appstream_account"],
        ),
    ];
    for (collectors, operations, shown) in cases {
        let region = fleet_with_sessions(2).pool(Pool::new("wspool-aaaaaaaaa", "pool"));
        let simulator = simulator(world(region)).await;
        let (output, metrics) = once(&simulator, &format!("collectors: {collectors}")).await;
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let asked: std::collections::BTreeSet<_> = simulator
            .calls()
            .into_iter()
            .map(|call| call.operation)
            .collect();
        assert_eq!(
            asked.into_iter().collect::<Vec<_>>(),
            operations,
            "{collectors}"
        );
        let statuses: Vec<_> = metrics
            .family("appstream_exporter_collector_success")
            .map(|series| series.label("collector"))
            .collect();
        assert_eq!(statuses, shown, "{collectors}");
        let has = |family| metrics.has(family, &[]);
        assert_eq!(
            has("appstream_fleet_info"),
            shown.contains(&"appstream_fleets")
        );
        assert_eq!(
            has("appstream_stack_info"),
            shown.contains(&"appstream_stacks")
        );
        assert_eq!(
            has("appstream_stack_fleet_association"),
            shown.contains(&"appstream_stacks")
        );
        assert_eq!(
            has("appstream_sessions"),
            shown.contains(&"appstream_sessions")
        );
        assert_eq!(
            has("appstream_session_instances"),
            shown.contains(&"appstream_sessions")
        );
        assert_eq!(
            has("workspaces_pool_info"),
            shown.contains(&"workspaces_pools")
        );
        assert_eq!(
            has("workspaces_pool_sessions"),
            shown.contains(&"workspaces_pool_sessions")
        );
    }
}

#[tokio::test]
async fn numbers_that_aws_leaves_out_have_no_series() {
    let region = Region::new()
        .fleet(Fleet::new("bare").with(|fleet| {
            fleet.capacity = None;
            fleet.max_user_duration_seconds = None;
            fleet.state = None;
        }))
        .pool(Pool::new("wspool-aaaaaaaaa", "half").with(|pool| {
            let capacity = pool.capacity.as_mut().expect("it has one");
            capacity.desired_user_sessions = None;
            capacity.active_user_sessions = None;
            pool.created_at = None;
        }));
    let simulator = simulator(world(region)).await;
    let (_, metrics) = once(&simulator, UNLIMITED).await;
    for family in [
        "appstream_fleet_instances_desired",
        "appstream_fleet_state",
        "appstream_fleet_max_user_duration_seconds",
        "workspaces_pool_user_sessions_desired",
        "workspaces_pool_user_sessions_active",
        "workspaces_pool_created_timestamp_seconds",
    ] {
        metrics.assert_absent(family, &[]);
    }
    metrics.assert("workspaces_pool_user_sessions_actual", &[], 1.0);
    metrics.assert("appstream_fleet_info", &[("fleet", "bare")], 1.0);
}

#[tokio::test]
async fn regions_of_one_account_stand_side_by_side() {
    let world = World::new(ACCOUNT)
        .region("eu-west-1", fleet_with_sessions(1))
        .region("us-east-1", fleet_with_sessions(2));
    let simulator = simulator(world).await;
    let config = "targets: [{name: prod, regions: [us-east-1, eu-west-1]}]";
    let (output, metrics) = once(&simulator, config).await;
    assert!(output.status.success());
    for (region, sessions) in [("eu-west-1", 1.0), ("us-east-1", 2.0)] {
        let labels = [("aws_region", region), ("aws_account_id", ACCOUNT)];
        assert_eq!(metrics.sum("appstream_sessions", &labels), sessions);
        let labels = [
            ("aws_region", region),
            ("target", "prod"),
            ("collector", "appstream_sessions"),
        ];
        metrics.assert("appstream_exporter_collector_success", &labels, 1.0);
    }
    assert!(
        simulator
            .calls()
            .iter()
            .all(|call| call.access_key_id == "AKIDTEST")
    );
}

#[tokio::test]
async fn changes_in_the_account_show_in_the_next_refresh() {
    let simulator = simulator(world(fleet_with_sessions(2))).await;
    let exporter = Exporter::start(&simulator, BRISK).await;
    exporter
        .eventually("two sessions", |metrics| {
            metrics.sum("appstream_sessions", &PAIR) == 2.0
        })
        .await;
    simulator.update(|world| {
        let region = world.region_mut(REGION);
        region.remove_session("s0");
        region.put_fleet(Fleet::new("new"));
    });
    let metrics = exporter
        .eventually("the new fleet", |metrics| {
            metrics.has("appstream_fleet_info", &[("fleet", "new")])
        })
        .await;
    assert_eq!(metrics.sum("appstream_sessions", &PAIR), 1.0);
    simulator.update(|world| {
        world.region_mut(REGION).remove_fleet("fleet");
    });
    let metrics = exporter
        .eventually("no fleet", |metrics| {
            !metrics.has("appstream_fleet_info", &[("fleet", "fleet")])
        })
        .await;
    metrics.assert_absent("appstream_sessions", &[("fleet", "fleet")]);
    metrics.assert_absent("appstream_stack_fleet_association", &[("fleet", "fleet")]);
    metrics.assert_absent("appstream_session_instances", &[("fleet", "fleet")]);
    assert_eq!(failed(&metrics, REGION), [""; 0]);
}

#[tokio::test]
async fn the_server_answers_as_http_expects() {
    let simulator = simulator(world(fleet_with_sessions(1))).await;
    let exporter = Exporter::start(&simulator, BRISK).await;
    exporter
        .eventually("a refresh", |metrics| {
            !successes(metrics, REGION).is_empty()
        })
        .await;

    let cases = [
        ("GET", "/metrics", 200),
        ("GET", "/metrics?x=1", 200),
        ("GET", "/-/healthy", 200),
        ("GET", "/-/ready", 200),
        ("GET", "/", 200),
        ("HEAD", "/metrics", 200),
        ("HEAD", "/", 200),
        ("HEAD", "/status", 200),
        ("POST", "/metrics", 405),
        ("DELETE", "/-/healthy", 405),
        ("GET", "/metrics/", 404),
        ("GET", "/etc/passwd", 404),
        ("POST", "/nowhere", 404),
        ("GET", "/../metrics", 404),
    ];
    for (method, path, status) in cases {
        let answer = exporter.request(method, path, &[]).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        assert_eq!(answer.body.is_empty(), method == "HEAD", "{method} {path}");
        assert_eq!(
            answer.header("allow"),
            (status == 405).then_some("GET, HEAD"),
            "{method} {path}"
        );
    }
    let head = exporter.request("HEAD", "/-/ready", &[]).await;
    assert_eq!(head.header("content-length"), Some("6"));

    let metrics = exporter.metrics().await;
    let count = |handler, code| {
        metrics.value(
            "appstream_exporter_http_requests_total",
            &[("handler", handler), ("code", code)],
        )
    };
    assert_eq!(count("/metrics", "405"), Some(1.0));
    assert_eq!(count("unknown", "404"), Some(4.0));
    assert_eq!(count("/", "200"), Some(2.0));
    assert!(
        !metrics.text().contains("passwd"),
        "a client's path must not become a label"
    );
}

#[tokio::test]
async fn gzip_holds_the_same_text() {
    let simulator = simulator(world(fleet_with_sessions(60))).await;
    let exporter = Exporter::start(&simulator, "refresh: {interval: 1h}").await;
    exporter
        .eventually("a refresh", |metrics| {
            !successes(metrics, REGION).is_empty()
        })
        .await;
    for _ in 0..2 {
        let plain = exporter.get("/metrics").await;
        let packed = exporter
            .request(
                "GET",
                "/metrics",
                &[("accept-encoding", "deflate, gzip;q=0.9")],
            )
            .await;
        assert_eq!(plain.header("content-encoding"), None);
        assert_eq!(
            plain.header("content-type"),
            Some("text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
        );
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        assert_eq!(packed.header("vary"), Some("Accept, Accept-Encoding"));
        assert!(packed.body.len() * 4 < plain.body.len());
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*packed.body)
            .read_to_string(&mut text)
            .unwrap();
        let aws = |text: &str| {
            text.split("# HELP appstream_exporter_aws_")
                .next()
                .unwrap()
                .to_owned()
        };
        assert_eq!(aws(&text), aws(plain.text()));
        assert!(text.contains("process_start_time_seconds") || !cfg!(target_os = "linux"));
    }
}

#[tokio::test]
async fn the_landing_page_escapes_what_comes_from_elsewhere() {
    let region = fleet_with_sessions(1)
        .fleet(Fleet::new("<script>alert(1)</script>"))
        .associate("<script>alert(1)</script>", "stack");
    let simulator = simulator(world(region)).await;
    simulator.inject(
        Fault::deny()
            .operation("DescribeSessions")
            .fleet("<script>alert(1)</script>"),
    );
    let config = format!("{BRISK}targets: [{{name: \"<b>&\", regions: [{REGION}]}}]");
    let exporter = Exporter::start(&simulator, &config).await;
    exporter
        .eventually("a refresh", |metrics| {
            !successes(metrics, REGION).is_empty()
        })
        .await;
    let page = exporter.get("/status").await;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .starts_with("default-src 'none'")
    );
    let html = page.text();
    assert!(html.contains("&lt;b&gt;&amp;</h2>"));
    assert!(
        html.contains("&lt;script&gt;"),
        "the failure is shown: {html}"
    );
    assert_eq!(html.matches("<script").count(), 1, "its own: {html}");
    assert!(
        !html.contains("<script>alert") && !html.contains("<b>"),
        "{html}"
    );
    for text in [
        "appstream-exporter",
        env!("CARGO_PKG_VERSION"),
        "href=\"/metrics\"",
        "appstream_sessions",
        "failed",
        "success",
    ] {
        assert!(html.contains(text), "{text}");
    }
}

#[tokio::test]
async fn several_addresses_and_another_path() {
    let simulator = simulator(world(fleet_with_sessions(1))).await;
    let mut command = command_at(&simulator.endpoint_url());
    command.args([
        "--web.listen-address",
        "[::1]:0",
        "--web.telemetry-path",
        "/prometheus/m",
    ]);
    let exporter = Exporter::start_with(command, BRISK).await;
    exporter
        .until("both addresses", async |exporter| {
            exporter.addresses().len() == 2
        })
        .await;
    for address in exporter.addresses() {
        let answer = crate::common::request(&address, "GET", "/prometheus/m", &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}");
    }
    assert_eq!(exporter.get("/metrics").await.status, StatusCode::NOT_FOUND);
    assert!(
        exporter
            .get("/")
            .await
            .text()
            .contains("href=\"/prometheus/m\"")
    );
}
