//! Images that fleets and image builders use.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{ErrorCounts, ImageArn, Label};

/// The states of an image that AWS documents.
pub const IMAGE_STATES: [&str; 8] = [
    "PENDING",
    "AVAILABLE",
    "FAILED",
    "COPYING",
    "DELETING",
    "CREATING",
    "IMPORTING",
    "VALIDATING",
];

/// An image from `DescribeImages`. Missing values are `None` or empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// `Platform`.
    pub platform: Option<String>,
    /// `AppstreamAgentVersion`.
    pub agent_version: Option<String>,
    /// `BaseImageArn`.
    pub base_image_arn: Option<ImageArn>,
    /// `ImageType`.
    pub image_type: Option<String>,
    /// `DisplayName`.
    pub display_name: Option<String>,
    /// `State`.
    pub state: Option<Label>,
    /// `CreatedTime`, Unix time in seconds.
    pub created: Option<f64>,
    /// `PublicBaseImageReleasedDate`, Unix time in seconds.
    pub base_released: Option<f64>,
    /// `LatestAppstreamAgentVersion`; `None` also for a value that is not TRUE or FALSE.
    pub is_agent_latest: Option<bool>,
    /// `ImageErrors`, counted by `ErrorCode`.
    pub errors: ErrorCounts,
}

/// `Name` and `Visibility` of an image, which identify its series. Two accounts can
/// share images of one name: the series are of one of them.
pub type ImageKey = (String, String);

/// The response for the requested images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Images {
    /// All requested images, including those that AWS does not find.
    pub asked: BTreeSet<ImageArn>,
    /// The images that AWS returned.
    pub found: Arc<BTreeMap<ImageKey, Image>>,
}
