//! Promise: invalid input gets one clear line for each problem, before any call to AWS, and every
//! flag has its environment variable.

use std::path::Path;

use crate::common::{
    ACCOUNT, BRISK, Exporter, REGION, command, command_at, config_file, run, simulator,
};
use appstream_simulator::{Fleet, Region, World};
use tokio::net::TcpListener;

/// Files that end in `.bad.yaml`, each with its message in a `.txt` file.
#[tokio::test]
async fn bad_files_are_refused_with_the_whole_message() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config");
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(case) = name.strip_suffix(".bad.yaml") else {
            continue;
        };
        seen += 1;
        let mut check = command();
        check
            .current_dir(&folder)
            .args(["--config.check", "--config.file", &name]);
        let output = run(check).await;
        let got = String::from_utf8(output.stderr).unwrap();
        let expected = folder.join(format!("{case}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&expected, &got).unwrap();
        }
        assert_eq!(got, std::fs::read_to_string(&expected).unwrap(), "{name}");
        assert_eq!(output.status.code(), Some(64), "{name}");
        assert!(output.stdout.is_empty(), "{name}");
    }
    assert!(seen >= 10, "only {seen} fixtures were found");
}

#[tokio::test]
async fn a_bad_file_keeps_the_exporter_from_asking_anything() {
    let simulator = simulator(World::new(ACCOUNT)).await;
    let (_folder, file) = config_file("refresh: {interval: 60}");
    let mut start = command_at(&simulator.endpoint_url());
    start.arg("--config.file").arg(file);
    let output = run(start).await;
    assert_eq!(output.status.code(), Some(64));
    assert!(simulator.calls().is_empty());
}

#[tokio::test]
async fn good_files_pass_the_check() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.yaml");
    let (_folder, empty) = config_file("");
    let (_folder2, nulls) = config_file("refresh:\naws:\ntargets:\n");
    for file in [example, empty, nulls] {
        let mut check = command();
        check.arg("--config.check").arg("--config.file").arg(&file);
        let output = run(check).await;
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            format!("{}: valid\n", file.display())
        );
    }
}

#[tokio::test]
async fn the_configuration_is_printed_with_origins_and_without_secrets() {
    let (folder, file) = config_file(
        "aws: {burst: 20}\ntargets:\n  - {name: a, role_arn: 'arn:aws:iam::123456789012:role/r', external_id: hunter2}\n",
    );
    let mut print = command();
    print
        .arg("--config.print")
        .env("APPSTREAM_EXPORTER_CONFIG_FILE", &file)
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .args(["--log.level", "warn"]);
    let output = run(print).await;
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    let from_environment = format!(
        "# --config.file: {}  # environment APPSTREAM_EXPORTER_CONFIG_FILE",
        file.display()
    );
    for line in [
        from_environment.as_str(),
        "# --log.level: warn  # flag",
        "# --log.format: logfmt  # default",
        "# --shard: none  # default",
        "  burst: 20  # file",
        "  timeout: 50s  # default",
        "    regions: [us-east-1]  # environment AWS_DEFAULT_REGION",
        "    external_id: <redacted>  # file",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }

    std::fs::write(&file, text.replace("<redacted>", "hunter2")).unwrap();
    let mut check = command();
    check.arg("--config.check").arg("--config.file").arg(&file);
    assert_eq!(run(check).await.status.code(), Some(0));

    std::fs::write(&file, "refresh: {interval: 60}").unwrap();
    let mut bad = command();
    bad.arg("--config.print").arg("--config.file").arg(&file);
    let output = run(bad).await;
    assert_eq!(output.status.code(), Some(64));
    assert!(output.stdout.is_empty());
    drop(folder);
}

#[tokio::test]
async fn what_cannot_start_says_why_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let in_use = format!(
        "cannot listen on {address}: Address already in use (os error 98); choose another with --web.listen-address"
    );
    let no_region = "no AWS region for target \"default\": set AWS_REGION, a region in the AWS profile, or targets[].regions in the config file";
    let not_a_region = "\"eu west\" is not an AWS region: set AWS_REGION to a code such as eu-west-1, or targets[].regions in the config file";
    let unreadable =
        "cannot read the config file /nonexistent.yaml: No such file or directory (os error 2)";
    let cases: [(&[&str], Option<&str>, i32, &str); 5] = [
        (
            &["--web.listen-address", &address],
            Some(REGION),
            1,
            &in_use,
        ),
        (&[], None, 64, no_region),
        (&[], Some(""), 64, no_region),
        (&[], Some("eu west"), 64, not_a_region),
        (
            &["--config.file", "/nonexistent.yaml"],
            Some(REGION),
            64,
            unreadable,
        ),
    ];
    for (arguments, region, code, message) in cases {
        let mut start = command();
        start.args(arguments).args(["--log.level", "error"]);
        if let Some(region) = region {
            start.env("AWS_REGION", region);
        }
        let output = run(start).await;
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            format!("appstream-exporter: {message}\n")
        );
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    }
}

#[tokio::test]
async fn bad_flags_are_refused_by_name() {
    let cases: [(&[&str], &[&str]); 9] = [
        (
            &["--web.telemetry-path", "/-/reload"],
            &["--web.telemetry-path", "is reserved"],
        ),
        (&["--total-shards", "0"], &["--total-shards", "1.."]),
        (
            &["--shard", "3", "--total-shards", "3"],
            &["--shard 3 is not below --total-shards 3"],
        ),
        (
            &["--total-shards", "3"],
            &["neither POD_NAME nor HOSTNAME is set"],
        ),
        (
            &["--web.listen-address", "nowhere"],
            &["--web.listen-address", "no port", "host:port"],
        ),
        (
            &["--web.telemetry-path", "metrics"],
            &["--web.telemetry-path", "begins with /"],
        ),
        (
            &["--web.telemetry-path", "/-/ready"],
            &["--web.telemetry-path", "is reserved"],
        ),
        (
            &["--log.level", "loud"],
            &["--log.level", "debug, info, warn, error"],
        ),
        (&["--no-such-flag"], &["--no-such-flag"]),
    ];
    for (arguments, texts) in cases {
        let mut start = command();
        start.args(arguments);
        let output = run(start).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let message = String::from_utf8(output.stderr).unwrap();
        for text in texts {
            assert!(message.contains(text), "{arguments:?}: {message}");
        }
    }
}

#[tokio::test]
async fn every_flag_has_its_environment_variable() {
    let help = run({
        let mut help = command();
        help.arg("--help");
        help
    })
    .await;
    let help = String::from_utf8(help.stdout).unwrap();
    for flag in [
        "config.file",
        "config.check",
        "config.print",
        "config.auto-reload",
        "web.enable-lifecycle",
        "shard",
        "total-shards",
        "web.listen-address",
        "web.telemetry-path",
        "web.systemd-socket",
        "web.config.file",
        "web.external-url",
        "web.route-prefix",
        "web.max-connections",
        "web.max-requests",
        "log.level",
        "log.format",
        "once",
        "demo",
    ] {
        let variable = format!(
            "APPSTREAM_EXPORTER_{}",
            flag.to_uppercase().replace(['.', '-'], "_")
        );
        assert!(
            help.contains(&format!("--{flag}")) && help.contains(&format!("[env: {variable}=]")),
            "{flag}\n{help}"
        );
    }
}

#[tokio::test]
async fn environment_variables_do_what_their_flags_do() {
    let region = Region::new().fleet(Fleet::new("f"));
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region)).await;
    let (folder, file) = config_file(BRISK);
    let mut serve = command_at(&simulator.endpoint_url());
    serve
        .env("APPSTREAM_EXPORTER_CONFIG_FILE", &file)
        .env(
            "APPSTREAM_EXPORTER_WEB_LISTEN_ADDRESS",
            "127.0.0.1:0,127.0.0.2:0",
        )
        .env("APPSTREAM_EXPORTER_WEB_TELEMETRY_PATH", "/m")
        .env("APPSTREAM_EXPORTER_LOG_LEVEL", "debug")
        .env("APPSTREAM_EXPORTER_LOG_FORMAT", "json")
        .env("APPSTREAM_EXPORTER_ONCE", "false")
        .env("APPSTREAM_EXPORTER_DEMO", "0");
    let exporter = Exporter::spawn(serve, folder).await;
    exporter
        .until("both addresses", async |exporter| {
            exporter.addresses().len() == 2
        })
        .await;
    let answer = exporter.get("/m").await;
    assert!(
        answer
            .text()
            .contains("appstream_exporter_refresh_interval_seconds 1\n")
    );
    for line in exporter.log().lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        assert!(
            line["timestamp"].is_string() && line["message"].is_string(),
            "{line}"
        );
    }

    let (_folder, file) = config_file(BRISK);
    let mut once = command_at(&simulator.endpoint_url());
    once.env("APPSTREAM_EXPORTER_ONCE", "true")
        .env("APPSTREAM_EXPORTER_CONFIG_FILE", &file);
    let output = run(once).await;
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("appstream_fleet_info{")
    );
    let mut check = command();
    check
        .env("APPSTREAM_EXPORTER_CONFIG_CHECK", "1")
        .env("APPSTREAM_EXPORTER_CONFIG_FILE", &file);
    assert_eq!(
        String::from_utf8(run(check).await.stdout).unwrap(),
        format!("{}: valid\n", file.display())
    );
    let mut demo = command();
    demo.env("APPSTREAM_EXPORTER_DEMO", "1").arg("--once");
    assert!(
        String::from_utf8(run(demo).await.stdout)
            .unwrap()
            .contains("target=\"demo\"")
    );
}

#[tokio::test]
async fn the_environment_alone_is_enough() {
    let simulator =
        simulator(World::new(ACCOUNT).region(REGION, Region::new().fleet(Fleet::new("f")))).await;
    let mut once = command_at(&simulator.endpoint_url());
    once.arg("--once");
    let output = run(once).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("appstream_exporter_collector_success{target=\"default\",aws_region=\"eu-west-1\",collector=\"appstream_fleets\"} 1"));
    assert!(text.contains("appstream_exporter_refresh_calls_budget{target=\"default\",aws_region=\"eu-west-1\",aws_service=\"appstream\"} 250\n"));
    assert_eq!(output.status.code(), Some(0));
}

#[tokio::test]
async fn once_fails_when_a_collector_does() {
    let simulator =
        simulator(World::new(ACCOUNT).region(REGION, Region::new().fleet(Fleet::new("f")))).await;
    simulator.inject(appstream_simulator::Fault::deny().operation("DescribeStacks"));
    let mut once = command_at(&simulator.endpoint_url());
    once.arg("--once");
    let output = run(once).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("appstream_fleet_info{")
            && text.contains("collector=\"appstream_stacks\"} 0")
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("DescribeStacks: AccessDeniedException")
    );
}

#[tokio::test]
async fn version_names_version_revision_and_compiler() {
    let mut version = command();
    version.arg("--version");
    let output = run(version).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let start = format!(
        "appstream-exporter {} (revision ",
        env!("CARGO_PKG_VERSION")
    );
    assert!(
        text.starts_with(&start) && text.contains("rustc 1."),
        "{text}"
    );
}

#[tokio::test]
async fn a_variable_that_is_empty_is_not_set() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, Region::new())).await;
    let mut once = command_at(&simulator.endpoint_url());
    for flag in [
        "CONFIG_FILE",
        "CONFIG_CHECK",
        "CONFIG_PRINT",
        "CONFIG_AUTO_RELOAD",
        "WEB_ENABLE_LIFECYCLE",
        "SHARD",
        "TOTAL_SHARDS",
        "WEB_LISTEN_ADDRESS",
        "WEB_TELEMETRY_PATH",
        "WEB_SYSTEMD_SOCKET",
        "WEB_CONFIG_FILE",
        "WEB_EXTERNAL_URL",
        "WEB_ROUTE_PREFIX",
        "WEB_MAX_CONNECTIONS",
        "WEB_MAX_REQUESTS",
        "LOG_LEVEL",
        "LOG_FORMAT",
        "ONCE",
        "DEMO",
    ] {
        once.env(format!("APPSTREAM_EXPORTER_{flag}"), "");
    }
    once.arg("--once");
    let output = run(once).await;
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn a_switch_takes_yes_and_no_and_nothing_else() {
    let mut demo = command();
    demo.env("APPSTREAM_EXPORTER_DEMO", "disabled")
        .arg("--once");
    let output = run(demo).await;
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("--demo") && message.contains("disabled"),
        "{message}"
    );
}

#[tokio::test]
async fn the_demo_needs_no_proxy() {
    let mut demo = command();
    demo.arg("--demo").arg("--once");
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        demo.env(variable, "http://127.0.0.1:1");
    }
    let output = run(demo).await;
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn a_profile_that_is_not_there_is_named() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, Region::new())).await;
    let mut once = command();
    once.env("AWS_ENDPOINT_URL", simulator.endpoint_url())
        .env("AWS_REGION", REGION);
    once.env("AWS_PROFILE", "nope").arg("--once");
    let output = run(once).await;
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("check the profile \\\"nope\\\" of AWS_PROFILE"),
        "{message}"
    );
}

#[tokio::test]
async fn a_closed_standard_error_is_no_panic() {
    let shell = format!(
        "{} --config.file /nonexistent.yaml 2>&1 >/dev/null | true; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_appstream-exporter")
    );
    let mut bash = tokio::process::Command::new("bash");
    bash.args(["-c", &shell]);
    assert_eq!(run(bash).await.status.code(), Some(64));
}
