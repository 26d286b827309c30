//! Families of WorkSpaces Pools and their sessions.

use super::section;

section! {
    /// WorkSpaces Pools.
    POOLS = "WorkSpaces Pools",
    "AWS discontinues WorkSpaces Pools on 31 December 2027. To disable pool metrics, set `collectors.workspaces_pools` and `collectors.workspaces_pool_sessions` to `false`.";

    POOL_INFO: Gauge "workspaces_pool_info", Pool ["bundle_id", "directory_id", "running_mode"], "DescribeWorkspacesPools",
        "Pool properties (BundleId, DirectoryId, RunningMode).";
    POOL_TAGS: Gauge "workspaces_pool_tags", Pool, "DescribeTags",
        "Pool tags listed in tags.labels, each as a label with the prefix tag_.";
    POOL_STATE: Gauge "workspaces_pool_state", Pool ["state"], "DescribeWorkspacesPools",
        "Whether the pool is in this state (State).";
    POOL_USER_SESSIONS_DESIRED: Gauge "workspaces_pool_user_sessions_desired", Pool, "DescribeWorkspacesPools",
        "Running and pending session slots (CapacityStatus.DesiredUserSessions).";
    POOL_USER_SESSIONS_ACTUAL: Gauge "workspaces_pool_user_sessions_actual", Pool, "DescribeWorkspacesPools",
        "Session slots that are streaming or available (CapacityStatus.ActualUserSessions).";
    POOL_USER_SESSIONS_ACTIVE: Gauge "workspaces_pool_user_sessions_active", Pool, "DescribeWorkspacesPools",
        "Session slots that are streaming (CapacityStatus.ActiveUserSessions).";
    POOL_USER_SESSIONS_AVAILABLE: Gauge "workspaces_pool_user_sessions_available", Pool, "DescribeWorkspacesPools",
        "Session slots ready for users (CapacityStatus.AvailableUserSessions).";
    POOL_MAX_USER_DURATION: Gauge "workspaces_pool_max_user_duration_seconds", Pool, "DescribeWorkspacesPools",
        "Maximum duration of a session (TimeoutSettings.MaxUserDurationInSeconds).";
    POOL_DISCONNECT_TIMEOUT: Gauge "workspaces_pool_disconnect_timeout_seconds", Pool, "DescribeWorkspacesPools",
        "Time that a session stays active after its user disconnects (TimeoutSettings.DisconnectTimeoutInSeconds).";
    POOL_IDLE_DISCONNECT_TIMEOUT: Gauge "workspaces_pool_idle_disconnect_timeout_seconds", Pool, "DescribeWorkspacesPools",
        "Idle time after which a user is disconnected (TimeoutSettings.IdleDisconnectTimeoutInSeconds).";
    POOL_CREATED: Gauge "workspaces_pool_created_timestamp_seconds", Pool, "DescribeWorkspacesPools",
        "Creation time of the pool (CreatedAt).";
    POOL_ERRORS: Gauge "workspaces_pool_errors", Pool ["error_code"], "DescribeWorkspacesPools",
        "Number of Errors with this ErrorCode; absent if zero.";
    POOL_SESSIONS: Gauge "workspaces_pool_sessions", Pool ["authentication_type", "connection_state"], "DescribeWorkspacesPoolSessions",
        "Sessions by AuthenticationType and ConnectionState; a value that AWS omits is UNKNOWN.";
    POOL_SESSION_USERS: Gauge "workspaces_pool_session_users", Pool, "DescribeWorkspacesPoolSessions",
        "Distinct users with a session (UserId).";
    POOL_SESSIONS_OLDEST_START: Gauge "workspaces_pool_sessions_oldest_start_timestamp_seconds", Pool, "DescribeWorkspacesPoolSessions",
        "Start of the oldest session (StartTime); absent if none.";
    POOL_SESSIONS_STARTED: Counter "workspaces_pool_sessions_started_total", Pool, "DescribeWorkspacesPoolSessions",
        "Sessions that appeared in DescribeWorkspacesPoolSessions after the first call for the pool.";
    POOL_SESSIONS_ENDED: Counter "workspaces_pool_sessions_ended_total", Pool, "DescribeWorkspacesPoolSessions",
        "Sessions that disappeared from DescribeWorkspacesPoolSessions after the first call for the pool.";
    POOL_SESSION_DURATION: Histogram "workspaces_pool_session_duration_seconds", Pool, "DescribeWorkspacesPoolSessions",
        "Session durations from StartTime to the refresh that detected the end.";
}
