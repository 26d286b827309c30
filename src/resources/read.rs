//! Every list that can be read from AWS.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::entry::{Cadence, Entry, History, Table};
use super::known::Known;
use super::refresh::View;
use super::settings::Settings;
use crate::model::{
    Collector, FleetName, ImageArn, Label, MetricBatch, PoolId, ScalingNamespace, Service,
    Snapshot, StackName,
};

/// The retry interval of a service that is not in the region.
const ABSENT_RECHECK: Duration = Duration::from_secs(3600);

/// One list, to be read to its last page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Fleets,
    /// By the ARN of the fleet, as the next by that of the stack.
    FleetTags(FleetName, String),
    StackTags(StackName, String),
    PoolTags(PoolId),
    Associations(FleetName),
    Stacks,
    /// For one authentication type.
    Sessions(FleetName, StackName, Label),
    ImageBuilders,
    AppBlockBuilders,
    Images(Arc<BTreeSet<ImageArn>>),
    DirectoryConfigs,
    UsageReports,
    Pools,
    PoolSessions(PoolId),
    ScalingTargets(ScalingNamespace),
    ScheduledActions(ScalingNamespace),
    ScalingPolicies(ScalingNamespace),
    ScalingActivities(ScalingNamespace),
    Quotas,
    DefaultQuotas,
    Metrics(Arc<MetricBatch>),
}

/// The part of its collector that a read is about; empty for all of it.
impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FleetTags(fleet, _) | Self::Associations(fleet) => {
                write!(f, "fleet {:?}", fleet.as_str())
            }
            Self::StackTags(stack, _) => write!(f, "stack {:?}", stack.as_str()),
            Self::Sessions(fleet, stack, kind) => {
                let (fleet, stack) = (fleet.as_str(), stack.as_str());
                write!(f, "fleet {fleet:?} stack {stack:?} {kind}")
            }
            Self::PoolTags(pool) | Self::PoolSessions(pool) => {
                write!(f, "pool {:?}", pool.as_str())
            }
            Self::ScalingTargets(namespace)
            | Self::ScheduledActions(namespace)
            | Self::ScalingPolicies(namespace)
            | Self::ScalingActivities(namespace) => {
                write!(f, "namespace {:?}", namespace.as_str())
            }
            Self::Metrics(batch) if batch.number > 0 => write!(f, "batch {}", batch.number + 1),
            Self::Fleets
            | Self::Stacks
            | Self::ImageBuilders
            | Self::AppBlockBuilders
            | Self::Images(_)
            | Self::DirectoryConfigs
            | Self::UsageReports
            | Self::Pools
            | Self::Quotas
            | Self::DefaultQuotas
            | Self::Metrics(_) => Ok(()),
        }
    }
}

impl Read {
    /// The authentication type that the read is about; empty for all others.
    pub(crate) fn authentication_type(self) -> String {
        match self {
            Self::Sessions(.., kind) => kind.into_owned(),
            _ => String::new(),
        }
    }
}

/// One kind of list that is read.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) service: Service,
    /// The AWS operation.
    pub(crate) operation: &'static str,
    /// The collector whose failure a failed read is, then those that take its place
    /// where it is off. Nothing is read when all of them are off.
    pub(crate) collectors: &'static [Collector],
    /// Collectors that fail too while the list is missing.
    pub(crate) needed_by: &'static [Collector],
    /// Shows each of its entries, with when it is due.
    pub(crate) reads: fn(&Known, View<'_>, Visit<'_>),
    /// Adds to a snapshot what is known and not too old. For the first collector.
    pub(crate) show: fn(&Known, View<'_>, &mut Snapshot),
}

impl Resource {
    /// The collector that its reads belong to; `None` when nothing needs them.
    pub(crate) fn owner(&self, settings: &Settings) -> Option<Collector> {
        let mut collectors = self.collectors.iter().copied();
        collectors.find(|collector| settings.has(*collector))
    }

    /// The collectors that fail with an entry.
    pub(crate) fn failing(&self, item: &Item<'_>, settings: &Settings) -> BTreeSet<Collector> {
        let needed_by = self.needed_by.iter().copied();
        let others = needed_by.filter(|_| item.is_missing);
        others.chain(self.owner(settings)).collect()
    }
}

/// Which of the reads that are due goes first. Within a rank, the one whose last
/// attempt is the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Lists that others depend on, and that say what is in use.
    List,
    /// Associations, for the first time.
    Association,
    /// An authentication type in which a pair should have sessions, for the first time.
    ExpectedType,
    /// All other reads, and repeated reads.
    Usual,
}

/// An entry as the scheduler uses it, independent of its value.
pub(crate) struct Item<'a> {
    pub(crate) history: &'a History,
    pub(crate) cadence: Cadence,
    /// The read, which is made only where it is needed.
    pub(crate) read: &'a dyn Fn() -> Read,
    /// The rank of its first read.
    pub(crate) first_rank: Rank,
    /// Without it, the collectors that need it fail too.
    pub(crate) is_missing: bool,
    /// It is a failure that AWS does not support it here.
    pub(crate) needs_support: bool,
}

/// Is shown every entry.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(Item<'_>);

/// Shows a list of the whole region.
pub(super) fn list<T>(entry: &Entry<T>, cadence: Cadence, read: Read, visit: Visit<'_>) {
    visit(Item {
        first_rank: Rank::List,
        ..Item::new(&entry.history, cadence, &|| read.clone())
    });
}

/// Shows every entry of a table, with its read.
pub(super) fn each_of<K, T>(
    table: &Table<K, T>,
    cadence: Cadence,
    read: impl Fn(&K) -> Read,
    visit: Visit<'_>,
) {
    for (key, entry) in table {
        visit(Item::new(&entry.history, cadence, &|| read(key)));
    }
}

impl<'a> Item<'a> {
    /// An entry that no other depends on. A list that AWS does not support here is
    /// tried again every hour.
    pub(super) fn new(history: &'a History, cadence: Cadence, read: &'a dyn Fn() -> Read) -> Self {
        let cadence = match history.unsupported {
            Some(_) => Cadence::Every(ABSENT_RECHECK),
            None => cadence,
        };
        Self {
            history,
            cadence,
            read,
            first_rank: Rank::Usual,
            is_missing: false,
            needs_support: false,
        }
    }
}
