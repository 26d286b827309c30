//! What is known of the tags of fleets.
//!
//! They cost a call each and change seldom, so they are kept like the topology,
//! for `refresh.topology_interval`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::{Error, Listed};
use crate::model::{Fleet, FleetName};
use crate::scheduler::held::{Age, Held, Turn};

/// Tags by fleet.
#[derive(Debug, Default)]
pub(in crate::scheduler) struct TagMemory {
    fleets: BTreeMap<FleetName, Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    held: Held<BTreeMap<String, String>>,
    /// Of the fleet that they were read of: one that is made anew has tags of its own.
    created: Option<f64>,
}

impl TagMemory {
    /// What is to be read, with its turn: tags of these fleets, which are all
    /// there are, where they were never read or too long ago.
    pub(in crate::scheduler) fn due(
        &mut self,
        listed: &BTreeMap<FleetName, Fleet>,
        now: Instant,
        interval: Duration,
    ) -> Vec<(Turn, FleetName)> {
        self.fleets.retain(|fleet, _| listed.contains_key(fleet));
        let mut due = Vec::new();
        for (name, fleet) in listed {
            let entry = self.fleets.entry(name.clone()).or_default();
            if entry.created != fleet.created {
                *entry = Entry {
                    created: fleet.created,
                    ..Entry::default()
                };
            }
            if entry.held.is_due(now, interval) {
                due.push((entry.held.turn(), name.clone()));
            } else {
                entry.held.renew(now);
            }
        }
        due
    }

    /// Takes in what was read of a fleet. Gives back the error, if it is one,
    /// and whether it can wait.
    pub(in crate::scheduler) fn settle(
        &mut self,
        fleet: &FleetName,
        read: Result<Listed<BTreeMap<String, String>>, Error>,
        ended: Instant,
        age: Age,
    ) -> (Option<Error>, bool) {
        let Some(entry) = self.fleets.get_mut(fleet) else {
            return (None, true);
        };
        let error = entry.held.settle_or_forget(read, ended);
        (error, entry.held.can_wait(age))
    }

    /// The tags of a fleet, unless they are unknown or too old.
    pub(in crate::scheduler) fn of(
        &self,
        fleet: &FleetName,
        age: Age,
    ) -> Option<&Arc<BTreeMap<String, String>>> {
        self.fleets.get(fleet)?.held.current(age)
    }

    /// When the next of those that are shown becomes too old.
    pub(in crate::scheduler) fn next_expiry(&self, age: Age) -> Option<Instant> {
        let entries = self.fleets.values();
        entries.filter_map(|entry| entry.held.expiry(age)).min()
    }

    /// Calls for reading all of them once, and how many were never read.
    pub(in crate::scheduler) fn calls(&self) -> (u32, u32) {
        let unread = self
            .fleets
            .values()
            .filter(|entry| entry.held.value().is_none());
        let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
        (count(self.fleets.len()), count(unread.count()))
    }
}
