//! Scaling and quotas of worlds that are drawn at random.

use std::collections::BTreeMap;

use appstream_simulator::{
    Fleet, Quota, Region, ScalableTarget, Scaled, ScalingActivity, ScalingPolicy, ScheduledAction,
};

use super::{Draw, Sheet};

/// Quotas with what they count.
const QUOTAS: [(&str, &str); 9] = [
    ("L-8A6F32DC", "Fleets"),
    ("L-3FEADC0C", "Active fleets"),
    ("L-A8B8B901", "Stacks"),
    ("L-1", "Standard small streaming instances for fleets"),
    ("L-2", "Graphics G4DN xlarge streaming instances for fleets"),
    (
        "L-3",
        "Compute-optimized large streaming instances for fleets",
    ),
    ("L-6A8C9986", "Users in the user pool"),
    ("L-4", "Concurrent image updates"),
    ("L-5", "Something \"new\""),
];
/// Of these quotas, those that the configuration names.
pub(super) const INCLUDE: &str = "quotas: {include: [L-6A8C9986, Concurrent image updates]}\n";

/// Something else of a fleet that is scaled.
const OTHER_DIMENSION: &str = "appstream:fleet:Something";

fn is_other(of: &Scaled) -> bool {
    of.dimension.as_deref() == Some(OTHER_DIMENSION)
}

/// Adds what scales the fleets and pools of a region, and others that are gone.
pub(super) fn draw(draw: &mut Draw, region: &mut Region) {
    let fleets = region.fleets().keys().map(|name| Scaled::fleet(name));
    let pools = region.pools().keys().map(|id| Scaled::pool(id));
    let gone = [Scaled::fleet("gone"), Scaled::pool("wspool-gone00000")];
    let all: Vec<_> = fleets.chain(pools).chain(gone).collect();
    for of in all {
        if let Some(target) = draw_target(draw, &of) {
            region.scaling_mut().targets.push(target);
        }
        for number in 0..draw.0.usize(0..4) {
            let action = draw_action(draw, &of, number);
            region.scaling_mut().actions.push(action);
            let mut policy = ScalingPolicy::new(of.clone(), "policy");
            policy.policy_type = draw.word(&["StepScaling", "TargetTrackingScaling", "NewScaling"]);
            region.scaling_mut().policies.push(policy);
        }
        for _ in 0..draw.0.usize(0..9) {
            let activity = draw_activity(draw, &of);
            region.scaling_mut().activities.push(activity);
        }
    }
    // Actions and policies end with the last target.
    let has_target = |namespace: &str, region: &Region| {
        let mut targets = region.scaling().targets.iter();
        targets.any(|one| one.of.namespace == namespace && !is_other(&one.of))
    };
    for namespace in ["appstream", "workspaces"] {
        if !has_target(namespace, region) {
            let scaling = region.scaling_mut();
            scaling.actions.retain(|one| one.of.namespace != namespace);
            scaling.policies.retain(|one| one.of.namespace != namespace);
        }
    }
    for (code, name) in QUOTAS {
        let mut quota = Quota::new(code, name, 10.0);
        quota.default = draw.number().map(f64::from);
        quota.is_applied = draw.0.bool();
        quota.applied = draw.number().map(|value| f64::from(value) + 0.5);
        region.scaling_mut().quotas.push(quota);
    }
}

fn draw_target(draw: &mut Draw, of: &Scaled) -> Option<ScalableTarget> {
    let mut target = draw.maybe(|_| ScalableTarget::new(of.clone(), 0, 0))?;
    target.min = draw.number();
    target.max = draw.number();
    target.suspended = draw.maybe(|rng| {
        let mut one = || (rng.u8(0..3) > 0).then(|| rng.bool());
        [one(), one(), one()]
    });
    if draw.0.u8(0..6) == 0 {
        target.of.dimension = Some(OTHER_DIMENSION.into());
    }
    Some(target)
}

fn draw_action(draw: &mut Draw, of: &Scaled, number: usize) -> ScheduledAction {
    let mut action = ScheduledAction::new(of.clone(), "", "", 0);
    action.name = draw.name(number);
    action.schedule = draw.maybe(|_| "cron(0 7 ? * MON-FRI *)".to_owned());
    action.timezone = draw.maybe(|_| "Europe/Berlin".to_owned());
    action.limits = draw.maybe(|_| ()).map(|()| (draw.number(), draw.number()));
    if draw.0.bool() {
        action.of.dimension = None;
    }
    action
}

fn draw_activity(draw: &mut Draw, of: &Scaled) -> ScalingActivity {
    let mut activity = ScalingActivity::new(of.clone(), 0.0);
    activity.started_at = draw.moment();
    activity.status = draw.word(&["Successful", "Failed", "Unfulfilled", "Postponed"]);
    for _ in 0..draw.0.usize(0..3) {
        let reason = draw.word(&["AlreadyAtMaxCapacity", "SomethingNew"]);
        activity.not_scaled.extend(reason);
    }
    activity
}

/// Puts down what must be shown of a fleet or pool, whose families have this prefix.
pub(super) fn expect(
    sheet: &mut Sheet,
    (prefix, labels): (&str, &[(&str, &str)]),
    of: &Scaled,
    region: &Region,
) {
    let is_same = |one: &Scaled| {
        one.resource_id == of.resource_id
            && (one.dimension.is_none() || one.dimension == of.dimension)
    };
    let with = |more: &[(&'static str, &str)]| -> Vec<(&str, String)> {
        let all = labels.iter().chain(more);
        all.map(|(name, value)| (*name, (*value).to_owned()))
            .collect()
    };
    let mut put = |family: &str, more: &[(&'static str, &str)], value: Option<f64>| {
        let labels = with(more);
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        sheet.put(&format!("{prefix}_{family}"), &labels, value);
    };
    let scaling = region.scaling();
    let target = scaling.targets.iter().find(|one| is_same(&one.of));
    if let Some(target) = target {
        put("scaling_min_capacity", &[], target.min.map(f64::from));
        put("scaling_max_capacity", &[], target.max.map(f64::from));
        let activities = ["dynamic_scale_in", "dynamic_scale_out", "scheduled"];
        for (activity, is_suspended) in activities.iter().zip(target.suspended.unwrap_or_default())
        {
            let value = is_suspended.map(|is_suspended| f64::from(u8::from(is_suspended)));
            put("scaling_suspended", &[("activity", activity)], value);
        }
    }
    for action in scaling.actions.iter().filter(|one| is_same(&one.of)) {
        let name = ("scheduled_action", &*action.name);
        let schedule = ("schedule", action.schedule.as_deref().unwrap_or_default());
        let timezone = ("timezone", action.timezone.as_deref().unwrap_or_default());
        put(
            "scheduled_action_info",
            &[name, schedule, timezone],
            Some(1.0),
        );
        let (min, max) = action.limits.unwrap_or_default();
        put("scheduled_action_min_capacity", &[name], min.map(f64::from));
        put("scheduled_action_max_capacity", &[name], max.map(f64::from));
    }
    let mut policies: BTreeMap<&str, f64> = BTreeMap::new();
    for policy in scaling.policies.iter().filter(|one| is_same(&one.of)) {
        if let Some(kind) = &policy.policy_type {
            *policies.entry(kind).or_default() += 1.0;
        }
    }
    for (kind, count) in policies {
        put("scaling_policies", &[("policy_type", kind)], Some(count));
    }
    let mut newest: BTreeMap<(&str, &'static str, &str), f64> = BTreeMap::new();
    for activity in scaling.activities.iter().filter(|one| is_same(&one.of)) {
        let Some(started) = activity.started_at else {
            continue;
        };
        let mut see = |family: &'static str, label: &'static str, value| {
            let moment = newest.entry((family, label, value)).or_insert(started);
            *moment = moment.max(started);
        };
        if let Some(status) = &activity.status {
            see(
                "scaling_last_activity_timestamp_seconds",
                "status",
                &**status,
            );
        }
        for reason in &activity.not_scaled {
            see(
                "scaling_last_not_scaled_timestamp_seconds",
                "reason",
                &**reason,
            );
        }
    }
    for ((family, label, value), moment) in newest {
        put(family, &[(label, value)], Some(moment));
    }
}

/// Puts down the quotas.
pub(super) fn expect_quotas(sheet: &mut Sheet, region: &Region) {
    for quota in &region.scaling().quotas {
        let name = quota.name.as_deref().expect("drawn with one");
        let labels = [("quota_code", quota.code.as_str()), ("quota", name)];
        let fleets: Vec<_> = region.fleets().values().collect();
        let usage = match &*quota.code {
            "L-8A6F32DC" => Some(all(&fleets, |fleet| {
                let state = fleet.state.as_deref();
                (!matches!(state, Some("STARTING" | "STOPPING"))).then_some(1.0)
            })),
            "L-3FEADC0C" => Some(all(&fleets, active)),
            "L-A8B8B901" => Some(Some(region.stacks().len() as f64)),
            "L-1" => instances(&fleets, "stream.standard.small"),
            "L-2" => instances(&fleets, "stream.graphics.g4dn.xlarge"),
            "L-3" => instances(&fleets, "stream.compute.large"),
            "L-6A8C9986" | "L-4" => Some(None),
            _ => None,
        };
        let Some(usage) = usage else { continue };
        let limit = if quota.is_applied {
            quota.applied
        } else {
            quota.default
        };
        sheet.put("appstream_quota_limit", &labels, limit);
        sheet.put("appstream_quota_usage", &labels, usage);
    }
}

/// The sum over all fleets, where each has a number.
fn all(fleets: &[&Fleet], number: impl Fn(&Fleet) -> Option<f64>) -> Option<f64> {
    fleets.iter().map(|fleet| number(fleet)).sum()
}

fn active(fleet: &Fleet) -> Option<f64> {
    match fleet.state.as_deref() {
        Some("RUNNING") => Some(1.0),
        Some("STOPPED") => Some(0.0),
        _ => None,
    }
}

/// Desired instances of a type; nothing where no fleet has it.
fn instances(fleets: &[&Fleet], instance_type: &str) -> Option<Option<f64>> {
    let fleets = fleets.iter().copied();
    let fleets: Vec<_> = fleets
        .filter(|fleet| fleet.fleet_type.as_deref() != Some("ELASTIC"))
        .collect();
    let is_of = |fleet: &Fleet| fleet.instance_type.as_deref() == Some(instance_type);
    let may_be = |fleet: &Fleet| is_of(fleet) || fleet.instance_type.is_none();
    let desired = |fleet: &Fleet| match active(fleet)? {
        0.0 => Some(0.0),
        _ => fleet.capacity?.desired.map(f64::from),
    };
    if !fleets.iter().any(|fleet| is_of(fleet)) {
        return None;
    }
    let untyped = fleets.iter().filter(|fleet| fleet.instance_type.is_none());
    let is_known = untyped
        .map(|fleet| active(fleet))
        .all(|active| active == Some(0.0));
    let counted: Vec<_> = fleets.into_iter().filter(|fleet| may_be(fleet)).collect();
    Some(all(&counted, desired).filter(|_| is_known))
}
