//! Promise: an answer is believed only as far as it goes. A refusal is about one
//! authentication type or one service; the rest stays exact.

use std::sync::atomic::AtomicU64;

use crate::common::{ACCOUNT, BRISK, Exporter, REGION, failed, simulator};
use crate::paused::{self, BEGIN, moment, pass};
use appstream_simulator::{Fault, Fleet, Pool, Region, Session, Stack, World};

const A: [(&str, &str); 1] = [("fleet", "a")];
const ASKS_AGAIN: &str = "sessions: {recheck_interval: 5m}\n";

/// Fleet `a` in stack `s` with two SAML sessions and one by a streaming URL.
fn region() -> Region {
    Region::new()
        .fleet(Fleet::new("a").capacity(|c| c.desired(5).running(5).in_use(3)))
        .stack(Stack::new("s"))
        .associate("a", "s")
        .session(Session::new("1", "a", "s").saml().instance("i-1"))
        .session(Session::new("2", "a", "s").saml().instance("i-2"))
        .session(Session::new("3", "a", "s").instance("i-3"))
        .pool(Pool::new("wspool-aaaaaaaaa", "pool"))
}

#[tokio::test]
async fn an_authentication_type_that_aws_refuses_is_left_out_alone() {
    for code in [
        "InvalidParameterCombinationException",
        "ValidationException",
        "OperationNotPermittedException",
    ] {
        let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
        for kind in ["USERPOOL", "AWS_AD"] {
            let refusal = Fault::error_code(400, code, "not here").operation("DescribeSessions");
            simulator.inject(refusal.authentication_type(kind));
        }
        let exporter = Exporter::start(&simulator, &format!("{BRISK}{ASKS_AGAIN}")).await;
        let metrics = exporter.after_refreshes(REGION, 3.0).await;
        assert_eq!(
            failed(&metrics, REGION),
            [""; 0],
            "{code}: {}",
            exporter.log()
        );
        for (kind, count) in [("SAML", 2.0), ("API", 1.0)] {
            let kind = [("fleet", "a"), ("authentication_type", kind)];
            assert_eq!(metrics.sum("appstream_sessions", &kind), count);
        }
        metrics.assert("appstream_session_users", &A, 3.0);
        metrics.assert("appstream_session_instances", &A, 3.0);
        let refused = [("authentication_type", "USERPOOL")];
        metrics.assert_absent("appstream_sessions", &refused);

        let calls = simulator.calls();
        let of = |kind: &str| {
            let kinds = calls
                .iter()
                .map(|call| &call.parameters.authentication_type);
            kinds.filter(|other| other.as_deref() == Some(kind)).count()
        };
        assert_eq!((of("USERPOOL"), of("AWS_AD")), (1, 1), "asked for once");
        let said = exporter.logged(&["USERPOOL", "sessions.authentication_types"]);
        assert_eq!(said.len(), 1, "{}", exporter.log());
        let status = exporter.get("/api/v1/status").await;
        let status: serde_json::Value = serde_json::from_slice(&status.body).expect("JSON");
        let sessions = &status["targets"][0]["regions"][0]["collectors"][2];
        let answer = sessions["unsupported"]["USERPOOL"].as_str();
        assert!(answer.is_some_and(|text| text.contains(code)), "{sessions}");
        let page = exporter.get("/status").await;
        let is_shown = page.text().contains("Not supported here: <bdi>USERPOOL");
        assert!(is_shown, "{}", page.text());
    }
}

#[tokio::test]
async fn a_type_that_fails_in_another_way_fails_the_collector() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    let fault = Fault::error_code(400, "SomethingNewException", "no");
    simulator.inject(fault.authentication_type("USERPOOL"));
    let exporter = Exporter::start(&simulator, BRISK).await;
    let metrics = exporter.after_refreshes(REGION, 2.0).await;
    assert_eq!(failed(&metrics, REGION), ["appstream_sessions"]);
    assert_eq!(metrics.sum("appstream_sessions", &A), 3.0);
    metrics.assert_absent("appstream_session_users", &A);
    metrics.assert_absent("appstream_session_instances", &A);
}

#[tokio::test]
async fn a_pair_of_which_every_type_is_refused_fails() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    let refusal = Fault::error_code(400, "ValidationException", "no");
    simulator.inject(refusal.operation("DescribeSessions"));
    let exporter = Exporter::start(&simulator, BRISK).await;
    let metrics = exporter.after_refreshes(REGION, 2.0).await;
    assert_eq!(failed(&metrics, REGION), ["appstream_sessions"]);
    for family in [
        "appstream_sessions",
        "appstream_session_users",
        "appstream_session_instances",
    ] {
        metrics.assert_absent(family, &A);
    }
}

#[tokio::test]
async fn a_pair_lives_as_long_as_its_association() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    let exporter = Exporter::start(&simulator, BRISK).await;
    exporter.after_refreshes(REGION, 2.0).await;
    // AWS still lists the association, but no longer describes the stack.
    simulator.inject(Fault::without_item("s").operation("DescribeStacks"));
    exporter
        .eventually("no stack", |metrics| {
            !metrics.has("appstream_stack_info", &[("stack", "s")])
        })
        .await;
    let metrics = exporter.after_refreshes(REGION, 5.0).await;
    assert_eq!(metrics.sum("appstream_sessions", &A), 3.0);
    metrics.assert("appstream_session_instances", &A, 3.0);
    assert_eq!(failed(&metrics, REGION), [""; 0]);
}

#[tokio::test]
async fn people_in_a_stack_that_is_disassociated_are_not_counted_as_none() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    let exporter = Exporter::start(&simulator, BRISK).await;
    exporter.after_refreshes(REGION, 2.0).await;
    simulator.update(|world| world.region_mut(REGION).remove_association("a", "s"));
    let metrics = exporter
        .eventually("no pair", |metrics| !metrics.has("appstream_sessions", &A))
        .await;
    metrics.assert("appstream_fleet_instances_in_use", &A, 3.0);
    metrics.assert_absent("appstream_session_instances", &A);
    simulator.update(|world| {
        let fleet = world.region_mut(REGION).fleet_mut("a").expect("is there");
        *fleet = Fleet::new("a").capacity(|c| c.desired(5).running(5).in_use(0));
    });
    exporter
        .eventually("nobody streams", |metrics| {
            metrics.value("appstream_session_instances", &A) == Some(0.0)
        })
        .await;
}

#[tokio::test]
async fn a_type_that_had_sessions_stays_a_failure_when_aws_refuses_it() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    let exporter = Exporter::start(&simulator, BRISK).await;
    exporter.after_refreshes(REGION, 2.0).await;
    let refusal = Fault::error_code(400, "ValidationException", "no").operation("DescribeSessions");
    simulator.inject(refusal.authentication_type("SAML"));
    let saml = [("fleet", "a"), ("authentication_type", "SAML")];
    let metrics = exporter
        .eventually("the sessions expire", |metrics| {
            !metrics.has("appstream_sessions", &saml)
        })
        .await;
    metrics.assert_absent("appstream_session_users", &A);
    assert_eq!(failed(&metrics, REGION), ["appstream_sessions"]);
    let metrics = exporter.after_refreshes(REGION, 2.0).await;
    metrics.assert_absent("appstream_session_users", &A);
    metrics.assert_absent("appstream_session_instances", &A);
    assert_eq!(failed(&metrics, REGION), ["appstream_sessions"]);
}

#[tokio::test]
async fn instances_are_not_counted_without_the_figures_of_the_fleet() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    let exporter = Exporter::start(&simulator, BRISK).await;
    exporter.after_refreshes(REGION, 2.0).await;
    simulator.update(|world| world.region_mut(REGION).remove_association("a", "s"));
    simulator.inject(Fault::deny().operation("DescribeFleets"));
    let metrics = exporter
        .eventually("the figures expire", |metrics| {
            !metrics.has("appstream_fleet_info", &A)
        })
        .await;
    metrics.assert_absent("appstream_session_instances", &A);
}

#[tokio::test]
async fn stacks_are_not_absent_where_fleets_are_listed() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    simulator.inject(Fault::service_absent().operation("DescribeStacks"));
    let exporter = Exporter::start(&simulator, BRISK).await;
    let metrics = exporter
        .eventually("a failure", |metrics| !failed(metrics, REGION).is_empty())
        .await;
    assert_eq!(failed(&metrics, REGION), ["appstream_stacks"]);
    metrics.assert_absent("appstream_stack_info", &[]);
    assert_eq!(metrics.sum("appstream_sessions", &A), 3.0);
}

#[tokio::test]
async fn a_service_that_a_region_does_not_have_is_no_failure() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    simulator.inject(Fault::service_absent().service("workspaces"));
    let exporter = Exporter::start(&simulator, BRISK).await;
    let metrics = exporter.after_refreshes(REGION, 3.0).await;
    assert_eq!(failed(&metrics, REGION), [""; 0], "{}", exporter.log());
    assert_eq!(metrics.sum("appstream_sessions", &A), 3.0);
    metrics.assert_absent("workspaces_pool_info", &[]);
    let calls = simulator.calls();
    let asked = calls
        .iter()
        .filter(|call| call.operation == "DescribeWorkspacesPools");
    assert_eq!(asked.count(), 1, "asked for once an hour");
    let said = exporter.logged(&["workspaces_pools", "targets[].collectors"]);
    assert_eq!(said.len(), 1, "{}", exporter.log());
}

static WALL: AtomicU64 = AtomicU64::new(BEGIN);

#[tokio::test]
async fn a_service_that_a_region_does_not_have_is_asked_for_once_an_hour() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    simulator.inject(Fault::service_absent().service("workspaces"));
    let config = "refresh: {interval: 5m}";
    let (mut scheduler, _) = paused::scheduler(&simulator, config, || moment(&WALL)).await;
    let mut calls = Vec::new();
    for _ in 0..=36 {
        assert!(scheduler.refresh().await.pools.is_empty());
        calls.push(simulator.count("DescribeWorkspacesPools"));
        pass(&WALL, 300).await;
    }
    assert_eq!(
        (calls[0], calls[36]),
        (1, 4),
        "one at the start, three in three hours"
    );
    simulator.clear_faults();
    let mut refreshes = 0;
    while scheduler.refresh().await.pools.is_empty() {
        pass(&WALL, 300).await;
        refreshes += 1;
        assert!(refreshes <= 12, "the pools appear within an hour");
    }
}

#[tokio::test]
async fn a_service_that_has_answered_is_not_believed_to_be_absent() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region())).await;
    let exporter = Exporter::start(&simulator, BRISK).await;
    exporter.after_refreshes(REGION, 2.0).await;
    simulator.inject(Fault::service_absent().service("workspaces"));
    let metrics = exporter
        .eventually("a failure", |metrics| !failed(metrics, REGION).is_empty())
        .await;
    assert!(failed(&metrics, REGION).contains(&"workspaces_pools".to_owned()));
    metrics.assert(
        "workspaces_pool_info",
        &[("pool_id", "wspool-aaaaaaaaa")],
        1.0,
    );
}
