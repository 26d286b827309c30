//! AppStream fleets.

use super::{AccountId, ErrorCounts, FleetName, ImageArn, Label};

/// The states of a fleet that AWS documents.
pub const FLEET_STATES: [&str; 4] = ["STARTING", "RUNNING", "STOPPING", "STOPPED"];

/// A fleet from `DescribeFleets`. Missing values are `None` or empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// `Name`.
    pub name: FleetName,
    /// Account number in `Arn`.
    pub account_id: Option<AccountId>,
    /// `Arn`, by which its tags are read.
    pub arn: Option<String>,
    /// `FleetType`: `ALWAYS_ON`, `ON_DEMAND`, `ELASTIC`.
    pub fleet_type: Option<Label>,
    /// `InstanceType`.
    pub instance_type: Option<String>,
    /// `Platform`.
    pub platform: Option<String>,
    /// `ImageName`, or the last part of `ImageArn`.
    pub image: Option<String>,
    /// `ImageArn`, by which the image is read.
    pub image_arn: Option<ImageArn>,
    /// `StreamView`.
    pub stream_view: Option<String>,
    /// `DisplayName`.
    pub display_name: Option<String>,
    /// `State`.
    pub state: Option<Label>,
    /// `ComputeCapacityStatus`.
    pub capacity: Capacity,
    /// `MaxSessionsPerInstance`; multi-session fleets only.
    pub max_sessions_per_instance: Option<i32>,
    /// `MaxConcurrentSessions`; elastic fleets only.
    pub max_concurrent_sessions: Option<i32>,
    /// `MaxUserDurationInSeconds`.
    pub max_user_duration_seconds: Option<i32>,
    /// `DisconnectTimeoutInSeconds`.
    pub disconnect_timeout_seconds: Option<i32>,
    /// `IdleDisconnectTimeoutInSeconds`.
    pub idle_disconnect_timeout_seconds: Option<i32>,
    /// `CreatedTime`, Unix time in seconds.
    pub created: Option<f64>,
    /// `EnableDefaultInternetAccess`.
    pub default_internet_access: Option<bool>,
    /// `RootVolumeConfig.VolumeSizeInGb`.
    pub root_volume_gib: Option<i32>,
    /// `DisableIMDSV1`.
    pub is_imdsv1_disabled: Option<bool>,
    /// `FleetErrors`, counted by `ErrorCode`.
    pub errors: ErrorCounts,
}

/// `ComputeCapacityStatus` of a fleet: instances, and for multi-session fleets session slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// `Desired` instances.
    pub desired: Option<i32>,
    /// `Running` instances.
    pub running: Option<i32>,
    /// `InUse` instances.
    pub in_use: Option<i32>,
    /// `Available` instances.
    pub available: Option<i32>,
    /// `Draining` instances.
    pub draining: Option<i32>,
    /// `DesiredUserSessions`.
    pub desired_user_sessions: Option<i32>,
    /// `ActualUserSessions`.
    pub actual_user_sessions: Option<i32>,
    /// `ActiveUserSessions`.
    pub active_user_sessions: Option<i32>,
    /// `AvailableUserSessions`.
    pub available_user_sessions: Option<i32>,
    /// `DrainModeActiveUserSessions`.
    pub drain_active_user_sessions: Option<i32>,
    /// `DrainModeUnusedUserSessions`.
    pub drain_unused_user_sessions: Option<i32>,
}
