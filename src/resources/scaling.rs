//! Scaling of fleets and pools, from Application Auto Scaling: each list is of a namespace.
//!
//! Targets are read on every refresh; scheduled actions, policies and activities once in
//! `scaling.interval`.

use super::entry::Cadence;
use super::known::Known;
use super::read::{self, Read, Resource, Visit};
use super::refresh::View;
use crate::aws::TARGETS_PER_REQUEST;
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
    |known, view, visit| {
        let (table, cadence) = (&known.scaling.targets, Cadence::EveryRefresh);
        let read = |n: &_| Read::ScalingTargets(*n, few_selected(known, view, *n));
        read::each_of(table, cadence, read, visit);
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

/// The selected fleets or pools, if the filters exclude others and one request can name the
/// selected ones. `None` means to read the whole namespace.
fn few_selected(known: &Known, view: View<'_>, namespace: ScalingNamespace) -> Option<Vec<String>> {
    let (listed, selected): (usize, Vec<String>) = match namespace {
        ScalingNamespace::Appstream => {
            let selected = known.selected_fleets(view);
            let names = selected.map(|fleet| fleet.name.as_str().to_owned());
            (known.fleets.listed().count(), names.collect())
        }
        ScalingNamespace::Workspaces => {
            let selected = known.selected_pools(view);
            let ids = selected.map(|pool| pool.id.as_str().to_owned());
            (known.pools.listed().count(), ids.collect())
        }
    };
    let are_few = selected.len() < listed && selected.len() <= TARGETS_PER_REQUEST;
    Some(selected).filter(|_| are_few)
}

fn cadence(view: View<'_>) -> Cadence {
    Cadence::every(view.settings.scaling_interval, view.settings.interval)
}

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    if known.fleets.current(view).is_some() {
        let fleets = known.selected_fleets(view).map(|fleet| fleet.name.clone());
        snapshot.fleet_scaling.fleets = fleets.collect();
        snapshot.fleet_scaling.lists = known.scaling.current(ScalingNamespace::Appstream, view);
    }
    if known.pools.current(view).is_some() {
        let pools = known.selected_pools(view);
        let pools = pools.map(|pool| (pool.id.clone(), pool.name.clone()));
        snapshot.pool_scaling.pools = pools.collect();
        snapshot.pool_scaling.lists = known.scaling.current(ScalingNamespace::Workspaces, view);
    }
}
