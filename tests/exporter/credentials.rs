//! Promise: a host that boots, slow credentials and missing ones are waited for and named.
//! Only what someone must change ends the exporter.

use std::path::Path;
use std::time::Duration;

use crate::common::{
    ACCOUNT, BRISK, COLLECTORS, Exporter, REGION, command, command_at, failed, run, simulator,
    successes,
};
use appstream_simulator::{Fault, Fleet, Instance, Region, Simulator, World};
use tokio::process::Command;

const OTHER_REGION: &str = "us-east-1";

async fn world() -> Simulator {
    let region = || Region::new().fleet(Fleet::new("desks"));
    let world = World::new(ACCOUNT)
        .region(REGION, region())
        .region(OTHER_REGION, region());
    simulator(world).await
}

/// The simulator, whose instance metadata has this fault.
async fn with_metadata_fault(fault: Fault) -> Simulator {
    let simulator = world().await;
    simulator.inject(fault.service("metadata"));
    simulator
}

/// Instance metadata answers from now on, with this region.
fn answers(simulator: &Simulator, region: &str) {
    simulator.update(|world| world.instance = Instance::new().region(region));
    simulator.clear_faults();
}

fn http(status: u16) -> Fault {
    Fault::foreign_answer(status, "text/plain", "")
}

/// A command with credentials, whose region only instance metadata can say.
fn on_instance(simulator: &Simulator) -> Command {
    let mut command = command_at(&simulator.endpoint_url());
    command
        .env_remove("AWS_REGION")
        .env_remove("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", simulator.host_url());
    command
}

/// A command with a region and without credentials, apart from these variables.
fn bare(simulator: &Simulator, variables: &[(&str, &str)]) -> Command {
    let mut command = command();
    command
        .env("AWS_ENDPOINT_URL", simulator.endpoint_url())
        .env("AWS_REGION", REGION)
        .envs(variables.iter().copied());
    command
}

/// Writes an AWS config file, and returns its path.
fn aws_config(folder: &Path, text: &str) -> String {
    let file = folder.join("aws-config");
    std::fs::write(&file, text).expect("the folder is writable");
    file.display().to_string()
}

/// Everything that an exporter shows, once it has failed: log, page, status.
async fn shown(exporter: &Exporter) -> String {
    exporter
        .eventually("everything has failed", |metrics| {
            failed(metrics, REGION).len() == COLLECTORS
        })
        .await;
    let page = exporter.get("/status").await.text().to_owned();
    let status = exporter.get("/api/v1/status").await.text().to_owned();
    [exporter.log(), page, status].join("\n")
}

/// The log of an exporter without credentials except these variables.
async fn complaint(variables: &[(&str, &str)]) -> String {
    let simulator = world().await;
    let exporter = Exporter::start_with(bare(&simulator, variables), BRISK).await;
    shown(&exporter).await;
    let lines = exporter.logged(&["collectors failed", "code=credentials"]);
    assert_eq!(lines.len(), 1, "{}", exporter.log());
    assert!(simulator.calls().is_empty(), "nothing was sent");
    lines[0].clone()
}

// The region.

#[tokio::test]
async fn a_region_that_instance_metadata_says_late_is_waited_for() {
    // The token comes, and then another server's page in place of the region.
    let page = Fault::foreign_answer(200, "text/html", "<html>starting</html>");
    let page = page.operation("/latest/meta-data/placement/region");
    for first in [Fault::close(), Fault::hang(), http(503), page] {
        let what = format!("{first:?}");
        let simulator = with_metadata_fault(first).await;
        let exporter = Exporter::start_with(on_instance(&simulator), BRISK).await;
        let metrics = exporter.metrics().await;
        assert_eq!(
            failed(&metrics, "").len(),
            COLLECTORS,
            "{what}: {}",
            exporter.log()
        );
        exporter
            .until("it is ready", async |exporter| {
                exporter.get("/-/ready").await.status.as_u16() == 200
            })
            .await;
        let page = exporter.get("/status").await.text().to_owned();
        assert!(
            page.contains("no AWS region yet: instance metadata"),
            "{what}: {page}"
        );
        let lines = exporter.logged(&["level=warn", "target not refreshed yet", "AWS_REGION"]);
        assert_eq!(lines.len(), 1, "{what}: {}", exporter.log());

        answers(&simulator, REGION);
        let metrics = exporter
            .eventually("the region is refreshed", |metrics| {
                successes(metrics, REGION).len() == COLLECTORS
            })
            .await;
        assert!(failed(&metrics, REGION).is_empty(), "{what}");
        assert!(metrics.has("appstream_fleet_info", &[("aws_region", REGION)]));
        assert!(
            successes(&metrics, "").is_empty(),
            "{what}: it is refreshed in one region"
        );
        let page = exporter.get("/status").await.text().to_owned();
        assert!(!page.contains("no AWS region yet"), "{what}: {page}");
    }
}

#[tokio::test]
async fn all_regions_are_those_of_the_partition_that_instance_metadata_says_late() {
    let simulator = with_metadata_fault(Fault::close()).await;
    let config = format!("{BRISK}targets: [{{name: default, regions: [all]}}]");
    let exporter = Exporter::start_with(on_instance(&simulator), &config).await;
    exporter
        .eventually("the usual partition is searched", |metrics| {
            successes(metrics, OTHER_REGION).len() == COLLECTORS
        })
        .await;
    answers(&simulator, "cn-north-1");
    exporter
        .eventually("its partition is searched", |metrics| {
            successes(metrics, "cn-north-1").len() == COLLECTORS
                && successes(metrics, OTHER_REGION).is_empty()
        })
        .await;
}

#[tokio::test]
async fn a_host_without_a_region_ends_the_exporter() {
    // The last one has metadata, but no region in it.
    for fault in [http(404), http(403), http(404).after(1)] {
        let simulator = with_metadata_fault(fault).await;
        let output = run(on_instance(&simulator)).await;
        assert_eq!(output.status.code(), Some(64), "{output:?}");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(
            log.contains("no AWS region for target \"default\""),
            "{log}"
        );
    }
}

#[tokio::test]
async fn once_does_not_wait_for_a_region() {
    let simulator = with_metadata_fault(Fault::close()).await;
    let mut command = on_instance(&simulator);
    command.arg("--once");
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(
        log.contains("no AWS region yet: instance metadata does not respond"),
        "{log}"
    );
}

#[tokio::test]
async fn an_empty_variable_is_no_region() {
    let simulator = world().await;
    let mut command = command_at(&simulator.endpoint_url());
    command
        .env("AWS_REGION", "")
        .env("AWS_DEFAULT_REGION", OTHER_REGION);
    let exporter = Exporter::start_with(command, BRISK).await;
    exporter
        .eventually("the default region is refreshed", |metrics| {
            successes(metrics, OTHER_REGION).len() == COLLECTORS
        })
        .await;

    let mut command = command_at(&simulator.endpoint_url());
    command.env("AWS_REGION", "").env("AWS_DEFAULT_REGION", "");
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(
        log.contains("no AWS region for target \"default\""),
        "{log}"
    );
}

// Credentials.

#[tokio::test]
async fn credentials_that_take_longer_than_a_refresh_are_said_once_for_the_target() {
    let simulator = world().await;
    let host = world().await;
    host.inject(Fault::hang().service("container"));
    let url = format!("{}/credentials", host.host_url());
    let variables = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*url)];
    let config =
        format!("{BRISK}targets: [{{name: default, regions: [{REGION}, {OTHER_REGION}]}}]");
    let exporter = Exporter::start_with(bare(&simulator, &variables), &config).await;
    for region in [REGION, OTHER_REGION] {
        exporter.after_refreshes(region, 3.0).await;
    }
    let lines = exporter.logged(&["collectors failed"]);
    assert_eq!(lines.len(), 1, "{}", exporter.log());
    for text in [
        "code=credentials",
        "no AWS credentials: timeout after 900ms (nine tenths of refresh.timeout)",
        "give the host a role",
    ] {
        assert!(lines[0].contains(text), "{text}: {}", lines[0]);
    }
    assert!(simulator.calls().is_empty(), "nothing was sent");
}

/// Reads everything with credentials that the host gives out.
async fn reads_with_credentials_of_the_host(simulator: &Simulator, command: Command, config: &str) {
    let exporter = Exporter::start_with(command, config).await;
    exporter
        .eventually("everything is read", |metrics| {
            successes(metrics, REGION).len() == COLLECTORS && failed(metrics, REGION).is_empty()
        })
        .await;
    let calls = simulator.calls().into_iter();
    let mut calls = calls.filter(|call| call.operation == "DescribeFleets");
    assert!(calls.all(|call| call.access_key_id.starts_with("ASIASIMULATED")));
}

#[tokio::test]
async fn slow_credentials_of_a_container_are_used() {
    let simulator = world().await;
    // Longer than the SDK's own timeout of five seconds.
    let slow = Fault::delay(Duration::from_secs(6));
    simulator.inject(slow.service("container"));
    let url = format!("{}/credentials", simulator.host_url());
    let command = bare(&simulator, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*url)]);
    let config = "refresh: {interval: 20s, timeout: 15s}\n";
    reads_with_credentials_of_the_host(&simulator, command, config).await;
    assert_eq!(simulator.count("/credentials"), 1);
}

#[tokio::test]
async fn an_instance_gives_region_and_credentials() {
    let simulator = world().await;
    let instance = Instance::new().region(REGION).role("exporter");
    simulator.update(|world| world.instance = instance);
    let mut command = on_instance(&simulator);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    reads_with_credentials_of_the_host(&simulator, command, BRISK).await;
}

#[tokio::test]
async fn a_token_file_that_is_missing_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = aws_config(
        folder.path(),
        "[profile base]\nweb_identity_token_file = /nonexistent/base\nrole_arn = arn:aws:iam::123456789012:role/r\n\
         [profile top]\nsource_profile = base\nrole_arn = arn:aws:iam::123456789012:role/s\n",
    );
    let role = "arn:aws:iam::123456789012:role/r";
    let cases: [(&[(&str, &str)], &str); 3] = [
        (
            &[
                ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token"),
                ("AWS_ROLE_ARN", role),
            ],
            "cannot read /nonexistent/token (AWS_WEB_IDENTITY_TOKEN_FILE): No such file",
        ),
        (
            &[
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nonexistent/pod"),
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/"),
            ],
            "cannot read /nonexistent/pod (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE): No such file",
        ),
        (
            &[("AWS_CONFIG_FILE", &config), ("AWS_PROFILE", "top")],
            "cannot read /nonexistent/base (web_identity_token_file of the AWS profile \\\"base\\\"): No such file",
        ),
    ];
    for (variables, expected) in cases {
        let line = complaint(variables).await;
        assert!(line.contains(expected), "{expected}: {line}");
    }
}

#[tokio::test]
async fn slow_instance_metadata_is_told_from_one_without_a_role() {
    let host = world().await;
    let url = host.host_url();
    let variables = [
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*url),
    ];
    let line = complaint(&variables).await;
    let expected = "none were found, and instance metadata has no role for this instance; set AWS_ACCESS_KEY_ID";
    assert!(line.contains(expected), "{line}");

    let simulator = world().await;
    host.inject(Fault::hang().service("metadata"));
    // The SDK waits a second for instance metadata, and so does BRISK for everything.
    let config = BRISK.replace("interval: 1s, timeout: 1s", "interval: 5s, timeout: 5s");
    let config = config.replace(
        "max_age: 3s, topology_interval: 1s",
        "max_age: 5s, topology_interval: 5s",
    );
    let exporter = Exporter::start_with(bare(&simulator, &variables), &config).await;
    let text = shown(&exporter).await;
    let expected = "none were found, and instance metadata does not respond: timeout: HTTP read timeout occurred after 1s";
    assert!(text.contains(expected), "{text}");
}

#[tokio::test]
async fn what_a_credential_process_writes_to_standard_error_is_not_shown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = aws_config(
        folder.path(),
        "[default]\ncredential_process = sh -c 'echo TOKEN-OF-THE-TEST >&2; exit 3'\n",
    );
    let simulator = world().await;
    let variables = [("AWS_CONFIG_FILE", &*config), ("PATH", "/usr/bin:/bin")];
    let exporter = Exporter::start_with(bare(&simulator, &variables), BRISK).await;
    let text = shown(&exporter).await;
    assert!(
        text.contains("external process exited with code exit status: 3; "),
        "{text}"
    );
    assert!(!text.contains("TOKEN-OF-THE-TEST"), "{text}");
}

#[tokio::test]
async fn a_profile_of_aws_login_is_answered_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = aws_config(
        folder.path(),
        "[profile ops]\nlogin_session = arn:aws:iam::123456789012:user/ops\n",
    );
    let line = complaint(&[("AWS_CONFIG_FILE", &config), ("AWS_PROFILE", "ops")]).await;
    for text in [
        "the AWS profile \\\"ops\\\" uses `aws login` (login_session)",
        "credential_process = aws configure export-credentials --profile ops --format process",
    ] {
        assert!(line.contains(text), "{text}: {line}");
    }

    let simulator = world().await;
    let config_text =
        format!("{BRISK}targets: [{{name: default, profile: ops, regions: [{REGION}]}}]");
    let exporter = Exporter::start_with(
        bare(&simulator, &[("AWS_CONFIG_FILE", &config)]),
        &config_text,
    )
    .await;
    let text = shown(&exporter).await;
    assert!(text.contains("export-credentials --profile ops"), "{text}");
}
