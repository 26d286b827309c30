//! What is known of fleets and of sessions, and what is to be asked for next.

mod calls;
mod looks;
mod shown;

pub(in crate::scheduler) use calls::Unread;

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::pair::{PairMemory, TypesRead};
use super::tags::TagMemory;
use super::topology::{Anchor, Topology};
use crate::aws::{Error, Listed};
use crate::model::{AccountId, Association, Fleet, FleetName, Stack, StackName};
use crate::scheduler::Settings;
use crate::scheduler::economy::{FullLook, Round};
use crate::scheduler::held::{Age, Held, Turn};
use crate::scheduler::selection::{Leavings, Selection};

/// What is known of AppStream.
#[derive(Debug, Default)]
pub(in crate::scheduler) struct AppStream {
    pub(in crate::scheduler) fleets: Held<BTreeMap<FleetName, Fleet>>,
    pub(in crate::scheduler) tags: TagMemory,
    pub(in crate::scheduler) topology: Topology,
    /// Fleets that have stacks which are left out: what they have in use can be there.
    partly_hidden: BTreeSet<FleetName>,
    pub(in crate::scheduler) sessions: BTreeMap<Association, PairMemory>,
    /// Tags decide which fleets are wanted.
    needs_tags: bool,
    /// What the filters leave of fleets and stacks.
    pub(in crate::scheduler) leavings: Leavings,
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
        self.needs_tags = settings.selection.needs_tags();
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

    /// Whether a fleet has stacks that are left out.
    pub(in crate::scheduler) fn note_hidden(&mut self, fleet: &FleetName, hidden: bool) {
        if hidden {
            self.partly_hidden.insert(fleet.clone());
        } else {
            self.partly_hidden.remove(fleet);
        }
    }

    /// Other sessions are asked for from now on.
    pub(super) fn forget_sessions(&mut self) {
        self.sessions.clear();
        self.full_looks.clear();
        self.common_type = None;
    }

    /// Other fleets and stacks are left out from now on: they go at once, so that
    /// they cost no further call, and everything is listed anew.
    pub(super) fn select(&mut self, selection: &Selection) {
        self.fleets
            .change(|fleets| fleets.retain(|fleet, _| selection.has_fleet(fleet)));
        self.sessions.retain(|pair, _| selection.has_pair(pair));
        let hidden = self.topology.select(selection);
        if selection.hides_stacks() {
            self.partly_hidden.extend(hidden);
        } else {
            self.partly_hidden.clear();
        }
    }

    /// Lets go of what is not listed any more: it would stay as it is for ever,
    /// and count.
    pub(super) fn leave_off(&mut self, settings: &Settings) {
        if !settings.lists_fleets() {
            self.fleets.neglect();
        }
        if !settings.lists_fleets() || !settings.selection.reads_tags() {
            self.tags = TagMemory::default();
        }
        if !settings.plan.lists_associations() {
            self.topology = Topology::default();
        } else if !settings.plan.lists_stacks() {
            self.topology.neglect_stacks();
        }
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
        let mut pairs = self.topology.pairs(&self.fleets, age);
        pairs.retain(|pair| self.is_wanted(pair, age));
        pairs
    }

    /// The pairs that the list of an anchor names.
    pub(in crate::scheduler) fn pairs_listed_for(
        &self,
        anchor: &Anchor,
        age: Age,
    ) -> BTreeSet<Association> {
        let mut pairs = self.topology.pairs_listed_for(anchor, &self.fleets, age);
        pairs.retain(|pair| self.is_wanted(pair, age));
        pairs
    }

    /// Whether the fleet of a pair is wanted, where its tags decide that. The lists
    /// of associations name the others too. While the fleets are unknown, those
    /// are that were wanted when they were last known.
    fn is_wanted(&self, pair: &Association, age: Age) -> bool {
        !self.needs_tags
            || match self.fleets.current(age) {
                Some(fleets) => fleets.contains_key(&pair.fleet),
                None => self.sessions.contains_key(pair),
            }
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
            .due(&memory.as_seen(standing, common), round);
        if types.is_empty() {
            memory.held.renew(round.start);
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

    /// Forgets the sessions of pairs that are known to be gone, and lets those
    /// of pairs that are merely unknown grow old.
    pub(in crate::scheduler) fn tidy(&mut self, age: Age) {
        let Self {
            fleets,
            topology,
            sessions,
            partly_hidden,
            ..
        } = self;
        topology.tidy(fleets, age);
        if let Some(fleets) = fleets.value() {
            partly_hidden.retain(|fleet| fleets.contains_key(fleet));
        }
        let pairs = topology.pairs(fleets, age);
        sessions.retain(|pair, memory| {
            if !pairs.contains(pair) {
                memory.held.neglect();
            }
            !topology.is_gone(pair, fleets, age)
        });
        self.note_looks();
    }
}
