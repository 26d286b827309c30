//! Promise: a value is the one from AWS, or it is visibly absent. For each failure: the values
//! that are kept, the values that stay fresh, the signs of the failure, and its end.

use crate::common::{
    ACCOUNT, BRISK, COLLECTORS, Exporter, Metrics, REGION, command, command_at, failed, run,
    simulator, successes,
};
use appstream_simulator::{
    Fault, Fleet, Pool, PoolSession, Region, Session, Simulator, Stack, World,
};

const A: [(&str, &str); 1] = [("fleet", "a")];
const B: [(&str, &str); 1] = [("fleet", "b")];
const LAST_SUCCESS: &str = "appstream_exporter_collector_last_success_timestamp_seconds";
const FAILURES: &str = "appstream_exporter_aws_request_failures_total";

/// Two fleets in a stack each, three sessions in `a` and one in `b`, and two pools with a session each.
fn region() -> Region {
    let mut region = Region::new();
    for (fleet, sessions) in [("a", 3), ("b", 1)] {
        let stack = format!("stack-{fleet}");
        region.put_fleet(Fleet::new(fleet).capacity(|c| c.desired(5).running(5).in_use(sessions)));
        region.put_stack(Stack::new(stack.clone()));
        region.put_association(fleet, stack.clone());
        for number in 0..sessions {
            let id = format!("{fleet}{number}");
            region.put_session(
                Session::new(id.clone(), fleet, stack.clone())
                    .saml()
                    .instance(id),
            );
        }
    }
    for (id, name) in [("wspool-aaaaaaaaa", "one"), ("wspool-bbbbbbbbb", "two")] {
        region.put_pool(Pool::new(id, name));
        region.put_pool_session(PoolSession::new(format!("of-{id}"), id));
    }
    region
}

fn add_session(simulator: &Simulator, fleet: &str) {
    simulator.update(|world| {
        let session = Session::new(format!("new-{fleet}"), fleet, format!("stack-{fleet}")).saml();
        world.region_mut(REGION).put_session(session);
    });
}

/// A simulator and an exporter that has refreshed well at least once.
async fn healthy() -> (Simulator, Exporter) {
    healthy_with(BRISK).await
}

async fn healthy_with(config: &str) -> (Simulator, Exporter) {
    let simulator = simulator(World::new(ACCOUNT).page_size(2).region(REGION, region())).await;
    let exporter = Exporter::start(&simulator, config).await;
    let metrics = exporter
        .eventually("a first refresh", |metrics| {
            !successes(metrics, REGION).is_empty()
        })
        .await;
    assert_eq!(failed(&metrics, REGION), [""; 0], "{}", exporter.log());
    assert_eq!(
        (sessions(&metrics, "a"), sessions(&metrics, "b")),
        (Some(3.0), Some(1.0))
    );
    (simulator, exporter)
}

/// Live sessions of a fleet; `None` when its series are gone.
fn sessions(metrics: &Metrics, fleet: &str) -> Option<f64> {
    metrics
        .has("appstream_sessions", &[("fleet", fleet)])
        .then(|| metrics.sum("appstream_sessions", &[("fleet", fleet)]))
}

fn last_success(metrics: &Metrics, collector: &str) -> Option<f64> {
    metrics.value(
        LAST_SUCCESS,
        &[("aws_region", REGION), ("collector", collector)],
    )
}

#[tokio::test]
async fn a_pair_that_fails_is_held_and_then_gone_while_the_other_stays_fresh() {
    let (simulator, exporter) = healthy().await;
    let fault = simulator.inject(Fault::deny().operation("DescribeSessions").fleet("a"));
    add_session(&simulator, "a");
    add_session(&simulator, "b");

    let metrics = exporter
        .eventually("a failure", |metrics| !failed(metrics, REGION).is_empty())
        .await;
    assert_eq!(failed(&metrics, REGION), ["appstream_sessions"]);
    assert_eq!(
        (sessions(&metrics, "a"), sessions(&metrics, "b")),
        (Some(3.0), Some(2.0)),
        "held, fresh"
    );
    metrics.assert("appstream_session_instances", &A, 3.0);
    let stood_at = last_success(&metrics, "appstream_sessions");
    assert!(stood_at.is_some());

    let metrics = exporter
        .eventually("the pair is too old", |metrics| {
            sessions(metrics, "a").is_none()
        })
        .await;
    for family in [
        "appstream_session_users",
        "appstream_session_instances",
        "appstream_sessions_oldest_start_timestamp_seconds",
    ] {
        metrics.assert_absent(family, &A);
    }
    metrics.assert("appstream_session_users", &B, 2.0);
    assert!(
        metrics.has("appstream_fleet_info", &A)
            && metrics.has("appstream_stack_fleet_association", &A)
    );
    assert_eq!(failed(&metrics, REGION), ["appstream_sessions"]);
    assert_eq!(
        last_success(&metrics, "appstream_sessions"),
        stood_at,
        "last success stands still"
    );
    assert!(
        last_success(&metrics, "appstream_fleets") > stood_at,
        "the others go on"
    );

    simulator.clear(fault);
    let metrics = exporter.after_refreshes(REGION, 2.0).await;
    assert_eq!(failed(&metrics, REGION), [""; 0]);
    assert_eq!(sessions(&metrics, "a"), Some(4.0));
    assert_eq!(
        exporter.logged(&["collectors failed"]).len(),
        1,
        "{}",
        exporter.log()
    );
    assert_eq!(
        exporter
            .logged(&["collectors work again", "collectors=appstream_sessions"])
            .len(),
        1
    );
}

#[tokio::test]
async fn one_authentication_type_that_fails_is_held_and_the_others_stay_fresh() {
    let (simulator, exporter) = healthy_with(&format!("{BRISK}sessions: {{economy: false}}")).await;
    simulator.inject(
        Fault::deny()
            .operation("DescribeSessions")
            .fleet("a")
            .authentication_type("AWS_AD"),
    );
    add_session(&simulator, "a");
    let metrics = exporter
        .eventually("a failure", |metrics| !failed(metrics, REGION).is_empty())
        .await;
    assert_eq!(failed(&metrics, REGION), ["appstream_sessions"]);
    let metrics = exporter
        .eventually("the new session", |metrics| {
            sessions(metrics, "a") == Some(4.0)
        })
        .await;
    assert_eq!(failed(&metrics, REGION), ["appstream_sessions"]);
    // Once one type is too old, the others stay, but do not make a count of users.
    let metrics = exporter
        .eventually("one type is too old", |metrics| {
            !metrics.has("appstream_session_users", &A)
        })
        .await;
    assert_eq!(sessions(&metrics, "a"), Some(4.0));
    metrics.assert_absent("appstream_session_instances", &A);
}

#[tokio::test]
async fn a_pool_that_fails_is_held_and_then_gone_while_the_other_stays_fresh() {
    let (simulator, exporter) = healthy().await;
    simulator.inject(
        Fault::deny()
            .operation("DescribeWorkspacesPoolSessions")
            .pool("wspool-aaaaaaaaa"),
    );
    let of = |metrics: &Metrics, name: &str| {
        metrics.value("workspaces_pool_session_users", &[("pool_name", name)])
    };
    let metrics = exporter
        .eventually("a failure", |metrics| !failed(metrics, REGION).is_empty())
        .await;
    assert_eq!(failed(&metrics, REGION), ["workspaces_pool_sessions"]);
    assert_eq!(
        (of(&metrics, "one"), of(&metrics, "two")),
        (Some(1.0), Some(1.0))
    );
    let metrics = exporter
        .eventually("the pool is too old", |metrics| {
            of(metrics, "one").is_none()
        })
        .await;
    assert_eq!(of(&metrics, "two"), Some(1.0));
    assert!(metrics.has("workspaces_pool_info", &[("pool_name", "one")]));
}

#[tokio::test]
async fn fleets_that_fail_are_held_and_sessions_go_on() {
    let (simulator, exporter) = healthy().await;
    let fault = simulator.inject(Fault::deny().operation("DescribeFleets"));
    let metrics = exporter
        .eventually("a failure", |metrics| !failed(metrics, REGION).is_empty())
        .await;
    assert_eq!(failed(&metrics, REGION), ["appstream_fleets"]);
    metrics.assert("appstream_fleet_instances_in_use", &A, 3.0);
    add_session(&simulator, "a");
    let metrics = exporter
        .eventually("fleets are too old", |metrics| {
            !metrics.has("appstream_fleet_info", &[])
        })
        .await;
    // The associations still name the fleets, so sessions stay fresh.
    assert_eq!(failed(&metrics, REGION), ["appstream_fleets"]);
    assert_eq!(sessions(&metrics, "a"), Some(4.0));
    assert!(metrics.has(
        "appstream_sessions",
        &[("fleet", "a"), ("aws_account_id", ACCOUNT)]
    ));
    simulator.clear(fault);
    let metrics = exporter.after_refreshes(REGION, 2.0).await;
    metrics.assert("appstream_fleet_instances_in_use", &A, 3.0);
    assert_eq!(failed(&metrics, REGION), [""; 0]);
}

#[tokio::test]
async fn an_association_list_that_fails_takes_its_sessions_along_only_when_it_is_too_old() {
    let (simulator, exporter) = healthy().await;
    simulator.inject(Fault::deny().operation("ListAssociatedStacks").fleet("a"));
    let metrics = exporter
        .eventually("a failure", |metrics| !failed(metrics, REGION).is_empty())
        .await;
    assert_eq!(
        failed(&metrics, REGION),
        ["appstream_stacks"],
        "sessions are read by the held pairs"
    );
    metrics.assert("appstream_stack_fleet_association", &A, 1.0);
    let metrics = exporter
        .eventually("pairs are too old", |metrics| {
            !metrics.has("appstream_stack_fleet_association", &A)
        })
        .await;
    metrics.assert("appstream_stack_fleet_association", &B, 1.0);
    metrics.assert_absent("appstream_session_instances", &A);
    let metrics = exporter
        .eventually("sessions are too old", |metrics| {
            sessions(metrics, "a").is_none()
        })
        .await;
    assert_eq!(
        failed(&metrics, REGION),
        ["appstream_sessions", "appstream_stacks"]
    );
    assert_eq!(sessions(&metrics, "b"), Some(1.0));
}

#[tokio::test]
async fn what_is_deleted_between_two_calls_is_no_failure() {
    let config = "\
refresh: {interval: 1s, timeout: 1s, max_age: 3s, topology_interval: 1h}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16}
";
    let (simulator, exporter) = healthy_with(config).await;
    // Each is gone when it is read, and only then the list that named it says so.
    simulator.inject(Fault::not_found().operation("DescribeSessions").fleet("a"));
    simulator.inject(
        Fault::not_found()
            .operation("DescribeWorkspacesPoolSessions")
            .pool("wspool-aaaaaaaaa"),
    );
    simulator.update(|world| {
        let region = world.region_mut(REGION);
        region.remove_association("a", "stack-a");
        region.remove_pool("wspool-aaaaaaaaa");
        region.remove_fleet("b");
    });
    let metrics = exporter
        .eventually("both are gone", |m| {
            sessions(m, "a").is_none() && sessions(m, "b").is_none()
        })
        .await;
    for fleet in [A, B] {
        metrics.assert_absent("appstream_stack_fleet_association", &fleet);
    }
    metrics.assert_absent("workspaces_pool_sessions", &[("pool_name", "one")]);
    let metrics = exporter.after_refreshes(REGION, 2.0).await;
    assert_eq!(failed(&metrics, REGION), [""; 0], "{}", exporter.log());
    assert!(
        exporter.logged(&["level=warn"]).is_empty(),
        "{}",
        exporter.log()
    );
}

#[tokio::test]
async fn not_found_is_a_failure_while_a_list_names_the_thing() {
    let (simulator, exporter) = healthy().await;
    simulator.inject(
        Fault::not_found()
            .operation("DescribeSessions")
            .fleet("a")
            .authentication_type("SAML"),
    );
    simulator.inject(
        Fault::not_found()
            .operation("DescribeWorkspacesPoolSessions")
            .pool("wspool-aaaaaaaaa"),
    );
    let metrics = exporter
        .eventually("a failure", |metrics| !failed(metrics, REGION).is_empty())
        .await;
    assert_eq!(
        failed(&metrics, REGION),
        ["appstream_sessions", "workspaces_pool_sessions"]
    );
    assert_eq!(sessions(&metrics, "a"), Some(3.0), "held");
    assert!(
        metrics.has("workspaces_pool_sessions", &[("pool_name", "one")]),
        "held"
    );
    let lines = exporter.logged(&["collectors failed", "ResourceNotFoundException"]);
    assert_eq!(lines.len(), 2, "{}", exporter.log());
    exporter
        .eventually("they are too old", |metrics| {
            sessions(metrics, "a").is_none()
                && !metrics.has("workspaces_pool_sessions", &[("pool_name", "one")])
        })
        .await;
}

#[tokio::test]
async fn half_a_list_never_becomes_a_count() {
    let (simulator, exporter) = healthy().await;
    simulator.update(|world| {
        let region = world.region_mut(REGION);
        for number in 0..80 {
            region.put_session(Session::new(format!("more{number}"), "a", "stack-a").saml());
        }
        for number in 0..4 {
            region.put_fleet(Fleet::new(format!("more{number}")));
        }
        region.remove_fleet("b");
    });
    let full = exporter
        .eventually("all are counted", |metrics| {
            sessions(metrics, "a") == Some(83.0)
        })
        .await;
    assert_eq!(full.family("appstream_fleet_info").count(), 5);
    for fault in [Fault::deny(), Fault::repeat_token(), Fault::endless_pages()] {
        simulator.inject(
            fault
                .clone()
                .operation("DescribeSessions")
                .fleet("a")
                .after_first_page(),
        );
        simulator.inject(fault.operation("DescribeFleets").after_first_page());
        let metrics = exporter
            .eventually("a failure", |metrics| failed(metrics, REGION).len() == 2)
            .await;
        assert_eq!(
            failed(&metrics, REGION),
            ["appstream_fleets", "appstream_sessions"]
        );
        assert_eq!(sessions(&metrics, "a"), Some(83.0));
        assert_eq!(metrics.family("appstream_fleet_info").count(), 5);
        simulator.clear_faults();
        exporter
            .eventually("all is well", |metrics| failed(metrics, REGION).is_empty())
            .await;
    }
}

#[tokio::test]
async fn every_kind_of_failure_of_appstream_is_counted_by_its_name() {
    fail_in_every_way("appstream", "DescribeFleets", "appstream_fleets").await;
}

#[tokio::test]
async fn every_kind_of_failure_of_workspaces_is_counted_by_its_name() {
    fail_in_every_way("workspaces", "DescribeWorkspacesPools", "workspaces_pools").await;
}

async fn fail_in_every_way(service: &str, operation: &str, collector: &str) {
    let cases = [
        (Fault::throttle(), "ThrottlingException"),
        (Fault::deny(), "AccessDeniedException"),
        (Fault::expired_credentials(), "ExpiredTokenException"),
        (Fault::internal_error(), "InternalFailure"),
        (Fault::unavailable(), "ServiceUnavailableException"),
        (Fault::reset(), "connect"),
        (Fault::truncate(), "connect"),
        (Fault::hang(), "timeout"),
        (Fault::stall_body(), "timeout"),
        (Fault::garbage(), "decode"),
        (Fault::truncate_cleanly(), "decode"),
        (Fault::empty(), "decode"),
    ];
    let (simulator, exporter) = healthy().await;
    for (fault, code) in cases {
        let what = format!("{fault:?}");
        simulator.inject(fault.operation(operation));
        let labels = [
            ("aws_service", service),
            ("operation", operation),
            ("error_code", code),
        ];
        let before = exporter
            .metrics()
            .await
            .value(FAILURES, &labels)
            .unwrap_or(0.0);
        let metrics = exporter
            .eventually(&what, |metrics| {
                failed(metrics, REGION) == [collector]
                    && metrics.value(FAILURES, &labels) > Some(before)
            })
            .await;
        let all = metrics.sum(
            "appstream_exporter_aws_requests_total",
            &[("operation", operation)],
        );
        let bad = metrics.sum(FAILURES, &[("operation", operation)]);
        assert!(bad < all, "{what}: {bad} of {all} requests failed");
        simulator.clear_faults();
        exporter
            .eventually("all is well", |metrics| failed(metrics, REGION).is_empty())
            .await;
    }
}

#[tokio::test]
async fn before_the_first_refresh_has_ended_only_the_exporter_itself_is_shown() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    simulator.inject(Fault::hang());
    let config = "refresh: {interval: 6s, timeout: 6s}";
    let exporter = Exporter::start(&simulator, config).await;
    let ready = exporter.get("/-/ready").await;
    assert_eq!(
        (ready.status.as_u16(), ready.text()),
        (503, "not ready: the first refresh has not ended\n")
    );
    assert_eq!(exporter.get("/-/healthy").await.status.as_u16(), 200);
    let metrics = exporter.metrics().await;
    for series in metrics.series() {
        let own = ["appstream_exporter_", "process_"]
            .iter()
            .any(|prefix| series.name.starts_with(prefix));
        assert!(own && !series.name.contains("collector"), "{series:?}");
    }
    assert!(
        exporter
            .get("/status")
            .await
            .text()
            .contains("The first refresh is running")
    );

    // It ends badly, and that is an end.
    let metrics = exporter
        .eventually("the refresh ends", |metrics| {
            !successes(metrics, REGION).is_empty()
        })
        .await;
    assert_eq!(failed(&metrics, REGION).len(), COLLECTORS);
    assert_eq!(
        metrics.family(LAST_SUCCESS).count(),
        0,
        "absent until the first success"
    );
    assert_eq!(exporter.get("/-/ready").await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_service_that_is_down_leaves_the_other_alone() {
    let (simulator, exporter) = healthy().await;
    simulator.inject(Fault::unavailable().service("workspaces"));
    let metrics = exporter
        .eventually("a failure", |metrics| !failed(metrics, REGION).is_empty())
        .await;
    assert_eq!(
        failed(&metrics, REGION),
        ["workspaces_pool_sessions", "workspaces_pools"]
    );
    assert!(metrics.has("workspaces_pool_sessions", &[]), "held");
    let metrics = exporter
        .eventually("pools are too old", |metrics| {
            !metrics.has("workspaces_pool_info", &[])
        })
        .await;
    metrics.assert_absent("workspaces_pool_sessions", &[]);
    assert_eq!(sessions(&metrics, "a"), Some(3.0));
    assert_eq!(
        failed(&metrics, REGION),
        ["workspaces_pool_sessions", "workspaces_pools"]
    );
}

#[tokio::test]
async fn a_region_that_is_down_leaves_the_other_alone() {
    let world = World::new(ACCOUNT)
        .region("eu-west-1", region())
        .region("us-east-1", region());
    let simulator = simulator(world).await;
    let often = "images: {interval: 1s}\naccount: {interval: 1s}\nquotas: {interval: 1s}\n";
    let regions = "targets: [{name: default, regions: [eu-west-1, us-east-1]}]";
    let config = format!("{BRISK}{often}{regions}");
    let exporter = Exporter::start(&simulator, &config).await;
    exporter
        .eventually("both regions", |m| {
            successes(m, "us-east-1").len() == COLLECTORS
                && successes(m, "eu-west-1").len() == COLLECTORS
        })
        .await;
    simulator.inject(Fault::hang().region("us-east-1"));
    let gone = |metrics: &Metrics| {
        !metrics.has("appstream_sessions", &[("aws_region", "us-east-1")])
            && failed(metrics, "us-east-1").len() == COLLECTORS
    };
    let metrics = exporter.eventually("the region is too old", gone).await;
    for family in [
        "appstream_fleet_info",
        "appstream_stack_info",
        "workspaces_pool_info",
    ] {
        metrics.assert_absent(family, &[("aws_region", "us-east-1")]);
        assert!(
            metrics.has(family, &[("aws_region", "eu-west-1")]),
            "{family}"
        );
    }
    assert_eq!(failed(&metrics, "eu-west-1"), [""; 0]);
    let skipped = [("aws_region", "eu-west-1")];
    metrics.assert("appstream_exporter_refreshes_skipped_total", &skipped, 0.0);
    // A refresh that takes the whole interval is late for the next tick.
    exporter
        .eventually("a skipped refresh", |metrics| {
            let skipped = [("aws_region", "us-east-1")];
            metrics.sum("appstream_exporter_refreshes_skipped_total", &skipped) > 0.0
        })
        .await;
    simulator.clear_faults();
    exporter
        .eventually("all is well", |metrics| {
            failed(metrics, "us-east-1").is_empty()
        })
        .await;
}

#[tokio::test]
async fn no_credentials_are_a_failed_refresh_said_once() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    let mut bare = command();
    bare.env("AWS_ENDPOINT_URL", simulator.endpoint_url())
        .env("AWS_REGION", REGION);
    let exporter = Exporter::start_with(bare, BRISK).await;
    let metrics = exporter
        .eventually("a failed refresh", |metrics| {
            failed(metrics, REGION).len() == COLLECTORS
        })
        .await;
    assert_eq!(
        metrics
            .family("appstream_exporter_aws_requests_total")
            .count(),
        0,
        "nothing was sent"
    );
    assert_eq!(metrics.family(FAILURES).count(), 0);
    exporter.after_refreshes(REGION, 3.0).await;
    let lines = exporter.logged(&["collectors failed"]);
    assert_eq!(lines.len(), 1, "{}", exporter.log());
    let all = "appstream_fleets,appstream_stacks,appstream_sessions,appstream_builders,appstream_images,\
        appstream_account,workspaces_pools,workspaces_pool_sessions,scaling,quotas";
    for text in ["no AWS credentials", "AWS_ACCESS_KEY_ID", all] {
        assert!(lines[0].contains(text), "{lines:?}");
    }
    assert!(simulator.calls().is_empty());
}

#[tokio::test]
async fn no_secret_is_ever_shown() {
    let (simulator, exporter) = healthy().await;
    let message = "canonical request was x-amz-security-token:TOKEN";
    simulator.inject(Fault::error_code(403, "InvalidSignatureException", message));
    exporter
        .eventually("a failure", |metrics| failed(metrics, REGION).len() >= 3)
        .await;
    let everything = [
        exporter.log(),
        exporter.get("/status").await.text().to_owned(),
        exporter.metrics().await.text().to_owned(),
    ];
    for text in everything {
        assert!(
            !text.contains("secret-key-of-the-test") && !text.contains("TOKEN"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn more_work_than_time_starves_nobody() {
    let mut region = Region::new();
    for number in 0..20 {
        let (fleet, stack) = (format!("fleet-{number:02}"), format!("stack-{number:02}"));
        region.put_fleet(Fleet::new(fleet.clone()));
        region.put_stack(Stack::new(stack.clone()));
        region.put_association(fleet.clone(), stack.clone());
        region.put_session(Session::new(fleet.clone(), fleet, stack).saml());
    }
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region)).await;
    // 102 calls are needed, and 32 of them fit into a refresh.
    let config = "\
refresh: {interval: 1s, timeout: 800ms, max_age: 1h}
sessions: {economy: false}
aws: {requests_per_second: 40, burst: 1}
collectors: {workspaces_pools: false, workspaces_pool_sessions: false}
";
    let exporter = Exporter::start(&simulator, config).await;
    let metrics = exporter
        .eventually("all pairs are read", |metrics| {
            metrics.sum("appstream_sessions", &[]) == 20.0
        })
        .await;
    let service = [("aws_service", "appstream")];
    metrics.assert("appstream_exporter_refresh_calls_needed", &service, 105.0);
    metrics.assert("appstream_exporter_refresh_calls_budget", &service, 32.0);
    assert!(metrics.sum("appstream_exporter_aws_rate_limit_wait_seconds_total", &[]) > 0.0);
    // None of them is older than it may be, so waiting for the next turn is no failure.
    let metrics = exporter.after_refreshes(REGION, 3.0).await;
    assert_eq!(failed(&metrics, REGION), [""; 0], "{}", exporter.log());
    let warnings = exporter.logged(&["level=warn", "ran out of time"]);
    assert_eq!(warnings.len(), 1, "{}", exporter.log());
    for text in [
        "aws_service=appstream",
        "calls_budget=32",
        "set refresh.interval: 10s and refresh.timeout: 10s; or set aws.requests_per_second: ",
    ] {
        assert!(warnings[0].contains(text), "{warnings:?}");
    }
}

#[tokio::test]
async fn what_is_deleted_goes_at_once_even_while_its_list_fails() {
    // Three fleets in one stack.
    let mut region = region()
        .fleet(Fleet::new("c"))
        .fleet(Fleet::new("d"))
        .associate("c", "stack-a")
        .associate("d", "stack-a");
    region.put_session(Session::new("c0", "c", "stack-a").saml().instance("c0"));
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region)).await;
    let exporter = Exporter::start(&simulator, BRISK).await;
    let first = exporter
        .eventually("a refresh", |metrics| sessions(metrics, "c").is_some())
        .await;
    first.assert("appstream_session_instances", &[("fleet", "c")], 1.0);

    for fleet in ["c", "d"] {
        simulator.inject(Fault::deny().operation("ListAssociatedStacks").fleet(fleet));
    }
    exporter
        .eventually("a failure", |metrics| {
            failed(metrics, REGION) == ["appstream_stacks"]
        })
        .await;
    simulator.update(|world| {
        world.region_mut(REGION).remove_fleet("c");
    });
    let gone = |metrics: &Metrics| !metrics.has("appstream_fleet_info", &[("fleet", "c")]);
    let metrics = exporter.eventually("the fleet is gone", gone).await;
    for family in [
        "appstream_sessions",
        "appstream_session_instances",
        "appstream_stack_fleet_association",
    ] {
        metrics.assert_absent(family, &[("fleet", "c")]);
        assert!(metrics.has(family, &A), "the others stay: {family}");
    }

    // A stack that is gone has the fleets that it was associated with listed at once.
    simulator.update(|world| {
        world.region_mut(REGION).remove_stack("stack-b");
    });
    let gone = |metrics: &Metrics| !metrics.has("appstream_stack_info", &[("stack", "stack-b")]);
    exporter.eventually("the stack is gone", gone).await;
    let gone = |metrics: &Metrics| {
        let stack = [("stack", "stack-b")];
        !metrics.has("appstream_stack_fleet_association", &stack)
            && !metrics.has("appstream_sessions", &stack)
    };
    exporter.eventually("its sessions are gone", gone).await;
}

#[tokio::test]
async fn sessions_that_are_gone_leave_no_number_of_instances() {
    let (simulator, exporter) = healthy().await;
    simulator.inject(Fault::not_found().operation("DescribeSessions").fleet("a"));
    let metrics = exporter
        .eventually("they are gone", |metrics| sessions(metrics, "a").is_none())
        .await;
    metrics.assert_absent("appstream_session_instances", &A);
    metrics.assert("appstream_session_instances", &B, 1.0);
}

#[tokio::test]
async fn each_collector_has_a_date_of_its_own() {
    let (simulator, exporter) = healthy().await;
    simulator.inject(Fault::hang().operation("DescribeSessions"));
    let metrics = exporter
        .eventually("a failure", |metrics| !failed(metrics, REGION).is_empty())
        .await;
    let (fleets, pools) = (
        last_success(&metrics, "appstream_fleets"),
        last_success(&metrics, "workspaces_pools"),
    );
    let metrics = exporter.after_refreshes(REGION, 2.0).await;
    let again = last_success(&metrics, "appstream_fleets");
    assert!(again > fleets && last_success(&metrics, "workspaces_pools") > pools);
    // The refresh ends a second after the fleets were read, and their date is not the refresh's.
    let took = [("aws_region", REGION), ("collector", "appstream_sessions")];
    let took = metrics
        .value("appstream_exporter_collector_duration_seconds", &took)
        .unwrap();
    assert!(took > 0.5, "the sessions took the whole refresh: {took}");
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs_f64();
    assert!(now - again.unwrap() > took * 0.9, "{now} {again:?} {took}");
}

#[tokio::test]
async fn different_denials_are_told_apart_in_the_log() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    for operation in [
        "DescribeFleets",
        "DescribeStacks",
        "DescribeWorkspacesPools",
    ] {
        simulator.inject(Fault::deny().operation(operation));
    }
    let exporter = Exporter::start(&simulator, BRISK).await;
    exporter.after_refreshes(REGION, 3.0).await;
    let lines = exporter.logged(&["collectors failed"]);
    assert_eq!(lines.len(), 3, "{}", exporter.log());
    for (operation, collectors) in [
        (
            "DescribeFleets",
            "appstream_fleets,appstream_sessions,appstream_images,scaling",
        ),
        ("DescribeStacks", "appstream_stacks"),
        (
            "DescribeWorkspacesPools",
            "workspaces_pools,workspaces_pool_sessions",
        ),
    ] {
        let line = lines
            .iter()
            .find(|line| line.contains(&format!("{operation}:")))
            .expect("each has a line");
        assert!(
            line.contains(&format!("collectors={collectors} ")),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_host_without_ca_certificates_is_told_so_once() {
    let mut command = command_at("https://127.0.0.1:1");
    command
        .args(["--once", "--log.level", "warn"])
        .env("SSL_CERT_FILE", "/nonexistent")
        .env("SSL_CERT_DIR", "/nonexistent");
    let output = run(command).await;
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{log}");
    let lines: Vec<_> = log.lines().collect();
    let [certificates, collectors, end] = lines[..] else {
        panic!("three lines: {log}");
    };
    assert!(
        certificates.contains("no CA certificates on this host"),
        "{log}"
    );
    assert!(collectors.contains("code=connect"), "{log}");
    assert_eq!(end, "appstream-exporter: a collector failed");
}
