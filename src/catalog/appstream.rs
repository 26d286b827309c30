//! Families of AppStream fleets, stacks and streaming sessions.

use super::section;

section! {
    /// Fleets and their capacity.
    FLEETS = "AppStream fleets",
    "Only multi-session fleets have session slots. In single-session fleets, each session has its own instance.";

    FLEET_INFO: Gauge "appstream_fleet_info", Fleet ["fleet_type", "instance_type", "platform", "image", "stream_view", "display_name"], "DescribeFleets",
        "Fleet properties (FleetType, InstanceType, Platform, ImageName or ImageArn, StreamView, DisplayName).";
    FLEET_TAGS: Gauge "appstream_fleet_tags", Fleet, "ListTagsForResource",
        "Fleet tags listed in tags.labels, each as a label with the prefix tag_.";
    FLEET_STATE: Gauge "appstream_fleet_state", Fleet ["state"], "DescribeFleets",
        "Whether the fleet is in this state (State).";
    FLEET_INSTANCES_DESIRED: Gauge "appstream_fleet_instances_desired", Fleet, "DescribeFleets",
        "Desired instances (ComputeCapacityStatus.Desired).";
    FLEET_INSTANCES_RUNNING: Gauge "appstream_fleet_instances_running", Fleet, "DescribeFleets",
        "Running instances (ComputeCapacityStatus.Running).";
    FLEET_INSTANCES_IN_USE: Gauge "appstream_fleet_instances_in_use", Fleet, "DescribeFleets",
        "Instances in use for streaming (ComputeCapacityStatus.InUse).";
    FLEET_INSTANCES_AVAILABLE: Gauge "appstream_fleet_instances_available", Fleet, "DescribeFleets",
        "Instances ready for users (ComputeCapacityStatus.Available).";
    FLEET_INSTANCES_DRAINING: Gauge "appstream_fleet_instances_draining", Fleet, "DescribeFleets",
        "Instances of a multi-session fleet in drain mode (ComputeCapacityStatus.Draining).";
    FLEET_USER_SESSIONS_DESIRED: Gauge "appstream_fleet_user_sessions_desired", Fleet, "DescribeFleets",
        "Running and pending session slots (ComputeCapacityStatus.DesiredUserSessions).";
    FLEET_USER_SESSIONS_ACTUAL: Gauge "appstream_fleet_user_sessions_actual", Fleet, "DescribeFleets",
        "Session slots that are streaming or available (ComputeCapacityStatus.ActualUserSessions).";
    FLEET_USER_SESSIONS_ACTIVE: Gauge "appstream_fleet_user_sessions_active", Fleet, "DescribeFleets",
        "Session slots that are streaming (ComputeCapacityStatus.ActiveUserSessions).";
    FLEET_USER_SESSIONS_AVAILABLE: Gauge "appstream_fleet_user_sessions_available", Fleet, "DescribeFleets",
        "Idle session slots (ComputeCapacityStatus.AvailableUserSessions).";
    FLEET_USER_SESSIONS_DRAIN_ACTIVE: Gauge "appstream_fleet_user_sessions_drain_active", Fleet, "DescribeFleets",
        "Active sessions on draining instances (ComputeCapacityStatus.DrainModeActiveUserSessions).";
    FLEET_USER_SESSIONS_DRAIN_UNUSED: Gauge "appstream_fleet_user_sessions_drain_unused", Fleet, "DescribeFleets",
        "Unused session slots on draining instances (ComputeCapacityStatus.DrainModeUnusedUserSessions).";
    FLEET_MAX_SESSIONS_PER_INSTANCE: Gauge "appstream_fleet_max_sessions_per_instance", Fleet, "DescribeFleets",
        "Maximum sessions on one instance of a multi-session fleet (MaxSessionsPerInstance).";
    FLEET_MAX_CONCURRENT_SESSIONS: Gauge "appstream_fleet_max_concurrent_sessions", Fleet, "DescribeFleets",
        "Maximum concurrent sessions of an elastic fleet (MaxConcurrentSessions).";
    FLEET_MAX_USER_DURATION: Gauge "appstream_fleet_max_user_duration_seconds", Fleet, "DescribeFleets",
        "Maximum duration of a session (MaxUserDurationInSeconds).";
    FLEET_DISCONNECT_TIMEOUT: Gauge "appstream_fleet_disconnect_timeout_seconds", Fleet, "DescribeFleets",
        "Time that a session stays active after its user disconnects (DisconnectTimeoutInSeconds).";
    FLEET_IDLE_DISCONNECT_TIMEOUT: Gauge "appstream_fleet_idle_disconnect_timeout_seconds", Fleet, "DescribeFleets",
        "Idle time after which a user is disconnected; 0 means never (IdleDisconnectTimeoutInSeconds).";
    FLEET_CREATED: Gauge "appstream_fleet_created_timestamp_seconds", Fleet, "DescribeFleets",
        "Creation time of the fleet (CreatedTime).";
    FLEET_DEFAULT_INTERNET_ACCESS: Gauge "appstream_fleet_default_internet_access", Fleet, "DescribeFleets",
        "Whether default internet access is enabled (EnableDefaultInternetAccess).";
    FLEET_ROOT_VOLUME_SIZE: Gauge "appstream_fleet_root_volume_size_bytes", Fleet, "DescribeFleets",
        "Size of an instance's root volume (RootVolumeConfig.VolumeSizeInGb).";
    FLEET_IMDSV1_DISABLED: Gauge "appstream_fleet_imdsv1_disabled", Fleet, "DescribeFleets",
        "Whether IMDSv1 is disabled (DisableIMDSV1).";
    FLEET_ERRORS: Gauge "appstream_fleet_errors", Fleet ["error_code"], "DescribeFleets",
        "Number of FleetErrors with this ErrorCode; absent if zero.";
}

section! {
    /// Stacks and what they are associated with.
    STACKS = "AppStream stacks",
    "Stacks and their associated fleets.";

    STACK_INFO: Gauge "appstream_stack_info", Stack ["display_name"], "DescribeStacks",
        "The stack's display name, as a label (DisplayName).";
    STACK_TAGS: Gauge "appstream_stack_tags", Stack, "ListTagsForResource",
        "Stack tags listed in tags.labels, each as a label with the prefix tag_.";
    STACK_FLEET_ASSOCIATION: Gauge "appstream_stack_fleet_association", FleetStack, "ListAssociatedStacks",
        "Association of the fleet with the stack.";
    STACK_ERRORS: Gauge "appstream_stack_errors", Stack ["error_code"], "DescribeStacks",
        "Number of StackErrors with this ErrorCode; absent if zero.";
}

section! {
    /// Streaming sessions.
    SESSIONS = "AppStream sessions",
    "A session is *unexpired* if its State is not EXPIRED. Each session is counted once per fleet and stack.\n\n\
    - `appstream_sessions` has series for each authentication type in which the fleet and stack had a session since the exporter started.\n\
    - The exporter queries authentication types without sessions less often: see [docs/sizing.md](docs/sizing.md). If AWS rejects an authentication type as unsupported, the type has no series. The collector fails only if AWS rejects all types.\n\
    - Metrics about users, draining sessions, oldest starts and expirations are absent until all supported authentication types have been queried.\n\
    - `appstream_session_instances` needs the sessions of all stacks of the fleet. It is absent while a filter excludes one of the stacks, or while AWS reports more instances in use than the exporter has found sessions.\n\
    - To detect starts and ends of sessions, the exporter compares consecutive session lists, so the resolution is `refresh.interval`. Sessions in the first list do not count as started. If an API call fails, no session counts as ended. The counters reset when the exporter restarts or the fleet is recreated.";

    SESSION_COUNT: Gauge "appstream_sessions", FleetStack ["authentication_type", "state", "connection_state"], "DescribeSessions",
        "Sessions by AuthenticationType, State and ConnectionState; a value that AWS omits is UNKNOWN.";
    SESSION_USERS: Gauge "appstream_session_users", FleetStack, "DescribeSessions",
        "Distinct users with an unexpired session (UserId); do not sum over stacks.";
    SESSION_INSTANCES: Gauge "appstream_session_instances", Fleet, "DescribeSessions",
        "Distinct instances with an unexpired session in any stack of the fleet (InstanceId).";
    SESSION_OLDEST_START: Gauge "appstream_sessions_oldest_start_timestamp_seconds", FleetStack, "DescribeSessions",
        "Start of the oldest unexpired session (StartTime); absent if none.";
    SESSION_DRAINING: Gauge "appstream_sessions_draining", FleetStack, "DescribeSessions",
        "Unexpired sessions on draining instances (InstanceDrainStatus DRAINING).";
    SESSION_PENDING_OLDEST_START: Gauge "appstream_sessions_pending_oldest_start_timestamp_seconds", FleetStack, "DescribeSessions",
        "Start of the oldest PENDING session (StartTime); absent if none.";
    SESSION_NEXT_EXPIRATION: Gauge "appstream_sessions_next_expiration_timestamp_seconds", FleetStack, "DescribeSessions",
        "Earliest expiration time of an unexpired session (MaxExpirationTime); absent if none.";
    SESSIONS_STARTED: Counter "appstream_sessions_started_total", FleetStack, "DescribeSessions",
        "Sessions that appeared in DescribeSessions after the first call for the fleet and stack.";
    SESSIONS_ENDED: Counter "appstream_sessions_ended_total", FleetStack, "DescribeSessions",
        "Sessions that expired or disappeared from DescribeSessions after the first call for the fleet and stack.";
    SESSION_DURATION: Histogram "appstream_session_duration_seconds", Fleet, "DescribeSessions",
        "Session durations from StartTime to the refresh that detected the end.";
    SESSIONS_DISCONNECTED_OLDEST: Gauge "appstream_sessions_disconnected_oldest_timestamp_seconds", FleetStack, "DescribeSessions",
        "Time at which the longest-disconnected unexpired session was first seen as NOT_CONNECTED; absent if none.";
}
