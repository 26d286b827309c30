//! `--demo`: a simulated company in this process, and a configuration that suits it.

use std::io;
use std::time::Duration;

use appstream_simulator::{Company, Options, Simulator, WorldSource as _};

use crate::aws::Endpoint;
use crate::config::{
    Account, Aws, Cloudwatch, Collectors, Config, Images, Refresh, Regions, Sessions, Target,
    TargetSessions,
};
use crate::model::{Collector, MetricGroup};

/// The same company at every start, so that what one person sees another can look up.
const SEED: u64 = 7;
/// The company's day takes ten minutes; this is an hour and more of it in three refreshes.
const INTERVAL: Duration = Duration::from_secs(5);

/// About twice the rate that the company needs, so that the demo shows the effect of throttling.
/// The burst is enough for the first read of everything.
const REQUESTS_PER_SECOND: f64 = 4.0;

/// A running company. It lives as long as this is held.
#[derive(Debug)]
pub(super) struct Demo {
    simulator: Simulator,
    regions: Vec<String>,
}

/// Starts the company.
pub(super) async fn start() -> io::Result<Demo> {
    let company = Company::new(SEED);
    let regions = company
        .world(Duration::ZERO)
        .regions()
        .map(|(name, _)| name.to_owned())
        .collect();
    let simulator = Simulator::start_with(company, Options::default()).await?;
    Ok(Demo { simulator, regions })
}

impl Demo {
    /// The settings to call it with.
    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint {
            url: self.simulator.endpoint_url(),
            access_key_id: "demo".to_owned(),
        }
    }

    /// The configuration of the file, if there is one, with the targets of the demo.
    pub(super) fn config(&self, file_config: Option<Config>) -> Config {
        let mut config = file_config.unwrap_or_else(demo_defaults);
        config.targets = vec![Target {
            name: "demo".to_owned(),
            regions: Regions::Listed(self.regions.clone()),
            collectors: config.collectors,
            sessions: TargetSessions {
                authentication_types: config.sessions.authentication_types.clone(),
            },
            ..Target::default()
        }];
        config
    }
}

/// The defaults, at the pace of a compressed day.
fn demo_defaults() -> Config {
    let mut collectors = Collectors::default();
    collectors.set(Collector::Cloudwatch, true);
    Config {
        collectors,
        cloudwatch: Cloudwatch {
            interval: INTERVAL,
            delay: Duration::ZERO,
            metrics: MetricGroup::ALL.to_vec(),
        },
        refresh: Refresh {
            interval: INTERVAL,
            timeout: INTERVAL,
            max_age: 3 * INTERVAL,
            topology_interval: 10 * INTERVAL,
        },
        sessions: Sessions {
            recheck_interval: 10 * INTERVAL,
            ..Config::default().sessions
        },
        images: Images {
            interval: 10 * INTERVAL,
        },
        account: Account {
            interval: 10 * INTERVAL,
        },
        aws: Aws {
            requests_per_second: REQUESTS_PER_SECOND,
            burst: 100,
            ..Config::default().aws
        },
        ..Config::default()
    }
}
