//! Promise: at the selected level, the log has rejected clients with the reason, and AWS
//! responses. A line about a region names it once, and no line contains a secret.

use std::sync::Arc;

use crate::common::{ACCOUNT, BRISK, Exporter, REGION, command_at, simulator};
use crate::tls;
use appstream_simulator::{Fault, Fleet, Region, Role, Session, Simulator, Stack, World};
use rustls_pki_types::ServerName;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// `dave` with `dave123`, of a cost that a test can wait for.
const USERS: &str =
    "basic_auth_users: {dave: $2b$04$abcdefghijklmnopqrstuuT.VdioudKiCP.wBnKnIyRNAu9yUSXv2}\n";

fn world() -> World {
    World::new(ACCOUNT).region(REGION, Region::new())
}

/// An exporter at the level `debug` with this web configuration, and its files.
async fn serve(web: &str, flags: &[&str]) -> (Exporter, TempDir, tls::Authority) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let servers = tls::Authority::new("servers");
    tls::write(folder.path(), "server", &servers.server());
    let web_file = folder.path().join("web.yml");
    std::fs::write(&web_file, web).expect("writable");
    std::fs::write(folder.path().join("ca.crt"), &servers.certificate).expect("writable");
    let simulator = Box::leak(Box::new(simulator(world()).await));
    let mut command = command_at(&simulator.endpoint_url());
    command
        .args(["--log.level", "debug", "--web.config.file"])
        .arg(web_file)
        .args(flags);
    let exporter = Exporter::start_with(command, BRISK).await;
    (exporter, folder, servers)
}

/// The one line with all of these texts, once it is there.
async fn line(exporter: &Exporter, texts: &[&str]) -> String {
    exporter
        .until(&format!("a line with {texts:?}"), async |exporter| {
            !exporter.logged(texts).is_empty()
        })
        .await;
    let lines = exporter.logged(texts);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    lines[0].clone()
}

/// Sends these bytes and waits for the end of the connection. Gives back the address of the client.
async fn send(exporter: &Exporter, bytes: &str) -> String {
    let mut stream = TcpStream::connect(exporter.address())
        .await
        .expect("it listens");
    let own = stream.local_addr().expect("an address").to_string();
    stream.write_all(bytes.as_bytes()).await.expect("it reads");
    let mut response = Vec::new();
    // A connection that is reset has ended too.
    let _ = stream.read_to_end(&mut response).await;
    own
}

#[tokio::test]
async fn a_failed_handshake_leaves_a_line() {
    let web = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  client_ca_file: ca.crt\n  client_auth_type: RequireAndVerifyClientCert\n";
    let (exporter, _folder, servers) = serve(web, &[]).await;
    let others = tls::Authority::new("others");
    let client = tls::Client::new(&servers);
    let cases = [
        (client.clone(), "peer sent no certificates"),
        (
            client.shows(&others.client(Vec::new())),
            "invalid peer certificate: UnknownIssuer",
        ),
        (tls::Client::new(&others), "received fatal alert: UnknownCA"),
    ];
    for (client, reason) in cases {
        for version in rustls::ALL_VERSIONS {
            let mut client = client.clone();
            client.versions = vec![version];
            let stream = TcpStream::connect(exporter.address())
                .await
                .expect("it listens");
            let own = stream.local_addr().expect("an address").to_string();
            let name = ServerName::try_from("localhost").expect("a name");
            let connector = TlsConnector::from(Arc::new(client.config()));
            if let Ok(mut stream) = connector.connect(name, stream).await {
                // With TLS 1.3 the client hears of it with its first read.
                assert!(stream.read_u8().await.is_err(), "{reason}");
            }
            let line = line(&exporter, &[&own]).await;
            let expected = format!(
                "level=debug message=\"TLS handshake failed\" peer={own} reason=\"{reason}\""
            );
            assert!(line.ends_with(&expected), "{expected}\n{line}");
        }
    }
    let own = send(&exporter, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let line = line(&exporter, &[&own]).await;
    assert!(
        line.ends_with("reason=\"the client does not use TLS\""),
        "{line}"
    );
}

#[tokio::test]
async fn a_refused_request_leaves_a_line() {
    let (exporter, _folder, _) = serve(USERS, &[]).await;
    // dave:dave123, and dave:wrong-password-of-the-test.
    let (right, wrong) = (
        "ZGF2ZTpkYXZlMTIz",
        "ZGF2ZTp3cm9uZy1wYXNzd29yZC1vZi10aGUtdGVzdA==",
    );
    let cases = [
        (
            "GET /metrics",
            None,
            "code=401 reason=\"no user name and password\"",
        ),
        (
            "GET /metrics",
            Some(wrong),
            "code=401 reason=\"wrong user name or password\"",
        ),
        (
            "GET /nowhere",
            Some(right),
            "code=404 reason=\"page not found\"",
        ),
        (
            "DELETE /metrics",
            Some(right),
            "code=405 reason=\"only GET and HEAD\"",
        ),
        (
            "POST /-/reload",
            Some(right),
            "code=403 reason=\"reload is disabled: start the exporter with --web.enable-lifecycle\"",
        ),
    ];
    for (request, password, expected) in cases {
        let authorization = password.map_or(String::new(), |password| {
            format!("Authorization: Basic {password}\r\n")
        });
        let head = format!(
            "{request}?query-of-the-test HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{authorization}\r\n"
        );
        let own = send(&exporter, &head).await;
        let line = line(&exporter, &[&own]).await;
        let (method, path) = request.split_once(' ').expect("a method and a path");
        let expected = format!(
            "level=debug message=\"request refused\" peer={own} method={method} path={path} {expected}"
        );
        assert!(line.ends_with(&expected), "{expected}\n{line}");
    }
    let own = send(&exporter, "rubbish of a client\r\n\r\n").await;
    let line = line(&exporter, &[&own]).await;
    let expected =
        format!("level=debug message=\"connection failed\" peer={own} reason=\"invalid HTTP");
    assert!(line.contains(&expected), "{expected}\n{line}");
    let log = exporter.log();
    for secret in [right, wrong, "dave", "of-the-test"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[tokio::test]
async fn limits_leave_a_line() {
    let (exporter, _folder, _) = serve(
        "rate_limit: {interval: 1h, burst: 1}\n",
        &["--web.max-connections", "1"],
    )
    .await;
    let head = "GET /-/healthy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    send(&exporter, head).await;
    let own = send(&exporter, head).await;
    let refused = line(&exporter, &[&own, "request refused"]).await;
    assert!(refused.contains("code=429"), "{refused}");

    let idle = TcpStream::connect(exporter.address())
        .await
        .expect("it listens");
    let idle = idle.local_addr().expect("an address").to_string();
    send(&exporter, head).await;
    let evicted = line(&exporter, &[&idle]).await;
    let expected = format!(
        "message=\"connection evicted\" peer={idle} reason=\"--web.max-connections is reached\""
    );
    assert!(evicted.ends_with(&expected), "{evicted}");
}

/// A fleet with sessions on two pages, and a role in the account.
async fn two_pages() -> Simulator {
    let mut region = Region::new()
        .fleet(Fleet::new("fleet"))
        .stack(Stack::new("stack"))
        .associate("fleet", "stack");
    for number in 0..60 {
        region.put_session(Session::new(format!("s{number}"), "fleet", "stack").saml());
    }
    let world = World::new(ACCOUNT).role(Role::new("monitoring"));
    simulator(world.region(REGION, region)).await
}

/// A target in the region, with the role in an account or without.
fn target(name: &str, account: Option<&str>) -> String {
    let role = account.map_or(String::new(), |account| {
        format!(", role_arn: 'arn:aws:iam::{account}:role/monitoring'")
    });
    format!("  - {{name: {name}, regions: [{REGION}]{role}}}\n")
}

#[tokio::test]
async fn rust_log_shows_each_aws_request_and_no_secret() {
    let simulator = two_pages().await;
    // AWS quotes the request in what it says of signatures.
    let quoted = "The canonical request was\nx-amz-security-token:session-token-of-the-test";
    for operation in ["DescribeWorkspacesPools", "AssumeRole"] {
        let refused = Fault::error_code(403, "SignatureDoesNotMatch", quoted);
        simulator.inject(refused.operation(operation));
    }
    let two = target("two", Some("222222222222"));
    let two = two.replace('}', ", external_id: external-id-of-the-test}");
    let targets = target("one", None) + &two;
    let config = format!("{BRISK}targets:\n{targets}");
    simulator.inject(Fault::throttle().operation("DescribeStacks"));
    for rust_log in ["debug", "trace"] {
        let mut command = command_at(&simulator.endpoint_url());
        command
            .env("AWS_SESSION_TOKEN", "session-token-of-the-test")
            .env("RUST_LOG", rust_log);
        let exporter = Exporter::start_with(command, &config).await;
        for (operation, outcome) in [
            ("DescribeSessions page=2", "success"),
            ("DescribeStacks page=1", "ThrottlingException"),
            ("DescribeWorkspacesPools page=1", "SignatureDoesNotMatch"),
        ] {
            let texts = [
                "message=\"AWS request\"",
                &format!(" operation={operation} duration="),
                &format!(" outcome={outcome} request_id=00000000-0000-4000-8000-"),
                &format!(" target=one aws_region={REGION}"),
            ];
            exporter
                .until(&format!("{texts:?}"), async |exporter| {
                    !exporter.logged(&texts).is_empty()
                })
                .await;
        }
        let refused = ["collectors failed", "cannot assume", "target=two"];
        line(&exporter, &refused).await;
        let unsent = exporter.logged(&["AWS request", "target=two"]);
        assert_eq!(unsent, [""; 0], "without credentials nothing is sent");
        let log = exporter.log();
        assert!(
            log.contains("message=\"beginning attempt #1\""),
            "the SDK's own lines: {log}"
        );
        assert!(!log.contains("level=trace"), "{log}");
        for secret in ["-of-the-test", "@example.com"] {
            let lines = exporter.logged(&[secret]);
            assert_eq!(lines, [""; 0], "{rust_log}");
        }
    }
}

#[tokio::test]
async fn rust_log_decides_alone_where_it_is_set() {
    let simulator = two_pages().await;
    let start = async |rust_log: &str, level: &str| {
        let mut command = command_at(&simulator.endpoint_url());
        command
            .env("RUST_LOG", rust_log)
            .args(["--log.level", level]);
        let exporter = Exporter::start_with(command, BRISK).await;
        exporter.after_refreshes(REGION, 2.0).await;
        exporter
    };
    let request = "message=\"AWS request\"";
    let exporter = start("appstream_exporter::app=info", "debug").await;
    assert_eq!(exporter.logged(&["level=debug"]), [""; 0]);
    let exporter = start(
        "appstream_exporter::app=info,appstream_exporter::aws=debug",
        "error",
    )
    .await;
    let of = format!("target=default aws_region={REGION}");
    assert!(
        !exporter.logged(&[request, &of]).is_empty(),
        "{}",
        exporter.log()
    );
    assert_eq!(
        exporter.logged(&["message=\"first refresh ended\""]),
        [""; 0]
    );
    let exporter = start("", "debug").await;
    assert!(
        !exporter.logged(&[request]).is_empty(),
        "{}",
        exporter.log()
    );
    assert_eq!(
        exporter.logged(&["attempt #1"]),
        [""; 0],
        "nothing of other crates"
    );
    let exporter = start("appstream_exporter=loud", "info").await;
    let warning = line(&exporter, &["RUST_LOG is invalid"]).await;
    assert!(warning.contains("level=warn"), "{warning}");
    assert_eq!(exporter.logged(&[request]), [""; 0]);
}

#[tokio::test]
async fn lines_of_a_region_name_it_once() {
    for (format, own) in [("logfmt", " target=one aws_region=eu-west-1"), ("json", "")] {
        let simulator = two_pages().await;
        simulator.inject(Fault::deny().operation("DescribeStacks"));
        let mut command = command_at(&simulator.endpoint_url());
        command.args(["--log.level", "debug", "--log.format", format]);
        let config = format!("{BRISK}targets:\n{}", target("one", None));
        // Only its answers show that the second is the same account.
        let both = config.clone() + &target("two", Some(ACCOUNT));
        let exporter = Exporter::start_with(command, &both).await;
        exporter
            .until("the second is refused", async |exporter| {
                !exporter.logged(&["target not refreshed"]).is_empty()
            })
            .await;
        exporter.write_config(&config.replace("name: one", "name: three"));
        exporter.signal("HUP");
        for message in [
            "refreshing",
            "AWS request",
            "first refresh ended",
            "collectors failed",
            "target not refreshed: another target has the same account and region",
            "no longer refreshed",
        ] {
            let is_there = async |exporter: &Exporter| !exporter.logged(&[message]).is_empty();
            exporter.until(message, is_there).await;
            for line in exporter.logged(&[message]) {
                let count = |name: &str| {
                    line.matches(&format!(" {name}=")).count()
                        + line.matches(&format!("\"{name}\":")).count()
                };
                assert_eq!((count("target"), count("aws_region")), (1, 1), "{line}");
                if format == "json" {
                    let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
                    assert_eq!(line["aws_region"], REGION, "{line}");
                    assert!(
                        ["one", "two", "three"]
                            .iter()
                            .any(|name| line["target"] == *name),
                        "{line}"
                    );
                }
            }
        }
        assert!(!exporter.logged(&[own]).is_empty());
    }
}
