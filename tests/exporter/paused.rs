//! The scheduler in the test's own process, with clocks that the test moves.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use appstream_exporter::aws::{Account, Client, CredentialSource, Endpoint};
use appstream_exporter::config::{Config, parse};
use appstream_exporter::report::LogDedup;
use appstream_exporter::scheduler::{Scheduler, Settings};
use appstream_exporter::selfmetrics::SelfMetrics;
use appstream_simulator::Simulator;

use crate::common::REGION;

/// The start of a test in Unix time; a full minute.
pub(crate) const BEGIN: u64 = 1_767_254_400;

/// Time passes on both clocks, at once.
pub(crate) async fn pass(wall: &AtomicU64, seconds: u64) {
    wall.fetch_add(seconds, Ordering::Relaxed);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

pub(crate) fn moment(wall: &AtomicU64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(wall.load(Ordering::Relaxed))
}

/// A scheduler with the time of a test.
pub(crate) async fn scheduler(
    simulator: &Simulator,
    config: &str,
    wall_clock: fn() -> SystemTime,
) -> (Scheduler<Client>, SelfMetrics) {
    let limits = "aws: {requests_per_second: 10000, burst: 10000}";
    let text = format!("{config}\n{limits}\n");
    let config: Config = parse(&text, Path::new("test.yaml")).expect("the keys are right");
    let endpoint = Endpoint {
        url: simulator.endpoint_url(),
        access_key_id: "AKIDTEST".to_owned(),
    };
    let credential_source = CredentialSource::of(&config.targets[0], &config.aws);
    let timeout = config.refresh.timeout;
    let account = Account::load(&credential_source, None, Some(&endpoint), timeout).await;
    let account = account.expect("there are no certificates to read");
    let metrics = SelfMetrics::new();
    let scheduler = Scheduler::new(
        "default",
        REGION,
        account.client("default", REGION, &config.aws, &metrics),
        Settings::of_target(&config, &config.targets[0]),
        metrics.target("default", REGION),
        LogDedup::default(),
        wall_clock,
    );
    (scheduler, metrics)
}
