//! WorkSpaces Pools and their sessions.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::session::{count, fingerprint, in_order, smallest};
use super::{
    AccountId, ErrorCounts, Label, PoolId, SeenSession, SessionFields, SessionList,
    SessionListBuilder, UNKNOWN,
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

/// A session from `DescribeWorkspacesPoolSessions`. It borrows from its page.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolSession {
    /// `SessionId`.
    pub id: String,
    /// `UserId`.
    pub user_id: Option<String>,
    /// `InstanceId`.
    pub instance_id: Option<String>,
    /// `AuthenticationType`.
    pub authentication_type: Option<Label>,
    /// `ConnectionState`.
    pub connection_state: Option<Label>,
    /// `NetworkAccessConfiguration.EniId`.
    pub interface_id: Option<String>,
    /// `NetworkAccessConfiguration.EniPrivateIpAddress`.
    pub addresses: Vec<String>,
    /// `StartTime`, Unix time in seconds.
    pub started: Option<f64>,
    /// `ExpirationTime`, Unix time in seconds.
    pub expires: Option<f64>,
}

/// The sessions of one pool, counted.
#[derive(Clone, Debug, Default)]
pub struct PoolSessionTally {
    /// Sessions by authentication type and connection state.
    pub counts: BTreeMap<(Label, Label), i32>,
    /// Distinct users.
    pub users: i32,
    /// Smallest `StartTime`.
    pub oldest_start: Option<f64>,
    /// Each session, in the order of the hashes.
    pub sessions: Arc<[SeenSession]>,
    /// The sessions themselves; `None` without `sessions.list`.
    pub list: Option<Arc<SessionList>>,
}

/// Folds pages of pool sessions into a [`PoolSessionTally`].
#[derive(Debug, Default)]
pub struct PoolSessionFold {
    sessions: HashMap<u64, SeenSession>,
    users: HashSet<u64>,
    tally: PoolSessionTally,
    list: Option<SessionListBuilder>,
}

impl PoolSessionFold {
    /// A fold of no sessions yet, which also keeps the sessions themselves if `is_listed`.
    #[must_use]
    pub fn new(is_listed: bool) -> Self {
        Self {
            list: is_listed.then(SessionListBuilder::default),
            ..Self::default()
        }
    }

    /// Counts one session, unless its `SessionId` was counted before.
    pub fn add(&mut self, session: &PoolSession) {
        let id = fingerprint(&session.id);
        let Entry::Vacant(place) = self.sessions.entry(id) else {
            return;
        };
        let connection_state = session.connection_state.as_deref();
        place.insert(SeenSession::new(id, session.started, connection_state));
        if let Some(list) = &mut self.list {
            list.add(&session.fields());
        }
        let or_unknown = |label: &Option<Label>| label.clone().unwrap_or(Label::Borrowed(UNKNOWN));
        let cell = (
            or_unknown(&session.authentication_type),
            or_unknown(&session.connection_state),
        );
        *self.tally.counts.entry(cell).or_default() += 1;
        if let Some(user) = &session.user_id {
            self.users.insert(fingerprint(user));
        }
        self.tally.oldest_start = smallest(self.tally.oldest_start, session.started);
    }

    /// The counts. Call it when the last page is in, and not before.
    #[must_use]
    pub fn finish(mut self) -> PoolSessionTally {
        self.tally.users = count(self.users.len());
        self.tally.sessions = in_order(self.sessions);
        self.tally.list = self.list.map(|list| Arc::new(list.finish()));
        self.tally
    }
}

impl PoolSession {
    /// As a list has it.
    fn fields(&self) -> SessionFields<'_> {
        SessionFields {
            id: &self.id,
            user: self.user_id.as_deref(),
            instance: self.instance_id.as_deref(),
            interface: self.interface_id.as_deref(),
            addresses: &self.addresses,
            authentication_type: self.authentication_type.as_deref(),
            connection_state: self.connection_state.as_deref(),
            started: self.started,
            expires: self.expires,
            ..SessionFields::default()
        }
    }
}
