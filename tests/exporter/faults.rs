//! Promise: after a failure of one fleet, a service or a region, unaffected values stay fresh.
//! Affected values are kept and then removed, and only their `collector_success` is 0. One
//! refresh after the failure, all values are fresh.

use crate::common::{ACCOUNT, COLLECTORS, Exporter, Metrics, failed, simulator, successes};
use appstream_simulator::{
    AppBlockBuilder, DirectoryConfig, Fault, Fleet, Image, ImageBuilder, Pool, PoolSession, Region,
    ScalableTarget, Scaled, Session, Simulator, Stack, UsageReport, World,
};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

/// The region in which it goes wrong, and the one in which it does not.
const STRUCK: &str = "eu-west-1";
const SPARED: &str = "us-east-1";
/// The rate limit bounds what pages without end cost this machine.
const CONFIG: &str = "\
refresh: {interval: 2s, timeout: 1800ms, max_age: 10s, topology_interval: 2s}
aws: {requests_per_second: 100, burst: 100, max_concurrency: 32}
images: {interval: 2s}
account: {interval: 2s}
quotas: {interval: 2s}
scaling: {interval: 2s}
tags: {labels: [team]}
targets: [{name: default, regions: [eu-west-1, us-east-1]}]
";
const ALL: [&str; COLLECTORS] = [
    "appstream_account",
    "appstream_builders",
    "appstream_fleets",
    "appstream_images",
    "appstream_sessions",
    "appstream_stacks",
    "quotas",
    "scaling",
    "workspaces_pool_sessions",
    "workspaces_pools",
];

/// So many exporters at a time, or the machine is what is tested.
static TURNS: Semaphore = Semaphore::const_new(12);

/// The scope of a fault.
#[derive(Clone, Copy, PartialEq)]
enum Reach {
    /// `DescribeSessions` of fleet `a`.
    OneFleet,
    /// AppStream, in one region.
    Service,
    /// Everything in one region.
    Region,
}

impl Reach {
    fn narrow(self, fault: Fault) -> Fault {
        let fault = fault.region(STRUCK);
        match self {
            Self::OneFleet => fault.operation("DescribeSessions").fleet("a"),
            Self::Service => fault.service("appstream"),
            Self::Region => fault,
        }
    }

    /// The collectors that fail.
    fn failing(self) -> &'static [&'static str] {
        match self {
            Self::OneFleet => &["appstream_sessions"],
            Self::Service => &ALL[..6],
            Self::Region => &ALL,
        }
    }
}

fn faults() -> Vec<(&'static str, Fault)> {
    vec![
        ("throttled", Fault::throttle()),
        ("500", Fault::internal_error()),
        ("503", Fault::unavailable()),
        ("denied", Fault::deny()),
        ("expired credentials", Fault::expired_credentials()),
        (
            "the host's clock is wrong",
            Fault::error_code(403, "RequestTimeTooSkewed", "too far from now"),
        ),
        ("reset", Fault::reset()),
        ("hanging", Fault::hang()),
        ("hanging in the middle", Fault::stall_body()),
        ("not CBOR or JSON", Fault::garbage()),
        ("truncated", Fault::truncate()),
        ("truncated where nobody notices", Fault::truncate_cleanly()),
        ("pages without end", Fault::endless_pages()),
        ("a token that comes back", Fault::repeat_token()),
    ]
}

/// Two fleets in a stack each with three sessions, and a pool with one.
fn region() -> Region {
    let mut region = Region::new();
    for fleet in ["a", "b"] {
        let stack = format!("stack-{fleet}");
        region.put_fleet(Fleet::new(fleet).capacity(|c| c.desired(9).running(9).in_use(3)));
        region.put_stack(Stack::new(stack.clone()));
        region.put_association(fleet, stack.clone());
        for number in 0..3 {
            region.put_session(Session::new(format!("{fleet}{number}"), fleet, &stack).saml());
        }
    }
    let target = ScalableTarget::new(Scaled::fleet("a"), 1, 5);
    region.scaling_mut().targets.push(target);
    region.put_pool(Pool::new("wspool-aaaaaaaaa", "pool"));
    let region = region
        .image_builder(ImageBuilder::new("builder"))
        .app_block_builder(AppBlockBuilder::new("apps"))
        .image(Image::new("Base-Image-WinServer2022"))
        .directory_config(DirectoryConfig::new("corp.example.com"));
    let mut region = region.usage_report(UsageReport::daily(1.7e9));
    region.put_pool_session(PoolSession::new("p0", "wspool-aaaaaaaaa"));
    region
}

/// One more session everywhere, and another scaling maximum.
fn grow(simulator: &Simulator) {
    simulator.update(|world| {
        for name in [STRUCK, SPARED] {
            let region = world.region_mut(name);
            for fleet in ["a", "b"] {
                let stack = format!("stack-{fleet}");
                region.put_session(Session::new(format!("{fleet}-new"), fleet, stack).saml());
            }
            region.put_pool_session(PoolSession::new("p-new", "wspool-aaaaaaaaa"));
            region.scaling_mut().targets[0].max = Some(6);
        }
    });
}

/// Sessions of fleets `a` and `b` and of the pool in a region, and the scaling maximum of `a`;
/// `None` where there is no series.
fn shown(metrics: &Metrics, region: &str) -> [Option<f64>; 4] {
    let sum = |family: &str, label: (&str, &str)| {
        let labels = [("aws_region", region), label];
        metrics
            .has(family, &labels)
            .then(|| metrics.sum(family, &labels))
    };
    [
        sum("appstream_sessions", ("fleet", "a")),
        sum("appstream_sessions", ("fleet", "b")),
        sum("workspaces_pool_sessions", ("pool_name", "pool")),
        sum("appstream_fleet_scaling_max_capacity", ("fleet", "a")),
    ]
}

/// The result of [`shown`] after `grow`.
const FRESH: [Option<f64>; 4] = [Some(4.0), Some(4.0), Some(2.0), Some(6.0)];

/// Goes through one fault from its beginning to its end.
async fn strike(name: &'static str, fault: Fault, reach: Reach) {
    let _turn = TURNS.acquire().await.expect("nobody closes it");
    let world = World::new(ACCOUNT)
        .region(STRUCK, region())
        .region(SPARED, region());
    let simulator = simulator(world).await;
    let exporter = Exporter::start(&simulator, CONFIG).await;
    let before = exporter
        .eventually("both regions", |metrics| {
            [STRUCK, SPARED].iter().all(|region| {
                let successes = successes(metrics, region);
                successes.len() == COLLECTORS && successes.values().all(|success| *success == 1.0)
            })
        })
        .await;
    let healthy = [Some(3.0), Some(3.0), Some(1.0), Some(5.0)];
    assert_eq!(shown(&before, STRUCK), healthy, "{name}");

    // On a busy machine, calls can time out at startup.
    let failures_before = exporter.logged(&["collectors failed"]).len();
    let recoveries = |exporter: &Exporter| exporter.logged(&["collectors work again", STRUCK]);
    let recoveries_before = recoveries(&exporter).len();
    simulator.inject(reach.narrow(fault));
    grow(&simulator);
    // Affected values are kept, and all others are fresh.
    let [a, b, pool, max] = match reach {
        Reach::OneFleet => [3.0, 4.0, 2.0, 6.0],
        Reach::Service => [3.0, 3.0, 2.0, 6.0],
        Reach::Region => [3.0, 3.0, 1.0, 5.0],
    };
    exporter
        .eventually(&format!("{name}: held"), |metrics| {
            failed(metrics, STRUCK) == reach.failing()
                && shown(metrics, STRUCK) == [Some(a), Some(b), Some(pool), Some(max)]
                && failed(metrics, SPARED).is_empty()
                && shown(metrics, SPARED) == FRESH
        })
        .await;
    // Then it is gone, and no number in between is ever shown.
    let metrics = exporter
        .eventually(&format!("{name}: gone"), |metrics| {
            let [now_a, now_b, now_pool, now_max] = shown(metrics, STRUCK);
            let all = [(now_a, a), (now_b, b), (now_pool, pool), (now_max, max)];
            for (now, held) in all {
                assert!(
                    now.is_none_or(|now| now == held),
                    "{name}: {now:?}, not {held}"
                );
            }
            assert_eq!(failed(metrics, STRUCK), reach.failing(), "{name}");
            assert_eq!(shown(metrics, SPARED), FRESH, "{name}");
            now_a.is_none()
                && (reach == Reach::OneFleet || now_b.is_none())
                && (reach != Reach::Region || now_pool.is_none() && now_max.is_none())
        })
        .await;
    assert_eq!(failed(&metrics, SPARED), [""; 0], "{name}");
    let fleets = [("aws_region", STRUCK)];
    exporter
        .eventually(&format!("{name}: fleets and tags"), |metrics| {
            let has = |family: &str| metrics.has(family, &fleets);
            let of_appstream = [
                "appstream_fleet_info",
                "appstream_fleet_tags",
                "appstream_stack_tags",
                "appstream_image_builder_info",
                "appstream_app_block_builder_info",
                "appstream_image_info",
                "appstream_directory_config_info",
                "appstream_usage_report_last_generated_timestamp_seconds",
            ];
            of_appstream.map(has) == [reach == Reach::OneFleet; 8]
                && has("workspaces_pool_tags") == (reach != Reach::Region)
        })
        .await;
    // Each cause was logged once.
    let lines = exporter.logged(&["collectors failed"]);
    let mut causes: Vec<_> = lines[failures_before..]
        .iter()
        .map(|line| cause(line))
        .collect();
    assert!(!causes.is_empty(), "{name}: {}", exporter.log());
    causes.sort_unstable();
    let said = causes.len();
    causes.dedup();
    assert_eq!(causes.len(), said, "{name}: {}", exporter.log());

    simulator.clear_faults();
    let refreshes = |metrics: &Metrics| {
        let labels = [("aws_region", STRUCK)];
        metrics.sum("appstream_exporter_refreshes_total", &labels)
    };
    let before = refreshes(&exporter.metrics().await);
    let metrics = exporter
        .eventually(&format!("{name}: all is well"), |metrics| {
            failed(metrics, STRUCK).is_empty() && shown(metrics, STRUCK) == FRESH
        })
        .await;
    // One refresh may have been running; the fault does not affect the next one.
    let took = refreshes(&metrics) - before;
    assert!(took <= 2.0, "{name}: {took} refreshes\n{}", exporter.log());
    // The end was logged once for each, for some at the end of the running refresh.
    let recovered = |exporter: &Exporter| {
        let lines = recoveries(exporter);
        let named = lines[recoveries_before..]
            .iter()
            .filter_map(|line| line.split_once("collectors="));
        let mut names: Vec<String> = named
            .filter_map(|(_, rest)| rest.split(' ').next())
            .flat_map(|names| names.split(',').map(str::to_owned))
            .collect();
        names.sort_unstable();
        names
    };
    exporter
        .until(&format!("{name}: recovery is logged"), async |exporter| {
            recovered(exporter) == reach.failing()
        })
        .await;
}

/// Operation and code of a log line, which together are the cause.
fn cause(line: &str) -> (String, String) {
    let part = |from: &str, to: &str| {
        let (_, rest) = line.split_once(from).unwrap_or_default();
        rest.split(to).next().unwrap_or_default().to_owned()
    };
    (part("error=", "\" target"), part("code=", " "))
}

async fn strike_all(reach: Reach) {
    let cases = faults().into_iter();
    join_all(cases.map(|(name, fault)| strike(name, fault, reach))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_operation_of_one_fleet() {
    strike_all(Reach::OneFleet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_service() {
    strike_all(Reach::Service).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_region() {
    strike_all(Reach::Region).await;
}

#[tokio::test]
async fn a_scrape_never_waits_for_aws() {
    let simulator = simulator(World::new(ACCOUNT).region(STRUCK, region())).await;
    simulator.inject(Fault::hang());
    let exporter = Exporter::start(&simulator, "refresh: {interval: 1h}").await;
    exporter
        .eventually("a request", |metrics| {
            metrics.sum("appstream_exporter_aws_requests_total", &[]) > 0.0
        })
        .await;
    for _ in 0..50 {
        let metrics = exporter.metrics().await;
        metrics.assert_absent("appstream_exporter_refreshes_total", &[]);
    }
}
