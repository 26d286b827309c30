//! The scaling of the company's fleets and pools, and the quotas of its account.

use super::catalogue::{FRANKFURT, VIRGINIA};
use super::clock::{CompanyTime, Minute};
use super::day::{Level, Supply};
use super::{Resource, count};
use crate::resource::scaling::{
    Quota, ScalableTarget, Scaled, ScalingActivity, ScalingPolicy, ScheduledAction,
};
use crate::world::{Region, World};

/// The fleet that nothing scales.
const UNSCALED: &str = "archive-viewer";
/// The fleet and the pool whose scaling is suspended.
const SUSPENDED: [&str; 2] = ["training-lab", "holiday-reserve"];
/// The fleet and the pool that are made larger before people come to work.
const PREPARED: [&str; 2] = ["office-desktops", "branch-counters"];

/// Code, name, AWS's default, and what was applied in Frankfurt and in Virginia.
type QuotaPlan = (&'static str, &'static str, f64, [Option<f64>; 2]);

/// In Virginia, instances of the desktops for sales come near their quota at noon. In
/// Frankfurt, the training lab may scale beyond its own.
const QUOTAS: [QuotaPlan; 7] = [
    ("L-3FEADC0C", "Active fleets", 10.0, [None; 2]),
    ("L-8A6F32DC", "Fleets", 10.0, [None; 2]),
    ("L-A8B8B901", "Stacks", 10.0, [Some(25.0), None]),
    ("L-DE32F884", "Image builders", 10.0, [None; 2]),
    (
        "L-5D3A3A6C",
        "Standard large streaming instances for fleets",
        50.0,
        [Some(200.0), Some(64.0)],
    ),
    (
        "L-0B6A8A1C",
        "Standard medium streaming instances for fleets",
        50.0,
        [Some(16.0), None],
    ),
    ("L-6A8C9986", "Users in the user pool", 50.0, [None; 2]),
];

/// Adds the quotas of both regions.
pub(super) fn add_quotas(world: &mut World) {
    for (place, region) in [FRANKFURT, VIRGINIA].into_iter().enumerate() {
        let quotas = QUOTAS.map(|(code, name, default, applied)| {
            let quota = Quota::new(code, name, default);
            match applied[place] {
                Some(value) => quota.applied(value),
                None => quota,
            }
        });
        world.region_mut(region).scaling_mut().quotas.extend(quotas);
    }
}

impl Resource<'_> {
    /// Adds the target of a fleet or pool, its policy, and what came of it so far today.
    pub(super) fn add_scaling(&self, name: &str, of: &Scaled, supply: Supply, region: &mut Region) {
        if name == UNSCALED {
            return;
        }
        let slots = |instances: usize| count(instances * supply.sessions_per_instance);
        let (min, max) = (slots(supply.min_instances), slots(supply.max_instances));
        let mut target = ScalableTarget::new(of.clone(), min, max);
        if SUSPENDED.contains(&name) {
            target.suspended = Some([Some(true); 3]);
        }
        let scaling = region.scaling_mut();
        scaling.targets.push(target);
        scaling
            .policies
            .push(ScalingPolicy::new(of.clone(), "follow-use"));
        if PREPARED.contains(&name) {
            let schedule = "cron(0 7 ? * MON-FRI *)";
            let mut action = ScheduledAction::new(of.clone(), "before-work", schedule, min + 10);
            action.timezone = Some("Europe/Berlin".to_owned());
            action.limits = Some((Some(min + 10), Some(max)));
            scaling.actions.push(action);
        }
        if !SUSPENDED.contains(&name) {
            scaling.activities.extend(self.activities(of, supply));
        }
    }

    /// When capacity last changed today, and when it last could not although people waited.
    fn activities(&self, of: &Scaled, supply: Supply) -> Vec<ScalingActivity> {
        let level = |minute: Minute| self.day.level(minute);
        let is_full = |level: Level| level.waiting > 0 && level.desired == supply.max_instances;
        let minutes = || (1..=self.moment.minute).rev();
        let changed = minutes().find(|now| level(*now).desired != level(now - 1).desired);
        let refused = minutes().find(|now| is_full(level(*now)));
        let began_at = |minute| {
            let moment = CompanyTime {
                minute,
                ..self.moment
            };
            self.company.clock.epoch_seconds(moment)
        };
        let changed = changed.map(|now| ScalingActivity::new(of.clone(), began_at(now)));
        let refused = refused.map(|now| {
            ScalingActivity::not_scaled(of.clone(), began_at(now), "AlreadyAtMaxCapacity")
        });
        changed.into_iter().chain(refused).collect()
    }
}
