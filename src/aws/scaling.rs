//! Application Auto Scaling calls for fleets and pools, and their responses turned into ours.
//!
//! Each list is of a namespace, which is never more calls than one for each resource. The items
//! come from the body, as AWS wrote it: the model marks most members as required.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_applicationautoscaling::operation::describe_scalable_targets::DescribeScalableTargetsError;
use aws_sdk_applicationautoscaling::operation::describe_scaling_activities::DescribeScalingActivitiesError;
use aws_sdk_applicationautoscaling::operation::describe_scaling_policies::DescribeScalingPoliciesError;
use aws_sdk_applicationautoscaling::operation::describe_scheduled_actions::DescribeScheduledActionsError;
use aws_sdk_applicationautoscaling::types::ServiceNamespace;
use serde::Deserialize;

use super::call::send;
use super::clients::Client;
use super::pages::each_page;
use super::raw_body::RawBody;
use super::source::{Listed, Response, ScalingSource};
use super::time::within_years;
use crate::model::{
    ByResource, LastActivities, PolicyCounts, ScalingNamespace, ScalingTarget, ScheduledAction,
    known_label,
};

/// AWS lists the activities of six weeks, newest first, with at most 50 on a page. A hundred
/// pages are enough for a hundred activities of each of fifty fleets.
const MOST_ACTIVITIES: usize = 5_000;

const POLICY_TYPES: [&str; 3] = ["StepScaling", "TargetTrackingScaling", "PredictiveScaling"];
const STATUS_CODES: [&str; 6] = [
    "Pending",
    "InProgress",
    "Successful",
    "Overridden",
    "Unfulfilled",
    "Failed",
];
/// As the API reference of `NotScaledReason` lists them.
const NOT_SCALED_REASONS: [&str; 5] = [
    "AutoScalingAnticipatedFlapping",
    "TargetServicePutResourceAsUnscalable",
    "AlreadyAtMaxCapacity",
    "AlreadyAtMinCapacity",
    "AlreadyAtDesiredCapacity",
];

/// Sends a request with a `NextToken`, and gives the items of the page as AWS wrote them.
macro_rules! page {
    ($call:expr, $request:expr, $token:expr) => {{
        let raw = RawBody::<RawPage<_>>::default();
        let page = send!($call, $request.set_next_token($token), raw)?;
        let raw = raw.take().map_err(|wrong| $call.unreadable(wrong))?;
        (raw.items, page.next_token)
    }};
}

impl ScalingSource for Client {
    async fn describe_scalable_targets(
        &self,
        namespace: ScalingNamespace,
    ) -> Response<ByResource<ScalingTarget>> {
        let call = self.call::<DescribeScalableTargetsError>();
        let fetch = async |token| {
            let request = self.autoscaling.describe_scalable_targets();
            let request = request.service_namespace(sdk(namespace));
            Ok(page!(call, request, token))
        };
        let mut value = BTreeMap::new();
        let take = |target: RawTarget| {
            let id = target.of.id(namespace);
            if let Some(id) = id.ok_or("a target without ResourceId")? {
                value.insert(id, target.value());
            }
            Ok(())
        };
        let calls = each_page(&call, fetch, take).await?;
        Ok(Listed { value, calls })
    }

    async fn describe_scheduled_actions(
        &self,
        namespace: ScalingNamespace,
    ) -> Response<ByResource<Vec<ScheduledAction>>> {
        let call = self.call::<DescribeScheduledActionsError>();
        let fetch = async |token| {
            let request = self.autoscaling.describe_scheduled_actions();
            let request = request.service_namespace(sdk(namespace));
            Ok(page!(call, request, token))
        };
        let mut value = ByResource::default();
        let take = |action: RawAction| {
            let id = action.of.id(namespace);
            let id = id.ok_or("an action without ResourceId")?;
            let action = action.value().ok_or("an action without name")?;
            if let Some(id) = id {
                let actions: &mut Vec<ScheduledAction> = value.entry(id).or_default();
                actions.retain(|other| other.name != action.name);
                actions.push(action);
            }
            Ok(())
        };
        let calls = each_page(&call, fetch, take).await?;
        Ok(Listed { value, calls })
    }

    async fn describe_scaling_policies(
        &self,
        namespace: ScalingNamespace,
    ) -> Response<ByResource<PolicyCounts>> {
        let call = self.call::<DescribeScalingPoliciesError>();
        let fetch = async |token| {
            let request = self.autoscaling.describe_scaling_policies();
            let request = request.service_namespace(sdk(namespace));
            Ok(page!(call, request, token))
        };
        let mut value = ByResource::default();
        let take = |policy: RawPolicy| {
            let id = policy.of.id(namespace);
            let id = id.ok_or("a policy without ResourceId")?;
            if let (Some(id), Some(kind)) = (id, policy.policy_type) {
                let counts: &mut PolicyCounts = value.entry(id).or_default();
                *counts.entry(known_label(&kind, &POLICY_TYPES)).or_default() += 1;
            }
            Ok(())
        };
        let calls = each_page(&call, fetch, take).await?;
        Ok(Listed { value, calls })
    }

    async fn describe_scaling_activities(
        &self,
        namespace: ScalingNamespace,
    ) -> Response<ByResource<LastActivities>> {
        let call = self.call::<DescribeScalingActivitiesError>();
        let seen = AtomicUsize::new(0);
        let fetch = async |token| {
            let request = self.autoscaling.describe_scaling_activities();
            let request = request.service_namespace(sdk(namespace));
            let (items, next) = page!(call, request.include_not_scaled_activities(true), token);
            let on_page = items.as_ref().map_or(0, Vec::len);
            let before = seen.fetch_add(on_page, Ordering::Relaxed);
            let next = next.filter(|_| before + on_page < MOST_ACTIVITIES);
            Ok((items, next))
        };
        let mut value = ByResource::default();
        let take = |activity: RawActivity| {
            let id = activity.of.id(namespace);
            if let Some(id) = id.ok_or("an activity without ResourceId")? {
                activity.add_to(value.entry(id).or_default());
            }
            Ok(())
        };
        let calls = each_page(&call, fetch, take).await?;
        Ok(Listed { value, calls })
    }
}

fn sdk(namespace: ScalingNamespace) -> ServiceNamespace {
    match namespace {
        ScalingNamespace::Appstream => ServiceNamespace::Appstream,
        ScalingNamespace::Workspaces => ServiceNamespace::Workspaces,
    }
}

#[derive(Debug, Deserialize)]
struct RawPage<T> {
    #[serde(
        alias = "ScalableTargets",
        alias = "ScheduledActions",
        alias = "ScalingPolicies",
        alias = "ScalingActivities"
    )]
    items: Option<Vec<T>>,
}

/// The scaled resource.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Scaled {
    resource_id: Option<String>,
    scalable_dimension: Option<String>,
}

impl Scaled {
    /// The name of the fleet or the id of the pool; an inner `None` when it is neither.
    fn id(&self, namespace: ScalingNamespace) -> Option<Option<Arc<str>>> {
        let (prefix, dimension) = match namespace {
            ScalingNamespace::Appstream => ("fleet/", "appstream:fleet:DesiredCapacity"),
            ScalingNamespace::Workspaces => (
                "workspacespool/",
                "workspaces:workspacespool:DesiredUserSessions",
            ),
        };
        let id = self.resource_id.as_deref()?.strip_prefix(prefix);
        // AWS need not name the dimension of an action, as there is no other.
        let given = self.scalable_dimension.as_deref();
        let is_capacity = given.is_none_or(|given| given == dimension);
        Some(id.filter(|_| is_capacity).map(Arc::from))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawTarget {
    #[serde(flatten)]
    of: Scaled,
    min_capacity: Option<i32>,
    max_capacity: Option<i32>,
    suspended_state: Option<RawSuspended>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawSuspended {
    dynamic_scaling_in_suspended: Option<bool>,
    dynamic_scaling_out_suspended: Option<bool>,
    scheduled_scaling_suspended: Option<bool>,
}

impl RawTarget {
    fn value(self) -> ScalingTarget {
        let suspended = self.suspended_state.unwrap_or_default();
        ScalingTarget {
            min_capacity: self.min_capacity,
            max_capacity: self.max_capacity,
            suspended: [
                suspended.dynamic_scaling_in_suspended,
                suspended.dynamic_scaling_out_suspended,
                suspended.scheduled_scaling_suspended,
            ],
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAction {
    #[serde(flatten)]
    of: Scaled,
    scheduled_action_name: Option<Box<str>>,
    schedule: Option<Box<str>>,
    timezone: Option<Box<str>>,
    scalable_target_action: Option<RawLimits>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawLimits {
    min_capacity: Option<i32>,
    max_capacity: Option<i32>,
}

impl RawAction {
    fn value(self) -> Option<ScheduledAction> {
        let limits = self.scalable_target_action.as_ref();
        Some(ScheduledAction {
            name: self.scheduled_action_name?,
            schedule: self.schedule,
            timezone: self.timezone,
            min_capacity: limits.and_then(|limits| limits.min_capacity),
            max_capacity: limits.and_then(|limits| limits.max_capacity),
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawPolicy {
    #[serde(flatten)]
    of: Scaled,
    policy_type: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawActivity {
    #[serde(flatten)]
    of: Scaled,
    start_time: Option<f64>,
    status_code: Option<String>,
    #[serde(default)]
    not_scaled_reasons: Option<Vec<RawReason>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawReason {
    code: Option<String>,
}

impl RawActivity {
    fn add_to(self, last: &mut LastActivities) {
        let Some(started) = self.start_time.and_then(within_years) else {
            return;
        };
        if let Some(status) = self.status_code {
            last.add_status(known_label(&status, &STATUS_CODES), started);
        }
        let reasons = self.not_scaled_reasons.unwrap_or_default();
        for code in reasons.into_iter().filter_map(|reason| reason.code) {
            last.add_reason(known_label(&code, &NOT_SCALED_REASONS), started);
        }
    }
}
