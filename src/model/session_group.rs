//! The session lists of one pair of fleet and stack, or of one pool.

use std::sync::Arc;
use std::time::SystemTime;

use super::{FleetName, ListedSession, PoolId, SessionList, StackName};

/// Where sessions run. The order is that of the session list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionPlace {
    /// A fleet, through a stack.
    Pair {
        /// The fleet.
        fleet: FleetName,
        /// The stack.
        stack: StackName,
    },
    /// A pool.
    Pool {
        /// Its id.
        id: PoolId,
        /// Its name.
        name: String,
    },
}

/// A list, and the time of its call to AWS.
#[derive(Clone, Debug)]
pub struct ReadList {
    /// The sessions.
    pub list: Arc<SessionList>,
    /// When the read began.
    pub read_at: SystemTime,
}

/// The sessions of one place.
#[derive(Clone, Debug)]
pub struct SessionGroup {
    /// Where they run.
    pub place: SessionPlace,
    /// One list for a pool; for a fleet and stack, one for each authentication type that was read.
    pub lists: Vec<ReadList>,
    /// No list is missing.
    pub is_complete: bool,
}

impl SessionGroup {
    /// The sessions after an id, or all of them, in the order of their ids, each with the time
    /// of its read. A session that several lists have comes once, as the first list has it.
    pub fn after<'a>(
        &'a self,
        id: Option<&str>,
    ) -> impl Iterator<Item = (ListedSession<'a>, SystemTime)> {
        let lists = self.lists.iter();
        let mut rest: Vec<_> = lists
            .map(|read| (read.list.after(id).peekable(), read.read_at))
            .collect();
        std::iter::from_fn(move || {
            let ids = rest.iter_mut();
            let next = ids.filter_map(|(sessions, _)| Some(sessions.peek()?.id()));
            let next = next.min()?;
            let mut found = None;
            for (sessions, read_at) in &mut rest {
                let session = sessions.next_if(|session| session.id() == next);
                found = found.or(session.map(|session| (session, *read_at)));
            }
            found
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::model::{SessionFields, SessionListBuilder};

    #[test]
    fn lists_are_merged_and_each_session_comes_once() {
        let list = |ids: &str, second: u64| {
            let mut builder = SessionListBuilder::default();
            for id in ids.split_whitespace() {
                builder.add(&SessionFields {
                    id,
                    ..SessionFields::default()
                });
            }
            ReadList {
                list: Arc::new(builder.finish()),
                read_at: UNIX_EPOCH + Duration::from_secs(second),
            }
        };
        let group = SessionGroup {
            place: SessionPlace::Pair {
                fleet: "f".into(),
                stack: "s".into(),
            },
            lists: vec![list("a d f", 1), list("", 2), list("b d e", 3)],
            is_complete: true,
        };
        let after = |id| {
            let sessions = group.after(id).map(|(session, read_at)| {
                let second = read_at.duration_since(UNIX_EPOCH).unwrap().as_secs();
                format!("{}{second}", session.id())
            });
            sessions.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(after(None), "a1 b3 d1 e3 f1");
        assert_eq!(after(Some("b")), "d1 e3 f1");
        assert_eq!(after(Some("f")), "");
    }
}
