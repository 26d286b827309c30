//! Application Auto Scaling and quotas of a region.

use serde::{Deserialize, Serialize};

use super::Region;
use crate::resource::scaling::{
    Quota, ScalableTarget, ScalingActivity, ScalingPolicy, ScheduledAction,
};

/// Lists in the order of arrival.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scaling {
    /// Limits.
    pub targets: Vec<ScalableTarget>,
    /// Scheduled actions.
    pub actions: Vec<ScheduledAction>,
    /// Policies.
    pub policies: Vec<ScalingPolicy>,
    /// Activities.
    pub activities: Vec<ScalingActivity>,
    /// Quotas of AppStream.
    pub quotas: Vec<Quota>,
}

impl Scaling {
    pub(super) const fn new() -> Self {
        Self {
            targets: Vec::new(),
            actions: Vec::new(),
            policies: Vec::new(),
            activities: Vec::new(),
            quotas: Vec::new(),
        }
    }
}

impl Region {
    /// Adds a scalable target.
    pub fn target(mut self, target: ScalableTarget) -> Self {
        self.scaling.targets.push(target);
        self
    }

    /// Adds a scheduled action.
    pub fn action(mut self, action: ScheduledAction) -> Self {
        self.scaling.actions.push(action);
        self
    }

    /// Adds a scaling policy.
    pub fn policy(mut self, policy: ScalingPolicy) -> Self {
        self.scaling.policies.push(policy);
        self
    }

    /// Adds a scaling activity.
    pub fn activity(mut self, activity: ScalingActivity) -> Self {
        self.scaling.activities.push(activity);
        self
    }

    /// Adds a quota.
    pub fn quota(mut self, quota: Quota) -> Self {
        self.scaling.quotas.push(quota);
        self
    }

    /// Scaling and quotas.
    pub fn scaling(&self) -> &Scaling {
        &self.scaling
    }

    /// Scaling and quotas, to change.
    pub fn scaling_mut(&mut self) -> &mut Scaling {
        &mut self.scaling
    }
}
