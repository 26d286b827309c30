//! All that is known of one region of one target, and how to show it.

mod appstream;
mod pair;
mod tags;
mod topology;
mod workspaces;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use tokio::time::Instant;

use super::Settings;
use super::held::{Age, Held};
use super::outcome::{Complaints, Health, Log, Outcome};
use super::plan::Plan;
use super::pressure::{Pressure, Told};
use crate::model::{Collector, Service, ServiceCalls, Snapshot};

pub(super) use appstream::{AppStream, Unread};
pub(super) use pair::TypesRead;
pub(super) use topology::Anchor;
pub(super) use workspaces::Workspaces;

/// What is known of one region of one target.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) target: Arc<str>,
    pub(super) region: Arc<str>,
    pub(super) appstream: Mutex<AppStream>,
    pub(super) workspaces: Mutex<Workspaces>,
    health: BTreeMap<Collector, Health>,
    told: Told,
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
            appstream: Mutex::default(),
            workspaces: Mutex::default(),
            health,
            told: Told::default(),
        }
    }

    /// Keeps what other settings leave true, and has the next refresh read what
    /// they make doubtful.
    pub(super) fn adapt(&mut self, before: &Settings, now: &Settings) {
        let plan = now.plan;
        self.health.retain(|collector, _| plan.has(*collector));
        for collector in plan.collectors() {
            self.health.entry(collector).or_insert_with(Health::new);
        }
        let appstream = self.appstream.get_mut().expect("nobody panicked with it");
        if before.authentication_types != now.authentication_types
            || !plan.has(Collector::AppstreamSessions)
        {
            // Counts over other types are other counts.
            appstream.forget_sessions();
        }
        if before.selection != now.selection {
            appstream.select(&now.selection);
        }
        appstream.leave_off(now);
        let workspaces = self.workspaces.get_mut().expect("nobody panicked with it");
        workspaces.select(&now.selection);
        if !plan.lists_pools() {
            workspaces.pools.neglect();
        }
        if !plan.has(Collector::WorkspacesPoolSessions) {
            workspaces.sessions.clear();
        }
    }

    /// Takes in how the collectors did in a refresh. `now` is one moment on both clocks.
    pub(super) fn record(
        &mut self,
        outcomes: Vec<Outcome>,
        now: (Instant, SystemTime),
        complaints: &Complaints,
    ) {
        let log = Log {
            target: &self.target,
            region: &self.region,
        };
        if self.health.values().all(|health| health.status().is_none()) {
            log.first_refresh(&outcomes);
        }
        // A cause that was told of one collector is no news when it reaches another.
        let told: BTreeSet<String> = self
            .health
            .values()
            .flat_map(|health| health.told().cloned())
            .collect();
        let mut news = Vec::new();
        for outcome in outcomes {
            if let Some(health) = self.health.get_mut(&outcome.collector) {
                news.push((outcome.collector, health.record(&outcome, now, &told)));
            }
        }
        complaints.settle(&mut news);
        log.news(&news);
    }

    /// Whether a refresh needs so many calls that most of them wait for the rate limit.
    pub(super) fn is_rate_bound(&self, settings: &Settings, budget: Budget<'_>) -> bool {
        let calls = calls(
            &lock(&self.appstream),
            &lock(&self.workspaces),
            settings,
            budget,
        );
        calls
            .iter()
            .any(|calls| u64::from(calls.needed) > calls.budget / 2)
    }

    /// Says where the filters leave nothing of what there is: that looks like an
    /// empty account, and may be a slip in an expression.
    pub(super) fn tell_leavings(&self) {
        let log = Log {
            target: &self.target,
            region: &self.region,
        };
        for (kind, listed) in lock(&self.appstream).leavings.news() {
            log.nothing_left(kind, listed);
        }
        for (kind, listed) in lock(&self.workspaces).leavings.news() {
            log.nothing_left(kind, listed);
        }
    }

    /// Says whether refreshes fit into what AWS allows, where that has changed.
    pub(super) fn tell_pressure(
        &mut self,
        settings: &Settings,
        requests_per_second: &dyn Fn(Service) -> f64,
    ) {
        let log = Log {
            target: &self.target,
            region: &self.region,
        };
        let appstream = lock(&self.appstream);
        let workspaces = lock(&self.workspaces);
        for service in settings.plan.services() {
            let (ran_out_of_time, was_complete, unread, calls) = match service {
                Service::Appstream => (
                    appstream.ran_out_of_time,
                    appstream.was_complete,
                    appstream.unread(),
                    [
                        appstream.calls(settings, Unread::Everything),
                        appstream.calls(settings, Unread::OneType),
                        appstream.most_calls(settings),
                    ],
                ),
                Service::Workspaces => {
                    let calls = workspaces.calls();
                    (
                        workspaces.ran_out_of_time,
                        workspaces.was_complete,
                        workspaces.unread(),
                        [calls; 3],
                    )
                }
            };
            let [needed, least, most] = calls;
            let mut failing = self
                .health
                .iter()
                .filter(|(collector, _)| collector.service() == service);
            let is_explained = failing.any(|(_, health)| health.told().next().is_some());
            let pressure = Pressure {
                service,
                ran_out_of_time,
                is_explained,
                was_complete,
                unread,
                needed,
                least,
                most,
                requests_per_second: requests_per_second(service),
            };
            self.told.tell(&pressure, settings, log);
        }
    }

    /// Parts of a service that were never read, and whether the last refresh had
    /// no time for everything.
    pub(super) fn shortage(&self, service: Service) -> (usize, bool) {
        match service {
            Service::Appstream => {
                let appstream = lock(&self.appstream);
                (appstream.unread(), appstream.ran_out_of_time)
            }
            Service::Workspaces => {
                let workspaces = lock(&self.workspaces);
                (workspaces.unread(), workspaces.ran_out_of_time)
            }
        }
    }

    /// When the next of the values that are shown becomes too old.
    pub(super) fn next_expiry(&self, age: Age) -> Option<Instant> {
        let appstream = lock(&self.appstream).next_expiry(age);
        let workspaces = lock(&self.workspaces).next_expiry(age);
        appstream.into_iter().chain(workspaces).min()
    }

    /// What is to be shown at a moment: all that is known and not too old.
    pub(super) fn snapshot(&self, age: Age, settings: &Settings, budget: Budget<'_>) -> Snapshot {
        let appstream = lock(&self.appstream);
        let workspaces = lock(&self.workspaces);
        let on = |collector| settings.plan.has(collector);
        Snapshot {
            target: Arc::clone(&self.target),
            region: Arc::clone(&self.region),
            authentication_types: Arc::clone(&settings.authentication_types),
            fleets: shown(&appstream.fleets, age, on(Collector::AppstreamFleets)),
            fleet_tags: if on(Collector::AppstreamFleets) {
                appstream.fleet_tags(age)
            } else {
                Vec::new()
            },
            stacks: shown(
                appstream.topology.stacks(),
                age,
                on(Collector::AppstreamStacks),
            ),
            associations: if on(Collector::AppstreamStacks) {
                appstream.associations(age)
            } else {
                Vec::new()
            },
            sessions: appstream.pair_sessions(age),
            fleet_instances: if on(Collector::AppstreamSessions) {
                appstream.instances(age)
            } else {
                Vec::new()
            },
            pools: shown(&workspaces.pools, age, on(Collector::WorkspacesPools)),
            pool_sessions: workspaces.pool_sessions(age),
            collectors: self
                .health
                .values()
                .filter_map(Health::status)
                .cloned()
                .collect(),
            calls: calls(&appstream, &workspaces, settings, budget),
            requests: Vec::new(),
            is_refused: false,
        }
    }
}

/// Calls that the rate limit allows within the refresh timeout.
pub(super) type Budget<'a> = &'a dyn Fn(Service) -> u64;

/// Calls that a refresh needs, and how many it may make.
fn calls(
    appstream: &AppStream,
    workspaces: &Workspaces,
    settings: &Settings,
    budget: Budget<'_>,
) -> Vec<ServiceCalls> {
    let needed = |service| match service {
        Service::Appstream => appstream.calls(settings, Unread::Everything),
        Service::Workspaces => workspaces.calls(),
    };
    let calls = |service| ServiceCalls {
        service,
        needed: needed(service),
        budget: budget(service),
    };
    settings.plan.services().map(calls).collect()
}

/// What a list shows, which is nothing while it is unknown or its collector is off.
fn shown<T: Default>(held: &Held<T>, age: Age, on: bool) -> Arc<T> {
    held.current(age)
        .filter(|_| on)
        .cloned()
        .unwrap_or_default()
}

/// A half of the memory, which is read for a snapshot while a refresh writes it.
pub(super) fn lock<T>(half: &Mutex<T>) -> MutexGuard<'_, T> {
    half.lock()
        .expect("no code panics while it holds this lock")
}
