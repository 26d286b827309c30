//! Promise: proxies and certificates are those that the environment names, as with the AWS CLI;
//! requests for credentials stay on the host; and what is between the exporter and AWS is named
//! when it fails.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::common::{
    ACCOUNT, BRISK, COLLECTORS, Exporter, REGION, command, command_at, config_file, failed, run,
    simulator, successes,
};
use crate::peer::{Peer, Reply, http};
use crate::tls::{Authority, Pair};
use appstream_simulator::{Fleet, Region, Simulator, World};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;

const FAILURES: &str = "appstream_exporter_aws_request_failures_total";

fn world() -> World {
    World::new(ACCOUNT).region(REGION, Region::new().fleet(Fleet::new("desks")))
}

/// A proxy that sends nothing on.
async fn proxy() -> Peer {
    Peer::start(|_| http("502 Bad Gateway", "")).await
}

/// The hosts that requests through a proxy were for.
fn hosts(proxy: &Peer) -> BTreeSet<String> {
    let host = |request: String| {
        let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let authority = target.strip_prefix("http://").unwrap_or(&target);
        authority.split('/').next().unwrap_or_default().to_owned()
    };
    proxy.requests().into_iter().map(host).collect()
}

/// The log of `--once`, which fails.
async fn log_of_once(mut command: Command) -> String {
    let (_folder, file) = config_file("refresh: {interval: 5s}");
    command.arg("--once").arg("--config.file").arg(file);
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

// Proxies.

#[tokio::test]
async fn requests_for_credentials_never_go_through_a_proxy() {
    // No service answers on this port of these addresses, whatever host runs the test.
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
        let proxy = proxy().await;
        let mut command = command();
        command
            .env_remove("AWS_EC2_METADATA_DISABLED")
            .env("AWS_REGION", REGION)
            .env("HTTP_PROXY", proxy.url())
            .env("HTTPS_PROXY", proxy.url())
            .env(variable, url);
        let log = log_of_once(command).await;
        assert!(log.contains("code=credentials"), "{url}: {log}");
        assert_eq!(hosts(&proxy), BTreeSet::new(), "{url}");
    }
}

#[tokio::test]
async fn credentials_of_this_host_are_got_beside_a_proxy() {
    let answer = r#"{"AccessKeyId": "AKIDHOST", "SecretAccessKey": "secret", "Token": "token", "Expiration": "2100-01-01T00:00:00Z"}"#;
    let credentials = Peer::start(move |_| http("200 OK", answer)).await;
    let proxy = proxy().await;
    let mut command = command();
    command
        .env("AWS_REGION", REGION)
        .env("AWS_ENDPOINT_URL", "http://aws.example")
        .env("HTTP_PROXY", proxy.url())
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", credentials.url());
    let log = log_of_once(command).await;
    assert!(!log.contains("code=credentials"), "{log}");
    assert!(!credentials.requests().is_empty());
    assert_eq!(hosts(&proxy), BTreeSet::from(["aws.example".to_owned()]));
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
        let proxy = proxy().await;
        let mut command = command_at("http://aws.example:8080");
        command
            .env("HTTP_PROXY", proxy.url())
            .env("NO_PROXY", exceptions);
        log_of_once(command).await;
        assert_eq!(hosts(&proxy), expected, "{exceptions}");
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_with_its_status() {
    for (status, code) in [
        ("403 Forbidden", 403),
        ("407 Proxy Authentication Required", 407),
    ] {
        let proxy = Peer::start(move |_| http(status, "")).await;
        let mut command = command_at("https://aws.example");
        let url = format!("http://user:word-of-the-test@{}", proxy.address);
        command.env("https_proxy", url);
        let log = log_of_once(command).await;
        let expected = format!(
            "the proxy http://{} (https_proxy) answers HTTP {code}",
            proxy.address
        );
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
        let lines = exporter.logged(&["level=warn", "it is not the URL of a proxy", variable]);
        assert_eq!(lines.len(), 1, "{variable}: {}", exporter.log());
    }
    assert!(
        !exporter.log().contains("word-of-the-test"),
        "{}",
        exporter.log()
    );
}

// Certificates.

/// A server with TLS in front of a simulator. Returns its URL.
async fn with_tls(simulator: &Simulator, pair: &Pair) -> String {
    let certificates = CertificateDer::pem_slice_iter(pair.certificate.as_bytes());
    let certificates = certificates
        .collect::<Result<_, _>>()
        .expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .expect("versions and suites go together")
    .with_no_client_auth()
    .with_single_cert(certificates, key)
    .expect("a pair");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let inside = simulator.endpoint_url().replace("http://", "");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, inside) = (acceptor.clone(), inside.clone());
            tokio::spawn(async move {
                // A client that does not trust the certificate ends the handshake.
                if let Ok(mut outer) = acceptor.accept(stream).await {
                    let mut inner = TcpStream::connect(inside).await.expect("it listens");
                    let _ = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
                }
            });
        }
    });
    format!("https://localhost:{port}")
}

/// A file in a folder. Returns its path.
fn file(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    std::fs::write(&file, text).expect("the folder is writable");
    file.display().to_string()
}

#[tokio::test]
async fn calls_to_aws_trust_the_bundle_of_the_environment_or_of_the_profile() {
    let (ours, others) = (Authority::new("ours"), Authority::new("others"));
    let simulator = simulator(world()).await;
    let url = with_tls(&simulator, &ours.server()).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
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

/// What a peer in the place of AWS leads to: the code of each collector's failure.
async fn codes(reply: Reply) -> (Exporter, BTreeSet<String>) {
    let peer = Peer::start(move |_| reply.clone()).await;
    let exporter = Exporter::start_with(command_at(&peer.url()), BRISK).await;
    let metrics = exporter
        .eventually("everything has failed", |metrics| {
            failed(metrics, REGION).len() == COLLECTORS && metrics.has(FAILURES, &[])
        })
        .await;
    let codes = metrics.family(FAILURES);
    let codes = codes
        .map(|series| series.label("error_code").to_owned())
        .collect();
    (exporter, codes)
}

#[tokio::test]
async fn a_connection_that_is_closed_before_the_answer_is_no_connection() {
    let (exporter, codes) = codes(Reply::Close).await;
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
    let (exporter, codes) = codes(http("429 Too Many Requests", "<html>slow down</html>")).await;
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
