//! The WorkSpaces half of a refresh: pools, and their sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use tokio::time::sleep_until;

use super::jobs::{Done, Job, Jobs, Order};
use super::{Refresh, Work};
use crate::aws::{Error, Listed, Source};
use crate::model::{Collector, Pool, PoolId, PoolSessionFold, PoolSessionTally};
use crate::scheduler::held::{Age, Held, Turn};
use crate::scheduler::memory::{Workspaces, lock};
use crate::scheduler::outcome::{Failure, Outcome};
use crate::scheduler::plan::Plan;

/// `DescribeWorkspacesPools`.
#[derive(Clone, Copy, Debug)]
struct List;

impl Job for List {}
impl Job for PoolId {}

type Pools = Result<Listed<BTreeMap<PoolId, Pool>>, Error>;
type Tally = Result<Listed<PoolSessionTally>, Error>;

impl<S: Source> Refresh<'_, S> {
    /// Pools, then the sessions of each.
    pub(super) async fn workspaces(&self, memory: &Mutex<Workspaces>) -> Vec<Outcome> {
        lock(memory).begin();
        let mut progress = Progress::new(memory, self.settings.plan);
        let order = if lock(memory).ran_out_of_time {
            Order::OldestFirst
        } else {
            Order::LargestFirst
        };
        let mut lists = Jobs::new(order, 1, |List: &List| self.pools(memory));
        let mut pools = Jobs::new(order, self.settings.session_places(), |pool: &PoolId| {
            self.pool(pool.clone())
        });
        lists.extend(
            self.settings
                .plan
                .lists_pools()
                .then_some((Turn::default(), List)),
        );
        let mut went_on = false;
        loop {
            tokio::select! {
                Some(done) = lists.next() => {
                    progress.listed(done, self.age());
                    pools.extend(progress.new_pools(self.age()));
                }
                Some(done) = pools.next() => progress.counted(done, self.age()),
                () = sleep_until(self.patience()), if !went_on && !lists.is_idle() => {
                    went_on = true;
                    pools.extend(progress.new_pools(self.age()));
                }
                else => break,
            }
        }
        progress.conclude(self.age())
    }

    async fn pools(&self, memory: &Mutex<Workspaces>) -> Pools {
        let read = self.source.describe_workspaces_pools();
        let mut listed = self.in_time("DescribeWorkspacesPools", read).await?;
        let selection = &self.settings.selection;
        let before = listed.value.len();
        listed.value.retain(|_, pool| selection.has_pool(pool));
        let left = listed.value.len();
        lock(memory).leavings.note("pools", before, left);
        Ok(listed)
    }

    async fn pool(&self, pool: PoolId) -> Tally {
        let mut fold = PoolSessionFold::default();
        let read = self
            .source
            .describe_workspaces_pool_sessions(&pool, |session| fold.add(&session));
        let calls = self.in_time("DescribeWorkspacesPoolSessions", read).await?;
        Ok(Listed {
            value: fold.finish(),
            calls,
        })
    }
}

/// What has been done so far in one refresh.
struct Progress<'m> {
    memory: &'m Mutex<Workspaces>,
    plan: Plan,
    pools: Work,
    sessions: Work,
    /// What was asked for its sessions.
    asked: BTreeSet<PoolId>,
    ran_out_of_time: bool,
}

impl<'m> Progress<'m> {
    fn new(memory: &'m Mutex<Workspaces>, plan: Plan) -> Self {
        Self {
            memory,
            plan,
            pools: Work::default(),
            sessions: Work::default(),
            asked: BTreeSet::new(),
            ran_out_of_time: false,
        }
    }

    fn listed(&mut self, done: Done<List, Pools>, age: Age) {
        let Done {
            result,
            begun,
            ended,
            ..
        } = done;
        let mut memory = lock(self.memory);
        let error = memory.pools.settle(result, ended);
        let can_wait = memory.pools.can_wait(age);
        drop(memory);
        self.ran_out_of_time |=
            self.pools
                .add_read((begun, ended), error, can_wait, Failure::whole);
    }

    /// What is to be asked for sessions and was not yet.
    fn new_pools(&mut self, age: Age) -> Vec<(Turn, PoolId)> {
        if !self.plan.has(Collector::WorkspacesPoolSessions) {
            return Vec::new();
        }
        let memory = lock(self.memory);
        let turn = |pool: &PoolId| {
            memory
                .sessions
                .get(pool)
                .map(Held::turn)
                .unwrap_or_default()
        };
        let known = memory
            .pools
            .current(age)
            .into_iter()
            .flat_map(|pools| pools.keys().cloned());
        let new = known.filter(|pool| self.asked.insert(pool.clone()));
        new.map(|pool| (turn(&pool), pool)).collect()
    }

    fn counted(&mut self, done: Done<PoolId, Tally>, age: Age) {
        let Done {
            job: pool,
            result,
            begun,
            ended,
        } = done;
        let subject = format!("pool {:?}", pool.as_str());
        let mut memory = lock(self.memory);
        let held = memory.sessions.entry(pool).or_default();
        let error = held.settle_or_forget(result, ended);
        let can_wait = held.can_wait(age);
        drop(memory);
        self.ran_out_of_time |= self
            .sessions
            .add_read((begun, ended), error, can_wait, |error| {
                Failure::part(subject, error)
            });
    }

    /// Forgets what is gone, and says how each collector did.
    fn conclude(mut self, age: Age) -> Vec<Outcome> {
        let mut memory = lock(self.memory);
        memory.keep_sessions(age);
        memory.ran_out_of_time = self.ran_out_of_time;
        // Sessions that could not be asked for, and failures that no other collector would show.
        let unread =
            memory.pools.current(age).is_none() || !self.plan.has(Collector::WorkspacesPools);
        drop(memory);
        if unread {
            self.sessions
                .failures
                .extend(self.pools.failures.iter().cloned());
        }
        vec![
            self.pools.into_outcome(Collector::WorkspacesPools),
            self.sessions
                .into_outcome(Collector::WorkspacesPoolSessions),
        ]
    }
}
