//! Promise: builders, images and settings of the account are read as often as they must be, only
//! where something uses them, and each on its own; and no credential of a directory is shown.

use crate::common::{
    ACCOUNT, BRISK, Exporter, Metrics, REGION, UNLIMITED, command_at, config_file, failed, once,
    run, simulator, successes,
};
use appstream_simulator::{
    AppBlockBuilder, DirectoryConfig, Fault, Fleet, Image, ImageBuilder, Region, Simulator,
    UsageReport, World,
};

/// Everything is read again in each refresh.
const OFTEN: &str = "images: {interval: 1s}\naccount: {interval: 1s}\n";
const OTHER: &str = "999999999999";

fn arn(owner: &str, name: &str) -> String {
    format!("arn:aws:appstream:{REGION}:{owner}:image/{name}")
}

fn fleet_of(name: &str, image_arn: String) -> Fleet {
    Fleet::new(name).with(|fleet| {
        fleet.image_name = None;
        fleet.image_arn = Some(image_arn);
    })
}

/// A fleet and a builder, each with an image; an app block builder, a directory, a report.
fn region() -> Region {
    Region::new()
        .fleet(fleet_of("desks", arn(ACCOUNT, "Desk")))
        .image_builder(ImageBuilder::new("next").with(|builder| {
            builder.image_arn = Some(arn("", "Base"));
        }))
        .app_block_builder(AppBlockBuilder::new("apps"))
        .image(Image::new("Desk"))
        .image(Image::new("Base").public())
        .image(Image::new("Unused"))
        .directory_config(DirectoryConfig::new("corp.example.com"))
        .usage_report(UsageReport::daily(1.7e9))
}

async fn simulated(region: Region) -> Simulator {
    simulator(World::new(ACCOUNT).region(REGION, region)).await
}

/// Name, visibility and account of the images that are shown.
fn images(metrics: &Metrics) -> Vec<[&str; 3]> {
    let labels = ["image", "visibility", "aws_account_id"];
    let images = metrics.family("appstream_image_info");
    let mut images: Vec<_> = images
        .map(|one| labels.map(|label| one.label(label)))
        .collect();
    images.sort_unstable();
    images
}

fn has_all(metrics: &Metrics) -> bool {
    let families = [
        "appstream_image_builder_info",
        "appstream_app_block_builder_info",
        "appstream_image_info",
        "appstream_directory_config_info",
        "appstream_usage_report_last_generated_timestamp_seconds",
    ];
    !successes(metrics, REGION).is_empty() && families.iter().all(|one| metrics.has(one, &[]))
}

#[tokio::test]
async fn a_role_without_an_action_loses_that_collector_alone() {
    let cases = [
        (
            "DescribeImageBuilders",
            "appstream_builders",
            "appstream_image_builder_info",
        ),
        (
            "DescribeAppBlockBuilders",
            "appstream_builders",
            "appstream_app_block_builder_info",
        ),
        ("DescribeImages", "appstream_images", "appstream_image_info"),
        (
            "DescribeDirectoryConfigs",
            "appstream_account",
            "appstream_directory_config_info",
        ),
        (
            "DescribeUsageReportSubscriptions",
            "appstream_account",
            "appstream_usage_report_last_generated_timestamp_seconds",
        ),
    ];
    for (operation, collector, family) in cases {
        let simulator = simulated(region()).await;
        simulator.inject(Fault::deny().operation(operation));
        let (output, metrics) = once(&simulator, UNLIMITED).await;
        assert_eq!(output.status.code(), Some(1), "{operation}");
        assert_eq!(failed(&metrics, REGION), [collector], "{operation}");
        metrics.assert_absent(family, &[]);
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(log.contains(&format!("{operation}: AccessDenied")), "{log}");
        assert_eq!(log.matches("collectors failed").count(), 1, "{log}");
        assert!(metrics.has("appstream_fleet_info", &[]), "{operation}");
        // Images of fleets do not need the builders.
        let desk = [("image", "Desk")];
        let has_desk = metrics.has("appstream_image_info", &desk);
        assert_eq!(has_desk, operation != "DescribeImages", "{operation}");
    }
}

#[tokio::test]
async fn only_images_in_use_are_read_under_the_account_that_uses_them() {
    let region = region()
        .fleet(fleet_of("guests", arn(OTHER, "Shared")))
        .fleet(fleet_of("other", arn(ACCOUNT, "Hidden")))
        .image(Image::new("Shared").shared_by(OTHER))
        .image(Image::new("Hidden"));
    let simulator = simulated(region).await;
    let config = format!("{BRISK}filters: {{fleets: {{exclude: [other]}}}}\n");
    let (output, metrics) = once(&simulator, &config).await;
    assert!(output.status.success(), "{output:?}");
    let expected = [
        ["Base", "PUBLIC", ACCOUNT],
        ["Desk", "PRIVATE", ACCOUNT],
        ["Shared", "SHARED", ACCOUNT],
    ];
    assert_eq!(images(&metrics), expected);
    let calls = simulator.calls().into_iter();
    let asked = calls.filter(|call| call.operation == "DescribeImages");
    let asked: Vec<_> = asked.map(|call| call.parameters.arns).collect();
    let arns = [arn(ACCOUNT, "Desk"), arn(OTHER, "Shared"), arn("", "Base")];
    assert_eq!(asked, [arns], "one call for all of them");
}

#[tokio::test]
async fn an_image_that_is_refused_or_not_found_leaves_the_others() {
    let mut region = Region::new();
    for number in 0..60 {
        let name = format!("Image-{number:02}");
        let fleet = fleet_of(&format!("fleet-{number:02}"), arn(ACCOUNT, &name));
        region = region.fleet(fleet);
        if ![7, 31, 59].contains(&number) {
            region = region.image(Image::new(name));
        }
    }
    let simulator = simulated(region).await;
    let (output, metrics) = once(&simulator, UNLIMITED).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(images(&metrics).len(), 57);
    metrics.assert_absent("appstream_image_info", &[("image", "Image-31")]);
    let calls = simulator.count("DescribeImages");
    assert!((4..=40).contains(&calls), "{calls}");
    for number in [7, 31, 59] {
        let name = format!("Image-{number:02}");
        simulator.update(|world| {
            let images = world.region_mut(REGION).images_mut();
            images.push(Image::new(&name));
        });
    }
    simulator.reset_calls();
    let (_, metrics) = once(&simulator, UNLIMITED).await;
    assert_eq!(images(&metrics).len(), 60);
    // Of 25 images each, which AWS hands out on pages of 20.
    assert_eq!(simulator.count("DescribeImages"), 2 + 2 + 1);
}

#[tokio::test]
async fn a_request_for_images_that_is_always_refused_is_a_failure() {
    let simulator = simulated(region()).await;
    let code = "InvalidParameterCombinationException";
    let refused = Fault::error_code(400, code, "no");
    simulator.inject(refused.operation("DescribeImages"));
    let (_, metrics) = once(&simulator, UNLIMITED).await;
    assert_eq!(failed(&metrics, REGION), ["appstream_images"]);
}

#[tokio::test]
async fn a_new_image_is_read_at_once_and_an_unused_one_is_gone() {
    let simulator = simulated(region()).await;
    let exporter = Exporter::start(&simulator, BRISK).await;
    exporter.eventually("all is read", has_all).await;
    exporter.after_refreshes(REGION, 2.0).await;
    assert_eq!(simulator.count("DescribeImages"), 1, "once an hour");
    simulator.update(|world| {
        let region = world.region_mut(REGION);
        region.images_mut().push(Image::new("Desk-2"));
        let fleet = region.fleet_mut("desks").expect("it is there");
        fleet.image_arn = Some(arn(ACCOUNT, "Desk-2"));
    });
    let expected = [["Base", "PUBLIC", ACCOUNT], ["Desk-2", "PRIVATE", ACCOUNT]];
    exporter
        .eventually("the new image", |metrics| images(metrics) == expected)
        .await;
    exporter.after_refreshes(REGION, 2.0).await;
    assert_eq!(simulator.count("DescribeImages"), 2);
    assert_eq!(simulator.count("DescribeDirectoryConfigs"), 1);
}

#[tokio::test]
async fn changes_are_seen_and_what_is_deleted_is_gone() {
    let simulator = simulated(region()).await;
    let exporter = Exporter::start(&simulator, &format!("{BRISK}{OFTEN}")).await;
    exporter.eventually("all is read", has_all).await;
    simulator.update(|world| {
        let region = world.region_mut(REGION);
        region.image_builders_mut().clear();
        region.app_block_builders_mut().clear();
        region.directory_configs_mut().clear();
        let report = &mut region.usage_reports_mut()[0];
        report.last_generated_at = None;
        report.errors = vec![Some("ACCESS_DENIED".into()), None];
        region.images_mut()[0].state = Some("FAILED".into());
    });
    let metrics = exporter
        .eventually("the changes", |metrics| {
            let failed = [("image", "Desk"), ("state", "FAILED")];
            let is_gone = |family: &str| !metrics.has(family, &[]);
            metrics.value("appstream_image_state", &failed) == Some(1.0)
                && is_gone("appstream_image_builder_state")
                && is_gone("appstream_app_block_builder_state")
                && is_gone("appstream_directory_config_info")
                && is_gone("appstream_usage_report_last_generated_timestamp_seconds")
        })
        .await;
    for code in ["ACCESS_DENIED", "UNKNOWN"] {
        let labels = [("error_code", code)];
        metrics.assert("appstream_usage_report_errors", &labels, 1.0);
    }
    assert_eq!(failed(&metrics, REGION), [""; 0]);
}

#[tokio::test]
async fn app_block_builders_that_aws_does_not_permit_here_are_no_failure() {
    let mut region = region();
    region.app_block_builders_mut().clear();
    let simulator = simulated(region).await;
    let code = "OperationNotPermittedException";
    let refused = Fault::error_code(400, code, "no");
    simulator.inject(refused.operation("DescribeAppBlockBuilders"));
    let (output, metrics) = once(&simulator, UNLIMITED).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(failed(&metrics, REGION), [""; 0]);
    assert!(metrics.has("appstream_image_builder_info", &[]));
}

#[tokio::test]
async fn credentials_of_a_directory_are_nowhere() {
    let secrets = ["joiner-of-the-test", "password-of-the-test"];
    let planted = || {
        let [name, password] = secrets.map(str::to_owned);
        let mut config = DirectoryConfig::new("corp.example.com");
        config.service_account = Some((name, password));
        let mut region = region();
        *region.directory_configs_mut() = vec![config];
        region
    };
    let simulator = simulated(planted()).await;
    let assert_clean = |place: &str, text: &str| {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} in {place}: {text}");
        }
    };
    for rust_log in ["debug", "trace"] {
        let mut command = command_at(&simulator.endpoint_url());
        command.env("RUST_LOG", rust_log);
        let exporter = Exporter::start_with(command, &format!("{BRISK}{OFTEN}")).await;
        exporter.eventually("all is read", has_all).await;
        for path in [
            "/metrics",
            "/",
            "/status",
            "/api/v1/status",
            "/api/v1/fleets",
        ] {
            let answer = exporter.get(path).await;
            assert!(answer.text().len() > 100, "{path}");
            assert_clean(path, answer.text());
        }
        // An answer that cannot be read must not be quoted either.
        for fault in [Fault::truncate(), Fault::without_member("DirectoryName")] {
            let fault = simulator.inject(fault.operation("DescribeDirectoryConfigs"));
            let is_failed = |metrics: &Metrics| failed(metrics, REGION) == ["appstream_account"];
            exporter.eventually("a failure", is_failed).await;
            assert_clean("/status", exporter.get("/status").await.text());
            simulator.clear(fault);
            exporter
                .eventually("all is well", |metrics| failed(metrics, REGION).is_empty())
                .await;
        }
        let line = ["DescribeDirectoryConfigs page=1", "success"];
        assert!(!exporter.logged(&line).is_empty(), "{}", exporter.log());
        assert_clean("the log", &exporter.log());
    }
    let (_folder, file) = config_file(BRISK);
    let mut command = command_at(&simulator.endpoint_url());
    command.env("RUST_LOG", "trace").arg("--once");
    let output = run({
        command.arg("--config.file").arg(file);
        command
    })
    .await;
    assert!(output.status.success(), "{output:?}");
    assert_clean("stdout", &String::from_utf8_lossy(&output.stdout));
    assert_clean("stderr", &String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_collector_that_is_turned_on_again_shows_no_old_values() {
    let simulator = simulated(region()).await;
    let mut command = command_at(&simulator.endpoint_url());
    command.arg("--web.enable-lifecycle");
    let exporter = Exporter::start_with(command, BRISK).await;
    exporter.eventually("all lists", has_all).await;
    let off = "collectors: {appstream_images: false, appstream_account: false}\n";
    exporter.write_config(&format!("{BRISK}{off}"));
    assert_eq!(exporter.reload().await.text(), "reloaded\n");
    let families = ["appstream_image_info", "appstream_directory_config_info"];
    exporter
        .eventually("both are off", |metrics| {
            families.iter().all(|family| !metrics.has(family, &[]))
        })
        .await;
    simulator.inject(Fault::deny().operation("DescribeImages"));
    simulator.inject(Fault::deny().operation("DescribeDirectoryConfigs"));
    exporter.write_config(BRISK);
    assert_eq!(exporter.reload().await.text(), "reloaded\n");
    let metrics = exporter
        .eventually("both are on", |metrics| {
            failed(metrics, REGION) == ["appstream_account", "appstream_images"]
        })
        .await;
    for family in families {
        metrics.assert_absent(family, &[]);
    }
}
