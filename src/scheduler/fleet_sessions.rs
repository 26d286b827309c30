//! The sessions of one fleet: a pair for each of its stacks, and in each pair an
//! entry for each authentication type.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::entry::Entry;
use super::round::View;
use crate::model::{FleetName, Label, SessionTally, StackName, TypeTally};

/// The sessions of one fleet.
#[derive(Debug, Default)]
pub(super) struct FleetSessions {
    pub(super) pairs: BTreeMap<StackName, Pair>,
    /// The last rescan.
    pub(super) rescan: Option<Rescan>,
}

/// The last time that everything of a fleet was read, and how much more was in
/// use then than was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rescan {
    pub(super) at: Instant,
    pub(super) unexplained: i64,
    /// In how many refreshes since, one after the other, nothing was missing.
    pub(super) calm: u32,
}

/// The sessions of one pair of fleet and stack.
#[derive(Debug)]
pub(super) struct Pair {
    /// By the position of the authentication type in the settings.
    pub(super) types: Vec<Entry<TypeTally>>,
    /// All types together, as they were last read.
    pub(super) tally: Arc<SessionTally>,
    /// The position of the type that last had sessions.
    pub(super) home: Option<usize>,
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
        let entry = |kind| Entry::new(view.now, (fleet, stack, kind));
        Self {
            types: types.map(entry).collect(),
            tally: Arc::default(),
            home: None,
        }
    }

    /// Sessions of a type that were found, expired ones too.
    fn sessions_of(&self, position: usize) -> usize {
        let tally = self.types.get(position).and_then(Entry::last_good);
        tally.map_or(0, |tally| tally.len())
    }

    pub(super) fn has_sessions(&self) -> bool {
        (0..self.types.len()).any(|position| self.sessions_of(position) > 0)
    }

    /// Puts the types together again after one of them was read.
    pub(super) fn count(&mut self) {
        let known = self.types.iter().filter_map(Entry::last_good);
        let is_complete = self.types.iter().all(|entry| entry.history.was_read());
        self.tally = Arc::new(SessionTally::of(known.map(|tally| &**tally), is_complete));
        let largest = (0..self.types.len()).max_by_key(|position| self.sessions_of(*position));
        let largest = largest.filter(|position| self.sessions_of(*position) > 0);
        self.home = largest.or(self.home);
    }

    /// The authentication types that were read so far; `None` when that is none of
    /// them, or when one of them is too old: the others would be too few.
    pub(super) fn types_to_show(&self, view: View<'_>) -> Option<Arc<[Label]>> {
        let types = &view.settings.authentication_types;
        if self.types.iter().all(|entry| entry.current(view).is_some()) {
            return Some(Arc::clone(types));
        }
        let read = self.types.iter().zip(types.iter());
        let read = read.filter(|(entry, _)| entry.history.was_read());
        let current = read.map(|(entry, kind)| entry.current(view).map(|_| kind.clone()));
        let current: Option<Vec<Label>> = current.collect();
        current.filter(|types| !types.is_empty()).map(Arc::from)
    }
}
