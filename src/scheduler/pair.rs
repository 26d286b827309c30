//! The sessions of one pair of fleet and stack, an entry for each authentication type.

use std::sync::Arc;

use tokio::time::Instant;

use super::entry::Entry;
use super::round::View;
use crate::model::{Association, Label, SessionTally, TypeTally};

/// The sessions of one pair.
#[derive(Debug)]
pub(super) struct Pair {
    /// By the position of the authentication type in the settings.
    pub(super) types: Vec<Entry<TypeTally>>,
    /// All types together, as they were last read.
    pub(super) tally: Arc<SessionTally>,
    /// The position of the type that last had sessions.
    pub(super) home: Option<usize>,
}

impl Pair {
    pub(super) fn new(pair: &Association, view: View<'_>) -> Self {
        let entry = |kind| Entry::new(view.now, (&pair.fleet, &pair.stack, kind));
        Self {
            types: view
                .settings
                .authentication_types
                .iter()
                .map(entry)
                .collect(),
            tally: Arc::default(),
            home: None,
        }
    }

    /// Whether every type was read once, and those with sessions since a moment.
    pub(super) fn is_read_since(&self, moment: Instant) -> bool {
        self.types.iter().all(|entry| {
            let is_empty = entry.last_good().is_none_or(|tally| tally.is_empty());
            entry.history.was_read() && (is_empty || entry.history.was_attempted_since(moment))
        })
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
