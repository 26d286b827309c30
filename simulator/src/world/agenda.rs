//! Fleets and pools to look at: those that were changed, and those that change by themselves at a time.
//!
//! With them, a change of one fleet costs no look at the sessions of all others.

use std::collections::BTreeSet;
use std::mem::take;

use super::Region;

/// Names of fleets and ids of pools that were changed since they were looked at last.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Agenda {
    fleets: BTreeSet<String>,
    pools: BTreeSet<String>,
}

impl Agenda {
    pub(super) const fn new() -> Self {
        Self {
            fleets: BTreeSet::new(),
            pools: BTreeSet::new(),
        }
    }
}

impl Region {
    /// The fleet, its capacity or its sessions change.
    pub(crate) fn touch_fleet(&mut self, name: &str) {
        if !self.agenda.fleets.contains(name) {
            self.agenda.fleets.insert(name.to_owned());
        }
    }

    /// The pool, its capacity or its sessions change.
    pub(crate) fn touch_pool(&mut self, id: &str) {
        if !self.agenda.pools.contains(id) {
            self.agenda.pools.insert(id.to_owned());
        }
    }

    /// The managed fleets that were changed or are due.
    pub(crate) fn take_fleets(&mut self, now: f64) -> Vec<String> {
        let touched = take(&mut self.agenda.fleets);
        let managed = self.fleets.values().filter(|fleet| {
            let supply = fleet.supply.as_ref();
            supply.is_some_and(|supply| supply.is_due(now) || touched.contains(&fleet.name))
        });
        managed.map(|fleet| fleet.name.clone()).collect()
    }

    /// The managed pools that were changed or are due.
    pub(crate) fn take_pools(&mut self, now: f64) -> Vec<String> {
        let touched = take(&mut self.agenda.pools);
        let managed = self.pools.values().filter(|pool| {
            let supply = pool.supply.as_ref();
            supply.is_some_and(|supply| supply.is_due(now) || touched.contains(&pool.id))
        });
        managed.map(|pool| pool.id.clone()).collect()
    }

    /// When a fleet or pool changes by itself next.
    pub(crate) fn next_change(&self) -> Option<f64> {
        let fleets = self.fleets.values().map(|fleet| &fleet.supply);
        let pools = self.pools.values().map(|pool| &pool.supply);
        let supplies = fleets.chain(pools).flatten();
        supplies.filter_map(|supply| supply.due_at).reduce(f64::min)
    }
}
