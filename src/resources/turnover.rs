//! Sessions over time: which sessions started and ended, and how long they lasted.
//!
//! Each list is compared with the last good one, so a failed read ends no session. The stored
//! data outlives the entries of `sessions`. It is removed when AWS no longer lists the fleet or
//! the association, or when the settings exclude it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use crate::model::{
    DurationHistogram, EndedSession, Label, SeenSession, StackName, find, session_changes,
};

/// The stored data of one fleet.
#[derive(Debug, Default)]
pub(super) struct FleetTurnover {
    pub(super) durations: Arc<DurationHistogram>,
    pub(super) pairs: BTreeMap<StackName, Turnover>,
}

/// The stored data of one pool.
#[derive(Debug, Default)]
pub(super) struct PoolTurnover {
    pub(super) durations: Arc<DurationHistogram>,
    pub(super) sessions: Turnover,
}

/// The stored data of one fleet and stack, or of one pool.
#[derive(Debug, Default)]
pub(super) struct Turnover {
    pub(super) started: u64,
    pub(super) ended: u64,
    /// The last good list of each authentication type.
    lists: BTreeMap<Label, Arc<[SeenSession]>>,
    /// Sessions that a list no longer has. They count as ended at the end of the refresh,
    /// unless another authentication type lists them by then.
    gone: Vec<EndedSession>,
}

impl Turnover {
    /// The last good lists.
    pub(super) fn lists(&self) -> impl Iterator<Item = &[SeenSession]> {
        self.lists.values().map(AsRef::as_ref)
    }

    /// Adds the list of an authentication type that was read at `at`. Sessions in the first list
    /// count neither as started nor as ended.
    pub(super) fn take_in(&mut self, kind: &Label, list: &Arc<[SeenSession]>, at: SystemTime) {
        let before = self.lists.insert(kind.clone(), Arc::clone(list));
        let is_first = before.is_none();
        let is_found = |ended: &mut EndedSession| {
            let found = find(list, ended.id);
            found.is_some_and(|session| session.is_live() || !is_first)
        };
        let moved: Vec<_> = self.gone.extract_if(.., is_found).collect();
        let Some(before) = before else { return };
        let others = self.lists.iter().filter(|(other, _)| *other != kind);
        let others: Vec<&[SeenSession]> = others.map(|(_, list)| list.as_ref()).collect();
        let changes = session_changes(&before, list, &others, at);
        let has_moved = |id: &u64| moved.iter().any(|ended| ended.id == *id);
        let started = changes.started.iter().filter(|id| !has_moved(id));
        self.started += started.count() as u64;
        self.gone.extend(changes.ended);
    }

    /// Counts the sessions that are gone as ended.
    pub(super) fn count_ended(&mut self, durations: &mut Arc<DurationHistogram>) {
        for session in self.gone.drain(..) {
            self.ended += 1;
            if let Some(duration) = session.duration {
                Arc::make_mut(durations).observe(duration);
            }
        }
    }

    /// Forgets the lists of all other authentication types.
    pub(super) fn keep_types(&mut self, types: &[Label]) {
        self.lists.retain(|kind, _| types.contains(kind));
    }
}
