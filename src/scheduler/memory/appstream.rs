//! What is known of fleets, stacks, what belongs together, and sessions.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;

use crate::model::{
    AccountId, Association, Collector, Fleet, FleetInstances, FleetName, PairSessions,
    SessionTally, Stack, StackName,
};
use crate::scheduler::Settings;
use crate::scheduler::held::{Age, Held};

/// What is known of AppStream.
#[derive(Debug, Default)]
pub(in crate::scheduler) struct AppStream {
    pub(in crate::scheduler) fleets: Held<BTreeMap<FleetName, Fleet>>,
    pub(in crate::scheduler) stacks: Held<BTreeMap<StackName, Stack>>,
    /// Associations as they were listed: by fleet or by stack.
    pub(in crate::scheduler) lists: BTreeMap<Anchor, Held<BTreeSet<Association>>>,
    pub(in crate::scheduler) sessions: BTreeMap<Association, Held<SessionTally>>,
    /// The last refresh ended before everything was read.
    pub(in crate::scheduler) ran_out_of_time: bool,
    /// The account, as the last fleet or stack told it: values that are held
    /// must keep their labels when fleets and stacks are too old to be shown.
    account: Option<AccountId>,
}

/// What a list of associations was asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::scheduler) enum Anchor {
    /// `ListAssociatedStacks` of this fleet.
    Fleet(FleetName),
    /// `ListAssociatedFleets` of this stack.
    Stack(StackName),
}

impl Anchor {
    /// The operation that lists it.
    pub(in crate::scheduler) fn operation(&self) -> &'static str {
        match self {
            Self::Fleet(_) => "ListAssociatedStacks",
            Self::Stack(_) => "ListAssociatedFleets",
        }
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fleet(fleet) => write!(f, "fleet {:?}", fleet.as_str()),
            Self::Stack(stack) => write!(f, "stack {:?}", stack.as_str()),
        }
    }
}

impl AppStream {
    /// What to ask for associations: every fleet or every stack, whichever are
    /// fewer, because each costs a call.
    pub(in crate::scheduler) fn anchors(&self, age: Age) -> BTreeSet<Anchor> {
        let by_fleet =
            |fleets: &BTreeMap<FleetName, _>| fleets.keys().cloned().map(Anchor::Fleet).collect();
        let by_stack =
            |stacks: &BTreeMap<StackName, _>| stacks.keys().cloned().map(Anchor::Stack).collect();
        let fewer_stacks = |fleets: &BTreeMap<_, _>, stacks: &BTreeMap<_, _>| {
            // A list that is failing does not know of what is new.
            match (self.fleets.is_failing(), self.stacks.is_failing()) {
                (true, false) => true,
                (false, true) => false,
                _ => stacks.len() < fleets.len(),
            }
        };
        match (self.fleets.current(age), self.stacks.current(age)) {
            (Some(fleets), Some(stacks)) if fewer_stacks(fleets, stacks) => by_stack(stacks),
            (Some(fleets), _) => by_fleet(fleets),
            (None, Some(stacks)) => by_stack(stacks),
            (None, None) => BTreeSet::new(),
        }
    }

    /// Remembers the account of whatever was listed.
    pub(in crate::scheduler) fn remember_account(&mut self, age: Age) {
        let fleet = self
            .fleets
            .current(age)
            .and_then(|fleets| Some(&fleets.first_key_value()?.1.account_id));
        let stack = || {
            self.stacks
                .current(age)
                .and_then(|stacks| Some(&stacks.first_key_value()?.1.account_id))
        };
        if let Some(account) = fleet.or_else(stack).cloned() {
            self.account = Some(account);
        }
    }

    /// Whether there is nothing to go by: neither fleets nor stacks nor pairs.
    pub(in crate::scheduler) fn is_unknown(&self, age: Age) -> bool {
        self.fleets.current(age).is_none()
            && self.stacks.current(age).is_none()
            && self.pairs(age).is_empty()
    }

    /// The pairs of fleet and stack, as far as they are known.
    pub(in crate::scheduler) fn pairs(&self, age: Age) -> BTreeSet<Association> {
        let current = self.lists.values().filter_map(|held| held.current(age));
        let pairs = current.flat_map(|pairs| pairs.iter());
        pairs
            .filter(|pair| !self.is_gone(pair, age))
            .cloned()
            .collect()
    }

    /// Whether AWS has said that a pair is no more: its fleet or its stack is not
    /// listed, or one of them is listed without the other.
    fn is_gone(&self, pair: &Association, age: Age) -> bool {
        let lacks = |anchor: Anchor| {
            let list = self.lists.get(&anchor).filter(|held| !held.is_failing());
            list.and_then(|held| held.current(age))
                .is_some_and(|pairs| !pairs.contains(pair))
        };
        self.fleets.lacks(&pair.fleet, age)
            || self.stacks.lacks(&pair.stack, age)
            || lacks(Anchor::Fleet(pair.fleet.clone()))
            || lacks(Anchor::Stack(pair.stack.clone()))
    }

    /// Forgets lists and sessions of what is no longer there.
    ///
    /// `anchors` are those that were asked for. Lists of other anchors are from a
    /// time at which it was cheaper to ask the other way round, or of something
    /// that is gone; they are only of use while a list that should replace them is missing.
    pub(in crate::scheduler) fn keep_lists(&mut self, anchors: &BTreeSet<Anchor>, age: Age) {
        let complete = anchors.iter().all(|anchor| self.is_listed(anchor, age));
        let Self {
            lists,
            fleets,
            stacks,
            ..
        } = self;
        lists.retain(|anchor, held| {
            if anchors.contains(anchor) {
                return true;
            }
            held.neglect();
            let deleted = match anchor {
                Anchor::Fleet(fleet) => fleets.lacks(fleet, age),
                Anchor::Stack(stack) => stacks.lacks(stack, age),
            };
            !complete && !deleted
        });
    }

    /// Forgets the sessions of pairs that are known to be gone, and lets those
    /// of pairs that are merely unknown grow old.
    pub(in crate::scheduler) fn keep_sessions(&mut self, age: Age) {
        let pairs = self.pairs(age);
        let mut sessions = std::mem::take(&mut self.sessions);
        sessions.retain(|pair, held| {
            if !pairs.contains(pair) {
                held.neglect();
            }
            !self.is_gone(pair, age)
        });
        self.sessions = sessions;
    }

    /// Whether the associations of something are known.
    pub(in crate::scheduler) fn is_listed(&self, anchor: &Anchor, age: Age) -> bool {
        self.lists
            .get(anchor)
            .is_some_and(|held| held.current(age).is_some())
    }

    /// Says of a fleet whether every pair of it is known: its own list is, or
    /// those of all stacks are.
    fn completeness(&self, age: Age) -> impl Fn(&FleetName) -> bool {
        let every_stack = self.stacks.current(age).is_some_and(|stacks| {
            let mut names = stacks.keys().cloned().map(Anchor::Stack);
            names.all(|anchor| self.is_listed(&anchor, age))
        });
        move |fleet| every_stack || self.is_listed(&Anchor::Fleet(fleet.clone()), age)
    }

    /// When the next of the values that are shown becomes too old.
    pub(super) fn next_expiry(&self, age: Age) -> Option<Instant> {
        let Self {
            fleets,
            stacks,
            lists,
            sessions,
            ..
        } = self;
        let lists = lists.values().map(|held| held.expiry(age));
        let sessions = sessions.values().map(|held| held.expiry(age));
        [fleets.expiry(age), stacks.expiry(age)]
            .into_iter()
            .chain(lists)
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
            self.stacks
                .current(age)
                .and_then(|stacks| stacks.get(&pair?.stack))
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
        let shown = |(pair, held): (&Association, &Held<SessionTally>)| {
            let tally = Arc::clone(held.current(age)?);
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
            .filter(|(pair, _)| !self.is_gone(pair, age));
        sessions.filter_map(shown).collect()
    }

    /// Instances by fleet. A fleet of which any pair is unknown has no number
    /// at all: the instances of the other pairs would be too few.
    pub(super) fn instances(&self, age: Age) -> Vec<FleetInstances> {
        let is_complete = self.completeness(age);
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
        let mut instances: HashSet<u64> = HashSet::new();
        let mut gone = 0;
        for pair in pairs {
            let held = self.sessions.get(pair)?;
            match held.current(age) {
                Some(tally) => instances.extend(&tally.instances),
                None if held.is_failing() => return None,
                None => gone += 1,
            }
        }
        if gone > 0 && gone == pairs.len() {
            return None;
        }
        i32::try_from(instances.len()).ok()
    }

    /// Calls that a whole refresh needs.
    pub(super) fn calls(&self, settings: &Settings) -> u32 {
        let plan = settings.plan;
        let types = u32::try_from(settings.authentication_types.len()).unwrap_or(u32::MAX);
        let fleets = if plan.lists_fleets() {
            self.fleets.calls().unwrap_or(1)
        } else {
            0
        };
        let stacks = if plan.lists_stacks() {
            self.stacks.calls().unwrap_or(1)
        } else {
            0
        };
        // A list that was never read stands for one pair.
        let unlisted = if plan.has(Collector::AppstreamSessions) {
            1 + types
        } else {
            1
        };
        let lists: u32 = self
            .lists
            .values()
            .map(|held| held.calls().unwrap_or(unlisted))
            .sum();
        let sessions: u32 = self
            .sessions
            .values()
            .map(|held| held.calls().unwrap_or(types))
            .sum();
        fleets + stacks + lists + sessions
    }
}
