//! AppStream streaming sessions: one session, and many of them counted.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Label;

/// The authentication types of a session that AWS documents.
pub const AUTHENTICATION_TYPES: [&str; 4] = ["API", "SAML", "USERPOOL", "AWS_AD"];
/// The states of a session that AWS documents.
pub const SESSION_STATES: [&str; 3] = ["ACTIVE", "PENDING", "EXPIRED"];
/// The connection states of a session that AWS documents.
pub const CONNECTION_STATES: [&str; 2] = ["CONNECTED", "NOT_CONNECTED"];
/// Stands where AWS gives no value and a label must have one.
pub const UNKNOWN: &str = "UNKNOWN";

const EXPIRED: &str = "EXPIRED";

/// A streaming session as `DescribeSessions` tells it. Lives as long as its page.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// `Id`.
    pub id: String,
    /// `UserId`.
    pub user_id: Option<String>,
    /// `InstanceId`.
    pub instance_id: Option<String>,
    /// `AuthenticationType`.
    pub authentication_type: Option<Label>,
    /// `State`.
    pub state: Option<Label>,
    /// `ConnectionState`.
    pub connection_state: Option<Label>,
    /// `StartTime`, Unix time in seconds.
    pub started: Option<f64>,
    /// `MaxExpirationTime`, Unix time in seconds.
    pub expires: Option<f64>,
}

/// The labels under which a session is counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionCell {
    /// The type that the session reports, or the one that was asked for.
    pub authentication_type: Label,
    /// `State`, or [`UNKNOWN`].
    pub state: Label,
    /// `ConnectionState`, or [`UNKNOWN`].
    pub connection_state: Label,
}

/// The sessions of one pair of fleet and stack, counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionTally {
    /// Sessions by cell; a cell that is not in here has none.
    pub counts: BTreeMap<SessionCell, i32>,
    /// Distinct users with a session that is not EXPIRED.
    pub users: i32,
    /// Distinct instances with a session that is not EXPIRED, as hashes: the
    /// same instance can serve several stacks of a fleet.
    pub instances: HashSet<u64>,
    /// Smallest `StartTime` of the sessions that are not EXPIRED.
    pub oldest_start: Option<f64>,
    /// Smallest `MaxExpirationTime` of the sessions that are not EXPIRED.
    pub next_expiration: Option<f64>,
}

/// Folds pages of sessions into a [`SessionTally`].
///
/// Keeps hashes of identifiers, never the identifiers: what it holds grows by
/// 8 bytes a session, and nothing of it outlives the fold but the instances.
#[derive(Debug, Default)]
pub struct SessionFold {
    seen: HashSet<u64>,
    users: HashSet<u64>,
    tally: SessionTally,
}

impl SessionFold {
    /// Counts one session, unless its `Id` was counted before.
    ///
    /// `asked` is the authentication type of the request that listed it.
    pub fn add(&mut self, session: &Session, asked: &Label) {
        if !self.seen.insert(fingerprint(&session.id)) {
            return;
        }
        let cell = SessionCell {
            authentication_type: session
                .authentication_type
                .clone()
                .unwrap_or_else(|| asked.clone()),
            state: session.state.clone().unwrap_or(Label::Borrowed(UNKNOWN)),
            connection_state: session
                .connection_state
                .clone()
                .unwrap_or(Label::Borrowed(UNKNOWN)),
        };
        let live = cell.state != EXPIRED;
        *self.tally.counts.entry(cell).or_default() += 1;
        if !live {
            return;
        }
        if let Some(user) = &session.user_id {
            self.users.insert(fingerprint(user));
        }
        if let Some(instance) = &session.instance_id {
            self.tally.instances.insert(fingerprint(instance));
        }
        self.tally.oldest_start = smallest(self.tally.oldest_start, session.started);
        self.tally.next_expiration = smallest(self.tally.next_expiration, session.expires);
    }

    /// The counts. Call it when the last page is in, and not before.
    #[must_use]
    pub fn finish(mut self) -> SessionTally {
        self.tally.users = count(self.users.len());
        self.tally.instances.shrink_to_fit();
        self.tally
    }
}

/// Hash that stands for an identifier.
///
/// 64 bits: among a million identifiers the odds that any two meet are about
/// 1 in 37 million. The keys are fixed so that hashes of two folds compare.
pub(super) fn fingerprint(identifier: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    identifier.hash(&mut hasher);
    hasher.finish()
}

pub(super) fn smallest(so_far: Option<f64>, candidate: Option<f64>) -> Option<f64> {
    match (so_far, candidate) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// A length as the `i32` that a gauge converts without loss.
pub(super) fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(id: &str) -> Session {
        Session {
            id: id.to_owned(),
            user_id: Some(format!("user of {id}")),
            instance_id: Some(format!("instance of {id}")),
            authentication_type: Some(Label::Borrowed("SAML")),
            state: Some(Label::Borrowed("ACTIVE")),
            connection_state: Some(Label::Borrowed("CONNECTED")),
            started: Some(100.0),
            expires: Some(200.0),
        }
    }

    fn fold(sessions: &[Session]) -> SessionTally {
        let mut fold = SessionFold::default();
        for session in sessions {
            fold.add(session, &Label::Borrowed("API"));
        }
        fold.finish()
    }

    #[test]
    fn an_id_counts_once() {
        let tally = fold(&[session("a"), session("b"), session("a")]);
        assert_eq!(tally.counts.values().sum::<i32>(), 2);
        assert_eq!(tally.users, 2);
    }

    #[test]
    fn expired_sessions_count_but_hold_nobody() {
        let expired = Session {
            state: Some(Label::Borrowed("EXPIRED")),
            started: Some(1.0),
            expires: Some(2.0),
            ..session("old")
        };
        let tally = fold(&[expired, session("new")]);
        assert_eq!(tally.counts.values().sum::<i32>(), 2);
        assert_eq!((tally.users, tally.instances.len()), (1, 1));
        assert_eq!(
            (tally.oldest_start, tally.next_expiration),
            (Some(100.0), Some(200.0))
        );
    }

    #[test]
    fn what_aws_leaves_out_is_named_not_guessed() {
        let bare = Session {
            user_id: None,
            instance_id: None,
            authentication_type: None,
            state: None,
            connection_state: None,
            started: None,
            expires: None,
            ..session("bare")
        };
        let tally = fold(&[bare]);
        let cell = tally.counts.keys().next().expect("one cell");
        assert_eq!(
            (
                &*cell.authentication_type,
                &*cell.state,
                &*cell.connection_state
            ),
            ("API", "UNKNOWN", "UNKNOWN")
        );
        assert_eq!((tally.users, tally.instances.len()), (0, 0));
        assert_eq!((tally.oldest_start, tally.next_expiration), (None, None));
    }
}
