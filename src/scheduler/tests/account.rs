//! A simulated account that responds at once and records its calls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use super::fleet;
use crate::aws::{
    AccountHealthSource, AppstreamSource, BuilderSource, ImageSource, Listed, MetricSource,
    Progress, QuotaSource, Response, ScalingSource, Source, WorkspacesSource,
};
use crate::config::Config;
use crate::model::{
    AppBlockBuilder, AppBlockBuilderName, Association, ByResource, Capacity, Fleet, FleetName,
    ImageArn, ImageBuilder, ImageBuilderName, Images, Label, LastActivities, MetricBatch,
    MetricData, PolicyCounts, Pool, PoolId, PoolSessionTally, Quota, QuotaCode, ScalingNamespace,
    ScalingTarget, ScheduledAction, Service, Session, SessionFold, Snapshot, Stack, StackName,
    Tags, TypeTally, UsageReports,
};
use crate::scheduler::{Scheduler, Settings};

/// Sessions on a page.
const PAGE: usize = 50;

/// The resources of an account, and its calls.
#[derive(Default)]
pub(super) struct Holding {
    pub(super) fleets: BTreeMap<FleetName, Fleet>,
    pub(super) stacks: BTreeSet<StackName>,
    pub(super) pairs: BTreeSet<Association>,
    /// Sessions by pair and authentication type.
    pub(super) sessions: BTreeMap<(Association, &'static str), Vec<Session>>,
    /// Tags by fleet.
    pub(super) tags: BTreeMap<String, Tags>,
    /// Fleets whose tags do not come until they are let go.
    pub(super) silent_tags: BTreeSet<String>,
    pub(super) answer_tags: Arc<tokio::sync::Notify>,
    pub(super) calls: Vec<Call>,
    /// Authentication types and pairs whose sessions cannot be read; or nothing can be read.
    pub(super) refused: BTreeSet<&'static str>,
    pub(super) unsupported: BTreeSet<&'static str>,
    pub(super) down: BTreeSet<Association>,
    pub(super) is_down: bool,
    pub(super) app_block_builders: BTreeMap<AppBlockBuilderName, AppBlockBuilder>,
    /// The next responses to `DescribeFleets`, the last of them for ever.
    pub(super) fleet_steps: Vec<Step>,
}

/// The response to a call.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Answer,
    Refuse,
    Hang,
}

/// A read: its operation and what it was of; pages are calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) operation: &'static str,
    pub(super) of: String,
    pub(super) pages: u32,
}

/// The account, shared by the test and the scheduler.
#[derive(Clone, Default)]
pub(super) struct Account(Arc<Mutex<Holding>>);

impl Account {
    pub(super) fn hold(&self) -> MutexGuard<'_, Holding> {
        self.0.lock().unwrap()
    }

    /// Calls of an operation since the last call of this function.
    pub(super) fn taken(&self) -> Taken {
        Taken(std::mem::take(&mut self.hold().calls))
    }

    fn fleet_step(&self) -> Step {
        let mut hold = self.hold();
        match hold.fleet_steps.len() {
            _ if hold.is_down => Step::Refuse,
            0 => Step::Answer,
            1 => hold.fleet_steps[0],
            _ => hold.fleet_steps.remove(0),
        }
    }

    /// A list of the region, which is one page.
    fn list<T>(&self, operation: &'static str, value: T) -> Response<T> {
        let calls = self.called(operation, String::new(), 1);
        Ok(Listed { value, calls })
    }

    fn called(&self, operation: &'static str, of: String, pages: usize) -> u32 {
        let pages = u32::try_from(pages).unwrap();
        self.hold().calls.push(Call {
            operation,
            of,
            pages,
        });
        pages
    }
}

/// The calls of one refresh.
#[derive(Debug)]
pub(super) struct Taken(pub(super) Vec<Call>);

impl Taken {
    pub(super) fn calls(&self, operation: &str) -> u32 {
        let calls = self.0.iter().filter(|call| call.operation == operation);
        calls.map(|call| call.pages).sum()
    }

    /// The resources of an operation's calls, in call order.
    pub(super) fn of(&self, operation: &str) -> Vec<&str> {
        let calls = self.0.iter().filter(|call| call.operation == operation);
        calls.map(|call| call.of.as_str()).collect()
    }
}

impl Holding {
    /// A fleet of this type, in a stack of the same name, with this much in use.
    pub(super) fn put(&mut self, name: &str, fleet_type: &'static str, in_use: Option<i32>) {
        let fleet = Fleet {
            fleet_type: Some(Label::Borrowed(fleet_type)),
            state: Some(Label::Borrowed("RUNNING")),
            capacity: Capacity {
                in_use,
                ..Capacity::default()
            },
            ..fleet(name)
        };
        self.fleets.insert(fleet.name.clone(), fleet);
        self.associate(name, name);
    }

    pub(super) fn associate(&mut self, fleet: &str, stack: &str) {
        self.stacks.insert(stack.into());
        self.pairs.insert(pair(fleet, stack));
    }

    pub(super) fn use_instances(&mut self, fleet: &str, in_use: i32) {
        let fleet = self.fleets.get_mut(&FleetName::from(fleet)).unwrap();
        fleet.capacity.in_use = Some(in_use);
    }

    /// Gives a pair so many sessions of a type.
    pub(super) fn stream(&mut self, fleet: &str, stack: &str, kind: &'static str, sessions: usize) {
        let session = |number| Session {
            id: format!("{fleet}/{stack}/{kind}/{number}"),
            authentication_type: Some(Label::Borrowed(kind)),
            state: Some(Label::Borrowed("ACTIVE")),
            connection_state: Some(Label::Borrowed("CONNECTED")),
            ..Session::default()
        };
        let sessions = (0..sessions).map(session).collect();
        self.sessions.insert((pair(fleet, stack), kind), sessions);
    }
}

pub(super) fn pair(fleet: &str, stack: &str) -> Association {
    Association {
        fleet: fleet.into(),
        stack: stack.into(),
    }
}

/// The live sessions that a snapshot shows of a pair.
pub(super) fn live(snapshot: &Snapshot, fleet: &str, stack: &str) -> Option<i32> {
    let wanted = pair(fleet, stack);
    let found = snapshot
        .sessions
        .iter()
        .find(|shown| shown.fleet == wanted.fleet && shown.stack == wanted.stack)?;
    Some(found.tally.live)
}

/// A scheduler of this account; refreshes are the test's to call for.
pub(super) fn scheduler(account: &Account, config: &Config) -> Scheduler<Account> {
    scheduler_at(account, config, || UNIX_EPOCH)
}

pub(super) fn scheduler_at(
    account: &Account,
    config: &Config,
    wall_clock: fn() -> SystemTime,
) -> Scheduler<Account> {
    let metrics = crate::selfmetrics::SelfMetrics::new();
    let settings = Settings::from(config);
    let metrics = metrics.target("t", "r");
    let dedup = crate::report::LogDedup::default();
    Scheduler::new(
        "t",
        "r",
        account.clone(),
        settings,
        metrics,
        dedup,
        wall_clock,
    )
}

impl Source for Account {
    fn for_read(&self, _: &Progress) -> Self {
        self.clone()
    }

    fn begin_refresh(&self) {}

    fn requests_per_second(&self, _: Service) -> f64 {
        5.0
    }

    fn requests_sent(&self, _: Service) -> u64 {
        0
    }
}

impl AppstreamSource for Account {
    async fn describe_fleets(&self) -> Response<BTreeMap<FleetName, Fleet>> {
        match self.fleet_step() {
            Step::Answer => {}
            Step::Refuse => return super::refused("DescribeFleets"),
            Step::Hang => std::future::pending().await,
        }
        let fleets = self.hold().fleets.clone();
        self.list("DescribeFleets", fleets)
    }

    async fn describe_stacks(&self) -> Response<BTreeMap<StackName, Stack>> {
        let stack = |name: &StackName| Stack {
            name: name.clone(),
            account_id: Some("123456789012".into()),
            arn: None,
            display_name: None,
            errors: BTreeMap::new(),
        };
        let stacks = self.hold().stacks.clone();
        let stacks = stacks.iter().map(|name| (name.clone(), stack(name)));
        self.list("DescribeStacks", stacks.collect())
    }

    async fn list_associated_stacks(&self, fleet: &FleetName) -> Response<BTreeSet<StackName>> {
        let calls = self.called("ListAssociatedStacks", fleet.as_str().to_owned(), 1);
        let hold = self.hold();
        let pairs = hold.pairs.iter().filter(|pair| pair.fleet == *fleet);
        let value = pairs.map(|pair| pair.stack.clone()).collect();
        Ok(Listed { value, calls })
    }

    async fn list_tags(&self, arn: &str) -> Response<Tags> {
        let calls = self.called("ListTagsForResource", arn.to_owned(), 1);
        if self.hold().silent_tags.contains(arn) {
            let answer = Arc::clone(&self.hold().answer_tags);
            answer.notified().await;
        }
        let tags = self.hold().tags.get(arn).cloned();
        let value = tags.unwrap_or_default();
        Ok(Listed { value, calls })
    }

    async fn describe_sessions(
        &self,
        fleet: &FleetName,
        stack: &StackName,
        asked: &Label,
        is_listed: bool,
    ) -> Response<TypeTally> {
        let pair = pair(fleet.as_str(), stack.as_str());
        let sessions = self
            .hold()
            .sessions
            .iter()
            .find(|((of, kind), _)| *of == pair && **kind == **asked)
            .map(|(_, sessions)| sessions.clone())
            .unwrap_or_default();
        let is_refused = {
            let hold = self.hold();
            hold.is_down || hold.refused.contains(&**asked) || hold.down.contains(&pair)
        };
        if is_refused {
            return super::refused("DescribeSessions");
        }
        if self.hold().unsupported.contains(&**asked) {
            return super::unsupported("DescribeSessions");
        }
        let pages = sessions.len().div_ceil(PAGE).max(1);
        let mut fold = SessionFold::new(asked.clone()).with_list(is_listed);
        sessions.iter().for_each(|session| fold.add(session));
        let of = format!("{} {} {asked}", fleet.as_str(), stack.as_str());
        let calls = self.called("DescribeSessions", of, pages);
        let value = fold.finish();
        Ok(Listed { value, calls })
    }
}

impl BuilderSource for Account {
    async fn describe_image_builders(&self) -> Response<BTreeMap<ImageBuilderName, ImageBuilder>> {
        self.list("DescribeImageBuilders", BTreeMap::new())
    }

    async fn describe_app_block_builders(
        &self,
    ) -> Response<BTreeMap<AppBlockBuilderName, AppBlockBuilder>> {
        let builders = self.hold().app_block_builders.clone();
        self.list("DescribeAppBlockBuilders", builders)
    }
}

impl ImageSource for Account {
    async fn describe_images(&self, arns: &BTreeSet<ImageArn>) -> Response<Images> {
        let names: Vec<_> = arns.iter().map(ImageArn::image).collect();
        let calls = self.called("DescribeImages", names.join(" "), 1);
        let value = Images {
            asked: arns.clone(),
            found: Arc::default(),
        };
        Ok(Listed { value, calls })
    }
}

impl AccountHealthSource for Account {
    async fn describe_directory_configs(&self) -> Response<BTreeMap<String, String>> {
        self.list("DescribeDirectoryConfigs", BTreeMap::new())
    }

    async fn describe_usage_report_subscriptions(&self) -> Response<UsageReports> {
        self.list("DescribeUsageReportSubscriptions", UsageReports::default())
    }
}

impl WorkspacesSource for Account {
    async fn describe_workspaces_pools(&self) -> Response<BTreeMap<PoolId, Pool>> {
        self.list("DescribeWorkspacesPools", BTreeMap::new())
    }

    async fn describe_pool_tags(&self, _: &PoolId) -> Response<Tags> {
        super::refused("DescribeTags")
    }

    async fn describe_workspaces_pool_sessions(
        &self,
        _: &PoolId,
        _: bool,
    ) -> Response<PoolSessionTally> {
        self.list(
            "DescribeWorkspacesPoolSessions",
            PoolSessionTally::default(),
        )
    }
}

impl ScalingSource for Account {
    async fn describe_scalable_targets(
        &self,
        _: ScalingNamespace,
    ) -> Response<ByResource<ScalingTarget>> {
        self.list("DescribeScalableTargets", BTreeMap::new())
    }

    async fn describe_scheduled_actions(
        &self,
        _: ScalingNamespace,
    ) -> Response<ByResource<Vec<ScheduledAction>>> {
        self.list("DescribeScheduledActions", BTreeMap::new())
    }

    async fn describe_scaling_policies(
        &self,
        _: ScalingNamespace,
    ) -> Response<ByResource<PolicyCounts>> {
        self.list("DescribeScalingPolicies", BTreeMap::new())
    }

    async fn describe_scaling_activities(
        &self,
        _: ScalingNamespace,
    ) -> Response<ByResource<LastActivities>> {
        self.list("DescribeScalingActivities", BTreeMap::new())
    }
}

impl QuotaSource for Account {
    async fn list_service_quotas(&self) -> Response<BTreeMap<QuotaCode, Quota>> {
        self.list("ListServiceQuotas", BTreeMap::new())
    }

    async fn list_default_service_quotas(&self) -> Response<BTreeMap<QuotaCode, Quota>> {
        self.list("ListAWSDefaultServiceQuotas", BTreeMap::new())
    }
}

impl MetricSource for Account {
    async fn get_metric_data(&self, _: &MetricBatch) -> Response<MetricData> {
        super::refused("GetMetricData")
    }
}
