//! Tests of the scheduler with paused time and a simulated account.

mod account;
mod economy;
mod filters;
mod reconfigure;
mod turnover;

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use super::*;
use crate::aws::{Cause, Error};
use crate::config::{Config, Target};
use crate::model::{Collector, Fleet, FleetName};
use account::{Account, Step};

const SECOND: Duration = Duration::from_secs(1);

/// Those of a target that leaves everything to the keys of all targets.
impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        let mut target = Target {
            collectors: config.collectors,
            ..Target::default()
        };
        target.sessions.authentication_types = config.sessions.authentication_types.clone();
        Self::of_target(config, &target)
    }
}

fn refused<T>(operation: &'static str) -> Result<T, Error> {
    let cause = Cause::Service {
        code: "AccessDeniedException".to_owned(),
        message: "no".to_owned(),
    };
    Err(Error { operation, cause })
}

/// AWS does not know this authentication type.
fn unsupported<T>(operation: &'static str) -> Result<T, Error> {
    let cause = Cause::Service {
        code: "InvalidParameterCombinationException".to_owned(),
        message: "no".to_owned(),
    };
    Err(Error { operation, cause })
}

fn fleet(name: &str) -> Fleet {
    Fleet {
        name: name.into(),
        account_id: Some("123456789012".into()),
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
        image_arn: None,
        root_volume_gib: None,
        is_imdsv1_disabled: None,
        errors: BTreeMap::new(),
    }
}

/// The published snapshots, with their times in seconds since the start.
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

    /// Refreshes that the last snapshot counts.
    fn refreshes(&self) -> u64 {
        self.published.last().map_or(0, |(_, last)| last.refreshes)
    }

    /// When something was first so in what is shown, after a time.
    fn first(&self, after: f64, is_so: impl Fn(&Snapshot) -> bool) -> f64 {
        let mut published = self.published.iter();
        let found = published.find(|(at, snapshot)| *at > after && is_so(snapshot));
        let times: Vec<_> = self.published.iter().map(|(at, _)| *at).collect();
        found.unwrap_or_else(|| panic!("never: {times:?}")).0
    }
}

fn success(snapshot: &Snapshot, collector: Collector) -> bool {
    let mut collectors = snapshot.collectors.iter();
    collectors.any(|status| status.collector == collector && status.success)
}

/// Runs a scheduler with an interval of 60 s for some seconds of paused time. The account has
/// one fleet in one stack with one session.
async fn run(steps: &[Step], config: Config, seconds: u32) -> Run {
    let metrics = crate::selfmetrics::SelfMetrics::new();
    let source = Account::default();
    source.hold().put("f", "ALWAYS_ON", None);
    source.hold().stream("f", "f", "SAML", 1);
    source.hold().fleet_steps = steps.to_vec();
    let counters = metrics.target("t", "r");
    let settings = Settings::from(&config);
    let (_reconfigure, reconfigured) = watch::channel(Reconfigure {
        source: source.clone(),
        settings: settings.clone(),
    });
    let scheduler = Scheduler::new(
        "t",
        "r",
        source,
        settings,
        counters,
        LogDedup::default(),
        || UNIX_EPOCH,
    );
    let start = Instant::now();
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let publish = move |snapshot| {
        let _ = sender.send((start.elapsed().as_secs_f64(), snapshot));
    };
    let stop = CancellationToken::new();
    let task = tokio::spawn(scheduler.run(reconfigured, publish, stop.clone()));
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
    let run = run(&[Step::Answer], Config::default(), 301).await;
    let mut times: Vec<f64> = run.published.iter().map(|(at, _)| *at).collect();
    times.dedup();
    assert!(times[0] < 0.01);
    assert!(
        (54.0..60.1).contains(&times[1]),
        "an interval, less a jitter of at most a tenth: {times:?}"
    );
    for pair in times[1..].windows(2) {
        assert!((pair[1] - pair[0] - 60.0).abs() < 0.01, "{times:?}");
    }
    assert_eq!((run.refreshes(), times.len()), (6, 6));
    assert_eq!(
        run.counter("appstream_exporter_refreshes_skipped_total"),
        0.0
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_is_removed_at_the_moment_at_which_it_is_too_old() {
    let mut config = Config::default();
    config.refresh.max_age = 100 * SECOND;
    let run = run(&[Step::Answer, Step::Refuse], config, 112).await;
    let failed_at = run.first(0.0, |shown| {
        shown.has_ended() && !success(shown, Collector::AppstreamFleets)
    });
    assert!(failed_at < 60.1, "{failed_at}");
    let gone_at = run.first(0.0, |shown| shown.fleets.is_empty());
    assert!(
        (gone_at - 100.0).abs() < 0.01,
        "between two ticks: {gone_at}"
    );
    let (_, last) = run.published.last().unwrap();
    assert_eq!(last.sessions.len(), 1, "the pairs are known from before");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_hangs_holds_up_nothing_else() {
    let run = run(&[Step::Answer, Step::Hang], Config::default(), 112).await;
    assert_eq!(run.refreshes(), 2);
    let (at, last) = run.published.last().unwrap();
    assert!(
        (104.0..110.1).contains(at),
        "the refresh ends at its timeout of 50 s: {at}"
    );
    assert!(success(last, Collector::AppstreamSessions));
    let sessions = &last.collectors[2];
    assert_eq!(
        (sessions.collector, sessions.duration),
        (Collector::AppstreamSessions, Duration::ZERO)
    );
    let fleets = &last.collectors[0];
    assert_eq!(fleets.duration, 50 * SECOND, "it is still under way");
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_a_refresh_that_is_under_way() {
    let run = run(&[Step::Hang], Config::default(), 10).await;
    assert!(run.published.iter().all(|(_, shown)| !shown.has_ended()));
    assert_eq!(run.refreshes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_value_is_removed_in_the_middle_of_a_refresh_that_hangs() {
    let mut config = Config::default();
    config.refresh.max_age = 130 * SECOND;
    // Refreshes begin at 0, before 60 and before 120 s; the third hangs.
    let run = run(&[Step::Answer, Step::Refuse, Step::Hang], config, 140).await;
    let gone_at = run.first(0.0, |shown| shown.fleets.is_empty());
    assert!((gone_at - 130.0).abs() < 0.01, "{gone_at}");
    let (_, last) = run.published.last().unwrap();
    assert!(!success(last, Collector::AppstreamFleets));
}

#[tokio::test(start_paused = true)]
async fn what_is_known_is_shown_before_the_refresh_ends() {
    let run = run(&[Step::Answer], Config::default(), 1).await;
    let (at, first) = &run.published[0];
    assert!(*at < 0.01 && !first.has_ended());
    assert!(first.fleets.len() + first.stacks.len() > 0);
    assert_eq!(first.sessions.len(), 0, "they need the association");
}

#[tokio::test(start_paused = true)]
async fn a_new_image_is_read_in_the_refresh_that_names_it() {
    let account = Account::default();
    account.hold().put("f", "ALWAYS_ON", None);
    let mut config = Config::default();
    config.images.interval = config.refresh.interval;
    let mut scheduler = account::scheduler(&account, &config);
    for image in ["one", "two", "two"] {
        let arn = format!("arn:aws:appstream:eu-west-1:111122223333:image/{image}");
        let fleet = FleetName::from("f");
        account.hold().fleets.get_mut(&fleet).unwrap().image_arn = Some(arn.as_str().into());
        scheduler.refresh().await;
        assert_eq!(
            account.taken().of("DescribeImages").last(),
            Some(&image),
            "also when the list of images is due before that of fleets"
        );
        tokio::time::advance(60 * SECOND).await;
    }
}
