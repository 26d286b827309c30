//! Families of WorkSpaces Pools and their sessions.

use super::section;

section! {
    /// WorkSpaces Pools.
    POOLS = "WorkSpaces Pools",
    "AWS ends WorkSpaces Pools on 31 December 2027; `collectors.workspaces_pools: false` and `collectors.workspaces_pool_sessions: false` switch these families off. One series per pool that `DescribeWorkspacesPools` lists.";

    POOL_INFO: Gauge "workspaces_pool_info", Pool ["bundle_id", "directory_id", "running_mode"], "DescribeWorkspacesPools: BundleId, DirectoryId, RunningMode",
        "Fixed properties of the pool (BundleId, DirectoryId, RunningMode) as of the last refresh, always 1.";
    POOL_TAGS: Gauge "workspaces_pool_tags", Pool, "DescribeTags: TagList",
        "Tags of the pool (TagList of DescribeTags) that tags.labels names, as labels tag_… that are empty where the pool has no such tag, as of the last refresh that read them, always 1.";
    POOL_STATE: Gauge "workspaces_pool_state", Pool ["state"], "DescribeWorkspacesPools: State",
        "Whether the pool's State was this one at the last refresh: 1 for the present state, 0 for the others.";
    POOL_USER_SESSIONS_DESIRED: Gauge "workspaces_pool_user_sessions_desired", Pool, "DescribeWorkspacesPools: CapacityStatus.DesiredUserSessions",
        "Session slots running or pending (CapacityStatus.DesiredUserSessions) as of the last refresh.";
    POOL_USER_SESSIONS_ACTUAL: Gauge "workspaces_pool_user_sessions_actual", Pool, "DescribeWorkspacesPools: CapacityStatus.ActualUserSessions",
        "Session slots that are available or streaming (CapacityStatus.ActualUserSessions) as of the last refresh.";
    POOL_USER_SESSIONS_ACTIVE: Gauge "workspaces_pool_user_sessions_active", Pool, "DescribeWorkspacesPools: CapacityStatus.ActiveUserSessions",
        "Session slots used for streaming (CapacityStatus.ActiveUserSessions) as of the last refresh.";
    POOL_USER_SESSIONS_AVAILABLE: Gauge "workspaces_pool_user_sessions_available", Pool, "DescribeWorkspacesPools: CapacityStatus.AvailableUserSessions",
        "Session slots that a user could get now (CapacityStatus.AvailableUserSessions) as of the last refresh.";
    POOL_MAX_USER_DURATION: Gauge "workspaces_pool_max_user_duration_seconds", Pool, "DescribeWorkspacesPools: TimeoutSettings.MaxUserDurationInSeconds",
        "Longest time that a session can stay active (TimeoutSettings.MaxUserDurationInSeconds) as of the last refresh.";
    POOL_DISCONNECT_TIMEOUT: Gauge "workspaces_pool_disconnect_timeout_seconds", Pool, "DescribeWorkspacesPools: TimeoutSettings.DisconnectTimeoutInSeconds",
        "Time for which a session outlives a disconnection (TimeoutSettings.DisconnectTimeoutInSeconds) as of the last refresh.";
    POOL_IDLE_DISCONNECT_TIMEOUT: Gauge "workspaces_pool_idle_disconnect_timeout_seconds", Pool, "DescribeWorkspacesPools: TimeoutSettings.IdleDisconnectTimeoutInSeconds",
        "Idle time after which a user is disconnected (TimeoutSettings.IdleDisconnectTimeoutInSeconds) as of the last refresh.";
    POOL_CREATED: Gauge "workspaces_pool_created_timestamp_seconds", Pool, "DescribeWorkspacesPools: CreatedAt",
        "When the pool was created (CreatedAt, Unix time) as of the last refresh.";
    POOL_ERRORS: Gauge "workspaces_pool_errors", Pool ["error_code"], "DescribeWorkspacesPools: Errors[].ErrorCode",
        "Entries of Errors with this ErrorCode as of the last refresh, with no series when there are none.";
    POOL_SESSIONS: Gauge "workspaces_pool_sessions", Pool ["authentication_type", "connection_state"], "DescribeWorkspacesPoolSessions: Sessions[] by AuthenticationType, ConnectionState",
        "Sessions of the pool by AuthenticationType and ConnectionState as of the last refresh, with UNKNOWN where AWS gives none.";
    POOL_SESSION_USERS: Gauge "workspaces_pool_session_users", Pool, "DescribeWorkspacesPoolSessions: distinct Sessions[].UserId",
        "Distinct users (UserId) with a session as of the last refresh.";
    POOL_SESSIONS_OLDEST_START: Gauge "workspaces_pool_sessions_oldest_start_timestamp_seconds", Pool, "DescribeWorkspacesPoolSessions: smallest Sessions[].StartTime",
        "When the oldest session began (smallest StartTime, Unix time) as of the last refresh, absent when there is none.";
    POOL_SESSIONS_STARTED: Counter "workspaces_pool_sessions_started_total", Pool, "DescribeWorkspacesPoolSessions: Sessions[].SessionId that the last good list did not have",
        "Sessions that appeared in DescribeWorkspacesPoolSessions since the exporter first read the pool, without those that its first list had.";
    POOL_SESSIONS_ENDED: Counter "workspaces_pool_sessions_ended_total", Pool, "DescribeWorkspacesPoolSessions: Sessions[].SessionId that a complete list no longer has",
        "Sessions that a complete list of DescribeWorkspacesPoolSessions no longer had, since the exporter first read the pool.";
    POOL_SESSION_DURATION: Histogram "workspaces_pool_session_duration_seconds", Pool, "DescribeWorkspacesPoolSessions: StartTime to the refresh at which the end was seen",
        "Time from StartTime of a session to the refresh at which its end was seen, with a native histogram in the protobuf format.";
}
