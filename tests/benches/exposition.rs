//! How long it takes to render what is known, and how large that is. Prints a
//! table of BENCHMARKS.md; `make bench` runs it.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program whose output is its purpose"
)]

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use appstream_exporter::aws::{Account, Endpoint, Login};
use appstream_exporter::config::Config;
use appstream_exporter::exposition::{Encoding, Exposition};
use appstream_exporter::model::{Site, Snapshot};
use appstream_exporter::scheduler::{Scheduler, Settings};
use appstream_exporter::selfmetrics::SelfMetrics;
use appstream_exporter::simulator::{Options, Simulator, Uniform};

/// Each figure is the median of so many runs.
const RUNS: usize = 21;
const REGION: &str = "eu-west-1";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!(
        "| series | bytes | bytes a series | rendering, ms | ns a series | gzip bytes | compressing, ms |"
    );
    println!("|---|---|---|---|---|---|---|");
    for fleets in [10, 100, 1000] {
        let snapshot = Arc::new(snapshot(fleets).await);
        measure(&snapshot);
    }
}

/// An account of so many fleets with a hundred sessions each, as a refresh finds it.
async fn snapshot(fleets: usize) -> Snapshot {
    let size = Uniform {
        fleets,
        sessions: fleets * 100,
        pools: 0,
        seed: 1,
    };
    let world = size.world("123456789012");
    let simulator = Simulator::start(world, Options::default()).await.unwrap();
    let endpoint = Endpoint {
        url: simulator.endpoint_url(),
        access_key_id: "BENCH".to_owned(),
    };
    let mut config = Config::default();
    config.aws.requests_per_second = 1e6;
    let metrics = SelfMetrics::new();
    let login = Login::of(&config.targets[0], &config.aws);
    let account = Account::load(&login, None, Some(&endpoint)).await;
    let client = account.client("bench", REGION, &config.aws, &metrics);
    let settings = Settings::from(&config);
    let counters = metrics.target("bench", REGION);
    let now = || UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    Scheduler::new("bench", REGION, client, settings, counters, now)
        .refresh()
        .await
}

fn measure(snapshot: &Arc<Snapshot>) {
    let exposition = Exposition::new([], SelfMetrics::new());
    let site = Site {
        target: Arc::clone(&snapshot.target),
        region: Arc::clone(&snapshot.region),
        labels: Arc::default(),
        tag_labels: Arc::default(),
        snapshot: Some(Arc::clone(snapshot)),
    };
    let mut rendering = Vec::new();
    let mut compressing = Vec::new();
    let mut text = 0;
    let mut compressed = 0;
    let mut series: u32 = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        exposition.publish([site.clone()]);
        rendering.push(start.elapsed());
        let start = Instant::now();
        compressed = exposition
            .body(Encoding::Gzip)
            .iter()
            .map(|piece| piece.len())
            .sum();
        compressing.push(start.elapsed());
        // The first piece is what comes from AWS.
        let body = exposition.body(Encoding::Identity);
        text = body[0].len();
        let lines = body[0].split(|byte| *byte == b'\n');
        let samples = lines.filter(|line| !line.is_empty() && line[0] != b'#');
        series = u32::try_from(samples.count()).unwrap();
    }
    let (rendering, compressing) = (median(rendering), median(compressing));
    println!(
        "| {series} | {text} | {} | {:.2} | {} | {compressed} | {:.2} |",
        text / usize::try_from(series).unwrap(),
        rendering.as_secs_f64() * 1e3,
        (rendering / series).as_nanos(),
        compressing.as_secs_f64() * 1e3,
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
