//! Promise: scaling and quotas are read as often as they must be, only where there is something
//! to scale, and each on its own: without a permission one collector fails and names it.

use crate::common::{
    ACCOUNT, BRISK, COLLECTORS, Exporter, Metrics, REGION, UNLIMITED, failed, once, simulator,
    successes,
};
use appstream_simulator::{
    Fault, Fleet, Pool, Quota, Region, ScalableTarget, Scaled, ScalingActivity, ScalingPolicy,
    ScheduledAction, Simulator, Stack, World,
};

const REQUESTS: &str = "appstream_exporter_aws_requests_total";
const MAX: &str = "appstream_fleet_scaling_max_capacity";

/// So many fleets with a stack, a target, two actions and two policies each, and quotas.
fn region(fleets: usize) -> Region {
    let mut region = Region::new()
        .quota(Quota::new("L-3FEADC0C", "Active fleets", 10.0))
        .quota(Quota::new("L-A8B8B901", "Stacks", 10.0).applied(25.0));
    for number in 0..fleets {
        let name = format!("fleet-{number:04}");
        let of = Scaled::fleet(&name);
        region = region
            .fleet(Fleet::new(name.clone()))
            .stack(Stack::new(name.clone()))
            .associate(name.clone(), name)
            .target(ScalableTarget::new(of.clone(), 1, 5))
            .activity(ScalingActivity::new(of.clone(), 1.7e9));
        for action in ["morning", "evening"] {
            region = region
                .action(ScheduledAction::new(of.clone(), action, "rate(1 day)", 2))
                .policy(ScalingPolicy::new(of.clone(), action));
        }
    }
    region
}

async fn simulated(region: Region) -> Simulator {
    simulator(World::new(ACCOUNT).region(REGION, region)).await
}

fn sent(metrics: &Metrics, operation: &str) -> f64 {
    metrics.sum(REQUESTS, &[("operation", operation)])
}

#[tokio::test]
async fn a_refresh_between_two_reads_of_the_topology_asks_for_targets_alone() {
    let simulator = simulated(region(100)).await;
    let config = "refresh: {interval: 1s}\naws: {requests_per_second: 10000, burst: 10000}\n";
    let exporter = Exporter::start(&simulator, config).await;
    let before = exporter
        .eventually("all lists are read", |metrics| {
            let successes = successes(metrics, REGION);
            successes.len() == COLLECTORS && successes.values().all(|success| *success == 1.0)
        })
        .await;
    let after = exporter.after_refreshes(REGION, 3.0).await;
    let refreshes = |metrics: &Metrics| {
        let of = [("aws_region", REGION)];
        metrics.sum("appstream_exporter_refreshes_total", &of)
    };
    let more = |operation| sent(&after, operation) - sent(&before, operation);
    // Two pages of 50. The calls of a running refresh count as well.
    let most = 2.0 * (refreshes(&after) - refreshes(&before) + 1.0);
    let targets = more("DescribeScalableTargets");
    assert!((2.0..=most).contains(&targets), "{targets} of {most}");
    for operation in [
        "DescribeScheduledActions",
        "DescribeScalingPolicies",
        "DescribeScalingActivities",
        "ListServiceQuotas",
        "ListAWSDefaultServiceQuotas",
    ] {
        assert_eq!(more(operation), 0.0, "{operation}");
    }
}

#[tokio::test]
async fn the_calls_are_those_of_the_formula() {
    let simulator = simulated(region(120)).await;
    let config = "aws: {requests_per_second: 10000, burst: 10000}";
    let (output, metrics) = once(&simulator, config).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for (operation, pages) in [
        ("DescribeScalableTargets", 3.0),
        ("DescribeScheduledActions", 5.0),
        ("DescribeScalingPolicies", 5.0),
        ("DescribeScalingActivities", 3.0),
        ("ListServiceQuotas", 1.0),
        ("ListAWSDefaultServiceQuotas", 1.0),
    ] {
        assert_eq!(sent(&metrics, operation), pages, "{operation}");
    }
    let needed = "appstream_exporter_refresh_calls_needed";
    // 3 pages of targets, and a tenth of 13 others; 2 calls in six hours.
    metrics.assert(needed, &[("aws_service", "application-autoscaling")], 5.0);
    metrics.assert(needed, &[("aws_service", "service-quotas")], 1.0);
}

#[tokio::test]
async fn nothing_is_asked_for_where_nothing_can_be_scaled() {
    let alone = Region::new().fleet(Fleet::new("a"));
    let pools = Region::new().pool(Pool::new("wspool-aaaaaaaaa", "one"));
    for (region, activities, calls) in [
        (Region::new(), 0.0, 0.0),
        (alone, 1.0, 2.0),
        (pools, 1.0, 2.0),
    ] {
        let simulator = simulated(region).await;
        let exporter = Exporter::start(&simulator, BRISK).await;
        exporter.after_refreshes(REGION, 1.0).await;
        let before = exporter.metrics().await;
        let metrics = exporter.after_refreshes(REGION, 2.0).await;
        assert_eq!(failed(&metrics, REGION), [""; 0]);
        assert_eq!(sent(&before, "DescribeScalingActivities"), activities);
        for operation in ["DescribeScheduledActions", "DescribeScalingPolicies"] {
            assert!(sent(&metrics, operation) <= calls / 2.0, "{operation}");
        }
    }
}

#[tokio::test]
async fn without_a_permission_one_collector_fails_and_names_it() {
    for (operation, collector) in [
        ("DescribeScalableTargets", "scaling"),
        ("DescribeScheduledActions", "scaling"),
        ("DescribeScalingPolicies", "scaling"),
        ("DescribeScalingActivities", "scaling"),
        ("ListServiceQuotas", "quotas"),
        ("ListAWSDefaultServiceQuotas", "quotas"),
    ] {
        let simulator = simulated(region(2)).await;
        simulator.inject(Fault::deny().operation(operation));
        let exporter = Exporter::start(&simulator, BRISK).await;
        let metrics = exporter.after_refreshes(REGION, 2.0).await;
        assert_eq!(failed(&metrics, REGION), [collector], "{operation}");
        let line = exporter.logged(&["collectors failed", &format!("{operation}: AccessDenied")]);
        assert_eq!(line.len(), 1, "{}", exporter.log());
        assert!(metrics.has("appstream_fleet_info", &[]));
        let quota = |code| metrics.has("appstream_quota_limit", &[("quota_code", code)]);
        // A default is no limit where another value may have been applied.
        let (applied, default) = match operation {
            "ListServiceQuotas" => (false, false),
            "ListAWSDefaultServiceQuotas" => (true, false),
            _ => (true, true),
        };
        assert_eq!(
            (quota("L-A8B8B901"), quota("L-3FEADC0C")),
            (applied, default),
            "{operation}"
        );
        let has_target = operation != "DescribeScalableTargets";
        assert_eq!(metrics.has(MAX, &[]), has_target, "{operation}");
    }
}

#[tokio::test]
async fn a_region_without_the_services_is_no_failure() {
    let simulator = simulated(region(1)).await;
    let not_known = Fault::error_code(
        400,
        "NoSuchResourceException",
        "The service does not exist.",
    );
    simulator.inject(not_known.service("servicequotas"));
    simulator.inject(Fault::service_absent().service("application-autoscaling"));
    let (output, metrics) = once(&simulator, UNLIMITED).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(successes(&metrics, REGION)["scaling"], 1.0);
    assert!(!metrics.has(MAX, &[]) && !metrics.has("appstream_quota_limit", &[]));
}

#[tokio::test]
async fn filters_leave_out_scaling_and_not_what_a_quota_counts() {
    let simulator = simulated(region(120)).await;
    let config = format!("{BRISK}filters: {{fleets: {{include: [fleet-0001]}}}}\n");
    let (output, metrics) = once(&simulator, &config).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let fleets: Vec<_> = metrics.family(MAX).map(|one| one.label("fleet")).collect();
    assert_eq!(fleets, ["fleet-0001"]);
    metrics.assert(
        "appstream_quota_usage",
        &[("quota", "Active fleets")],
        120.0,
    );
    metrics.assert("appstream_quota_usage", &[("quota", "Stacks")], 120.0);
}

#[tokio::test]
async fn usage_is_absent_while_a_fleet_starts_and_its_limit_stays() {
    let starting = Fleet::new("fleet-0001").state("STARTING");
    let simulator = simulated(region(2).fleet(starting)).await;
    let (_, metrics) = once(&simulator, UNLIMITED).await;
    let quota = [("quota", "Active fleets")];
    metrics.assert("appstream_quota_limit", &quota, 10.0);
    metrics.assert_absent("appstream_quota_usage", &quota);
    metrics.assert("appstream_quota_usage", &[("quota", "Stacks")], 2.0);
}
