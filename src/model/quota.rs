//! Quotas of AppStream, and how much of each is used.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AccountId, Fleet, ImageBuilder, QuotaCode};

/// A quota from Service Quotas. Missing values are `None` or empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    /// `QuotaName`.
    pub name: Arc<str>,
    /// Account number in `QuotaArn`; default values have none.
    pub account_id: Option<AccountId>,
    /// `Value`.
    pub limit: Option<f64>,
}

/// A quota to show.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaUse {
    /// `QuotaCode`.
    pub code: QuotaCode,
    /// The quota.
    pub quota: Quota,
    /// The usage, if known.
    pub usage: Option<f64>,
}

/// Families of instance types in the names of quotas, longer names first.
const FAMILIES: [(&str, &str); 8] = [
    ("standard", "stream.standard"),
    ("compute-optimized", "stream.compute"),
    ("memory-optimized z1d", "stream.memory.z1d"),
    ("memory-optimized", "stream.memory"),
    ("graphics design", "stream.graphics-design"),
    ("graphics desktop", "stream.graphics-desktop"),
    ("graphics pro", "stream.graphics-pro"),
    ("graphics", "stream.graphics"),
];

/// The resources that a quota limits and the exporter can count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Fleets in any state.
    Fleets,
    /// Fleets that run.
    ActiveFleets,
    /// Stacks.
    Stacks,
    /// Image builders.
    ImageBuilders,
    /// App block builders.
    AppBlockBuilders,
    /// Instances of fleets, of one instance type in lower case.
    FleetInstances(String),
    /// Image builders of one instance type in lower case.
    BuilderInstances(String),
}

impl Counted {
    /// The resources that the quota with this name limits; `None` if the exporter cannot count
    /// them.
    ///
    /// Names as in Service Quotas: `Fleets`, `Active fleets`, `Standard medium streaming
    /// instances for fleets`. Newer ones have the instance type itself in them. Images that
    /// customers license themselves (BYOL) have quotas of their own, and a fleet does not say
    /// which of the two it counts for.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        match &*name {
            "fleets" => Some(Self::Fleets),
            "active fleets" => Some(Self::ActiveFleets),
            "stacks" => Some(Self::Stacks),
            "image builders" => Some(Self::ImageBuilders),
            "app block builders" => Some(Self::AppBlockBuilders),
            _ => {
                let of_fleets = name.strip_suffix(" instances for fleets");
                let of_builders = name.strip_suffix(" instances for image builders");
                let kind = of_fleets.or(of_builders)?;
                let kind = kind.strip_suffix(" streaming").unwrap_or(kind);
                let counted = match of_fleets {
                    Some(_) => Self::FleetInstances,
                    None => Self::BuilderInstances,
                };
                instance_type(kind).map(counted)
            }
        }
    }
}

/// `stream.memory.z1d.large` of `memory-optimized z1d large`.
fn instance_type(kind: &str) -> Option<String> {
    let Some((family, size)) = kind.rsplit_once(' ') else {
        return kind.contains('.').then(|| kind.to_owned());
    };
    FAMILIES.iter().find_map(|(name, prefix)| {
        let generation = family.strip_prefix(name)?;
        let dotted = generation.replace(' ', ".");
        let is_whole = generation.is_empty() || generation.starts_with(' ');
        is_whole.then(|| format!("{prefix}{dotted}.{size}"))
    })
}

/// The usage of all fleets of an account and region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FleetCounts {
    /// Fleets; `None` while one of them starts or stops.
    fleets: Option<f64>,
    /// Fleets that run; `None` where the state of one is not known.
    active: Option<f64>,
    /// Desired instances by instance type, `None` where those of a fleet are not known.
    instances: BTreeMap<String, Option<f64>>,
    /// There is a fleet with instances of a type that is not known.
    has_unknown_type: bool,
}

impl FleetCounts {
    /// Counts fleets, which must be all there are.
    pub fn of<'a>(fleets: impl IntoIterator<Item = &'a Fleet>) -> Self {
        let (mut all, mut active) = (Some(0.0), Some(0.0));
        let mut counts = Self::default();
        for fleet in fleets {
            let state = fleet.state.as_deref();
            let is_changing = matches!(state, Some("STARTING" | "STOPPING"));
            let is_active = match state {
                Some("RUNNING") => Some(1.0),
                Some("STOPPED") => Some(0.0),
                _ => None,
            };
            all = add(all, (!is_changing).then_some(1.0));
            active = add(active, is_active);
            counts.add_instances(fleet, is_active);
        }
        Self {
            fleets: all,
            active,
            ..counts
        }
    }

    /// A stopped fleet has no instances. Sessions of elastic fleets have quotas of their own.
    fn add_instances(&mut self, fleet: &Fleet, is_active: Option<f64>) {
        if fleet.fleet_type.as_deref() == Some("ELASTIC") {
            return;
        }
        let instances = match is_active {
            Some(0.0) => Some(0.0),
            Some(_) => fleet.capacity.desired.map(f64::from),
            None => None,
        };
        match &fleet.instance_type {
            Some(instance_type) => {
                let sum = self.instances.entry(instance_type.to_lowercase());
                let sum = sum.or_insert(Some(0.0));
                *sum = add(*sum, instances);
            }
            None => self.has_unknown_type |= instances != Some(0.0),
        }
    }
}

/// The sum of two numbers, if both are known.
fn add(sum: Option<f64>, further: Option<f64>) -> Option<f64> {
    Some(sum? + further?)
}

/// The usage of an account and region, from the lists that are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountUse {
    /// Counts of the fleets.
    pub fleets: Option<FleetCounts>,
    /// The number of stacks.
    pub stacks: Option<usize>,
    /// Image builders by instance type.
    pub image_builders: Option<BuilderCounts>,
    /// The number of app block builders.
    pub app_block_builders: Option<usize>,
}

/// Image builders of an account and region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BuilderCounts {
    all: f64,
    by_type: BTreeMap<String, f64>,
    has_unknown_type: bool,
}

impl BuilderCounts {
    /// Counts image builders, which must be all there are.
    pub fn of<'a>(builders: impl IntoIterator<Item = &'a ImageBuilder>) -> Self {
        let mut counts = Self::default();
        for builder in builders {
            counts.all += 1.0;
            match &builder.instance_type {
                Some(instance_type) => {
                    let count = counts.by_type.entry(instance_type.to_lowercase());
                    *count.or_default() += 1.0;
                }
                None => counts.has_unknown_type = true,
            }
        }
        counts
    }
}

impl AccountUse {
    /// The usage of a quota, where all that counts is known.
    #[must_use]
    pub fn of(&self, counted: &Counted) -> Option<f64> {
        let (fleets, builders) = (self.fleets.as_ref(), self.image_builders.as_ref());
        let count = |number: usize| number as f64;
        match counted {
            Counted::Fleets => fleets?.fleets,
            Counted::ActiveFleets => fleets?.active,
            Counted::Stacks => self.stacks.map(count),
            Counted::ImageBuilders => Some(builders?.all),
            Counted::AppBlockBuilders => self.app_block_builders.map(count),
            Counted::FleetInstances(instance_type) => {
                let fleets = fleets.filter(|fleets| !fleets.has_unknown_type)?;
                fleets
                    .instances
                    .get(instance_type)
                    .copied()
                    .unwrap_or(Some(0.0))
            }
            Counted::BuilderInstances(instance_type) => {
                let builders = builders.filter(|builders| !builders.has_unknown_type)?;
                Some(builders.by_type.get(instance_type).copied().unwrap_or(0.0))
            }
        }
    }

    /// Whether a quota is of interest: what it limits is known, and used. AWS has some hundred for instance types, of which an
    /// account uses a few.
    #[must_use]
    pub fn has(&self, counted: &Counted) -> bool {
        match counted {
            Counted::FleetInstances(instance_type) => {
                let mut fleets = self.fleets.iter();
                fleets.any(|fleets| fleets.instances.contains_key(instance_type))
            }
            Counted::BuilderInstances(instance_type) => {
                let mut builders = self.image_builders.iter();
                builders.any(|builders| builders.by_type.contains_key(instance_type))
            }
            Counted::Fleets | Counted::ActiveFleets => self.fleets.is_some(),
            Counted::Stacks => self.stacks.is_some(),
            Counted::ImageBuilders => self.image_builders.is_some(),
            Counted::AppBlockBuilders => self.app_block_builders.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_told_by_the_names_that_aws_gives_them() {
        let cases = [
            (
                "Standard medium streaming instances for fleets",
                "stream.standard.medium",
            ),
            (
                "Compute-optimized 2xlarge streaming instances for fleets",
                "stream.compute.2xlarge",
            ),
            (
                "Memory-optimized large streaming instances for fleets",
                "stream.memory.large",
            ),
            (
                "Memory-optimized z1d 12xlarge streaming instances for fleets",
                "stream.memory.z1d.12xlarge",
            ),
            (
                "Graphics design xlarge streaming instances for fleets",
                "stream.graphics-design.xlarge",
            ),
            (
                "Graphics desktop 2xlarge streaming instances for fleets",
                "stream.graphics-desktop.2xlarge",
            ),
            (
                "Graphics pro 4xlarge streaming instances for fleets",
                "stream.graphics-pro.4xlarge",
            ),
            (
                "Graphics G4DN 16xlarge streaming instances for fleets",
                "stream.graphics.g4dn.16xlarge",
            ),
            (
                "Graphics G5 xlarge streaming instances for fleets",
                "stream.graphics.g5.xlarge",
            ),
            (
                "stream.graphics.g6.xlarge instances for fleets",
                "stream.graphics.g6.xlarge",
            ),
            (
                "GeneralPurpose.m6a.2xlarge instances for fleets",
                "generalpurpose.m6a.2xlarge",
            ),
        ];
        for (name, instance_type) in cases {
            let expected = Counted::FleetInstances(instance_type.to_owned());
            assert_eq!(Counted::of(name), Some(expected), "{name}");
        }
        let name = "Standard medium streaming instances for image builders";
        let expected = Counted::BuilderInstances("stream.standard.medium".to_owned());
        assert_eq!(Counted::of(name), Some(expected));
        assert_eq!(Counted::of("Image builders"), Some(Counted::ImageBuilders));
        assert_eq!(
            Counted::of("App block builders"),
            Some(Counted::AppBlockBuilders)
        );
        assert_eq!(Counted::of("Fleets"), Some(Counted::Fleets));
        assert_eq!(Counted::of("Active fleets"), Some(Counted::ActiveFleets));
        assert_eq!(Counted::of("Stacks"), Some(Counted::Stacks));
    }

    #[test]
    fn what_cannot_be_counted_is_told_by_its_name() {
        for name in [
            "",
            "Users in the user pool",
            "Private images",
            "Concurrent image updates",
            "BYOL Standard medium streaming instances for fleets",
            "Standardized medium streaming instances for fleets",
            "Max concurrent sessions for Elastic fleets with Amazon Linux 2 platform and stream.standard.large instance type",
        ] {
            assert_eq!(Counted::of(name), None, "{name}");
        }
    }
}
