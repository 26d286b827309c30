//! The operations that change scalable targets, scheduled actions and policies.

use std::collections::BTreeMap;

use crate::autoscaling::{no_resource, not_found, policy_arn, target_arn};
use crate::document::Document;
use crate::error::ApiError;
use crate::request::change::Change;
use crate::request::input::Input;
use crate::resource::scaling::{ScalableTarget, Scaled, ScalingPolicy, ScheduledAction};
use crate::schedule::Schedule;

/// Members of policies that are answered as they were given.
pub(super) const POLICY_SETTINGS: [&str; 3] = [
    "StepScalingPolicyConfiguration",
    "TargetTrackingScalingPolicyConfiguration",
    "PredictiveScalingPolicyConfiguration",
];
/// Time zones whose schedules can be played: no other is in the simulator.
const TIME_ZONES: [&str; 4] = ["UTC", "Etc/UTC", "GMT", "Etc/GMT"];

/// Performs an operation that changes something.
///
/// # Errors
/// The error AWS answers when the state of the account forbids it.
pub(crate) fn perform(change: &mut Change<'_>) -> Result<Document, ApiError> {
    match change.operation {
        "RegisterScalableTarget" => register_target(change),
        "DeregisterScalableTarget" => deregister_target(change),
        "PutScheduledAction" => put_action(change),
        "DeleteScheduledAction" => delete_action(change),
        "PutScalingPolicy" => put_policy(change),
        "DeleteScalingPolicy" => delete_policy(change),
        "TagResource" => {
            let tags = change.input.map("Tags");
            change_tags(change, |own| own.extend(tags))
        }
        "UntagResource" => {
            let keys: Vec<&str> = change.input.texts("TagKeys").collect();
            change_tags(change, |own| {
                own.retain(|key, _| !keys.contains(&key.as_str()))
            })
        }
        _ => Err(ApiError::unknown_operation()),
    }
}

fn register_target(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (input, of) = (change.input, scaled(change));
    check_resource(change, &of)?;
    let (arn, now) = (target_arn(&change.as_request(), &of), change.now);
    let scaling = change.region().scaling_mut();
    let known = scaling.targets.iter().find(|target| target.of == of);
    let mut target = match known {
        Some(target) => target.clone(),
        None => ScalableTarget {
            min: None,
            max: None,
            created_at: now,
            ..ScalableTarget::new(of.clone(), 0, 0)
        },
    };
    input.set_integer("MinCapacity", &mut target.min);
    input.set_integer("MaxCapacity", &mut target.max);
    match (target.min, target.max) {
        (Some(min), Some(_)) if min < 0 => {
            return Err(ApiError::validation("The capacity must not be negative"));
        }
        (Some(min), Some(max)) if min <= max => {}
        (Some(_), Some(_)) => {
            return Err(ApiError::validation(
                "Maximum capacity cannot be less than minimum capacity",
            ));
        }
        _ => {
            return Err(ApiError::validation(
                "MinCapacity and MaxCapacity are required for a new target",
            ));
        }
    }
    if let Some(given) = input.structure("SuspendedState") {
        let [scale_in, scale_out, scheduled] = target.suspended.get_or_insert_default();
        given.set_boolean("DynamicScalingInSuspended", scale_in);
        given.set_boolean("DynamicScalingOutSuspended", scale_out);
        given.set_boolean("ScheduledScalingSuspended", scheduled);
    }
    target.tags.extend(input.map("Tags"));
    target.is_live = true;
    scaling.targets.retain(|one| one.of != of);
    scaling.targets.push(target);
    Ok(Document::structure().with("ScalableTargetARN", arn))
}

fn deregister_target(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let of = existing_target(change)?;
    let scaling = change.region().scaling_mut();
    scaling.targets.retain(|target| target.of != of);
    scaling.actions.retain(|action| action.of != of);
    scaling.policies.retain(|policy| policy.of != of);
    Ok(Document::structure())
}

fn put_action(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (input, now, name) = (
        change.input,
        change.now,
        change.required("ScheduledActionName"),
    );
    let of = existing_target(change)?;
    let actions = &mut change.region().scaling_mut().actions;
    let known = actions.iter().find(|one| one.of == of && one.name == name);
    let mut action = match known {
        Some(action) => action.clone(),
        None => ScheduledAction {
            schedule: None,
            limits: None,
            created_at: now,
            ..ScheduledAction::new(of.clone(), name, "", 0)
        },
    };
    input.set_text("Schedule", &mut action.schedule);
    input.set_text("Timezone", &mut action.timezone);
    if let Some(limits) = input.structure("ScalableTargetAction") {
        action.limits = Some((limits.integer("MinCapacity"), limits.integer("MaxCapacity")));
    }
    let (start, end) = &mut action.between;
    *start = input.number("StartTime").or(*start);
    *end = input.number("EndTime").or(*end);
    check_limits(&action)?;
    let zone = action.timezone.as_deref().unwrap_or("UTC");
    if !TIME_ZONES.contains(&zone) {
        return Err(ApiError::validation("Only schedules in UTC are emulated"));
    }
    let schedule = action.schedule.as_deref().and_then(Schedule::parse);
    let schedule = schedule.ok_or_else(|| ApiError::validation("The schedule is not valid"))?;
    let (start, end) = action.between;
    if start.is_some() && end.is_some() && end <= start {
        return Err(ApiError::validation("EndTime must be after StartTime"));
    }
    // AWS performs a recurring action at its start time too.
    let later_start = start.filter(|start| *start > now && schedule.is_recurring());
    let due_at = later_start.or_else(|| schedule.next(now));
    action.due_at = due_at.filter(|at| end.is_none_or(|end| *at <= end));
    actions.retain(|one| one.of != of || one.name != name);
    actions.push(action);
    Ok(Document::structure())
}

fn check_limits(action: &ScheduledAction) -> Result<(), ApiError> {
    let complaint = match action.limits {
        None | Some((None, None)) => "ScalableTargetAction needs MinCapacity or MaxCapacity",
        Some((Some(min), Some(max))) if min > max => {
            "Maximum capacity cannot be less than minimum capacity"
        }
        Some((min, max)) if min < Some(0) && min.is_some() || max < Some(0) && max.is_some() => {
            "The capacity must not be negative"
        }
        Some(_) => return Ok(()),
    };
    Err(ApiError::validation(complaint))
}

fn delete_action(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (of, name) = (scaled(change), change.required("ScheduledActionName"));
    let actions = &mut change.region().scaling_mut().actions;
    let before = actions.len();
    actions.retain(|one| one.of != of || one.name != name);
    if actions.len() == before {
        return Err(not_found("No scheduled action was found"));
    }
    Ok(Document::structure())
}

fn put_policy(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (input, name) = (change.input, change.required("PolicyName"));
    let of = existing_target(change)?;
    let (arn, now) = (policy_arn(&change.as_request(), &of, name), change.now);
    let policies = &mut change.region().scaling_mut().policies;
    let known = policies.iter().find(|one| one.of == of && one.name == name);
    let mut policy = match known {
        Some(policy) => policy.clone(),
        None => ScalingPolicy {
            policy_type: None,
            created_at: now,
            ..ScalingPolicy::new(of.clone(), name)
        },
    };
    input.set_text("PolicyType", &mut policy.policy_type);
    input.keep(&POLICY_SETTINGS, &mut policy.settings);
    check_policy(&mut policy, input)?;
    policies.retain(|one| one.of != of || one.name != name);
    policies.push(policy);
    let no_alarms = Document::List(Vec::new());
    Ok(Document::structure()
        .with("PolicyARN", arn)
        .with("Alarms", no_alarms))
}

/// A policy has the configuration of its type, and no other.
fn check_policy(policy: &mut ScalingPolicy, input: Input<'_>) -> Result<(), ApiError> {
    let policy_type = policy.policy_type.as_deref();
    let policy_type = policy_type
        .ok_or_else(|| ApiError::validation("PolicyType is required for a new policy"))?;
    if policy_type == "PredictiveScaling" {
        let message = "Predictive scaling is not for fleets and pools";
        return Err(ApiError::validation(message));
    }
    let configuration = format!("{policy_type}PolicyConfiguration");
    let mut others = POLICY_SETTINGS.iter().filter(|one| **one != configuration);
    if others.any(|other| input.has(other)) || !policy.settings.contains_key(&configuration) {
        return Err(ApiError::validation(format!(
            "A policy of the type {policy_type} needs {configuration} alone"
        )));
    }
    policy.settings.retain(|member, _| *member == configuration);
    let settings = policy.settings.get(&configuration).map(Input);
    settings.map_or(Ok(()), check_configuration)
}

/// Which members each configuration needs: those of step scaling, or one kind of metric.
fn check_configuration(settings: Input<'_>) -> Result<(), ApiError> {
    if settings.has("TargetValue") {
        let metrics = [
            "PredefinedMetricSpecification",
            "CustomizedMetricSpecification",
        ];
        if metrics.iter().filter(|metric| settings.has(metric)).count() == 1 {
            return Ok(());
        }
        return Err(ApiError::validation(
            "Target tracking needs either PredefinedMetricSpecification or CustomizedMetricSpecification",
        ));
    }
    let is_whole = settings.has("AdjustmentType") && settings.has("StepAdjustments");
    is_whole.then_some(()).ok_or_else(|| {
        ApiError::validation("Step scaling needs AdjustmentType and StepAdjustments")
    })
}

fn delete_policy(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (of, name) = (scaled(change), change.required("PolicyName"));
    let policies = &mut change.region().scaling_mut().policies;
    let before = policies.len();
    policies.retain(|one| one.of != of || one.name != name);
    if policies.len() == before {
        return Err(not_found("No scaling policy was found"));
    }
    Ok(Document::structure())
}

/// Changes the tags of the target that the input names.
fn change_tags(
    change: &mut Change<'_>,
    with: impl FnOnce(&mut BTreeMap<String, String>),
) -> Result<Document, ApiError> {
    const MOST_TAGS: usize = 50;
    let arn = change.required("ResourceARN");
    let request = change.as_request();
    let mut targets = request.region.scaling().targets.iter();
    let index = targets.position(|target| target_arn(&request, &target.of) == arn);
    let targets = &mut change.region().scaling_mut().targets;
    let target = index.and_then(|index| targets.get_mut(index));
    let target = target.ok_or_else(|| no_resource(arn))?;
    let mut tags = target.tags.clone();
    with(&mut tags);
    if tags.len() > MOST_TAGS {
        let message = format!("A resource has {MOST_TAGS} tags at most");
        return Err(ApiError::bad_request("TooManyTagsException", message));
    }
    target.tags = tags;
    Ok(Document::structure())
}

/// The resource in the input.
fn scaled(change: &Change<'_>) -> Scaled {
    let input: Input<'_> = change.input;
    Scaled {
        namespace: change.required("ServiceNamespace").to_owned().into(),
        resource_id: input.owned("ResourceId"),
        dimension: input.owned("ScalableDimension").map(Into::into),
    }
}

fn existing_target(change: &mut Change<'_>) -> Result<Scaled, ApiError> {
    let of = scaled(change);
    let targets = &change.region().scaling().targets;
    if targets.iter().any(|target| target.of == of) {
        return Ok(of);
    }
    Err(not_found("No scalable target was found"))
}

/// Whether the fleet or pool to scale exists, and its capacity is what the dimension names.
fn check_resource(change: &mut Change<'_>, of: &Scaled) -> Result<(), ApiError> {
    let id = of.resource_id.as_deref().unwrap_or_default();
    let region = change.region();
    let (is_there, expected) = if let Some(name) = id.strip_prefix("fleet/") {
        (region.fleets().contains_key(name), Scaled::fleet(name))
    } else if let Some(pool) = id.strip_prefix("workspacespool/") {
        (region.pools().contains_key(pool), Scaled::pool(pool))
    } else {
        return Err(ApiError::validation("Only fleets and pools are emulated"));
    };
    if *of != expected {
        return Err(ApiError::validation(
            "The dimension does not belong to the resource",
        ));
    }
    if !is_there {
        return Err(ApiError::validation(format!(
            "The resource '{id}' does not exist"
        )));
    }
    Ok(())
}
