//! Families of the scaling of AppStream fleets and WorkSpaces pools.

use super::section;

section! {
    /// Scaling of fleets.
    FLEET_SCALING = "Scaling of AppStream fleets",
    "From Application Auto Scaling, for every fleet that `DescribeFleets` lists. Capacity is in instances for single-session fleets and in user sessions for multi-session fleets. Limits are read in every refresh; scheduled actions, policies and activities once per `scaling.interval`. AWS lists the activities of six weeks, the newest first; the exporter reads the newest 5,000 of the region.";

    FLEET_SCALING_MIN: Gauge "appstream_fleet_scaling_min_capacity", Fleet, "DescribeScalableTargets: MinCapacity",
        "Capacity below which the fleet is not scaled in (ScalableTarget.MinCapacity, instances or for multi-session fleets user sessions) as of the last refresh.";
    FLEET_SCALING_MAX: Gauge "appstream_fleet_scaling_max_capacity", Fleet, "DescribeScalableTargets: MaxCapacity",
        "Capacity above which the fleet is not scaled out (ScalableTarget.MaxCapacity, instances or for multi-session fleets user sessions) as of the last refresh.";
    FLEET_SCALING_SUSPENDED: Gauge "appstream_fleet_scaling_suspended", Fleet ["activity"], "DescribeScalableTargets: SuspendedState",
        "Whether this kind of scaling is suspended for the fleet (SuspendedState, 1 or 0) as of the last refresh.";
    FLEET_SCALING_POLICIES: Gauge "appstream_fleet_scaling_policies", Fleet ["policy_type"], "DescribeScalingPolicies: ScalingPolicies[] by PolicyType",
        "Scaling policies of the fleet by PolicyType as of the last refresh that read them, with no series when there are none.";
    FLEET_SCHEDULED_ACTION_INFO: Gauge "appstream_fleet_scheduled_action_info", Fleet ["scheduled_action", "schedule", "timezone"], "DescribeScheduledActions: ScheduledActionName, Schedule, Timezone",
        "Fixed properties of a scheduled action of the fleet (ScheduledActionName, Schedule, Timezone) as of the last refresh that read them, always 1, with an empty label where AWS gives none.";
    FLEET_SCHEDULED_ACTION_MIN: Gauge "appstream_fleet_scheduled_action_min_capacity", Fleet ["scheduled_action"], "DescribeScheduledActions: ScalableTargetAction.MinCapacity",
        "Minimum capacity that the scheduled action sets (ScalableTargetAction.MinCapacity) as of the last refresh that read it, absent where it sets none.";
    FLEET_SCHEDULED_ACTION_MAX: Gauge "appstream_fleet_scheduled_action_max_capacity", Fleet ["scheduled_action"], "DescribeScheduledActions: ScalableTargetAction.MaxCapacity",
        "Maximum capacity that the scheduled action sets (ScalableTargetAction.MaxCapacity) as of the last refresh that read it, absent where it sets none.";
    FLEET_SCALING_LAST_ACTIVITY: Gauge "appstream_fleet_scaling_last_activity_timestamp_seconds", Fleet ["status"], "DescribeScalingActivities: newest StartTime by StatusCode",
        "When the last scaling activity of the fleet with this StatusCode began (newest StartTime, Unix time) as of the last refresh that read them, absent when there is none.";
    FLEET_SCALING_LAST_NOT_SCALED: Gauge "appstream_fleet_scaling_last_not_scaled_timestamp_seconds", Fleet ["reason"], "DescribeScalingActivities: newest StartTime by NotScaledReasons[].Code",
        "When the fleet was last not scaled for this reason (newest StartTime by NotScaledReasons[].Code, Unix time) as of the last refresh that read the activities, absent when there is none.";
}

section! {
    /// Scaling of pools.
    POOL_SCALING = "Scaling of WorkSpaces Pools",
    "The same for every pool that `DescribeWorkspacesPools` lists. Capacity is in user sessions.";

    POOL_SCALING_MIN: Gauge "workspaces_pool_scaling_min_capacity", Pool, "DescribeScalableTargets: MinCapacity",
        "User sessions below which the pool is not scaled in (ScalableTarget.MinCapacity) as of the last refresh.";
    POOL_SCALING_MAX: Gauge "workspaces_pool_scaling_max_capacity", Pool, "DescribeScalableTargets: MaxCapacity",
        "User sessions above which the pool is not scaled out (ScalableTarget.MaxCapacity) as of the last refresh.";
    POOL_SCALING_SUSPENDED: Gauge "workspaces_pool_scaling_suspended", Pool ["activity"], "DescribeScalableTargets: SuspendedState",
        "Whether this kind of scaling is suspended for the pool (SuspendedState, 1 or 0) as of the last refresh.";
    POOL_SCALING_POLICIES: Gauge "workspaces_pool_scaling_policies", Pool ["policy_type"], "DescribeScalingPolicies: ScalingPolicies[] by PolicyType",
        "Scaling policies of the pool by PolicyType as of the last refresh that read them, with no series when there are none.";
    POOL_SCHEDULED_ACTION_INFO: Gauge "workspaces_pool_scheduled_action_info", Pool ["scheduled_action", "schedule", "timezone"], "DescribeScheduledActions: ScheduledActionName, Schedule, Timezone",
        "Fixed properties of a scheduled action of the pool (ScheduledActionName, Schedule, Timezone) as of the last refresh that read them, always 1, with an empty label where AWS gives none.";
    POOL_SCHEDULED_ACTION_MIN: Gauge "workspaces_pool_scheduled_action_min_capacity", Pool ["scheduled_action"], "DescribeScheduledActions: ScalableTargetAction.MinCapacity",
        "Minimum capacity that the scheduled action sets (ScalableTargetAction.MinCapacity) as of the last refresh that read it, absent where it sets none.";
    POOL_SCHEDULED_ACTION_MAX: Gauge "workspaces_pool_scheduled_action_max_capacity", Pool ["scheduled_action"], "DescribeScheduledActions: ScalableTargetAction.MaxCapacity",
        "Maximum capacity that the scheduled action sets (ScalableTargetAction.MaxCapacity) as of the last refresh that read it, absent where it sets none.";
    POOL_SCALING_LAST_ACTIVITY: Gauge "workspaces_pool_scaling_last_activity_timestamp_seconds", Pool ["status"], "DescribeScalingActivities: newest StartTime by StatusCode",
        "When the last scaling activity of the pool with this StatusCode began (newest StartTime, Unix time) as of the last refresh that read them, absent when there is none.";
    POOL_SCALING_LAST_NOT_SCALED: Gauge "workspaces_pool_scaling_last_not_scaled_timestamp_seconds", Pool ["reason"], "DescribeScalingActivities: newest StartTime by NotScaledReasons[].Code",
        "When the pool was last not scaled for this reason (newest StartTime by NotScaledReasons[].Code, Unix time) as of the last refresh that read the activities, absent when there is none.";
}
