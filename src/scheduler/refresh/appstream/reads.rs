//! The reads that a refresh makes of AppStream, each whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Refresh;
use super::super::jobs::{Job, Outcome};
use crate::aws::{Error, Listed, Precedence, Source};
use crate::model::{Association, Fleet, FleetName, SessionFold, Stack, StackName};
use crate::scheduler::memory::{Anchor, TypesRead};
use futures_util::future::join_all;

/// `DescribeFleets` or `DescribeStacks`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Describe {
    Fleets,
    Stacks,
}

/// What one of them gave.
///
/// With how many there were before some were left out.
pub(super) enum Described {
    Fleets(Result<Listed<BTreeMap<FleetName, Fleet>>, Error>, usize),
    Stacks(Result<Listed<BTreeMap<StackName, Stack>>, Error>, usize),
}

/// `DescribeSessions` of a pair, for the authentication types at these places.
#[derive(Clone, Debug)]
pub(super) struct PairJob {
    pub(super) pair: Association,
    pub(super) types: Vec<usize>,
    pub(super) precedence: Precedence,
}

/// `ListTagsForResource` of a fleet, by its ARN; AWS always gives one.
#[derive(Clone, Debug)]
pub(super) struct TagJob {
    pub(super) fleet: FleetName,
    pub(super) arn: Option<String>,
}

impl Job for Describe {}
impl Job for Anchor {}
impl Job for TagJob {}
impl Job for PairJob {
    fn weight(&self) -> usize {
        self.types.len()
    }
}

impl Outcome for Described {
    fn is_good(&self) -> bool {
        match self {
            Self::Fleets(result, _) => result.is_ok(),
            Self::Stacks(result, _) => result.is_ok(),
        }
    }
}

pub(super) type List = Result<Listed<BTreeSet<Association>>, Error>;
pub(super) type Tags = Result<Listed<BTreeMap<String, String>>, Error>;
pub(super) type Sessions = Result<TypesRead, Error>;

impl<S: Source> Refresh<'_, S> {
    pub(super) async fn describe(&self, job: Describe) -> Described {
        match job {
            Describe::Fleets => {
                let read = self.source.describe_fleets();
                let mut result = self.in_time("DescribeFleets", read).await;
                let is_wanted = |name: &_| self.settings.selection.has_fleet(name);
                let listed = leave_out(&mut result, is_wanted);
                Described::Fleets(result, listed)
            }
            Describe::Stacks => {
                let read = self.source.describe_stacks();
                let mut result = self.in_time("DescribeStacks", read).await;
                let is_wanted = |name: &_| self.settings.selection.has_stack(name);
                let listed = leave_out(&mut result, is_wanted);
                Described::Stacks(result, listed)
            }
        }
    }

    pub(super) async fn tags(&self, job: TagJob) -> Tags {
        let read = async {
            let arn = job.arn.as_deref().unwrap_or_default();
            self.source.list_tags(arn).await
        };
        self.in_time("ListTagsForResource", read).await
    }

    pub(super) async fn list(&self, anchor: Anchor) -> List {
        let pair = |fleet, stack| Association { fleet, stack };
        let read = async {
            match &anchor {
                Anchor::Fleet(fleet) => {
                    let Listed { value, calls } = self.source.list_associated_stacks(fleet).await?;
                    let value = value
                        .into_iter()
                        .map(|stack| pair(fleet.clone(), stack))
                        .collect();
                    Ok(Listed { value, calls })
                }
                Anchor::Stack(stack) => {
                    let Listed { value, calls } = self.source.list_associated_fleets(stack).await?;
                    let value = value
                        .into_iter()
                        .map(|fleet| pair(fleet, stack.clone()))
                        .collect();
                    Ok(Listed { value, calls })
                }
            }
        };
        match self.in_time(anchor.operation(), read).await {
            // What is gone is associated with nothing.
            Err(error) if error.is_not_found() => Ok(Listed {
                value: BTreeSet::new(),
                calls: 1,
            }),
            result => result,
        }
    }

    /// Reads the sessions of a pair, its authentication types at the same time.
    ///
    /// What is asked of a pair is read whole or not at all: with one type missing
    /// its counts could be too low.
    pub(super) async fn pair(&self, job: PairJob) -> Sessions {
        let reads = job.types.iter().map(|&place| {
            let pair = &job.pair;
            async move {
                let asked = &self.settings.authentication_types[place];
                let mut fold = SessionFold::new(asked.clone());
                let add = |session| fold.add(&session);
                let read = self.source.describe_sessions(
                    &pair.fleet,
                    &pair.stack,
                    asked,
                    job.precedence,
                    add,
                );
                let calls = read.await?;
                let value = fold.finish();
                Ok((place, Listed { value, calls }))
            }
        });
        // All are waited for: a request that is dropped on its way would count as failed.
        let results = self
            .in_time("DescribeSessions", async { Ok(join_all(reads).await) })
            .await?;
        let mut read = Vec::new();
        let mut errors = Vec::new();
        for result in results {
            match result {
                Ok(one) => read.push(one),
                Err(error) => errors.push(error),
            }
        }
        // What is wrong tells more than that there was no time for the rest, or that it is gone.
        errors.sort_by_key(|error: &Error| (error.is_not_found(), error.is_for_want_of_time()));
        errors.into_iter().next().map_or(Ok(read), Err)
    }
}

/// Leaves out what is not wanted. Says how many there were.
fn leave_out<K: Ord, V>(
    result: &mut Result<Listed<BTreeMap<K, V>>, Error>,
    is_wanted: impl Fn(&K) -> bool,
) -> usize {
    let Ok(listed) = result else { return 0 };
    let before = listed.value.len();
    listed.value.retain(|name, _| is_wanted(name));
    before
}
