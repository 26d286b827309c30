//! The configuration of a scheduler.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{self, Config, Target};
use crate::model::{AccountId, Collector, Fleet, Label, Metric, Service, StackName};

/// Resources, intervals and limits of reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Time between the starts of two refreshes.
    pub interval: Duration,
    /// When a refresh stops starting reads.
    pub timeout: Duration,
    /// Time for which a value is shown after its last successful read.
    pub max_age: Duration,
    /// The read interval of stacks, associations and tags.
    pub topology_interval: Duration,
    /// `images.interval`: how often images are read.
    pub images_interval: Duration,
    /// `account.interval`: how often settings of the account are read.
    pub account_interval: Duration,
    /// The collectors that are on.
    pub collectors: BTreeSet<Collector>,
    /// The account, where the target's role names it.
    pub account_id: Option<AccountId>,
    /// Which fleets, stacks and pools are read and shown.
    pub(crate) filters: Arc<config::Filters>,
    shows_tags: bool,
    /// `sessions.economy`: off reads every authentication type on every refresh.
    pub(crate) economy: bool,
    /// `sessions.recheck_interval`: how often a type without sessions is read.
    pub(crate) recheck_interval: Duration,
    /// `sessions.list`: keep the sessions themselves.
    pub(crate) lists_sessions: bool,
    /// Authentication types to read.
    pub(crate) authentication_types: Arc<[Label]>,
    /// `scaling.interval`: how often actions, policies and activities are read.
    pub(crate) scaling_interval: Duration,
    /// `quotas.interval`.
    pub(crate) quotas_interval: Duration,
    /// `quotas.include`: codes and names of quotas to show in any case.
    pub(crate) quotas_include: Arc<[String]>,
    /// `cloudwatch.interval`.
    pub(crate) cloudwatch_interval: Duration,
    /// `cloudwatch.delay`.
    pub(crate) cloudwatch_delay: Duration,
    /// The metrics of `cloudwatch.metrics`.
    pub(crate) cloudwatch_metrics: Arc<[Metric]>,
    /// Maximum number of concurrent reads.
    pub(crate) concurrency: usize,
    /// `aws.requests_per_second`, of each service.
    pub(crate) requests_per_second: f64,
}

impl Settings {
    /// The settings of a target, which can override collectors and authentication types.
    #[must_use]
    pub fn of_target(config: &Config, target: &Target) -> Self {
        let types = target.sessions.authentication_types.iter();
        let metrics = config.cloudwatch.metrics.iter();
        Self {
            interval: config.refresh.interval,
            timeout: config.refresh.timeout,
            max_age: config.refresh.max_age,
            topology_interval: config.refresh.topology_interval,
            images_interval: config.images.interval,
            account_interval: config.account.interval,
            collectors: target.collectors.enabled().collect(),
            account_id: None,
            filters: Arc::new(config.filters.clone()),
            shows_tags: !config.tags.labels.is_empty(),
            economy: config.sessions.economy,
            recheck_interval: config.sessions.recheck_interval,
            lists_sessions: config.sessions.list,
            authentication_types: types.map(|kind| Label::Borrowed(kind.as_str())).collect(),
            scaling_interval: config.scaling.interval,
            quotas_interval: config.quotas.interval,
            quotas_include: config.quotas.include.clone().into(),
            cloudwatch_interval: config.cloudwatch.interval,
            cloudwatch_delay: config.cloudwatch.delay,
            cloudwatch_metrics: metrics.flat_map(|group| group.metrics()).copied().collect(),
            concurrency: config.aws.max_concurrency,
            requests_per_second: config.aws.requests_per_second,
        }
    }

    /// Whether a collector is on.
    pub(crate) fn has(&self, collector: Collector) -> bool {
        self.collectors.contains(&collector)
    }

    /// The services that are called.
    pub(crate) fn services(&self) -> BTreeSet<Service> {
        let collectors = self.collectors.iter();
        collectors.map(|collector| collector.service()).collect()
    }

    /// Whether a stack is wanted.
    pub(super) fn accept_stack(&self, stack: &StackName) -> bool {
        self.filters.stacks.accepts(stack.as_str())
    }

    /// Whether a collector shows tags.
    pub(super) fn shows_tags(&self, collector: Collector) -> bool {
        self.shows_tags && self.has(collector)
    }

    /// Whether the tags of a fleet are read: without an ARN they cannot be, which
    /// is a failure only where they decide.
    pub(super) fn reads_tags_of(&self, fleet: &Fleet) -> bool {
        let shows_tags = self.shows_tags(Collector::AppstreamFleets) && fleet.arn.is_some();
        let is_wanted = self.filters.fleets.accepts(fleet.name.as_str());
        is_wanted && (shows_tags || !self.filters.tags.is_empty())
    }
}
