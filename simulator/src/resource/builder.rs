//! AppStream image builders, app block builders and images as the simulated account holds them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::resource::fleet::{DEFAULT_CREATED_AT, ResourceError, Settings};

/// An instance on which an image is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageBuilder {
    /// `Name`, unique in the region.
    pub name: String,
    /// `DisplayName`.
    pub display_name: Option<String>,
    /// `ImageArn` of the image that it was started from.
    pub image_arn: Option<String>,
    /// `InstanceType`.
    pub instance_type: Option<Cow<'static, str>>,
    /// `Platform`.
    pub platform: Option<Cow<'static, str>>,
    /// `State`.
    pub state: Option<Cow<'static, str>>,
    /// `AppstreamAgentVersion`.
    pub agent_version: Option<String>,
    /// `LatestAppstreamAgentVersion`: `TRUE` or `FALSE`.
    pub agent_latest: Option<Cow<'static, str>>,
    /// `CreatedTime`, in seconds since the Unix epoch.
    pub created_at: Option<f64>,
    /// `ImageBuilderErrors`; empty leaves the member out.
    #[serde(default)]
    pub errors: Vec<ResourceError>,
    /// Members that are stored and answered but mean nothing here.
    #[serde(default)]
    pub(crate) settings: Settings,
    /// Tags, which only `ListTagsForResource` returns.
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    /// When the state changes by itself.
    pub(crate) state_changes_at: Option<f64>,
}

/// An instance on which an app block is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppBlockBuilder {
    /// `Name`, unique in the region.
    pub name: String,
    /// `DisplayName`.
    pub display_name: Option<String>,
    /// `InstanceType`.
    pub instance_type: Option<Cow<'static, str>>,
    /// `Platform`.
    pub platform: Option<Cow<'static, str>>,
    /// `State`: `STARTING`, `RUNNING`, `STOPPING` or `STOPPED`.
    pub state: Option<Cow<'static, str>>,
    /// `CreatedTime`, in seconds since the Unix epoch.
    pub created_at: Option<f64>,
    /// `AppBlockBuilderErrors`; empty leaves the member out.
    #[serde(default)]
    pub errors: Vec<ResourceError>,
    /// Members that are stored and answered but mean nothing here.
    #[serde(default)]
    pub(crate) settings: Settings,
    /// Tags, which only `ListTagsForResource` returns.
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    /// When the state changes by itself.
    pub(crate) state_changes_at: Option<f64>,
}

/// An image: of the account, shared with it by another, or of AWS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// `Name`.
    pub name: String,
    /// The account in `Arn`: `None` for the one that answers, empty for AWS.
    pub owner: Option<String>,
    /// `DisplayName`.
    pub display_name: Option<String>,
    /// `State`.
    pub state: Option<Cow<'static, str>>,
    /// `Visibility`: `PUBLIC`, `PRIVATE` or `SHARED`.
    pub visibility: Option<Cow<'static, str>>,
    /// `Platform`.
    pub platform: Option<Cow<'static, str>>,
    /// `AppstreamAgentVersion`.
    pub agent_version: Option<String>,
    /// `LatestAppstreamAgentVersion`: `TRUE` or `FALSE`.
    pub agent_latest: Option<Cow<'static, str>>,
    /// `BaseImageArn`.
    pub base_image_arn: Option<String>,
    /// `ImageType`.
    pub image_type: Option<Cow<'static, str>>,
    /// `CreatedTime`, in seconds since the Unix epoch.
    pub created_at: Option<f64>,
    /// `PublicBaseImageReleasedDate`, in seconds since the Unix epoch.
    pub base_released_at: Option<f64>,
    /// `ImageErrors`; empty leaves the member out.
    #[serde(default)]
    pub errors: Vec<ResourceError>,
}

impl ImageBuilder {
    /// An image builder that is running and has the latest agent.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            display_name: None,
            image_arn: None,
            instance_type: Some("stream.standard.medium".into()),
            platform: Some("WINDOWS_SERVER_2022".into()),
            state: Some("RUNNING".into()),
            agent_version: Some("04-01-2026".to_owned()),
            agent_latest: Some("TRUE".into()),
            created_at: Some(DEFAULT_CREATED_AT),
            errors: Vec::new(),
            settings: Settings::new(),
            tags: BTreeMap::new(),
            state_changes_at: None,
        }
    }

    /// Sets the state.
    pub fn state(mut self, state: impl Into<Cow<'static, str>>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Changes any other member in place.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl AppBlockBuilder {
    /// An app block builder that is running.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            display_name: None,
            instance_type: Some("stream.standard.medium".into()),
            platform: Some("WINDOWS_SERVER_2019".into()),
            state: Some("RUNNING".into()),
            created_at: Some(DEFAULT_CREATED_AT),
            errors: Vec::new(),
            settings: Settings::new(),
            tags: BTreeMap::new(),
            state_changes_at: None,
        }
    }

    /// Sets the state.
    pub fn state(mut self, state: impl Into<Cow<'static, str>>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Changes any other member in place.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl Image {
    /// An image of the account that fleets can use, with the latest agent.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            owner: None,
            display_name: None,
            state: Some("AVAILABLE".into()),
            visibility: Some("PRIVATE".into()),
            platform: Some("WINDOWS_SERVER_2022".into()),
            agent_version: Some("04-01-2026".to_owned()),
            agent_latest: Some("TRUE".into()),
            base_image_arn: None,
            image_type: Some("CUSTOM".into()),
            created_at: Some(DEFAULT_CREATED_AT),
            base_released_at: Some(DEFAULT_CREATED_AT),
            errors: Vec::new(),
        }
    }

    /// Makes this an image of AWS, whose ARN has no account.
    pub fn public(mut self) -> Self {
        self.owner = Some(String::new());
        self.visibility = Some("PUBLIC".into());
        self
    }

    /// Makes this an image that another account shares with the one that answers.
    pub fn shared_by(mut self, account_id: impl Into<String>) -> Self {
        self.owner = Some(account_id.into());
        self.visibility = Some("SHARED".into());
        self
    }

    /// Changes any other member in place.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}
