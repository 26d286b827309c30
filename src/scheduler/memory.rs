//! All that is known of one region of one target, and how to show it.

mod appstream;
mod workspaces;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::Instant;

use super::Settings;
use super::held::{Age, Held};
use super::outcome::{self, Health, Outcome};
use super::plan::Plan;
use crate::model::{Collector, Service, ServiceCalls, Snapshot};

pub(super) use appstream::{Anchor, AppStream};
pub(super) use workspaces::Workspaces;

/// What is known of one region of one target.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) target: Arc<str>,
    pub(super) region: Arc<str>,
    pub(super) appstream: AppStream,
    pub(super) workspaces: Workspaces,
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
        let appstream = self.appstream.next_expiry(age);
        appstream
            .into_iter()
            .chain(self.workspaces.next_expiry(age))
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

/// What a list shows, which is nothing while it is unknown or its collector is off.
fn shown<T: Default>(held: &Held<T>, age: Age, on: bool) -> Arc<T> {
    held.current(age)
        .filter(|_| on)
        .cloned()
        .unwrap_or_default()
}
