//! What has been done so far in one refresh of AppStream, and what is to be done next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use tokio::time::Instant;

use super::super::Work;
use super::super::jobs::Done;
use super::reads::{Describe, Described, List, PairJob, Sessions, TagJob, Tags};
use crate::aws::{Error, Listed};
use crate::model::{Association, Collector, Fleet, FleetName};
use crate::scheduler::Settings;
use crate::scheduler::economy::Round;
use crate::scheduler::held::{Age, Turn};
use crate::scheduler::memory::{Anchor, AppStream, lock};
use crate::scheduler::outcome::{Failure, Outcome};

/// What DescribeFleets gave, of how many, from when to when.
type Fleets = (
    Result<Listed<BTreeMap<FleetName, Fleet>>, Error>,
    usize,
    (Instant, Instant),
);

/// One refresh of AppStream. Jobs that it finds are put into the three lists,
/// from which they are taken to be done.
pub(super) struct Progress<'m> {
    memory: &'m Mutex<AppStream>,
    settings: &'m Settings,
    round: Round,
    fleets: Work,
    stacks: Work,
    sessions: Work,
    pub(super) to_describe: Vec<(Turn, Describe)>,
    pub(super) to_tag: Vec<(Turn, TagJob)>,
    pub(super) to_list: Vec<(Turn, Anchor)>,
    pub(super) to_count: Vec<(Turn, PairJob)>,
    /// Fleets that were listed, while their tags are read that decide which of
    /// them are wanted; and the fleets whose tags are under way.
    untagged: Option<Fleets>,
    tagging: BTreeSet<FleetName>,
    /// What was asked for its associations, what of that is under way, and what failed.
    anchors: BTreeSet<Anchor>,
    listing: BTreeSet<Anchor>,
    unlisted: Vec<(Anchor, Failure)>,
    /// What was asked of pairs before the figures of their fleets were known.
    asked: BTreeMap<Association, Vec<usize>>,
    /// Pairs that were looked at since, whether they had to be asked for or not.
    planned: BTreeSet<Association>,
    is_planned: bool,
    /// Reads under way by fleet, and fleets of which everything is being asked.
    under_way: BTreeMap<FleetName, usize>,
    looking: BTreeSet<FleetName>,
    asked_stacks: bool,
    ran_out_of_time: bool,
}

impl<'m> Progress<'m> {
    pub(super) fn new(
        memory: &'m Mutex<AppStream>,
        settings: &'m Settings,
        start: Instant,
    ) -> Self {
        Self {
            memory,
            settings,
            round: lock(memory).begin(settings, start),
            fleets: Work::default(),
            stacks: Work::default(),
            sessions: Work::default(),
            to_describe: Vec::new(),
            to_tag: Vec::new(),
            untagged: None,
            tagging: BTreeSet::new(),
            to_list: Vec::new(),
            to_count: Vec::new(),
            anchors: BTreeSet::new(),
            listing: BTreeSet::new(),
            unlisted: Vec::new(),
            asked: BTreeMap::new(),
            planned: BTreeSet::new(),
            is_planned: false,
            under_way: BTreeMap::new(),
            looking: BTreeSet::new(),
            asked_stacks: false,
            ran_out_of_time: false,
        }
    }

    /// What can be asked for before anything is known: the fleets, which may take
    /// many pages, and meanwhile the sessions that will be asked for in any case.
    pub(super) fn begin(&mut self, age: Age) {
        if self.settings.lists_fleets() {
            self.to_describe.push((Turn::default(), Describe::Fleets));
        }
        let interval = self.settings.topology_age();
        let due = lock(self.memory)
            .topology
            .stacks_are_due(self.round.start, interval);
        self.describe_stacks(due);
        if self.settings.plan.has(Collector::AppstreamSessions) {
            let certain = lock(self.memory).certain(self.settings, age);
            for (turn, pair, types) in certain {
                self.asked.insert(pair.clone(), types.clone());
                self.count(turn, pair, types);
            }
        }
    }

    fn count(&mut self, turn: Turn, pair: Association, types: Vec<usize>) {
        *self.under_way.entry(pair.fleet.clone()).or_default() += 1;
        self.to_count.push((turn, job(turn, pair, types)));
    }

    fn describe_stacks(&mut self, due: bool) {
        if due && !self.asked_stacks && self.settings.plan.lists_stacks() {
            self.asked_stacks = true;
            self.to_describe.push((Turn::default(), Describe::Stacks));
        }
    }

    /// Takes in fleets or stacks, and says whether they are known by that.
    pub(super) fn described(&mut self, done: Done<Describe, Described>, age: Age) -> bool {
        let Done {
            result,
            begun,
            ended,
            ..
        } = done;
        match result {
            Described::Fleets(result, listed) => {
                self.read_tags(&result);
                self.untagged = Some((result, listed, (begun, ended)));
                self.fleets_if_tagged(age)
            }
            Described::Stacks(result, listed) => {
                let is_good = result.is_ok();
                let mut memory = lock(self.memory);
                if let Ok(left) = &result {
                    memory.leavings.note("stacks", listed, left.value.len());
                }
                let error = memory.stacks_were_read(result, ended, age);
                let can_wait = memory.topology.stacks().can_wait(age);
                drop(memory);
                let ran_out = self
                    .stacks
                    .add_read((begun, ended), error, can_wait, Failure::whole);
                self.ran_out_of_time |= ran_out;
                self.describe_stacks_again(is_good);
                is_good
            }
        }
    }

    /// Finds whose tags are to be read.
    fn read_tags(&mut self, result: &Result<Listed<BTreeMap<FleetName, Fleet>>, Error>) {
        let Ok(listed) = result else { return };
        if !self.settings.selection.reads_tags() {
            return;
        }
        let due = lock(self.memory).tags.due(
            &listed.value,
            self.round.start,
            self.settings.topology_age(),
        );
        for (turn, fleet) in due {
            let arn = listed.value.get(&fleet).and_then(|fleet| fleet.arn.clone());
            self.tagging.insert(fleet.clone());
            self.to_tag.push((turn, TagJob { fleet, arn }));
        }
    }

    /// Takes in the tags of a fleet, and says whether the fleets are known by that.
    pub(super) fn tagged(&mut self, done: Done<TagJob, Tags>, age: Age) -> bool {
        let Done {
            job: TagJob { fleet, .. },
            result,
            begun,
            ended,
        } = done;
        let (error, can_wait) = lock(self.memory).tags.settle(&fleet, result, ended, age);
        let ran_out = self
            .fleets
            .add_read((begun, ended), error, can_wait, |error| {
                Failure::part(format!("fleet {:?}", fleet.as_str()), error)
            });
        self.ran_out_of_time |= ran_out;
        self.tagging.remove(&fleet);
        self.fleets_if_tagged(age)
    }

    /// Whether the fleets were listed, and tags decide which of them are wanted
    /// that are not there yet.
    pub(super) fn awaits_tags(&self) -> bool {
        self.untagged.is_some()
    }

    /// Takes in the fleets, as soon as it is known which are wanted, and says
    /// whether that is so and they could be read.
    fn fleets_if_tagged(&mut self, age: Age) -> bool {
        if self.settings.selection.needs_tags() && !self.tagging.is_empty() {
            return false;
        }
        self.take_in_fleets(age)
    }

    /// Takes in the fleets that are wanted, as far as their tags are known.
    fn take_in_fleets(&mut self, age: Age) -> bool {
        let selection = &self.settings.selection;
        let Some((mut result, listed, (begun, ended))) = self.untagged.take() else {
            return false;
        };
        let is_good = result.is_ok();
        let mut memory = lock(self.memory);
        if let (true, Ok(wanted)) = (selection.needs_tags(), &mut result) {
            // A fleet whose tags are unknown may be one that must not be seen.
            let is_wanted = |fleet: &FleetName| {
                let tags = memory.tags.of(fleet, age);
                tags.is_some_and(|tags| selection.has_tags(tags))
            };
            wanted.value.retain(|fleet, _| is_wanted(fleet));
        }
        if let Ok(left) = &result {
            memory.leavings.note("fleets", listed, left.value.len());
        }
        let error = memory.fleets_were_read(result, ended, age);
        let can_wait = memory.fleets.can_wait(age);
        drop(memory);
        let ran_out = self
            .fleets
            .add_read((begun, ended), error, can_wait, Failure::whole);
        self.ran_out_of_time |= ran_out;
        self.describe_stacks_again(is_good);
        is_good
    }

    /// A fleet that appeared often came with its stack.
    fn describe_stacks_again(&mut self, is_good: bool) {
        let due = lock(self.memory)
            .topology
            .stacks_are_due(self.round.start, self.settings.topology_age());
        self.describe_stacks(is_good && due);
    }

    /// Whether there is something to go on with while a list or a tag does not come.
    pub(super) fn can_go_on(&self, age: Age) -> bool {
        self.awaits_tags() || !lock(self.memory).is_unknown(age)
    }

    /// Takes in the fleets whose tags are there, if others' do not come: those
    /// are left out until they do.
    pub(super) fn go_on_without_tags(&mut self, age: Age) {
        self.take_in_fleets(age);
    }

    /// Finds what is to be listed and counted, by what is known of fleets and stacks.
    pub(super) fn plan(&mut self, age: Age) {
        self.is_planned = true;
        if self.settings.plan.lists_associations() {
            let mut memory = lock(self.memory);
            let AppStream {
                topology, fleets, ..
            } = &mut *memory;
            let interval = self.settings.topology_age();
            let hides_stacks = self.settings.selection.hides_stacks();
            let due = topology.due(fleets, age, (interval, hides_stacks));
            drop(memory);
            for (anchor, turn) in due {
                self.list(turn, anchor);
            }
        }
        let known = lock(self.memory).pairs(age);
        self.plan_pairs(known);
        self.look_at_all(age);
    }

    fn list(&mut self, turn: Turn, anchor: Anchor) {
        if self.anchors.insert(anchor.clone()) {
            self.listing.insert(anchor.clone());
            self.to_list.push((turn, anchor));
        }
    }

    /// Finds what is to be asked of pairs, if they were not looked at yet.
    fn plan_pairs(&mut self, pairs: BTreeSet<Association>) {
        if !self.settings.plan.has(Collector::AppstreamSessions) {
            return;
        }
        for pair in pairs {
            if !self.planned.insert(pair.clone()) {
                continue;
            }
            let due = lock(self.memory).due(&pair, self.settings, self.round);
            let Some((turn, mut types)) = due else {
                continue;
            };
            if let Some(asked) = self.asked.get(&pair) {
                types.retain(|place| !asked.contains(place));
            }
            if !types.is_empty() {
                self.count(turn, pair, types);
            }
        }
    }

    /// Takes in a list of associations.
    pub(super) fn listed(&mut self, done: Done<Anchor, List>, age: Age) {
        let Done {
            job: anchor,
            mut result,
            begun,
            ended,
        } = done;
        self.listing.remove(&anchor);
        let is_good = result.is_ok();
        let mut memory = lock(self.memory);
        if let Ok(listed) = &mut result {
            let selection = &self.settings.selection;
            if let Anchor::Fleet(fleet) = &anchor {
                let mut stacks = listed.value.iter().map(|pair| &pair.stack);
                let hidden = stacks.any(|stack| !selection.has_stack(stack));
                memory.note_hidden(fleet, hidden);
            }
            listed.value.retain(|pair| selection.has_pair(pair));
        }
        let list = memory.topology.list_mut(&anchor);
        let error = list.settle(result, ended);
        // What is known of a fleet from the lists of all stacks can do without its own.
        let can_wait = list.can_wait(age) || memory.topology.is_known(&anchor, age);
        let names_unknown_stacks = is_good && memory.topology.was_listed(&anchor, age);
        let pairs = memory.pairs_listed_for(&anchor, age);
        drop(memory);
        let failures = self.stacks.failures.len();
        self.ran_out_of_time |= self
            .stacks
            .add_read((begun, ended), error, can_wait, |error| {
                Failure::part(anchor.to_string(), error)
            });
        let failure = self.stacks.failures.get(failures).cloned();
        self.describe_stacks(names_unknown_stacks);
        self.plan_pairs(pairs);
        if let Anchor::Fleet(fleet) = &anchor
            && self.looking.contains(fleet)
        {
            self.ended(fleet.clone(), age);
        }
        self.unlisted
            .extend(failure.map(|failure| (anchor, failure)));
        if self.listing.is_empty() {
            self.look_at_all(age);
        }
    }

    /// Takes in the sessions of a pair.
    pub(super) fn counted(&mut self, done: Done<PairJob, Sessions>, age: Age) {
        let Done {
            job: PairJob { pair, .. },
            result,
            begun,
            ended,
        } = done;
        let mut memory = lock(self.memory);
        let error = memory.pair_was_read(&pair, result, ended, (self.settings, self.round));
        let can_wait = memory.sessions_can_wait(&pair, age);
        drop(memory);
        self.ran_out_of_time |= self
            .sessions
            .add_read((begun, ended), error, can_wait, |error| {
                let (fleet, stack) = (pair.fleet.as_str(), pair.stack.as_str());
                Failure::part(format!("fleet {fleet:?} stack {stack:?}"), error)
            });
        self.ended(pair.fleet, age);
    }

    /// A read of a fleet has ended.
    fn ended(&mut self, fleet: FleetName, age: Age) {
        if let Some(reads) = self.under_way.get_mut(&fleet) {
            *reads = reads.saturating_sub(1);
        }
        self.look_at(fleet, age);
    }

    fn look_at_all(&mut self, age: Age) {
        let fleets = lock(self.memory).fleets.current(age).cloned();
        for fleet in fleets.iter().flat_map(|fleets| fleets.keys()) {
            self.look_at(fleet.clone(), age);
        }
    }

    /// Asks for everything of a fleet, if what was found is less than what is in use.
    fn look_at(&mut self, fleet: FleetName, age: Age) {
        let is_under_way = self.under_way.get(&fleet).is_some_and(|reads| *reads > 0);
        if is_under_way || !self.is_planned || !self.settings.plan.has(Collector::AppstreamSessions)
        {
            return;
        }
        let mut memory = lock(self.memory);
        if self.looking.remove(&fleet) {
            memory.looked_at(&fleet, age.now);
            return;
        }
        if !memory.wants_full_look(&fleet, self.settings, age.now) {
            return;
        }
        // A list that is under way may bring what is missing.
        if !self.listing.is_empty() && !memory.topology.completeness(None, age)(&fleet) {
            return;
        }
        let is_listed = memory.topology.completeness(Some(self.round.start), age)(&fleet);
        let left = memory.left(&fleet, self.round, age);
        let mut reads = left.len();
        self.to_count.extend(
            left.into_iter()
                .map(|(turn, pair, types)| (turn.at_once(), job(turn, pair, types))),
        );
        drop(memory);
        let anchor = Anchor::Fleet(fleet.clone());
        if !is_listed {
            self.list(Turn::default(), anchor.clone());
            reads += usize::from(self.listing.contains(&anchor));
        }
        if reads == 0 {
            lock(self.memory).looked_at(&fleet, age.now);
            return;
        }
        self.under_way.insert(fleet.clone(), reads);
        self.looking.insert(fleet);
    }

    /// Forgets what is gone, and says how each collector did.
    pub(super) fn conclude(mut self, age: Age) -> Vec<Outcome> {
        let plan = self.settings.plan;
        let mut memory = lock(self.memory);
        memory.tidy(age);
        memory.ran_out_of_time = self.ran_out_of_time;
        if plan.has(Collector::AppstreamSessions) {
            // Sessions that could not be asked for, because nothing says which there are.
            let unread = self
                .unlisted
                .into_iter()
                .filter(|(anchor, _)| !memory.topology.is_known(anchor, age));
            self.sessions
                .failures
                .extend(unread.map(|(_, failure)| failure));
            if memory.is_unknown(age) {
                self.sessions
                    .failures
                    .extend(self.fleets.failures.iter().cloned());
            }
        }
        drop(memory);
        // Where the collector that would show a failure is off, the one that needed the call shows it.
        if !plan.has(Collector::AppstreamStacks) {
            self.sessions.failures.append(&mut self.stacks.failures);
        }
        if !plan.has(Collector::AppstreamFleets) {
            let needed_them = if plan.has(Collector::AppstreamSessions) {
                &mut self.sessions
            } else {
                &mut self.stacks
            };
            needed_them.failures.append(&mut self.fleets.failures);
        }
        vec![
            self.fleets.into_outcome(Collector::AppstreamFleets),
            self.stacks.into_outcome(Collector::AppstreamStacks),
            self.sessions.into_outcome(Collector::AppstreamSessions),
        ]
    }
}

fn job(turn: Turn, pair: Association, types: Vec<usize>) -> PairJob {
    PairJob {
        pair,
        types,
        precedence: turn.precedence(),
    }
}
