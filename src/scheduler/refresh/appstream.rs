//! The AppStream half of a refresh: fleets and stacks, what belongs together, sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use futures_util::future::join_all;
use tokio::time::sleep_until;

use super::jobs::{self, Done, Jobs};
use super::{Refresh, Work};
use crate::aws::{Error, Listed, Source};
use crate::model::{
    Association, Collector, Fleet, FleetName, SessionFold, SessionTally, Stack, StackName,
};
use crate::scheduler::Settings;
use crate::scheduler::held::{Age, Held, Turn};
use crate::scheduler::memory::{Anchor, AppStream, lock};
use crate::scheduler::outcome::{Failure, Outcome};
use crate::scheduler::plan::Plan;

/// `DescribeFleets` or `DescribeStacks`.
#[derive(Clone, Copy, Debug)]
enum Describe {
    Fleets,
    Stacks,
}

/// What one of them gave.
enum Described {
    Fleets(Result<Listed<BTreeMap<FleetName, Fleet>>, Error>),
    Stacks(Result<Listed<BTreeMap<StackName, Stack>>, Error>),
}

impl jobs::Outcome for Described {
    fn is_good(&self) -> bool {
        match self {
            Self::Fleets(result) => result.is_ok(),
            Self::Stacks(result) => result.is_ok(),
        }
    }
}

type List = Result<Listed<BTreeSet<Association>>, Error>;
type Tally = Result<Listed<SessionTally>, Error>;

impl<S: Source> Refresh<'_, S> {
    /// Fleets and stacks, then associations, then sessions; each as soon as what
    /// it needs is there, and sessions of one fleet while the list of another is
    /// still under way.
    pub(super) async fn appstream(&self, memory: &Mutex<AppStream>) -> Vec<Outcome> {
        let mut progress = Progress::new(memory, self.settings.plan);
        let mut describes = Jobs::new(2, |job: &Describe| self.describe(*job));
        // Half of the places, so that lists that hang leave room for sessions.
        let places = self.settings.concurrency;
        let mut lists = Jobs::new(places / 2, |anchor: &Anchor| self.list(anchor.clone()));
        let mut pairs = Jobs::new(self.pairs_at_a_time(), |pair: &Association| {
            self.pair(pair.clone())
        });
        describes.extend(progress.describes());
        // Lists must not use up the time of sessions again.
        let hurried = lock(memory).ran_out_of_time;
        let mut went_on_without_describes = false;
        let mut went_on_without_lists = false;
        loop {
            tokio::select! {
                Some(done) = describes.next() => {
                    let is_news = progress.described(done, self.age());
                    // Once others went on without it, a failure changes nothing any more.
                    if is_news && went_on_without_describes || !went_on_without_describes && describes.is_idle() {
                        lists.extend(progress.anchors(self.age()));
                        if hurried {
                            pairs.extend(progress.known_pairs(self.age()));
                        }
                    }
                }
                Some(done) = lists.next() => pairs.extend(progress.listed(done, self.age())),
                Some(done) = pairs.next() => progress.counted(done),
                () = sleep_until(self.patience(1)),
                    if !went_on_without_describes && !describes.is_idle() && progress.knows_something(self.age()) =>
                {
                    went_on_without_describes = true;
                    lists.extend(progress.anchors(self.age()));
                }
                () = sleep_until(self.patience(2)), if !went_on_without_lists && !lists.is_idle() => {
                    went_on_without_lists = true;
                    pairs.extend(progress.known_pairs(self.age()));
                }
                else => break,
            }
        }
        progress.conclude(self.age())
    }

    /// Enough pairs to use every place, and not many more: each makes a call for
    /// every authentication type at once, and those that are under way when time
    /// runs out are lost. So they are never more than a quarter of what the rate
    /// limit allows within a refresh.
    fn pairs_at_a_time(&self) -> usize {
        let Settings {
            concurrency,
            budget,
            ..
        } = *self.settings;
        let types = self.settings.authentication_types.len().max(1);
        let affordable = usize::try_from(budget).unwrap_or(usize::MAX) / (4 * types);
        // Two at the least: one that hangs must not be all there is.
        (concurrency.div_ceil(types) + concurrency / 4).min(affordable.max(2))
    }

    async fn describe(&self, job: Describe) -> Described {
        match job {
            Describe::Fleets => Described::Fleets(
                self.in_time("DescribeFleets", self.source.describe_fleets())
                    .await,
            ),
            Describe::Stacks => Described::Stacks(
                self.in_time("DescribeStacks", self.source.describe_stacks())
                    .await,
            ),
        }
    }

    async fn list(&self, anchor: Anchor) -> List {
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

    /// Reads the sessions of a pair, all authentication types at the same time.
    ///
    /// A pair is read whole or not at all: with one type missing its counts would be too low.
    async fn pair(&self, pair: Association) -> Tally {
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
        // All are waited for: a request that is dropped on its way would count as failed.
        let results = self
            .in_time("DescribeSessions", async { Ok(join_all(reads).await) })
            .await?;
        let mut calls = 0;
        let mut gone = None;
        for result in results {
            match result {
                Ok(pages) => calls += pages,
                Err(error) if error.is_not_found() => gone = Some(error),
                Err(error) => return Err(error),
            }
        }
        if let Some(error) = gone {
            return Err(error);
        }
        let fold = fold.into_inner().expect("adding a session does not panic");
        Ok(Listed {
            value: fold.finish(),
            calls,
        })
    }
}

/// What has been done so far in one refresh.
struct Progress<'m> {
    memory: &'m Mutex<AppStream>,
    plan: Plan,
    fleets: Work,
    stacks: Work,
    sessions: Work,
    /// What was asked for its associations, with the failures among them.
    anchors: BTreeSet<Anchor>,
    unlisted: Vec<(Anchor, Failure)>,
    /// What was asked for its sessions.
    pairs: BTreeSet<Association>,
}

impl<'m> Progress<'m> {
    fn new(memory: &'m Mutex<AppStream>, plan: Plan) -> Self {
        Self {
            memory,
            plan,
            fleets: Work::default(),
            stacks: Work::default(),
            sessions: Work::default(),
            anchors: BTreeSet::new(),
            unlisted: Vec::new(),
            pairs: BTreeSet::new(),
        }
    }

    fn describes(&self) -> impl Iterator<Item = (Turn, Describe)> + use<> {
        let fleets = self.plan.lists_fleets().then_some(Describe::Fleets);
        let stacks = self.plan.lists_stacks().then_some(Describe::Stacks);
        fleets
            .into_iter()
            .chain(stacks)
            .map(|job| (Turn::default(), job))
    }

    /// Takes in fleets or stacks, and says whether they could be read.
    fn described(&mut self, done: Done<Describe, Described>, age: Age) -> bool {
        let Done {
            result,
            begun,
            ended,
            ..
        } = done;
        let is_good = jobs::Outcome::is_good(&result);
        let mut memory = lock(self.memory);
        let (work, error) = match result {
            Described::Fleets(result) => (&mut self.fleets, memory.fleets.settle(result, ended)),
            Described::Stacks(result) => (&mut self.stacks, memory.stacks.settle(result, ended)),
        };
        work.add(begun, ended, error.map(Failure::whole));
        memory.remember_account(age);
        is_good
    }

    fn knows_something(&self, age: Age) -> bool {
        !lock(self.memory).is_unknown(age)
    }

    /// What is to be asked for associations and was not yet.
    fn anchors(&mut self, age: Age) -> Vec<(Turn, Anchor)> {
        if !self.plan.lists_associations() {
            return Vec::new();
        }
        let mut memory = lock(self.memory);
        let mut new = memory.anchors(age);
        new.retain(|anchor| self.anchors.insert(anchor.clone()));
        memory.keep_lists(&self.anchors, age);
        let turn = |anchor: &Anchor| memory.lists.get(anchor).map(Held::turn).unwrap_or_default();
        new.into_iter()
            .map(|anchor| (turn(&anchor), anchor))
            .collect()
    }

    /// Takes in a list, and says which pairs in it are to be asked for sessions.
    fn listed(&mut self, done: Done<Anchor, List>, age: Age) -> Vec<(Turn, Association)> {
        let Done {
            job: anchor,
            result,
            begun,
            ended,
        } = done;
        let mut memory = lock(self.memory);
        let held = memory.lists.entry(anchor.clone()).or_default();
        let failure = held
            .settle(result, ended)
            .map(|error| Failure::part(anchor.to_string(), error));
        // A list that failed leaves the pairs of the one before it.
        let pairs = held.current(age).cloned().unwrap_or_default();
        drop(memory);
        self.stacks.add(begun, ended, failure.clone());
        self.unlisted
            .extend(failure.map(|failure| (anchor, failure)));
        self.new_pairs(pairs.iter().cloned())
    }

    /// Pairs that are known by now, from whatever list, and were not asked yet.
    fn known_pairs(&mut self, age: Age) -> Vec<(Turn, Association)> {
        let pairs = lock(self.memory).pairs(age);
        self.new_pairs(pairs)
    }

    fn new_pairs(
        &mut self,
        pairs: impl IntoIterator<Item = Association>,
    ) -> Vec<(Turn, Association)> {
        if !self.plan.has(Collector::AppstreamSessions) {
            return Vec::new();
        }
        let memory = lock(self.memory);
        let turn = |pair: &Association| {
            memory
                .sessions
                .get(pair)
                .map(Held::turn)
                .unwrap_or_default()
        };
        let new = pairs
            .into_iter()
            .filter(|pair| self.pairs.insert(pair.clone()));
        new.map(|pair| (turn(&pair), pair)).collect()
    }

    fn counted(&mut self, done: Done<Association, Tally>) {
        let Done {
            job: pair,
            result,
            begun,
            ended,
        } = done;
        let subject = format!(
            "fleet {:?} stack {:?}",
            pair.fleet.as_str(),
            pair.stack.as_str()
        );
        let error = lock(self.memory)
            .sessions
            .entry(pair)
            .or_default()
            .settle_or_forget(result, ended);
        self.sessions.add(
            begun,
            ended,
            error.map(|error| Failure::part(subject, error)),
        );
    }

    /// Forgets what is gone, and says how each collector did.
    fn conclude(mut self, age: Age) -> Vec<Outcome> {
        let mut memory = lock(self.memory);
        memory.keep_lists(&self.anchors, age);
        memory.keep_sessions(age);
        let mut all = self.stacks.failures.iter().chain(&self.sessions.failures);
        memory.ran_out_of_time = all.any(|failure| failure.for_want_of_time);
        if self.plan.has(Collector::AppstreamSessions) {
            // Sessions that could not be asked for, because nothing says which there are.
            let unread = self
                .unlisted
                .into_iter()
                .filter(|(anchor, _)| !memory.is_listed(anchor, age));
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
        if !self.plan.has(Collector::AppstreamStacks) {
            self.sessions.failures.append(&mut self.stacks.failures);
        }
        if !self.plan.has(Collector::AppstreamFleets) {
            self.sessions.failures.append(&mut self.fleets.failures);
        }
        vec![
            self.fleets.into_outcome(Collector::AppstreamFleets),
            self.stacks.into_outcome(Collector::AppstreamStacks),
            self.sessions.into_outcome(Collector::AppstreamSessions),
        ]
    }
}
