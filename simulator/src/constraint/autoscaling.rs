//! The constraints on the input of operations that change Application Auto Scaling, from its API model.
//!
//! Patterns that regular expressions here cannot express are wider than those of AWS, never narrower.

use super::{
    BOOLEAN, INTEGER, Kind, MANY, Member, NUMBER, STRUCTURE, TEXT, list, map, matching, optional,
    required, text,
};

/// The members of each operation.
pub(super) const OPERATIONS: &[(&str, &[Member])] = &[
    (
        "RegisterScalableTarget",
        &[
            required("ServiceNamespace", SERVICE_NAMESPACE),
            required("ResourceId", text(1, 1600)),
            required("ScalableDimension", SCALABLE_DIMENSION),
            optional("MinCapacity", INTEGER),
            optional("MaxCapacity", INTEGER),
            optional("RoleARN", text(1, 1600)),
            optional("SuspendedState", SUSPENDED_STATE),
            optional("Tags", TAG_MAP),
        ],
    ),
    (
        "DeregisterScalableTarget",
        &[
            required("ServiceNamespace", SERVICE_NAMESPACE),
            required("ResourceId", text(1, 1600)),
            required("ScalableDimension", SCALABLE_DIMENSION),
        ],
    ),
    (
        "PutScheduledAction",
        &[
            required("ServiceNamespace", SERVICE_NAMESPACE),
            optional("Schedule", text(1, 1600)),
            optional("Timezone", text(1, 1600)),
            required("ScheduledActionName", SCHEDULED_ACTION_NAME),
            required("ResourceId", text(1, 1600)),
            required("ScalableDimension", SCALABLE_DIMENSION),
            optional("StartTime", NUMBER),
            optional("EndTime", NUMBER),
            optional("ScalableTargetAction", SCALABLE_TARGET_ACTION),
        ],
    ),
    (
        "DeleteScheduledAction",
        &[
            required("ServiceNamespace", SERVICE_NAMESPACE),
            required("ScheduledActionName", text(1, 1600)),
            required("ResourceId", text(1, 1600)),
            required("ScalableDimension", SCALABLE_DIMENSION),
        ],
    ),
    (
        "PutScalingPolicy",
        &[
            required("PolicyName", POLICY_NAME),
            required("ServiceNamespace", SERVICE_NAMESPACE),
            required("ResourceId", text(1, 1600)),
            required("ScalableDimension", SCALABLE_DIMENSION),
            optional("PolicyType", POLICY_TYPE),
            optional("StepScalingPolicyConfiguration", STEP_SCALING),
            optional("TargetTrackingScalingPolicyConfiguration", TARGET_TRACKING),
            optional("PredictiveScalingPolicyConfiguration", STRUCTURE),
        ],
    ),
    (
        "DeleteScalingPolicy",
        &[
            required("PolicyName", text(1, 1600)),
            required("ServiceNamespace", SERVICE_NAMESPACE),
            required("ResourceId", text(1, 1600)),
            required("ScalableDimension", SCALABLE_DIMENSION),
        ],
    ),
    (
        "TagResource",
        &[
            required("ResourceARN", RESOURCE_ARN),
            required("Tags", TAG_MAP),
        ],
    ),
    (
        "UntagResource",
        &[
            required("ResourceARN", RESOURCE_ARN),
            required("TagKeys", list(&TAG_KEY, 0, 200)),
        ],
    ),
];

pub(super) const RESOURCE_ARN: Kind = matching(
    1,
    1011,
    r"^arn:.+:application-autoscaling:.+:[0-9]+:scalable-target/[a-zA-Z0-9-]+$",
);
pub(super) const SERVICE_NAMESPACE: Kind = Kind::One(&[
    "ecs",
    "elasticmapreduce",
    "ec2",
    "appstream",
    "dynamodb",
    "rds",
    "sagemaker",
    "custom-resource",
    "comprehend",
    "lambda",
    "cassandra",
    "kafka",
    "elasticache",
    "neptune",
    "workspaces",
]);
pub(super) const SCALABLE_DIMENSION: Kind = Kind::One(&[
    "ecs:service:DesiredCount",
    "ec2:spot-fleet-request:TargetCapacity",
    "elasticmapreduce:instancegroup:InstanceCount",
    "appstream:fleet:DesiredCapacity",
    "dynamodb:table:ReadCapacityUnits",
    "dynamodb:table:WriteCapacityUnits",
    "dynamodb:index:ReadCapacityUnits",
    "dynamodb:index:WriteCapacityUnits",
    "rds:cluster:ReadReplicaCount",
    "sagemaker:variant:DesiredInstanceCount",
    "custom-resource:ResourceType:Property",
    "comprehend:document-classifier-endpoint:DesiredInferenceUnits",
    "comprehend:entity-recognizer-endpoint:DesiredInferenceUnits",
    "lambda:function:ProvisionedConcurrency",
    "cassandra:table:ReadCapacityUnits",
    "cassandra:table:WriteCapacityUnits",
    "kafka:broker-storage:VolumeSize",
    "elasticache:cache-cluster:Nodes",
    "elasticache:replication-group:NodeGroups",
    "elasticache:replication-group:Replicas",
    "neptune:cluster:ReadReplicaCount",
    "sagemaker:variant:DesiredProvisionedConcurrency",
    "sagemaker:inference-component:DesiredCopyCount",
    "workspaces:workspacespool:DesiredUserSessions",
]);
const SUSPENDED_STATE: Kind = Kind::Structure(&[
    optional("DynamicScalingInSuspended", BOOLEAN),
    optional("DynamicScalingOutSuspended", BOOLEAN),
    optional("ScheduledScalingSuspended", BOOLEAN),
]);
const TAG_KEY: Kind = text(1, 128);
const TAG_MAP: Kind = map(&TAG_KEY, &text(0, 256), 0, MANY);
const SCHEDULED_ACTION_NAME: Kind = matching(
    1,
    256,
    r"^[^\x00-\x1f\x7f:/| ]([^\x00-\x1f\x7f:/|]*[^\x00-\x1f\x7f:/| ])?$",
);
const SCALABLE_TARGET_ACTION: Kind = Kind::Structure(&[
    optional("MinCapacity", INTEGER),
    optional("MaxCapacity", INTEGER),
]);
const POLICY_NAME: Kind = matching(1, 256, r"^[^\x00-\x1f]+$");
const POLICY_TYPE: Kind = Kind::One(&["StepScaling", "TargetTrackingScaling", "PredictiveScaling"]);
const STEP_ADJUSTMENT: Kind = Kind::Structure(&[
    optional("MetricIntervalLowerBound", NUMBER),
    optional("MetricIntervalUpperBound", NUMBER),
    required("ScalingAdjustment", INTEGER),
]);
const STEP_SCALING: Kind = Kind::Structure(&[
    optional("AdjustmentType", ADJUSTMENT_TYPE),
    optional("StepAdjustments", list(&STEP_ADJUSTMENT, 0, MANY)),
    optional("MinAdjustmentMagnitude", INTEGER),
    optional("Cooldown", INTEGER),
    optional("MetricAggregationType", AGGREGATION_TYPE),
]);
const ADJUSTMENT_TYPE: Kind = Kind::One(&[
    "ChangeInCapacity",
    "PercentChangeInCapacity",
    "ExactCapacity",
]);
const AGGREGATION_TYPE: Kind = Kind::One(&["Average", "Minimum", "Maximum"]);
/// Predefined metrics of fleets and pools.
const METRIC_TYPE: Kind = Kind::One(&[
    "AppStreamAverageCapacityUtilization",
    "WorkSpacesAverageUserSessionsCapacityUtilization",
]);
const PREDEFINED_METRIC: Kind = Kind::Structure(&[
    required("PredefinedMetricType", METRIC_TYPE),
    optional("ResourceLabel", text(1, 1023)),
]);
const DIMENSION: Kind = Kind::Structure(&[required("Name", TEXT), required("Value", TEXT)]);
const STATISTIC: Kind = Kind::One(&["Average", "Minimum", "Maximum", "SampleCount", "Sum"]);
const CUSTOMIZED_METRIC: Kind = Kind::Structure(&[
    optional("MetricName", TEXT),
    optional("Namespace", TEXT),
    optional("Dimensions", list(&DIMENSION, 0, MANY)),
    optional("Statistic", STATISTIC),
    optional("Unit", TEXT),
    optional("Metrics", list(&METRIC_QUERY, 0, MANY)),
]);
const METRIC_DIMENSION: Kind = Kind::Structure(&[
    required("Name", text(1, 255)),
    required("Value", text(1, 1024)),
]);
const METRIC: Kind = Kind::Structure(&[
    optional("Dimensions", list(&METRIC_DIMENSION, 0, MANY)),
    optional("MetricName", text(1, 255)),
    optional("Namespace", text(1, 255)),
]);
const METRIC_STAT: Kind = Kind::Structure(&[
    required("Metric", METRIC),
    required("Stat", TEXT),
    optional("Unit", text(1, 1023)),
]);
const METRIC_QUERY: Kind = Kind::Structure(&[
    optional("Expression", text(1, 2048)),
    required("Id", text(1, 255)),
    optional("Label", TEXT),
    optional("MetricStat", METRIC_STAT),
    optional("ReturnData", BOOLEAN),
]);
const TARGET_TRACKING: Kind = Kind::Structure(&[
    required("TargetValue", NUMBER),
    optional("PredefinedMetricSpecification", PREDEFINED_METRIC),
    optional("CustomizedMetricSpecification", CUSTOMIZED_METRIC),
    optional("ScaleOutCooldown", INTEGER),
    optional("ScaleInCooldown", INTEGER),
    optional("DisableScaleIn", BOOLEAN),
]);
