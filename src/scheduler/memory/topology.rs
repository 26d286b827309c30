//! What is known of stacks and of what belongs together.
//!
//! Stacks and associations change seldom and cost a call each, so they are kept
//! for `refresh.topology_interval`. What DescribeFleets shows with every refresh
//! says when that is too long: a fleet that appears is asked for its stacks at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::{Error, Listed};
use crate::model::{Association, Fleet, FleetName, Stack, StackName};
use crate::scheduler::held::{Age, Held, Turn};
use crate::scheduler::selection::Selection;

type Fleets = Held<BTreeMap<FleetName, Fleet>>;

/// What is known of stacks and associations.
#[derive(Debug, Default)]
pub(in crate::scheduler) struct Topology {
    stacks: Held<BTreeMap<StackName, Stack>>,
    /// Associations as they were listed: by fleet or by stack. Where two lists
    /// speak of the same pair, the newer one is right.
    lists: BTreeMap<Anchor, Held<BTreeSet<Association>>>,
    /// What all associations were last asked by, and since when.
    orientation: Option<(Orientation, Instant)>,
    /// What has appeared, or seems to have changed, and was not listed since.
    early: BTreeSet<Anchor>,
    stacks_early: bool,
}

/// What a list of associations was asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::scheduler) enum Anchor {
    /// `ListAssociatedStacks` of this fleet.
    Fleet(FleetName),
    /// `ListAssociatedFleets` of this stack.
    Stack(StackName),
}

/// What all associations are asked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Orientation {
    Fleets,
    Stacks,
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

impl Topology {
    pub(in crate::scheduler) fn stacks(&self) -> &Held<BTreeMap<StackName, Stack>> {
        &self.stacks
    }

    /// The list of an anchor, for the result of reading it.
    pub(in crate::scheduler) fn list_mut(
        &mut self,
        anchor: &Anchor,
    ) -> &mut Held<BTreeSet<Association>> {
        self.lists.entry(anchor.clone()).or_default()
    }

    /// Whether it is time to read the stacks. Where it is not, they are young enough.
    pub(in crate::scheduler) fn stacks_are_due(
        &mut self,
        now: Instant,
        interval: Duration,
    ) -> bool {
        let due = self.stacks_early || self.stacks.is_due(now, interval);
        if !due {
            self.stacks.renew(now);
        }
        due
    }

    /// Fleets have appeared: their stacks may be new too.
    pub(in crate::scheduler) fn fleets_appeared(
        &mut self,
        fleets: impl IntoIterator<Item = FleetName>,
    ) {
        for fleet in fleets {
            self.early.insert(Anchor::Fleet(fleet));
            self.stacks_early = true;
        }
    }

    /// Something is wrong with the associations of a fleet: they are listed again soon.
    pub(in crate::scheduler) fn doubt(&mut self, fleet: FleetName) {
        self.fleets_appeared([fleet]);
    }

    /// Other fleets and stacks are left out from now on, so nothing that was
    /// listed can be relied on for longer than until the next refresh. Gives back
    /// the fleets that have stacks of those that are left out.
    pub(in crate::scheduler) fn select(&mut self, selection: &Selection) -> BTreeSet<FleetName> {
        let mut hidden = BTreeSet::new();
        self.stacks
            .change(|stacks| stacks.retain(|stack, _| selection.has_stack(stack)));
        for list in self.lists.values_mut() {
            list.change(|pairs| {
                let of_hidden = pairs
                    .iter()
                    .filter(|pair| !selection.has_stack(&pair.stack));
                hidden.extend(of_hidden.map(|pair| pair.fleet.clone()));
                pairs.retain(|pair| selection.has_pair(pair));
            });
        }
        self.stacks_early = true;
        self.early.extend(self.lists.keys().cloned());
        self.orientation = None;
        hidden
    }

    /// Stacks are not listed any more, so new ones would not be seen by them.
    pub(in crate::scheduler) fn neglect_stacks(&mut self) {
        self.stacks.neglect();
    }

    /// Takes in the stacks. Those that were not there before are asked for their fleets soon.
    pub(in crate::scheduler) fn stacks_were_read(
        &mut self,
        result: Result<Listed<BTreeMap<StackName, Stack>>, Error>,
        ended: Instant,
        age: Age,
    ) -> Option<Error> {
        let before = self.stacks.current(age).cloned();
        if let Some(error) = self.stacks.settle(result, ended) {
            return Some(error);
        }
        self.stacks_early = false;
        if let (Some(before), Some(now)) = (before, self.stacks.current(age)) {
            let new = now.keys().filter(|stack| !before.contains_key(*stack));
            self.early.extend(new.cloned().map(Anchor::Stack));
        }
        None
    }

    /// A list was read well. Says whether it names a stack that is not known.
    pub(in crate::scheduler) fn was_listed(&mut self, anchor: &Anchor, age: Age) -> bool {
        self.early.remove(anchor);
        let (Some(pairs), Some(stacks)) = (
            self.lists.get(anchor).and_then(|held| held.current(age)),
            self.stacks.current(age),
        ) else {
            return false;
        };
        let unknown = pairs.iter().any(|pair| !stacks.contains_key(&pair.stack));
        self.stacks_early |= unknown;
        unknown
    }

    /// What is to be listed now, each with its turn: what all associations are
    /// asked by, where its time has come, and what has appeared.
    pub(in crate::scheduler) fn due(
        &mut self,
        fleets: &Fleets,
        age: Age,
        (interval, hides_stacks): (Duration, bool),
    ) -> BTreeMap<Anchor, Turn> {
        self.forget_deleted(fleets, age);
        let wanted = self.wanted(fleets, age, (interval, hides_stacks));
        let mut due = BTreeMap::new();
        for anchor in wanted.iter().chain(&self.early) {
            let held = self.lists.entry(anchor.clone()).or_default();
            if self.early.contains(anchor) || held.is_due(age.now, interval) {
                due.insert(anchor.clone(), held.turn());
            } else {
                held.renew(age.now);
            }
        }
        // What was listed for a reason of its own lasts as long as the others.
        for (anchor, held) in &mut self.lists {
            if !wanted.contains(anchor) && !due.contains_key(anchor) {
                if held.is_due(age.now, interval) {
                    held.neglect();
                } else {
                    held.renew(age.now);
                }
            }
        }
        due
    }

    /// Every fleet or every stack, whichever are fewer, because each costs a call.
    ///
    /// Where stacks are left out, every fleet: only its own list says whether it
    /// has one of those, and with that whether its figures say anything of the others.
    fn wanted(
        &mut self,
        fleets: &Fleets,
        age: Age,
        (interval, hides_stacks): (Duration, bool),
    ) -> BTreeSet<Anchor> {
        let fewest = match (fleets.current(age), self.stacks.current(age)) {
            (Some(fleets), Some(stacks)) if stacks.len() < fleets.len() && !hides_stacks => {
                Orientation::Stacks
            }
            (None, Some(_)) => Orientation::Stacks,
            _ => Orientation::Fleets,
        };
        // Which are fewer may change with every fleet; that is no reason to ask for everything again.
        let kept = self.orientation.filter(|(orientation, since)| {
            let is_known = match orientation {
                Orientation::Fleets => fleets.current(age).is_some(),
                Orientation::Stacks => self.stacks.current(age).is_some(),
            };
            is_known && age.now < *since + interval
        });
        let (orientation, since) = kept.unwrap_or((fewest, age.now));
        self.orientation = Some((orientation, since));
        self.anchors(orientation, fleets, age)
    }

    fn anchors(&self, by: Orientation, fleets: &Fleets, age: Age) -> BTreeSet<Anchor> {
        match by {
            Orientation::Fleets => keys(fleets.current(age), Anchor::Fleet),
            Orientation::Stacks => keys(self.stacks.current(age), Anchor::Stack),
        }
    }

    fn forget_deleted(&mut self, fleets: &Fleets, age: Age) {
        let stacks = &self.stacks;
        let is_deleted = |anchor: &Anchor, listed_at: Option<Instant>| match anchor {
            Anchor::Fleet(fleet) => lacks(fleets, fleet, listed_at, age),
            Anchor::Stack(stack) => lacks(stacks, stack, listed_at, age),
        };
        self.lists
            .retain(|anchor, held| !is_deleted(anchor, held.read_at()));
        self.early.retain(|anchor| !is_deleted(anchor, None));
    }

    /// Forgets what is gone, and lists that newer ones have made superfluous.
    pub(in crate::scheduler) fn tidy(&mut self, fleets: &Fleets, age: Age) {
        self.forget_deleted(fleets, age);
        let Some((orientation, _)) = self.orientation else {
            return;
        };
        let wanted = self.anchors(orientation, fleets, age);
        // When the oldest of those that speak of everything was read.
        let oldest = wanted.iter().map(|anchor| {
            let held = self.lists.get(anchor)?;
            held.current(age).and(held.read_at())
        });
        let Some(oldest) = oldest.min().flatten() else {
            return;
        };
        self.lists.retain(|anchor, held| {
            wanted.contains(anchor) || held.read_at().is_some_and(|read_at| read_at > oldest)
        });
    }

    /// The pairs of fleet and stack, as far as they are known.
    pub(in crate::scheduler) fn pairs(&self, fleets: &Fleets, age: Age) -> BTreeSet<Association> {
        let current = self.lists.values().filter_map(|held| held.current(age));
        let pairs = current.flat_map(|pairs| pairs.iter());
        pairs
            .filter(|pair| !self.is_gone(pair, fleets, age))
            .cloned()
            .collect()
    }

    /// The pairs that the list of an anchor names.
    pub(in crate::scheduler) fn pairs_listed_for(
        &self,
        anchor: &Anchor,
        fleets: &Fleets,
        age: Age,
    ) -> BTreeSet<Association> {
        let listed = self.lists.get(anchor).and_then(|held| held.current(age));
        let pairs = listed.into_iter().flat_map(|pairs| pairs.iter());
        pairs
            .filter(|pair| !self.is_gone(pair, fleets, age))
            .cloned()
            .collect()
    }

    /// Whether AWS has said that a pair is no more: the newest list that speaks
    /// of it has it not, or its fleet or its stack was gone after that.
    pub(in crate::scheduler) fn is_gone(
        &self,
        pair: &Association,
        fleets: &Fleets,
        age: Age,
    ) -> bool {
        let anchors = [
            Anchor::Fleet(pair.fleet.clone()),
            Anchor::Stack(pair.stack.clone()),
        ];
        let lists = anchors.iter().filter_map(|anchor| {
            let held = self.lists.get(anchor)?;
            Some((held.read_at(), held.current(age)?))
        });
        let newest = lists.max_by_key(|(read_at, _)| *read_at);
        let (listed_at, listed) = newest.map_or((None, None), |(at, pairs)| (at, Some(pairs)));
        listed.is_some_and(|pairs| !pairs.contains(pair))
            || lacks(fleets, &pair.fleet, listed_at, age)
            || lacks(&self.stacks, &pair.stack, listed_at, age)
    }

    /// Whether the associations of something are known, from its own list or from others.
    pub(in crate::scheduler) fn is_known(&self, anchor: &Anchor, age: Age) -> bool {
        match anchor {
            Anchor::Fleet(fleet) => self.completeness(None, age)(fleet),
            Anchor::Stack(_) => {
                let list = self.lists.get(anchor);
                list.is_some_and(|held| held.current(age).is_some())
            }
        }
    }

    /// Says of a fleet whether every pair of it is known, as of a moment: its
    /// own list is that new, or those of all stacks are.
    pub(in crate::scheduler) fn completeness(
        &self,
        since: Option<Instant>,
        age: Age,
    ) -> impl Fn(&FleetName) -> bool {
        let is_new = move |anchor: &Anchor| {
            self.lists
                .get(anchor)
                .is_some_and(|held| held.current(age).is_some() && held.read_at() >= since)
        };
        let every_stack = self.stacks.current(age).is_some_and(|stacks| {
            stacks
                .keys()
                .cloned()
                .map(Anchor::Stack)
                .all(|stack| is_new(&stack))
        });
        move |fleet| {
            let anchor = Anchor::Fleet(fleet.clone());
            is_new(&anchor) || every_stack && !self.early.contains(&anchor)
        }
    }

    /// When the next of the values that are shown becomes too old.
    pub(in crate::scheduler) fn next_expiry(&self, age: Age) -> Option<Instant> {
        let lists = self.lists.values().map(|held| held.expiry(age));
        lists.chain([self.stacks.expiry(age)]).flatten().min()
    }

    /// Calls for reading every list once, and how many were never read.
    pub(in crate::scheduler) fn calls(&self) -> (u32, u32) {
        let calls = |held: &Held<_>| held.calls().unwrap_or(1);
        let unread = self.lists.values().filter(|held| held.value().is_none());
        (
            self.lists.values().map(calls).sum(),
            u32::try_from(unread.count()).unwrap_or(u32::MAX),
        )
    }
}

fn keys<K: Ord + Clone, V>(
    list: Option<&Arc<BTreeMap<K, V>>>,
    anchor: fn(K) -> Anchor,
) -> BTreeSet<Anchor> {
    list.into_iter()
        .flat_map(|list| list.keys().cloned().map(anchor))
        .collect()
}

/// Whether AWS has said, after `listed_at`, that something is not there.
fn lacks<K: Ord, V>(
    list: &Held<BTreeMap<K, V>>,
    key: &K,
    listed_at: Option<Instant>,
    age: Age,
) -> bool {
    list.read_at() > listed_at
        && list
            .current(age)
            .is_some_and(|list| !list.contains_key(key))
}
