//! Promise: the queries that documents show answer the same when two exporters show the same fleets, as
//! in a rolling update, and none fails then.

use std::process::Command;

use crate::support::documents::{blocks, read};
use serde_json::{Value, json};

/// The second column of the table in docs/queries.md, without remarks.
fn answers_to_questions() -> Vec<String> {
    let page = read("docs/queries.md");
    let rows = page.lines().filter_map(|line| line.split_once("? | `"));
    let queries = rows.map(|(_, rest)| rest.split('`').next().unwrap_or_default().to_owned());
    let queries: Vec<_> = queries.collect();
    assert_eq!(queries.len(), page.matches("? | `").count());
    queries
}

/// A scrape of the demo, in which fleets have tags.
async fn scrape() -> String {
    let (_folder, file) = crate::common::config_file("tags: {labels: [team]}\n");
    let mut command = crate::common::command();
    command
        .args(["--demo", "--once", "--config.file"])
        .arg(file);
    let output = crate::common::run(command).await;
    String::from_utf8(output.stdout).expect("it is text")
}

/// Each sample as one exporter has it for all ten minutes, and another for the last four of them.
fn series(scrape: &str) -> Vec<Value> {
    let samples = scrape.lines().filter(|line| !line.starts_with('#'));
    let both = samples.flat_map(|sample| {
        let (series, value) = sample.rsplit_once(' ').expect("a value");
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let at = |instance: &str, values: String| {
            json!({"series": format!("{name}{{instance=\"{instance}\",{labels}"), "values": values})
        };
        [
            at("one", format!("{value}+0x10")),
            at("other", format!("_x6 {value}+0x4")),
        ]
    });
    both.collect()
}

/// Whether promtool finds 1 for every expression ten minutes after the start.
fn all_hold(scrape: &str, expressions: &[String]) -> Result<(), String> {
    let tests: Vec<_> = expressions
        .iter()
        .map(|expression| {
            let found = json!([{"labels": "{}", "value": 1}]);
            json!({"expr": expression, "eval_time": "10m", "exp_samples": found})
        })
        .collect();
    let group = json!({
        "interval": "1m", "input_series": series(scrape), "promql_expr_test": tests,
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("queries.yaml");
    let test = json!({"evaluation_interval": "1m", "tests": [group]});
    std::fs::write(&file, test.to_string()).expect("the folder is writable");
    let output = Command::new("promtool")
        .args(["test", "rules"])
        .arg(file)
        .output()
        .expect("promtool is there: `make tools` installs it");
    let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("it is text");
    output.status.success().then_some(()).ok_or(said)
}

/// Holds if a query gives the same series with the same values for two exporters as for one before.
fn is_the_same(query: &str) -> String {
    let before = format!("last_over_time(({query})[1m:1m] offset 5m)");
    format!(
        "(count(({query}) == {before}) == bool count({query})) * (count({query}) == bool count({before}))"
    )
}

#[tokio::test]
async fn two_exporters_answer_as_one_does() {
    let mut queries = answers_to_questions();
    // The queries about each exporter.
    queries.retain(|query| !query.contains("appstream_exporter_"));
    assert!(queries.len() >= 7, "{queries:#?}");
    let expressions: Vec<_> = queries.iter().map(|it| is_the_same(it)).collect();
    let scrape = scrape().await;
    assert_eq!(all_hold(&scrape, &expressions), Ok(()));

    for doubled in [
        "sum by (fleet) (appstream_sessions)",
        "appstream_fleet_errors or appstream_stack_errors",
    ] {
        let said = all_hold(&scrape, &[is_the_same(doubled)]);
        assert!(said.is_err(), "{doubled} passes");
    }
}

#[tokio::test]
async fn no_query_of_the_configuration_fails_with_two_exporters() {
    let queries = blocks("docs/configuration.md", "promql");
    assert!(!queries.is_empty());
    let answered = |query: &String| format!("count({query}) > bool 0 or vector(1)");
    let expressions: Vec<_> = queries.iter().map(answered).collect();
    assert_eq!(all_hold(&scrape().await, &expressions), Ok(()));
}
