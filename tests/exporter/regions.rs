//! Promise: `regions: [all]` costs few requests where AppStream does not answer, and each of
//! them is counted.

use std::collections::BTreeSet;

use crate::common::{ACCOUNT, Exporter, Metrics, REGION, failed, simulator, successes};
use appstream_exporter::config::regions_of;
use appstream_simulator::{Fault, Fleet, Region, Simulator, World};

const REQUESTS: &str = "appstream_exporter_aws_requests_total";
const FAILURES: &str = "appstream_exporter_aws_request_failures_total";
const WAITS: &str = "appstream_exporter_aws_rate_limit_wait_seconds_total";
/// Where a proxy answers in place of AWS, in three ways.
const UNKNOWN: [&str; 3] = ["ap-south-1", "eu-north-1", "us-west-2"];
/// Where AWS says that it does not have AppStream.
const ABSENT: &str = "sa-east-1";
/// Refreshes each second; regions without AppStream are not probed again.
const CONFIG: &str = "\
refresh: {interval: 1s, timeout: 1s, max_age: 3s, topology_interval: 1h}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16}
targets: [{name: first, regions: [all]}]
";

/// AppStream in one region alone, and faults for all others.
async fn one_region() -> Simulator {
    let region = Region::new().fleet(Fleet::new("desks"));
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region)).await;
    let html = "<html><head><title>404 Not Found</title></head></html>";
    for (region, fault) in UNKNOWN.into_iter().zip([
        Fault::foreign_answer(404, "text/html", html),
        Fault::foreign_answer(200, "text/html", html),
        Fault::without_member("Fleets"),
    ]) {
        simulator.inject(fault.region(region));
    }
    let others = regions_of("aws").iter();
    for region in others.filter(|region| **region != REGION) {
        simulator.inject(Fault::service_absent().region(*region));
    }
    simulator
}

fn calls_in(simulator: &Simulator, region: &str) -> f64 {
    let calls = simulator.calls();
    calls.iter().filter(|call| call.region == region).count() as f64
}

/// Requests and failures of a region by its series.
fn counted(metrics: &Metrics, region: &str, code: &str) -> (f64, f64) {
    let labels = [("target", "first"), ("aws_region", region)];
    let failures = [labels[0], labels[1], ("error_code", code)];
    (
        metrics.sum(REQUESTS, &labels),
        metrics.sum(FAILURES, &failures),
    )
}

#[tokio::test]
async fn a_region_that_cannot_be_told_is_probed_less_and_less_often_and_counted() {
    const REFRESHES: f64 = 10.0;
    let simulator = one_region().await;
    let exporter = Exporter::start(&simulator, CONFIG).await;
    let metrics = exporter.after_refreshes(REGION, REFRESHES).await;
    assert_eq!(failed(&metrics, REGION), [""; 0], "{}", exporter.log());
    for region in UNKNOWN {
        let calls = calls_in(&simulator, region);
        // After 0, 1, 3, 7, 15 seconds.
        assert!(
            (3.0..=REFRESHES / 2.0).contains(&calls),
            "{region}: {calls}"
        );
        exporter
            .eventually("each probe is counted", |metrics| {
                let calls = calls_in(&simulator, region);
                counted(metrics, region, "decode") == (calls, calls)
            })
            .await;
    }
    assert_eq!(calls_in(&simulator, ABSENT), 1.0);
    assert_eq!(
        counted(&metrics, ABSENT, "UnknownOperationException"),
        (1.0, 1.0)
    );
    let of_absent = metrics
        .series()
        .iter()
        .filter(|series| series.label("aws_region") == ABSENT);
    let names: BTreeSet<_> = of_absent.map(|series| &*series.name).collect();
    assert_eq!(names, BTreeSet::from([FAILURES, WAITS, REQUESTS]));
    assert!(successes(&metrics, UNKNOWN[0]).is_empty());
}
