//! Promise: the workflows call what is there, no job hangs or is left out of the verdict, and nothing is published before
//! it is tested and attested.
//!
//! actionlint and zizmor know the rest: syntax, scripts, pins, permissions, and text of others in scripts.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a helper of tests fails with what it saw, and says what it skips"
)]

mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::support::documents::{entries, read, root};
use crate::support::tools::{run, tool};
use serde_yaml::Value;

/// The folder of all workflows.
const WORKFLOWS: &str = ".github/workflows";

/// A workflow with the name of its file.
struct Workflow {
    name: String,
    content: Value,
}

/// A step with the name of its job.
struct Step {
    job: String,
    content: Value,
}

impl Workflow {
    fn all() -> Vec<Self> {
        let files = entries(WORKFLOWS);
        assert!(files.len() >= 3, "{files:?}");
        let name = |file: &String| file[WORKFLOWS.len() + 1..].to_owned();
        files.iter().map(|file| Self::named(&name(file))).collect()
    }

    fn named(name: &str) -> Self {
        let file = format!("{WORKFLOWS}/{name}");
        Self {
            name: name.to_owned(),
            content: serde_yaml::from_str(&read(file)).expect("a workflow is YAML"),
        }
    }

    fn jobs(&self) -> BTreeMap<String, Value> {
        let jobs = self.content["jobs"].as_mapping().expect("jobs");
        let jobs = jobs.iter().map(|(name, job)| {
            let name = name.as_str().expect("a name").to_owned();
            (name, job.clone())
        });
        jobs.collect()
    }

    fn steps(&self) -> Vec<Step> {
        let jobs = self.jobs().into_iter();
        let steps = jobs.flat_map(|(job, content)| {
            let steps = content["steps"].as_sequence().cloned();
            let named = move |content| Step {
                job: job.clone(),
                content,
            };
            steps.unwrap_or_default().into_iter().map(named)
        });
        steps.collect()
    }
}

/// All scripts in all steps, with where they stand.
fn scripts() -> Vec<(String, String)> {
    let mut scripts = Vec::new();
    for workflow in Workflow::all() {
        for step in workflow.steps() {
            if let Some(script) = step.content["run"].as_str() {
                let place = format!("{}, job {}", workflow.name, step.job);
                scripts.push((place, script.to_owned()));
            }
        }
    }
    assert!(scripts.len() >= 30, "only {} scripts", scripts.len());
    scripts
}

/// The permissions that a job or workflow requests, by name.
fn permissions(content: &Value) -> Option<BTreeMap<String, String>> {
    let asked = content.get("permissions")?.as_mapping().expect("a mapping");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    Some(asked.iter().map(|(k, v)| (text(k), text(v))).collect())
}

/// A version of Rust, to be compared.
fn version(text: &str) -> Vec<u32> {
    let parts = text.trim().split('.');
    parts.map(|part| part.parse().expect("a number")).collect()
}

#[test]
fn actionlint_finds_nothing() {
    let Some(actionlint) = tool("actionlint") else {
        return;
    };
    let found = run(Command::new(actionlint)
        .current_dir(root(""))
        .arg("-no-color")
        .args(entries(WORKFLOWS)));
    assert_eq!(found, "");
}

#[test]
fn zizmor_finds_nothing() {
    let Some(zizmor) = tool("zizmor") else {
        return;
    };
    run(Command::new(zizmor)
        .current_dir(root(""))
        // A file that it cannot read is a failure too.
        .args(["--offline", "--strict-collection", "--no-progress"])
        // Below that is advice, such as new ways to write the same.
        .args(["--min-severity=medium", "."]));
}

#[test]
fn only_the_release_may_write_and_only_one_job_of_it_may_sign() {
    let read_only = BTreeMap::from([("contents".to_owned(), "read".to_owned())]);
    let mut writing = BTreeSet::new();
    let mut signing = Vec::new();
    for workflow in Workflow::all() {
        let asked = permissions(&workflow.content);
        assert_eq!(asked.as_ref(), Some(&read_only), "{}", workflow.name);
        for (name, job) in workflow.jobs() {
            let asked = permissions(&job).unwrap_or_default();
            if asked.values().any(|access| access == "write") {
                writing.insert(workflow.name.clone());
            }
            if asked.contains_key("id-token") {
                signing.push(name);
            }
        }
    }
    assert_eq!(writing, BTreeSet::from(["release.yml".to_owned()]));
    assert_eq!(signing, ["attest"]);
    // Who signs runs nothing that a commit could change.
    let release = Workflow::named("release.yml");
    let steps: Vec<_> = release
        .steps()
        .into_iter()
        .filter(|step| step.job == "attest")
        .collect();
    assert!(steps.len() >= 3, "only {} steps", steps.len());
    for step in steps {
        let uses = step.content["uses"].as_str().unwrap_or_default();
        assert!(!uses.starts_with("actions/checkout"), "{uses}");
    }
}

#[test]
fn every_recipe_that_is_called_exists() {
    let makefile = read("Makefile");
    let recipes: BTreeSet<_> = makefile
        .lines()
        .filter_map(|line| line.strip_prefix(".PHONY: "))
        .collect();
    let mut called = BTreeSet::new();
    for (place, script) in scripts() {
        for line in script.lines() {
            let Some(recipe) = line.trim().strip_prefix("make ") else {
                continue;
            };
            assert!(recipes.contains(recipe), "{place}: make {recipe}");
            called.insert(recipe.to_owned());
        }
    }
    for recipe in [
        "test",
        "packaging",
        "deny",
        "oldest",
        "prose",
        "fuzz-smoke",
        "sbom",
        "reproduce",
        "terraform",
    ] {
        assert!(called.contains(recipe), "no workflow calls `make {recipe}`");
    }
}

#[test]
fn every_file_that_is_named_exists() {
    let makefile = read("Makefile");
    let texts = scripts()
        .into_iter()
        .chain([("Makefile".to_owned(), makefile)]);
    let mut seen = 0;
    for (place, text) in texts {
        let words = text.split(|c: char| c.is_whitespace() || "\"'()<>=:".contains(c));
        let files = words.filter(|word| {
            let start = word.split('/').next().unwrap_or_default();
            matches!(start, "deploy" | "tests" | ".github" | "grafana") && !word.contains('*')
        });
        for file in files {
            assert!(root(file).exists(), "{place}: {file}");
            seen += 1;
        }
    }
    assert!(seen >= 10, "only {seen} files are named");
}

#[test]
fn every_job_ends_by_itself() {
    for workflow in Workflow::all() {
        for (name, job) in workflow.jobs() {
            let limit = job["timeout-minutes"].as_u64();
            let is_called = !job["uses"].is_null();
            assert!(
                limit.is_some() || is_called,
                "{}, job {name}",
                workflow.name
            );
        }
    }
}

#[test]
fn the_last_job_of_ci_needs_all_others() {
    let jobs = Workflow::named("ci.yml").jobs();
    let needs = jobs["ok"]["needs"].as_sequence().expect("a list");
    let needs: BTreeSet<_> = needs.iter().filter_map(Value::as_str).collect();
    let others: BTreeSet<_> = jobs
        .keys()
        .map(String::as_str)
        .filter(|job| *job != "ok")
        .collect();
    assert_eq!(needs, others);
    assert_eq!(jobs["ok"]["if"].as_str(), Some("always()"));
}

#[test]
fn nothing_is_published_before_it_is_tested_and_attested() {
    let jobs = Workflow::named("release.yml").jobs();
    let needs = |name: &str| -> BTreeSet<String> {
        let needs = &jobs[name]["needs"];
        let list = needs.as_sequence().cloned();
        let list = list.unwrap_or_else(|| vec![needs.clone()]);
        let names = list.iter().filter_map(Value::as_str);
        names.map(str::to_owned).collect()
    };
    let mut before = BTreeSet::new();
    let mut open = vec!["publish".to_owned()];
    while let Some(name) = open.pop() {
        for needed in needs(&name) {
            if before.insert(needed.clone()) {
                open.push(needed);
            }
        }
    }
    let others: BTreeSet<_> = jobs
        .keys()
        .filter(|job| *job != "publish")
        .cloned()
        .collect();
    assert_eq!(before, others);
    assert_eq!(
        jobs["ci"]["uses"].as_str(),
        Some("./.github/workflows/ci.yml")
    );
    let may_write: Vec<_> = jobs
        .iter()
        .filter(|(_, job)| {
            permissions(job)
                .is_some_and(|asked| asked.get("contents").is_some_and(|c| c == "write"))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(may_write, ["publish"]);
}

#[test]
fn the_image_is_built_with_a_rust_that_is_new_enough() {
    let rust = |which: &str| run(Command::new(root("deploy/release/rust.sh")).arg(which));
    let (oldest, release) = (rust("oldest"), rust("release"));
    assert_eq!(oldest.trim(), env!("CARGO_PKG_RUST_VERSION"));
    assert!(
        version(&release) >= version(&oldest),
        "deploy/Dockerfile has Rust {release}, Cargo.toml asks for {oldest}"
    );
    assert!(rust("image").starts_with(&format!("rust:{}-", release.trim())));
}
