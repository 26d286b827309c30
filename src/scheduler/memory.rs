//! All that is known of one region of one target, and how to show it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::Instant;

use super::Settings;
use super::held::{Age, Held};
use super::outcome::{self, Health, Outcome};
use super::plan::Plan;
use crate::model::{
    AccountId, Association, Collector, Fleet, FleetInstances, FleetName, PairSessions, Pool,
    PoolId, PoolSessionTally, PoolSessions, Service, ServiceCalls, SessionTally, Snapshot, Stack,
    StackName,
};

/// What is known of one region of one target.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) target: Arc<str>,
    pub(super) region: Arc<str>,
    pub(super) appstream: AppStream,
    pub(super) workspaces: Workspaces,
    health: BTreeMap<Collector, Health>,
}

/// What is known of AppStream.
#[derive(Debug, Default)]
pub(super) struct AppStream {
    pub(super) fleets: Held<BTreeMap<FleetName, Fleet>>,
    pub(super) stacks: Held<BTreeMap<StackName, Stack>>,
    /// Associations as they were listed: by fleet or by stack.
    pub(super) lists: BTreeMap<Anchor, Held<Vec<Association>>>,
    pub(super) sessions: BTreeMap<Association, Held<SessionTally>>,
    /// The account, as the last fleet or stack told it: values that are held
    /// must keep their labels when fleets and stacks are too old to be shown.
    account: Option<AccountId>,
}

/// What is known of WorkSpaces Pools.
#[derive(Debug, Default)]
pub(super) struct Workspaces {
    pub(super) pools: Held<BTreeMap<PoolId, Pool>>,
    pub(super) sessions: BTreeMap<PoolId, Held<PoolSessionTally>>,
}

/// What a list of associations was asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Anchor {
    /// `ListAssociatedStacks` of this fleet.
    Fleet(FleetName),
    /// `ListAssociatedFleets` of this stack.
    Stack(StackName),
}

impl Memory {
    pub(super) fn new(target: Arc<str>, region: Arc<str>, plan: Plan) -> Self {
        let health = plan
            .collectors()
            .map(|collector| (collector, Health::new()))
            .collect();
        Self {
            target,
            region,
            appstream: AppStream::default(),
            workspaces: Workspaces::default(),
            health,
        }
    }

    /// Takes in how the collectors did in a refresh that ended at `ended`.
    pub(super) fn record(&mut self, outcomes: Vec<Outcome>, ended: SystemTime) {
        if self.health.values().all(|health| health.status().is_none()) {
            let failed = outcomes
                .iter()
                .filter(|outcome| !outcome.failures.is_empty())
                .count();
            tracing::info!(collectors = outcomes.len(), failed, "first refresh ended");
        }
        let mut news = Vec::new();
        for outcome in outcomes {
            if let Some(health) = self.health.get_mut(&outcome.collector) {
                news.push((outcome.collector, health.record(&outcome, ended)));
            }
        }
        outcome::log(&news);
    }

    /// When the next of the values that are shown becomes too old.
    pub(super) fn next_expiry(&self, age: Age) -> Option<Instant> {
        let AppStream {
            fleets,
            stacks,
            lists,
            sessions,
            ..
        } = &self.appstream;
        let workspaces = &self.workspaces;
        let single = [
            fleets.expiry(age),
            stacks.expiry(age),
            workspaces.pools.expiry(age),
        ];
        let lists = lists.values().map(|held| held.expiry(age));
        let sessions = sessions.values().map(|held| held.expiry(age));
        let pools = workspaces.sessions.values().map(|held| held.expiry(age));
        single
            .into_iter()
            .chain(lists)
            .chain(sessions)
            .chain(pools)
            .flatten()
            .min()
    }

    /// What is to be shown at a moment: all that is known and not too old.
    pub(super) fn snapshot(&self, age: Age, settings: &Settings) -> Snapshot {
        let AppStream { fleets, stacks, .. } = &self.appstream;
        let pools = &self.workspaces.pools;
        let on = |collector| settings.plan.has(collector);
        Snapshot {
            target: Arc::clone(&self.target),
            region: Arc::clone(&self.region),
            authentication_types: Arc::clone(&settings.authentication_types),
            fleets: shown(fleets, age, on(Collector::AppstreamFleets)),
            stacks: shown(stacks, age, on(Collector::AppstreamStacks)),
            associations: if on(Collector::AppstreamStacks) {
                self.appstream.associations(age)
            } else {
                Vec::new()
            },
            sessions: self.appstream.pair_sessions(age),
            fleet_instances: if on(Collector::AppstreamSessions) {
                self.appstream.instances(age)
            } else {
                Vec::new()
            },
            pools: shown(pools, age, on(Collector::WorkspacesPools)),
            pool_sessions: self.workspaces.pool_sessions(age),
            collectors: self
                .health
                .values()
                .filter_map(Health::status)
                .cloned()
                .collect(),
            calls: self.calls(settings),
        }
    }

    /// Calls that a whole refresh needs. What was never read counts as one page.
    fn calls(&self, settings: &Settings) -> Vec<ServiceCalls> {
        let calls = |service, needed| ServiceCalls {
            service,
            needed,
            budget: settings.budget,
        };
        let mut services = Vec::new();
        if settings.plan.asks(Service::Appstream) {
            services.push(calls(Service::Appstream, self.appstream.calls(settings)));
        }
        if settings.plan.asks(Service::Workspaces) {
            services.push(calls(Service::Workspaces, self.workspaces.calls()));
        }
        services
    }
}

impl Anchor {
    /// The operation that lists it.
    pub(super) fn operation(&self) -> &'static str {
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

/// What a list shows, which is nothing while it is unknown or its collector is off.
fn shown<T: Default>(held: &Held<T>, age: Age, on: bool) -> Arc<T> {
    held.current(age)
        .filter(|_| on)
        .cloned()
        .unwrap_or_default()
}

impl AppStream {
    /// What to ask for associations: every fleet or every stack, whichever are
    /// fewer, because each costs a call.
    pub(super) fn anchors(&self, age: Age) -> BTreeSet<Anchor> {
        let by_fleet =
            |fleets: &BTreeMap<FleetName, _>| fleets.keys().cloned().map(Anchor::Fleet).collect();
        let by_stack =
            |stacks: &BTreeMap<StackName, _>| stacks.keys().cloned().map(Anchor::Stack).collect();
        match (self.fleets.current(age), self.stacks.current(age)) {
            (Some(fleets), Some(stacks)) if stacks.len() < fleets.len() => by_stack(stacks),
            (Some(fleets), _) => by_fleet(fleets),
            (None, Some(stacks)) => by_stack(stacks),
            (None, None) => BTreeSet::new(),
        }
    }

    /// Remembers the account of whatever was listed.
    pub(super) fn remember_account(&mut self, age: Age) {
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
    pub(super) fn is_unknown(&self, age: Age) -> bool {
        self.fleets.current(age).is_none()
            && self.stacks.current(age).is_none()
            && self.pairs(age).is_empty()
    }

    /// The pairs of fleet and stack, as far as they are known.
    pub(super) fn pairs(&self, age: Age) -> BTreeSet<Association> {
        let current = self.lists.values().filter_map(|held| held.current(age));
        current.flat_map(|pairs| pairs.iter().cloned()).collect()
    }

    /// Forgets lists and sessions of what is no longer there.
    ///
    /// `anchors` are those that were asked for. Lists of other anchors are from a
    /// time at which it was cheaper to ask the other way round, or of something
    /// that is gone; they are only of use while a list that should replace them is missing.
    pub(super) fn keep_lists(&mut self, anchors: &BTreeSet<Anchor>, age: Age) {
        let complete = anchors.iter().all(|anchor| self.is_listed(anchor, age));
        let fleets = self
            .fleets
            .current(age)
            .filter(|_| !self.fleets.is_failing())
            .cloned();
        let stacks = self
            .stacks
            .current(age)
            .filter(|_| !self.stacks.is_failing())
            .cloned();
        self.lists.retain(|anchor, held| {
            if anchors.contains(anchor) {
                return true;
            }
            held.neglect();
            let exists = match anchor {
                Anchor::Fleet(fleet) => fleets
                    .as_ref()
                    .is_none_or(|fleets| fleets.contains_key(fleet)),
                Anchor::Stack(stack) => stacks
                    .as_ref()
                    .is_none_or(|stacks| stacks.contains_key(stack)),
            };
            !complete && exists
        });
    }

    /// Forgets the sessions of pairs that are known to be gone, and lets those
    /// of pairs that are merely unknown grow old.
    pub(super) fn keep_sessions(&mut self, age: Age) {
        let pairs = self.pairs(age);
        let mut sessions = std::mem::take(&mut self.sessions);
        sessions.retain(|pair, held| {
            if pairs.contains(pair) {
                return true;
            }
            held.neglect();
            !self.is_complete(&pair.fleet, age) && !self.is_deleted(&pair.fleet, age)
        });
        self.sessions = sessions;
    }

    /// Whether AWS no longer lists a fleet.
    fn is_deleted(&self, fleet: &FleetName, age: Age) -> bool {
        !self.fleets.is_failing()
            && self
                .fleets
                .current(age)
                .is_some_and(|fleets| !fleets.contains_key(fleet))
    }

    /// Whether the associations of something are known.
    pub(super) fn is_listed(&self, anchor: &Anchor, age: Age) -> bool {
        self.lists
            .get(anchor)
            .is_some_and(|held| held.current(age).is_some())
    }

    /// Whether every pair of a fleet is known: its own list is, or those of all stacks are.
    fn is_complete(&self, fleet: &FleetName, age: Age) -> bool {
        let by_stacks = || {
            let stacks = self.stacks.current(age)?;
            Some(
                stacks
                    .keys()
                    .all(|stack| self.is_listed(&Anchor::Stack(stack.clone()), age)),
            )
        };
        self.is_listed(&Anchor::Fleet(fleet.clone()), age) || by_stacks().unwrap_or(false)
    }

    /// The account of a fleet, or of its stack should the fleet be unknown.
    fn account(&self, pair: &Association, age: Age) -> AccountId {
        let fleet = self
            .fleets
            .current(age)
            .and_then(|fleets| fleets.get(&pair.fleet));
        let stack = || {
            self.stacks
                .current(age)
                .and_then(|stacks| stacks.get(&pair.stack))
        };
        fleet
            .map(|fleet| &fleet.account_id)
            .or_else(|| stack().map(|stack| &stack.account_id))
            .or(self.account.as_ref())
            .cloned()
            .unwrap_or_else(|| AccountId::from(""))
    }

    fn associations(&self, age: Age) -> Vec<(AccountId, Association)> {
        self.pairs(age)
            .into_iter()
            .map(|pair| (self.account(&pair, age), pair))
            .collect()
    }

    fn pair_sessions(&self, age: Age) -> Vec<PairSessions> {
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
        self.sessions.iter().filter_map(shown).collect()
    }

    /// Instances by fleet. A fleet of which any pair is unknown has no number
    /// at all: the instances of the other pairs would be too few.
    fn instances(&self, age: Age) -> Vec<FleetInstances> {
        let mut fleets: BTreeMap<FleetName, (AccountId, Option<HashSet<u64>>)> = BTreeMap::new();
        if let Some(known) = self.fleets.current(age) {
            for fleet in known
                .values()
                .filter(|fleet| self.is_complete(&fleet.name, age))
            {
                fleets.insert(
                    fleet.name.clone(),
                    (fleet.account_id.clone(), Some(HashSet::new())),
                );
            }
        }
        for pair in self.pairs(age) {
            let complete = self.is_complete(&pair.fleet, age);
            let entry = fleets
                .entry(pair.fleet.clone())
                .or_insert_with(|| (self.account(&pair, age), complete.then(HashSet::new)));
            match (self.sessions.get(&pair), entry.1.as_mut()) {
                (Some(held), Some(instances)) => match held.current(age) {
                    Some(tally) => instances.extend(&tally.instances),
                    None if held.is_failing() => entry.1 = None,
                    // Gone between two calls.
                    None => {}
                },
                (None, _) => entry.1 = None,
                (Some(_), None) => {}
            }
        }
        let shown =
            |(fleet, (account_id, instances)): (FleetName, (AccountId, Option<HashSet<u64>>))| {
                let instances = i32::try_from(instances?.len()).unwrap_or(i32::MAX);
                Some(FleetInstances {
                    account_id,
                    fleet,
                    instances,
                })
            };
        fleets.into_iter().filter_map(shown).collect()
    }

    fn calls(&self, settings: &Settings) -> u32 {
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
        let lists: u32 = self
            .lists
            .values()
            .map(|held| held.calls().unwrap_or(1))
            .sum();
        let sessions: u32 = self
            .sessions
            .values()
            .map(|held| held.calls().unwrap_or(types))
            .sum();
        fleets + stacks + lists + sessions
    }
}

impl Workspaces {
    /// Forgets the sessions of pools that are gone. While the pools are unknown, all grow old.
    pub(super) fn keep_sessions(&mut self, age: Age) {
        let known = !self.pools.is_failing();
        let pools = self.pools.current(age).cloned().unwrap_or_default();
        self.sessions.retain(|pool, held| {
            if pools.contains_key(pool) {
                return true;
            }
            held.neglect();
            !known
        });
    }

    fn pool_sessions(&self, age: Age) -> Vec<PoolSessions> {
        let pools = self.pools.current(age);
        let shown = |(id, held): (&PoolId, &Held<PoolSessionTally>)| {
            let pool = pools?.get(id)?;
            Some(PoolSessions {
                account_id: pool.account_id.clone(),
                pool: id.clone(),
                pool_name: pool.name.clone(),
                tally: Arc::clone(held.current(age)?),
            })
        };
        self.sessions.iter().filter_map(shown).collect()
    }

    fn calls(&self) -> u32 {
        let sessions: u32 = self
            .sessions
            .values()
            .map(|held| held.calls().unwrap_or(1))
            .sum();
        self.pools.calls().unwrap_or(1) + sessions
    }
}
