//! The result of one refresh of one account and region.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{
    AccountId, AppBlockBuilder, AppBlockBuilderName, Association, Collector, CollectorStatus,
    DurationHistogram, Fleet, FleetName, FleetScaling, Image, ImageBuilder, ImageBuilderName,
    ImageKey, Label, Pool, PoolId, PoolScaling, QuotaUse, ServiceUse, SessionGroup, SessionTally,
    ShownMetrics, Stack, StackName, Tags, UsageReports,
};

/// The sessions of one pair of fleet and stack.
#[derive(Clone, Debug)]
pub struct PairSessions {
    /// The fleet.
    pub fleet: FleetName,
    /// The stack.
    pub stack: StackName,
    /// The authentication types to show, with 0 where they have no session.
    pub authentication_types: Vec<Label>,
    /// Its sessions.
    pub tally: Arc<SessionTally>,
    /// Sessions that started since the exporter first read the pair.
    pub started: u64,
    /// Sessions that ended since then.
    pub ended: u64,
}

/// The sessions of one fleet over all its stacks.
#[derive(Clone, Debug)]
pub struct FleetTotals {
    /// The fleet.
    pub fleet: FleetName,
    /// Distinct instances that serve a session; `None` unless all pairs of the fleet are known.
    pub instances: Option<i32>,
    /// Durations of the sessions that have ended; `None` while no sessions are known.
    pub durations: Option<Arc<DurationHistogram>>,
}

/// The sessions of one pool.
#[derive(Clone, Debug)]
pub struct PoolSessions {
    /// The pool.
    pub pool: PoolId,
    /// Its name.
    pub pool_name: String,
    /// Its sessions.
    pub tally: Arc<SessionTally>,
    /// Sessions that started since the exporter first read the pool.
    pub started: u64,
    /// Sessions that ended since then.
    pub ended: u64,
    /// The durations.
    pub durations: Arc<DurationHistogram>,
}

/// All that is known of one account and region at a moment.
///
/// Immutable. Without data that is unknown, expired or switched off.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Name of the target in the configuration.
    pub target: Arc<str>,
    /// The region.
    pub region: Arc<str>,
    /// The account of the resources whose ARN names none, if it is known.
    pub account_id: Option<AccountId>,
    /// Fleets by name.
    pub fleets: Arc<BTreeMap<FleetName, Fleet>>,
    /// All tags of fleets, where they are known.
    pub fleet_tags: BTreeMap<FleetName, Arc<Tags>>,
    /// Stacks by name.
    pub stacks: Arc<BTreeMap<StackName, Stack>>,
    /// All tags of stacks, where they are known.
    pub stack_tags: BTreeMap<StackName, Arc<Tags>>,
    /// Associated pairs.
    pub associations: Vec<Association>,
    /// Sessions of every pair that is known.
    pub sessions: Vec<PairSessions>,
    /// Sessions of every fleet whose associations are known.
    pub fleet_totals: Vec<FleetTotals>,
    /// The sessions one by one, in the order of their places; `None` without `sessions.list`.
    pub session_groups: Option<Vec<SessionGroup>>,
    /// Image builders by name.
    pub image_builders: Arc<BTreeMap<ImageBuilderName, ImageBuilder>>,
    /// App block builders by name.
    pub app_block_builders: Arc<BTreeMap<AppBlockBuilderName, AppBlockBuilder>>,
    /// Images that fleets and image builders use, by name and visibility.
    pub images: Arc<BTreeMap<ImageKey, Image>>,
    /// Certificate-based authentication by name of the directory.
    pub directory_configs: Arc<BTreeMap<String, String>>,
    /// Usage reports.
    pub usage_reports: Arc<UsageReports>,
    /// Pools by id.
    pub pools: Arc<BTreeMap<PoolId, Pool>>,
    /// All tags of pools, where they are known.
    pub pool_tags: BTreeMap<PoolId, Arc<Tags>>,
    /// Sessions of every pool that is known.
    pub pool_sessions: Vec<PoolSessions>,
    /// Scaling of the fleets that are known.
    pub fleet_scaling: FleetScaling,
    /// Scaling of the pools that are known.
    pub pool_scaling: PoolScaling,
    /// Quotas by code.
    pub quotas: Vec<QuotaUse>,
    /// CloudWatch metrics of fleets.
    pub fleet_metrics: BTreeMap<FleetName, ShownMetrics>,
    /// CloudWatch metrics of pools, by id and name.
    pub pool_metrics: BTreeMap<(PoolId, String), ShownMetrics>,
    /// One entry for each collector that is switched on; empty until the first refresh has ended.
    pub collectors: Vec<CollectorStatus>,
    /// One entry for each service that is called; empty until the first refresh has ended.
    pub services: Vec<ServiceUse>,
    /// Refreshes that have ended since the region was added.
    pub refreshes: u64,
    /// A refresh is running, so another snapshot follows soon.
    pub is_partial: bool,
    /// It was not refreshed at all: [`Snapshot::refused`].
    pub is_refused: bool,
}

impl Snapshot {
    /// A target region that is never refreshed: another target shows the same.
    #[must_use]
    pub fn refused(
        target: Arc<str>,
        region: Arc<str>,
        collectors: impl IntoIterator<Item = Collector>,
        reason: &str,
    ) -> Self {
        Self {
            is_refused: true,
            ..Self::failed(target, region, collectors, reason)
        }
    }

    /// A refresh that did not happen, for a reason that is the same for all collectors.
    #[must_use]
    pub fn failed(
        target: Arc<str>,
        region: Arc<str>,
        collectors: impl IntoIterator<Item = Collector>,
        reason: &str,
    ) -> Self {
        let failed = |collector| CollectorStatus {
            collector,
            success: false,
            asked: false,
            lists: 0,
            last_success: None,
            last_read: None,
            failing_since: None,
            duration: Duration::ZERO,
            failures: 1,
            error: Some(reason.to_owned()),
            unsupported: BTreeMap::new(),
        };
        Self {
            collectors: collectors.into_iter().map(failed).collect(),
            ..Self::empty(target, region)
        }
    }

    /// A snapshot of nothing.
    #[must_use]
    pub fn empty(target: Arc<str>, region: Arc<str>) -> Self {
        Self {
            target,
            region,
            account_id: None,
            fleets: Arc::default(),
            fleet_tags: BTreeMap::new(),
            stacks: Arc::default(),
            stack_tags: BTreeMap::new(),
            associations: Vec::new(),
            sessions: Vec::new(),
            fleet_totals: Vec::new(),
            session_groups: None,
            image_builders: Arc::default(),
            app_block_builders: Arc::default(),
            images: Arc::default(),
            directory_configs: Arc::default(),
            usage_reports: Arc::default(),
            pools: Arc::default(),
            pool_tags: BTreeMap::new(),
            pool_sessions: Vec::new(),
            fleet_scaling: FleetScaling::default(),
            pool_scaling: PoolScaling::default(),
            quotas: Vec::new(),
            fleet_metrics: BTreeMap::new(),
            pool_metrics: BTreeMap::new(),
            collectors: Vec::new(),
            services: Vec::new(),
            refreshes: 0,
            is_partial: false,
            is_refused: false,
        }
    }

    /// The last successful call to AWS for this collector.
    #[must_use]
    pub fn last_read(&self, collector: Collector) -> Option<SystemTime> {
        let mut collectors = self.collectors.iter();
        collectors
            .find(|status| status.collector == collector)?
            .last_read
    }

    /// Whether a refresh has ended, well or badly.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        !self.collectors.is_empty()
    }
}

/// A region of a target, with what is shown of it.
#[derive(Clone, Debug)]
pub struct TargetRegion {
    /// Name of the target in the configuration.
    pub target: Arc<str>,
    /// The region; empty while the regions of the target are unknown.
    pub region: Arc<str>,
    /// Labels that every AWS family of the target gets, besides its own.
    pub labels: Arc<[(String, String)]>,
    /// Tags that are shown: key, and name of the label.
    pub tag_labels: Arc<[(String, String)]>,
    /// The known data; `None` until there is any.
    pub snapshot: Option<Arc<Snapshot>>,
}

impl TargetRegion {
    /// Whether its first refresh has ended, well or badly.
    #[must_use]
    pub fn has_been_refreshed(&self) -> bool {
        let snapshot = self.snapshot.as_ref();
        snapshot.is_some_and(|snapshot| snapshot.has_ended())
    }
}
