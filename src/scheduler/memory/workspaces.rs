//! What is known of pools and their sessions.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use crate::model::{Pool, PoolId, PoolSessionTally, PoolSessions};
use crate::scheduler::held::{Age, Held};
use crate::scheduler::selection::{Leavings, Selection};

/// What is known of WorkSpaces Pools.
#[derive(Debug, Default)]
pub(in crate::scheduler) struct Workspaces {
    pub(in crate::scheduler) pools: Held<BTreeMap<PoolId, Pool>>,
    pub(in crate::scheduler) sessions: BTreeMap<PoolId, Held<PoolSessionTally>>,
    /// What the filters leave of the pools.
    pub(in crate::scheduler) leavings: Leavings,
    /// The last refresh ended before everything was read.
    pub(in crate::scheduler) ran_out_of_time: bool,
    /// Every pool had been read before the last refresh.
    pub(super) was_complete: bool,
}

impl Workspaces {
    /// Other pools are left out from now on: they go at once.
    pub(super) fn select(&mut self, selection: &Selection) {
        self.pools
            .change(|pools| pools.retain(|_, pool| selection.has_pool(pool)));
        if let Some(pools) = self.pools.value() {
            self.sessions.retain(|pool, _| pools.contains_key(pool));
        }
    }

    /// Forgets the sessions of pools that are gone. While the pools are unknown, all grow old.
    pub(in crate::scheduler) fn keep_sessions(&mut self, age: Age) {
        let known = !self.pools.is_failing();
        let pools = self.pools.current(age).cloned().unwrap_or_default();
        self.sessions.retain(|pool, held| {
            if pools.contains_key(pool) {
                return true;
            }
            held.neglect();
            !known
        });
    }

    /// When the next of the values that are shown becomes too old.
    pub(super) fn next_expiry(&self, age: Age) -> Option<Instant> {
        let sessions = self.sessions.values().map(|held| held.expiry(age));
        sessions.chain([self.pools.expiry(age)]).flatten().min()
    }

    pub(super) fn pool_sessions(&self, age: Age) -> Vec<PoolSessions> {
        let pools = self.pools.current(age);
        let shown = |(id, held): (&PoolId, &Held<PoolSessionTally>)| {
            let pool = pools?.get(id)?;
            Some(PoolSessions {
                account_id: pool.account_id.clone(),
                pool: id.clone(),
                pool_name: pool.name.clone(),
                tally: Arc::clone(held.current(age)?),
            })
        };
        self.sessions.iter().filter_map(shown).collect()
    }

    /// Begins a refresh.
    pub(in crate::scheduler) fn begin(&mut self) {
        let read = |held: &Held<_>| held.value().is_some();
        self.was_complete = self.pools.value().is_some() && self.sessions.values().all(read);
    }

    /// Pools whose sessions were never read.
    pub(super) fn unread(&self) -> usize {
        let pools = self.sessions.values();
        pools.filter(|held| held.value().is_none()).count()
    }

    /// Calls that a whole refresh needs.
    pub(super) fn calls(&self) -> u32 {
        let sessions: u32 = self
            .sessions
            .values()
            .map(|held| held.calls().unwrap_or(1))
            .sum();
        self.pools.calls().unwrap_or(1) + sessions
    }
}
