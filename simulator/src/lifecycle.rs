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
    /// Brings everything that is due or was changed to the state that follows from the time.
    pub(crate) fn settle(&mut self, now: f64) {
        let scaling_changes = scaling::perform_due(self, now);
        loop {
            // Capacity follows from the limits. A fleet that has started is scaled now.
            scaling::keep_within_limits(self, now);
            let (fleets, pools) = (self.take_fleets(now), self.take_pools(now));
            if fleets.is_empty() && pools.is_empty() {
                break;
            }
            fleets
                .iter()
                .for_each(|name| fleet::settle(self, name, now));
            pools.iter().for_each(|id| pool::settle(self, id, now));
        }
        let builder_changes = builder::settle(self, now);
        let changes = builder_changes.into_iter().chain(scaling_changes);
        // A change at or before `now` would be due for ever.
        let changes = changes.filter(|at| *at > now).chain(self.next_change());
        self.changes_at = changes.reduce(f64::min);
    }

    /// Manages a fleet from now on: its instances follow from its capacity and sessions.
    pub(crate) fn manage_fleet(&mut self, name: &str, now: f64) {
        fleet::manage(self, name, now);
        self.touch_fleet(name);
    }

    /// Manages a pool from now on: its instances follow from its capacity and sessions.
    pub(crate) fn manage_pool(&mut self, id: &str, now: f64) {
        pool::manage(self, id, now);
        self.touch_pool(id);
    }
}
