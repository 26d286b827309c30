//! Promise: proxies and certificates are those that the environment names, as with the AWS CLI;
//! requests for credentials stay on the host; and what is between the exporter and AWS is named
//! when it fails.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;

use crate::common::{
    ACCOUNT, BRISK, COLLECTORS, Exporter, REGION, command, command_at, config_file, failed, run,
    simulator, successes,
};
use crate::tls::{self, Authority};
use appstream_simulator::{Fault, Fleet, Options, Region, Simulator, TlsFiles, World};
use tokio::process::Command;

const FAILURES: &str = "appstream_exporter_aws_request_failures_total";

fn world() -> World {
    World::new(ACCOUNT).region(REGION, Region::new().fleet(Fleet::new("desks")))
}

/// A proxy that answers every request with this status.
async fn proxy(status: u16) -> Simulator {
    let simulator = simulator(world()).await;
    let answer = Fault::foreign_answer(status, "text/plain", "");
    simulator.inject(answer.service("proxy"));
    simulator
}

async fn once(mut command: Command) -> Output {
    let (_folder, file) = config_file("refresh: {interval: 5s}");
    command.arg("--once").arg("--config.file").arg(file);
    run(command).await
}

/// The log of `--once`, which fails.
async fn log_of_once(command: Command) -> String {
    let output = once(command).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

// Proxies.

#[tokio::test]
async fn requests_for_credentials_never_go_through_a_proxy() {
    // No service responds on this port of these addresses on any host.
    let credentials = [
        "http://169.254.170.2:9/credentials",
        "http://169.254.170.23:9/credentials",
        "http://[fd00:ec2::23]:9/credentials",
        "http://127.0.0.1:9/credentials",
        "http://localhost:9/credentials",
    ];
    let credentials = credentials.map(|url| ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url));
    let metadata = ["http://169.254.169.254:9", "http://[fd00:ec2::254]:9"];
    let metadata = metadata.map(|url| ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url));
    for (variable, url) in credentials.into_iter().chain(metadata) {
        let proxy = proxy(502).await;
        let mut command = command();
        command
            .env_remove("AWS_EC2_METADATA_DISABLED")
            .env("AWS_REGION", REGION)
            .env("HTTP_PROXY", proxy.host_url())
            .env("HTTPS_PROXY", proxy.host_url())
            .env(variable, url);
        let log = log_of_once(command).await;
        assert!(log.contains("code=credentials"), "{url}: {log}");
        assert_eq!(proxy.proxied_hosts(), BTreeSet::new(), "{url}");
    }
}

#[tokio::test]
async fn credentials_of_this_host_are_got_beside_a_proxy() {
    let simulator = simulator(world()).await;
    let credentials = format!("{}/credentials", simulator.host_url());
    let mut command = command();
    command
        .env("AWS_REGION", REGION)
        .env("AWS_ENDPOINT_URL", "http://aws.example")
        .env("HTTP_PROXY", simulator.host_url())
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", credentials);
    let output = once(command).await;
    assert!(output.status.success(), "{output:?}");
    assert_ne!(simulator.count("/credentials"), 0);
    let expected = BTreeSet::from(["aws.example".to_owned()]);
    assert_eq!(simulator.proxied_hosts(), expected);
}

#[tokio::test]
async fn exceptions_can_have_a_wildcard_and_a_port() {
    let proxied = BTreeSet::from(["aws.example:8080".to_owned()]);
    let cases = [
        ("*.example", BTreeSet::new()),
        ("other.example, aws.example:8080", BTreeSet::new()),
        ("aws.example:80", proxied.clone()),
        ("*.example.org", proxied),
    ];
    for (exceptions, expected) in cases {
        let proxy = proxy(502).await;
        let mut command = command_at("http://aws.example:8080");
        command
            .env("HTTP_PROXY", proxy.host_url())
            .env("NO_PROXY", exceptions);
        log_of_once(command).await;
        assert_eq!(proxy.proxied_hosts(), expected, "{exceptions}");
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_with_its_status() {
    for code in [403, 407] {
        let proxy = proxy(code).await;
        let address = proxy.address();
        let mut command = command_at("https://aws.example");
        let url = format!("http://user:word-of-the-test@{address}");
        command.env("https_proxy", url);
        let log = log_of_once(command).await;
        let expected = format!("the proxy http://{address} (https_proxy) returned HTTP {code}");
        assert!(log.contains(&expected), "{expected}: {log}");
        assert!(log.contains("code=connect"), "{log}");
        assert!(!log.contains("word-of-the-test"), "{log}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named() {
    let mut command = command_at("http://aws.example");
    command.env("ALL_PROXY", "127.0.0.1:1");
    let log = log_of_once(command).await;
    let expected = "cannot reach AWS: dispatch failure: io error: through the proxy http://127.0.0.1:1 (ALL_PROXY): ";
    assert!(log.contains(expected), "{log}");
}

#[tokio::test]
async fn a_variable_that_is_no_url_is_a_warning_and_ignored() {
    let simulator = simulator(world()).await;
    let mut command = command_at(&simulator.endpoint_url());
    command
        .env("HTTP_PROXY", "socks5://user:word-of-the-test@proxy")
        .env("HTTPS_PROXY", "http//proxy:3128");
    let exporter = Exporter::start_with(command, BRISK).await;
    exporter
        .eventually("all is well", |metrics| {
            successes(metrics, REGION).len() == COLLECTORS && failed(metrics, REGION).is_empty()
        })
        .await;
    for variable in ["variable=HTTP_PROXY", "variable=HTTPS_PROXY"] {
        let lines = exporter.logged(&["level=warn", "it is not a proxy URL", variable]);
        assert_eq!(lines.len(), 1, "{variable}: {}", exporter.log());
    }
    assert!(
        !exporter.log().contains("word-of-the-test"),
        "{}",
        exporter.log()
    );
}

// Certificates.

/// A file in a folder. Returns its path.
fn file(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    std::fs::write(&file, text).expect("the folder is writable");
    file.display().to_string()
}

#[tokio::test]
async fn calls_to_aws_trust_the_bundle_of_the_environment_or_of_the_profile() {
    let (ours, others) = (Authority::new("ours"), Authority::new("others"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    tls::write(folder.path(), "server", &ours.server());
    let options = Options {
        tls: Some(TlsFiles {
            certificate: folder.path().join("server.crt"),
            key: folder.path().join("server.key"),
        }),
        ..Options::default()
    };
    let simulator = Simulator::start(world(), options).await;
    let url = simulator.as_ref().expect("it starts").endpoint_url();
    let both = format!("{}{}", others.certificate, ours.certificate);
    let both = file(folder.path(), "both.pem", &both);
    let others = file(folder.path(), "others.pem", &others.certificate);
    let keys = "aws_access_key_id = AKIDTEST\naws_secret_access_key = secret\n";
    let profiles = format!(
        "[default]\n{keys}ca_bundle = {others}\n[profile trusting]\n{keys}ca_bundle = {both}\n"
    );
    let profiles = file(folder.path(), "aws-config", &profiles);
    let variable = |path| Some(("AWS_CA_BUNDLE", path));
    let cases = [
        (None, "", false),
        (variable(&*both), "", true),
        (variable(&*others), "", false),
        (variable(""), "", false),
        (None, ", profile: trusting", true),
        // As with the AWS CLI, the variable goes before the profile.
        (variable(&*both), ", profile: default", true),
    ];
    for (variable, profile, is_trusted) in cases {
        let config = format!("{BRISK}targets: [{{name: default, regions: [{REGION}]{profile}}}]");
        let (_folder, config) = config_file(&config);
        let mut command = command_at(&url);
        command
            .env("AWS_CONFIG_FILE", &profiles)
            .envs(variable)
            .arg("--once")
            .arg("--config.file")
            .arg(config);
        let output = run(command).await;
        let log = String::from_utf8_lossy(&output.stderr);
        let what = format!("{variable:?} {profile}: {log}");
        assert_eq!(output.status.success(), is_trusted, "{what}");
        assert_eq!(log.contains("UnknownIssuer"), !is_trusted, "{what}");
    }
}

#[tokio::test]
async fn a_bundle_that_cannot_be_used_ends_the_exporter_with_its_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let empty = file(folder.path(), "empty.pem", "no certificate\n");
    let profiles = "[default]\nca_bundle = /nonexistent/profile.pem\n";
    let profiles = file(folder.path(), "aws-config", profiles);
    let nothing = format!("AWS_CA_BUNDLE {empty}: no certificate in it; accepted: ");
    let cases = [
        (
            ("AWS_CA_BUNDLE", "/nonexistent/bundle.pem"),
            "AWS_CA_BUNDLE /nonexistent/bundle.pem: No such file or directory (os error 2); accepted: a file with CA certificates as PEM",
        ),
        (("AWS_CA_BUNDLE", &*empty), &*nothing),
        (
            ("AWS_CONFIG_FILE", &*profiles),
            "ca_bundle of the AWS profile \"default\" /nonexistent/profile.pem: No such file",
        ),
    ];
    for (variable, expected) in cases {
        let mut command = command_at("https://localhost:1");
        command.envs([variable]);
        let output = run(command).await;
        assert_eq!(output.status.code(), Some(64), "{output:?}");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(log.contains(expected), "{expected}: {log}");
    }
}

// Answers that are none of AWS.

/// The error code of each collector with a fault of all calls.
async fn codes(fault: Fault) -> (Simulator, Exporter, BTreeSet<String>) {
    let simulator = simulator(world()).await;
    simulator.inject(fault);
    let exporter = Exporter::start(&simulator, BRISK).await;
    let metrics = exporter
        .eventually("everything has failed", |metrics| {
            failed(metrics, REGION).len() == COLLECTORS && metrics.has(FAILURES, &[])
        })
        .await;
    let codes = metrics.family(FAILURES);
    let codes = codes
        .map(|series| series.label("error_code").to_owned())
        .collect();
    (simulator, exporter, codes)
}

#[tokio::test]
async fn a_connection_that_is_closed_before_the_answer_is_no_connection() {
    let (_simulator, exporter, codes) = codes(Fault::close()).await;
    assert_eq!(codes, BTreeSet::from(["connect".to_owned()]));
    let lines = exporter.logged(&["collectors failed"]);
    assert!(!lines.is_empty(), "{}", exporter.log());
    for line in lines {
        assert!(
            line.contains("code=connect") && line.contains("cannot reach AWS"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_429_without_a_code_is_throttling() {
    let page = "<html>slow down</html>";
    let (_simulator, exporter, codes) = codes(Fault::foreign_answer(429, "text/html", page)).await;
    assert_eq!(
        codes,
        BTreeSet::from(["TooManyRequestsException".to_owned()])
    );
    let lines = exporter.logged(&["collectors failed"]);
    for line in &lines {
        assert!(line.contains("code=TooManyRequestsException"), "{line}");
        assert!(line.contains("too many requests: HTTP 429"), "{line}");
    }
    assert!(!lines.is_empty());
    exporter
        .until("fewer requests are sent", async |exporter| {
            let status = exporter.get("/api/v1/status").await;
            status.text().contains("\"throttled\":true")
        })
        .await;
    let metrics = exporter.metrics().await;
    let requests = metrics.sum(
        "appstream_exporter_aws_requests_total",
        &[("operation", "DescribeFleets")],
    );
    assert!(requests >= 2.0, "it is retried: {requests}");
}
