//! The exporter as a pod of the chart would start it.

use std::process::Command;

use serde_json::Value;

use super::mounts::Mounts;
use super::render::{Golden, chart, exporters, template, texts};
use crate::common::{Exporter, request};
use crate::support::tools;
use crate::tls::Client;

const BINARY: &str = env!("CARGO_BIN_EXE_appstream-exporter");

#[test]
fn the_exporter_accepts_its_arguments_and_files() {
    for golden in Golden::all() {
        for pod in golden.pods() {
            let mounts = Mounts::of(&golden, pod);
            for container in exporters(pod) {
                let mut command = Command::new(BINARY);
                mounts.prepare(&mut command, container);
                if !texts(&container["args"]).contains(&"--config.check") {
                    command.arg("--config.check");
                }
                tools::run(&mut command);
            }
        }
    }
}

#[test]
fn the_config_check_says_what_the_server_would_stumble_over() {
    for golden in Golden::all() {
        let checked = exporters(golden.exporter());
        let [check, server] = checked.as_slice() else {
            assert_eq!(golden.name, "keys", "has no check");
            continue;
        };
        assert_eq!(
            texts(&check["args"])[0],
            "--config.check",
            "{}",
            golden.name
        );
        assert_eq!(
            texts(&check["args"])[1..],
            texts(&server["args"]),
            "{}",
            golden.name
        );
        for field in ["env", "envFrom", "volumeMounts", "image"] {
            assert_eq!(check[field], server[field], "{}", golden.name);
        }
    }
}

/// Starts the exporter of a render, with invented data and on a port that the system chooses.
async fn start(golden: &Golden, mounts: &Mounts) -> Exporter {
    let ours = exporters(golden.exporter());
    let server = ours.last().expect("the exporter");
    let mut command = Command::new(BINARY);
    mounts.prepare(&mut command, &listening_on_any_port(server));
    if !texts(&server["args"]).contains(&"--demo") {
        command.arg("--demo");
    }
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true);
    Exporter::spawn(command, tempfile::tempdir().expect("a temporary folder")).await
}

fn listening_on_any_port(container: &Value) -> Value {
    let mut container = container.clone();
    for argument in container["args"].as_array_mut().expect("arguments") {
        if argument
            .as_str()
            .is_some_and(|text| text.starts_with("--web.listen-address="))
        {
            *argument = "--web.listen-address=127.0.0.1:0".into();
        }
    }
    container
}

/// The status of a path for a client without password or certificate; 0 without a response.
async fn status(exporter: &Exporter, mounts: &Mounts, scheme: &str, path: &str) -> u16 {
    let address = exporter.address();
    if scheme.eq_ignore_ascii_case("https") {
        let client = Client::new(&mounts.authority);
        let answer = client.get(&address, path, &[]).await;
        return answer.map_or(0, |(_, answer)| answer.status.as_u16());
    }
    request(&address, "GET", path, &[]).await.status.as_u16()
}

#[tokio::test]
async fn probes_and_monitors_ask_for_what_is_there() {
    for name in ["defaults", "sharded", "tls", "demo"] {
        let golden = Golden::named(name);
        let mounts = Mounts::of(&golden, golden.exporter());
        let exporter = start(&golden, &mounts).await;
        let ours = exporters(golden.exporter());
        let server = ours.last().expect("the exporter");
        for probe in ["livenessProbe", "readinessProbe"] {
            let ask = &server[probe]["httpGet"];
            let (path, scheme) = (&ask["path"], &ask["scheme"]);
            let (path, scheme) = (path.as_str().expect(name), scheme.as_str().expect(name));
            exporter
                .until(&format!("{name}: {probe}"), async |exporter| {
                    status(exporter, &mounts, scheme, path).await == 200
                })
                .await;
        }
        let monitors = golden
            .of_kind("ServiceMonitor")
            .chain(golden.of_kind("PodMonitor"));
        for monitor in monitors {
            let endpoints =
                ["endpoints", "podMetricsEndpoints"].map(|key| &monitor["spec"][key][0]);
            let endpoint = endpoints
                .into_iter()
                .find(|found| found.is_object())
                .expect(name);
            let (path, scheme) = (&endpoint["path"], &endpoint["scheme"]);
            let (path, scheme) = (path.as_str().expect(name), scheme.as_str().expect(name));
            assert_eq!(
                status(&exporter, &mounts, scheme, path).await,
                200,
                "{name}: {path}"
            );
        }
    }
}

/// With passwords the kubelet would be refused, and the chart must know that.
#[tokio::test]
async fn probes_do_not_ask_where_they_would_be_refused() {
    let golden = Golden::named("passwords");
    let mounts = Mounts::of(&golden, golden.exporter());
    let exporter = start(&golden, &mounts).await;
    assert_eq!(status(&exporter, &mounts, "https", "/-/healthy").await, 401);
    let ours = exporters(golden.exporter());
    let server = ours.last().expect("the exporter");
    for probe in ["livenessProbe", "readinessProbe"] {
        assert_eq!(server[probe]["tcpSocket"]["port"], "http", "{probe}");
        assert_eq!(server[probe]["httpGet"], Value::Null, "{probe}");
    }
}

/// Web configurations, and whether a request without password or certificate may be refused.
const GUARDED: &[(&str, bool)] = &[
    ("web.tlsSecret=cert", false),
    ("web.config.http_server_config.http2=false", false),
    (
        "web.config.tls_server_config.client_auth_type=VerifyClientCertIfGiven",
        false,
    ),
    (
        "web.config.tls_server_config.client_auth_type=RequestClientCert",
        false,
    ),
    (
        "web.config.tls_server_config.client_auth_type=RequireAnyClientCert",
        true,
    ),
    (
        "web.config.tls_server_config.client_auth_type=RequireAndVerifyClientCert",
        true,
    ),
    (
        "web.config.tls_server_config.client_allowed_sans={prometheus}",
        true,
    ),
    ("web.config.basic_auth_users.prometheus=hash", true),
    ("web.config.rate_limit.burst=1", true),
    ("web.existingSecret=web", false),
    ("web.existingSecret=web,web.tcpProbes=true", true),
];

#[test]
fn the_chart_sees_where_probes_would_be_refused() {
    for (values, guarded) in GUARDED {
        let Some(text) = template(&chart(), &["--set", values]) else {
            return;
        };
        let text = text.expect(values);
        assert_eq!(
            text.matches("tcpSocket:").count(),
            if *guarded { 2 } else { 0 },
            "{values}"
        );
        assert_eq!(
            text.matches("httpGet:").count(),
            if *guarded { 0 } else { 2 },
            "{values}"
        );
    }
}
