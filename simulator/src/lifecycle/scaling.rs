//! How scheduled actions change the limits of capacity, and how capacity keeps within them.

use super::fleet::{instances_for, sessions_per_instance};
use crate::fleet::count;
use crate::scaling::{ScalableTarget, Scaled, ScalingActivity};
use crate::schedule::Schedule;
use crate::world::Region;

/// Performs the actions that are due. Returns when the next is.
pub(super) fn settle(region: &mut Region, now: f64) -> Option<f64> {
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
    let due_at = due.reduce(f64::min);
    let targets: Vec<ScalableTarget> = scaling.targets.clone();
    for target in targets.iter().filter(|target| target.is_live) {
        keep_within(region, target, now);
    }
    due_at
}

fn is_suspended(target: &ScalableTarget) -> bool {
    let suspended = target.suspended.and_then(|[_, _, scheduled]| scheduled);
    suspended == Some(true)
}

fn keep_within(region: &mut Region, target: &ScalableTarget, now: f64) {
    let id = target.of.resource_id.as_deref().unwrap_or_default();
    let (min, max) = (target.min.unwrap_or(0), target.max.unwrap_or(i32::MAX));
    if let Some(name) = id.strip_prefix("fleet/") {
        let fleet = region.fleets().get(name);
        // A fleet that is not running is scaled once it runs.
        if fleet.and_then(|fleet| fleet.state.as_deref()) != Some("RUNNING") {
            return;
        }
        region.manage_fleet(name, now);
        let Some(fleet) = region.fleet_mut(name) else {
            return;
        };
        // The limits of a multi-session fleet count sessions.
        let per_instance = sessions_per_instance(fleet);
        let (min, max) = (instances_for(min, per_instance), max / per_instance);
        let supply = fleet.supply.as_mut();
        if supply.is_some_and(|supply| supply.keep_within(min, max)) {
            record(region, &target.of, now);
        }
    } else if let Some(pool_id) = id.strip_prefix("workspacespool/") {
        let pool = region.pools().get(pool_id);
        if pool.and_then(|pool| pool.state.as_deref()) != Some("RUNNING") {
            return;
        }
        region.manage_pool(pool_id, now);
        let pool = region.pool_mut(pool_id);
        let supply = pool.and_then(|pool| pool.supply.as_mut());
        if supply.is_some_and(|supply| supply.keep_within(min, max)) {
            record(region, &target.of, now);
        }
    }
}

/// Activities are listed for six weeks in AWS; here the newest are kept.
fn record(region: &mut Region, of: &Scaled, now: f64) {
    const MOST_ACTIVITIES: i32 = 1_000;
    let activities = &mut region.scaling_mut().activities;
    if count(activities.len()) >= MOST_ACTIVITIES {
        activities.remove(0);
    }
    activities.push(ScalingActivity::new(of.clone(), now));
}
