//! Every expression of the dashboards is sent to a Prometheus that scrapes the demo.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{dashboards, list, panels, root, text, variables};
use crate::common::{Exporter, command};
use crate::support::prometheus::Prometheus;

/// Queries that may bring nothing in the demo, and why: uid, panel, reference.
const RIGHTLY_EMPTY: [(&str, &str, &str, &str); 12] = [
    (
        "workspaces-pools",
        "Session duration",
        "A",
        "no session of a pool may end within a minute of the demo",
    ),
    (
        "workspaces-pools",
        "Session duration",
        "B",
        "no session of a pool may end within a minute of the demo",
    ),
    (
        "workspaces-pools",
        "Refused scaling",
        "age",
        "no pool of the demo is at its maximum while users wait",
    ),
    (
        "workspaces-pools",
        "Refused scaling",
        "at",
        "no pool of the demo is at its maximum while users wait",
    ),
    (
        "appstream-fleets",
        "Sessions by state and connection",
        "F",
        "states that AWS adds later",
    ),
    (
        "appstream-fleet",
        "Sessions by state and connection",
        "F",
        "states that AWS adds later",
    ),
    (
        "appstream-fleet",
        "Errors that AWS reports",
        "A",
        "a fleet has an error between 11:00 and 14:30 of the demo's day only",
    ),
    (
        "workspaces-pools",
        "Sessions by connection",
        "C",
        "connection states that AWS leaves out or adds later",
    ),
    (
        "workspaces-pools",
        "Errors reported by AWS",
        "errors",
        "a pool has an error for a part of the demo's day only",
    ),
    (
        "appstream-resources",
        "Errors that AWS reports",
        "A",
        "no image builder of the demo has an error",
    ),
    (
        "appstream-resources",
        "Errors that AWS reports",
        "B",
        "no app block builder of the demo has an error",
    ),
    (
        "appstream-exporter",
        "Failed requests by operation and error",
        "A",
        "requests fail for a part of the demo's day only",
    ),
];

/// The pace of the demo, faster, and with tags to be seen.
const CONFIG: &str = "\
refresh: {interval: 1s, timeout: 1s, max_age: 5s, topology_interval: 2s}
aws: {requests_per_second: 1000, burst: 100}
tags: {labels: [team]}
collectors: {cloudwatch: true}
cloudwatch: {interval: 1s, delay: 0s, metrics: [rejections, latency, packet_loss, frame_rate, cpu, memory]}
";

/// Timeout of the data.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(200);
/// The instance of the second exporter.
const SECOND: &str = "second";

#[test]
fn what_is_rightly_empty_is_there() {
    let all = dashboards();
    for (uid, title, reference, _) in RIGHTLY_EMPTY {
        let found = panels(&all[uid]).any(|panel| {
            panel["title"] == title
                && list(panel, "targets")
                    .iter()
                    .any(|target| target["refId"] == reference)
        });
        assert!(found, "{uid}: {title}: {reference}");
    }
}

/// A Prometheus with the shipped rules that scrapes this address each second, as two exporters.
async fn prometheus_of(target: &str) -> Prometheus {
    let rules = root("deploy/prometheus/rules/*.yaml");
    let config = json!({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [rules],
        "scrape_configs": [
            {"job_name": "appstream-exporter", "static_configs": [
                {"targets": [target]},
                {"targets": [target], "labels": {"instance": SECOND}},
            ]},
        ],
    });
    Prometheus::start_with(&config, &[]).await
}

/// One query of a dashboard.
#[derive(Debug)]
struct Question {
    name: String,
    kind: Kind,
    excused: bool,
    /// Whether it selects exporters by instance.
    of_exporters: bool,
}

#[derive(Debug)]
enum Kind {
    Instant(String),
    Range(String),
    /// Values of a label, of series that match.
    Values(String, String),
}

/// An expression as Grafana sends it when every variable is All.
fn filled_in(expression: &str, variables: &[&str]) -> String {
    let mut text = expression
        .replace("$__rate_interval", "5s")
        .replace("$__range", "1m");
    for name in variables {
        text = text
            .replace(&format!("${{{name}}}"), ".*")
            .replace(&format!("${name}"), ".*");
    }
    assert!(!text.contains('$'), "{text}");
    text
}

fn questions() -> Vec<Question> {
    let mut found = Vec::new();
    for (uid, dashboard) in dashboards() {
        let names: Vec<_> = variables(&dashboard).map(|(name, _)| name).collect();
        for (name, definition) in variables(&dashboard) {
            let inner = definition
                .strip_prefix("label_values(")
                .and_then(|rest| rest.strip_suffix(')'));
            let (matcher, label) = inner
                .and_then(|inner| inner.rsplit_once(", "))
                .expect(definition);
            found.push(Question {
                name: format!("{uid}: variable {name}"),
                kind: Kind::Values(filled_in(matcher, &names), label.to_owned()),
                excused: false,
                of_exporters: uid == "appstream-exporter",
            });
        }
        for panel in panels(&dashboard) {
            for target in list(panel, "targets") {
                let (title, reference) = (text(panel, "title"), text(target, "refId"));
                let expression = filled_in(text(target, "expr"), &names);
                let instant = target["instant"] == true;
                assert_eq!(target["range"], !instant, "{uid}: {title}: {reference}");
                found.push(Question {
                    name: format!("{uid}: {title}: {reference}"),
                    kind: if instant {
                        Kind::Instant(expression)
                    } else {
                        Kind::Range(expression)
                    },
                    excused: RIGHTLY_EMPTY.iter().any(|(of, at, which, _)| {
                        (*of, *at, *which) == (uid.as_str(), title, reference)
                    }),
                    of_exporters: uid == "appstream-exporter",
                });
            }
        }
    }
    found
}

impl Question {
    /// Whether it brings data now.
    async fn is_answered(&self, prometheus: &Prometheus) -> bool {
        let answer = match &self.kind {
            Kind::Instant(query) => prometheus.ask("query", &[("query", query)]).await,
            Kind::Range(query) => {
                let now = prometheus.ask("query", &[("query", "time()")]).await;
                let now = now.expect("Prometheus knows the time")["result"][0].as_f64();
                let now = now.expect("a scalar");
                let parameters = [
                    ("query", query.as_str()),
                    ("start", &(now - 10.0).to_string()),
                    ("end", &now.to_string()),
                    ("step", "1"),
                ];
                prometheus.ask("query_range", &parameters).await
            }
            Kind::Values(matcher, label) => {
                let path = format!("label/{label}/values");
                prometheus.ask(&path, &[("match[]", matcher)]).await
            }
        };
        assert!(
            answer.is_ok(),
            "{}: {answer:?}\n{:#?}",
            self.name,
            self.kind
        );
        let data = answer.unwrap_or_default();
        match self.kind {
            Kind::Values(..) => data.as_array().is_some_and(|values| !values.is_empty()),
            Kind::Instant(_) | Kind::Range(_) => {
                let found = list(&data, "result");
                for series in found {
                    // There is one result for any exporter.
                    let labels = series["metric"].as_object();
                    let of_one = labels.is_some_and(|labels| labels.contains_key("instance"));
                    assert!(self.of_exporters || !of_one, "{}: {series:#}", self.name);
                }
                found.iter().flat_map(points).any(|value| !value.is_nan())
            }
        }
    }
}

/// The values of a series.
fn points(series: &Value) -> Vec<f64> {
    let point = |pair: &Value| pair[1].as_str().and_then(|text| text.parse().ok());
    let single = [series["value"].clone()];
    list(series, "values")
        .iter()
        .chain(&single)
        .filter_map(point)
        .collect()
}

#[tokio::test]
async fn every_expression_brings_data() {
    let mut demo = command();
    demo.arg("--demo");
    let exporter = Exporter::start_with(demo, CONFIG).await;
    let prometheus = prometheus_of(&exporter.address()).await;

    let (excused, mut open): (Vec<_>, Vec<_>) = questions()
        .into_iter()
        .partition(|question| question.excused);
    assert!(open.len() > 100, "only {} questions", open.len());
    let deadline = Instant::now() + PATIENCE;
    while !open.is_empty() {
        let mut empty = Vec::new();
        for question in open {
            if !question.is_answered(&prometheus).await {
                empty.push(question);
            }
        }
        open = empty;
        assert!(
            open.is_empty() || Instant::now() < deadline,
            "no data: {open:#?}\n{}",
            exporter.log()
        );
        tokio::time::sleep(POLL).await;
    }
    // These must be understood all the same.
    for question in &excused {
        question.is_answered(&prometheus).await;
    }

    // The rules, where there are any, run on the same data.
    let rules = prometheus
        .ask("rules", &[])
        .await
        .expect("the rules are known");
    for group in list(&rules, "groups") {
        for rule in list(group, "rules") {
            assert_ne!(rule["health"], "err", "{rule:#}");
        }
    }
}

/// Missing data must not look like 0: without an exporter, only panels that count exporters have
/// a result.
#[tokio::test]
async fn without_an_exporter_nothing_is_said_of_fleets() {
    // No program listens there.
    let prometheus = prometheus_of("127.0.0.1:1").await;
    prometheus.until("sum(up == bool 0)", 2.0).await;
    let mut answered = BTreeSet::new();
    for question in questions() {
        if question.is_answered(&prometheus).await {
            answered.insert(question.name);
        }
    }
    let of_exporters = [
        "appstream-exporter: Exporters down: A",
        "appstream-exporter: Exporters: up",
        "appstream-fleets: Exporters down: A",
        "workspaces-pools: Exporters down: A",
    ];
    assert_eq!(answered, of_exporters.map(str::to_owned).into());
}
