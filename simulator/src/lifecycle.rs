//! Changes that follow from state and time alone.
//!
//! There are no timers: a request first plays everything that was due before it. Only fleets, pools
//! and builders that an operation has changed are managed; all others stay as they were set.

mod builder;
mod fleet;
mod pool;
mod scaling;
mod session;

use crate::world::{Region, World};

pub(crate) use fleet::{capacity, instances_for, occupancy, sessions_per_instance};
pub(crate) use session::{DISCONNECT_TIMEOUT_SECONDS, ON_DEMAND_WAIT_SECONDS};

impl World {
    /// Whether something changes by itself until `now`.
    pub(crate) fn is_due(&self, now: f64) -> bool {
        self.all_regions()
            .any(|(_, _, region)| region.changes_at.is_some_and(|at| at <= now))
    }

    /// Lets everything happen that is due until `now`.
    pub(crate) fn advance(&mut self, now: f64) {
        for region in self.all_regions_mut() {
            while let Some(at) = region.changes_at.filter(|at| *at <= now) {
                region.settle(at);
            }
        }
    }

    /// Brings every region to the state that follows from what it has, as after reading it from a file.
    pub(crate) fn settle(&mut self, now: f64) {
        self.all_regions_mut().for_each(|region| region.settle(now));
    }
}

impl Region {
    /// Brings everything that is managed to the state that follows from the time.
    pub(crate) fn settle(&mut self, now: f64) {
        // Capacity follows from the limits, so these come first.
        let mut changes: Vec<f64> = scaling::settle(self, now).into_iter().collect();
        for name in self.managed_fleets() {
            changes.extend(fleet::settle(self, &name, now));
        }
        for id in self.managed_pools() {
            changes.extend(pool::settle(self, &id, now));
        }
        changes.extend(builder::settle(self, now));
        // A change at or before `now` would be due for ever.
        let changes = changes.into_iter().filter(|at| *at > now);
        self.changes_at = changes.reduce(f64::min);
    }

    /// Manages a fleet from now on: its instances follow from its capacity and sessions.
    pub(crate) fn manage_fleet(&mut self, name: &str, now: f64) {
        fleet::manage(self, name, now);
    }

    /// Manages a pool from now on: its instances follow from its capacity and sessions.
    pub(crate) fn manage_pool(&mut self, id: &str, now: f64) {
        pool::manage(self, id, now);
    }

    fn managed_fleets(&self) -> Vec<String> {
        let fleets = self.fleets().values();
        let managed = fleets.filter(|fleet| fleet.supply.is_some());
        managed.map(|fleet| fleet.name.clone()).collect()
    }

    fn managed_pools(&self) -> Vec<String> {
        let pools = self.pools().values();
        let managed = pools.filter(|pool| pool.supply.is_some());
        managed.map(|pool| pool.id().to_owned()).collect()
    }
}
