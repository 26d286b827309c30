//! The exporter as a pod of the chart would start it.

use serde_json::{Value, json};

use super::render::{chart, template};
use crate::common::{Exporter, request};
use crate::support::kubernetes::renders::{golden, goldens};
use crate::support::kubernetes::{Render, Start, containers, is_ours, list};
use crate::tls::Client;

#[test]
fn the_config_check_says_what_the_server_would_stumble_over() {
    for golden in goldens() {
        let pod = &golden.exporter()["spec"];
        let ours: Vec<_> = containers(pod).filter(|it| is_ours(it)).collect();
        let [check, server] = ours.as_slice() else {
            assert_eq!(golden.name, "keys", "has no check");
            continue;
        };
        let mut arguments = vec![json!("--config.check")];
        arguments.extend(list(&server["args"]).cloned());
        assert_eq!(check["args"], json!(arguments), "{}", golden.name);
        for field in ["env", "envFrom", "volumeMounts", "image"] {
            assert_eq!(check[field], server[field], "{}", golden.name);
        }
    }
}

/// The running exporter of a render.
async fn start(golden: &Render) -> (Start, Exporter) {
    let pod = &golden.exporter()["spec"];
    let start = Start::of(golden, pod, golden.server(), "appstream-exporter-0");
    let exporter = start.demo().await;
    (start, exporter)
}

/// The status of a path for a client without password or certificate; 0 without a response.
async fn status(exporter: &Exporter, start: &Start, scheme: &str, path: &str) -> u16 {
    let address = exporter.address();
    if scheme.eq_ignore_ascii_case("https") {
        let client = Client::new(&start.authority);
        let answer = client.get(&address, path, &[]).await;
        return answer.map_or(0, |(_, answer)| answer.status.as_u16());
    }
    request(&address, "GET", path, &[]).await.status.as_u16()
}

#[tokio::test]
async fn probes_and_monitors_ask_for_what_is_there() {
    for name in ["defaults", "sharded", "tls", "demo"] {
        let golden = golden(name);
        let (start, exporter) = start(&golden).await;
        let server = golden.server();
        for probe in ["livenessProbe", "readinessProbe"] {
            let ask = &server[probe]["httpGet"];
            let (path, scheme) = (&ask["path"], &ask["scheme"]);
            let (path, scheme) = (path.as_str().expect(name), scheme.as_str().expect(name));
            exporter
                .until(&format!("{name}: {probe}"), async |exporter| {
                    status(exporter, &start, scheme, path).await == 200
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
                status(&exporter, &start, scheme, path).await,
                200,
                "{name}: {path}"
            );
        }
    }
}

/// With passwords the kubelet would be refused, and the chart must know that.
#[tokio::test]
async fn probes_do_not_ask_where_they_would_be_refused() {
    let golden = golden("passwords");
    let (start, exporter) = start(&golden).await;
    assert_eq!(status(&exporter, &start, "https", "/-/healthy").await, 401);
    let server = golden.server();
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
