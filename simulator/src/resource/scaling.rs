//! Application Auto Scaling of fleets and pools, and quotas, in the simulated account.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::resource::fleet::{DEFAULT_CREATED_AT, Settings};

fn default_created_at() -> f64 {
    DEFAULT_CREATED_AT
}

/// The scaled resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaled {
    /// `ServiceNamespace`.
    pub namespace: Cow<'static, str>,
    /// `ResourceId`: `fleet/NAME` or `workspacespool/ID`.
    pub resource_id: Option<String>,
    /// `ScalableDimension`.
    pub dimension: Option<Cow<'static, str>>,
}

impl Scaled {
    /// The capacity of a fleet, which need not exist.
    pub fn fleet(name: &str) -> Self {
        Self {
            namespace: "appstream".into(),
            resource_id: Some(format!("fleet/{name}")),
            dimension: Some("appstream:fleet:DesiredCapacity".into()),
        }
    }

    /// The capacity of a pool, which need not exist.
    pub fn pool(id: &str) -> Self {
        Self {
            namespace: "workspaces".into(),
            resource_id: Some(format!("workspacespool/{id}")),
            dimension: Some("workspaces:workspacespool:DesiredUserSessions".into()),
        }
    }
}

/// Limits within which capacity is scaled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalableTarget {
    /// The scaled resource.
    pub of: Scaled,
    /// `MinCapacity`.
    pub min: Option<i32>,
    /// `MaxCapacity`.
    pub max: Option<i32>,
    /// `SuspendedState`: dynamic scaling in, dynamic scaling out, scheduled scaling.
    pub suspended: Option<[Option<bool>; 3]>,
    /// `CreationTime`, in seconds since the Unix epoch.
    #[serde(default = "default_created_at")]
    pub(crate) created_at: f64,
    /// Tags, which only `ListTagsForResource` returns.
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    /// Whether an operation has registered the target, so that capacity is kept within its limits.
    #[serde(default)]
    pub(crate) is_live: bool,
}

impl ScalableTarget {
    /// A target of which nothing is suspended.
    pub fn new(of: Scaled, min: i32, max: i32) -> Self {
        Self {
            of,
            min: Some(min),
            max: Some(max),
            suspended: Some([Some(false); 3]),
            created_at: DEFAULT_CREATED_AT,
            tags: BTreeMap::new(),
            is_live: false,
        }
    }
}

/// Limits that change at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduledAction {
    /// The scaled resource.
    pub of: Scaled,
    /// `ScheduledActionName`.
    pub name: String,
    /// `Schedule`.
    pub schedule: Option<String>,
    /// `Timezone`.
    pub timezone: Option<String>,
    /// `MinCapacity` and `MaxCapacity` of `ScalableTargetAction`.
    pub limits: Option<(Option<i32>, Option<i32>)>,
    /// `StartTime` and `EndTime`, in seconds since the Unix epoch.
    #[serde(default)]
    pub(crate) between: (Option<f64>, Option<f64>),
    /// `CreationTime`, in seconds since the Unix epoch.
    #[serde(default = "default_created_at")]
    pub(crate) created_at: f64,
    /// When the action is due, once an operation has put it.
    pub(crate) due_at: Option<f64>,
}

impl ScheduledAction {
    /// An action that sets the minimum.
    pub fn new(of: Scaled, name: &str, schedule: &str, min: i32) -> Self {
        Self {
            of,
            name: name.to_owned(),
            schedule: Some(schedule.to_owned()),
            timezone: None,
            limits: Some((Some(min), None)),
            created_at: DEFAULT_CREATED_AT,
            between: (None, None),
            due_at: None,
        }
    }
}

/// A rule by which capacity follows a metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalingPolicy {
    /// The scaled resource.
    pub of: Scaled,
    /// `PolicyName`.
    pub name: String,
    /// `PolicyType`.
    pub policy_type: Option<Cow<'static, str>>,
    /// `CreationTime`, in seconds since the Unix epoch.
    #[serde(default = "default_created_at")]
    pub(crate) created_at: f64,
    /// The configuration, which is stored and answered but scales nothing.
    #[serde(default)]
    pub(crate) settings: Settings,
}

impl ScalingPolicy {
    /// A policy that tracks a target value.
    pub fn new(of: Scaled, name: &str) -> Self {
        Self {
            of,
            name: name.to_owned(),
            policy_type: Some("TargetTrackingScaling".into()),
            created_at: DEFAULT_CREATED_AT,
            settings: Settings::new(),
        }
    }
}

/// A scaling activity, or the reason for none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalingActivity {
    /// The scaled resource.
    pub of: Scaled,
    /// `StartTime`, in seconds since the Unix epoch.
    pub started_at: Option<f64>,
    /// `StatusCode`.
    pub status: Option<Cow<'static, str>>,
    /// Codes of `NotScaledReasons`; with any, the activity is listed on request only.
    #[serde(default)]
    pub not_scaled: Vec<Cow<'static, str>>,
}

impl ScalingActivity {
    /// An activity that succeeded.
    pub fn new(of: Scaled, started_at: f64) -> Self {
        Self {
            of,
            started_at: Some(started_at),
            status: Some("Successful".into()),
            not_scaled: Vec::new(),
        }
    }

    /// An activity that came to nothing.
    pub fn not_scaled(of: Scaled, started_at: f64, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: Some("Unfulfilled".into()),
            not_scaled: vec![reason.into()],
            ..Self::new(of, started_at)
        }
    }
}

/// A quota of AppStream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quota {
    /// `QuotaCode`.
    pub code: String,
    /// `QuotaName`.
    pub name: Option<String>,
    /// `Value` that was applied to the account, which `ListServiceQuotas` has.
    pub applied: Option<f64>,
    /// `Value` that `ListAWSDefaultServiceQuotas` has.
    pub default: Option<f64>,
    /// Whether `ListServiceQuotas` has it.
    pub is_applied: bool,
}

impl Quota {
    /// A quota that was never raised, which only the list of default values has.
    pub fn new(code: &str, name: &str, default: f64) -> Self {
        Self {
            code: code.to_owned(),
            name: Some(name.to_owned()),
            applied: None,
            default: Some(default),
            is_applied: false,
        }
    }

    /// The same with a value that was applied to the account.
    pub fn applied(mut self, value: f64) -> Self {
        self.applied = Some(value);
        self.is_applied = true;
        self
    }
}
