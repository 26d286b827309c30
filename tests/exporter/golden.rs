//! Promise: the exposition of a known world, to the byte. `tests/packaging/exposition.rs` has Prometheus
//! check the same file.

use std::path::Path;

use crate::common::{ACCOUNT, Metrics, REGION, once, simulator};
use appstream_simulator::{
    AppBlockBuilder, Capacity, Datapoint, DirectoryConfig, Fleet, Image, ImageBuilder, Metric,
    Pool, PoolSession, Quota, Region, ResourceError, ScalableTarget, Scaled, ScalingActivity,
    ScalingPolicy, ScheduledAction, Session, Stack, UsageReport, World,
};

const CONFIG: &str = r#"
refresh: {interval: 60s}
aws: {requests_per_second: 10000, burst: 1000}
tags: {labels: [team, cost-center, CostCenter]}
quotas: {include: [L-6A8C9986]}
collectors: {cloudwatch: true}
cloudwatch: {metrics: [rejections, latency, packet_loss, frame_rate, cpu, memory]}
targets: [{labels: {environment: 'the "first" one'}}]
"#;

/// Families whose values depend on the day, the machine or the build.
const VARIES: [&str; 11] = [
    "appstream_exporter_aws_rate_limit_wait_seconds_total",
    "appstream_exporter_aws_request_duration_seconds_bucket",
    "appstream_exporter_aws_request_duration_seconds_sum",
    "appstream_exporter_build_info",
    "appstream_exporter_collector_duration_seconds",
    "appstream_exporter_collector_last_success_timestamp_seconds",
    "appstream_exporter_config_last_reload_success_timestamp_seconds",
    "appstream_sessions_disconnected_oldest_timestamp_seconds",
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
];

/// Scaling of a fleet and a pool, and quotas.
fn scaled(region: Region) -> Region {
    let (fleet, pool) = (Scaled::fleet("always-on"), Scaled::pool("wspool-aaaaaaaaa"));
    let mut pool_target = ScalableTarget::new(pool.clone(), 2, 40);
    pool_target.suspended = Some([None, Some(true), None]);
    let mut all_year = ScheduledAction::new(fleet.clone(), "all year", "rate(1 day)", 1);
    all_year.limits = None;
    let mut morning = ScheduledAction::new(pool.clone(), "morning", "cron(0 7 ? * MON-FRI *)", 9);
    morning.timezone = Some("Europe/Berlin".to_owned());
    morning.limits = Some((Some(9), Some(30)));
    let mut fleet_morning = morning.clone();
    fleet_morning.of = fleet.clone();
    let at_maximum =
        |of: &Scaled| ScalingActivity::not_scaled(of.clone(), 1.7e9 + 60.5, "AlreadyAtMaxCapacity");
    region
        .target(ScalableTarget::new(fleet.clone(), 1, 5))
        .target(pool_target)
        .target(ScalableTarget::new(Scaled::fleet("gone"), 1, 5))
        .action(fleet_morning)
        .action(all_year)
        .action(morning)
        .policy(ScalingPolicy::new(fleet.clone(), "a"))
        .policy(ScalingPolicy::new(fleet.clone(), "b"))
        .policy(ScalingPolicy::new(pool.clone(), "c"))
        .activity(ScalingActivity::new(fleet.clone(), 1.6e9))
        .activity(ScalingActivity::new(fleet.clone(), 1.7e9))
        .activity(at_maximum(&fleet))
        .activity(ScalingActivity::new(pool.clone(), 1.7e9))
        .activity(at_maximum(&pool))
        .quota(Quota::new("L-3FEADC0C", "Active fleets", 10.0))
        .quota(Quota::new("L-A8B8B901", "Stacks", 10.0).applied(25.0))
        .quota(Quota::new("L-6A8C9986", "Users in the user pool", 50.0))
        .quota(Quota::new(
            "L-60244546",
            "Concurrent image copies per destination Region",
            2.0,
        ))
}

/// Metrics of one fleet. One lacks a datapoint, and the other fleets have none.
fn measured(region: Region) -> Region {
    let metrics = [
        ("InSessionLatency", 80.0, 250.0),
        ("UDPPacketLossRate", 2.5, 10.0),
        ("TCPRetransmissionRate", 0.5, 1.0),
        ("FramesPerSecond", 24.0, 30.0),
        ("CpuUtilizationInstance", 50.0, 100.0),
        ("MemoryUtilizationInstance", 25.0, 75.0),
    ];
    let metrics = metrics.into_iter();
    metrics.fold(region, |region, (name, average, maximum)| {
        let datapoint = Datapoint::gauge(0.0, average, maximum);
        region.metric(Metric::fleet("always-on", name).ongoing(datapoint))
    })
}

/// One of everything, with names that try to break out of a label.
fn world() -> World {
    World::new(ACCOUNT).page_size(2).region(
        REGION,
        measured(scaled(Region::new()))
            .fleet(
                Fleet::new("always-on")
                    .tag("team", "\"blue\"")
                    .tag("cost-center", "42")
                    .tag("CostCenter", "43")
                    .tag("owner", "is not asked for")
                    .with(|fleet| {
                        fleet.root_volume_gib = Some(200);
                        fleet.imdsv1_disabled = Some(true);
                    })
                    .capacity(|c| c.desired(5).running(4).in_use(3).available(1))
                    .error("SUBNET_NOT_FOUND", "The subnet is gone.")
                    .error("SUBNET_NOT_FOUND", "Another subnet is gone.")
                    .error("IMAGE_NOT_FOUND", "The image is gone."),
            )
            .fleet(
                Fleet::new("many \"seats\" \\ Büro\n東京")
                    .multi_session(4)
                    .capacity(|c| {
                        c.desired(3)
                            .running(3)
                            .in_use(2)
                            .available(1)
                            .draining(1)
                            .desired_user_sessions(12)
                            .actual_user_sessions(11)
                            .active_user_sessions(7)
                            .available_user_sessions(4)
                            .drain_mode_active_user_sessions(2)
                            .drain_mode_unused_user_sessions(0)
                    }),
            )
            .fleet(
                Fleet::new("elastic")
                    .elastic(20)
                    .state("HIBERNATING")
                    .capacity(|_| Capacity::default()),
            )
            .fleet(
                Fleet::new("stopped")
                    .on_demand()
                    .state("STOPPED")
                    .with(|fleet| {
                        fleet.image_name = None;
                        fleet.image_arn =
                            Some("arn:aws:appstream:eu-west-1::image/From-ARN".to_owned());
                        fleet.display_name = None;
                        fleet.created_at = None;
                        fleet.default_internet_access = None;
                    }),
            )
            .image_builder(ImageBuilder::new("next \"Büro\"").with(|builder| {
                builder.display_name = Some("Next".to_owned());
                builder.image_arn = Some("arn:aws:appstream:eu-west-1::image/Base".to_owned());
                builder.errors = vec![ResourceError::new("SUBNET_NOT_FOUND", "Gone.")];
            }))
            .image_builder(ImageBuilder::new("bare").state("DREAMING").with(|builder| {
                builder.instance_type = None;
                builder.platform = None;
                builder.agent_version = None;
                builder.agent_latest = None;
                builder.created_at = None;
            }))
            .app_block_builder(
                AppBlockBuilder::new("apps")
                    .state("STOPPED")
                    .with(|builder| {
                        builder.errors = vec![ResourceError::new("SUBNET_NOT_FOUND", "Gone.")];
                    }),
            )
            .app_block_builder(AppBlockBuilder::new("bare").with(|builder| {
                builder.instance_type = None;
                builder.state = None;
                builder.created_at = None;
            }))
            .image(Image::new("Base").public())
            .image(Image::new("Base-Image-WinServer2022").with(|image| {
                image.agent_latest = Some("FALSE".into());
                image.base_image_arn = Some("arn:aws:appstream:eu-west-1::image/Base".to_owned());
                image.errors = vec![ResourceError::new("IMAGE_NOT_FOUND", "Gone.")];
            }))
            .image(Image::new("From-ARN").public().with(|image| {
                image.state = Some("DREAMING".into());
                image.platform = None;
                image.agent_version = None;
                image.agent_latest = None;
                image.image_type = None;
                image.created_at = None;
                image.base_released_at = None;
            }))
            .directory_config(DirectoryConfig::new("corp.example.com"))
            .usage_report(UsageReport {
                errors: vec![Some("ACCESS_DENIED".into())],
                ..UsageReport::daily(1.7e9)
            })
            .stack(
                Stack::new("office")
                    .tag("team", "\"blue\"")
                    .tag("owner", "is not asked for"),
            )
            .stack(
                Stack::new("guests").error("STORAGE_CONNECTOR_ERROR", "No access to the bucket."),
            )
            .stack(Stack::new("unused"))
            .associate("always-on", "office")
            .associate("always-on", "guests")
            .associate("many \"seats\" \\ Büro\n東京", "office")
            .associate("elastic", "guests")
            .session(
                session("a", "always-on", "office")
                    .saml()
                    .instance("i-1")
                    .user("ann"),
            )
            .session(
                session("b", "always-on", "office")
                    .api()
                    .instance("i-2")
                    .user("ann")
                    .disconnected()
                    .with(|session| session.instance_drain_status = Some("DRAINING".into())),
            )
            .session(
                session("c", "always-on", "guests")
                    .user_pool()
                    .instance("i-2")
                    .user("bob"),
            )
            .session(
                session("d", "always-on", "guests")
                    .active_directory()
                    .instance("i-9")
                    .user("cid")
                    .expired(),
            )
            .session(
                session("e", "always-on", "guests")
                    .saml()
                    .without_connection_state()
                    .started_at(1e9 - 0.25),
            )
            .session(
                session("f", "many \"seats\" \\ Büro\n東京", "office")
                    .saml()
                    .pending(),
            )
            .session(
                session("g", "elastic", "guests")
                    .saml()
                    .state("HIBERNATED")
                    .with(|s| {
                        s.authentication_type = None;
                        s.started_at = None;
                        s.expires_at = None;
                    }),
            )
            .pool(
                Pool::new("wspool-aaaaaaaaa", "call centre")
                    .tag("CostCenter", "43")
                    .sessions(10, 8, 6)
                    .error("BUNDLE_NOT_FOUND", "Gone."),
            )
            .pool(
                Pool::new("wspool-bbbbbbbbb", "empty")
                    .state("STOPPED")
                    .with(|pool| {
                        pool.capacity = None;
                        pool.timeouts = None;
                        pool.created_at = None;
                        pool.running_mode = None;
                    }),
            )
            .pool(Pool::new("wspool-ccccccccc", "third").state("HIBERNATING"))
            .pool_session(
                PoolSession::new("p1", "wspool-aaaaaaaaa")
                    .user("ann")
                    .started_at(2e9),
            )
            .pool_session(
                PoolSession::new("p2", "wspool-aaaaaaaaa")
                    .user("ann")
                    .started_at(1.5e9)
                    .disconnected(),
            )
            .pool_session(
                PoolSession::new("p3", "wspool-aaaaaaaaa")
                    .user("bob")
                    .without_connection_state(),
            ),
    )
}

fn session(id: &str, fleet: &str, stack: &str) -> Session {
    Session::new(id, fleet, stack)
        .started_at(1e9)
        .expires_at(1.1e9)
}

async fn exposition() -> Metrics {
    let simulator = simulator(world()).await;
    let (output, metrics) = once(&simulator, CONFIG).await;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    metrics
}

/// The exposition with the values that vary replaced by a word.
fn masked(text: &str) -> String {
    let mask = |line: &str| {
        let name = line.split(['{', ' ']).next().unwrap_or_default();
        let varies =
            VARIES.contains(&name) || name.starts_with("process_") && !line.starts_with('#');
        match line.rsplit_once(' ') {
            Some(_) if name == "appstream_exporter_build_info" => format!("{name}{{VARIES}} 1"),
            Some((series, _)) if varies => format!("{series} VARIES"),
            _ => line.to_owned(),
        }
    };
    text.lines().map(|line| mask(line) + "\n").collect()
}

#[tokio::test]
async fn the_exposition_of_a_known_world() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden/world.prom");
    let got = masked(exposition().await.text());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &got).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap();
    for (number, (got, expected)) in got.lines().zip(expected.lines()).enumerate() {
        assert_eq!(got, expected, "line {} of {}", number + 1, file.display());
    }
    assert_eq!(
        got.lines().count(),
        expected.lines().count(),
        "one of them goes on"
    );
}

#[tokio::test]
async fn series_are_unique_and_families_are_in_one_piece() {
    let metrics = exposition().await;
    let mut seen = std::collections::BTreeSet::new();
    let mut ended = std::collections::BTreeSet::new();
    let mut last = "";
    for series in metrics.series() {
        assert!(
            seen.insert((&series.name, &series.labels)),
            "twice: {series:?}"
        );
        let part = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|part| series.name.strip_suffix(part));
        let family = part.unwrap_or(&series.name);
        if family != last {
            assert!(
                ended.insert(family.to_owned()),
                "{family} comes in two pieces"
            );
            last = family;
        }
    }
    let declared: Vec<_> = appstream_exporter::catalog::families()
        .map(|family| family.name)
        .collect();
    for family in ended
        .iter()
        .filter(|family| !family.starts_with("process_"))
    {
        assert!(
            declared.contains(&family.as_str()),
            "{family} is not in the catalogue"
        );
    }
}

#[tokio::test]
async fn every_family_of_the_catalogue_can_be_seen() {
    let metrics = exposition().await;
    // A command that ends answers no HTTP request, and in this world none fails.
    let rightly_absent = [
        "appstream_exporter_http_requests_total",
        "appstream_exporter_aws_request_failures_total",
    ];
    for family in appstream_exporter::catalog::families() {
        let shown = metrics.text().contains(&format!(
            "# TYPE {} {}\n",
            family.name,
            family.kind.as_str()
        ));
        assert_eq!(
            shown,
            !rightly_absent.contains(&family.name),
            "{}",
            family.name
        );
    }
}
