//! All that is known of one region of one target, and how to show it.

mod appstream;
mod workspaces;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use tokio::time::Instant;

use super::Settings;
use super::held::{Age, Held};
use super::outcome::{Health, Log, Outcome};
use super::plan::Plan;
use crate::model::{Collector, Service, ServiceCalls, Snapshot};

pub(super) use appstream::{Anchor, AppStream};
pub(super) use workspaces::Workspaces;

/// What is known of one region of one target.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) target: Arc<str>,
    pub(super) region: Arc<str>,
    pub(super) appstream: Mutex<AppStream>,
    pub(super) workspaces: Mutex<Workspaces>,
    health: BTreeMap<Collector, Health>,
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
        }
    }

    /// Takes in how the collectors did in a refresh. `now` is one moment on both clocks.
    pub(super) fn record(&mut self, outcomes: Vec<Outcome>, now: (Instant, SystemTime)) {
        let log = Log {
            target: &self.target,
            region: &self.region,
        };
        if self.health.values().all(|health| health.status().is_none()) {
            log.first_refresh(&outcomes);
        }
        let mut news = Vec::new();
        for outcome in outcomes {
            if let Some(health) = self.health.get_mut(&outcome.collector) {
                news.push((outcome.collector, health.record(&outcome, now)));
            }
        }
        log.news(&news);
    }

    /// When the next of the values that are shown becomes too old.
    pub(super) fn next_expiry(&self, age: Age) -> Option<Instant> {
        let appstream = lock(&self.appstream).next_expiry(age);
        let workspaces = lock(&self.workspaces).next_expiry(age);
        appstream.into_iter().chain(workspaces).min()
    }

    /// What is to be shown at a moment: all that is known and not too old.
    pub(super) fn snapshot(&self, age: Age, settings: &Settings) -> Snapshot {
        let appstream = lock(&self.appstream);
        let workspaces = lock(&self.workspaces);
        let on = |collector| settings.plan.has(collector);
        Snapshot {
            target: Arc::clone(&self.target),
            region: Arc::clone(&self.region),
            authentication_types: Arc::clone(&settings.authentication_types),
            fleets: shown(&appstream.fleets, age, on(Collector::AppstreamFleets)),
            stacks: shown(&appstream.stacks, age, on(Collector::AppstreamStacks)),
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
            calls: calls(&appstream, &workspaces, settings),
        }
    }
}

/// Calls that a whole refresh needs. What was never read counts as one page.
fn calls(appstream: &AppStream, workspaces: &Workspaces, settings: &Settings) -> Vec<ServiceCalls> {
    let needed = |service| match service {
        Service::Appstream => appstream.calls(settings),
        Service::Workspaces => workspaces.calls(),
    };
    let asked = Service::ALL
        .into_iter()
        .filter(|service| settings.plan.asks(*service));
    let calls = |service| ServiceCalls {
        service,
        needed: needed(service),
        budget: settings.budget,
    };
    asked.map(calls).collect()
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
