//! Scaling of fleets and pools, from Application Auto Scaling: each list is of a namespace.
//!
//! Targets are read in every refresh; scheduled actions, policies and activities once in
//! `scaling.interval`.

use std::sync::Arc;

use tokio::time::Instant;

use super::entry::{Attempt, Cadence, Entry, Table};
use super::known::Known;
use super::read::{self, Read, Resource, Visit};
use super::round::View;
use crate::model::{
    ByResource, Collector, LastActivities, PolicyCounts, ScalingLists, ScalingNamespace,
    ScalingTarget, ScheduledAction, Service, Snapshot,
};

/// Lists by namespace.
type Lists<T> = Table<ScalingNamespace, ByResource<T>>;

/// What is known of the scaling of all namespaces.
#[derive(Debug, Default)]
pub(super) struct Scaling {
    pub(super) targets: Lists<ScalingTarget>,
    pub(super) actions: Lists<Vec<ScheduledAction>>,
    pub(super) policies: Lists<PolicyCounts>,
    pub(super) activities: Lists<LastActivities>,
}

impl Scaling {
    /// Makes entries for the namespaces in which something may be shown. AWS deletes actions and
    /// policies with their target, but lists its activities for six weeks.
    pub(super) fn keep(&mut self, has_fleet: bool, has_pool: bool, now: Instant) {
        let namespaces = [
            has_fleet.then_some(ScalingNamespace::Appstream),
            has_pool.then_some(ScalingNamespace::Workspaces),
        ];
        let namespaces = namespaces.into_iter().flatten();
        self.targets.keep(namespaces.clone(), now);
        self.activities.keep(namespaces.clone(), now);
        let targets = |namespace: &_| self.targets.0.get(namespace).and_then(Entry::last_good);
        let has_target = |namespace: &_| targets(namespace).is_none_or(|list| !list.is_empty());
        let with_targets: Vec<_> = namespaces.filter(has_target).collect();
        self.actions.keep(with_targets.iter().copied(), now);
        self.policies.keep(with_targets, now);
    }

    fn current(&self, namespace: ScalingNamespace, view: View<'_>) -> ScalingLists {
        fn list<T>(
            lists: &Lists<T>,
            namespace: ScalingNamespace,
            view: View<'_>,
        ) -> Arc<ByResource<T>> {
            let list = lists.current(&namespace, view);
            list.map_or_else(Arc::default, Arc::clone)
        }
        ScalingLists {
            targets: list(&self.targets, namespace, view),
            actions: list(&self.actions, namespace, view),
            policies: list(&self.policies, namespace, view),
            activities: list(&self.activities, namespace, view),
        }
    }
}

const fn resource(
    operation: &'static str,
    reads: fn(&Known, View<'_>, Visit<'_>),
    show: fn(&Known, View<'_>, &mut Snapshot),
) -> Resource {
    Resource {
        service: Service::ApplicationAutoscaling,
        operation,
        collectors: &[Collector::Scaling],
        needed_by: &[],
        reads,
        show,
    }
}

pub(super) const TARGETS: Resource = resource(
    "DescribeScalableTargets",
    |known, _, visit| {
        let (table, cadence) = (&known.scaling.targets, Cadence::EveryRefresh);
        read::each_of(&TARGETS, table, cadence, |n| Read::ScalingTargets(*n), visit);
    },
    show,
);

pub(super) const ACTIONS: Resource = resource(
    "DescribeScheduledActions",
    |known, view, visit| {
        let (table, cadence) = (&known.scaling.actions, cadence(view));
        read::each_of(&ACTIONS, table, cadence, |n| Read::ScheduledActions(*n), visit);
    },
    |_, _, _| {},
);

pub(super) const POLICIES: Resource = resource(
    "DescribeScalingPolicies",
    |known, view, visit| {
        let (table, cadence) = (&known.scaling.policies, cadence(view));
        read::each_of(&POLICIES, table, cadence, |n| Read::ScalingPolicies(*n), visit);
    },
    |_, _, _| {},
);

pub(super) const ACTIVITIES: Resource = resource(
    "DescribeScalingActivities",
    |known, view, visit| {
        let (table, cadence) = (&known.scaling.activities, cadence(view));
        read::each_of(&ACTIVITIES, table, cadence, |n| Read::ScalingActivities(*n), visit);
    },
    |_, _, _| {},
);

fn cadence(view: View<'_>) -> Cadence {
    Cadence::every(view.settings.scaling_interval, view.settings.interval)
}

pub(super) fn apply_targets(
    known: &mut Known,
    namespace: ScalingNamespace,
    attempt: Attempt<ByResource<ScalingTarget>>,
    view: View<'_>,
) -> bool {
    record(&mut known.scaling.targets, namespace, attempt, view);
    // Without targets there is nothing else to read.
    known.reconcile(view);
    true
}

pub(super) fn apply_actions(
    known: &mut Known,
    namespace: ScalingNamespace,
    attempt: Attempt<ByResource<Vec<ScheduledAction>>>,
    view: View<'_>,
) -> bool {
    record(&mut known.scaling.actions, namespace, attempt, view)
}

pub(super) fn apply_policies(
    known: &mut Known,
    namespace: ScalingNamespace,
    attempt: Attempt<ByResource<PolicyCounts>>,
    view: View<'_>,
) -> bool {
    record(&mut known.scaling.policies, namespace, attempt, view)
}

pub(super) fn apply_activities(
    known: &mut Known,
    namespace: ScalingNamespace,
    attempt: Attempt<ByResource<LastActivities>>,
    view: View<'_>,
) -> bool {
    record(&mut known.scaling.activities, namespace, attempt, view)
}

/// Takes in a list of a namespace. No other read is due by that.
fn record<T>(
    lists: &mut Lists<T>,
    namespace: ScalingNamespace,
    attempt: Attempt<ByResource<T>>,
    view: View<'_>,
) -> bool {
    if let Some(entry) = lists.0.get_mut(&namespace) {
        entry.record_list(attempt, view);
    }
    false
}

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    let fleets = known.selected_fleets(view).map(|fleet| fleet.name.clone());
    snapshot.fleet_scaling.fleets = fleets.collect();
    snapshot.fleet_scaling.lists = known.scaling.current(ScalingNamespace::Appstream, view);
    let pools = known.selected_pools(view);
    let pools = pools.map(|pool| (pool.id.clone(), pool.name.clone()));
    snapshot.pool_scaling.pools = pools.collect();
    snapshot.pool_scaling.lists = known.scaling.current(ScalingNamespace::Workspaces, view);
}
