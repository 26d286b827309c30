//! What of AppStream is shown at a moment: all that is known and not too old.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::super::pair::PairMemory;
use super::AppStream;
use crate::model::{
    AccountId, Association, Fleet, FleetInstances, FleetName, FleetTags, PairSessions, TypeTally,
    union,
};
use crate::scheduler::held::Age;

impl AppStream {
    /// When the next of the values that are shown becomes too old.
    pub(in crate::scheduler) fn next_expiry(&self, age: Age) -> Option<Instant> {
        let sessions = self.sessions.values().map(|memory| memory.held.expiry(age));
        let lists = [
            self.fleets.expiry(age),
            self.topology.next_expiry(age),
            self.tags.next_expiry(age),
        ];
        lists.into_iter().chain(sessions).flatten().min()
    }

    /// The account of a fleet, or of its stack should the fleet be unknown.
    fn account(&self, pair: &Association, age: Age) -> AccountId {
        self.account_of(&pair.fleet, Some(pair), age)
    }

    fn account_of(&self, fleet: &FleetName, pair: Option<&Association>, age: Age) -> AccountId {
        let fleet = self
            .fleets
            .current(age)
            .and_then(|fleets| fleets.get(fleet));
        let stack = || {
            let stacks = self.topology.stacks().current(age)?;
            stacks.get(&pair?.stack)
        };
        fleet
            .map(|fleet| &fleet.account_id)
            .or_else(|| stack().map(|stack| &stack.account_id))
            .or(self.account.as_ref())
            .cloned()
            .unwrap_or_else(|| AccountId::from(""))
    }

    pub(in crate::scheduler) fn associations(&self, age: Age) -> Vec<(AccountId, Association)> {
        self.pairs(age)
            .into_iter()
            .map(|pair| (self.account(&pair, age), pair))
            .collect()
    }

    pub(in crate::scheduler) fn pair_sessions(&self, age: Age) -> Vec<PairSessions> {
        let shown = |(pair, memory): (&Association, &PairMemory)| {
            let tally = Arc::clone(&memory.held.current(age)?.tally);
            let account_id = self.account(pair, age);
            Some(PairSessions {
                account_id,
                fleet: pair.fleet.clone(),
                stack: pair.stack.clone(),
                tally,
            })
        };
        let sessions = self
            .sessions
            .iter()
            .filter(|(pair, _)| !self.topology.is_gone(pair, &self.fleets, age))
            .filter(|(pair, _)| self.is_wanted(pair, age));
        sessions.filter_map(shown).collect()
    }

    /// The tags of the fleets of which they are known.
    pub(in crate::scheduler) fn fleet_tags(&self, age: Age) -> Vec<FleetTags> {
        let fleets = self.fleets.current(age);
        let tagged = |fleet: &Fleet| {
            Some(FleetTags {
                account_id: fleet.account_id.clone(),
                fleet: fleet.name.clone(),
                tags: Arc::clone(self.tags.of(&fleet.name, age)?),
            })
        };
        let fleets = fleets.into_iter().flat_map(|fleets| fleets.values());
        fleets.filter_map(tagged).collect()
    }

    /// Instances by fleet. A fleet of which any pair is unknown has no number
    /// at all: the instances of the other pairs would be too few.
    pub(in crate::scheduler) fn instances(&self, age: Age) -> Vec<FleetInstances> {
        let is_complete = self.topology.completeness(None, age);
        let mut pairs: BTreeMap<FleetName, Vec<Association>> = BTreeMap::new();
        for fleet in self
            .fleets
            .current(age)
            .into_iter()
            .flat_map(|fleets| fleets.keys())
        {
            pairs.entry(fleet.clone()).or_default();
        }
        for pair in self.pairs(age) {
            pairs.entry(pair.fleet.clone()).or_default().push(pair);
        }
        let known = pairs.into_iter().filter(|(fleet, _)| is_complete(fleet));
        let counted = known.filter_map(|(fleet, pairs)| {
            let instances = self.distinct_instances(&pairs, age)?;
            Some(FleetInstances {
                account_id: self.account_of(&fleet, pairs.first(), age),
                fleet,
                instances,
            })
        });
        counted.collect()
    }

    /// Distinct instances over the pairs of a fleet; `None` when any of them is
    /// unknown, or when none of them is there any more.
    fn distinct_instances(&self, pairs: &[Association], age: Age) -> Option<i32> {
        let mut instances: Vec<&[u64]> = Vec::new();
        let mut gone = 0;
        for pair in pairs {
            let held = &self.sessions.get(pair)?.held;
            match held.current(age) {
                Some(value) => instances.extend(value.tallies().map(TypeTally::instances)),
                None if held.is_failing() => return None,
                None => gone += 1,
            }
        }
        if gone > 0 && gone == pairs.len() {
            return None;
        }
        i32::try_from(union(instances)).ok()
    }
}
