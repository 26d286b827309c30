//! Promise: Prometheus' own checker has no remark on the exposition, and the reference parser of OpenMetrics reads every
//! sample as it was written.
//!
//! `tests/exporter/golden.rs` and `formats.rs` assert the values themselves.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use appstream_simulator::{Fleet, Region, Session, Stack, World};

use crate::common::{ACCOUNT, Exporter, Metrics, REGION, simulator};
use crate::support::documents::read;

/// All that a label must survive.
const NAME: &str = "many \"seats\" \\ \\n Büro\n東京 🚀";

/// Gives a command its input and waits for its end. It must read all of it before it writes much.
fn fed(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program is installed: run `make tools`");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input).expect("it reads");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

/// The golden file has every family. Only values that differ from run to run are masked there.
#[test]
fn promtool_has_no_remark() {
    let golden = read("tests/fixtures/golden/world.prom");
    assert!(golden.contains("VARIES"), "values are masked");
    let build = golden.replace("{VARIES}", "{version=\"1\"}");
    let output = fed(
        Command::new("promtool").args(["check", "metrics"]),
        build.replace("VARIES", "1").as_bytes(),
    );
    let remarks = [output.stdout, output.stderr].concat();
    assert_eq!(String::from_utf8_lossy(&remarks), "");
    assert!(output.status.success());
}

/// Parses standard input with the reference implementation, and prints each sample as JSON;
/// its value as Python writes it, which loses nothing.
const REFERENCE: &str = "
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.buffer.read().decode()):
    for sample in family.samples:
        print(json.dumps([sample.name, sample.labels, repr(sample.value)]))
";

/// A Python that has the reference implementation: the first in the path can be
/// another one than that of the Debian package.
fn python() -> &'static str {
    let has = |python: &&str| {
        let mut command = Command::new(python);
        command.args(["-c", "import prometheus_client.openmetrics.parser"]);
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    };
    ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(has)
        .expect("python3 with prometheus_client is installed: run `make tools`")
}

#[tokio::test]
async fn the_reference_parser_reads_openmetrics() {
    let region = Region::new()
        .fleet(Fleet::new(NAME))
        .stack(Stack::new("stack \"s\""))
        .associate(NAME, "stack \"s\"")
        .session(Session::new("s", NAME, "stack \"s\"").saml());
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region)).await;
    let exporter = Exporter::start(&simulator, "refresh: {interval: 1h}\n").await;
    exporter
        .eventually("a refresh", |metrics| {
            metrics.has("appstream_fleet_info", &[("fleet", NAME)])
                && metrics.sum("appstream_exporter_refreshes_total", &[]) > 0.0
        })
        .await;
    let accept = [("accept", "application/openmetrics-text;version=1.0.0")];
    let answer = exporter.request("GET", "/metrics", &accept).await;
    let kind = answer.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let output = fed(
        Command::new(python())
            .args(["-c", REFERENCE])
            .env("PYTHONIOENCODING", "utf-8"),
        &answer.body,
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

    let mut read = BTreeMap::new();
    for line in String::from_utf8(output.stdout).expect("UTF-8").lines() {
        let (name, labels, value): (String, BTreeMap<String, String>, String) =
            serde_json::from_str(line).expect("a sample");
        let value: f64 = value.parse().expect("a number");
        assert_eq!(read.insert((name, labels), value), None, "twice: {line}");
    }
    let written = Metrics::parse(answer.text());
    for series in written.series() {
        let key = (series.name.clone(), series.labels.clone());
        assert_eq!(read.get(&key), Some(&series.value), "{key:?}");
    }
    assert_eq!(read.len(), written.series().len());
    assert!(read.len() > 50, "only {} samples", read.len());
}
