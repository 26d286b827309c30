//! A simulated account that responds at once and records its calls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use super::fleet;
use crate::aws::{Error, Listed, Progress, Source};
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

/// A list without items.
fn nothing<T: Default>() -> Result<Listed<T>, Error> {
    let value = T::default();
    Ok(Listed { value, calls: 1 })
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

    async fn describe_fleets(&self) -> Result<Listed<BTreeMap<FleetName, Fleet>>, Error> {
        match self.fleet_step() {
            Step::Answer => {}
            Step::Refuse => return super::refused("DescribeFleets"),
            Step::Hang => std::future::pending().await,
        }
        let calls = self.called("DescribeFleets", String::new(), 1);
        let value = self.hold().fleets.clone();
        Ok(Listed { value, calls })
    }

    async fn describe_stacks(&self) -> Result<Listed<BTreeMap<StackName, Stack>>, Error> {
        let calls = self.called("DescribeStacks", String::new(), 1);
        let stack = |name: &StackName| Stack {
            name: name.clone(),
            account_id: Some("123456789012".into()),
            arn: None,
            display_name: None,
            errors: BTreeMap::new(),
        };
        let stacks = self.hold().stacks.clone();
        let value = stacks.iter().map(|name| (name.clone(), stack(name)));
        Ok(Listed {
            value: value.collect(),
            calls,
        })
    }

    async fn list_tags(&self, arn: &str) -> Result<Listed<Tags>, Error> {
        let calls = self.called("ListTagsForResource", arn.to_owned(), 1);
        if self.hold().silent_tags.contains(arn) {
            let answer = Arc::clone(&self.hold().answer_tags);
            answer.notified().await;
        }
        let tags = self.hold().tags.get(arn).cloned();
        let value = tags.unwrap_or_default();
        Ok(Listed { value, calls })
    }

    async fn list_associated_stacks(
        &self,
        fleet: &FleetName,
    ) -> Result<Listed<BTreeSet<StackName>>, Error> {
        let calls = self.called("ListAssociatedStacks", fleet.as_str().to_owned(), 1);
        let hold = self.hold();
        let pairs = hold.pairs.iter().filter(|pair| pair.fleet == *fleet);
        let value = pairs.map(|pair| pair.stack.clone()).collect();
        Ok(Listed { value, calls })
    }

    async fn describe_sessions(
        &self,
        fleet: &FleetName,
        stack: &StackName,
        asked: &Label,
        is_listed: bool,
    ) -> Result<Listed<TypeTally>, Error> {
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

    async fn describe_image_builders(
        &self,
    ) -> Result<Listed<BTreeMap<ImageBuilderName, ImageBuilder>>, Error> {
        let calls = self.called("DescribeImageBuilders", String::new(), 1);
        let value = BTreeMap::new();
        Ok(Listed { value, calls })
    }

    async fn describe_app_block_builders(
        &self,
    ) -> Result<Listed<BTreeMap<AppBlockBuilderName, AppBlockBuilder>>, Error> {
        let calls = self.called("DescribeAppBlockBuilders", String::new(), 1);
        let value = self.hold().app_block_builders.clone();
        Ok(Listed { value, calls })
    }

    async fn describe_images(&self, arns: &BTreeSet<ImageArn>) -> Result<Listed<Images>, Error> {
        let names: Vec<_> = arns.iter().map(ImageArn::image).collect();
        let calls = self.called("DescribeImages", names.join(" "), 1);
        let value = Images {
            asked: arns.clone(),
            found: Arc::default(),
        };
        Ok(Listed { value, calls })
    }

    async fn describe_directory_configs(&self) -> Result<Listed<BTreeMap<String, String>>, Error> {
        let calls = self.called("DescribeDirectoryConfigs", String::new(), 1);
        let value = BTreeMap::new();
        Ok(Listed { value, calls })
    }

    async fn describe_usage_report_subscriptions(&self) -> Result<Listed<UsageReports>, Error> {
        let calls = self.called("DescribeUsageReportSubscriptions", String::new(), 1);
        let value = UsageReports::default();
        Ok(Listed { value, calls })
    }

    async fn describe_workspaces_pools(&self) -> Result<Listed<BTreeMap<PoolId, Pool>>, Error> {
        nothing()
    }

    async fn describe_pool_tags(&self, _: &PoolId) -> Result<Listed<Tags>, Error> {
        super::refused("DescribeTags")
    }

    async fn describe_workspaces_pool_sessions(
        &self,
        _: &PoolId,
        _: bool,
    ) -> Result<Listed<PoolSessionTally>, Error> {
        nothing()
    }

    async fn describe_scalable_targets(
        &self,
        _: ScalingNamespace,
    ) -> Result<Listed<ByResource<ScalingTarget>>, Error> {
        nothing()
    }

    async fn describe_scheduled_actions(
        &self,
        _: ScalingNamespace,
    ) -> Result<Listed<ByResource<Vec<ScheduledAction>>>, Error> {
        nothing()
    }

    async fn describe_scaling_policies(
        &self,
        _: ScalingNamespace,
    ) -> Result<Listed<ByResource<PolicyCounts>>, Error> {
        nothing()
    }

    async fn describe_scaling_activities(
        &self,
        _: ScalingNamespace,
    ) -> Result<Listed<ByResource<LastActivities>>, Error> {
        nothing()
    }

    async fn list_service_quotas(&self) -> Result<Listed<BTreeMap<QuotaCode, Quota>>, Error> {
        nothing()
    }

    async fn list_default_service_quotas(
        &self,
    ) -> Result<Listed<BTreeMap<QuotaCode, Quota>>, Error> {
        nothing()
    }

    async fn get_metric_data(&self, _: &MetricBatch) -> Result<Listed<MetricData>, Error> {
        super::refused("GetMetricData")
    }
}
