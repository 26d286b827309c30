//! Promise: the workflows call what is there, may do no more than they need, and run no code that can change behind
//! their back.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a helper of tests fails with what it saw, and says what it skips"
)]

#[cfg(target_os = "linux")]
mod tools_sh;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::tools::{run, tool};
use serde_yaml::Value;

/// GitHub's own actions. Another one would get the token of the job, and whoever owns it with it.
const OWNERS: &[&str] = &["actions"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn workflow_files() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join(".github/workflows")).expect("a folder");
    let mut files: Vec<_> = folder
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    files.sort();
    files
}

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
        let files = workflow_files();
        assert!(files.len() >= 3, "{files:?}");
        files.iter().map(|file| Self::of(file)).collect()
    }

    fn of(file: &Path) -> Self {
        let name = file.file_name().expect("it is a file").to_string_lossy();
        Self {
            name: name.into_owned(),
            content: serde_yaml::from_str(&read(file)).expect("a workflow is YAML"),
        }
    }

    fn named(name: &str) -> Self {
        Self::of(&root().join(".github/workflows").join(name))
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

    /// Every action and workflow that is called.
    fn uses(&self) -> Vec<String> {
        let steps = self.steps();
        let of_steps = steps.iter().map(|step| &step.content);
        let jobs = self.jobs();
        let all = jobs.values().chain(of_steps);
        all.filter_map(|content| content["uses"].as_str().map(str::to_owned))
            .collect()
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
    scripts
}

/// The access that a job or workflow asks for, by name.
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
        .arg("-no-color")
        .args(workflow_files()));
    assert_eq!(found, "");
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
        "deny",
        "oldest",
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
            assert!(root().join(file).exists(), "{place}: {file}");
            seen += 1;
        }
    }
    assert!(seen >= 10, "only {seen} files are named");
}

#[test]
fn nothing_may_write_unless_it_says_so_and_only_one_job_may_sign() {
    let read_only = BTreeMap::from([("contents".to_owned(), "read".to_owned())]);
    let mut signing = Vec::new();
    for workflow in Workflow::all() {
        let asked = permissions(&workflow.content);
        assert_eq!(asked.as_ref(), Some(&read_only), "{}", workflow.name);
        for (name, job) in workflow.jobs() {
            let asked = permissions(&job).unwrap_or_default();
            let may_write = asked.values().any(|access| access == "write");
            assert!(
                !may_write || workflow.name == "release.yml",
                "{}, job {name}: {asked:?}",
                workflow.name
            );
            if asked.contains_key("id-token") {
                signing.push(name);
            }
        }
    }
    assert_eq!(signing, ["attest"]);
    // Who signs runs nothing that a commit could change.
    let release = Workflow::named("release.yml");
    for step in release.steps().iter().filter(|step| step.job == "attest") {
        let uses = step.content["uses"].as_str().unwrap_or_default();
        assert!(!uses.starts_with("actions/checkout"), "{uses}");
    }
}

#[test]
fn actions_are_pinned_to_commits_and_checkouts_keep_no_token() {
    let mut pins: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for workflow in Workflow::all() {
        for used in workflow.uses() {
            if let Some(local) = used.strip_prefix("./") {
                assert!(root().join(local).exists(), "{}: {used}", workflow.name);
                continue;
            }
            let (action, commit) = used.split_once('@').expect("a version");
            let owner = action.split('/').next().unwrap_or_default();
            assert!(OWNERS.contains(&owner), "{}: {used}", workflow.name);
            let is_commit = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
            assert!(is_commit, "{}: {used}", workflow.name);
            let known = pins.entry(action.to_owned()).or_default();
            known.insert(commit.to_owned());
        }
        for step in workflow.steps() {
            let uses = step.content["uses"].as_str().unwrap_or_default();
            if uses.starts_with("actions/checkout@") {
                let kept = step.content["with"]["persist-credentials"].as_bool();
                assert_eq!(kept, Some(false), "{}, job {}", workflow.name, step.job);
            }
        }
    }
    // An update that forgets one place leaves an old one there for good.
    for (action, commits) in pins {
        assert_eq!(commits.len(), 1, "{action}: {commits:?}");
    }
    // Readers and Dependabot know the version by the comment.
    for file in workflow_files() {
        for line in read(&file)
            .lines()
            .filter(|line| line.contains("uses: actions/"))
        {
            let comment = line.split_once(" # v").map(|(_, version)| version);
            assert!(
                comment.is_some_and(|text| text.split('.').count() == 3),
                "{line}"
            );
        }
    }
}

#[test]
fn no_text_of_others_becomes_a_script() {
    for (place, script) in scripts() {
        // Such an expression is put in before the shell sees it. What a variable holds, the shell does not parse.
        assert!(!script.contains("${{"), "{place}:\n{script}");
    }
    for file in workflow_files() {
        let text = read(&file);
        assert!(!text.contains("pull_request_target"), "{}", file.display());
        assert!(!text.contains("secrets."), "{}", file.display());
    }
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
    let rust = |which: &str| run(Command::new(root().join("deploy/release/rust.sh")).arg(which));
    let (oldest, release) = (rust("oldest"), rust("release"));
    assert_eq!(oldest.trim(), env!("CARGO_PKG_RUST_VERSION"));
    assert!(
        version(&release) >= version(&oldest),
        "deploy/Dockerfile has Rust {release}, Cargo.toml asks for {oldest}"
    );
    assert!(rust("image").starts_with(&format!("rust:{}-", release.trim())));
}

#[test]
fn a_cache_belongs_to_the_system_that_filled_it() {
    let mut seen = 0;
    for workflow in Workflow::all() {
        let jobs = workflow.jobs();
        for step in workflow.steps() {
            let uses = step.content["uses"].as_str().unwrap_or_default();
            if !uses.starts_with("actions/cache@") {
                continue;
            }
            let key = step.content["with"]["key"].as_str().expect("a key");
            let job = &jobs[&step.job];
            let system = job["container"]["image"]
                .as_str()
                .or(job["runs-on"].as_str());
            let system = system.expect("it runs somewhere");
            assert!(
                key.contains(system),
                "{}, job {}: {key}",
                workflow.name,
                step.job
            );
            seen += 1;
        }
    }
    assert!(seen >= 4, "only {seen} caches");
}

#[test]
fn the_container_of_the_tests_lets_root_mount_and_has_ipv6() {
    // In Docker's default container the tests that start the exporter in a root directory of its own, and those that listen
    // on [::1], would fail.
    let jobs = Workflow::named("ci.yml").jobs();
    let options = jobs["test"]["container"]["options"]
        .as_str()
        .expect("options");
    for option in [
        "--cap-add SYS_ADMIN",
        "--security-opt apparmor=unconfined",
        "--sysctl net.ipv6.conf.all.disable_ipv6=0",
    ] {
        assert!(options.contains(option), "{options}");
    }
}

#[test]
fn no_check_may_be_left_out_of_ci() {
    let ci = Workflow::named("ci.yml");
    let steps: Vec<_> = ci
        .steps()
        .into_iter()
        .filter(|step| step.job == "test")
        .collect();
    let last = &steps.last().expect("steps").content;
    assert_eq!(
        last["run"].as_str(),
        Some("if grep . target/tools/skipped; then exit 1; fi")
    );
    assert!(last["if"].is_null(), "{last:?}");
    // Debian has no Terraform, so the check that needs it would be left out.
    let brings = "deploy/release/terraform.sh /usr/local/bin";
    assert!(steps.iter().any(|step| {
        step.content["run"]
            .as_str()
            .is_some_and(|run| run.contains(brings))
    }));
}

#[test]
fn a_failed_release_leaves_as_little_in_public_as_can_be() {
    let release = Workflow::named("release.yml");
    let steps = release.steps();
    let publish: Vec<_> = steps.iter().filter(|step| step.job == "publish").collect();
    let position = |text: &str| {
        let has = |step: &&&Step| {
            step.content["run"]
                .as_str()
                .is_some_and(|run| run.contains(text))
        };
        let found: Vec<_> = publish
            .iter()
            .enumerate()
            .filter(|(_, step)| has(step))
            .collect();
        assert_eq!(found.len(), 1, "{text}");
        found[0].0
    };
    let order = [
        // What takes longest and is seen by nobody, then what the chart names, the chart, and the page.
        position("gh release create \"$GITHUB_REF_NAME\" --draft --verify-tag"),
        position("--tag \"$REPOSITORY:$VERSION\" \"$REPOSITORY@$DIGEST\""),
        position("helm push"),
        position("--draft=false"),
        position("--tag \"$REPOSITORY:latest\""),
    ];
    assert!(order.is_sorted(), "{order:?}");
    let latest = &publish[order[4]].content;
    assert_eq!(
        latest["if"].as_str(),
        Some("needs.version.outputs.newest == 'true'")
    );

    // And it begins only with a tag on main. For that it needs all of the history.
    let version: Vec<_> = steps.iter().filter(|step| step.job == "version").collect();
    assert_eq!(version[0].content["with"]["fetch-depth"].as_u64(), Some(0));
    assert_eq!(
        version[1].content["run"].as_str(),
        Some("git merge-base --is-ancestor \"$GITHUB_SHA\" origin/main")
    );
}

#[test]
fn every_week_the_release_is_built_again_and_compared() {
    let reproduce = Workflow::named("reproduce.yml");
    let schedule = reproduce.content["on"]["schedule"][0]["cron"].as_str();
    let days = schedule.and_then(|cron| cron.split(' ').next_back());
    assert!(
        days.is_some_and(|day| day.len() == 1 && day != "*"),
        "{schedule:?}"
    );
    let steps = reproduce.steps();
    let last = steps.last().expect("steps");
    assert_eq!(last.content["run"].as_str(), Some("make reproduce"));
}
