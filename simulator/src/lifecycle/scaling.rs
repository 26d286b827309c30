//! Scheduled actions change the capacity limits, and capacity stays within them.

use super::fleet::{instances_for, sessions_per_instance};
use crate::resource::fleet::count;
use crate::resource::scaling::{ScalableTarget, Scaled, ScalingActivity};
use crate::schedule::Schedule;
use crate::world::Region;

/// Performs the actions that are due. Returns when the next is.
pub(super) fn perform_due(region: &mut Region, now: f64) -> Option<f64> {
    let scaling = region.scaling_mut();
    for action in &mut scaling.actions {
        if action.due_at.is_none_or(|at| at > now) {
            continue;
        }
        let schedule = action.schedule.as_deref().and_then(Schedule::parse);
        action.due_at = schedule.and_then(|schedule| schedule.next(now));
        let (_, end) = action.between;
        action.due_at = action.due_at.filter(|at| end.is_none_or(|end| *at <= end));
        let target = scaling
            .targets
            .iter_mut()
            .find(|target| target.of == action.of);
        if let (Some(target), Some((min, max))) = (target, action.limits)
            && !is_suspended(target)
        {
            target.min = min.or(target.min);
            target.max = max.or(target.max);
            // Registering keeps the limits in order, and so must an action that moves one of them.
            if min.is_some() && max.is_none() {
                target.max = target.max.max(target.min);
            } else {
                target.min = target.min.min(target.max);
            }
        }
    }
    let due = scaling.actions.iter().filter_map(|action| action.due_at);
    due.reduce(f64::min)
}

/// Brings the capacity of everything that runs within its limits.
pub(super) fn keep_within_limits(region: &mut Region, now: f64) {
    let targets = region.scaling().targets.iter();
    let live = targets.filter(|target| target.is_live);
    let outside =
        live.filter_map(|target| Some((target.of.clone(), capacity_within(region, target)?)));
    let outside: Vec<(Scaled, i32)> = outside.collect();
    for (of, capacity) in outside {
        set_capacity(region, &of, capacity, now);
        record(region, of, now);
    }
}

fn is_suspended(target: &ScalableTarget) -> bool {
    let suspended = target.suspended.and_then(|[_, _, scheduled]| scheduled);
    suspended == Some(true)
}

/// The capacity nearest to the present one that is within the limits; `None` if the present one is. A fleet or pool that
/// does not run is scaled once it runs.
fn capacity_within(region: &Region, target: &ScalableTarget) -> Option<i32> {
    let (min, max) = (target.min.unwrap_or(0), target.max.unwrap_or(i32::MAX));
    let (state, supply, shown, (min, max)) = match scaled_resource(&target.of)? {
        Resource::Fleet(name) => {
            let fleet = region.fleets().get(name)?;
            let shown = fleet.capacity.and_then(|capacity| capacity.desired);
            // The limits of a multi-session fleet count sessions.
            let per_instance = sessions_per_instance(fleet);
            let limits = (instances_for(min, per_instance), max / per_instance);
            (&fleet.state, &fleet.supply, shown, limits)
        }
        Resource::Pool(id) => {
            let pool = region.pools().get(id)?;
            let shown = pool
                .capacity
                .and_then(|capacity| capacity.desired_user_sessions);
            (&pool.state, &pool.supply, shown, (min, max))
        }
    };
    let present = supply.as_ref().map(|supply| supply.target).or(shown)?;
    let within = present.min(max).max(min);
    (state.as_deref() == Some("RUNNING") && within != present).then_some(within)
}

fn set_capacity(region: &mut Region, of: &Scaled, capacity: i32, now: f64) {
    let supply = match scaled_resource(of) {
        Some(Resource::Fleet(name)) => {
            region.manage_fleet(name, now);
            region
                .fleet_mut(name)
                .and_then(|fleet| fleet.supply.as_mut())
        }
        Some(Resource::Pool(id)) => {
            region.manage_pool(id, now);
            region.pool_mut(id).and_then(|pool| pool.supply.as_mut())
        }
        None => None,
    };
    if let Some(supply) = supply {
        supply.target = capacity;
    }
}

/// The fleet or pool that is scaled.
enum Resource<'a> {
    Fleet(&'a str),
    Pool(&'a str),
}

fn scaled_resource(of: &Scaled) -> Option<Resource<'_>> {
    let id = of.resource_id.as_deref()?;
    let fleet = id.strip_prefix("fleet/").map(Resource::Fleet);
    fleet.or_else(|| id.strip_prefix("workspacespool/").map(Resource::Pool))
}

/// Activities are listed for six weeks in AWS; here the newest are kept.
fn record(region: &mut Region, of: Scaled, now: f64) {
    const MOST_ACTIVITIES: i32 = 1_000;
    let activities = &mut region.scaling_mut().activities;
    if count(activities.len()) >= MOST_ACTIVITIES {
        activities.remove(0);
    }
    activities.push(ScalingActivity::new(of, now));
}
