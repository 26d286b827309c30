//! Limits concurrent reads, and selects the next due read.
//!
//! A read makes one request at a time, so permits limit the concurrent requests.

use std::collections::{BTreeMap, VecDeque};

use tokio::time::Instant;

use crate::model::Service;
use crate::resources::read::{Item, Rank, Read, Resource};
use crate::resources::refresh::View;

/// A read that is due.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) read: Read,
    pub(super) resource: &'static Resource,
    pub(super) rank: Rank,
    /// Within a rank, the longest wait goes first.
    pub(super) waits_since: Instant,
    /// It was never read well, so its answer is something new to show.
    pub(super) is_new: bool,
    /// It got no answer the last time, and may hang again.
    timed_out: bool,
}

impl Due {
    pub(super) fn of(resource: &'static Resource, item: &Item<'_>, view: View<'_>) -> Self {
        let history = item.history;
        let is_first = history.attempted_at.is_none();
        Self {
            read: (item.read)(),
            resource,
            rank: match item.first_rank {
                // The lists that others depend on go first on every refresh.
                Rank::List => Rank::List,
                rank if is_first => rank,
                _ => Rank::Usual,
            },
            waits_since: history.waits_since(view),
            is_new: history.read_at.is_none(),
            timed_out: history
                .error
                .as_ref()
                .is_some_and(|error| error.is_timeout()),
        }
    }
}

/// The permits that are taken.
#[derive(Debug, Default)]
pub(super) struct Permits {
    by_service: BTreeMap<Service, usize>,
    /// Permits of reads that timed out in their last attempt.
    suspect: usize,
}

impl Permits {
    /// Takes the most urgent read for which there is a permit out of the queue.
    ///
    /// At most a quarter of the permits go to reads that timed out the last time,
    /// so that reads that hang leave room for the others.
    pub(super) fn next(&mut self, queue: &mut VecDeque<Due>, limit: usize) -> Option<Due> {
        let trusts_suspects = self.suspect < (limit / 4).max(1);
        let may_go = |due: &Due| {
            (trusts_suspects || !due.timed_out) && self.has_room(due.resource.service, limit)
        };
        let position = queue.iter().position(may_go)?;
        let due = queue.remove(position)?;
        *self.by_service.entry(due.resource.service).or_default() += 1;
        self.suspect += usize::from(due.timed_out);
        Some(due)
    }

    /// A service leaves one permit to the others, so that one that hangs does not
    /// keep the others from being called.
    fn has_room(&self, service: Service, limit: usize) -> bool {
        let all: usize = self.by_service.values().sum();
        let own = self.by_service.get(&service).copied().unwrap_or_default();
        all < limit && own < limit.saturating_sub(1).max(1)
    }

    /// A read has ended.
    pub(super) fn give_back(&mut self, due: &Due) {
        *self.by_service.entry(due.resource.service).or_default() -= 1;
        self.suspect -= usize::from(due.timed_out);
    }
}
