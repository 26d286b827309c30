//! The plan of a configuration: its target regions, each with all that a scheduler needs.

use std::sync::Arc;
use std::time::Duration;

use super::accounts::Accounts;
use crate::aws::{Account, ConnectError, CredentialSource};
use crate::cli::Shard;
use crate::config::{Aws, Config, Regions, Target};
use crate::model::AccountId;
use crate::scheduler::Settings;

/// The share of `refresh.timeout` that credentials may take. The rest lets the refresh report
/// that there are none.
const CREDENTIALS_SHARE: f64 = 0.9;

/// Label names and values, or keys of tags and label names.
pub(super) type Labels = Arc<[(String, String)]>;

/// A region of a target, as the configuration has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TargetRegionPlan {
    pub(super) target: Arc<str>,
    pub(super) region: Arc<str>,
    pub(super) credential_source: CredentialSource,
    pub(super) aws: Aws,
    pub(super) settings: Settings,
    pub(super) labels: Labels,
    pub(super) tag_labels: Labels,
}

/// A target, as the configuration has it.
#[derive(Clone, Debug)]
pub(super) struct TargetPlan {
    /// The account to read.
    pub(super) account: Account,
    /// Its regions that are this shard's; the `region` of the template is empty.
    pub(super) regions: RegionPlan,
    /// The plan of its target regions, without a region.
    pub(super) template: TargetRegionPlan,
}

/// The regions of a target.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RegionPlan {
    /// In these.
    Known(Vec<String>),
    /// In those of these in which AppStream answers.
    Search {
        /// Every region of the partition that is this shard's.
        candidates: Vec<String>,
        /// The region to read while no region responds, so that the error is shown.
        home: String,
    },
    /// A region that instance metadata has not returned yet.
    Awaited {
        /// Why not.
        reason: String,
    },
}

impl TargetPlan {
    /// Why its region is not known yet, if it can still come from instance metadata.
    pub(super) fn awaited(&self) -> Option<String> {
        let RegionPlan::Awaited { reason } = &self.regions else {
            return None;
        };
        Some(format!(
            "no AWS region yet: {reason}; set AWS_REGION, a region in the AWS profile, or targets[].regions in the config file to start without instance metadata"
        ))
    }
}

impl RegionPlan {
    /// The regions that it names: all of them, also those in which AppStream may not answer.
    pub(super) fn all(&self) -> &[String] {
        match self {
            Self::Known(regions) => regions,
            Self::Search { candidates, .. } => candidates,
            Self::Awaited { .. } => &[],
        }
    }
}

impl TargetRegionPlan {
    /// Whether both are the same target region, perhaps with other settings.
    pub(super) fn is_same_target_region(&self, other: &Self) -> bool {
        self.target == other.target
            && self.region == other.region
            && self.credential_source == other.credential_source
    }

    /// The same plan in a region.
    pub(super) fn in_region(&self, region: &str) -> Self {
        Self {
            region: region.into(),
            ..self.clone()
        }
    }
}

/// The time that calls wait for credentials.
pub(super) fn credentials_timeout(config: &Config) -> Duration {
    config.refresh.timeout.mul_f64(CREDENTIALS_SHARE)
}

/// The targets of a configuration, in its order.
///
/// # Errors
/// [`ConnectError`] for a target without a region, or with certificates that cannot be read.
pub(super) async fn targets(
    config: &Config,
    accounts: &mut Accounts,
    shard: Shard,
) -> Result<Vec<TargetPlan>, ConnectError> {
    let credential_sources = config.targets.iter().map(|target| {
        let near = match &target.regions {
            Regions::Listed(regions) => regions.first().map(String::as_str),
            Regions::Own | Regions::All => None,
        };
        (CredentialSource::of(target, &config.aws), near)
    });
    let credential_sources = credential_sources.collect();
    accounts
        .load_missing(credential_sources, credentials_timeout(config))
        .await?;
    // One that hangs is known to hang before the refresh ends.
    let aws = Aws {
        request_timeout: config.aws.request_timeout.min(config.refresh.timeout / 2),
        ..config.aws
    };
    let tag_labels: Labels = config.tags.label_names().into();
    let mut targets = Vec::new();
    for target in &config.targets {
        let credential_source = CredentialSource::of(target, &config.aws);
        let account = accounts
            .account(&credential_source)
            .expect("the accounts of all credential sources were loaded above");
        let regions = regions(target, &account, |region| {
            shard.has(credential_source.key(), region)
        })?;
        let labels: Labels = target.labels.clone().into_iter().collect();
        let mut settings = Settings::of_target(config, target);
        settings.account_id = credential_source.account_id().map(AccountId::from);
        targets.push(TargetPlan {
            account,
            regions,
            template: TargetRegionPlan {
                target: target.name.as_str().into(),
                region: "".into(),
                credential_source,
                aws,
                settings,
                labels,
                tag_labels: Arc::clone(&tag_labels),
            },
        });
    }
    Ok(targets)
}

fn regions(
    target: &Target,
    account: &Account,
    is_ours: impl Fn(&str) -> bool,
) -> Result<RegionPlan, ConnectError> {
    let regions = match &target.regions {
        Regions::Own => match account.region_is_awaited() {
            Some(reason) => {
                let reason = reason.to_owned();
                return Ok(RegionPlan::Awaited { reason });
            }
            None => vec![account.region(&target.name)?],
        },
        Regions::Listed(regions) => regions.clone(),
        Regions::All => {
            let home = account.home(target.role.as_ref());
            let candidates = account.candidates(target.role.as_ref()).iter();
            let candidates = candidates.filter(|region| is_ours(region));
            return Ok(RegionPlan::Search {
                candidates: candidates.map(|region| (*region).to_owned()).collect(),
                home,
            });
        }
    };
    let ours = regions.into_iter().filter(|region| is_ours(region));
    Ok(RegionPlan::Known(ours.collect()))
}
