//! Measures rendering, compressing and serving the metrics in each format. Prints the tables of
//! BENCHMARKS.md; `make bench` runs it.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program whose output is its purpose"
)]

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use appstream_exporter::aws::{Account, CredentialSource, Endpoint};
use appstream_exporter::config::{Config, Target};
use appstream_exporter::exposition::{Encoding, Exposition, Format};
use appstream_exporter::model::{Snapshot, TargetRegion};
use appstream_exporter::report::LogDedup;
use appstream_exporter::scheduler::{Scheduler, Settings};
use appstream_exporter::selfmetrics::SelfMetrics;
use appstream_simulator::{Options, Simulator, Uniform};

/// Each figure is the median of so many runs.
const RUNS: usize = 21;
/// Answers in one run.
const ANSWERS: u32 = 2000;
const REGION: &str = "eu-west-1";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut snapshots = Vec::new();
    for fleets in [10, 100, 1000] {
        snapshots.push(snapshot(fleets).await);
    }
    let target_regions: Vec<_> = snapshots.into_iter().map(target_region).collect();
    println!(
        "| series | format | bytes | bytes a series | plain, ms | ns a series | gzip bytes | gzip, ms |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for target_region in &target_regions {
        for format in Format::ALL {
            forms(target_region, format);
        }
    }
    println!("\n| series | format | identity, us | gzip, us |");
    println!("|---|---|---|---|");
    for target_region in &target_regions {
        for format in Format::ALL {
            answers(target_region, format);
        }
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
    let login = CredentialSource::of(&config.targets[0], &config.aws);
    let timeout = config.refresh.timeout;
    let account = Account::load(&login, None, Some(&endpoint), timeout).await;
    let account = account.expect("there are no certificates to read");
    let client = account.client("bench", REGION, &config.aws, &metrics);
    let settings = Settings::of_target(&config, &Target::default());
    let counters = metrics.target("bench", REGION);
    let now = || UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let dedup = LogDedup::default();
    Scheduler::new("bench", REGION, client, settings, counters, dedup, now)
        .refresh()
        .await
}

fn target_region(snapshot: Snapshot) -> TargetRegion {
    TargetRegion {
        target: Arc::clone(&snapshot.target),
        region: Arc::clone(&snapshot.region),
        labels: Arc::default(),
        tag_labels: Arc::default(),
        snapshot: Some(Arc::new(snapshot)),
    }
}

fn series(target_region: &TargetRegion) -> u32 {
    let lines = |target_regions: Vec<TargetRegion>| {
        let exposition = Exposition::new(target_regions, SelfMetrics::new());
        let body = exposition.body(Format::Text, Encoding::Identity).concat();
        let lines = body.split(|byte| *byte == b'\n');
        let samples = lines.filter(|line| !line.is_empty() && line[0] != b'#');
        u32::try_from(samples.count()).unwrap()
    };
    lines(vec![target_region.clone()]) - lines(Vec::new())
}

/// The cost of the parts that all scrapes of a refresh share.
fn forms(target_region: &TargetRegion, format: Format) {
    let series = series(target_region);
    let mut times: [Vec<Duration>; 2] = Default::default();
    let mut bytes = [0; 2];
    for _ in 0..RUNS {
        // There was no request yet, so the first body renders everything.
        let exposition = Exposition::new([target_region.clone()], SelfMetrics::new());
        for ((encoding, times), bytes) in Encoding::ALL.into_iter().zip(&mut times).zip(&mut bytes)
        {
            let start = Instant::now();
            let body = exposition.body(format, encoding);
            times.push(start.elapsed());
            *bytes = body.iter().map(|chunk| chunk.len()).sum();
        }
    }
    let [writing, gzip] = times.map(median);
    let [plain, gzipped] = bytes;
    println!(
        "| {series} | {format:?} | {plain} | {} | {:.2} | {} | {gzipped} | {:.2} |",
        plain / usize::try_from(series).unwrap(),
        writing.as_secs_f64() * 1e3,
        (writing / series).as_nanos(),
        gzip.as_secs_f64() * 1e3,
    );
}

/// The cost of one response in a rendered format, including the request counter.
fn answers(target_region: &TargetRegion, format: Format) {
    let exposition = Exposition::new([target_region.clone()], SelfMetrics::new());
    let [identity, gzip] = Encoding::ALL.map(|encoding| {
        let runs = (0..RUNS).map(|_| {
            let start = Instant::now();
            for _ in 0..ANSWERS {
                std::hint::black_box(exposition.body(format, encoding));
                exposition.http_request("/metrics", 200);
            }
            start.elapsed() / ANSWERS
        });
        median(runs.collect()).as_secs_f64() * 1e6
    });
    let series = series(target_region);
    println!("| {series} | {format:?} | {identity:.2} | {gzip:.2} |");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
