//! Promise: a release is one version everywhere, says what changed in it, and its archives can be made again.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a helper of tests fails with what it saw, and says what it skips"
)]
#![allow(dead_code, reason = "each test file uses its own part of the helpers")]
#![cfg(target_os = "linux")]

#[path = "common/tools.rs"]
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use tools::run;

fn script(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("deploy/release").join(name)
}

/// A repository that has only what a script reads.
struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().expect("a temporary folder"));
        repository.write(
            "Cargo.toml",
            "[package]\nname = \"x\"\nversion = \"1.2.3\"\n\n[dependencies.y]\nversion = \"9\"\n",
        );
        repository.write(
            "deploy/helm/appstream-exporter/Chart.yaml",
            "apiVersion: v2\nname: x\nversion: 1.2.3\nappVersion: \"1.2.3\"\n",
        );
        repository.write(
            "CHANGELOG.md",
            "# Changelog\n\nEntries.\n\n## 1.2.3 / 2026-01-31\n\n* [FEATURE] New.\n* [BUGFIX] Whole.\n\n\
             ## 1.2.2 / 2025-12-24\n\n* [CHANGE] Old.\n",
        );
        for name in ["version.sh", "notes.sh"] {
            let to = repository.path("deploy/release").join(name);
            std::fs::create_dir_all(to.parent().expect("a folder")).expect("it is writable");
            std::fs::copy(script(name), to).expect("the script can be read");
        }
        repository
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it is writable");
        std::fs::write(path, content).expect("it is writable");
    }

    /// Replaces a text that is there.
    fn change(&self, path: &str, from: &str, to: &str) {
        let before = std::fs::read_to_string(self.path(path)).expect("it is there");
        assert!(before.contains(from), "{path}: {before}");
        self.write(path, &before.replacen(from, to, 1));
    }

    fn run(&self, name: &str, argument: &str) -> Output {
        let mut command = Command::new(self.path("deploy/release").join(name));
        command.arg(argument).output().expect("the script runs")
    }
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_tag_is_released_if_everything_has_its_version() {
    let repository = Repository::new();
    let output = repository.run("version.sh", "v1.2.3");
    assert_eq!(said(&output.stderr), "");
    assert_eq!(said(&output.stdout), "1.2.3\n");
    assert!(output.status.success());
}

#[test]
fn a_tag_is_refused_if_anything_has_another_version() {
    let chart = "deploy/helm/appstream-exporter/Chart.yaml";
    for (path, from, to, expected) in [
        (
            "Cargo.toml",
            "1.2.3",
            "1.2.4",
            "version in Cargo.toml: '1.2.4', but the tag says '1.2.3'\n",
        ),
        (
            chart,
            "\nversion: 1.2.3",
            "\nversion: 1.3.0",
            "version in Chart.yaml: '1.3.0', but the tag says '1.2.3'\n",
        ),
        (
            chart,
            "appVersion: \"1.2.3\"",
            "appVersion: 1.2.2",
            "appVersion in Chart.yaml: '1.2.2', but the tag says '1.2.3'\n",
        ),
        (
            "CHANGELOG.md",
            "## 1.2.3",
            "## 1.2.10",
            "newest entry in CHANGELOG.md: '1.2.10', but the tag says '1.2.3'\n",
        ),
        (
            "CHANGELOG.md",
            "2026-01-31",
            "unreleased",
            "newest entry in CHANGELOG.md: '1.2.3 / unreleased', but a release has a date: \
             '1.2.3 / YYYY-MM-DD'\n",
        ),
    ] {
        let repository = Repository::new();
        repository.change(path, from, to);
        let output = repository.run("version.sh", "v1.2.3");
        assert_eq!(said(&output.stderr), expected);
        assert_eq!(said(&output.stdout), "");
        assert_eq!(output.status.code(), Some(1), "{expected}");
    }
}

#[test]
fn a_tag_of_another_form_is_refused() {
    for tag in ["1.2.3", "v1.2", "v1.2.3-rc.1", "v1.2.3\nv1.2.3", "$(id)"] {
        let output = Repository::new().run("version.sh", tag);
        assert_eq!(
            said(&output.stderr),
            format!("{tag}: not a tag of a release, which is v and three numbers\n")
        );
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn the_notes_are_the_entries_of_that_version_alone() {
    let repository = Repository::new();
    let notes = |version| said(&repository.run("notes.sh", version).stdout);
    assert_eq!(notes("1.2.3"), "* [FEATURE] New.\n* [BUGFIX] Whole.\n");
    assert_eq!(notes("1.2.2"), "* [CHANGE] Old.\n");
    let unknown = repository.run("notes.sh", "1.2");
    assert_eq!(said(&unknown.stderr), "CHANGELOG.md says nothing of 1.2\n");
    assert_eq!(unknown.status.code(), Some(1));
}

#[test]
fn an_archive_of_the_same_files_has_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pack = |name: &str, epoch: &str| {
        let out = folder.path().join(name);
        std::fs::create_dir(&out).expect("it is writable");
        let binary = out.join("binary");
        std::fs::write(&binary, "the binary").expect("it is writable");
        let printed = run(Command::new(script("archive.sh"))
            .args(["1.2.3", "linux-amd64"])
            .args([&binary, &out])
            .env("SOURCE_DATE_EPOCH", epoch));
        let archive = out.join("appstream-exporter-1.2.3-linux-amd64.tar.gz");
        assert_eq!(Path::new(printed.trim()), archive);
        archive
    };
    let bytes = |archive: &Path| std::fs::read(archive).expect("it is there");
    let (first, second, later) = (pack("a", "86400"), pack("b", "86400"), pack("c", "172800"));
    assert_eq!(bytes(&first), bytes(&second));
    assert_ne!(bytes(&first), bytes(&later));

    let list = run(Command::new("tar")
        .arg("-tzvf")
        .arg(&first)
        .env("TZ", "UTC"));
    let binary = list
        .lines()
        .find(|line| line.ends_with(" appstream-exporter-1.2.3-linux-amd64/appstream-exporter"))
        .unwrap_or_else(|| panic!("{list}"));
    assert!(binary.starts_with("-rwxr-xr-x 0/0"), "{binary}");
    assert!(binary.contains(" 10 1970-01-02 00:00 "), "{binary}");
    for name in ["LICENSE", "README.md", "config.example.yaml"] {
        assert!(list.contains(&format!("/{name}\n")), "{list}");
    }
}
