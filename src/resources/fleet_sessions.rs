//! The sessions of one fleet: a pair for each of its stacks, and in each pair an
//! entry for each authentication type.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::entry::Entry;
use super::refresh::View;
use crate::model::{
    FleetName, Label, ReadList, SessionGroup, SessionList, SessionPlace, SessionTally, StackName,
    TypeTally,
};

/// The sessions of one fleet.
#[derive(Debug, Default)]
pub(super) struct FleetSessions {
    pub(super) pairs: BTreeMap<StackName, Pair>,
    /// The last rescan.
    pub(super) rescan: Option<Rescan>,
}

/// The time of a fleet's last rescan, and how much more was in use then than was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rescan {
    pub(super) at: Instant,
    pub(super) unexplained: i64,
    /// Consecutive refreshes since then in which no session was missing.
    pub(super) complete_refreshes: u32,
}

/// The sessions of one pair of fleet and stack.
#[derive(Debug)]
pub(super) struct Pair {
    /// By the position of the authentication type in the settings.
    pub(super) types: Vec<Entry<TypeTally>>,
    /// All types together, as they were last read.
    tally: Arc<SessionTally>,
    /// The position of the type that last had sessions.
    pub(super) home: Option<usize>,
    /// The types in which it has had a session.
    pub(super) had: BTreeSet<Label>,
}

impl FleetSessions {
    /// The entries of all authentication types of all pairs.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry<TypeTally>> {
        self.pairs.values().flat_map(|pair| &pair.types)
    }

    /// Sessions that were found and are not expired.
    pub(super) fn live(&self) -> i64 {
        let live = self.pairs.values().map(|pair| i64::from(pair.tally.live));
        live.sum()
    }
}

impl Pair {
    pub(super) fn new(fleet: &FleetName, stack: &StackName, view: View<'_>) -> Self {
        let types = view.settings.authentication_types.iter();
        let entry = |kind| Entry::new((fleet, stack, kind));
        Self {
            types: types.map(entry).collect(),
            tally: Arc::default(),
            home: None,
            had: BTreeSet::new(),
        }
    }

    /// Sessions of a type that were found, expired ones too.
    pub(super) fn sessions_of(&self, position: usize) -> usize {
        let tally = self
            .types
            .get(position)
            .and_then(|entry| entry.last_good.as_ref());
        tally.map_or(0, |tally| tally.len())
    }

    /// Whether the first read of a type should find sessions: the most common type of
    /// the region goes first, and if it does not explain what is in use, so do the others.
    pub(super) fn expects(&self, is_most_common: bool, are_missing: bool) -> bool {
        let mut types = self.types.iter();
        if types.all(|entry| entry.history.attempted_at.is_none()) {
            return is_most_common;
        }
        are_missing && !self.is_under_way()
    }

    /// Whether one of its types is being read.
    pub(super) fn is_under_way(&self) -> bool {
        let mut types = self.types.iter();
        types.any(|entry| entry.history.in_flight.is_some())
    }

    /// Types that AWS supports, or may support.
    fn supported(&self) -> impl Iterator<Item = &Entry<TypeTally>> + Clone {
        let types = self.types.iter();
        types.filter(|entry| entry.history.unsupported.is_none())
    }

    /// Whether AWS supports none of its types.
    pub(super) fn is_unsupported(&self) -> bool {
        self.supported().next().is_none()
    }

    /// Puts the types together again after one of them was read.
    pub(super) fn count(&mut self) {
        let known = self.supported().map(|entry| entry.last_good.as_deref());
        let is_complete = !self.is_unsupported() && known.clone().all(|tally| tally.is_some());
        self.tally = Arc::new(SessionTally::of(known.flatten(), is_complete));
        let types = self.tally.counts.keys();
        let types = types.map(|cell| cell.authentication_type.clone());
        self.had.extend(types);
        let largest = (0..self.types.len()).max_by_key(|position| self.sessions_of(*position));
        let largest = largest.filter(|position| self.sessions_of(*position) > 0);
        self.home = largest.or(self.home);
    }

    /// The values of its types; `None` unless every type that AWS supports is known.
    pub(super) fn current_types(&self, view: View<'_>) -> Option<Vec<&Arc<TypeTally>>> {
        let types: Option<Vec<_>> = self.supported().map(|entry| entry.current(view)).collect();
        types.filter(|types| !types.is_empty())
    }

    /// The sessions of the types that are not too old. Users are known only when
    /// all types are.
    pub(super) fn current_tally(&self, view: View<'_>) -> Arc<SessionTally> {
        let known = self.types.iter().filter(|entry| entry.last_good.is_some());
        let current = known.clone().filter_map(|entry| entry.current(view));
        if known.count() == current.clone().count() {
            return Arc::clone(&self.tally);
        }
        Arc::new(SessionTally::of(current.map(Arc::as_ref), false))
    }

    /// The sessions themselves, of the types that are not too old.
    pub(super) fn group(
        &self,
        fleet: &FleetName,
        stack: &StackName,
        view: View<'_>,
    ) -> SessionGroup {
        let lists: Vec<_> = self
            .types
            .iter()
            .filter_map(|entry| read_list(entry, view, |tally| tally.list.as_ref()))
            .collect();
        let supported = self.supported().count();
        SessionGroup {
            place: SessionPlace::Pair {
                fleet: fleet.clone(),
                stack: stack.clone(),
            },
            is_complete: supported > 0 && lists.len() == supported,
            lists,
        }
    }

    /// The authentication types to show, 0 where they have no session: those in which
    /// the pair has had one; without any those of the region, or else all.
    pub(super) fn types_to_show(&self, region: &BTreeSet<Label>, view: View<'_>) -> Vec<Label> {
        let had = [&self.had, region].into_iter().find(|had| !had.is_empty());
        let asked_for = &view.settings.authentication_types;
        let of_answers = had.into_iter().flatten();
        let of_answers = of_answers.filter(|kind| !asked_for.contains(kind));
        let types = asked_for.iter().zip(&self.types);
        let types = types.filter(|(kind, _)| had.is_none_or(|had| had.contains(*kind)));
        let types = types.filter(|(_, entry)| entry.current(view).is_some());
        let types = types.map(|(kind, _)| kind);
        types.chain(of_answers).cloned().collect()
    }
}

/// Drops the new list if `sessions.list` is off. If nothing has changed, keeps the previous list,
/// so that a refresh does not store all sessions twice.
pub(super) fn take_in_list(
    new: &mut Option<Arc<SessionList>>,
    before: Option<&Arc<SessionList>>,
    view: View<'_>,
) {
    if !view.settings.lists_sessions {
        *new = None;
    } else if new.as_ref() == before {
        *new = before.cloned();
    }
}

/// The list of an entry, unless it is too old.
pub(super) fn read_list<T>(
    entry: &Entry<T>,
    view: View<'_>,
    list: impl Fn(&T) -> Option<&Arc<SessionList>>,
) -> Option<ReadList> {
    Some(ReadList {
        list: Arc::clone(list(entry.current(view)?)?),
        read_at: view.wall_at(entry.history.read_at?),
    })
}
