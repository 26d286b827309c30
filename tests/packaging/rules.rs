//! Promise: rules and runbooks match the exporter and each other. The demo's day makes every
//! possible alert fire, and every query of the runbooks has a result.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::common::{Exporter, Metrics};
use crate::support::documents::{files_in, read, root};
use appstream_exporter::catalog;
use appstream_exporter::config::Collectors;
use appstream_simulator::{Company, Fault, Options, Simulator, World, WorldSource};

/// The rules of a file.
fn rules(file: &str) -> Vec<serde_json::Value> {
    let document: serde_json::Value = serde_yaml::from_str(&read(file)).expect(file);
    let groups = document["groups"].as_array().expect("groups");
    groups
        .iter()
        .flat_map(|group| group["rules"].as_array().expect("rules").clone())
        .collect()
}

const RECORDING: &str = "deploy/prometheus/rules/recording.yaml";
const ALERTS: &str = "deploy/prometheus/rules/alerts.yaml";

fn recorded() -> BTreeSet<String> {
    let name = |rule: &serde_json::Value| rule["record"].as_str().expect("a name").to_owned();
    rules(RECORDING).iter().map(name).collect()
}

fn alerts() -> BTreeSet<String> {
    let name = |rule: &serde_json::Value| rule["alert"].as_str().expect("a name").to_owned();
    rules(ALERTS).iter().map(name).collect()
}

/// Runs promtool in a folder.
fn promtool(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("promtool")
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("promtool is installed: run `make tools`");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn the_rules_pass_their_tests() {
    let folder = root("deploy/prometheus");
    let (fine, said) = promtool(&folder, &["check", "config", "scrape-config.yaml"]);
    assert!(fine, "{said}");
    let tests = files_in("deploy/prometheus/rules/tests", ".yaml");
    for test in &tests {
        let (fine, said) = promtool(&root(""), &["test", "rules", test]);
        assert!(fine, "{said}");
    }
    // Every rule is named in a test.
    let text: String = tests.iter().map(read).collect();
    let words: BTreeSet<_> = words(&text).collect();
    let untested: Vec<_> = alerts()
        .into_iter()
        .chain(recorded())
        .filter(|name| !name.contains("threshold_") && !words.contains(name.as_str()))
        .collect();
    assert_eq!(untested, [""; 0]);
    // And of every alert a test says what its labels and annotations are.
    let documents = tests.iter().map(|test| {
        serde_yaml::from_str::<serde_json::Value>(&read(test)).expect("a file of tests")
    });
    let mut spoken = BTreeSet::new();
    for document in documents {
        for test in document["tests"].as_array().expect("tests") {
            for case in test["alert_rule_test"].as_array().into_iter().flatten() {
                let texts = &case["exp_alerts"][0]["exp_annotations"];
                assert!(texts["description"].is_string(), "{case:#}");
                spoken.insert(case["alertname"].as_str().expect("a name").to_owned());
            }
        }
    }
    assert_eq!(spoken, alerts());
}

/// A threshold of the recording rules.
fn threshold(name: &str) -> f64 {
    let rules = rules(RECORDING);
    let rule = rules.iter().find(|rule| rule["record"] == name);
    let expression = rule.expect(name)["expr"].as_str().expect(name);
    let value = expression.strip_prefix("vector(").expect(name);
    value.trim_end_matches(')').parse().expect(name)
}

#[test]
fn the_status_page_has_the_thresholds_of_the_rules() {
    let file = "src/server/overview/attention.rs";
    let source = read(file);
    let constant = |name: &str| -> f64 {
        let (_, rest) = source.split_once(&format!("const {name}: ")).expect(file);
        let (_, rest) = rest.split_once(" = ").expect(name);
        let (value, _) = rest.split_once(';').expect(name);
        value.parse().expect(name)
    };
    let busy = threshold("appstream:threshold_busy:ratio");
    assert_eq!(constant("BUSY_PERCENT"), 100.0 * busy);
    let stale = threshold("appstream:threshold_stale:intervals");
    assert_eq!(constant("STALE_INTERVALS"), stale);
}

#[test]
fn the_job_for_kubernetes_can_be_used_as_it_stands() {
    let file = read("deploy/prometheus/scrape-config.yaml");
    let (before, _) = file.split_once("  - job_name:").expect("the job");
    let (_, commented) = file
        .split_once("  # - job_name:")
        .expect("the job in comments");
    let job = commented.replace("\n  # ", "\n  ");
    let rules = format!("- {}/", root("deploy/prometheus/rules").display());
    let config = format!("{before}  - job_name:{job}").replace("- rules/", &rules);
    let mut config: serde_json::Value = serde_yaml::from_str(&config).expect("YAML");
    let job = &mut config["scrape_configs"][0];
    assert_eq!(job["relabel_configs"].as_array().map(Vec::len), Some(5));
    // Debian builds Prometheus without Kubernetes: what is left to say about it is this.
    let found = job
        .as_object_mut()
        .expect("a job")
        .remove("kubernetes_sd_configs");
    assert_eq!(found, Some(serde_json::json!([{"role": "pod"}])));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("prometheus.yaml"), config.to_string()).unwrap();
    let (fine, said) = promtool(folder.path(), &["check", "config", "prometheus.yaml"]);
    assert!(fine, "{said}\n{config:#}");
}

/// The headings of a runbook, in their order. The impact is directly below the title.
const RUNBOOK_PARTS: [&str; 3] = ["Diagnosis", "Mitigation", "Caution"];
/// A page that is read at night is short.
const RUNBOOK_WORDS: usize = 150;

#[test]
fn every_alert_is_complete_and_has_a_runbook() {
    let index = read("docs/runbooks/README.md");
    for rule in rules(ALERTS) {
        let name = rule["alert"].as_str().unwrap();
        let severity = rule["labels"]["severity"].as_str().unwrap_or_default();
        let heading = match severity {
            "critical" => "\n## Critical\n",
            "warning" => "\n## Warning\n",
            "info" => "\n## Info\n",
            other => panic!("{name}: {other}"),
        };
        let (_, section) = index.split_once(heading).expect(heading);
        let section = section.split("\n## ").next().unwrap_or_default();
        assert!(
            section.contains(&format!("- [{name}]({name}.md)")),
            "{name} is not listed as {severity}"
        );
        assert!(rule["for"].is_string(), "{name} has no for");
        for annotation in ["summary", "description", "runbook_url"] {
            assert!(
                rule["annotations"][annotation].is_string(),
                "{name} has no {annotation}"
            );
        }
        let page = format!("docs/runbooks/{name}.md");
        assert_eq!(rule["annotations"]["runbook_url"], page.as_str());
        let text = read(&page);
        let impact = text.strip_prefix(&format!("# {name}\n\n"));
        assert!(
            impact.is_some_and(|text| text.starts_with(char::is_uppercase)),
            "{page}: the impact"
        );
        let headings: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        assert_eq!(headings, RUNBOOK_PARTS, "{page}");
        assert_eq!(queries_of(&text).len(), 1, "{page}: one query");
        assert_eq!(text.matches("```sh\n").count(), 1, "{page}: one command");
        let words = text.split_whitespace().count();
        assert!(words <= RUNBOOK_WORDS, "{page} has {words} words");
    }
    let pages: BTreeSet<_> = files_in("docs/runbooks", ".md")
        .iter()
        .filter_map(|page| Path::new(page).file_stem()?.to_str().map(str::to_owned))
        .filter(|page| page != "README")
        .collect();
    assert_eq!(pages, alerts());
}

/// The names of a text, as Prometheus writes names.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':')
        .map(|word| word.trim_matches(':'))
}

#[test]
fn rules_and_runbooks_name_families_that_exist() {
    let families: BTreeMap<_, _> = catalog::families()
        .map(|family| (family.name, family))
        .collect();
    let recorded = recorded();
    let texts = files_in("deploy/prometheus/rules", ".yaml")
        .into_iter()
        .chain(files_in("deploy/prometheus/rules/tests", ".yaml"))
        .chain(files_in("docs/runbooks", ".md"));
    let mut used = 0;
    for file in texts {
        let text = read(&file);
        for word in words(&text) {
            let ours = ["appstream_", "workspaces_pool_"];
            let fine = if word.contains(':')
                && ours
                    .iter()
                    .any(|one| word.starts_with(one.trim_end_matches('_')))
            {
                // Policies and scaling have names with colons too: `appstream:DescribeFleets`.
                let after = word.split(':').nth(1).unwrap_or_default();
                recorded.contains(word)
                    || after.starts_with(|c: char| c.is_ascii_uppercase())
                    || word.starts_with("appstream:fleet:")
            } else if ours.iter().any(|one| word.starts_with(one)) {
                let collector = ["fleets", "stacks", "sessions"]
                    .iter()
                    .any(|one| word == format!("appstream_{one}"));
                let family = word.strip_suffix("_bucket").unwrap_or(word);
                used += usize::from(families.contains_key(family));
                families.contains_key(family) || collector || word == "workspaces_pool_sessions"
            } else {
                true
            };
            assert!(fine, "{file} names {word}");
        }
    }
    assert!(used > 100, "only {used} names were found");
}

/// The speed of the company relative to the demo: a day in one minute.
const HURRY: u32 = 10;
/// Real seconds of that day.
const DAY_SECONDS: usize = 60;
/// Regions that the company uses.
const REGIONS: usize = 2;
/// When the company opens, in seconds since the Unix epoch.
const OPENED_AT: f64 = 1_767_254_400.0;
/// The calls of five seconds in the demo, in one second.
const PACE: &str = "\
refresh: {interval: 1s, timeout: 1s, max_age: 3s, topology_interval: 10s}
sessions: {recheck_interval: 10s}
aws: {requests_per_second: 20, burst: 100}
collectors: {cloudwatch: true}
cloudwatch: {interval: 1s, delay: 0s, metrics: [rejections, latency, packet_loss, frame_rate, cpu, memory]}
";
/// Minutes of the stretched day between two samples of a series.
const STEP_MINUTES: usize = 3;
/// Samples that a scrape stands for.
const STEPS_PER_SCRAPE: usize = 24 * 60 / STEP_MINUTES / DAY_SECONDS;
/// Days that are played, of which the last ends the three that an idle fleet is idle.
const DAYS: usize = 4;
/// Alerts that the company's day does not have.
const NOT_IN_THE_DAY: [(&str, &str); 1] = [(
    "AppStreamExporterDown",
    "the exporter that is looked at is there",
)];
/// Queries of runbooks that rightly have no answer in that day.
const RIGHTLY_EMPTY: [(&str, &str); 1] = [("up == 0", "the exporter that is looked at is there")];

/// The demo's company in a hurry.
struct Hurried(Company);

impl WorldSource for Hurried {
    fn world(&self, elapsed: Duration) -> World {
        self.0.world(elapsed * HURRY)
    }

    fn faults(&self, elapsed: Duration) -> Vec<Fault> {
        self.0.faults(elapsed * HURRY)
    }
}

/// Why writing into a string succeeds.
const TAKES: &str = "a string takes it";

/// `/metrics` at each second of the company's day. For some seconds the exporter has an invalid
/// configuration file, which is the only alert condition that the company cannot cause.
async fn a_day() -> Vec<Metrics> {
    let company = Hurried(Company::with_epoch(7, OPENED_AT));
    let simulator = Simulator::start_with(company, Options::default())
        .await
        .expect("loopback has a free port");
    let good = format!("{PACE}targets: [{{name: demo, regions: [eu-central-1, us-east-1]}}]\n");
    let exporter = Exporter::start(&simulator, &good).await;
    // And the collector that is off by default.
    let collectors = Collectors::default().enabled().count() + 1;
    exporter
        .eventually("everything is there", |metrics| {
            let success = metrics.family("appstream_exporter_collector_success");
            success.filter(|series| series.value == 1.0).count() == REGIONS * collectors
        })
        .await;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let mut scrapes = Vec::new();
    for second in 0..DAY_SECONDS {
        tick.tick().await;
        match second {
            20 => {
                exporter.write_config("refresh: {interval: soon}");
                exporter.signal("HUP");
            }
            25 => {
                exporter.write_config(&good);
                exporter.signal("HUP");
            }
            _ => {}
        }
        scrapes.push(exporter.metrics().await);
    }
    scrapes
}

/// One series over the day, `None` where it was absent.
type Samples = Vec<Option<f64>>;

/// The series that the rules may use, in the notation of promtool.
fn series(scrapes: &[Metrics]) -> BTreeMap<String, Samples> {
    let asked = read(RECORDING) + &read(ALERTS) + &queries().join(" ");
    let asked: BTreeSet<_> = words(&asked).collect();
    let mut found: BTreeMap<String, Samples> = BTreeMap::new();
    for (second, metrics) in scrapes.iter().enumerate() {
        for series in metrics.series() {
            if !asked.contains(series.name.as_str()) {
                continue;
            }
            let mut name = format!(
                "{}{{job=\"appstream-exporter\",instance=\"demo\"",
                series.name
            );
            for (label, value) in &series.labels {
                write!(name, ",{label}={value:?}").expect(TAKES);
            }
            name.push('}');
            let samples = found
                .entry(name)
                .or_insert_with(|| vec![None; scrapes.len()]);
            samples[second] = Some(series.value);
        }
    }
    found
}

/// A series stretched over days of 24 hours. Between two scrapes a value stays, a moment stays as
/// far from now as it was, and a counter grows evenly.
fn stretched(name: &str, samples: &Samples, wall: &[f64]) -> String {
    let moment = name.contains("_timestamp_seconds{");
    let counter = name.contains("_total{");
    let of_exporter = name.starts_with("appstream_exporter_");
    let gain = samples.iter().flatten().copied().fold(0.0, f64::max);
    let mut text = String::new();
    for step in 0..DAYS * samples.len() * STEPS_PER_SCRAPE {
        let (scrape, part) = (step / STEPS_PER_SCRAPE, step % STEPS_PER_SCRAPE);
        let (day, second) = (scrape / samples.len(), scrape % samples.len());
        let count = |number: usize| f64::from(u32::try_from(number).expect("days are short"));
        let value = samples[second].map(|value| {
            if moment {
                let now = if of_exporter {
                    wall[second]
                } else {
                    OPENED_AT + count(second) * f64::from(HURRY)
                };
                count(step * STEP_MINUTES * 60) + value - now
            } else if counter {
                let next = samples.get(second + 1).copied().flatten().unwrap_or(value);
                let share = count(part) / count(STEPS_PER_SCRAPE);
                count(day) * gain + value + (next - value) * share
            } else {
                value
            }
        });
        match value {
            Some(value) => write!(text, "{value} ").expect(TAKES),
            None => text.push_str("_ "),
        }
    }
    text
}

/// The wall-clock time of each scrape, from the newest timestamp of the exporter.
fn wall(scrapes: &[Metrics]) -> Vec<f64> {
    let name = "appstream_exporter_collector_last_success_timestamp_seconds";
    let newest = |metrics: &Metrics| {
        let moments = metrics.family(name).map(|series| series.value);
        moments.fold(0.0, f64::max)
    };
    scrapes.iter().map(newest).collect()
}

/// The queries of one runbook.
fn queries_of(text: &str) -> Vec<&str> {
    text.split("```promql\n")
        .skip(1)
        .flat_map(|block| block.split("```").next().expect("a block ends").lines())
        .collect()
}

/// The queries of the runbooks, about every fleet, stack, pool and so on.
fn queries() -> Vec<String> {
    let mut found = Vec::new();
    for page in files_in("docs/runbooks", ".md") {
        for query in queries_of(&read(&page)) {
            let about_all = [
                "FLEET",
                "STACK",
                "POOL_ID",
                "IMAGE",
                "IMAGE_BUILDER",
                "APP_BLOCK_BUILDER",
                "QUOTA_CODE",
                "INSTANCE_TYPE",
            ]
            .iter()
            .fold(query.to_owned(), |query, name| {
                query.replace(&format!("=\"{name}\""), "=~\".+\"")
            });
            found.push(about_all);
        }
    }
    assert_eq!(found.len(), alerts().len(), "one query for each alert");
    found
}

/// The promtool test of the day: every query of the runbooks has a result at some time of the
/// last day, except those that must have none.
fn answers() -> String {
    let queries = queries();
    for (empty, _) in RIGHTLY_EMPTY {
        assert!(queries.iter().any(|query| query == empty), "{empty}");
    }
    let minutes = DAYS * DAY_SECONDS * STEPS_PER_SCRAPE * STEP_MINUTES;
    let mut text = String::new();
    for query in queries {
        let expression = format!("count(last_over_time(({query})[1d:20m])) > bool 0");
        let found = if RIGHTLY_EMPTY.iter().any(|(empty, _)| *empty == query) {
            ""
        } else {
            "{labels: '{}', value: 1}"
        };
        writeln!(
            text,
            "      - expr: {}\n        eval_time: {minutes}m\n        exp_samples: [{found}]",
            serde_json::Value::from(expression)
        )
        .expect(TAKES);
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_day_makes_every_alert_fire_and_answers_every_runbook() {
    let scrapes = a_day().await;
    let wall = wall(&scrapes);
    let steps = DAYS * scrapes.len() * STEPS_PER_SCRAPE;
    let mut test = format!(
        "rule_files: [{:?}, {:?}]\nevaluation_interval: {STEP_MINUTES}m\n\
         tests:\n  - interval: {STEP_MINUTES}m\n    input_series:\n",
        root(RECORDING),
        root(ALERTS)
    );
    let up = (
        "up{job=\"appstream-exporter\",instance=\"demo\"}",
        format!("1x{steps}"),
    );
    writeln!(
        test,
        "      - series: '{}'\n        values: '{}'",
        up.0, up.1
    )
    .unwrap();
    for (name, samples) in series(&scrapes) {
        let values = stretched(&name, &samples, &wall);
        writeln!(test, "      - series: '{name}'\n        values: '{values}'").unwrap();
    }
    writeln!(
        test,
        "    promql_expr_test:\n      \
         - expr: group by (alertname) (max_over_time(ALERTS{{alertstate=\"firing\"}}[{DAYS}d]))\n        \
         eval_time: {}m\n        exp_samples:",
        steps * STEP_MINUTES
    )
    .unwrap();
    for alert in alerts() {
        if !NOT_IN_THE_DAY.iter().any(|(other, _)| *other == alert) {
            let sample = format!("{{alertname=\"{alert}\"}}");
            writeln!(test, "          - {{labels: '{sample}', value: 1}}").unwrap();
        }
    }
    test.push_str(&answers());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("day.yaml"), &test).unwrap();
    let (fine, said) = promtool(folder.path(), &["test", "rules", "day.yaml"]);
    if let Some(file) = std::env::var_os("KEEP_THE_DAY") {
        std::fs::write(file, &test).unwrap();
    }
    assert!(fine, "{said}");
}
