//! Tests of the scheduler with paused time and a scripted source.

mod account;
mod economy;
mod filters;
mod reconfigure;
mod turnover;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

use super::*;
use crate::aws::{Cause, Error, Listed, Progress};
use crate::config::{Config, Target};
use crate::model::{
    AppBlockBuilder, AppBlockBuilderName, ByResource, Collector, Fleet, FleetName, ImageArn,
    ImageBuilder, ImageBuilderName, Images, Label, LastActivities, MetricBatch, MetricData,
    PolicyCounts, Pool, PoolId, PoolSessionTally, Quota, QuotaCode, ScalingNamespace,
    ScalingTarget, ScheduledAction, Session, SessionFold, Stack, StackName, Tags, TypeTally,
    UsageReports,
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

impl Source for Script {
    fn for_read(&self, _: &Progress) -> Self {
        self.clone()
    }

    fn begin_refresh(&self) {}

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
            account_id: Some("123456789012".into()),
            arn: None,
            display_name: None,
            errors: BTreeMap::new(),
        };
        listed([(stack.name.clone(), stack)])
    }

    async fn list_tags(&self, _: &str) -> Result<Listed<Tags>, Error> {
        refused("ListTagsForResource")
    }

    async fn describe_pool_tags(&self, _: &PoolId) -> Result<Listed<Tags>, Error> {
        refused("DescribeTags")
    }

    async fn list_associated_stacks(
        &self,
        _: &FleetName,
    ) -> Result<Listed<BTreeSet<StackName>>, Error> {
        Ok(Listed {
            value: BTreeSet::from(["s".into()]),
            calls: 1,
        })
    }

    async fn describe_sessions(
        &self,
        _: &FleetName,
        _: &StackName,
        kind: &Label,
        _: bool,
    ) -> Result<Listed<TypeTally>, Error> {
        let mut fold = SessionFold::new(kind.clone());
        fold.add(&Session {
            id: "one".to_owned(),
            ..Session::default()
        });
        let value = fold.finish();
        Ok(Listed { value, calls: 1 })
    }

    async fn describe_image_builders(
        &self,
    ) -> Result<Listed<BTreeMap<ImageBuilderName, ImageBuilder>>, Error> {
        listed([])
    }

    async fn describe_app_block_builders(
        &self,
    ) -> Result<Listed<BTreeMap<AppBlockBuilderName, AppBlockBuilder>>, Error> {
        listed([])
    }

    async fn describe_images(&self, _: &BTreeSet<ImageArn>) -> Result<Listed<Images>, Error> {
        refused("DescribeImages")
    }

    async fn describe_directory_configs(&self) -> Result<Listed<BTreeMap<String, String>>, Error> {
        listed([])
    }

    async fn describe_usage_report_subscriptions(&self) -> Result<Listed<UsageReports>, Error> {
        let value = UsageReports::default();
        Ok(Listed { value, calls: 1 })
    }

    async fn describe_workspaces_pools(&self) -> Result<Listed<BTreeMap<PoolId, Pool>>, Error> {
        listed([])
    }

    async fn describe_workspaces_pool_sessions(
        &self,
        _: &PoolId,
        _: bool,
    ) -> Result<Listed<PoolSessionTally>, Error> {
        let value = PoolSessionTally::default();
        Ok(Listed { value, calls: 1 })
    }

    async fn describe_scalable_targets(
        &self,
        _: ScalingNamespace,
    ) -> Result<Listed<ByResource<ScalingTarget>>, Error> {
        listed([])
    }

    async fn describe_scheduled_actions(
        &self,
        _: ScalingNamespace,
    ) -> Result<Listed<ByResource<Vec<ScheduledAction>>>, Error> {
        listed([])
    }

    async fn describe_scaling_policies(
        &self,
        _: ScalingNamespace,
    ) -> Result<Listed<ByResource<PolicyCounts>>, Error> {
        listed([])
    }

    async fn describe_scaling_activities(
        &self,
        _: ScalingNamespace,
    ) -> Result<Listed<ByResource<LastActivities>>, Error> {
        listed([])
    }

    async fn list_service_quotas(&self) -> Result<Listed<BTreeMap<QuotaCode, Quota>>, Error> {
        listed([])
    }

    async fn list_default_service_quotas(
        &self,
    ) -> Result<Listed<BTreeMap<QuotaCode, Quota>>, Error> {
        listed([])
    }

    async fn get_metric_data(&self, _: &MetricBatch) -> Result<Listed<MetricData>, Error> {
        refused("GetMetricData")
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

/// Runs a scheduler with an interval of 60 s for some seconds of paused time.
async fn run(steps: &[Step], config: Config, seconds: u32) -> Run {
    let metrics = crate::selfmetrics::SelfMetrics::new();
    let source = Script(Arc::new(Mutex::new(steps.to_vec())));
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
    let run = run(&[Step::Well], Config::default(), 301).await;
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
    let refreshes = run.counter("appstream_exporter_refreshes_total");
    assert_eq!((refreshes, times.len()), (6.0, 6));
    assert_eq!(
        run.counter("appstream_exporter_refreshes_skipped_total"),
        0.0
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_is_removed_at_the_moment_at_which_it_is_too_old() {
    let mut config = Config::default();
    config.refresh.max_age = 100 * SECOND;
    let run = run(&[Step::Well, Step::FleetsFail], config, 112).await;
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
    let run = run(&[Step::Well, Step::FleetsHang], Config::default(), 112).await;
    assert_eq!(run.counter("appstream_exporter_refreshes_total"), 2.0);
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
    let run = run(&[Step::FleetsHang], Config::default(), 10).await;
    assert!(run.published.iter().all(|(_, shown)| !shown.has_ended()));
    assert_eq!(run.counter("appstream_exporter_refreshes_total"), 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_value_is_removed_in_the_middle_of_a_refresh_that_hangs() {
    let mut config = Config::default();
    config.refresh.max_age = 130 * SECOND;
    // Refreshes begin at 0, before 60 and before 120 s; the third hangs.
    let run = run(
        &[Step::Well, Step::FleetsFail, Step::FleetsHang],
        config,
        140,
    )
    .await;
    let gone_at = run.first(0.0, |shown| shown.fleets.is_empty());
    assert!((gone_at - 130.0).abs() < 0.01, "{gone_at}");
    let (_, last) = run.published.last().unwrap();
    assert!(!success(last, Collector::AppstreamFleets));
}

#[tokio::test(start_paused = true)]
async fn what_is_known_is_shown_before_the_refresh_ends() {
    let run = run(&[Step::Well], Config::default(), 1).await;
    let (at, first) = &run.published[0];
    assert!(*at < 0.01 && !first.has_ended());
    assert!(first.fleets.len() + first.stacks.len() > 0);
    assert_eq!(first.sessions.len(), 0, "they need the association");
}
