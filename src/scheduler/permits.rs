//! How many reads may be under way, and which of those that are due goes next.
//!
//! A read makes one request at a time, so permits bound the requests under way.

use std::collections::{BTreeMap, VecDeque};

use tokio::time::Instant;

use super::read::{Item, Kind, Rank, Read};
use super::round::View;
use crate::model::Service;

/// A read that is due.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) read: Read,
    pub(super) kind: &'static Kind,
    pub(super) rank: Rank,
    /// Within a rank, the longest wait goes first.
    pub(super) waits_since: Instant,
    /// It was never read well, so its answer is something new to show.
    pub(super) is_new: bool,
    /// It got no answer the last time, and may hang again.
    timed_out: bool,
}

impl Due {
    pub(super) fn of(item: &Item<'_>, view: View<'_>) -> Self {
        let history = item.history;
        let is_first = history.attempted_at.is_none();
        // The lists that others depend on go first in every refresh.
        let keeps_rank = is_first || item.first_rank == Rank::List;
        // What should find nothing leaves the way to values that grow old.
        let not_urgent = view.now.checked_sub(view.settings.max_age / 2);
        let not_urgent = not_urgent.filter(|_| is_first && item.can_wait);
        Self {
            read: (item.read)(),
            kind: item.kind,
            rank: if keeps_rank {
                item.first_rank
            } else {
                Rank::Usual
            },
            waits_since: not_urgent.unwrap_or_else(|| history.waits_since()),
            is_new: !history.was_read(),
            timed_out: history.timed_out(),
        }
    }
}

/// The permits that are taken.
#[derive(Debug, Default)]
pub(super) struct Permits {
    by_service: BTreeMap<Service, usize>,
    /// Those of reads that timed out the last time.
    suspect: usize,
}

/// What a read under way has taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Permit {
    service: Service,
    is_suspect: bool,
}

impl Permits {
    /// Takes the most urgent read for which there is a permit out of the queue.
    ///
    /// At most a quarter of the permits go to reads that timed out the last time,
    /// so that reads that hang leave room for the others.
    pub(super) fn next(
        &mut self,
        queue: &mut VecDeque<Due>,
        limit: usize,
    ) -> Option<(Due, Permit)> {
        let trusts_suspects = self.suspect < (limit / 4).max(1);
        let may_go = |due: &Due| {
            (trusts_suspects || !due.timed_out) && self.has_room(due.kind.service, limit)
        };
        let position = queue.iter().position(may_go)?;
        let due = queue.remove(position)?;
        let permit = Permit {
            service: due.kind.service,
            is_suspect: due.timed_out,
        };
        *self.by_service.entry(permit.service).or_default() += 1;
        self.suspect += usize::from(permit.is_suspect);
        Some((due, permit))
    }

    /// A service leaves one permit to the others, so that one that hangs does not
    /// keep the others from being called.
    fn has_room(&self, service: Service, limit: usize) -> bool {
        let all: usize = self.by_service.values().sum();
        let own = self.by_service.get(&service).copied().unwrap_or_default();
        all < limit && own < limit.saturating_sub(1).max(1)
    }

    /// A read has ended.
    pub(super) fn give_back(&mut self, permit: Permit) {
        if let Some(taken) = self.by_service.get_mut(&permit.service) {
            *taken = taken.saturating_sub(1);
        }
        self.suspect -= usize::from(permit.is_suspect);
    }
}
