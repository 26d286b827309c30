//! What the figures of fleets say of sessions, and when everything of a fleet is asked for.

use tokio::time::Instant;

use super::super::pair::PairMemory;
use super::AppStream;
use crate::model::{Association, Fleet, FleetName};
use crate::scheduler::Settings;
use crate::scheduler::economy::{self, FullLook, Standing};

impl AppStream {
    /// What the figures of a fleet say of sessions that were not found. Figures
    /// that are not of this refresh say nothing, nor do those that count sessions
    /// in stacks that are left out.
    pub(super) fn standing(&self, fleet: &FleetName) -> Standing {
        economy::standing(self.figures(fleet), self.live(fleet))
    }

    pub(super) fn figures(&self, fleet: &FleetName) -> Option<&Fleet> {
        if self.fleets.is_failing()
            || self.fleets.read_at() < self.started_at
            || self.partly_hidden.contains(fleet)
        {
            return None;
        }
        self.fleets.value()?.get(fleet)
    }

    /// Sessions of a fleet that were found and are not expired.
    pub(super) fn live(&self, fleet: &FleetName) -> i64 {
        let tallies = self
            .pairs_of(fleet)
            .filter_map(|(_, memory)| memory.held.value());
        tallies.map(|value| i64::from(value.tally.live)).sum()
    }

    pub(super) fn pairs_of(
        &self,
        fleet: &FleetName,
    ) -> impl Iterator<Item = (&Association, &PairMemory)> {
        let first = Association {
            fleet: fleet.clone(),
            stack: "".into(),
        };
        let fleet = fleet.clone();
        self.sessions
            .range(first..)
            .take_while(move |(pair, _)| pair.fleet == fleet)
    }

    /// Whether everything of a fleet is to be asked for, because more is in use than was found.
    pub(in crate::scheduler) fn wants_full_look(
        &self,
        fleet: &FleetName,
        settings: &Settings,
        now: Instant,
    ) -> bool {
        let last = self.full_looks.get(fleet).copied();
        self.excess(fleet)
            .is_some_and(|excess| settings.economy.wants_full_look(last, excess, now))
    }

    /// How much more of a fleet is in use than was found; `None` when its
    /// figures say nothing, or when some of it was never read.
    pub(super) fn excess(&self, fleet: &FleetName) -> Option<i64> {
        let in_use = economy::in_use(self.figures(fleet)?)?;
        let is_read = |(_, memory): (_, &PairMemory)| memory.held.value().is_some();
        self.pairs_of(fleet)
            .all(is_read)
            .then(|| in_use - self.live(fleet))
    }

    /// Everything of a fleet was asked for. What failed of it is asked for again.
    pub(in crate::scheduler) fn looked_at(&mut self, fleet: &FleetName, now: Instant) {
        if self
            .pairs_of(fleet)
            .any(|(_, memory)| memory.held.is_failing())
        {
            return;
        }
        if let Some(unexplained) = self.excess(fleet) {
            let look = FullLook {
                at: now,
                unexplained,
                explained: 0,
            };
            self.full_looks.insert(fleet.clone(), look);
        }
    }

    /// Forgets looks at fleets that are gone, and notes what is unexplained of the others.
    pub(super) fn note_looks(&mut self) {
        if let Some(fleets) = self.fleets.value() {
            self.full_looks
                .retain(|fleet, _| fleets.contains_key(fleet));
        }
        let excesses: Vec<_> = self
            .full_looks
            .keys()
            .map(|fleet| (fleet.clone(), self.excess(fleet)))
            .collect();
        for (fleet, excess) in excesses {
            if let (Some(excess), Some(look)) = (excess, self.full_looks.get_mut(&fleet)) {
                look.note(excess);
            }
        }
    }
}
