//! Sessions over time: which sessions started and ended, and how long they lasted.
//!
//! Each list that was read is compared with the last good one, so a failed read ends
//! nothing. What is remembered outlives the entries of `sessions`: it is dropped when AWS
//! says that the fleet or the association is gone, or when the settings leave it out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use super::known::Known;
use super::round::View;
use crate::model::{
    Collector, DurationHistogram, EndedSession, FleetName, Label, SeenSession, StackName, find,
    session_changes,
};

/// What is remembered of one fleet.
#[derive(Debug, Default)]
pub(super) struct FleetTurnover {
    pub(super) durations: Arc<DurationHistogram>,
    pub(super) pairs: BTreeMap<StackName, Turnover>,
}

/// What is remembered of one pool.
#[derive(Debug, Default)]
pub(super) struct PoolTurnover {
    pub(super) durations: Arc<DurationHistogram>,
    pub(super) sessions: Turnover,
}

/// What is remembered of one pair of fleet and stack, or of one pool.
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

    /// Takes in the list of an authentication type that was read at `at`. What the first
    /// list has is neither new nor ended.
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
    pub(super) fn settle(&mut self, durations: &mut Arc<DurationHistogram>) {
        for session in self.gone.drain(..) {
            self.ended += 1;
            if let Some(duration) = session.duration {
                Arc::make_mut(durations).observe(duration);
            }
        }
    }

    /// AWS says that the pair is gone, and with it all its sessions.
    fn close(mut self, durations: &mut Arc<DurationHistogram>, at: SystemTime) {
        while let Some((_, list)) = self.lists.pop_first() {
            let others: Vec<_> = self.lists().collect();
            let changes = session_changes(&list, &[], &others, at);
            self.gone.extend(changes.ended);
        }
        self.settle(durations);
    }
}

impl Known {
    /// Drops what is remembered of fleets, pairs and pools that are gone, or that the
    /// settings leave out. Where AWS says that an association is gone, its sessions end.
    pub(super) fn reconcile_turnover(&mut self, view: View<'_>) {
        let settings = view.settings;
        let has_sessions = settings.has(Collector::AppstreamSessions);
        let mut turnover = std::mem::take(&mut self.turnover);
        turnover.retain(|fleet, _| {
            let fleet = self
                .fleets
                .last_good
                .as_ref()
                .and_then(|all| all.get(fleet));
            has_sessions && fleet.is_some_and(|fleet| self.may_select(fleet, view))
        });
        for (fleet, FleetTurnover { durations, pairs }) in &mut turnover {
            pairs.retain(|stack, _| settings.accept_stack(stack));
            let list = self.associations.get(fleet);
            // Until the list is known, a pair may exist.
            if let Some(stacks) = list.and_then(|list| list.last_good.as_ref()) {
                let gone = pairs.extract_if(.., |stack, _| !stacks.contains(stack));
                gone.for_each(|(_, pair)| pair.close(durations, view.wall()));
            }
        }
        self.turnover = turnover;
        let pool_sessions = &self.pool_sessions;
        self.pool_turnover
            .retain(|pool, _| pool_sessions.contains_key(pool));
    }

    /// A refresh ends: counts the sessions that are gone, except those of a pair that is
    /// being read, which may find them.
    pub(super) fn count_ended_sessions(&mut self) {
        for (fleet, FleetTurnover { durations, pairs }) in &mut self.turnover {
            let sessions = self.sessions.get(fleet);
            for (stack, turnover) in pairs {
                let pair = sessions.and_then(|sessions| sessions.pairs.get(stack));
                if !pair.is_some_and(|pair| pair.is_under_way()) {
                    turnover.settle(durations);
                }
            }
        }
    }

    /// Other authentication types are read from now on: counts over other types are other
    /// counts, but the sessions of the types that are left go on.
    pub(super) fn change_types(&mut self, types: &[Label]) {
        self.sessions.clear();
        self.session_types.clear();
        for turnover in self
            .turnover
            .values_mut()
            .flat_map(|fleet| fleet.pairs.values_mut())
        {
            turnover.lists.retain(|kind, _| types.contains(kind));
        }
    }

    /// What is remembered of a pair.
    pub(super) fn turnover_of(&self, fleet: &FleetName, stack: &StackName) -> Option<&Turnover> {
        self.turnover.get(fleet)?.pairs.get(stack)
    }
}
