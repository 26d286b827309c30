//! Samples of the scaling of fleets and pools: Application Auto Scaling.

use super::{ExtraLabels, Sink, each_snapshot};
use crate::catalog::{self, Family};
use crate::model::{SUSPENDABLE, ScalingLists, ScheduledAction, TargetRegion};

/// The families of one kind of resource.
struct Families {
    min: &'static Family,
    max: &'static Family,
    suspended: &'static Family,
    policies: &'static Family,
    action_info: &'static Family,
    action_min: &'static Family,
    action_max: &'static Family,
    last_activity: &'static Family,
    last_not_scaled: &'static Family,
}

static FLEETS: Families = Families {
    min: &catalog::FLEET_SCALING_MIN,
    max: &catalog::FLEET_SCALING_MAX,
    suspended: &catalog::FLEET_SCALING_SUSPENDED,
    policies: &catalog::FLEET_SCALING_POLICIES,
    action_info: &catalog::FLEET_SCHEDULED_ACTION_INFO,
    action_min: &catalog::FLEET_SCHEDULED_ACTION_MIN,
    action_max: &catalog::FLEET_SCHEDULED_ACTION_MAX,
    last_activity: &catalog::FLEET_SCALING_LAST_ACTIVITY,
    last_not_scaled: &catalog::FLEET_SCALING_LAST_NOT_SCALED,
};

static POOLS: Families = Families {
    min: &catalog::POOL_SCALING_MIN,
    max: &catalog::POOL_SCALING_MAX,
    suspended: &catalog::POOL_SCALING_SUSPENDED,
    policies: &catalog::POOL_SCALING_POLICIES,
    action_info: &catalog::POOL_SCHEDULED_ACTION_INFO,
    action_min: &catalog::POOL_SCHEDULED_ACTION_MIN,
    action_max: &catalog::POOL_SCHEDULED_ACTION_MAX,
    last_activity: &catalog::POOL_SCALING_LAST_ACTIVITY,
    last_not_scaled: &catalog::POOL_SCALING_LAST_NOT_SCALED,
};

/// A family with one number for each scheduled action that has it.
type Limit = (&'static Family, fn(&ScheduledAction) -> Option<i32>);

/// A fleet or pool: its key in the lists, and its labels.
type Resource<'a> = (&'a str, &'a [&'a str], &'a ScalingLists);

/// Is shown every fleet or pool.
type Visit<'v> = &'v mut dyn FnMut(Resource<'_>, ExtraLabels<'_>);

/// Fills the families of [`catalog::FLEET_SCALING`].
pub(super) fn collect_fleets(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    collect(&FLEETS, &|visit| each_fleet(target_regions, visit), sink);
}

/// Fills the families of [`catalog::POOL_SCALING`].
pub(super) fn collect_pools(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    collect(&POOLS, &|visit| each_pool(target_regions, visit), sink);
}

fn collect(families: &'static Families, each: &dyn Fn(Visit<'_>), sink: &mut dyn Sink) {
    targets(families, each, sink);
    each(&mut |(id, labels, lists), extra| {
        for (kind, count) in lists.policies.get(id).into_iter().flatten() {
            let labels = [labels, &[&**kind]].concat();
            sink.sample(families.policies, &labels, extra, f64::from(*count));
        }
    });
    actions(families, each, sink);
    each(&mut |(id, labels, lists), extra| {
        let last = lists.activities.get(id).into_iter();
        for (status, moment) in last.flat_map(|last| &last.by_status) {
            let labels = [labels, &[&**status]].concat();
            sink.sample(families.last_activity, &labels, extra, *moment);
        }
    });
    each(&mut |(id, labels, lists), extra| {
        let last = lists.activities.get(id).into_iter();
        for (reason, moment) in last.flat_map(|last| &last.by_reason) {
            let labels = [labels, &[&**reason]].concat();
            sink.sample(families.last_not_scaled, &labels, extra, *moment);
        }
    });
}

/// `DescribeScalableTargets`.
fn targets(families: &'static Families, each: &dyn Fn(Visit<'_>), sink: &mut dyn Sink) {
    each(&mut |(id, labels, lists), extra| {
        let target = lists.targets.get(id);
        if let Some(min) = target.and_then(|target| target.min_capacity) {
            sink.sample(families.min, labels, extra, f64::from(min));
        }
    });
    each(&mut |(id, labels, lists), extra| {
        let target = lists.targets.get(id);
        if let Some(max) = target.and_then(|target| target.max_capacity) {
            sink.sample(families.max, labels, extra, f64::from(max));
        }
    });
    each(&mut |(id, labels, lists), extra| {
        let target = lists.targets.get(id).into_iter();
        let suspended = target.flat_map(|target| target.suspended);
        for (activity, is_suspended) in SUSPENDABLE.iter().zip(suspended) {
            if let Some(is_suspended) = is_suspended {
                let labels = [labels, &[activity]].concat();
                let value = f64::from(u8::from(is_suspended));
                sink.sample(families.suspended, &labels, extra, value);
            }
        }
    });
}

/// `DescribeScheduledActions`.
fn actions(families: &'static Families, each: &dyn Fn(Visit<'_>), sink: &mut dyn Sink) {
    each(&mut |(id, labels, lists), extra| {
        for action in lists.actions.get(id).into_iter().flatten() {
            let schedule = action.schedule.as_deref().unwrap_or_default();
            let timezone = action.timezone.as_deref().unwrap_or_default();
            let labels = [labels, &[&*action.name, schedule, timezone]].concat();
            sink.sample(families.action_info, &labels, extra, 1.0);
        }
    });
    let limits: [Limit; 2] = [
        (families.action_min, |action| action.min_capacity),
        (families.action_max, |action| action.max_capacity),
    ];
    for (family, limit) in limits {
        each(&mut |(id, labels, lists), extra| {
            for action in lists.actions.get(id).into_iter().flatten() {
                if let Some(limit) = limit(action) {
                    let labels = [labels, &[&*action.name]].concat();
                    sink.sample(family, &labels, extra, f64::from(limit));
                }
            }
        });
    }
}

/// Every fleet that is known, with the labels of [`catalog::Scope::Fleet`].
fn each_fleet(target_regions: &[TargetRegion], visit: Visit<'_>) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        for fleet in &snapshot.fleet_scaling.fleets {
            let account = snapshot.account_of_fleet(fleet);
            let labels = [account, &*snapshot.region, fleet.as_str()];
            visit(
                (fleet.as_str(), &labels, &snapshot.fleet_scaling.lists),
                extra,
            );
        }
    });
}

/// Every pool that is known, with the labels of [`catalog::Scope::Pool`].
fn each_pool(target_regions: &[TargetRegion], visit: Visit<'_>) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        for (id, name) in &snapshot.pool_scaling.pools {
            let pool = snapshot.pools.get(id);
            let account = snapshot.account_of(pool.and_then(|pool| pool.account_id.as_ref()));
            let labels = [account, &*snapshot.region, id.as_str(), name];
            visit((id.as_str(), &labels, &snapshot.pool_scaling.lists), extra);
        }
    });
}
