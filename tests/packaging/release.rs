//! Promise: a release is one version everywhere, says what changed in it, and its archives can be made again.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a helper of tests fails with what it saw, and says what it skips"
)]
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::tools::{run, tool};
use tempfile::TempDir;

fn script(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("deploy/release").join(name)
}

/// Files that have the version too, each in its way.
const FURTHER: [(&str, &str); 6] = [
    (
        "Cargo.lock",
        "[[package]]\nname = \"ap\"\nversion = \"7.0.0\"\n\n\
         [[package]]\nname = \"app\"\nversion = \"1.2.3\"\n",
    ),
    (
        "README.md",
        "```sh\ndocker build -t app:1.2.3 .\n```\nIt needs other:9.9.9 and Rust 1.94.1.\n",
    ),
    (
        "docs/install.md",
        "apt-get install ./app_1.2.3-1_amd64.deb\n",
    ),
    (
        "deploy/Dockerfile",
        "FROM rust:1.95.0\nLABEL org.opencontainers.image.version=\"1.2.3\"\n",
    ),
    (
        "deploy/kubernetes/base/kustomization.yaml",
        "images:\n  - name: app\n    newTag: 1.2.3\n",
    ),
    (
        "deploy/terraform/README.md",
        "source = \"git::https://example.org/app.git//deploy/terraform?ref=v1.2.3\"\n",
    ),
];

/// A repository that has only what a script reads.
struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().expect("a temporary folder"));
        repository.write(
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"1.2.3\"\n\n[dependencies.y]\nversion = \"9\"\n",
        );
        repository.write(
            "deploy/helm/appstream-exporter/Chart.yaml",
            "apiVersion: v2\nname: x\nversion: 1.2.3\nappVersion: \"1.2.3\"\n",
        );
        for (path, text) in FURTHER {
            repository.write(path, text);
        }
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
            "Cargo.lock",
            "1.2.3",
            "1.2.2",
            "version in Cargo.lock: '1.2.2', but the tag says '1.2.3'\n",
        ),
        (
            "README.md",
            "app:1.2.3",
            "app:1.2.2",
            "README.md, line 2: '1.2.2', but the tag says '1.2.3'\n",
        ),
        (
            "docs/install.md",
            "app_1.2.3-1",
            "app_1.2.2-1",
            "docs/install.md, line 1: '1.2.2', but the tag says '1.2.3'\n",
        ),
        (
            "deploy/Dockerfile",
            "1.2.3",
            "1.2.2",
            "deploy/Dockerfile, line 2: '1.2.2', but the tag says '1.2.3'\n",
        ),
        (
            "deploy/kubernetes/base/kustomization.yaml",
            "1.2.3",
            "1.2.2",
            "deploy/kubernetes/base/kustomization.yaml, line 3: '1.2.2', but the tag says '1.2.3'\n",
        ),
        (
            "deploy/terraform/README.md",
            "1.2.3",
            "1.2.2",
            "deploy/terraform/README.md, line 1: '1.2.2', but the tag says '1.2.3'\n",
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
fn this_repository_has_one_version() {
    let version = |tag: &str| {
        let output = Command::new(script("version.sh")).arg(tag).output();
        said(&output.expect("the script runs").stderr)
    };
    // Until it is released, the changelog has no date.
    let found = version(concat!("v", env!("CARGO_PKG_VERSION")));
    let wrong: Vec<_> = found
        .lines()
        .filter(|line| !line.contains("but a release has a date"))
        .collect();
    assert_eq!(wrong, [""; 0]);

    // It would speak up of each of these.
    let all = version("v999.0.0");
    for place in [
        "version in Cargo.toml:",
        "version in Cargo.lock:",
        "version in Chart.yaml:",
        "appVersion in Chart.yaml:",
        "newest entry in CHANGELOG.md:",
        "README.md, line ",
        "docs/install.md, line ",
        "deploy/Dockerfile, line ",
        "deploy/kubernetes/base/kustomization.yaml, line ",
        "deploy/kubernetes/overlays/sidecar/kustomization.yaml, line ",
        "deploy/terraform/README.md, line ",
    ] {
        let mut lines = all.lines();
        assert!(lines.any(|line| line.starts_with(place)), "{place}\n{all}");
    }
}

#[test]
fn only_the_highest_tag_is_the_newest() {
    let repository = tempfile::tempdir().expect("a temporary folder");
    let git = |arguments: &[&str]| {
        run(Command::new("git")
            .current_dir(repository.path())
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.com"])
            .args(["-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"])
            .args(arguments))
    };
    git(&["init", "--quiet"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "First"]);
    for tag in ["v0.9.1", "v0.10.0", "v0.9.10", "v1.0.0-rc.1", "nightly"] {
        git(&["tag", tag]);
    }
    let newest = |tag: &str| {
        let mut command = Command::new(script("newest.sh"));
        let output = command.current_dir(repository.path()).arg(tag).output();
        output.expect("the script runs")
    };
    assert_eq!(said(&newest("v0.10.0").stdout), "true\n");
    assert_eq!(said(&newest("v0.9.10").stdout), "false\n");
    assert_eq!(said(&newest("v0.9.1").stdout), "false\n");
    // Without tags, as in a shallow checkout, each would be the highest.
    let unknown = newest("v0.11.0");
    assert_eq!(
        said(&unknown.stderr),
        "newest.sh: there is no tag v0.11.0 here\n"
    );
    assert_eq!(unknown.status.code(), Some(1));
}

/// The chart as a release has it, in a folder of its own; None where there is no Helm.
fn packed(repository: &[&str], epoch: &str) -> Option<(TempDir, PathBuf)> {
    let helm = tool("helm")?;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = std::env::var("PATH").expect("there is a PATH");
    let bin = helm.parent().expect("a folder").display();
    let printed = run(Command::new(script("chart.sh"))
        .arg(folder.path())
        .args(repository)
        .env("PATH", format!("{bin}:{path}"))
        .env("SOURCE_DATE_EPOCH", epoch));
    let name = concat!("appstream-exporter-", env!("CARGO_PKG_VERSION"), ".tgz");
    let archive = folder.path().join(name);
    assert_eq!(Path::new(printed.trim()), archive);
    Some((folder, archive))
}

#[test]
fn a_released_chart_installs_the_released_image() {
    for (repository, image) in [
        (&["ghcr.io/owner/name"] as &[&str], "ghcr.io/owner/name"),
        // Of a checkout, such as to look at.
        (&[], "appstream-exporter"),
    ] {
        let Some((_folder, archive)) = packed(repository, "86400") else {
            return;
        };
        let helm = tool("helm").expect("it packed the chart");
        let rendered = run(Command::new(helm)
            .args(["template", "name"])
            .arg(&archive)
            .args([
                "--kube-version",
                "1.30",
                "--set",
                "config.targets[0].name=a",
            ]));
        let images: Vec<_> = rendered
            .lines()
            .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("image: "))
            .map(|image| image.trim_matches('"'))
            .collect();
        let expected = format!("{image}:{}", env!("CARGO_PKG_VERSION"));
        assert!(images.len() >= 2, "{rendered}");
        assert!(images.iter().all(|found| *found == expected), "{images:?}");
        // Documents agree with it.
        let file = |name: &str| {
            let mut tar = Command::new("tar");
            tar.arg("-xzOf").arg(&archive);
            run(tar.arg(format!("appstream-exporter/{name}")))
        };
        assert!(file("README.md").contains(&format!("| `image.repository` | `{image}` |")));
        assert!(file("values.schema.json").contains(&format!("\"default\": \"{image}\"")));
    }
}

#[test]
fn a_chart_of_the_same_files_has_the_same_bytes() {
    let pack = |epoch| packed(&["ghcr.io/owner/name"], epoch);
    let Some(((_a, first), (_b, second))) = pack("86400").zip(pack("86400")) else {
        return;
    };
    let bytes = |archive: &Path| std::fs::read(archive).expect("it is there");
    assert_eq!(bytes(&first), bytes(&second));
    // Neither has anything of the time at which it was packed, or of who did.
    let mut tar = Command::new("tar");
    let list = run(tar.arg("-tzvf").arg(&first).env("TZ", "UTC"));
    for line in list.lines() {
        assert!(line.starts_with("-rw-r--r-- 0/0 "), "{line}");
        assert!(line.contains(" 1970-01-02 00:00 "), "{line}");
    }
    assert!(list.contains("appstream-exporter/Chart.yaml\n"), "{list}");
    assert!(list.contains("/templates/deployment.yaml\n"), "{list}");
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
