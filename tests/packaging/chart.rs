//! Promise: the Helm chart renders what the golden files show, refuses values that make no sense, and
//! what it renders fits the exporter, the kubelet, the rules and the dashboards.

mod bad_values;
mod names;
mod objects;
mod program;
mod render;
mod sources;

use crate::support::documents::{files_in, read, root};
use render::{chart, helm, render, template};
use serde_json::Value;

const VALUES: &str = "tests/fixtures/chart/values";

#[test]
fn helm_lint_finds_nothing() {
    for values in files_in(VALUES, ".yaml") {
        let Some(mut helm) = helm() else { return };
        helm.args(["lint", "--strict", "--values"]);
        crate::support::tools::run(helm.arg(root(values)).arg(chart()));
    }
}

/// A render without what the dashboards say: that is compared with their sources instead.
fn without_dashboards(text: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in text.lines() {
        if !(inside && line.starts_with("    ")) {
            kept.extend([line, "\n"]);
            inside = line.ends_with(".json: |");
            kept.push_str(if inside { "    {}\n" } else { "" });
        }
    }
    kept
}

#[test]
fn renders_are_the_golden_files() {
    for values in files_in(VALUES, ".yaml") {
        let Some(text) = render(&values) else { return };
        let text = without_dashboards(&text);
        let golden = values.replace("/values/", "/");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(root(&golden), &text).expect("writable");
        }
        assert!(
            read(&golden) == text,
            "{golden} is stale: run `UPDATE_GOLDEN=1 cargo test --test packaging -- chart::` and read the diff"
        );
    }
}

/// The paths of the values that have a default, in the schema of the values.
fn paths(prefix: &str, schema: &Value) -> Vec<String> {
    if schema.get("default").is_some() {
        return vec![prefix.to_owned()];
    }
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .flat_map(|(key, schema)| paths(&format!("{prefix}/{key}"), schema))
        .collect()
}

#[test]
fn every_value_is_set_in_some_golden_file() {
    let schema = read(chart().join("values.schema.json"));
    let schema = serde_json::from_str(&schema).expect("JSON");
    let values: Vec<Value> = files_in(VALUES, ".yaml")
        .iter()
        .map(|file| serde_yaml::from_str(&read(file)).expect("YAML"))
        .collect();
    let never: Vec<_> = paths("", &schema)
        .into_iter()
        .filter(|path| !values.iter().any(|file| file.pointer(path).is_some()))
        .collect();
    assert_eq!(never, [""; 0]);
}

/// The notes after an installation with these values. `helm template` leaves them out, so they
/// are rendered as a manifest of a copy of the chart.
fn notes(values: &[&str]) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = folder.path().join("chart");
    crate::support::tools::run(
        std::process::Command::new("cp")
            .arg("-r")
            .args([&chart(), &copy]),
    );
    std::fs::rename(copy.join("templates/NOTES.txt"), copy.join("NOTES.txt")).expect("it is there");
    let manifest = "notes: |\n{{ tpl (.Files.Get \"NOTES.txt\") . | indent 2 }}\n";
    std::fs::write(copy.join("templates/notes.yaml"), manifest).expect("writable");
    let mut arguments = vec!["--show-only", "templates/notes.yaml"];
    arguments.extend(values.iter().flat_map(|value| ["--set", value]));
    let text = template(&copy, &arguments)?.expect("it renders");
    let document: Value = serde_yaml::from_str(&text).expect("YAML");
    Some(document["notes"].as_str().expect("a text").to_owned())
}

#[test]
fn notes_say_what_is_missing() {
    let region = "NO REGION";
    let credentials = "NO CREDENTIALS";
    let role = "aws.roleArn=arn:aws:iam::111122223333:role/reader";
    let cases: &[(&[&str], &[&str], &[&str])] = &[
        (
            &[],
            &[
                region,
                "exit code 64",
                credentials,
                "deployment/appstream-exporter 10190",
            ],
            &["invented"],
        ),
        (&["demo=true"], &["invented"], &[region, credentials]),
        (&["aws.region=eu-west-1"], &[credentials], &[region]),
        (
            &["config.targets[0].regions={eu-west-1}"],
            &[credentials],
            &[region],
        ),
        (&["config.targets[0].name=prod"], &["to ask (prod)"], &[]),
        // EKS says where a pod with a role is.
        (
            &[role],
            &[
                region,
                "EKS sets AWS_REGION to that of the cluster; elsewhere set aws.region",
                "system:serviceaccount:monitoring:appstream-exporter",
            ],
            &[credentials, "64"],
        ),
        (
            &[r"serviceAccount.annotations.eks\.amazonaws\.com/role-arn=x"],
            &[region, "elsewhere set aws.region"],
            &[credentials, "64"],
        ),
        (&["aws.existingSecret=keys"], &[region], &[credentials]),
        (
            &["shards.total=2"],
            &[
                "statefulset/appstream-exporter",
                "pod/appstream-exporter-0 10190",
            ],
            &[],
        ),
        (
            &[
                "web.tlsSecret=x",
                "web.externalUrl=https://a.example.org/b/",
            ],
            &["https://localhost:10190/b/"],
            &["only see"],
        ),
        (&["web.config.rate_limit.burst=1"], &["only see"], &[]),
        (
            &["nameOverride=other"],
            &["without \"appstream\" in it"],
            &[],
        ),
    ];
    for (values, with, without) in cases {
        let Some(notes) = notes(values) else { return };
        for text in *with {
            assert!(notes.contains(text), "{values:?}: no {text} in\n{notes}");
        }
        for text in *without {
            assert!(!notes.contains(text), "{values:?}: {text} in\n{notes}");
        }
    }
}
