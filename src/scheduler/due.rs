//! A read that is due, with what decides when it goes.

use tokio::time::Instant;

use super::read::{Item, Kind, Rank, Read};

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
        let is_first = !item.history.was_attempted();
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
