//! Where the regions are that are refreshed: an AWS account, or the demo.

use std::time::SystemTime;

use super::Error;
#[cfg(feature = "simulator")]
use super::demo::{self, Demo};
use crate::aws::{Account, Client};
use crate::cli::Cli;
use crate::config::{Config, Regions};
use crate::scheduler::{Scheduler, Settings};
use crate::selfmetrics::SelfMetrics;
use crate::server::RegionId;
#[cfg(feature = "simulator")]
use crate::simulator::Simulator;

/// The configuration, and where its regions are.
pub(super) struct World {
    pub(super) config: Config,
    pub(super) regions: Vec<RegionId>,
    account: Account,
    /// Lives as long as the world: in demo mode this is where the regions are.
    #[cfg(feature = "simulator")]
    _simulator: Option<Simulator>,
}

impl World {
    /// Finds credentials and regions, or starts the demo.
    #[cfg(feature = "simulator")]
    pub(super) async fn open(cli: &Cli, written: Option<Config>) -> Result<Self, Error> {
        if cli.demo {
            let Demo {
                simulator,
                config,
                endpoint,
            } = demo::start(written).await.map_err(Error::Start)?;
            let account = Account::load(Some(&endpoint)).await;
            let regions = regions(&config, &account)?;
            return Ok(Self {
                config,
                regions,
                account,
                _simulator: Some(simulator),
            });
        }
        let config = written.unwrap_or_default();
        let account = Account::load(None).await;
        let regions = regions(&config, &account)?;
        Ok(Self {
            config,
            regions,
            account,
            _simulator: None,
        })
    }

    /// Finds credentials and regions.
    #[cfg(not(feature = "simulator"))]
    pub(super) async fn open(cli: &Cli, written: Option<Config>) -> Result<Self, Error> {
        if cli.demo {
            return Err(Error::NoSimulator);
        }
        let config = written.unwrap_or_default();
        let account = Account::load(None).await;
        let regions = regions(&config, &account)?;
        Ok(Self {
            config,
            regions,
            account,
        })
    }

    /// A scheduler for each region, in their order.
    pub(super) fn schedulers(&self, metrics: &SelfMetrics) -> Vec<Scheduler<Client>> {
        let settings = Settings::from(&self.config);
        let scheduler = |RegionId { target, region }: &RegionId| {
            let client = self
                .account
                .client(target, region, &self.config.aws, metrics);
            Scheduler::new(
                target,
                region,
                client,
                settings.clone(),
                metrics.target(target, region),
                wall_clock,
            )
        };
        self.regions.iter().map(scheduler).collect()
    }
}

/// Every region of every target, in the order of the configuration.
fn regions(config: &Config, account: &Account) -> Result<Vec<RegionId>, Error> {
    let mut found: Vec<RegionId> = Vec::new();
    for target in &config.targets {
        let names = match &target.regions {
            Regions::Own | Regions::All => vec![account.region(&target.name)?],
            Regions::Listed(names) => names.clone(),
        };
        for region in names {
            if let Some(other) = found.iter().find(|other| other.region == region) {
                return Err(Error::RegionTwice {
                    target: target.name.clone(),
                    region,
                    other: other.target.clone(),
                });
            }
            found.push(RegionId {
                target: target.name.clone(),
                region,
            });
        }
    }
    Ok(found)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the wall clock; everyone else is handed it"
)]
fn wall_clock() -> SystemTime {
    SystemTime::now()
}
