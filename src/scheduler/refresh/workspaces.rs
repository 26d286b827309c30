//! The WorkSpaces half of a refresh: pools, and their sessions.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::{Instant, sleep_until};

use super::jobs::{Done, Jobs};
use super::{Refresh, Work};
use crate::aws::{Error, Listed, Source};
use crate::model::{Collector, Pool, PoolId, PoolSessionFold, PoolSessionTally};
use crate::scheduler::held::{Age, Held};
use crate::scheduler::memory::Workspaces;
use crate::scheduler::outcome::{Failure, Outcome};
use crate::scheduler::plan::Plan;

type Pools = Result<Listed<BTreeMap<PoolId, Pool>>, Error>;
type Tally = Result<Listed<PoolSessionTally>, Error>;

impl<S: Source> Refresh<'_, S> {
    /// Pools, then the sessions of each.
    pub(super) async fn workspaces(&self, memory: &mut Workspaces) -> Vec<Outcome> {
        let mut progress = Progress::new(memory, self.settings.plan);
        let mut lists = Jobs::new(1, |(): &()| {
            self.in_time(
                "DescribeWorkspacesPools",
                self.source.describe_workspaces_pools(),
            )
        });
        let mut pools = Jobs::new(self.settings.concurrency, |pool: &PoolId| {
            self.pool(pool.clone())
        });
        lists.extend(self.settings.plan.lists_pools().then_some((None, ())));
        let mut went_on = false;
        loop {
            tokio::select! {
                Some(done) = lists.next() => {
                    progress.listed(done);
                    pools.extend(progress.new_pools(self.age()));
                }
                Some(done) = pools.next() => progress.counted(done),
                () = sleep_until(self.patience(1)), if !went_on && !lists.is_idle() => {
                    went_on = true;
                    pools.extend(progress.new_pools(self.age()));
                }
                else => break,
            }
        }
        progress.conclude(self.age())
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
    memory: &'m mut Workspaces,
    plan: Plan,
    pools: Work,
    sessions: Work,
    /// What was asked for its sessions.
    asked: BTreeSet<PoolId>,
}

impl<'m> Progress<'m> {
    fn new(memory: &'m mut Workspaces, plan: Plan) -> Self {
        Self {
            memory,
            plan,
            pools: Work::default(),
            sessions: Work::default(),
            asked: BTreeSet::new(),
        }
    }

    fn listed(&mut self, done: Done<(), Pools>) {
        let Done {
            result,
            begun,
            ended,
            ..
        } = done;
        let error = self.memory.pools.settle(result, ended);
        self.pools.add(begun, ended, error.map(Failure::whole));
    }

    /// What is to be asked for sessions and was not yet.
    fn new_pools(&mut self, age: Age) -> Vec<(Option<Instant>, PoolId)> {
        if !self.plan.has(Collector::WorkspacesPoolSessions) {
            return Vec::new();
        }
        let Self { memory, asked, .. } = self;
        let known = memory
            .pools
            .current(age)
            .into_iter()
            .flat_map(|pools| pools.keys().cloned());
        let new = known.filter(|pool| asked.insert(pool.clone()));
        new.map(|pool| (memory.sessions.get(&pool).and_then(Held::read_at), pool))
            .collect()
    }

    fn counted(&mut self, done: Done<PoolId, Tally>) {
        let Done {
            job: pool,
            result,
            begun,
            ended,
        } = done;
        let error = self
            .memory
            .sessions
            .entry(pool.clone())
            .or_default()
            .settle_or_forget(result, ended);
        let subject = || format!("pool {:?}", pool.as_str());
        self.sessions.add(
            begun,
            ended,
            error.map(|error| Failure::part(subject(), error)),
        );
    }

    /// Forgets what is gone, and says how each collector did.
    fn conclude(mut self, age: Age) -> Vec<Outcome> {
        self.memory.keep_sessions(age);
        // Sessions that could not be asked for, and failures that no other collector would show.
        let unread =
            self.memory.pools.current(age).is_none() || !self.plan.has(Collector::WorkspacesPools);
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
