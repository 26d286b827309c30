//! How many reads may be under way, and which of those that are due goes next.
//!
//! A read makes one request at a time, so permits bound the requests under way.

use std::collections::{BTreeMap, VecDeque};

use tokio::time::Instant;

use super::read::{Item, Kind, Rank, Read};
use crate::model::Service;

/// A read that is due.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) read: Read,
    pub(super) kind: &'static Kind,
    pub(super) rank: Rank,
    /// Within a rank, the longest wait goes first.
    pub(super) waits_since: Instant,
    /// It should find nothing.
    pub(super) can_wait: bool,
    /// It got no answer the last time, and may hang again.
    pub(super) timed_out: bool,
}

impl Due {
    pub(super) fn of(item: &Item<'_>) -> Self {
        let is_first = item.history.attempted_at.is_none();
        // The lists that others depend on go first in every refresh.
        let keeps_rank = is_first || item.first_rank == Rank::List;
        Self {
            read: (item.read)(),
            kind: item.kind,
            rank: if keeps_rank {
                item.first_rank
            } else {
                Rank::Usual
            },
            waits_since: item.history.waits_since(),
            can_wait: is_first && item.can_wait,
            timed_out: item.history.timed_out(),
        }
    }
}

/// The permits that are taken.
#[derive(Debug, Default)]
pub(super) struct Permits {
    by_service: BTreeMap<Service, usize>,
    slow: usize,
}

/// What a read under way has taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Permit {
    service: Service,
    is_slow: bool,
}

impl Permits {
    /// Takes the most urgent read for which there is a permit out of the queue.
    ///
    /// At most a quarter of the permits go to reads that timed out the last time,
    /// so that reads that hang leave room for the others, and to first reads that
    /// should find nothing; these may also have what nothing else is waiting for.
    pub(super) fn next(
        &mut self,
        queue: &mut VecDeque<Due>,
        limit: usize,
    ) -> Option<(Due, Permit)> {
        let is_slow = |due: &Due| due.timed_out || due.can_wait;
        let has_room = |due: &Due| self.has_room(due.kind.service, limit);
        let may_be_slow = self.slow < (limit / 4).max(1);
        let position = queue
            .iter()
            .position(|due| has_room(due) && (may_be_slow || !is_slow(due)));
        let only_slow_wait = || queue.iter().all(is_slow);
        let position = position.or_else(|| {
            let mut waiting = queue.iter();
            let position = waiting.position(|due| has_room(due) && !due.timed_out)?;
            only_slow_wait().then_some(position)
        })?;
        let due = queue.remove(position)?;
        let permit = Permit {
            service: due.kind.service,
            is_slow: is_slow(&due),
        };
        *self.by_service.entry(permit.service).or_default() += 1;
        self.slow += usize::from(permit.is_slow);
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
        self.slow -= usize::from(permit.is_slow);
    }
}
