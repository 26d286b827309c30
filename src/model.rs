//! The exporter's data about AWS, as plain values.
//!
//! Owns the vocabulary that the other rooms share: fleets, stacks, streaming
//! sessions, pools, and the snapshot that holds them together. No SDK type, no
//! metric type, no clock and no I/O.

mod account;
mod builder;
mod collector;
mod duration_histogram;
mod fleet;
mod image;
mod metric;
mod name;
mod occupancy;
mod pool;
mod quota;
mod scaling;
mod seen_session;
mod session;
mod session_group;
mod session_list;
mod slots;
mod snapshot;
mod stack;
mod usage_report;

pub use builder::{APP_BLOCK_BUILDER_STATES, AppBlockBuilder, IMAGE_BUILDER_STATES, ImageBuilder};
pub use collector::{Collector, CollectorStatus, Service, ServiceUse};
pub use duration_histogram::DurationHistogram;
pub use fleet::{Capacity, FLEET_STATES, Fleet};
pub use image::{IMAGE_STATES, Image, ImageKey, Images};
pub use metric::{
    GaugeStatistics, Metric, MetricBatch, MetricData, MetricGroup, MetricValues, Monitored,
    ShownMetrics, UnixSeconds,
};
pub use name::{
    AccountId, AppBlockBuilderName, FleetName, ImageArn, ImageBuilderName, Label, PoolId,
    QuotaCode, StackName, account_of_arn, known_label,
};
pub use occupancy::{FleetPairs, Occupancy};
pub use pool::{POOL_AUTHENTICATION_TYPES, POOL_STATES, Pool, PoolCapacity, PoolSessionTally};
pub use quota::{AccountUse, BuilderCounts, Counted, FleetCounts, Quota, QuotaUse};
pub use scaling::{
    ByResource, FleetScaling, LastActivities, PolicyCounts, PoolScaling, SUSPENDABLE, ScalingLists,
    ScalingNamespace, ScalingTarget, ScheduledAction,
};
pub use seen_session::{
    EndedSession, SeenSession, SessionChanges, date_disconnections, find, session_changes,
};
pub(crate) use session::union;
pub use session::{
    AUTHENTICATION_TYPES, CONNECTION_STATES, SESSION_STATES, Session, SessionCell, SessionFold,
    SessionTally, TypeTally, UNKNOWN,
};
pub use session_group::{ReadList, SessionGroup, SessionPlace};
pub use session_list::{ListedSession, SessionFields, SessionList, SessionListBuilder};
pub use slots::{SlotUnit, Slots};
pub use snapshot::{FleetTotals, PairSessions, PoolSessions, Snapshot, TargetRegion};
pub use stack::{Association, Stack};
pub use usage_report::UsageReports;

use std::collections::BTreeMap;

/// Tags of a resource: key and value.
pub type Tags = BTreeMap<String, String>;

/// The number of entries with each error code in a resource's list of errors.
pub type ErrorCounts = BTreeMap<String, i32>;

/// Counts error codes; an entry without a code counts as [`UNKNOWN`].
pub fn count_errors(codes: impl IntoIterator<Item = Option<String>>) -> ErrorCounts {
    let mut counts = ErrorCounts::new();
    for code in codes {
        *counts
            .entry(code.unwrap_or_else(|| UNKNOWN.to_owned()))
            .or_default() += 1;
    }
    counts
}
