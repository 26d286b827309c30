//! The clockwork, with time paused and a source that answers as it is told.

mod account;
mod economy;
mod orders;
mod selection;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::UNIX_EPOCH;

use super::*;
use crate::aws::{Cause, Error, Listed};
use crate::model::{
    Collector, Fleet, FleetName, Pool, PoolId, PoolSession, Session, Stack, StackName,
};

const SECOND: Duration = Duration::from_secs(1);

/// One fleet in one stack with one session; each refresh does what the script says next, the last for ever.
#[derive(Clone)]
struct Script(Arc<Mutex<Vec<Step>>>);

#[derive(Clone, Copy, PartialEq)]
enum Step {
    /// Everything answers at once.
    Well,
    /// `DescribeFleets` is refused.
    FleetsFail,
    /// `DescribeFleets` does not answer.
    FleetsHang,
}

fn refused<T>(operation: &'static str) -> Result<T, Error> {
    let cause = Cause::Service {
        code: "AccessDeniedException".to_owned(),
        message: "no".to_owned(),
    };
    Err(Error { operation, cause })
}

fn listed<K: Ord, V>(
    entries: impl IntoIterator<Item = (K, V)>,
) -> Result<Listed<BTreeMap<K, V>>, Error> {
    Ok(Listed {
        value: entries.into_iter().collect(),
        calls: 1,
    })
}

fn fleet(name: &str) -> Fleet {
    Fleet {
        name: name.into(),
        account_id: "123456789012".into(),
        arn: Some(name.to_owned()),
        fleet_type: None,
        instance_type: None,
        platform: None,
        image: None,
        stream_view: None,
        display_name: None,
        state: None,
        capacity: crate::model::Capacity::default(),
        max_sessions_per_instance: None,
        max_concurrent_sessions: None,
        max_user_duration_seconds: None,
        disconnect_timeout_seconds: None,
        idle_disconnect_timeout_seconds: None,
        created: None,
        default_internet_access: None,
        errors: BTreeMap::new(),
    }
}

impl Source for Script {
    fn begin_refresh(&self, _: Duration) {}

    fn requests_per_second(&self, _: crate::model::Service) -> f64 {
        5.0
    }

    fn requests_sent(&self, _: Service) -> u64 {
        0
    }

    async fn describe_fleets(&self) -> Result<Listed<BTreeMap<FleetName, Fleet>>, Error> {
        let step = {
            let mut steps = self.0.lock().unwrap();
            if steps.len() > 1 {
                steps.remove(0)
            } else {
                steps[0]
            }
        };
        match step {
            Step::Well => {}
            Step::FleetsFail => return refused("DescribeFleets"),
            Step::FleetsHang => std::future::pending().await,
        }
        listed([("f".into(), fleet("f"))])
    }

    async fn describe_stacks(&self) -> Result<Listed<BTreeMap<StackName, Stack>>, Error> {
        let stack = Stack {
            name: "s".into(),
            account_id: "123456789012".into(),
            display_name: None,
            errors: BTreeMap::new(),
        };
        listed([(stack.name.clone(), stack)])
    }

    async fn list_tags(&self, _: &str) -> Result<Listed<BTreeMap<String, String>>, Error> {
        refused("ListTagsForResource")
    }

    async fn list_associated_stacks(&self, _: &FleetName) -> Result<Listed<Vec<StackName>>, Error> {
        Ok(Listed {
            value: vec!["s".into()],
            calls: 1,
        })
    }

    async fn list_associated_fleets(&self, _: &StackName) -> Result<Listed<Vec<FleetName>>, Error> {
        Ok(Listed {
            value: vec!["f".into()],
            calls: 1,
        })
    }

    async fn describe_sessions(
        &self,
        _: &FleetName,
        _: &StackName,
        _: &Label,
        _: crate::aws::Precedence,
        mut each: impl FnMut(Session) + Send,
    ) -> Result<u32, Error> {
        each(Session {
            id: "one".to_owned(),
            user_id: None,
            instance_id: None,
            authentication_type: None,
            state: None,
            connection_state: None,
            started: None,
            expires: None,
        });
        Ok(1)
    }

    async fn describe_workspaces_pools(&self) -> Result<Listed<BTreeMap<PoolId, Pool>>, Error> {
        listed([])
    }

    async fn describe_workspaces_pool_sessions(
        &self,
        _: &PoolId,
        _: impl FnMut(PoolSession) + Send,
    ) -> Result<u32, Error> {
        Ok(1)
    }
}

/// What was published, with the time of it in seconds since the start.
struct Run {
    published: Vec<(f64, Snapshot)>,
    metrics: crate::selfmetrics::SelfMetrics,
}

impl Run {
    fn counter(&self, name: &str) -> f64 {
        let families = self.metrics.gather();
        let family = families
            .iter()
            .find(|family| family.name() == name)
            .unwrap();
        family.get_metric()[0].get_counter().get_value()
    }

    fn times(&self) -> Vec<f64> {
        self.published.iter().map(|(at, _)| *at).collect()
    }
}

fn success(snapshot: &Snapshot, collector: Collector) -> bool {
    snapshot
        .collectors
        .iter()
        .find(|status| status.collector == collector)
        .unwrap()
        .success
}

/// Runs a scheduler with an interval of 60 s for some seconds of paused time.
async fn run(steps: &[Step], config: Config, seconds: u32) -> Run {
    let metrics = crate::selfmetrics::SelfMetrics::new();
    let source = Script(Arc::new(Mutex::new(steps.to_vec())));
    let counters = metrics.target("t", "r");
    let settings = Settings::from(&config);
    let (_orders, ordered) = watch::channel(Order {
        source: source.clone(),
        settings: settings.clone(),
    });
    let scheduler = Scheduler::new("t", "r", source, settings, counters, || UNIX_EPOCH);
    let start = Instant::now();
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let publish = move |snapshot| {
        let _ = sender.send((start.elapsed().as_secs_f64(), snapshot));
    };
    let stop = CancellationToken::new();
    let task = tokio::spawn(scheduler.run(ordered, publish, stop.clone()));
    tokio::time::sleep(seconds * SECOND).await;
    stop.cancel();
    task.await.unwrap();
    let mut published = Vec::new();
    while let Some(entry) = receiver.recv().await {
        published.push(entry);
    }
    Run { published, metrics }
}

#[tokio::test(start_paused = true)]
async fn the_first_refresh_is_at_once_and_the_next_keep_the_pace() {
    let run = run(&[Step::Well], Config::default(), 300).await;
    let times = run.times();
    assert_eq!(times.len(), 5, "{times:?}");
    assert!(times[0] < 0.01);
    assert!(
        (60.0..66.1).contains(&times[1]),
        "an interval, and a jitter of at most a tenth: {times:?}"
    );
    for pair in times[1..].windows(2) {
        assert!((pair[1] - pair[0] - 60.0).abs() < 0.01, "{times:?}");
    }
    assert_eq!(run.counter("appstream_exporter_refreshes_total"), 5.0);
    assert_eq!(
        run.counter("appstream_exporter_refreshes_skipped_total"),
        0.0
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_vanishes_at_the_moment_at_which_it_is_too_old() {
    let mut config = Config::default();
    config.refresh.max_age = 100 * SECOND;
    let run = run(&[Step::Well, Step::FleetsFail], config, 115).await;
    let [(_, first), (_, held), (at, gone)] = &run.published[..] else {
        panic!("{:?}", run.times())
    };
    assert_eq!(
        (first.fleets.len(), held.fleets.len(), gone.fleets.len()),
        (1, 1, 0)
    );
    assert!(
        (at - 100.0).abs() < 0.01,
        "between two ticks, at its age: {:?}",
        run.times()
    );
    assert!(
        success(first, Collector::AppstreamFleets) && !success(held, Collector::AppstreamFleets)
    );
    assert_eq!(gone.sessions.len(), 1, "the pairs are known from before");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_hangs_holds_up_nobody_for_long() {
    let run = run(&[Step::Well, Step::FleetsHang], Config::default(), 120).await;
    let (at, second) = &run.published[1];
    assert!(
        (110.0..117.0).contains(at),
        "the refresh ends at its timeout of 50 s: {at}"
    );
    assert!(!success(second, Collector::AppstreamFleets));
    assert!(
        success(second, Collector::AppstreamSessions),
        "{:?}",
        second.collectors
    );
    let sessions = &second.collectors[2];
    assert_eq!(
        (sessions.collector, sessions.duration),
        (Collector::AppstreamSessions, Duration::ZERO)
    );
    assert!(
        second.collectors[0]
            .error
            .as_ref()
            .unwrap()
            .contains("the refresh ended first")
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_a_refresh_that_is_under_way() {
    let run = run(&[Step::FleetsHang], Config::default(), 10).await;
    assert!(run.published.is_empty());
    assert_eq!(run.counter("appstream_exporter_refreshes_total"), 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_value_vanishes_in_the_middle_of_a_refresh_that_hangs() {
    let mut config = Config::default();
    config.refresh.max_age = 130 * SECOND;
    // Refreshes begin at 0, at 60 and at 120 s; the third hangs until 170 s.
    let run = run(
        &[Step::Well, Step::FleetsFail, Step::FleetsHang],
        config,
        140,
    )
    .await;
    let (at, last) = run.published.last().unwrap();
    assert!((130.0..131.1).contains(at), "{:?}", run.times());
    assert_eq!((run.published.len(), last.fleets.len()), (3, 0));
}
