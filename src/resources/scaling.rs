//! Scaling of fleets and pools, from Application Auto Scaling: each list is of a namespace.
//!
//! Targets are read on every refresh; scheduled actions, policies and activities once in
//! `scaling.interval`.

use super::entry::Cadence;
use super::known::Known;
use super::read::{self, Read, Resource, Visit};
use super::refresh::View;
use crate::model::{Collector, ScalingNamespace, Service, Snapshot};

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
        read::each_of(table, cadence, |n| Read::ScalingTargets(*n), visit);
    },
    show,
);

pub(super) const ACTIONS: Resource = resource(
    "DescribeScheduledActions",
    |known, view, visit| {
        let (table, cadence) = (&known.scaling.actions, cadence(view));
        read::each_of(table, cadence, |n| Read::ScheduledActions(*n), visit);
    },
    |_, _, _| {},
);

pub(super) const POLICIES: Resource = resource(
    "DescribeScalingPolicies",
    |known, view, visit| {
        let (table, cadence) = (&known.scaling.policies, cadence(view));
        read::each_of(table, cadence, |n| Read::ScalingPolicies(*n), visit);
    },
    |_, _, _| {},
);

pub(super) const ACTIVITIES: Resource = resource(
    "DescribeScalingActivities",
    |known, view, visit| {
        let (table, cadence) = (&known.scaling.activities, cadence(view));
        read::each_of(table, cadence, |n| Read::ScalingActivities(*n), visit);
    },
    |_, _, _| {},
);

fn cadence(view: View<'_>) -> Cadence {
    Cadence::every(view.settings.scaling_interval, view.settings.interval)
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
