//! What is known of fleets and of sessions, and what is to be asked for next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::pair::{PairMemory, TypesRead};
use super::topology::{Anchor, Topology};
use crate::aws::{Error, Listed};
use crate::model::{
    AccountId, Association, Collector, Fleet, FleetInstances, FleetName, PairSessions, Stack,
    StackName, TypeTally, union,
};
use crate::scheduler::Settings;
use crate::scheduler::economy::{self, FullLook, Round, Standing, fraction};
use crate::scheduler::held::{Age, Held, Turn};

/// What is known of AppStream.
#[derive(Debug, Default)]
pub(in crate::scheduler) struct AppStream {
    pub(in crate::scheduler) fleets: Held<BTreeMap<FleetName, Fleet>>,
    pub(in crate::scheduler) topology: Topology,
    pub(in crate::scheduler) sessions: BTreeMap<Association, PairMemory>,
    /// The last refresh ended before everything was read.
    pub(in crate::scheduler) ran_out_of_time: bool,
    /// Everything that is known of had been read before the last refresh.
    pub(super) was_complete: bool,
    full_looks: BTreeMap<FleetName, FullLook>,
    /// Pairs that have come so far, and the refreshes.
    pairs: u32,
    refreshes: u64,
    /// When the first refresh began, and the last.
    epoch: Option<Instant>,
    started_at: Option<Instant>,
    /// The place of the authentication type that most sessions have.
    common_type: Option<usize>,
    /// The account, as the last fleet or stack told it: values that are held
    /// must keep their labels when fleets and stacks are too old to be shown.
    account: Option<AccountId>,
}

impl AppStream {
    /// Begins a refresh.
    pub(in crate::scheduler) fn begin(&mut self, settings: &Settings, start: Instant) -> Round {
        self.was_complete = self.is_complete(settings);
        self.refreshes += 1;
        self.started_at = Some(start);
        let mut sessions = BTreeMap::new();
        for (place, found) in self.sessions.values().filter_map(PairMemory::largest_type) {
            *sessions.entry(place).or_insert(0) += found;
        }
        let common = sessions.into_iter().max_by_key(|(_, sessions)| *sessions);
        self.common_type = common.map(|(place, _)| place);
        Round {
            number: self.refreshes,
            start,
            epoch: *self.epoch.get_or_insert(start),
        }
    }

    /// Takes in the fleets. Those that were not there before are asked for their
    /// stacks soon, and so are those that were made anew under their old name.
    pub(in crate::scheduler) fn fleets_were_read(
        &mut self,
        result: Result<Listed<BTreeMap<FleetName, Fleet>>, Error>,
        ended: Instant,
        age: Age,
    ) -> Option<Error> {
        let before = self.fleets.current(age).cloned();
        let error = self.fleets.settle(result, ended);
        if let (None, Some(before), Some(now)) = (&error, before, self.fleets.current(age)) {
            let is_new = |(name, fleet): &(&FleetName, &Fleet)| {
                before
                    .get(*name)
                    .is_none_or(|old| old.created != fleet.created)
            };
            let new: Vec<FleetName> = now
                .iter()
                .filter(is_new)
                .map(|(name, _)| name.clone())
                .collect();
            for fleet in &new {
                self.full_looks.remove(fleet);
            }
            self.topology.fleets_appeared(new);
        }
        self.remember_account(age);
        error
    }

    /// Takes in the stacks.
    pub(in crate::scheduler) fn stacks_were_read(
        &mut self,
        result: Result<Listed<BTreeMap<StackName, Stack>>, Error>,
        ended: Instant,
        age: Age,
    ) -> Option<Error> {
        let error = self.topology.stacks_were_read(result, ended, age);
        self.remember_account(age);
        error
    }

    /// Remembers the account of whatever was listed.
    fn remember_account(&mut self, age: Age) {
        let fleet = self
            .fleets
            .current(age)
            .and_then(|fleets| Some(&fleets.first_key_value()?.1.account_id));
        let stack = || {
            let stacks = self.topology.stacks().current(age)?;
            Some(&stacks.first_key_value()?.1.account_id)
        };
        if let Some(account) = fleet.or_else(stack).cloned() {
            self.account = Some(account);
        }
    }

    /// Whether there is nothing to go by: neither fleets nor stacks nor pairs.
    pub(in crate::scheduler) fn is_unknown(&self, age: Age) -> bool {
        self.fleets.current(age).is_none()
            && self.topology.stacks().current(age).is_none()
            && self.pairs(age).is_empty()
    }

    /// The pairs of fleet and stack, as far as they are known.
    pub(in crate::scheduler) fn pairs(&self, age: Age) -> BTreeSet<Association> {
        self.topology.pairs(&self.fleets, age)
    }

    /// The pairs that the list of an anchor names.
    pub(in crate::scheduler) fn pairs_listed_for(
        &self,
        anchor: &Anchor,
        age: Age,
    ) -> BTreeSet<Association> {
        self.topology.pairs_listed_for(anchor, &self.fleets, age)
    }

    /// Whether the sessions of a pair can wait for the next refresh.
    pub(in crate::scheduler) fn sessions_can_wait(&self, pair: &Association, age: Age) -> bool {
        self.sessions
            .get(pair)
            .is_some_and(|memory| memory.held.can_wait(age))
    }

    /// What is asked for whatever the fleets' figures will say: known pairs, each
    /// with its turn and the places of its authentication types.
    pub(in crate::scheduler) fn certain(
        &self,
        settings: &Settings,
        age: Age,
    ) -> Vec<(Turn, Association, Vec<usize>)> {
        // Where time is short, what was never read comes first, and that is not known yet.
        if !settings.economy.on || self.ran_out_of_time {
            return Vec::new();
        }
        let certain = self.sessions.iter().filter_map(|(pair, memory)| {
            let types = memory.certain();
            let is_certain = !types.is_empty() && !self.topology.is_gone(pair, &self.fleets, age);
            is_certain.then(|| (memory.held.turn(), pair.clone(), types))
        });
        certain.collect()
    }

    /// What of a pair is to be asked for in this refresh: the places of the
    /// authentication types, and its turn. Where there is nothing, what is known is young enough.
    pub(in crate::scheduler) fn due(
        &mut self,
        pair: &Association,
        settings: &Settings,
        round: Round,
    ) -> Option<(Turn, Vec<usize>)> {
        let standing = self.standing(&pair.fleet);
        let common = self.common_type;
        let memory = self.pair_mut(pair, settings);
        let types = settings
            .economy
            .due(&memory.as_seen(standing, common).view(), round);
        if types.is_empty() {
            memory.held.is_young_enough(round.start);
            return None;
        }
        Some((memory.held.turn(), types))
    }

    /// What of a fleet was not asked for in this refresh: pairs, each with its
    /// turn and the places of its authentication types.
    pub(in crate::scheduler) fn left(
        &self,
        fleet: &FleetName,
        round: Round,
        age: Age,
    ) -> Vec<(Turn, Association, Vec<usize>)> {
        let left = self.pairs_of(fleet).filter_map(|(pair, memory)| {
            let types = memory.not_asked_since(round.start);
            let is_left = !types.is_empty() && !self.topology.is_gone(pair, &self.fleets, age);
            is_left.then(|| (memory.held.turn(), pair.clone(), types))
        });
        left.collect()
    }

    /// Takes in what was read of a pair.
    pub(in crate::scheduler) fn pair_was_read(
        &mut self,
        pair: &Association,
        read: Result<TypesRead, Error>,
        ended: Instant,
        (settings, round): (&Settings, Round),
    ) -> Option<Error> {
        if read.as_ref().is_err_and(Error::is_not_found) {
            self.topology.doubt(pair.fleet.clone());
        }
        self.pair_mut(pair, settings).settle(read, ended, round)
    }

    fn pair_mut(&mut self, pair: &Association, settings: &Settings) -> &mut PairMemory {
        let Self {
            sessions, pairs, ..
        } = self;
        sessions.entry(pair.clone()).or_insert_with(|| {
            *pairs = pairs.wrapping_add(1);
            PairMemory::new(*pairs, settings.authentication_types.len())
        })
    }

    /// What the figures of a fleet say of sessions that were not found. Figures
    /// that are not of this refresh say nothing.
    fn standing(&self, fleet: &FleetName) -> Standing {
        economy::standing(self.figures(fleet), self.live(fleet))
    }

    fn figures(&self, fleet: &FleetName) -> Option<&Fleet> {
        if self.fleets.is_failing() || self.fleets.read_at() < self.started_at {
            return None;
        }
        self.fleets.value()?.get(fleet)
    }

    /// Sessions of a fleet that were found and are not expired.
    fn live(&self, fleet: &FleetName) -> i64 {
        let tallies = self
            .pairs_of(fleet)
            .filter_map(|(_, memory)| memory.held.value());
        tallies.map(|value| i64::from(value.tally.live)).sum()
    }

    fn pairs_of(&self, fleet: &FleetName) -> impl Iterator<Item = (&Association, &PairMemory)> {
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
    fn excess(&self, fleet: &FleetName) -> Option<i64> {
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

    /// Forgets the sessions of pairs that are known to be gone, and lets those
    /// of pairs that are merely unknown grow old.
    pub(in crate::scheduler) fn tidy(&mut self, age: Age) {
        let Self {
            fleets,
            topology,
            sessions,
            full_looks,
            ..
        } = self;
        topology.tidy(fleets, age);
        let pairs = topology.pairs(fleets, age);
        sessions.retain(|pair, memory| {
            if !pairs.contains(pair) {
                memory.held.neglect();
            }
            !topology.is_gone(pair, fleets, age)
        });
        if let Some(fleets) = fleets.value() {
            full_looks.retain(|fleet, _| fleets.contains_key(fleet));
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

    /// When the next of the values that are shown becomes too old.
    pub(super) fn next_expiry(&self, age: Age) -> Option<Instant> {
        let sessions = self.sessions.values().map(|memory| memory.held.expiry(age));
        [self.fleets.expiry(age), self.topology.next_expiry(age)]
            .into_iter()
            .chain(sessions)
            .flatten()
            .min()
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

    pub(super) fn associations(&self, age: Age) -> Vec<(AccountId, Association)> {
        self.pairs(age)
            .into_iter()
            .map(|pair| (self.account(&pair, age), pair))
            .collect()
    }

    pub(super) fn pair_sessions(&self, age: Age) -> Vec<PairSessions> {
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
            .filter(|(pair, _)| !self.topology.is_gone(pair, &self.fleets, age));
        sessions.filter_map(shown).collect()
    }

    /// Instances by fleet. A fleet of which any pair is unknown has no number
    /// at all: the instances of the other pairs would be too few.
    pub(super) fn instances(&self, age: Age) -> Vec<FleetInstances> {
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

    /// Whether everything that is known of was read at least once.
    fn is_complete(&self, settings: &Settings) -> bool {
        let plan = settings.plan;
        (!plan.lists_fleets() || self.fleets.value().is_some())
            && (!plan.lists_stacks() || self.topology.stacks().value().is_some())
            && self.unread() == 0
    }

    /// Pairs and lists of associations that were never read.
    pub(super) fn unread(&self) -> usize {
        let (_, lists) = self.topology.calls();
        let pairs = self.sessions.values();
        let pairs = pairs.filter(|memory| memory.held.value().is_none());
        pairs.count() + usize::try_from(lists).unwrap_or(usize::MAX)
    }

    /// The most calls that a refresh can make: everything of everything.
    pub(super) fn most_calls(&self, settings: &Settings) -> u32 {
        let (lists, _) = self.topology.calls();
        let stacks = self.topology.stacks().calls().unwrap_or(1);
        let types = 0..settings.authentication_types.len();
        let sessions = self.sessions.values().map(|memory| {
            let calls = types.clone().map(|place| memory.calls_of(place));
            calls.sum::<u32>()
        });
        self.fleets.calls().unwrap_or(1) + stacks + lists + sessions.sum::<u32>()
    }

    /// Calls that a refresh makes on average when everything is asked for as
    /// often as it should be. What was never read counts as one page, and a list
    /// of associations that was never read stands for one pair.
    pub(super) fn calls(&self, settings: &Settings, unread: Unread) -> u32 {
        let plan = settings.plan;
        let types = settings.authentication_types.len();
        let unread_pair = match unread {
            _ if !plan.has(Collector::AppstreamSessions) => 0.0,
            Unread::Everything => fraction(types),
            Unread::OneType => 1.0,
        };
        let fleets = if plan.lists_fleets() {
            self.fleets.calls().unwrap_or(1)
        } else {
            0
        };
        let stacks = if plan.lists_stacks() {
            self.topology.stacks().calls().unwrap_or(1)
        } else {
            0
        };
        let (lists, unlisted) = self.topology.calls();
        let topology = f64::from(stacks + lists)
            * settings
                .interval
                .div_duration_f64(settings.topology_interval)
                .min(1.0);
        let sessions = self.sessions.iter().map(|(pair, memory)| {
            let further = f64::from(memory.further_calls());
            if memory.held.value().is_none() {
                return unread_pair.max(further);
            }
            let seen = memory.as_seen(self.standing(&pair.fleet), self.common_type);
            let cost = |place| {
                let calls = f64::from(memory.calls_of(place));
                calls
                    * settings
                        .economy
                        .frequency(&seen.view(), place, settings.interval)
            };
            (0..types).map(cost).sum::<f64>() + further
        });
        let sessions: f64 = sessions.sum();
        whole_calls(f64::from(fleets) + topology + sessions + f64::from(unlisted) * unread_pair)
    }
}

/// What a pair that was never read is taken to cost.
#[derive(Clone, Copy, Debug)]
pub(in crate::scheduler) enum Unread {
    /// Every authentication type: that is what it takes the first time.
    Everything,
    /// One type: the least that it can come to later.
    OneType,
}

/// Calls on average as calls that are made: a part of one is one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sum of positive numbers; beyond the largest u32 it stays there"
)]
fn whole_calls(calls: f64) -> u32 {
    // Less than what sums of shares are out by.
    (calls - 1e-6).ceil() as u32
}
