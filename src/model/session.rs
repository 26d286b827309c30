//! Sessions of fleets and pools: one session, and many of them counted.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, LazyLock};

use super::{Label, SeenSession, SessionFields, SessionList, SessionListBuilder};

/// The authentication types of a session that AWS documents.
pub const AUTHENTICATION_TYPES: [&str; 4] = ["API", "SAML", "USERPOOL", "AWS_AD"];
/// The states of a session that AWS documents.
pub const SESSION_STATES: [&str; 3] = ["ACTIVE", "PENDING", "EXPIRED"];
/// The connection states of a session that AWS documents.
pub const CONNECTION_STATES: [&str; 2] = ["CONNECTED", "NOT_CONNECTED"];
/// Stands where AWS gives no value and a label must have one.
pub const UNKNOWN: &str = "UNKNOWN";

pub(super) const EXPIRED: &str = "EXPIRED";
pub(super) const PENDING: &str = "PENDING";
const DRAINING: &str = "DRAINING";

/// A session from `DescribeSessions` or `DescribeWorkspacesPoolSessions`. Missing values are `None`
/// or empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    /// `Id` or `SessionId`.
    pub id: String,
    /// `UserId`.
    pub user_id: Option<String>,
    /// `InstanceId`.
    pub instance_id: Option<String>,
    /// `AuthenticationType`.
    pub authentication_type: Option<Label>,
    /// `State`, which pool sessions do not have.
    pub state: Option<Label>,
    /// `ConnectionState`.
    pub connection_state: Option<Label>,
    /// `InstanceDrainStatus`, which pool sessions do not have.
    pub drain_status: Option<Label>,
    /// `NetworkAccessConfiguration.EniId`.
    pub interface_id: Option<String>,
    /// `NetworkAccessConfiguration.EniPrivateIpAddress` and `.EniIpv6Addresses`.
    pub addresses: Vec<String>,
    /// `StartTime`, Unix time in seconds.
    pub started: Option<f64>,
    /// `MaxExpirationTime` or `ExpirationTime`, Unix time in seconds.
    pub expires: Option<f64>,
}

/// The labels under which a session is counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionCell {
    /// The type that the session reports, or else the requested type, or else [`UNKNOWN`].
    pub authentication_type: Label,
    /// `State`, or [`UNKNOWN`].
    pub state: Label,
    /// `ConnectionState`, or [`UNKNOWN`].
    pub connection_state: Label,
}

/// The sessions of one pair of fleet and stack that one authentication type lists, counted.
///
/// Types are read at different times, so each keeps the data to merge them later: hashes of
/// session IDs, users and instances. Identifiers are only in `list`, if `sessions.list` is true.
#[derive(Clone, Debug, Default)]
pub struct TypeTally {
    /// Cells with their sessions, in the order of coming.
    cells: Vec<(SessionCell, i32)>,
    /// Each session, in the order of the hashes.
    pub sessions: Arc<[SeenSession]>,
    users: Box<[u64]>,
    instances: Box<[u64]>,
    /// Hashes of the `Id`s of the sessions that are not EXPIRED, on instances that drain.
    draining: Box<[u64]>,
    oldest_start: Option<f64>,
    oldest_pending: Option<f64>,
    next_expiration: Option<f64>,
    /// The sessions themselves; `None` without `sessions.list`.
    pub list: Option<Arc<SessionList>>,
}

impl TypeTally {
    /// Whether there is no session at all, not even an expired one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// The number of sessions, including expired ones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Hashes of the instances with a session that is not EXPIRED, each once.
    /// The same instance can serve several stacks of a fleet.
    #[must_use]
    pub fn instances(&self) -> &[u64] {
        &self.instances
    }
}

/// The sessions of one pair of fleet and stack, counted over all authentication types.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionTally {
    /// Sessions by cell; a cell that is not in here has none.
    pub counts: BTreeMap<SessionCell, i32>,
    /// Sessions that are not EXPIRED.
    pub live: i32,
    /// Distinct users with a session that is not EXPIRED. This and what follows is
    /// `None` until all types were read: what is known of some of them may be wrong.
    pub users: Option<i32>,
    /// Sessions that are not EXPIRED, on instances that drain.
    pub draining: Option<i32>,
    /// Smallest `StartTime` of the sessions that are PENDING.
    pub oldest_pending: Option<f64>,
    /// Smallest `StartTime` of the sessions that are not EXPIRED.
    pub oldest_start: Option<f64>,
    /// Smallest `MaxExpirationTime` of the sessions that are not EXPIRED.
    pub next_expiration: Option<f64>,
    /// Since when the longest-disconnected session that is not EXPIRED has been NOT_CONNECTED.
    pub oldest_disconnection: Option<f64>,
}

impl SessionTally {
    /// Puts the types together. A session that several of them list counts once,
    /// as the first of them has it. `is_complete` says that these are all types.
    #[must_use]
    pub fn of<'a>(types: impl IntoIterator<Item = &'a TypeTally>, is_complete: bool) -> Self {
        let types: Vec<_> = types.into_iter().filter(|part| !part.is_empty()).collect();
        let mut tally = Self::default();
        for part in &types {
            for (cell, sessions) in &part.cells {
                *tally.counts.entry(cell.clone()).or_default() += sessions;
            }
        }
        if is_complete {
            tally.complete(&types);
        }
        if types.len() > 1 {
            tally.count_once(&types);
        }
        let live = tally
            .counts
            .iter()
            .filter(|(cell, _)| cell.state != EXPIRED);
        tally.live = live.map(|(_, sessions)| sessions).sum();
        tally
    }

    /// Fills in what only all types together say.
    fn complete(&mut self, types: &[&TypeTally]) {
        for part in types {
            self.oldest_start = smallest(self.oldest_start, part.oldest_start);
            self.oldest_pending = smallest(self.oldest_pending, part.oldest_pending);
            self.next_expiration = smallest(self.next_expiration, part.next_expiration);
            for session in part.sessions.iter() {
                let since = session.disconnected_since();
                self.oldest_disconnection = smallest(self.oldest_disconnection, since);
            }
        }
        let draining = union(types.iter().map(|part| &*part.draining));
        self.draining = Some(count(draining));
        let users = match types {
            [only] => only.users.len(),
            _ => union(types.iter().map(|part| &*part.users)),
        };
        self.users = Some(count(users));
    }

    /// Takes out again what an earlier type had listed already.
    fn count_once(&mut self, types: &[&TypeTally]) {
        let mut seen = HashSet::new();
        for part in types {
            for session in part.sessions.iter() {
                if !seen.insert(session.id)
                    && let Some((cell, _)) = part.cells.get(usize::from(session.cell))
                    && let Some(sessions) = self.counts.get_mut(cell)
                {
                    *sessions -= 1;
                }
            }
        }
        self.counts.retain(|_, sessions| *sessions > 0);
    }
}

/// The number of distinct values in all of these.
pub(crate) fn union<'a>(sets: impl IntoIterator<Item = &'a [u64]>) -> usize {
    let distinct: HashSet<u64> = sets.into_iter().flatten().copied().collect();
    distinct.len()
}

/// Folds the pages of one list into a [`TypeTally`].
///
/// Keeps hashes of identifiers; the identifiers only with a list.
#[derive(Debug, Default)]
pub struct SessionFold {
    asked: Option<Label>,
    /// Each cell with its place.
    cells: BTreeMap<SessionCell, u16>,
    /// Each session by the hash of its `Id`.
    sessions: HashMap<u64, SeenSession>,
    users: HashSet<u64>,
    instances: HashSet<u64>,
    draining: Vec<u64>,
    oldest_start: Option<f64>,
    oldest_pending: Option<f64>,
    next_expiration: Option<f64>,
    list: Option<SessionListBuilder>,
}

impl SessionFold {
    /// An empty fold for a request with the authentication type `asked`. For a request without a
    /// type, use `default`.
    #[must_use]
    pub fn new(asked: Label) -> Self {
        Self {
            asked: Some(asked),
            ..Self::default()
        }
    }

    /// The same fold, which also keeps the sessions themselves if `is_listed`.
    #[must_use]
    pub fn with_list(mut self, is_listed: bool) -> Self {
        self.list = is_listed.then(SessionListBuilder::default);
        self
    }

    /// Counts one session, unless its `Id` was counted before.
    pub fn add(&mut self, session: &Session) {
        let id = fingerprint(&session.id);
        let Entry::Vacant(place) = self.sessions.entry(id) else {
            return;
        };
        let authentication_type = session.authentication_type.as_ref().or(self.asked.as_ref());
        if let Some(list) = &mut self.list {
            list.add(&session.fields(authentication_type.map(|label| &**label)));
        }
        let or_unknown = |label: Option<&Label>| label.cloned().unwrap_or(Label::Borrowed(UNKNOWN));
        let cell = SessionCell {
            authentication_type: or_unknown(authentication_type),
            state: or_unknown(session.state.as_ref()),
            connection_state: or_unknown(session.connection_state.as_ref()),
        };
        let live = cell.state != EXPIRED;
        if cell.state == PENDING {
            self.oldest_pending = smallest(self.oldest_pending, session.started);
        }
        let next = u16::try_from(self.cells.len()).unwrap_or(u16::MAX);
        let connection_state = session.connection_state.as_deref();
        let seen = SeenSession::new(id, session.started, connection_state);
        place.insert(seen.counted(*self.cells.entry(cell).or_insert(next), live));
        if !live {
            return;
        }
        if session.drain_status.as_deref() == Some(DRAINING) {
            self.draining.push(id);
        }
        if let Some(user) = &session.user_id {
            self.users.insert(fingerprint(user));
        }
        if let Some(instance) = &session.instance_id {
            self.instances.insert(fingerprint(instance));
        }
        self.oldest_start = smallest(self.oldest_start, session.started);
        self.next_expiration = smallest(self.next_expiration, session.expires);
    }

    /// The counts. Call it when the last page is in, and not before.
    #[must_use]
    pub fn finish(self) -> TypeTally {
        let mut cells: Vec<_> = self.cells.into_iter().collect();
        cells.sort_by_key(|(_, place)| *place);
        let mut cells: Vec<_> = cells.into_iter().map(|(cell, _)| (cell, 0)).collect();
        for session in self.sessions.values() {
            if let Some((_, sessions)) = cells.get_mut(usize::from(session.cell)) {
                *sessions += 1;
            }
        }
        TypeTally {
            cells,
            sessions: in_order(self.sessions),
            users: self.users.into_iter().collect(),
            instances: self.instances.into_iter().collect(),
            draining: self.draining.into(),
            oldest_start: self.oldest_start,
            oldest_pending: self.oldest_pending,
            next_expiration: self.next_expiration,
            list: self.list.map(|list| Arc::new(list.finish())),
        }
    }
}

impl Session {
    /// The session as in the list. If AWS returns no authentication type, the requested type is
    /// used, as in the counts.
    fn fields<'a>(&'a self, authentication_type: Option<&'a str>) -> SessionFields<'a> {
        SessionFields {
            id: &self.id,
            user: self.user_id.as_deref(),
            instance: self.instance_id.as_deref(),
            interface: self.interface_id.as_deref(),
            addresses: &self.addresses,
            authentication_type,
            state: self.state.as_deref(),
            connection_state: self.connection_state.as_deref(),
            drain_status: self.drain_status.as_deref(),
            started: self.started,
            expires: self.expires,
        }
    }
}

/// The sessions of a list in the order of their hashes.
fn in_order(sessions: HashMap<u64, SeenSession>) -> Arc<[SeenSession]> {
    let mut sessions: Vec<_> = sessions.into_values().collect();
    sessions.sort_unstable_by_key(|session| session.id);
    sessions.into()
}

/// Hash that stands for an identifier, under a random key that lives as long as the process.
///
/// 64 bits: among a million identifiers the odds that any two meet are about
/// 1 in 37 million. The key keeps a user id from being guessed from its hash.
fn fingerprint(identifier: &str) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.hash_one(identifier)
}

fn smallest(so_far: Option<f64>, candidate: Option<f64>) -> Option<f64> {
    match (so_far, candidate) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// A length as the `i32` that a gauge converts without loss.
fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;
