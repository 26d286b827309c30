//! Promise: each started and each ended session is counted once, with its duration, even if reads
//! fail in between. A restart counts no session twice.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::common::{ACCOUNT, Exporter, Metrics, REGION, simulator};
use appstream_simulator::{
    Fault, Fleet, Pool, PoolSession, Region, Session, Simulator, Stack, World,
};
use fastrand::Rng;

const CONFIG: &str = "\
refresh: {interval: 1s, timeout: 900ms, max_age: 3s, topology_interval: 1s}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16}
sessions: {recheck_interval: 5s}
";
const PAIRS: [(&str, &str); 4] = [("a", "x"), ("a", "y"), ("b", "x"), ("c", "y")];
const TYPES: [&str; 3] = ["API", "SAML", "USERPOOL"];
const POOL: &str = "wspool-aaaaaaaaa";
/// The age of a session, and its histogram bucket, far from the bounds.
const AGES: [(u32, &str); 4] = [
    (600, "900"),
    (2_400, "3600"),
    (10_000, "14400"),
    (100_000, "432000"),
];
const STEPS: usize = 8;

/// Where sessions are: a pair of fleet and stack, or the pool.
type Place = Option<(&'static str, &'static str)>;

/// A session that runs, and the bucket that it ends in.
struct Running {
    id: String,
    place: Place,
    bucket: &'static str,
}

/// The expected values.
#[derive(Default)]
struct Expected {
    started: BTreeMap<Place, f64>,
    ended: BTreeMap<Place, f64>,
    /// By fleet, or the pool, and bucket.
    durations: BTreeMap<(Option<&'static str>, &'static str), f64>,
}

/// An account in which sessions come and go.
struct Moving {
    simulator: Simulator,
    rng: Rng,
    running: Vec<Running>,
    expected: Expected,
    next: usize,
    /// A list that loses a session between two of its pages seems to lose another too. So
    /// in a world of many pages sessions only expire.
    has_pages: bool,
}

impl Moving {
    async fn new(seed: u64) -> Self {
        let mut region = Region::new()
            .stack(Stack::new("x"))
            .stack(Stack::new("y"))
            .pool(Pool::new(POOL, "pool"));
        for fleet in ["a", "b", "c"] {
            region.put_fleet(Fleet::new(fleet));
        }
        for (fleet, stack) in PAIRS {
            region.put_association(fleet, stack);
        }
        let has_pages = seed.is_multiple_of(2);
        let page_size = if has_pages { 2 } else { 50 };
        let world = World::new(ACCOUNT)
            .page_size(page_size)
            .region(REGION, region);
        let mut moving = Self {
            simulator: simulator(world).await,
            rng: Rng::with_seed(seed),
            running: Vec::new(),
            expected: Expected::default(),
            next: 0,
            has_pages,
        };
        for _ in 0..8 {
            moving.start();
        }
        // These run before the exporter does.
        moving.expected = Expected::default();
        moving
    }

    fn start(&mut self) {
        let place = match self.rng.usize(..=PAIRS.len()) {
            pair if pair < PAIRS.len() => Some(PAIRS[pair]),
            _ => None,
        };
        let (age, bucket) = AGES[self.rng.usize(..AGES.len())];
        let kind = TYPES[self.rng.usize(..TYPES.len())];
        let id = format!("session {}", self.next);
        self.next += 1;
        self.simulator.update(|world| {
            let region = world.region_mut(REGION);
            let started = now() - f64::from(age);
            match place {
                Some((fleet, stack)) => {
                    let session = Session::new(&id, fleet, stack).authentication_type(kind);
                    region.put_session(session.started_at(started));
                }
                None => {
                    region.put_pool_session(PoolSession::new(&id, POOL).started_at(started));
                }
            }
            use_instances(region);
        });
        *self.expected.started.entry(place).or_default() += 1.0;
        self.running.push(Running { id, place, bucket });
    }

    fn end(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let ended = self
            .running
            .swap_remove(self.rng.usize(..self.running.len()));
        let Running { id, place, bucket } = ended;
        let expires = self.has_pages || self.rng.bool();
        self.simulator.update(|world| {
            let region = world.region_mut(REGION);
            match region.session_mut(&id) {
                Some(session) if expires => session.state = Some("EXPIRED".into()),
                Some(_) => region.remove_session(&id),
                None => region.remove_pool_session(&id),
            }
            use_instances(region);
        });
        *self.expected.ended.entry(place).or_default() += 1.0;
        let fleet = place.map(|(fleet, _)| fleet);
        *self.expected.durations.entry((fleet, bucket)).or_default() += 1.0;
    }

    /// Some sessions end, and others start.
    fn step(&mut self) {
        // A session of this step is to be seen before it ends.
        for _ in 0..self.rng.usize(0..4) {
            self.end();
        }
        for _ in 0..self.rng.usize(0..5) {
            self.start();
        }
    }

    fn fault(&mut self) -> Option<Fault> {
        let faults = [
            Fault::throttle(),
            Fault::internal_error(),
            Fault::deny(),
            Fault::reset(),
            Fault::hang(),
            Fault::garbage(),
            Fault::truncate(),
            Fault::empty(),
            Fault::without_member("Sessions"),
        ];
        let fault = faults.into_iter().nth(self.rng.usize(..12))?;
        Some(match self.rng.usize(..5) {
            0 => fault,
            1 => fault.operation("DescribeSessions").fleet("a"),
            2 => fault.operation("DescribeSessions").after_first_page(),
            3 => fault.operation("DescribeFleets"),
            _ => fault.operation("DescribeWorkspacesPoolSessions"),
        })
    }
}

/// Each fleet has as much in use as it has sessions.
fn use_instances(region: &mut Region) {
    for fleet in ["a", "b", "c"] {
        let sessions = region.sessions().filter(|session| session.fleet() == fleet);
        let live = sessions.filter(|session| session.state.as_deref() != Some("EXPIRED"));
        let in_use = i32::try_from(live.count()).expect("a few");
        let fleet = region.fleet_mut(fleet).expect("it is never removed");
        fleet.capacity.get_or_insert_default().in_use = Some(in_use);
    }
}

/// The wall clock, in which `StartTime` is.
#[allow(clippy::disallowed_methods, reason = "sessions start now")]
fn now() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("after 1970").as_secs_f64()
}

/// Family of counters, and labels of a place.
fn counter(metrics: &Metrics, what: &str, place: Place) -> Option<f64> {
    match place {
        Some((fleet, stack)) => metrics.value(
            &format!("appstream_sessions_{what}_total"),
            &[("fleet", fleet), ("stack", stack)],
        ),
        None => metrics.value(
            &format!("workspaces_pool_sessions_{what}_total"),
            &[("pool_id", POOL)],
        ),
    }
}

/// Durations of a fleet or of the pool in one bucket and those below.
fn bucket(metrics: &Metrics, fleet: Option<&str>, bound: &str) -> Option<f64> {
    let (family, label) = match fleet {
        Some(fleet) => (
            "appstream_session_duration_seconds_bucket",
            ("fleet", fleet),
        ),
        None => (
            "workspaces_pool_session_duration_seconds_bucket",
            ("pool_id", POOL),
        ),
    };
    metrics.value(family, &[label, ("le", bound)])
}

/// Each number that is expected, with the one that is shown.
fn numbers(metrics: &Metrics, expected: &Expected) -> Vec<(Option<f64>, f64)> {
    let of = |counts: &BTreeMap<Place, f64>, place| counts.get(&place).copied().unwrap_or(0.0);
    let mut numbers = Vec::new();
    for place in PAIRS.map(Some).into_iter().chain([None]) {
        let started = counter(metrics, "started", place);
        numbers.push((started, of(&expected.started, place)));
        let ended = counter(metrics, "ended", place);
        numbers.push((ended, of(&expected.ended, place)));
    }
    for fleet in [Some("a"), Some("b"), Some("c"), None] {
        let mut so_far = 0.0;
        for (_, bound) in AGES {
            so_far += expected
                .durations
                .get(&(fleet, bound))
                .copied()
                .unwrap_or(0.0);
            numbers.push((bucket(metrics, fleet, bound), so_far));
        }
    }
    numbers
}

fn are_exact(metrics: &Metrics, expected: &Expected) -> bool {
    let numbers = numbers(metrics, expected);
    numbers
        .iter()
        .all(|(shown, expected)| *shown == Some(*expected))
}

async fn play(seed: u64) {
    let mut moving = Moving::new(seed).await;
    let exporter = Exporter::start(&moving.simulator, CONFIG).await;
    exporter.after_refreshes(REGION, 2.0).await;
    for step in 0..STEPS {
        let what = format!("world {seed}, step {step}");
        let fault = moving.fault();
        let is_struck = fault.is_some();
        fault.map(|fault| moving.simulator.inject(fault));
        moving.step();
        if is_struck {
            let metrics = exporter.after_refreshes(REGION, 2.0).await;
            for (shown, expected) in numbers(&metrics, &moving.expected) {
                assert!(shown.is_none_or(|shown| shown <= expected), "{what}");
            }
            moving.simulator.clear_faults();
        }
        exporter
            .eventually(&what, |metrics| are_exact(metrics, &moving.expected))
            .await;
        let metrics = exporter.after_refreshes(REGION, 2.0).await;
        assert!(are_exact(&metrics, &moving.expected), "{what}: afterwards");
    }
    gone(&mut moving, &exporter).await;
    let restarted = Exporter::start(&moving.simulator, CONFIG).await;
    let metrics = restarted.after_refreshes(REGION, 2.0).await;
    assert_eq!(metrics.sum("appstream_sessions_started_total", &[]), 0.0);
    assert_eq!(metrics.sum("appstream_sessions_ended_total", &[]), 0.0);
}

/// Neither a filter nor an association that is gone ends a session.
async fn gone(moving: &mut Moving, exporter: &Exporter) {
    let count = |metrics: &Metrics| {
        let labels = [("fleet", "a")];
        metrics.value("appstream_session_duration_seconds_count", &labels)
    };
    let before = count(&exporter.metrics().await).expect("it is shown");
    let filtered = format!("{CONFIG}filters: {{stacks: {{exclude: [x]}}}}\n");
    exporter.write_config(&filtered);
    exporter.signal("HUP");
    let metrics = exporter
        .eventually("the filter", |metrics| {
            !metrics.has("appstream_sessions_started_total", &[("stack", "x")])
        })
        .await;
    assert_eq!(count(&metrics), Some(before));
    moving
        .simulator
        .update(|world| world.region_mut(REGION).remove_association("a", "y"));
    let metrics = exporter
        .eventually("the association", |metrics| {
            !metrics.has("appstream_sessions_started_total", &[("fleet", "a")])
        })
        .await;
    assert_eq!(count(&metrics), Some(before));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_ends_and_durations_are_those_that_happened() {
    futures_util::future::join_all((0..6).map(play)).await;
}
