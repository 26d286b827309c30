//! Families of AppStream fleets, stacks and streaming sessions.

use super::section;

section! {
    /// Fleets and their capacity.
    FLEETS = "AppStream fleets",
    "One series per fleet and label set, for every fleet that `DescribeFleets` lists. A number that AWS leaves out has no series.";

    FLEET_INFO: Gauge "appstream_fleet_info", Fleet ["fleet_type", "instance_type", "platform", "image", "stream_view", "display_name"], "DescribeFleets: FleetType, InstanceType, Platform, ImageName or the last part of ImageArn, StreamView, DisplayName",
        "Fixed properties of the fleet (FleetType, InstanceType, Platform, ImageName, StreamView, DisplayName) as of the last refresh, always 1, with an empty label where AWS gives none.";
    FLEET_TAGS: Gauge "appstream_fleet_tags", Fleet, "ListTagsForResource: Tags",
        "Tags of the fleet (Tags of ListTagsForResource) that tags.labels names, as labels tag_… that are empty where the fleet has no such tag, as of the last refresh that read them, always 1.";
    FLEET_STATE: Gauge "appstream_fleet_state", Fleet ["state"], "DescribeFleets: State",
        "Whether the fleet's State was this one at the last refresh: 1 for the present state, 0 for the others.";
    FLEET_INSTANCES_DESIRED: Gauge "appstream_fleet_instances_desired", Fleet, "DescribeFleets: ComputeCapacityStatus.Desired",
        "Desired number of streaming instances (ComputeCapacityStatus.Desired) as of the last refresh.";
    FLEET_INSTANCES_RUNNING: Gauge "appstream_fleet_instances_running", Fleet, "DescribeFleets: ComputeCapacityStatus.Running",
        "Streaming instances that are running (ComputeCapacityStatus.Running) as of the last refresh.";
    FLEET_INSTANCES_IN_USE: Gauge "appstream_fleet_instances_in_use", Fleet, "DescribeFleets: ComputeCapacityStatus.InUse",
        "Streaming instances in use (ComputeCapacityStatus.InUse) as of the last refresh.";
    FLEET_INSTANCES_AVAILABLE: Gauge "appstream_fleet_instances_available", Fleet, "DescribeFleets: ComputeCapacityStatus.Available",
        "Streaming instances that a user could get now (ComputeCapacityStatus.Available) as of the last refresh.";
    FLEET_INSTANCES_DRAINING: Gauge "appstream_fleet_instances_draining", Fleet, "DescribeFleets: ComputeCapacityStatus.Draining",
        "Streaming instances in drain mode (ComputeCapacityStatus.Draining, multi-session fleets only) as of the last refresh.";
    FLEET_USER_SESSIONS_DESIRED: Gauge "appstream_fleet_user_sessions_desired", Fleet, "DescribeFleets: ComputeCapacityStatus.DesiredUserSessions",
        "Session slots running or pending (ComputeCapacityStatus.DesiredUserSessions, multi-session fleets only) as of the last refresh.";
    FLEET_USER_SESSIONS_ACTUAL: Gauge "appstream_fleet_user_sessions_actual", Fleet, "DescribeFleets: ComputeCapacityStatus.ActualUserSessions",
        "Session slots that are available or streaming (ComputeCapacityStatus.ActualUserSessions, multi-session fleets only) as of the last refresh.";
    FLEET_USER_SESSIONS_ACTIVE: Gauge "appstream_fleet_user_sessions_active", Fleet, "DescribeFleets: ComputeCapacityStatus.ActiveUserSessions",
        "Session slots used for streaming (ComputeCapacityStatus.ActiveUserSessions, multi-session fleets only) as of the last refresh.";
    FLEET_USER_SESSIONS_AVAILABLE: Gauge "appstream_fleet_user_sessions_available", Fleet, "DescribeFleets: ComputeCapacityStatus.AvailableUserSessions",
        "Session slots that are idle (ComputeCapacityStatus.AvailableUserSessions, multi-session fleets only) as of the last refresh.";
    FLEET_USER_SESSIONS_DRAIN_ACTIVE: Gauge "appstream_fleet_user_sessions_drain_active", Fleet, "DescribeFleets: ComputeCapacityStatus.DrainModeActiveUserSessions",
        "Active user sessions on instances in drain mode (ComputeCapacityStatus.DrainModeActiveUserSessions, multi-session fleets only) as of the last refresh.";
    FLEET_USER_SESSIONS_DRAIN_UNUSED: Gauge "appstream_fleet_user_sessions_drain_unused", Fleet, "DescribeFleets: ComputeCapacityStatus.DrainModeUnusedUserSessions",
        "Unused session slots on instances in drain mode (ComputeCapacityStatus.DrainModeUnusedUserSessions, multi-session fleets only) as of the last refresh.";
    FLEET_MAX_SESSIONS_PER_INSTANCE: Gauge "appstream_fleet_max_sessions_per_instance", Fleet, "DescribeFleets: MaxSessionsPerInstance",
        "Most user sessions on one instance (MaxSessionsPerInstance, multi-session fleets only) as of the last refresh.";
    FLEET_MAX_CONCURRENT_SESSIONS: Gauge "appstream_fleet_max_concurrent_sessions", Fleet, "DescribeFleets: MaxConcurrentSessions",
        "Most sessions at one time (MaxConcurrentSessions, elastic fleets only) as of the last refresh.";
    FLEET_MAX_USER_DURATION: Gauge "appstream_fleet_max_user_duration_seconds", Fleet, "DescribeFleets: MaxUserDurationInSeconds",
        "Longest time that a session can stay active (MaxUserDurationInSeconds) as of the last refresh.";
    FLEET_DISCONNECT_TIMEOUT: Gauge "appstream_fleet_disconnect_timeout_seconds", Fleet, "DescribeFleets: DisconnectTimeoutInSeconds",
        "Time for which a session outlives a disconnection (DisconnectTimeoutInSeconds) as of the last refresh.";
    FLEET_IDLE_DISCONNECT_TIMEOUT: Gauge "appstream_fleet_idle_disconnect_timeout_seconds", Fleet, "DescribeFleets: IdleDisconnectTimeoutInSeconds",
        "Idle time after which a user is disconnected, 0 for never (IdleDisconnectTimeoutInSeconds) as of the last refresh.";
    FLEET_CREATED: Gauge "appstream_fleet_created_timestamp_seconds", Fleet, "DescribeFleets: CreatedTime",
        "When the fleet was created (CreatedTime, Unix time) as of the last refresh.";
    FLEET_DEFAULT_INTERNET_ACCESS: Gauge "appstream_fleet_default_internet_access", Fleet, "DescribeFleets: EnableDefaultInternetAccess",
        "Whether default internet access is enabled (EnableDefaultInternetAccess, 1 or 0) as of the last refresh.";
    FLEET_ROOT_VOLUME_SIZE: Gauge "appstream_fleet_root_volume_size_bytes", Fleet, "DescribeFleets: RootVolumeConfig.VolumeSizeInGb × 2³⁰",
        "Size of the root volume of an instance (RootVolumeConfig.VolumeSizeInGb, in bytes) as of the last refresh.";
    FLEET_IMDSV1_DISABLED: Gauge "appstream_fleet_imdsv1_disabled", Fleet, "DescribeFleets: DisableIMDSV1",
        "Whether version 1 of the instance metadata service is disabled (DisableIMDSV1, 1 or 0) as of the last refresh.";
    FLEET_ERRORS: Gauge "appstream_fleet_errors", Fleet ["error_code"], "DescribeFleets: FleetErrors[].ErrorCode",
        "Entries of FleetErrors with this ErrorCode as of the last refresh, with no series when there are none.";
}

section! {
    /// Stacks and what they are associated with.
    STACKS = "AppStream stacks",
    "One series per stack, and per associated pair of a fleet and a stack.";

    STACK_INFO: Gauge "appstream_stack_info", Stack ["display_name"], "DescribeStacks: Name, DisplayName",
        "Fixed properties of the stack (DisplayName) as of the last refresh, always 1.";
    STACK_TAGS: Gauge "appstream_stack_tags", Stack, "ListTagsForResource: Tags",
        "Tags of the stack (Tags of ListTagsForResource) that tags.labels names, as labels tag_… that are empty where the stack has no such tag, as of the last refresh that read them, always 1.";
    STACK_FLEET_ASSOCIATION: Gauge "appstream_stack_fleet_association", FleetStack, "ListAssociatedStacks: Names",
        "The fleet and the stack are associated (Names of ListAssociatedStacks) as of the last refresh, always 1.";
    STACK_ERRORS: Gauge "appstream_stack_errors", Stack ["error_code"], "DescribeStacks: StackErrors[].ErrorCode",
        "Entries of StackErrors with this ErrorCode as of the last refresh, with no series when there are none.";
}

section! {
    /// Streaming sessions.
    SESSIONS = "AppStream sessions",
    "`DescribeSessions` is called for each associated pair of fleet and stack and each configured authentication type, less often for types without sessions (docs/sizing.md says when). Each session `Id` counts once within its pair. A pair shows the authentication types in which it has had a session since the exporter started, 0 when there is none now. A pair without any shows the types of its region, or all configured types when the region has had no session. Each type is read on its own: one that fails keeps its last good count until `refresh.max_age`, then its series are removed. A type that AWS refuses is not supported: it has no series, and is no failure unless AWS refuses every type. Users, draining sessions, oldest starts and next expiration need all supported types of the pair. Instances need all pairs of the fleet, are absent while the fleet reports more in use than sessions were found, and where a filter leaves out one of its stacks. While `DescribeFleets` or `ListAssociatedStacks` fails, sessions are read for the pairs of the last good list, and the collector of that list fails. Once the associations of a fleet are older than `refresh.max_age`, its sessions are neither read nor shown, and `appstream_sessions` fails too. Starts, ends and durations come from comparing each list with the last good list of the same pair and authentication type, so their resolution is `refresh.interval`: a failed or partial read ends nothing, and a session that was running when its list was first read is not a start. Sessions of an association that AWS no longer lists are in the durations of the fleet, which are kept as long as the fleet exists. All these counts begin at 0 when the exporter starts, and when a fleet is deleted and created again.";

    SESSION_COUNT: Gauge "appstream_sessions", FleetStack ["authentication_type", "state", "connection_state"], "DescribeSessions: Sessions[] by AuthenticationType, State, ConnectionState",
        "Streaming sessions by AuthenticationType, State and ConnectionState as of the last refresh, with connection_state UNKNOWN where AWS gives none.";
    SESSION_USERS: Gauge "appstream_session_users", FleetStack, "DescribeSessions: distinct Sessions[].UserId, State not EXPIRED",
        "Distinct users (UserId) of this fleet in this stack with a session that is not EXPIRED as of the last refresh, not to be summed over stacks.";
    SESSION_INSTANCES: Gauge "appstream_session_instances", Fleet, "DescribeSessions: distinct Sessions[].InstanceId, State not EXPIRED",
        "Distinct instances (InstanceId) with a session that is not EXPIRED, over all stacks of the fleet, as of the last refresh.";
    SESSION_OLDEST_START: Gauge "appstream_sessions_oldest_start_timestamp_seconds", FleetStack, "DescribeSessions: smallest Sessions[].StartTime, State not EXPIRED",
        "When the oldest session that is not EXPIRED began (smallest StartTime, Unix time) as of the last refresh, absent when there is none.";
    SESSION_DRAINING: Gauge "appstream_sessions_draining", FleetStack, "DescribeSessions: Sessions[], InstanceDrainStatus DRAINING, State not EXPIRED",
        "Sessions that are not EXPIRED on an instance in drain mode (InstanceDrainStatus DRAINING) as of the last refresh.";
    SESSION_PENDING_OLDEST_START: Gauge "appstream_sessions_pending_oldest_start_timestamp_seconds", FleetStack, "DescribeSessions: smallest Sessions[].StartTime, State PENDING",
        "When the oldest PENDING session began (smallest StartTime, Unix time) as of the last refresh, absent when there is none.";
    SESSION_NEXT_EXPIRATION: Gauge "appstream_sessions_next_expiration_timestamp_seconds", FleetStack, "DescribeSessions: smallest Sessions[].MaxExpirationTime, State not EXPIRED",
        "When the first of the sessions that are not EXPIRED will be cut off (smallest MaxExpirationTime, Unix time) as of the last refresh, absent when there is none.";
    SESSIONS_STARTED: Counter "appstream_sessions_started_total", FleetStack, "DescribeSessions: Sessions[].Id that the last good list did not have",
        "Sessions that appeared in DescribeSessions since the exporter first read the pair, without those that its first list had.";
    SESSIONS_ENDED: Counter "appstream_sessions_ended_total", FleetStack, "DescribeSessions: Sessions[].Id that a complete list no longer has, or has as EXPIRED",
        "Sessions that a complete list of DescribeSessions no longer had or had as EXPIRED, since the exporter first read the pair.";
    SESSION_DURATION: Histogram "appstream_session_duration_seconds", Fleet, "DescribeSessions: StartTime to the refresh at which the end was seen",
        "Time from StartTime of a session to the refresh at which its end was seen, over all stacks of the fleet, with a native histogram in the protobuf format.";
    SESSIONS_DISCONNECTED_OLDEST: Gauge "appstream_sessions_disconnected_oldest_timestamp_seconds", FleetStack, "DescribeSessions: ConnectionState NOT_CONNECTED, State not EXPIRED",
        "Since when the longest-disconnected session that is not EXPIRED has been seen NOT_CONNECTED (Unix time), as of the last refresh, absent when there is none.";
}
