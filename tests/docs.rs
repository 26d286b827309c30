//! Promise: what is generated or quoted in documents is what the program is.

use std::path::Path;

use appstream_exporter::catalog;
use appstream_exporter::config::{self, Config};

fn root(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root(file)).expect(file)
}

#[test]
fn metrics_md_is_what_the_catalogue_says() {
    let expected = catalog::markdown();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(root("METRICS.md"), &expected).unwrap();
    }
    assert!(
        read("METRICS.md") == expected,
        "METRICS.md is stale: run `make metrics`"
    );
}

#[test]
fn the_example_shows_every_key_with_its_default() {
    let text = read("config.example.yaml");
    let example = config::load(&root("config.example.yaml")).unwrap();
    assert_eq!(example, Config::default());
    for key in [
        "interval",
        "timeout",
        "max_age",
        "appstream_fleets",
        "appstream_stacks",
        "appstream_sessions",
        "workspaces_pools",
        "workspaces_pool_sessions",
        "authentication_types",
        "requests_per_second",
        "burst",
        "max_concurrency",
        "request_timeout",
        "name",
        "regions",
    ] {
        assert!(
            text.contains(&format!("{key}: ")),
            "{key} is not in config.example.yaml"
        );
    }
}

#[test]
fn the_readme_names_every_flag() {
    let readme = read("README.md");
    for flag in [
        "--config.file",
        "--config.check",
        "--web.listen-address",
        "--web.telemetry-path",
        "--log.level",
        "--log.format",
        "--once",
        "--demo",
        "--version",
    ] {
        assert!(readme.contains(flag), "{flag} is not in README.md");
    }
}

/// The operations that `src/aws/error.rs` declares, which are those that are called.
fn operations() -> Vec<String> {
    let source = read("src/aws/error.rs");
    let (_, declared) = source
        .split_once("\noperations! {")
        .expect("the operations are declared there");
    let (declared, _) = declared.split_once('}').expect("the macro ends");
    let action = |line: &str| {
        let (name, path) = line.trim().strip_prefix('"')?.split_once("\": ")?;
        let service = path.split("::").next()?;
        Some(format!("{service}:{name}"))
    };
    declared.lines().filter_map(action).collect()
}

#[test]
fn the_policy_allows_what_is_called_and_nothing_else() {
    let policy: serde_json::Value = serde_json::from_str(&read("deploy/iam/policy.json")).unwrap();
    let statement = &policy["Statement"][0];
    let allowed: Vec<_> = statement["Action"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    let mut called = operations();
    assert_eq!(called.len(), 8, "{called:?}");
    let order = |action: &String| allowed.iter().position(|one| one == action);
    called.sort_by_key(order);
    assert_eq!(allowed, called);
    assert_eq!(
        (&statement["Effect"], &statement["Resource"]),
        (&"Allow".into(), &"*".into())
    );

    let readme = read("README.md");
    let (_, block) = readme.split_once("```json\n").expect("the policy is shown");
    let (block, _) = block.split_once("```").expect("the block ends");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(block).unwrap(),
        policy
    );
}

#[test]
fn the_documents_name_families_that_exist() {
    let known: Vec<_> = catalog::families().map(|family| family.name).collect();
    for file in [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
    ] {
        let text = read(file);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let names = words
            .filter(|word| word.starts_with("appstream_") || word.starts_with("workspaces_pool_"));
        for name in names {
            let collector = ["fleets", "stacks", "sessions"]
                .iter()
                .any(|one| name == format!("appstream_{one}"));
            let fine = known.contains(&name) || collector || name == "workspaces_pool_sessions";
            assert!(fine, "{file} names {name}");
        }
    }
}
