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
fn the_readme_names_every_flag_and_every_action() {
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
    for action in [
        "appstream:DescribeFleets",
        "appstream:DescribeStacks",
        "appstream:ListAssociatedStacks",
        "appstream:ListAssociatedFleets",
        "appstream:DescribeSessions",
        "workspaces:DescribeWorkspacesPools",
        "workspaces:DescribeWorkspacesPoolSessions",
    ] {
        assert!(readme.contains(action), "{action} is not in README.md");
    }
}
