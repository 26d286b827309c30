//! Promise: what is in the binary is what deny.toml lets in, and the binary says which build it is.
//!
//! `make deny` asks more, of all platforms, and needs the network. This holds wherever tests run.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a helper of tests fails with what it saw, and says what it skips"
)]

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::SplitWhitespace;

use crate::common::{ACCOUNT, REGION, once, simulator};
use crate::support::tools::run;
use appstream_simulator::{Region, World};
use serde_json::Value;
use tempfile::TempDir;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands in quotation marks behind a key in a line.
fn quoted<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.split_once(&format!("{key} = \""))?.1.split('"').next()
}

/// The crates that deny.toml wants at most once.
fn single() -> BTreeSet<String> {
    let deny = read("deny.toml");
    deny.lines()
        .filter(|line| line.contains("deny-multiple-versions = true"))
        .map(|line| quoted(line, "crate").expect("a crate").to_owned())
        .collect()
}

/// The licences that deny.toml allows.
fn allowed() -> BTreeSet<String> {
    let deny = read("deny.toml");
    let (_, list) = deny.split_once("\nallow = [").expect("a list");
    let (list, _) = list.split_once(']').expect("its end");
    // Every other piece is between quotation marks.
    list.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

type Words<'a> = Peekable<SplitWhitespace<'a>>;

/// Whether an SPDX expression can be met with these licences: AND binds closer than OR.
fn met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        // As crates wrote it before Cargo knew SPDX.
        .replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any(&mut words, allowed);
    assert_eq!(words.next(), None, "{expression}");
    met
}

fn any(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut met = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words, allowed);
    }
    met
}

fn all(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let word = words.next().expect("a licence");
    if word == "(" {
        let met = any(words, allowed);
        assert_eq!(words.next(), Some(")"));
        return met;
    }
    match words.next_if_eq(&"WITH") {
        Some(_) => {
            let exception = words.next().expect("an exception");
            allowed.contains(&format!("{word} WITH {exception}"))
        }
        None => allowed.contains(word),
    }
}

#[test]
fn there_is_one_http_and_one_tls() {
    let single = single();
    let lock = read("Cargo.lock");
    for name in ["h2", "hyper", "rustls"] {
        assert!(single.contains(name), "{name} is not in deny.toml");
    }
    for name in single {
        let versions: Vec<_> = lock
            .split("[[package]]")
            .filter(|package| quoted(package, "\nname") == Some(&name))
            .map(|package| quoted(package, "\nversion").expect("a version"))
            .collect();
        assert_eq!(versions.len(), 1, "{name}: {versions:?}");
    }
}

#[test]
fn expressions_of_licences_are_read_as_spdx_means_them() {
    let allowed = BTreeSet::from([
        "MIT".to_owned(),
        "Apache-2.0 WITH LLVM-exception".to_owned(),
    ]);
    for (expression, expected) in [
        ("MIT", true),
        ("ISC", false),
        ("ISC OR MIT", true),
        ("ISC/MIT", true),
        ("ISC AND MIT", false),
        ("ISC AND ISC OR MIT", true),
        ("ISC AND (ISC OR MIT)", false),
        ("(MIT OR ISC) AND MIT", true),
        ("(MIT OR (ISC AND ISC)) AND MIT", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
    ] {
        assert_eq!(met(expression, &allowed), expected, "{expression}");
    }
}

#[test]
fn dependencies_are_of_crates_io_and_have_licences_that_are_allowed() {
    let verbose = run(Command::new("rustc").arg("-vV"));
    let host = verbose.lines().find_map(|line| line.strip_prefix("host: "));
    // What only other platforms need was never downloaded here.
    let metadata = run(Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["metadata", "--offline", "--locked", "--format-version=1"])
        .args(["--filter-platform", host.expect("rustc names its host")]));
    let metadata: Value = serde_json::from_str(&metadata).expect("metadata is JSON");
    let packages = metadata["packages"].as_array().expect("a list");
    assert!(packages.len() > 100, "{} packages", packages.len());

    let allowed = allowed();
    let members = metadata["workspace_members"].as_array().expect("a list");
    assert_eq!(members.len(), 2, "{members:?}");
    let wrong = packages.iter().filter_map(|package| {
        let text = |key: &str| package[key].as_str().unwrap_or_default();
        let is_ours = members.contains(&package["id"]);
        let is_from_there = is_ours || text("source") == CRATES_IO;
        let is_allowed = !text("license").is_empty() && met(text("license"), &allowed);
        let said = ["name", "version", "license", "source"].map(text).join(" ");
        (!is_from_there || !is_allowed).then_some(said)
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
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
