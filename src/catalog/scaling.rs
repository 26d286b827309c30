//! Families of the scaling of AppStream fleets and WorkSpaces pools.

use super::section;

section! {
    /// Scaling of fleets.
    FLEET_SCALING = "Scaling of AppStream fleets",
    "Scaling metrics come from Application Auto Scaling. Capacity is in instances for single-session fleets, and in user sessions for multi-session fleets. The exporter reads capacity limits on every refresh. It reads scaling policies, scheduled actions and activities every `scaling.interval`. AWS keeps activities for six weeks; the exporter reads the newest 5,000 per region.";

    FLEET_SCALING_MIN: Gauge "appstream_fleet_scaling_min_capacity", Fleet, "DescribeScalableTargets",
        "Minimum capacity of the fleet's scalable target (MinCapacity).";
    FLEET_SCALING_MAX: Gauge "appstream_fleet_scaling_max_capacity", Fleet, "DescribeScalableTargets",
        "Maximum capacity of the fleet's scalable target (MaxCapacity).";
    FLEET_SCALING_SUSPENDED: Gauge "appstream_fleet_scaling_suspended", Fleet ["activity"], "DescribeScalableTargets",
        "Whether this scaling activity is suspended (SuspendedState).";
    FLEET_SCALING_POLICIES: Gauge "appstream_fleet_scaling_policies", Fleet ["policy_type"], "DescribeScalingPolicies",
        "Number of scaling policies by PolicyType; absent if zero.";
    FLEET_SCHEDULED_ACTION_INFO: Gauge "appstream_fleet_scheduled_action_info", Fleet ["scheduled_action", "schedule", "timezone"], "DescribeScheduledActions",
        "Properties of a scheduled action (ScheduledActionName, Schedule, Timezone).";
    FLEET_SCHEDULED_ACTION_MIN: Gauge "appstream_fleet_scheduled_action_min_capacity", Fleet ["scheduled_action"], "DescribeScheduledActions",
        "Minimum capacity that the scheduled action sets (ScalableTargetAction.MinCapacity).";
    FLEET_SCHEDULED_ACTION_MAX: Gauge "appstream_fleet_scheduled_action_max_capacity", Fleet ["scheduled_action"], "DescribeScheduledActions",
        "Maximum capacity that the scheduled action sets (ScalableTargetAction.MaxCapacity).";
    FLEET_SCALING_LAST_ACTIVITY: Gauge "appstream_fleet_scaling_last_activity_timestamp_seconds", Fleet ["status"], "DescribeScalingActivities",
        "Start of the latest scaling activity with this StatusCode (StartTime).";
    FLEET_SCALING_LAST_NOT_SCALED: Gauge "appstream_fleet_scaling_last_not_scaled_timestamp_seconds", Fleet ["reason"], "DescribeScalingActivities",
        "Last time that this reason kept the fleet from scaling (StartTime, NotScaledReasons.Code).";
}

section! {
    /// Scaling of pools.
    POOL_SCALING = "Scaling of WorkSpaces Pools",
    "Scaling metrics come from Application Auto Scaling. Capacity is in user sessions.";

    POOL_SCALING_MIN: Gauge "workspaces_pool_scaling_min_capacity", Pool, "DescribeScalableTargets",
        "Minimum capacity of the pool's scalable target (MinCapacity).";
    POOL_SCALING_MAX: Gauge "workspaces_pool_scaling_max_capacity", Pool, "DescribeScalableTargets",
        "Maximum capacity of the pool's scalable target (MaxCapacity).";
    POOL_SCALING_SUSPENDED: Gauge "workspaces_pool_scaling_suspended", Pool ["activity"], "DescribeScalableTargets",
        "Whether this scaling activity is suspended (SuspendedState).";
    POOL_SCALING_POLICIES: Gauge "workspaces_pool_scaling_policies", Pool ["policy_type"], "DescribeScalingPolicies",
        "Number of scaling policies by PolicyType; absent if zero.";
    POOL_SCHEDULED_ACTION_INFO: Gauge "workspaces_pool_scheduled_action_info", Pool ["scheduled_action", "schedule", "timezone"], "DescribeScheduledActions",
        "Properties of a scheduled action (ScheduledActionName, Schedule, Timezone).";
    POOL_SCHEDULED_ACTION_MIN: Gauge "workspaces_pool_scheduled_action_min_capacity", Pool ["scheduled_action"], "DescribeScheduledActions",
        "Minimum capacity that the scheduled action sets (ScalableTargetAction.MinCapacity).";
    POOL_SCHEDULED_ACTION_MAX: Gauge "workspaces_pool_scheduled_action_max_capacity", Pool ["scheduled_action"], "DescribeScheduledActions",
        "Maximum capacity that the scheduled action sets (ScalableTargetAction.MaxCapacity).";
    POOL_SCALING_LAST_ACTIVITY: Gauge "workspaces_pool_scaling_last_activity_timestamp_seconds", Pool ["status"], "DescribeScalingActivities",
        "Start of the latest scaling activity with this StatusCode (StartTime).";
    POOL_SCALING_LAST_NOT_SCALED: Gauge "workspaces_pool_scaling_last_not_scaled_timestamp_seconds", Pool ["reason"], "DescribeScalingActivities",
        "Last time that this reason kept the pool from scaling (StartTime, NotScaledReasons.Code).";
}
