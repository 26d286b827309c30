//! The status of the exporter and of all refreshes as plain values: the JSON of `/api/v1/status`,
//! and the source of the page.
//!
//! Made for each request from values that are in memory. It waits for no refresh,
//! and holds no secret.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use serde::Serialize;

use super::time::{Seconds, Timestamp};
use crate::exposition::Exposition;
use crate::model::{CollectorStatus, Service, ServiceUse, Snapshot, TargetRegion};
use crate::selfmetrics::ConfigState;

/// The constants of the process, and the clock.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Version of the crate.
    pub version: &'static str,
    /// Git revision, or `unknown`.
    pub revision: &'static str,
    /// Which of the shards this is, from 0 on.
    pub shard: u32,
    /// The number of shards.
    pub total_shards: u32,
    /// When the process began to serve.
    pub started_at: SystemTime,
    /// The clock.
    pub wall_clock: fn() -> SystemTime,
}

/// All of it. docs/openapi.yaml documents the keys, which stay as they are.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Status {
    #[serde(rename = "now_timestamp_seconds")]
    pub(super) now: Timestamp,
    pub(super) version: &'static str,
    pub(super) revision: &'static str,
    #[serde(rename = "started_timestamp_seconds")]
    pub(super) started_at: Timestamp,
    #[serde(rename = "uptime_seconds")]
    pub(super) uptime: Seconds,
    pub(super) shard: u32,
    pub(super) total_shards: u32,
    pub(super) ready: bool,
    pub(super) summary: Summary,
    pub(super) config: Config,
    pub(super) targets: Vec<Target>,
}

/// The overall state in a word and some numbers.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Summary {
    pub(super) state: Overall,
    pub(super) targets: usize,
    pub(super) regions: usize,
    /// Regions that are not refreshed, because another target shows them.
    pub(super) regions_refused: usize,
    /// Regions whose first refresh has not ended, and targets whose regions are looked for.
    pub(super) regions_pending: usize,
    pub(super) collectors: usize,
    pub(super) collectors_failing: usize,
    #[serde(rename = "failing_since_timestamp_seconds")]
    pub(super) failing_since: Option<Timestamp>,
}

/// The overall state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Overall {
    /// Every collector of every region succeeds.
    Ok,
    /// Some do not.
    Failing,
    /// None fails, but some regions were not refreshed yet.
    Starting,
    /// There is nothing to refresh.
    Idle,
}

/// The configuration.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Config {
    /// Fits into 48 bits, so that every reader of JSON has it whole.
    pub(super) hash: u64,
    #[serde(rename = "loaded_timestamp_seconds")]
    pub(super) loaded_at: Option<Timestamp>,
    #[serde(rename = "refresh_interval_seconds")]
    pub(super) interval: Seconds,
    pub(super) last_reload_successful: bool,
    #[serde(rename = "last_reload_failed_timestamp_seconds")]
    pub(super) refused_at: Option<Timestamp>,
    #[serde(rename = "last_reload_errors")]
    pub(super) problems: Vec<String>,
}

/// A target with its regions.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Target {
    pub(super) target: String,
    pub(super) regions: Vec<Region>,
}

/// A region of a target.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Region {
    /// `None` while the regions of the target are looked for.
    pub(super) region: Option<String>,
    pub(super) state: State,
    /// The accounts that its resources are in: one, unless AWS gave ARNs that do not say.
    pub(super) account_ids: Vec<String>,
    pub(super) refreshing: bool,
    #[serde(rename = "refresh_started_timestamp_seconds")]
    pub(super) refreshing_since: Option<Timestamp>,
    #[serde(rename = "next_refresh_timestamp_seconds")]
    pub(super) next_refresh: Option<Timestamp>,
    pub(super) services: Vec<ServiceStatus>,
    pub(super) collectors: Vec<Collector>,
}

/// The state of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Every collector succeeded in the last refresh.
    Ok,
    /// Some did not.
    Failing,
    /// It is the same account and region as another target, and not refreshed.
    Refused,
    /// The first refresh has not ended.
    FirstRefresh,
    /// The regions of the target are not known yet.
    LookingForRegions,
}

/// The calls of a region to one service.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ServiceStatus {
    pub(super) service: &'static str,
    #[serde(skip)]
    pub(super) name: &'static str,
    /// Requests that the last refresh sent, retries among them.
    pub(super) requests: u64,
    pub(super) calls_needed: u32,
    pub(super) calls_budget: u64,
    pub(super) requests_per_second: f64,
    pub(super) configured_requests_per_second: f64,
    pub(super) throttled: bool,
    /// A whole refresh needs more calls than the rate limit allows in its time.
    pub(super) waits_for_rate_limit: bool,
    /// The last refresh ended before everything was read.
    pub(super) ran_out_of_time: bool,
    pub(super) unread_parts: usize,
}

/// A collector of a region.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Collector {
    pub(super) collector: &'static str,
    pub(super) state: Outcome,
    pub(super) success: bool,
    #[serde(rename = "last_success_timestamp_seconds")]
    pub(super) last_success: Option<Timestamp>,
    #[serde(rename = "last_read_timestamp_seconds")]
    pub(super) last_read: Option<Timestamp>,
    #[serde(rename = "failing_since_timestamp_seconds")]
    pub(super) failing_since: Option<Timestamp>,
    #[serde(rename = "duration_seconds")]
    pub(super) duration: Seconds,
    pub(super) failures: usize,
    pub(super) error: Option<String>,
    /// Authentication types that AWS does not support here, or an empty text for the
    /// whole collector. Each with AWS's answer.
    pub(super) unsupported: BTreeMap<String, String>,
}

/// The result of the last refresh for a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// It was read.
    Success,
    /// No call to AWS: the data is not due yet.
    Kept,
    /// No call to AWS: there are no resources to read.
    NothingToAsk,
    /// Something failed.
    Failed,
}

impl Status {
    /// As of now.
    pub(super) fn of(exposition: &Exposition, about: &About) -> Self {
        let now = (about.wall_clock)();
        let target_regions = exposition.target_regions();
        let targets = targets(exposition, &target_regions);
        Self {
            now: Timestamp(now),
            version: about.version,
            revision: about.revision,
            started_at: Timestamp(about.started_at),
            uptime: Seconds(now.duration_since(about.started_at).unwrap_or_default()),
            shard: about.shard,
            total_shards: about.total_shards,
            ready: exposition.is_ready(),
            summary: Summary::of(&targets),
            config: Config::of(exposition.self_metrics().config_state()),
            targets,
        }
    }

    /// As JSON.
    pub(super) fn json(&self) -> String {
        let mut json = serde_json::to_string(self).expect("plain values are JSON");
        json.push('\n');
        json
    }
}

/// Consecutive target regions with the same name of a target are one target.
fn targets(exposition: &Exposition, target_regions: &[TargetRegion]) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for target_region in target_regions {
        let region = Region::of(exposition, target_region);
        match targets.last_mut() {
            Some(last) if *last.target == *target_region.target => last.regions.push(region),
            _ => targets.push(Target {
                target: target_region.target.as_ref().to_owned(),
                regions: vec![region],
            }),
        }
    }
    targets
}

impl Summary {
    fn of(targets: &[Target]) -> Self {
        let regions = || targets.iter().flat_map(|target| &target.regions);
        let in_state = |states: &[State]| {
            regions()
                .filter(|region| states.contains(&region.state))
                .count()
        };
        let collectors = || regions().flat_map(|region| &region.collectors);
        let failing = || collectors().filter(|collector| !collector.success);
        let pending = in_state(&[State::FirstRefresh, State::LookingForRegions]);
        let state = match (failing().count(), pending, targets.len()) {
            (_, _, 0) => Overall::Idle,
            (0, 0, _) => Overall::Ok,
            (0, _, _) => Overall::Starting,
            _ => Overall::Failing,
        };
        Self {
            state,
            targets: targets.len(),
            regions: regions().filter(|region| region.region.is_some()).count(),
            regions_refused: in_state(&[State::Refused]),
            regions_pending: pending,
            collectors: collectors().count(),
            collectors_failing: failing().count(),
            failing_since: failing().filter_map(|one| one.failing_since).min(),
        }
    }
}

impl Config {
    fn of(state: ConfigState) -> Self {
        let ConfigState {
            hash,
            loaded_at,
            interval,
            refused,
            ..
        } = state;
        let problems = refused.as_ref().map_or("", |(_, problems)| problems);
        Self {
            hash,
            loaded_at: loaded_at.map(Timestamp),
            interval: Seconds(interval),
            last_reload_successful: refused.is_none(),
            problems: problems.lines().map(str::to_owned).collect(),
            refused_at: refused.map(|(at, _)| Timestamp(at)),
        }
    }
}

impl Region {
    fn of(exposition: &Exposition, target_region: &TargetRegion) -> Self {
        let snapshot = target_region.snapshot.as_deref();
        let state = State::of(target_region);
        // A target that is rejected during a refresh makes no more calls.
        let progress = match state {
            State::Refused => Default::default(),
            _ => exposition
                .self_metrics()
                .progress(&target_region.target, &target_region.region),
        };
        let accounts: BTreeSet<_> = snapshot.into_iter().flat_map(Snapshot::accounts).collect();
        let services = snapshot.map_or(&[][..], |snapshot| &snapshot.services);
        let collectors = snapshot.map_or(&[][..], |snapshot| &snapshot.collectors);
        Self {
            region: (!target_region.region.is_empty())
                .then(|| target_region.region.as_ref().to_owned()),
            state,
            account_ids: accounts
                .into_iter()
                .map(|one| one.as_str().to_owned())
                .collect(),
            refreshing: progress.under_way_since.is_some(),
            refreshing_since: progress.under_way_since.map(Timestamp),
            next_refresh: progress.next_at.map(Timestamp),
            services: services.iter().map(ServiceStatus::of).collect(),
            collectors: collectors.iter().map(Collector::of).collect(),
        }
    }
}

impl State {
    fn of(target_region: &TargetRegion) -> Self {
        match &target_region.snapshot {
            Some(snapshot) if snapshot.is_refused => Self::Refused,
            Some(snapshot) if !snapshot.has_ended() => Self::FirstRefresh,
            Some(snapshot) if snapshot.collectors.iter().all(|one| one.success) => Self::Ok,
            Some(_) => Self::Failing,
            None if target_region.region.is_empty() => Self::LookingForRegions,
            None => Self::FirstRefresh,
        }
    }
}

impl ServiceStatus {
    fn of(service: &ServiceUse) -> Self {
        let name = match service.service {
            Service::Appstream => "AppStream",
            Service::Workspaces => "WorkSpaces",
            Service::ApplicationAutoscaling => "Application Auto Scaling",
            Service::ServiceQuotas => "Service Quotas",
            Service::Cloudwatch => "CloudWatch",
        };
        Self {
            service: service.service.as_str(),
            name,
            requests: service.sent,
            calls_needed: service.needed,
            calls_budget: service.budget,
            requests_per_second: service.requests_per_second,
            configured_requests_per_second: service.configured_per_second,
            throttled: service.requests_per_second < service.configured_per_second,
            waits_for_rate_limit: u64::from(service.needed) > service.budget,
            ran_out_of_time: service.ran_out_of_time,
            unread_parts: service.unread,
        }
    }
}

impl Collector {
    fn of(status: &CollectorStatus) -> Self {
        let state = match status {
            CollectorStatus { success: false, .. } => Outcome::Failed,
            CollectorStatus { asked: true, .. } => Outcome::Success,
            CollectorStatus { lists: 0, .. } => Outcome::NothingToAsk,
            _ => Outcome::Kept,
        };
        Self {
            collector: status.collector.as_str(),
            state,
            success: status.success,
            last_success: status.last_success.map(Timestamp),
            last_read: status.last_read.map(Timestamp),
            failing_since: status.failing_since.map(Timestamp),
            duration: Seconds(status.duration),
            failures: status.failures,
            error: status.error.clone(),
            unsupported: status.unsupported.clone(),
        }
    }
}
