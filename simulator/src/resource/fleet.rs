//! AppStream fleets and stacks as the simulated account holds them.
//!
//! Every member AWS may leave out is an `Option` (or an empty list), so a test
//! can withhold it. ARNs are not stored: they follow from account, region and
//! name when an answer is written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::supply::Supply;

/// A fleet of streaming instances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// `Name`, unique in the region.
    pub name: String,
    /// `DisplayName`.
    pub display_name: Option<String>,
    /// `Description`.
    pub description: Option<String>,
    /// `ImageName`.
    pub image_name: Option<String>,
    /// `ImageArn`; derived from the name when it is not set.
    pub image_arn: Option<String>,
    /// `InstanceType`.
    pub instance_type: Option<Cow<'static, str>>,
    /// `FleetType`: `ALWAYS_ON`, `ON_DEMAND` or `ELASTIC`.
    pub fleet_type: Option<Cow<'static, str>>,
    /// `ComputeCapacityStatus`.
    pub capacity: Option<Capacity>,
    /// `MaxUserDurationInSeconds`.
    pub max_user_duration_seconds: Option<i32>,
    /// `DisconnectTimeoutInSeconds`.
    pub disconnect_timeout_seconds: Option<i32>,
    /// `IdleDisconnectTimeoutInSeconds`.
    pub idle_disconnect_timeout_seconds: Option<i32>,
    /// `State`: `STARTING`, `RUNNING`, `STOPPING` or `STOPPED`.
    pub state: Option<Cow<'static, str>>,
    /// `CreatedTime`, in seconds since the Unix epoch.
    pub created_at: Option<f64>,
    /// `FleetErrors`; empty leaves the member out.
    #[serde(default)]
    pub errors: Vec<ResourceError>,
    /// `EnableDefaultInternetAccess`.
    pub default_internet_access: Option<bool>,
    /// `StreamView`: `APP` or `DESKTOP`.
    pub stream_view: Option<Cow<'static, str>>,
    /// `Platform`.
    pub platform: Option<Cow<'static, str>>,
    /// `MaxConcurrentSessions`, set for elastic fleets.
    pub max_concurrent_sessions: Option<i32>,
    /// `MaxSessionsPerInstance`, set for multi-session fleets.
    pub max_sessions_per_instance: Option<i32>,
    /// `RootVolumeConfig.VolumeSizeInGb`.
    pub root_volume_gib: Option<i32>,
    /// `DisableIMDSV1`.
    pub imdsv1_disabled: Option<bool>,
    /// Tags, which only `ListTagsForResource` returns.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Members that are stored and answered but mean nothing here.
    #[serde(default)]
    pub(crate) settings: Settings,
    /// The instances, once an operation has changed the fleet; before that, capacity stays as it was set.
    pub(crate) supply: Option<Supply>,
}

/// Members of the input that are answered as they were given, such as `VpcConfig`.
pub(crate) type Settings = BTreeMap<String, Value>;

/// `ComputeCapacityStatus` of a fleet; what is `None` is left out of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// `Desired` streaming instances.
    pub desired: Option<i32>,
    /// `Running` streaming instances.
    pub running: Option<i32>,
    /// `InUse` streaming instances.
    pub in_use: Option<i32>,
    /// `Available` streaming instances.
    pub available: Option<i32>,
    /// `DesiredUserSessions`, multi-session fleets only.
    pub desired_user_sessions: Option<i32>,
    /// `AvailableUserSessions`, multi-session fleets only.
    pub available_user_sessions: Option<i32>,
    /// `ActiveUserSessions`, multi-session fleets only.
    pub active_user_sessions: Option<i32>,
    /// `ActualUserSessions`, multi-session fleets only.
    pub actual_user_sessions: Option<i32>,
    /// `Draining` instances, multi-session fleets only.
    pub draining: Option<i32>,
    /// `DrainModeActiveUserSessions`, multi-session fleets only.
    pub drain_mode_active_user_sessions: Option<i32>,
    /// `DrainModeUnusedUserSessions`, multi-session fleets only.
    pub drain_mode_unused_user_sessions: Option<i32>,
}

/// A stack, through which users reach fleets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// `Name`, unique in the region.
    pub name: String,
    /// `DisplayName`.
    pub display_name: Option<String>,
    /// `Description`.
    pub description: Option<String>,
    /// `CreatedTime`, in seconds since the Unix epoch.
    pub created_at: Option<f64>,
    /// `StackErrors`; empty leaves the member out.
    #[serde(default)]
    pub errors: Vec<ResourceError>,
    /// Tags, which only `ListTagsForResource` returns.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Members that are stored and answered but mean nothing here.
    #[serde(default)]
    pub(crate) settings: Settings,
}

/// One entry of `FleetErrors`, `StackErrors` or a pool's `Errors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceError {
    /// `ErrorCode`.
    pub code: Option<Cow<'static, str>>,
    /// `ErrorMessage`.
    pub message: Option<String>,
}

/// 2024-01-01T00:00:00Z: a creation time for resources that were given none.
pub(crate) const DEFAULT_CREATED_AT: f64 = 1_704_067_200.0;

/// A count as AWS sends it.
pub(crate) fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl Fleet {
    /// A running always-on fleet of one idle instance, with AWS's default timeouts.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            display_name: None,
            description: None,
            image_name: Some("Base-Image-WinServer2022".to_owned()),
            image_arn: None,
            instance_type: Some("stream.standard.medium".into()),
            fleet_type: Some("ALWAYS_ON".into()),
            capacity: Some(Capacity::instances(1, 1, 0)),
            max_user_duration_seconds: Some(57_600),
            disconnect_timeout_seconds: Some(900),
            idle_disconnect_timeout_seconds: Some(0),
            state: Some("RUNNING".into()),
            created_at: Some(DEFAULT_CREATED_AT),
            errors: Vec::new(),
            default_internet_access: Some(false),
            stream_view: Some("APP".into()),
            platform: Some("WINDOWS_SERVER_2022".into()),
            max_concurrent_sessions: None,
            max_sessions_per_instance: None,
            root_volume_gib: None,
            imdsv1_disabled: None,
            tags: BTreeMap::new(),
            settings: Settings::new(),
            supply: None,
        }
    }

    /// Makes this an `ON_DEMAND` fleet.
    pub fn on_demand(mut self) -> Self {
        self.fleet_type = Some("ON_DEMAND".into());
        self
    }

    /// Makes this an `ELASTIC` fleet that admits so many sessions at once.
    pub fn elastic(mut self, max_concurrent_sessions: i32) -> Self {
        self.fleet_type = Some("ELASTIC".into());
        self.max_concurrent_sessions = Some(max_concurrent_sessions);
        self
    }

    /// Whether the fleet has concurrent sessions in place of instances of its own.
    pub(crate) fn is_elastic(&self) -> bool {
        self.fleet_type.as_deref() == Some("ELASTIC")
    }

    /// Makes this a multi-session fleet.
    pub fn multi_session(mut self, max_sessions_per_instance: i32) -> Self {
        self.max_sessions_per_instance = Some(max_sessions_per_instance);
        self
    }

    /// Sets the fleet's state.
    pub fn state(mut self, state: impl Into<Cow<'static, str>>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Replaces the capacity figures; `figures` starts from none at all.
    pub fn capacity(mut self, figures: impl FnOnce(Capacity) -> Capacity) -> Self {
        self.capacity = Some(figures(Capacity::default()));
        self
    }

    /// Adds a tag or replaces the one of that key.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Adds an entry to `FleetErrors`.
    pub fn error(mut self, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        self.errors.push(ResourceError::new(code, message));
        self
    }

    /// Changes any other member in place.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl Capacity {
    /// Figures of a single-session fleet, with `Available` following from the rest.
    pub fn instances(desired: i32, running: i32, in_use: i32) -> Self {
        Self::default()
            .desired(desired)
            .running(running)
            .in_use(in_use)
            .available(running - in_use)
    }
}

/// Writes one chainable setter per capacity figure.
macro_rules! figures {
    ($($name:ident: $member:literal),+ $(,)?) => {
        impl Capacity {
            $(
                #[doc = concat!("Sets `", $member, "`.")]
                pub fn $name(mut self, count: i32) -> Self {
                    self.$name = Some(count);
                    self
                }
            )+
        }
    };
}

figures! {
    desired: "Desired",
    running: "Running",
    in_use: "InUse",
    available: "Available",
    desired_user_sessions: "DesiredUserSessions",
    available_user_sessions: "AvailableUserSessions",
    active_user_sessions: "ActiveUserSessions",
    actual_user_sessions: "ActualUserSessions",
    draining: "Draining",
    drain_mode_active_user_sessions: "DrainModeActiveUserSessions",
    drain_mode_unused_user_sessions: "DrainModeUnusedUserSessions",
}

impl Stack {
    /// A healthy stack.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            display_name: None,
            description: None,
            created_at: Some(DEFAULT_CREATED_AT),
            errors: Vec::new(),
            tags: BTreeMap::new(),
            settings: Settings::new(),
        }
    }

    /// Adds a tag or replaces the one of that key.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Adds an entry to `StackErrors`.
    pub fn error(mut self, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        self.errors.push(ResourceError::new(code, message));
        self
    }

    /// Changes any other member in place.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl ResourceError {
    /// An error with code and message.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            code: Some(code.into()),
            message: Some(message.into()),
        }
    }
}
