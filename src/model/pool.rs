//! WorkSpaces Pools and their sessions.

use std::sync::Arc;

use super::{
    AccountId, ErrorCounts, Label, PoolId, SeenSession, SessionList, SessionTally, TypeTally,
};

/// The states of a pool that AWS documents.
pub const POOL_STATES: [&str; 7] = [
    "CREATING", "DELETING", "RUNNING", "STARTING", "STOPPED", "STOPPING", "UPDATING",
];
/// The authentication types of a pool session that AWS documents.
pub const POOL_AUTHENTICATION_TYPES: [&str; 1] = ["SAML"];

/// A pool from `DescribeWorkspacesPools`. Missing values are `None` or empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// `PoolId`.
    pub id: PoolId,
    /// `PoolName`.
    pub name: String,
    /// Account number in `PoolArn`.
    pub account_id: Option<AccountId>,
    /// `BundleId`.
    pub bundle_id: Option<String>,
    /// `DirectoryId`.
    pub directory_id: Option<String>,
    /// `RunningMode`.
    pub running_mode: Option<String>,
    /// `State`.
    pub state: Option<Label>,
    /// `CapacityStatus`.
    pub capacity: PoolCapacity,
    /// `TimeoutSettings.MaxUserDurationInSeconds`.
    pub max_user_duration_seconds: Option<i32>,
    /// `TimeoutSettings.DisconnectTimeoutInSeconds`.
    pub disconnect_timeout_seconds: Option<i32>,
    /// `TimeoutSettings.IdleDisconnectTimeoutInSeconds`.
    pub idle_disconnect_timeout_seconds: Option<i32>,
    /// `CreatedAt`, Unix time in seconds.
    pub created: Option<f64>,
    /// `Errors`, counted by `ErrorCode`.
    pub errors: ErrorCounts,
}

/// `CapacityStatus` of a pool, in session slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolCapacity {
    /// `DesiredUserSessions`.
    pub desired: Option<i32>,
    /// `ActualUserSessions`.
    pub actual: Option<i32>,
    /// `ActiveUserSessions`.
    pub active: Option<i32>,
    /// `AvailableUserSessions`.
    pub available: Option<i32>,
}

/// The session counts of one pool. The state is `UNKNOWN`, because AWS reports none.
#[derive(Clone, Debug, Default)]
pub struct PoolSessionTally {
    /// The counts.
    pub tally: Arc<SessionTally>,
    /// Each session, in the order of the hashes.
    pub sessions: Arc<[SeenSession]>,
    /// The sessions themselves; `None` without `sessions.list`.
    pub list: Option<Arc<SessionList>>,
}

impl From<TypeTally> for PoolSessionTally {
    /// Keeps no hashes of users and instances: one list has all sessions of a pool.
    fn from(all: TypeTally) -> Self {
        Self {
            tally: Arc::new(SessionTally::of([&all], true)),
            sessions: all.sessions,
            list: all.list,
        }
    }
}
