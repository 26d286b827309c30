//! Application Auto Scaling of fleets and pools.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::{FleetName, Label, PoolId};

/// Values by the name of a fleet or the id of a pool.
pub type ByResource<T> = BTreeMap<Arc<str>, T>;

/// The type of the scaled resource. Application Auto Scaling has a namespace for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScalingNamespace {
    /// AppStream fleets.
    Appstream,
    /// WorkSpaces pools.
    Workspaces,
}

impl ScalingNamespace {
    /// Name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Appstream => "appstream",
            Self::Workspaces => "workspaces",
        }
    }
}

/// The activities that can be suspended, as label values, in the order of
/// [`ScalingTarget::suspended`].
pub const SUSPENDABLE: [&str; 3] = ["dynamic_scale_in", "dynamic_scale_out", "scheduled"];

/// A `ScalableTarget`: within which limits a fleet or pool is scaled. Instances for single-session
/// fleets, user sessions for multi-session fleets and pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalingTarget {
    /// `MinCapacity`.
    pub min_capacity: Option<i32>,
    /// `MaxCapacity`.
    pub max_capacity: Option<i32>,
    /// `SuspendedState`: see [`SUSPENDABLE`].
    pub suspended: [Option<bool>; 3],
}

/// A `ScheduledAction` of a fleet or pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScheduledAction {
    /// `ScheduledActionName`, unique within the fleet or pool.
    pub name: Box<str>,
    /// `Schedule`.
    pub schedule: Option<Box<str>>,
    /// `Timezone`.
    pub timezone: Option<Box<str>>,
    /// `ScalableTargetAction.MinCapacity`.
    pub min_capacity: Option<i32>,
    /// `ScalableTargetAction.MaxCapacity`.
    pub max_capacity: Option<i32>,
}

/// Scaling policies of a fleet or pool by `PolicyType`.
pub type PolicyCounts = BTreeMap<Label, i32>;

/// When the last scaling activities of a fleet or pool began, in Unix time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LastActivities {
    /// Newest `StartTime` by `StatusCode`.
    pub by_status: BTreeMap<Label, f64>,
    /// Newest `StartTime` by `NotScaledReasons[].Code`.
    pub by_reason: BTreeMap<Label, f64>,
}

impl LastActivities {
    /// Takes in an activity with this `StatusCode`.
    pub fn add_status(&mut self, status: Label, started: f64) {
        newest(&mut self.by_status, status, started);
    }

    /// Takes in an activity with this reason for not having scaled.
    pub fn add_reason(&mut self, reason: Label, started: f64) {
        newest(&mut self.by_reason, reason, started);
    }
}

fn newest(moments: &mut BTreeMap<Label, f64>, label: Label, started: f64) {
    let moment = moments.entry(label).or_insert(started);
    *moment = moment.max(started);
}

/// The scaling data of one namespace. Unknown or expired lists are empty.
#[derive(Clone, Debug, Default)]
pub struct ScalingLists {
    /// `DescribeScalableTargets`.
    pub targets: Arc<ByResource<ScalingTarget>>,
    /// `DescribeScheduledActions`.
    pub actions: Arc<ByResource<Vec<ScheduledAction>>>,
    /// `DescribeScalingPolicies`.
    pub policies: Arc<ByResource<PolicyCounts>>,
    /// `DescribeScalingActivities`.
    pub activities: Arc<ByResource<LastActivities>>,
}

/// The scaling of fleets.
#[derive(Clone, Debug, Default)]
pub struct FleetScaling {
    /// The fleets to show.
    pub fleets: Vec<FleetName>,
    /// Of these fleets, and of others.
    pub lists: ScalingLists,
}

/// The scaling of pools.
#[derive(Clone, Debug, Default)]
pub struct PoolScaling {
    /// The pools to show, with their names.
    pub pools: Vec<(PoolId, String)>,
    /// Of these pools, and of others.
    pub lists: ScalingLists,
}
