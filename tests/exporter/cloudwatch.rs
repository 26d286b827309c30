//! Promise: the collector `cloudwatch` counts each datapoint once and never more, also after
//! failures, costs what docs/sizing.md says, and makes not one call while it is off.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use appstream_exporter::aws::Client;
use appstream_exporter::model::{Collector, Snapshot};
use appstream_exporter::scheduler::Scheduler;
use appstream_exporter::selfmetrics::SelfMetrics;
use appstream_simulator::{Datapoint, Fault, Fleet, Metric, Pool, Region, Simulator, World};

use crate::common::{
    ACCOUNT, BRISK, Exporter, Metrics, REGION, UNLIMITED, failed, once, simulator, successes,
};
use crate::paused::{self, BEGIN, moment, pass};

const REQUESTS: &str = "appstream_exporter_aws_requests_total";
const BILLED: &str = "appstream_exporter_cloudwatch_metrics_requested_total";
const REJECTED: &str = "appstream_fleet_rejected_sessions_total";
const POOL: &str = "wspool-aaaaaaaaa";
const CAPACITY: &str = "InsufficientCapacityError";
const CONCURRENCY: &str = "InsufficientConcurrencyLimitError";
/// The groups of metrics beside `rejections`.
const GAUGES: &str = "latency, packet_loss, frame_rate, cpu, memory";

/// A datapoint each second, at once.
fn brisk(metrics: &str) -> String {
    format!(
        "{BRISK}collectors: {{cloudwatch: true}}\n\
         cloudwatch: {{interval: 1s, delay: 0s, metrics: [{metrics}]}}\n"
    )
}

fn name_of(fleet: usize) -> String {
    format!("fleet-{fleet:03}")
}

fn fleets(count: usize) -> Region {
    let names = (0..count).map(name_of);
    names.fold(Region::new(), |region, name| region.fleet(Fleet::new(name)))
}

async fn simulated(region: Region) -> Simulator {
    simulator(World::new(ACCOUNT).region(REGION, region)).await
}

/// The time that a scheduler of each test sees, in seconds since 1970.
static WALL: AtomicU64 = AtomicU64::new(BEGIN);
static WALL_OF_COSTS: AtomicU64 = AtomicU64::new(BEGIN);
static WALL_OF_EXPIRY: AtomicU64 = AtomicU64::new(BEGIN);
/// Seconds of `cloudwatch.interval`.
const INTERVAL: u64 = 300;

/// A scheduler that reads fleets, pools and CloudWatch only.
async fn scheduler(
    simulator: &Simulator,
    cloudwatch: &str,
    wall_clock: fn() -> SystemTime,
) -> (Scheduler<Client>, SelfMetrics) {
    let off = Collector::ALL
        .map(|one| format!("{}: false", one.as_str()))
        .join(", ");
    let off = off.replace("cloudwatch: false", "cloudwatch: true");
    let off = off.replace("fleets: false", "fleets: true");
    let off = off.replace("workspaces_pools: false", "workspaces_pools: true");
    let config = format!("collectors: {{{off}}}\n{cloudwatch}");
    paused::scheduler(simulator, &config, wall_clock).await
}

/// Rejected sessions by fleet or pool and metric.
type Counts = BTreeMap<(String, &'static str), f64>;

fn counts(snapshot: &Snapshot) -> Counts {
    let fleets = snapshot.fleet_metrics.iter();
    let fleets = fleets.map(|(fleet, metrics)| (fleet.to_string(), metrics));
    let pools = snapshot.pool_metrics.iter();
    let pools = pools.map(|((pool, _), metrics)| (pool.to_string(), metrics));
    let all = fleets.chain(pools).flat_map(|(name, metrics)| {
        let rejected = metrics.rejected.iter();
        rejected.map(move |(metric, count)| {
            let reason = metric.reason().expect("only counters count");
            ((name.clone(), reason), *count)
        })
    });
    all.filter(|(_, count)| *count > 0.0).collect()
}

/// A datapoint of the day: fleet or pool, metric, and when it comes.
struct Point {
    name: String,
    metric: &'static str,
    datapoint: Datapoint,
    comes_at: u64,
}

/// A day of a hundred fleets and a pool, at random.
struct ADay {
    random: fastrand::Rng,
    is_running: Vec<bool>,
    points: Vec<Point>,
    expected: Counts,
}

impl ADay {
    /// Lets some fleets start or stop at a moment, and rejects sessions until the next.
    fn plan(&mut self, at: u64, simulator: &Simulator) {
        for is_running in &mut self.is_running {
            *is_running ^= self.random.u8(..) < 8;
        }
        let is_running = self.is_running.clone();
        simulator.update(|world| {
            for (fleet, is_running) in is_running.iter().enumerate() {
                let state = if *is_running { "RUNNING" } else { "STOPPED" };
                let fleet = world.region_mut(REGION).fleet_mut(&name_of(fleet));
                fleet.expect("it was made").state = Some(state.into());
            }
        });
        for (fleet, is_running) in is_running.into_iter().enumerate() {
            if is_running {
                self.reject(&name_of(fleet), (CAPACITY, "insufficient_capacity"), at);
                self.reject(&name_of(fleet), (CONCURRENCY, "concurrency_limit"), at);
            }
        }
        self.reject(POOL, (CAPACITY, "insufficient_capacity"), at);
    }

    fn reject(&mut self, name: &str, (metric, reason): (&'static str, &'static str), at: u64) {
        for minute in (at..at + INTERVAL).step_by(60) {
            if self.random.u8(..) > 40 {
                continue;
            }
            let count = f64::from(self.random.u32(1..9));
            // CloudWatch is late, but not later than `cloudwatch.delay`.
            let comes_at = minute + 60 + self.random.u64(0..360);
            self.points.push(Point {
                name: name.to_owned(),
                metric,
                datapoint: Datapoint::count(minute as f64, count),
                comes_at,
            });
            *self.expected.entry((name.to_owned(), reason)).or_default() += count;
        }
    }

    /// CloudWatch gets what has come by a moment.
    fn publish(&mut self, now: u64, simulator: &Simulator) {
        let come = self.points.extract_if(.., |point| point.comes_at <= now);
        let come: Vec<Point> = come.collect();
        simulator.update(|world| {
            for point in come {
                let metric = match point.name.as_str() {
                    POOL => Metric::pool(POOL, point.metric),
                    fleet => Metric::fleet(fleet, point.metric),
                };
                let metric = world.region_mut(REGION).metric_mut(metric);
                metric.datapoints.push(point.datapoint);
            }
        });
    }

    /// Something fails, or a metric is incomplete, in about half of the refreshes.
    fn fail(&mut self, simulator: &Simulator) {
        simulator.clear_faults();
        let call = |fault: Fault| fault.operation("GetMetricData");
        match self.random.u8(0..20) {
            0 => _ = simulator.inject(call(Fault::throttle()).times(4)),
            1 | 2 => _ = simulator.inject(call(Fault::deny())),
            3 | 4 => _ = simulator.inject(call(Fault::garbage()).after_first_page()),
            5 => _ = simulator.inject(call(Fault::deny()).after_first_page()),
            6 => _ = simulator.inject(Fault::deny().operation("DescribeFleets")),
            _ => {}
        }
        let status = match self.random.u8(0..4) {
            0 => Some("InternalError".to_owned()),
            1 => Some("PartialData".to_owned()),
            _ => None,
        };
        let fleet = name_of(self.random.usize(0..self.is_running.len()));
        simulator.update(|world| {
            let region = world.region_mut(REGION);
            for other in (0..100).map(name_of) {
                region.metric_mut(Metric::fleet(other, CAPACITY)).status = None;
            }
            region.metric_mut(Metric::fleet(fleet, CAPACITY)).status = status;
        });
    }
}

#[tokio::test]
async fn a_day_with_failures_counts_each_datapoint_once() {
    let region = fleets(100).pool(Pool::new(POOL, "branch"));
    let world = World::new(ACCOUNT).page_size(100).most_results(70);
    let simulator = simulator(world.region(REGION, region)).await;
    let mut day = ADay {
        random: fastrand::Rng::with_seed(19),
        is_running: vec![true; 100],
        points: Vec::new(),
        expected: Counts::new(),
    };
    let cloudwatch = "refresh: {interval: 5m}\ncloudwatch: {interval: 5m, delay: 7m}";
    let (mut scheduler, _) = scheduler(&simulator, cloudwatch, || moment(&WALL)).await;
    let steps = 24 * 3600 / INTERVAL;
    for step in 0..steps + 5 {
        let now = WALL.load(Ordering::Relaxed);
        let expected = day.expected.clone();
        if step < steps {
            day.plan(now, &simulator);
            day.fail(&simulator);
        } else {
            day.random = fastrand::Rng::with_seed(0);
            simulator.clear_faults();
            simulator.update(|world| {
                for fleet in (0..100).map(name_of) {
                    let metric = Metric::fleet(fleet, CAPACITY);
                    world.region_mut(REGION).metric_mut(metric).status = None;
                }
            });
        }
        day.publish(now, &simulator);
        for (key, count) in counts(&scheduler.refresh().await) {
            let most = expected.get(&key).copied().unwrap_or_default();
            assert!(count <= most, "{key:?} at step {step}: {count} of {most}");
        }
        pass(&WALL, INTERVAL).await;
    }
    assert_eq!(day.points.len(), 0);
    assert!(day.expected.values().sum::<f64>() > 100_000.0);
    let counted = counts(&scheduler.refresh().await);
    let wrong = day
        .expected
        .iter()
        .filter(|(key, count)| counted.get(key) != Some(count));
    assert_eq!(
        wrong.collect::<Vec<_>>(),
        [],
        "of {} counters",
        counted.len()
    );
    assert_eq!(counted, day.expected);
}

#[tokio::test]
async fn counters_expire_while_cloudwatch_cannot_be_read() {
    let simulator = simulated(fleets(1)).await;
    let cloudwatch = "refresh: {interval: 5m, max_age: 15m}\ncloudwatch: {interval: 5m, delay: 7m}";
    let (mut scheduler, _) = scheduler(&simulator, cloudwatch, || moment(&WALL_OF_EXPIRY)).await;
    for _ in 0..3 {
        scheduler.refresh().await;
        pass(&WALL_OF_EXPIRY, INTERVAL).await;
    }
    simulator.inject(Fault::deny().operation("GetMetricData"));
    let mut shown = Vec::new();
    for _ in 0..6 {
        shown.push(!scheduler.refresh().await.fleet_metrics.is_empty());
        pass(&WALL_OF_EXPIRY, INTERVAL).await;
    }
    assert_eq!(shown, [true, true, true, false, false, false]);
    simulator.clear_faults();
    assert!(!scheduler.refresh().await.fleet_metrics.is_empty());
}

#[tokio::test]
async fn an_interval_costs_what_is_documented() {
    for (metrics, calls, billed) in [
        ("rejections".to_owned(), 1, 200.0),
        (format!("rejections, {GAUGES}"), 3, 800.0),
    ] {
        let simulator = simulated(fleets(100)).await;
        let cloudwatch = format!("cloudwatch: {{metrics: [{metrics}]}}");
        let (mut scheduler, counters) =
            scheduler(&simulator, &cloudwatch, || moment(&WALL_OF_COSTS)).await;
        let (intervals, minutes) = (4, 20);
        for _ in 0..minutes {
            scheduler.refresh().await;
            pass(&WALL_OF_COSTS, 60).await;
        }
        assert_eq!(
            simulator.count("GetMetricData"),
            calls * intervals,
            "{metrics}"
        );
        let families = counters.gather();
        let family = families.iter().find(|family| family.name() == BILLED);
        let counted = family.expect("metrics were requested").get_metric()[0].get_counter();
        assert_eq!(counted.get_value(), billed * intervals as f64, "{metrics}");
    }
}

/// Averages and maxima of a fleet, in CloudWatch's units.
const MEASURED: [(&str, f64, f64); 6] = [
    ("InSessionLatency", 80.0, 250.0),
    ("UDPPacketLossRate", 2.5, 10.0),
    ("TCPRetransmissionRate", 0.5, 1.0),
    ("FramesPerSecond", 24.0, 30.0),
    ("CpuUtilizationInstance", 50.0, 100.0),
    ("MemoryUtilizationInstance", 25.0, 75.0),
];

/// A fleet with metrics in each second, one without, one that is stopped, and a pool.
fn metered() -> Region {
    let region = Region::new()
        .fleet(Fleet::new("busy"))
        .fleet(Fleet::new("idle"))
        .fleet(Fleet::new("stopped").state("STOPPED"))
        .pool(Pool::new(POOL, "branch"))
        .metric(Metric::fleet("busy", CONCURRENCY).ongoing(Datapoint::count(0.0, 2.0)))
        .metric(Metric::pool(POOL, CAPACITY).ongoing(Datapoint::count(0.0, 1.0)));
    let measured = MEASURED.into_iter();
    measured.fold(region, |region, (name, average, maximum)| {
        let datapoint = Datapoint::gauge(0.0, average, maximum);
        region.metric(Metric::fleet("busy", name).ongoing(datapoint))
    })
}

#[tokio::test]
async fn gauges_are_in_base_units_and_absent_where_cloudwatch_has_none() {
    let simulator = simulated(metered()).await;
    let config = brisk(&format!("rejections, {GAUGES}"));
    let exporter = Exporter::start(&simulator, &config).await;
    let latency = "appstream_fleet_session_latency_seconds";
    let metrics = exporter
        .eventually("the first gauge", |metrics| metrics.has(latency, &[]))
        .await;
    for (family, average, maximum) in [
        (latency, 0.08, 0.25),
        ("appstream_fleet_udp_packet_loss_ratio", 0.025, 0.1),
        ("appstream_fleet_tcp_retransmission_ratio", 0.005, 0.01),
        ("appstream_fleet_frames_per_second", 24.0, 30.0),
        ("appstream_fleet_cpu_utilization_ratio", 0.5, 1.0),
        ("appstream_fleet_memory_utilization_ratio", 0.25, 0.75),
    ] {
        metrics.assert(family, &[("fleet", "busy"), ("stat", "average")], average);
        metrics.assert(family, &[("fleet", "busy"), ("stat", "maximum")], maximum);
        assert_eq!(metrics.family(family).count(), 2, "{family}");
    }
    // Nothing is asked of a fleet that is stopped.
    let asked = simulator.calls().into_iter();
    let asked = asked.flat_map(|call| call.parameters.metric_queries);
    assert!(
        asked
            .into_iter()
            .all(|query| query.dimensions[0].1 != "stopped")
    );
}

#[tokio::test]
async fn pools_and_reasons_are_counted_apart() {
    let simulator = simulated(metered()).await;
    let exporter = Exporter::start(&simulator, &brisk("rejections")).await;
    let fleet = [("fleet", "busy"), ("reason", "concurrency_limit")];
    let pool = [
        ("pool_id", POOL),
        ("pool_name", "branch"),
        ("reason", "insufficient_capacity"),
    ];
    let metrics = exporter
        .eventually("sessions are counted", |metrics| {
            metrics.sum(REJECTED, &fleet) >= 4.0
                && metrics.sum("workspaces_pool_rejected_sessions_total", &pool) >= 2.0
        })
        .await;
    let none = [("fleet", "idle"), ("reason", "insufficient_capacity")];
    metrics.assert(REJECTED, &none, 0.0);
    assert_eq!(
        metrics
            .family("workspaces_pool_rejected_sessions_total")
            .count(),
        1
    );
    let query = simulator.calls().into_iter().find_map(|call| {
        let mut queries = call.parameters.metric_queries.into_iter();
        queries.find(|query| query.namespace == "AWS/WorkSpaces")
    });
    let dimensions = query.expect("the pool is read").dimensions;
    assert_eq!(
        dimensions,
        [("WorkSpaces pool ID".to_owned(), POOL.to_owned())]
    );
}

#[tokio::test]
async fn without_the_permission_one_collector_fails_and_names_it() {
    let simulator = simulated(metered()).await;
    simulator.inject(Fault::deny().operation("GetMetricData"));
    let exporter = Exporter::start(&simulator, &brisk("rejections")).await;
    let metrics = exporter.after_refreshes(REGION, 2.0).await;
    assert_eq!(failed(&metrics, REGION), ["cloudwatch"]);
    let line = exporter.logged(&["collectors failed", "GetMetricData: AccessDenied"]);
    assert_eq!(line.len(), 1, "{}", exporter.log());
    assert!(metrics.has("appstream_fleet_info", &[]));
    assert!(!metrics.has(REJECTED, &[]) && !metrics.has(BILLED, &[]));
}

#[tokio::test]
async fn missing_datapoints_of_one_fleet_are_a_failure_and_others_are_shown() {
    let broken = Metric::fleet("idle", CAPACITY).status("InternalError");
    let simulator = simulated(metered().metric(broken)).await;
    let exporter = Exporter::start(&simulator, &brisk("rejections")).await;
    let busy = [("fleet", "busy"), ("reason", "concurrency_limit")];
    let metrics = exporter
        .eventually("sessions are counted", |metrics| {
            metrics.sum(REJECTED, &busy) >= 2.0
        })
        .await;
    assert_eq!(failed(&metrics, REGION), ["cloudwatch"]);
    let line = exporter.logged(&["GetMetricData: not all datapoints came: InternalError"]);
    assert_eq!(line.len(), 1, "{}", exporter.log());
}

#[tokio::test]
async fn off_means_not_one_call_and_not_one_series() {
    let simulator = simulated(metered()).await;
    let (output, metrics) = once(&simulator, UNLIMITED).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(simulator.count("GetMetricData"), 0);
    assert!(!successes(&metrics, REGION).contains_key("cloudwatch"));
    let named = |metrics: &Metrics| {
        let mut all = metrics.series().iter();
        all.any(|one| {
            one.name.contains("rejected") || one.labels.values().any(|value| value == "cloudwatch")
        })
    };
    assert!(!named(&metrics) && !metrics.has(BILLED, &[]));
    let (_, metrics) = once(&simulator, &brisk("rejections")).await;
    assert!(named(&metrics) && metrics.has(BILLED, &[]));
    assert!(metrics.has(REQUESTS, &[("aws_service", "cloudwatch")]));
}
