//! Promise: the exporter makes few unnecessary API calls, stays within the rate limits of AWS,
//! and finds new resources in time.

use std::time::Duration;

use crate::common::{ACCOUNT, Exporter, Metrics, REGION, failed, simulator};
use appstream_simulator::{Capacity, Fault, Options, Session, Simulator, Uniform, World};

const FLEETS: usize = 20;
/// Pages of sessions: two for each fleet.
const PAGES: usize = 40;
const QUICK: &str = "\
refresh: {interval: 1s, timeout: 900ms, max_age: 1h}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16}
";

/// Twenty fleets in use by a hundred sessions each, and a pool.
fn world() -> World {
    let size = Uniform {
        fleets: FLEETS,
        sessions: FLEETS * 100,
        pools: 1,
        seed: 7,
    };
    size.world(ACCOUNT)
}

fn all(metrics: &Metrics) -> f64 {
    metrics.sum("appstream_sessions", &[])
}

/// Starts an exporter and waits until everything was counted.
async fn started(simulator: &Simulator, config: &str) -> Exporter {
    let exporter = Exporter::start(simulator, config).await;
    exporter
        .eventually("all sessions", |metrics| all(metrics) == 2000.0)
        .await;
    exporter
}

#[tokio::test]
async fn a_refresh_asks_for_little_more_than_there_is() {
    let simulator = simulator(world()).await;
    let exporter = started(&simulator, QUICK).await;
    assert!(
        simulator.count("DescribeSessions") >= PAGES + 3 * FLEETS,
        "the first look"
    );
    simulator.reset_calls();
    exporter.after_refreshes(REGION, 5.0).await;
    let refreshes = simulator.count("DescribeFleets");
    let sessions = simulator.count("DescribeSessions");
    // One refresh may be running at each end of this period.
    let most = (refreshes + 1) * (PAGES * 115).div_ceil(100);
    assert!(
        (refreshes - 1) * PAGES <= sessions && sessions <= most,
        "{sessions} calls in {refreshes} refreshes"
    );
    // Each every ten minutes, at a time of its own.
    for operation in ["DescribeStacks", "ListAssociatedStacks"] {
        let calls = simulator.count(operation);
        assert!(calls <= 2, "{calls} of {operation}");
    }
}

#[tokio::test]
async fn without_economy_every_type_of_every_pair_is_asked_for() {
    let simulator = simulator(world()).await;
    let config = format!("{QUICK}sessions: {{economy: false}}");
    let exporter = started(&simulator, &config).await;
    simulator.reset_calls();
    exporter.after_refreshes(REGION, 3.0).await;
    let refreshes = simulator.count("DescribeFleets");
    for (operation, calls) in [
        ("DescribeSessions", PAGES + 3 * FLEETS),
        ("ListAssociatedStacks", FLEETS),
    ] {
        let made = simulator.count(operation);
        assert!(
            (refreshes - 1) * calls <= made && made <= (refreshes + 1) * calls,
            "{made} of {operation} in {refreshes} refreshes"
        );
    }
}

#[tokio::test]
async fn what_a_fleet_has_in_use_is_found_with_the_next_refresh() {
    let simulator = simulator(world()).await;
    let exporter = started(&simulator, QUICK).await;
    let refreshes = |metrics: &Metrics| metrics.sum("appstream_exporter_refreshes_total", &[]);
    let before = refreshes(&exporter.metrics().await);
    simulator.update(|world| {
        let region = world.region_mut(REGION);
        let (name, fleet) = region.fleets().first_key_value().unwrap();
        let (name, mut fleet) = (name.to_owned(), fleet.clone());
        let stack = region.sessions().find(|session| session.fleet() == name);
        let stack = stack.unwrap().stack().to_owned();
        let capacity = fleet.capacity.take().unwrap();
        fleet.capacity = Some(Capacity {
            in_use: capacity.in_use.map(|in_use| in_use + 1),
            active_user_sessions: capacity.active_user_sessions.map(|active| active + 1),
            ..capacity
        });
        region.put_fleet(fleet);
        // Of a type that no session had before.
        let mut session = Session::new("new", name, stack);
        session.authentication_type = Some("USERPOOL".into());
        region.put_session(session);
    });
    let metrics = exporter
        .eventually("the session", |metrics| all(metrics) == 2001.0)
        .await;
    let took = refreshes(&metrics) - before;
    assert!(
        took <= 2.0,
        "{took} refreshes, of which one may have been under way"
    );
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_may_be() {
    let options = Options {
        latency: Duration::from_millis(5),
        ..Options::default()
    };
    let simulator = Simulator::start(world(), options).await.unwrap();
    let config = "\
refresh: {interval: 10s}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 3}
";
    started(&simulator, config).await;
    // One of the three places is left to the other service, which may not need it meanwhile.
    let most = simulator.most_in_flight();
    assert!((2..=3).contains(&most), "{most} requests at one time");
}

#[tokio::test]
async fn at_three_quarters_of_what_the_service_allows_next_to_nothing_is_throttled() {
    let options = Options {
        requests_per_second: Some(80.0),
        burst: 8,
        ..Options::default()
    };
    let simulator = Simulator::start(world(), options).await.unwrap();
    let config = "\
refresh: {interval: 2s, timeout: 1900ms, max_age: 1h}
aws: {requests_per_second: 60, max_concurrency: 16}
";
    let exporter = started(&simulator, config).await;
    let metrics = exporter.after_refreshes(REGION, 6.0).await;
    let requests = metrics.sum("appstream_exporter_aws_requests_total", &[]);
    let throttled = metrics.sum(
        "appstream_exporter_aws_request_failures_total",
        &[("error_code", "ThrottlingException")],
    );
    assert!(throttled < 0.02 * requests, "{throttled} of {requests}");
    assert_eq!(all(&metrics), 2000.0);
    assert_eq!(failed(&metrics, REGION), [""; 0], "{}", exporter.log());
}

#[tokio::test]
async fn a_service_that_throttles_is_asked_more_slowly_and_nobody_else() {
    const OTHER: &str = "us-east-1";
    let simulator = simulator(world()).await;
    let config = format!("{QUICK}targets: [{{name: default, regions: [{REGION}, {OTHER}]}}]");
    let exporter = Exporter::start(&simulator, &config).await;
    let budget = |metrics: &Metrics, region: &str, service: &str| {
        let labels = [("aws_region", region), ("aws_service", service)];
        metrics.value("appstream_exporter_refresh_calls_budget", &labels)
    };
    exporter
        .eventually("both regions", |metrics| all(metrics) == 4000.0)
        .await;
    let fault = simulator.inject(Fault::throttle().region(REGION).service("appstream"));
    let metrics = exporter
        .eventually("it slows down", |metrics| {
            budget(metrics, REGION, "appstream") < Some(9000.0)
        })
        .await;
    assert_eq!(budget(&metrics, REGION, "workspaces"), Some(9000.0));
    assert_eq!(budget(&metrics, OTHER, "appstream"), Some(9000.0));
    assert_eq!(failed(&metrics, OTHER), [""; 0]);

    simulator.clear(fault);
    exporter
        .eventually("it is as fast as before", |metrics| {
            budget(metrics, REGION, "appstream") == Some(9000.0)
                && failed(metrics, REGION).is_empty()
        })
        .await;
    for message in ["AWS throttles", "request rate restored"] {
        exporter
            .until(message, async |exporter| {
                exporter
                    .logged(&[message, "aws_service=appstream", REGION])
                    .len()
                    == 1
            })
            .await;
    }
}

#[tokio::test]
async fn what_appstream_calls_a_request_limit_is_throttling() {
    let simulator = simulator(world()).await;
    let exporter = started(&simulator, QUICK).await;
    let code = "RequestLimitExceededException";
    let fault = Fault::error_code(400, code, "too many");
    simulator.inject(fault.operation("DescribeFleets").times(2));
    let metrics = exporter
        .eventually("it was counted", |metrics| {
            let labels = [("error_code", code)];
            metrics.sum("appstream_exporter_aws_request_failures_total", &labels) == 2.0
        })
        .await;
    assert_eq!(failed(&metrics, REGION), [""; 0], "it was retried");
    exporter
        .until("it slows down", async |exporter| {
            exporter.logged(&["AWS throttles", REGION]).len() == 1
        })
        .await;
}
