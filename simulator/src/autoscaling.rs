//! The operations of Application Auto Scaling: which resources answer and how they are described.

pub(crate) mod change;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use self::change::POLICY_SETTINGS;
use crate::document::Document;
use crate::error::ApiError;
use crate::request::Request;
use crate::request::page::Page;
use crate::resource::scaling::{
    ScalableTarget, Scaled, ScalingActivity, ScalingPolicy, ScheduledAction,
};

/// Largest `MaxResults`, and how many are answered when the request names none.
const MAX_RESULTS: usize = 50;
/// The random part of ARNs and ids, which nothing reads.
const UUID: &str = "00000000-0000-4000-8000-000000000000";

/// Answers an operation of Application Auto Scaling.
///
/// # Errors
/// The error AWS answers when the request is malformed.
pub(crate) fn answer(request: &Request<'_>) -> Result<Document, ApiError> {
    let namespace = request.parameters.namespace.as_deref().unwrap_or_default();
    let scaling = request.region.scaling();
    let size = request.max_results(MAX_RESULTS, MAX_RESULTS)?;
    let is_of = |of: &Scaled| {
        let parameters = request.parameters;
        let ids = parameters
            .resource_ids
            .iter()
            .chain(&parameters.resource_id);
        let mut ids = ids.peekable();
        of.namespace == namespace
            && (ids.peek().is_none() || ids.any(|id| Some(id) == of.resource_id.as_ref()))
    };
    let names = &request.parameters.scaling_names;
    let is_named = |name: &String| names.is_empty() || names.contains(name);
    match request.operation {
        "ListTagsForResource" => {
            let arn = request.parameters.resource_arn.as_deref();
            let arn = arn.unwrap_or_default();
            let mut targets = scaling.targets.iter();
            let target = targets.find(|target| target_arn(request, &target.of) == arn);
            let target = target.ok_or_else(|| no_resource(arn))?;
            Ok(Document::structure().with("Tags", &target.tags))
        }
        "DescribeScalableTargets" => {
            let targets = scaling.targets.iter().filter(|target| is_of(&target.of));
            let page = page(request, targets, size)?;
            Ok(page.into_document("ScalableTargets", |target| target_document(request, target)))
        }
        "DescribeScheduledActions" => {
            let actions = scaling.actions.iter().filter(|action| is_of(&action.of));
            let actions = actions.filter(|action| is_named(&action.name));
            let page = page(request, actions, size)?;
            Ok(page.into_document("ScheduledActions", |action| {
                action_document(request, action)
            }))
        }
        "DescribeScalingPolicies" => {
            let policies = scaling.policies.iter().filter(|policy| is_of(&policy.of));
            let policies = policies.filter(|policy| is_named(&policy.name));
            let page = page(request, policies, size)?;
            Ok(page.into_document("ScalingPolicies", |policy| policy_document(request, policy)))
        }
        "DescribeScalingActivities" => {
            let all = request.parameters.include_not_scaled == Some(true);
            let activities = scaling.activities.iter().filter(|one| is_of(&one.of));
            let activities = activities.filter(|one| all || one.not_scaled.is_empty());
            let mut activities: Vec<_> = activities.collect();
            // The newest come first.
            let age = |one: &&ScalingActivity| one.started_at.map_or(0.0, |start| -start);
            activities.sort_by(|a, b| age(a).total_cmp(&age(b)));
            let page = page(request, activities.into_iter(), size)?;
            Ok(page.into_document("ScalingActivities", activity_document))
        }
        _ => Err(ApiError::unknown_operation()),
    }
}

fn page<T>(
    request: &Request<'_>,
    items: impl Iterator<Item = T>,
    size: usize,
) -> Result<Page<T>, ApiError> {
    let page = request.page(items, size);
    page.map_err(|_| {
        let message = "The NextToken was not issued for this request";
        ApiError::bad_request("InvalidNextTokenException", message)
    })
}

/// The ARN of a policy or scheduled action.
fn named_arn(
    request: &Request<'_>,
    of: &Scaled,
    (kind, label, name): (&str, &str, &str),
) -> String {
    let (namespace, id) = (&of.namespace, of.resource_id.as_deref().unwrap_or_default());
    let resource = format!("{kind}:{UUID}:resource/{namespace}/{id}:{label}/{name}");
    request.arn("autoscaling", &resource)
}

fn policy_arn(request: &Request<'_>, of: &Scaled, name: &str) -> String {
    named_arn(request, of, ("scalingPolicy", "policyName", name))
}

fn target_arn(request: &Request<'_>, of: &Scaled) -> String {
    // AWS has an id here that says nothing about the resource.
    let mut hasher = DefaultHasher::new();
    (&of.namespace, &of.resource_id, &of.dimension).hash(&mut hasher);
    let id = format!("scalable-target/{:016x}", hasher.finish());
    request.arn("application-autoscaling", &id)
}

/// The error for an ARN of nothing.
fn no_resource(arn: &str) -> ApiError {
    let message = format!("The resource '{arn}' does not exist");
    ApiError::bad_request("ResourceNotFoundException", message)
}

/// The error for something that is not there.
pub(crate) fn not_found(message: &'static str) -> ApiError {
    ApiError::bad_request("ObjectNotFoundException", message)
}

fn scaled_document(of: &Scaled) -> Document {
    Document::structure()
        .with("ServiceNamespace", &*of.namespace)
        .with_some("ResourceId", of.resource_id.as_deref())
        .with_some("ScalableDimension", of.dimension.as_deref())
}

fn limits_document((min, max): (Option<i32>, Option<i32>)) -> Document {
    Document::structure()
        .with_some("MinCapacity", min)
        .with_some("MaxCapacity", max)
}

fn target_document(request: &Request<'_>, target: &ScalableTarget) -> Document {
    let (service, role) = match &*target.of.namespace {
        "workspaces" => ("workspaces", "WorkSpacesPool"),
        _ => ("appstream", "AppStreamFleet"),
    };
    let role = format!(
        "arn:aws:iam::{}:role/aws-service-role/{service}.application-autoscaling.amazonaws.com/\
         AWSServiceRoleForApplicationAutoScaling_{role}",
        request.world.account_id
    );
    let suspended = target.suspended.map(|[scale_in, scale_out, scheduled]| {
        Document::structure()
            .with_some("DynamicScalingInSuspended", scale_in)
            .with_some("DynamicScalingOutSuspended", scale_out)
            .with_some("ScheduledScalingSuspended", scheduled)
    });
    scaled_document(&target.of)
        .with("ScalableTargetARN", target_arn(request, &target.of))
        .with_some("MinCapacity", target.min)
        .with_some("MaxCapacity", target.max)
        .with("RoleARN", role)
        .with("CreationTime", Document::Timestamp(target.created_at))
        .with_some("SuspendedState", suspended)
}

fn action_document(request: &Request<'_>, action: &ScheduledAction) -> Document {
    let name = action.name.as_str();
    let arn = named_arn(
        request,
        &action.of,
        ("scheduledAction", "scheduledActionName", name),
    );
    let (start, end) = action.between;
    scaled_document(&action.of)
        .with("ScheduledActionName", name)
        .with("ScheduledActionARN", arn)
        .with_some("Schedule", action.schedule.as_deref())
        .with_some("Timezone", action.timezone.as_deref())
        .with_some("StartTime", start.map(Document::Timestamp))
        .with_some("EndTime", end.map(Document::Timestamp))
        .with_some("ScalableTargetAction", action.limits.map(limits_document))
        .with("CreationTime", Document::Timestamp(action.created_at))
}

fn policy_document(request: &Request<'_>, policy: &ScalingPolicy) -> Document {
    let arn = policy_arn(request, &policy.of, &policy.name);
    scaled_document(&policy.of)
        .with("PolicyARN", arn)
        .with("PolicyName", policy.name.as_str())
        .with_some("PolicyType", policy.policy_type.as_deref())
        .with("CreationTime", Document::Timestamp(policy.created_at))
        .with_settings(&POLICY_SETTINGS, &policy.settings)
}

fn activity_document(activity: &ScalingActivity) -> Document {
    let reasons = (!activity.not_scaled.is_empty()).then(|| {
        Document::list(&activity.not_scaled, |code| {
            Document::structure().with("Code", &**code)
        })
    });
    scaled_document(&activity.of)
        .with("ActivityId", UUID)
        .with("Description", "Setting desired capacity.")
        .with("Cause", "monitor alarm")
        .with_some("StartTime", activity.started_at.map(Document::Timestamp))
        .with_some("StatusCode", activity.status.as_deref())
        .with_some("NotScaledReasons", reasons)
}
