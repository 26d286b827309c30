//! Promise: what is in the binary is what deny.toml lets in, and the binary says which build it is.
//!
//! `make deny` also compares the dependencies with the advisories of RustSec, which are not on crates.io.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a helper of tests fails with what it saw, and says what it skips"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{ACCOUNT, REGION, once, simulator};
use crate::support::tools::{run, tool};
use appstream_simulator::{Region, World};
use tempfile::TempDir;

#[test]
fn cargo_deny_finds_nothing() {
    let Some(cargo_deny) = tool("cargo-deny") else {
        return;
    };
    run(Command::new(cargo_deny)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["--locked", "check", "bans", "licenses", "sources"]));
}

#[tokio::test]
async fn version_and_build_info_say_the_same() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, Region::new())).await;
    let (_, metrics) = once(&simulator, "").await;
    let builds: Vec<_> = metrics.family("appstream_exporter_build_info").collect();
    let [build] = builds[..] else {
        panic!("{builds:?}")
    };
    let (version, revision) = (build.label("version"), build.label("revision"));
    let expected = format!(
        "appstream-exporter {version} (revision {revision}, rustc {})\n",
        build.label("rustversion")
    );
    let said = run(Command::new(env!("CARGO_BIN_EXE_appstream-exporter")).arg("--version"));
    assert_eq!(said, expected);
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    assert!(!revision.is_empty());
}

/// build.rs as a program of its own, in folders that Cargo would not run it in.
struct BuildScript {
    folder: TempDir,
}

impl BuildScript {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("build.rs");
        let program = folder.path().join("build-script");
        run(Command::new("rustc")
            .args(["--edition", "2024", "-o"])
            .arg(&program)
            .arg(source));
        Self { folder }
    }

    fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).expect("the folder is writable");
        folder
    }

    /// A value that it sets for the compiler.
    fn says(&self, folder: &Path, revision: Option<&str>, key: &str) -> String {
        let mut script = Command::new(self.folder.path().join("build-script"));
        script
            .current_dir(folder)
            .env("CARGO_MANIFEST_DIR", folder)
            .env("GIT_CEILING_DIRECTORIES", self.folder.path())
            .env_remove("APPSTREAM_EXPORTER_REVISION")
            .envs(revision.map(|revision| ("APPSTREAM_EXPORTER_REVISION", revision)));
        let said = run(&mut script);
        let start = format!("cargo::rustc-env={key}=");
        let mut values = said.lines().filter_map(|line| line.strip_prefix(&start));
        let value = values.next().expect("it sets the variable").to_owned();
        assert_eq!(values.next(), None, "{said}");
        value
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.current_dir(folder)
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.com"])
        .args(["-c", "commit.gpgsign=false"])
        .args(arguments);
    run(&mut git).trim().to_owned()
}

#[test]
fn the_revision_is_the_one_that_was_set_then_that_of_git_then_unknown() {
    let script = BuildScript::new();
    let revision = |folder: &Path, set| script.says(folder, set, "APPSTREAM_EXPORTER_REVISION");

    let archive = script.folder("archive");
    assert_eq!(revision(&archive, None), "unknown");
    assert_eq!(revision(&archive, Some("")), "unknown");
    assert_eq!(revision(&archive, Some("v1-12ab")), "v1-12ab");

    let repository = script.folder("repository");
    git(&repository, &["init", "--quiet"]);
    git(
        &repository,
        &["commit", "--quiet", "--allow-empty", "--message", "First"],
    );
    let head = git(&repository, &["rev-parse", "--short=12", "HEAD"]);
    assert_eq!(revision(&repository, None), head);
    assert_eq!(revision(&repository, Some("v1-12ab")), "v1-12ab");

    // An archive that was unpacked within a repository of something else is no commit of that.
    let unpacked = script.folder("repository/third-party/exporter");
    assert_eq!(revision(&unpacked, None), "unknown");
}

#[test]
fn the_compiler_is_the_one_that_compiles() {
    let script = BuildScript::new();
    let said = script.says(
        &script.folder("archive"),
        None,
        "APPSTREAM_EXPORTER_RUSTVERSION",
    );
    let version = run(Command::new("rustc").arg("--version"));
    assert_eq!(version.split_whitespace().nth(1), Some(&*said));
}
