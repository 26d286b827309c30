//! One refresh: which calls, in what order, and what each result means.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use tokio::time::Instant;

use super::Settings;
use super::held::Age;
use super::memory::{Anchor, AppStream, Memory, Workspaces};
use super::outcome::{Failure, Outcome};
use crate::aws::{Error, Listed, Source};
use crate::model::{
    Association, Collector, PoolId, PoolSessionFold, PoolSessionTally, SessionFold, SessionTally,
};

/// One refresh of one region of one target.
#[derive(Debug)]
pub(super) struct Refresh<'a, S> {
    source: &'a S,
    settings: &'a Settings,
    deadline: Instant,
}

/// The time that the calls of one collector took together, and what failed.
#[derive(Debug, Default)]
struct Work {
    failures: Vec<Failure>,
    duration: Duration,
}

impl Work {
    fn into_outcome(self, collector: Collector) -> Outcome {
        Outcome {
            collector,
            failures: self.failures,
            duration: self.duration,
        }
    }
}

impl<'a, S: Source> Refresh<'a, S> {
    pub(super) fn new(source: &'a S, settings: &'a Settings, start: Instant) -> Self {
        Self {
            source,
            settings,
            deadline: start + settings.timeout,
        }
    }

    /// Asks for everything that is switched on and puts what comes back into `memory`.
    ///
    /// AppStream and WorkSpaces are services with limits of their own, so neither
    /// waits for the other.
    pub(super) async fn run(&self, memory: &mut Memory) -> Vec<Outcome> {
        let Memory {
            appstream,
            workspaces,
            ..
        } = memory;
        let (mut outcomes, pools) =
            tokio::join!(self.appstream(appstream), self.workspaces(workspaces));
        outcomes.extend(pools);
        outcomes.retain(|outcome| self.settings.plan.has(outcome.collector));
        outcomes
    }

    async fn appstream(&self, memory: &mut AppStream) -> Vec<Outcome> {
        let plan = self.settings.plan;
        let (mut fleets, mut stacks) = self.describe(memory).await;
        memory.remember_account(self.age());
        let mut sessions = Work::default();
        if plan.lists_associations() {
            let unread = self.associate(memory, &mut stacks).await;
            if plan.has(Collector::AppstreamSessions) {
                sessions = self.sessions(memory).await;
                sessions.failures.extend(unread);
                if memory.is_unknown(self.age()) {
                    sessions.failures.extend(fleets.failures.iter().cloned());
                }
            }
        }
        // Where the collector that would show a failure is off, the one that needed the call shows it.
        if !plan.has(Collector::AppstreamStacks) {
            sessions.failures.append(&mut stacks.failures);
        }
        if !plan.has(Collector::AppstreamFleets) {
            sessions.failures.append(&mut fleets.failures);
        }
        vec![
            fleets.into_outcome(Collector::AppstreamFleets),
            stacks.into_outcome(Collector::AppstreamStacks),
            sessions.into_outcome(Collector::AppstreamSessions),
        ]
    }

    /// Reads fleets and stacks, at the same time.
    async fn describe(&self, memory: &mut AppStream) -> (Work, Work) {
        let plan = self.settings.plan;
        let AppStream { fleets, stacks, .. } = memory;
        let read_fleets = async {
            let mut work = Work::default();
            if plan.lists_fleets() {
                let start = Instant::now();
                let result = self
                    .in_time("DescribeFleets", self.source.describe_fleets())
                    .await;
                work.failures
                    .extend(fleets.settle(result, Instant::now()).map(Failure::whole));
                work.duration = start.elapsed();
            }
            work
        };
        let read_stacks = async {
            let mut work = Work::default();
            if plan.lists_stacks() {
                let start = Instant::now();
                let result = self
                    .in_time("DescribeStacks", self.source.describe_stacks())
                    .await;
                work.failures
                    .extend(stacks.settle(result, Instant::now()).map(Failure::whole));
                work.duration = start.elapsed();
            }
            work
        };
        tokio::join!(read_fleets, read_stacks)
    }

    /// Reads which fleet belongs to which stack. Failures go to `work`; what
    /// comes back are those because of which sessions cannot be asked for.
    async fn associate(&self, memory: &mut AppStream, work: &mut Work) -> Vec<Failure> {
        let start = Instant::now();
        let anchors = memory.anchors(self.age());
        let reads = anchors.iter().cloned().map(|anchor| async move {
            let result = self.in_time(anchor.operation(), self.list(&anchor)).await;
            (anchor, result, Instant::now())
        });
        let reads: Vec<_> = stream::iter(reads)
            .buffer_unordered(self.settings.concurrency)
            .collect()
            .await;
        let mut unread = Vec::new();
        for (anchor, result, read_at) in reads {
            let held = memory.lists.entry(anchor.clone()).or_default();
            if let Some(error) = held.settle_or_forget(result, read_at) {
                let failure = Failure::part(anchor.to_string(), error);
                if held.current(self.age()).is_none() {
                    unread.push(failure.clone());
                }
                work.failures.push(failure);
            }
        }
        memory.keep_lists(&anchors, self.age());
        work.duration += start.elapsed();
        unread
    }

    async fn list(&self, anchor: &Anchor) -> Result<Listed<Vec<Association>>, Error> {
        let pair = |fleet, stack| Association { fleet, stack };
        match anchor {
            Anchor::Fleet(fleet) => {
                let Listed { value, calls } = self.source.list_associated_stacks(fleet).await?;
                Ok(Listed {
                    value: value
                        .into_iter()
                        .map(|stack| pair(fleet.clone(), stack))
                        .collect(),
                    calls,
                })
            }
            Anchor::Stack(stack) => {
                let Listed { value, calls } = self.source.list_associated_fleets(stack).await?;
                Ok(Listed {
                    value: value
                        .into_iter()
                        .map(|fleet| pair(fleet, stack.clone()))
                        .collect(),
                    calls,
                })
            }
        }
    }

    async fn sessions(&self, memory: &mut AppStream) -> Work {
        let start = Instant::now();
        let mut work = Work::default();
        let pairs = memory.pairs(self.age());
        memory.keep_sessions(&pairs, self.age());
        let reads = pairs.into_iter().map(|pair| async move {
            let result = self
                .in_time("DescribeSessions", self.read_pair(&pair))
                .await;
            (pair, result, Instant::now())
        });
        let mut reads = stream::iter(reads).buffer_unordered(self.settings.concurrency);
        while let Some((pair, result, read_at)) = reads.next().await {
            let held = memory.sessions.entry(pair.clone()).or_default();
            if let Some(error) = held.settle_or_forget(result, read_at) {
                work.failures.push(Failure::part(
                    format!(
                        "fleet {:?} stack {:?}",
                        pair.fleet.as_str(),
                        pair.stack.as_str()
                    ),
                    error,
                ));
            }
        }
        work.duration = start.elapsed();
        work
    }

    /// Reads the sessions of a pair, all authentication types at the same time.
    ///
    /// A pair is read whole or not at all: with one type missing its counts would be too low.
    async fn read_pair(&self, pair: &Association) -> Result<Listed<SessionTally>, Error> {
        let fold = Mutex::new(SessionFold::default());
        let reads = self.settings.authentication_types.iter().map(|asked| {
            let add = |session| {
                fold.lock()
                    .expect("adding a session does not panic")
                    .add(&session, asked)
            };
            self.source
                .describe_sessions(&pair.fleet, &pair.stack, asked, add)
        });
        let results = join_all(reads).await;
        let mut calls = 0;
        let mut gone = None;
        for result in results {
            match result {
                Ok(pages) => calls += pages,
                Err(error) if error.is_not_found() => gone = Some(error),
                Err(error) => return Err(error),
            }
        }
        match gone {
            Some(error) => Err(error),
            None => {
                let fold = fold.into_inner().expect("adding a session does not panic");
                Ok(Listed {
                    value: fold.finish(),
                    calls,
                })
            }
        }
    }

    async fn workspaces(&self, memory: &mut Workspaces) -> Vec<Outcome> {
        let plan = self.settings.plan;
        if !plan.lists_pools() {
            return Vec::new();
        }
        let start = Instant::now();
        let mut pools = Work::default();
        let mut sessions = Work::default();
        let result = self
            .in_time(
                "DescribeWorkspacesPools",
                self.source.describe_workspaces_pools(),
            )
            .await;
        pools.failures.extend(
            memory
                .pools
                .settle(result, Instant::now())
                .map(Failure::whole),
        );
        pools.duration = start.elapsed();
        if plan.has(Collector::WorkspacesPoolSessions) {
            sessions = self.pool_sessions(memory).await;
            let unread =
                memory.pools.current(self.age()).is_none() || !plan.has(Collector::WorkspacesPools);
            if unread {
                sessions.failures.extend(pools.failures.iter().cloned());
            }
        }
        vec![
            pools.into_outcome(Collector::WorkspacesPools),
            sessions.into_outcome(Collector::WorkspacesPoolSessions),
        ]
    }

    async fn pool_sessions(&self, memory: &mut Workspaces) -> Work {
        let start = Instant::now();
        let mut work = Work::default();
        let pools: BTreeSet<PoolId> = memory
            .pools
            .current(self.age())
            .into_iter()
            .flat_map(|pools| pools.keys().cloned())
            .collect();
        memory.keep_sessions(&pools);
        let reads = pools.into_iter().map(|pool| async move {
            let result = self
                .in_time("DescribeWorkspacesPoolSessions", self.read_pool(&pool))
                .await;
            (pool, result, Instant::now())
        });
        let mut reads = stream::iter(reads).buffer_unordered(self.settings.concurrency);
        while let Some((pool, result, read_at)) = reads.next().await {
            let held = memory.sessions.entry(pool.clone()).or_default();
            if let Some(error) = held.settle_or_forget(result, read_at) {
                work.failures
                    .push(Failure::part(format!("pool {:?}", pool.as_str()), error));
            }
        }
        work.duration = start.elapsed();
        work
    }

    async fn read_pool(&self, pool: &PoolId) -> Result<Listed<PoolSessionTally>, Error> {
        let mut fold = PoolSessionFold::default();
        let calls = self
            .source
            .describe_workspaces_pool_sessions(pool, |session| fold.add(&session))
            .await?;
        Ok(Listed {
            value: fold.finish(),
            calls,
        })
    }

    /// A read, ended when the refresh must end.
    async fn in_time<T>(
        &self,
        operation: &'static str,
        read: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::time::timeout_at(self.deadline, read)
            .await
            .unwrap_or_else(|_| Err(Error::out_of_time(operation)))
    }

    fn age(&self) -> Age {
        Age {
            now: Instant::now(),
            max_age: self.settings.max_age,
        }
    }
}
