//! What a scheduler needs of the configuration.

use std::sync::Arc;
use std::time::Duration;

use super::filters::Filters;
use super::plan::Plan;
use crate::config::Config;
use crate::model::Label;

/// What is read, how often, and how fast.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Time between the starts of two refreshes.
    pub interval: Duration,
    /// When a refresh stops starting reads.
    pub timeout: Duration,
    /// How long the last good value of something that cannot be read is shown.
    pub max_age: Duration,
    /// How often stacks, associations and tags are read.
    pub topology_interval: Duration,
    /// Which collectors are on.
    pub plan: Plan,
    /// Which fleets, stacks and pools are read and shown.
    pub(super) filters: Filters,
    /// `sessions.economy`: off reads every authentication type in every refresh.
    pub(super) economy: bool,
    /// `sessions.recheck_interval`: how often a type without sessions is read.
    pub(super) recheck_interval: Duration,
    /// Authentication types to read.
    pub(super) authentication_types: Arc<[Label]>,
    /// Reads under way at one time.
    pub(super) concurrency: usize,
    /// `aws.requests_per_second`, of each service.
    pub(super) requests_per_second: f64,
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        let types = config.sessions.authentication_types.iter();
        Self {
            interval: config.refresh.interval,
            timeout: config.refresh.timeout,
            max_age: config.refresh.max_age,
            topology_interval: config.refresh.topology_interval,
            plan: Plan::new(config.collectors),
            filters: Filters::from(config),
            economy: config.sessions.economy,
            recheck_interval: config.sessions.recheck_interval,
            authentication_types: types.map(|kind| Label::Borrowed(kind.as_str())).collect(),
            concurrency: config.aws.max_concurrency,
            requests_per_second: config.aws.requests_per_second,
        }
    }
}
