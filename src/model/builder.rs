//! AppStream image builders and app block builders.

use super::{AccountId, AppBlockBuilderName, ErrorCounts, ImageArn, ImageBuilderName, Label};

/// The states of an image builder that AWS documents.
pub const IMAGE_BUILDER_STATES: [&str; 14] = [
    "PENDING",
    "UPDATING_AGENT",
    "RUNNING",
    "STOPPING",
    "STOPPED",
    "REBOOTING",
    "SNAPSHOTTING",
    "DELETING",
    "FAILED",
    "UPDATING",
    "PENDING_QUALIFICATION",
    "PENDING_SYNCING_APPS",
    "SYNCING_APPS",
    "PENDING_IMAGE_IMPORT",
];
/// The states of an app block builder that AWS documents.
pub const APP_BLOCK_BUILDER_STATES: [&str; 4] = ["STARTING", "RUNNING", "STOPPING", "STOPPED"];

/// An image builder from `DescribeImageBuilders`. Missing values are `None` or empty.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageBuilder {
    /// `Name`.
    pub name: ImageBuilderName,
    /// Account number in `Arn`.
    pub account_id: Option<AccountId>,
    /// `InstanceType`.
    pub instance_type: Option<String>,
    /// `Platform`.
    pub platform: Option<String>,
    /// `ImageArn`.
    pub image_arn: Option<ImageArn>,
    /// `AppstreamAgentVersion`.
    pub agent_version: Option<String>,
    /// `DisplayName`.
    pub display_name: Option<String>,
    /// `State`.
    pub state: Option<Label>,
    /// `CreatedTime`, Unix time in seconds.
    pub created: Option<f64>,
    /// `LatestAppstreamAgentVersion`; `None` also for a value that is not TRUE or FALSE.
    pub is_agent_latest: Option<bool>,
    /// `ImageBuilderErrors`, counted by `ErrorCode`.
    pub errors: ErrorCounts,
}

/// An app block builder from `DescribeAppBlockBuilders`. Missing values are `None` or empty.
#[derive(Clone, Debug, PartialEq)]
pub struct AppBlockBuilder {
    /// `Name`.
    pub name: AppBlockBuilderName,
    /// Account number in `Arn`.
    pub account_id: Option<AccountId>,
    /// `InstanceType`.
    pub instance_type: Option<String>,
    /// `Platform`.
    pub platform: Option<String>,
    /// `DisplayName`.
    pub display_name: Option<String>,
    /// `State`.
    pub state: Option<Label>,
    /// `CreatedTime`, Unix time in seconds.
    pub created: Option<f64>,
    /// `AppBlockBuilderErrors`, counted by `ErrorCode`.
    pub errors: ErrorCounts,
}
