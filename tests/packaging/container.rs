//! Promise: what the container image is built from fits together, and the program needs nothing that
//! the image does not have.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers say what is wrong, and what was skipped"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::common::Exporter;
use crate::support::chroot::{can_be_inside, inside, install, libraries, new_root, program};
use crate::support::dockerfile::{Stage, stages};
use crate::support::tools::tool;

const DOCKERFILE: &str = "deploy/Dockerfile";
/// As Docker says it; what `--platform` may name.
const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];
/// Debian releases that rust and distroless both have images of.
const RELEASES: [(&str, &str); 2] = [("bookworm", "debian12"), ("trixie", "debian13")];
/// Who distroless' images named `nonroot` run as.
const NONROOT: &str = "65532:65532";
/// What a program finds in distroless' `cc` of all that Rust's programs link: libc6 and libgcc-s1.
const LIBRARIES: [&str; 5] = [
    "ld-linux",
    "libc.so.6",
    "libgcc_s.so.1",
    "libm.so.6",
    "linux-vdso.so.1",
];
/// Where the image has the program.
const PROGRAM: &str = "/usr/local/bin/appstream-exporter";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn image() -> Vec<Stage> {
    stages(&read(DOCKERFILE))
}

/// The last stage, which is what users run.
fn last() -> Stage {
    image().pop().expect("a stage")
}

/// The package's fields in Cargo.toml, with those that it takes from the workspace.
fn package() -> BTreeMap<String, String> {
    let manifest = read("Cargo.toml");
    let section = |heading: &'static str| {
        let lines = manifest.lines().skip_while(move |line| *line != heading);
        lines
            .skip(1)
            .take_while(|line| !line.starts_with('['))
            .filter_map(|line| line.split_once(" = "))
    };
    section("[workspace.package]")
        .chain(section("[package]"))
        .map(|(key, value)| (key.to_owned(), value.trim_matches('"').to_owned()))
        .collect()
}

fn numbers(version: &str) -> Vec<u32> {
    let parse = |part: &str| part.parse().expect("a number");
    version.split('.').map(parse).collect()
}

#[test]
fn hadolint_has_nothing_to_say() {
    let Some(hadolint) = tool("hadolint") else {
        return;
    };
    let lint = |arguments: &[&str]| {
        let mut command = Command::new(&hadolint);
        command
            .current_dir(root())
            .args(["--no-color", "--failure-threshold=style"]);
        command.args(arguments).output().expect("hadolint runs")
    };
    let output = lint(&[DOCKERFILE]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");

    // It would speak up.
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("Dockerfile");
    std::fs::write(&bad, read(DOCKERFILE).replace(":nonroot", "")).unwrap();
    let output = lint(&[bad.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        !output.status.success() && said.contains("DL3006"),
        "{said}"
    );
}

#[test]
fn the_image_is_distroless_without_root_and_shell() {
    let last = last();
    assert_eq!(last.base, "gcr.io/distroless/cc-debian12:nonroot");
    assert_eq!(last.all("USER"), [NONROOT]);
    assert_eq!(last.all("STOPSIGNAL"), ["SIGTERM"]);
    assert_eq!(last.all("EXPOSE"), ["10190"]);
    assert_eq!(last.all("ENTRYPOINT"), [format!("[\"{PROGRAM}\"]")]);
    // What needs a shell, what adds more than was built here, and what belongs into a deployment.
    for name in ["RUN", "CMD", "SHELL", "ADD", "HEALTHCHECK", "VOLUME", "ENV"] {
        assert!(last.all(name).is_empty(), "{name}");
    }
    // What runs is of the architecture that was asked for.
    assert!(last.flags.is_empty(), "{:?}", last.flags);
    let targets: BTreeSet<_> = last.copies().into_iter().map(|copy| copy.target).collect();
    assert!(targets.contains(PROGRAM), "{targets:?}");
}

#[test]
fn labels_are_those_of_the_package() {
    let labels = last().pairs("LABEL");
    let package = package();
    for (label, expected) in [
        ("title", package["name"].as_str()),
        ("description", &package["description"]),
        ("licenses", &package["license"]),
        ("version", &package["version"]),
        ("revision", "${APPSTREAM_EXPORTER_REVISION}"),
        ("source", "${APPSTREAM_EXPORTER_SOURCE}"),
        ("base.name", &last().base),
    ] {
        let label = format!("org.opencontainers.image.{label}");
        assert_eq!(
            labels.get(&label).map(String::as_str),
            Some(expected),
            "{label}"
        );
    }
    assert_eq!(labels.len(), 7, "{labels:?}");
}

#[test]
fn build_arguments_are_declared_where_they_are_used() {
    for stage in image() {
        let declared: BTreeSet<_> = stage
            .all("ARG")
            .into_iter()
            .map(|argument| argument.split('=').next().unwrap_or_default())
            .collect();
        for (name, value) in stage.pairs("LABEL") {
            let used = value.strip_prefix("${").and_then(|v| v.strip_suffix('}'));
            let is_known = used.is_none_or(|used| declared.contains(used));
            assert!(is_known, "{name}: {value} is not declared in its stage");
        }
    }
    // What build.rs reads must be set when it runs for the program itself, and not when it runs
    // for the layer of the dependencies, which would else begin anew with every commit.
    let variable = "APPSTREAM_EXPORTER_REVISION";
    assert!(read("build.rs").contains(&format!("env::var(\"{variable}\")")));
    let build = stage_for("amd64");
    let position = |holds: &dyn Fn(&str, &str) -> bool| {
        let mut all = build.instructions.iter();
        all.position(|one| holds(&one.name, &one.arguments))
    };
    let argument = position(&|name, arguments| name == "ARG" && arguments.starts_with(variable));
    let copied = |folder: &str| {
        let start = format!("{folder} ");
        position(&|name, arguments| name == "COPY" && arguments.starts_with(&start))
    };
    let sources = copied("src").min(copied("simulator/src"));
    assert!(sources.is_some() && sources < argument, "{argument:?}");
    let builds = build.instructions.iter().enumerate();
    let builds: Vec<_> = builds
        .filter(|(_, one)| one.arguments.contains("cargo build"))
        .map(|(position, _)| Some(position))
        .collect();
    assert_eq!(builds.len(), 2, "the dependencies and the program");
    assert!(builds[0] < sources && builds[1] > argument, "{builds:?}");
}

/// What the builder knows without a declaration: times in the image become this one.
const OF_BUILDKIT: [&str; 1] = ["SOURCE_DATE_EPOCH"];

#[test]
fn workflows_give_the_arguments_that_the_dockerfile_declares() {
    let declared: BTreeSet<_> = image()
        .iter()
        .flat_map(|stage| {
            stage
                .all("ARG")
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .filter_map(|argument| Some(argument.split_once('=')?.0.to_owned()))
        .collect();
    assert!(
        !declared.is_empty(),
        "ARGs with a default are the build's own"
    );
    for (workflow, all) in [("ci.yml", false), ("release.yml", true)] {
        let text = read(&format!(".github/workflows/{workflow}"));
        let given: BTreeSet<_> = text
            .split("--build-arg ")
            .skip(1)
            .map(|rest| {
                let rest = rest.trim_start_matches('"');
                let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
                let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                rest[..end].to_owned()
            })
            .filter(|name| !OF_BUILDKIT.contains(&name.as_str()))
            .collect();
        assert!(!given.is_empty(), "{workflow} builds the image");
        assert!(given.is_subset(&declared), "{workflow}: {given:?}");
        assert!(!all || given == declared, "{workflow}: {given:?}");
        // The Dockerfile crosses: what is built runs on the machine that builds.
        assert!(
            text.contains("--platform linux/amd64,linux/arm64"),
            "{workflow}"
        );
        for emulator in ["qemu", "binfmt"] {
            assert!(!text.contains(emulator), "{workflow}: {emulator}");
        }
    }
}

/// The stage that the program comes from, for an architecture.
fn stage_for(architecture: &str) -> Stage {
    let from = last().copies().into_iter().find_map(|copy| copy.from);
    let mut stage = named(&from.expect("something is built"));
    stage.base = stage.base.replace("${TARGETARCH}", architecture);
    stage
}

fn named(name: &str) -> Stage {
    let stages = image().into_iter();
    let mut found = stages.filter(|stage| stage.name.as_deref() == Some(name));
    found
        .next()
        .unwrap_or_else(|| panic!("there is no stage {name}"))
}

#[test]
fn every_architecture_has_a_stage_that_crosses_to_it() {
    for (architecture, cargo, gnu) in [
        ("amd64", "x86_64-unknown-linux-gnu", "x86-64-linux-gnu"),
        ("arm64", "aarch64-unknown-linux-gnu", "aarch64-linux-gnu"),
    ] {
        assert!(ARCHITECTURES.contains(&architecture));
        let target = named(&stage_for(architecture).base);
        let env = target.pairs("ENV");
        let snake = cargo.replace('-', "_");
        let linker = format!("CARGO_TARGET_{}_LINKER", snake.to_uppercase());
        let compiler = format!("{}-gcc", gnu.replace("x86-64", "x86_64"));
        let expected = BTreeMap::from([
            ("GNU_TARGET".to_owned(), gnu.to_owned()),
            ("CARGO_BUILD_TARGET".to_owned(), cargo.to_owned()),
            (linker, compiler.clone()),
            (format!("CC_{snake}"), compiler),
        ]);
        assert_eq!(env, expected, "{architecture}");
        // The compiler runs on the machine that builds.
        let compiler = named(&target.base);
        assert_eq!(compiler.flags, ["--platform=$BUILDPLATFORM"]);
    }
}

#[test]
fn the_compiler_is_new_enough_and_of_the_release_that_the_image_is() {
    let compiler = named("compiler").base;
    let (name, tag) = compiler.split_once(':').expect("an image with a tag");
    let (version, release) = tag.split_once('-').expect("version and release");
    assert_eq!(name, "rust");
    assert!(
        numbers(version) >= numbers(&package()["rust-version"]),
        "{compiler} is older than rust-version"
    );
    let image = last().base;
    let of_release = RELEASES.iter().find(|(codename, _)| *codename == release);
    let (_, debian) = of_release.unwrap_or_else(|| panic!("{release} is no release"));
    assert!(image.ends_with(&format!("-{debian}:nonroot")), "{image}");
}

#[test]
fn what_is_copied_is_there() {
    let context = Context::read();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for stage in image() {
        for copy in stage.copies() {
            match &copy.from {
                Some(from) => assert!(names.contains(from), "no stage {from} before {copy:?}"),
                None => copy.sources.iter().for_each(|path| context.must_have(path)),
            }
        }
        names.extend(stage.name);
    }
    // It is in the context because something copies it.
    let copied: BTreeSet<_> = image()
        .iter()
        .flat_map(Stage::copies)
        .filter(|copy| copy.from.is_none())
        .flat_map(|copy| copy.sources)
        .collect();
    assert_eq!(context.kept, copied);
    // And all that the program is compiled from is.
    for path in [
        "Cargo.toml",
        "Cargo.lock",
        "build.rs",
        "src",
        "simulator/Cargo.toml",
        "simulator/src",
    ] {
        assert!(copied.contains(path), "{path}");
    }
}

/// What .dockerignore leaves of the repository.
struct Context {
    kept: BTreeSet<String>,
}

impl Context {
    /// It ignores everything, and then lists what is kept.
    fn read() -> Self {
        let text = read(".dockerignore");
        let mut rules = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(rules.next(), Some("*"));
        let kept = rules.map(|rule| {
            let kept = rule.strip_prefix('!').expect("only what is kept");
            kept.to_owned()
        });
        Self {
            kept: kept.collect(),
        }
    }

    fn must_have(&self, path: &str) {
        assert!(root().join(path).exists(), "{path} is not there");
        assert!(self.kept.contains(path), ".dockerignore hides {path}");
    }
}

#[test]
fn the_program_is_linked_against_what_the_image_has() {
    let linked = libraries();
    let foreign: Vec<_> = linked
        .iter()
        .filter(|(name, _)| !LIBRARIES.iter().any(|known| name.starts_with(known)))
        .collect();
    assert!(foreign.is_empty(), "distroless' cc lacks {foreign:?}");
    let has = |start: &str| linked.iter().any(|(name, _)| name.starts_with(start));
    assert!(has("libc.so.6") && has("ld-linux"), "{linked:?}");
}

#[tokio::test]
async fn the_program_needs_nothing_but_libraries_and_ca_certificates() {
    if !can_be_inside("container") {
        return;
    }
    let root = new_root();
    install(program(), root.path(), Path::new(PROGRAM));
    let arguments = [PROGRAM, "--demo", "--web.listen-address=127.0.0.1:0"];
    let command = inside(root.path(), NONROOT, &arguments);
    let config = tempfile::tempdir().unwrap();
    let mut exporter = Exporter::spawn(command.into(), config).await;
    exporter
        .until("it is ready", async |exporter| {
            exporter.get("/-/ready").await.status.as_u16() == 200
        })
        .await;
    let metrics = exporter.metrics().await;
    let built = metrics.value(
        "appstream_exporter_build_info",
        &[("version", env!("CARGO_PKG_VERSION"))],
    );
    assert_eq!(built, Some(1.0), "{}", metrics.text());
    assert!(metrics.family("appstream_fleet_instances_desired").count() > 0);
    let failed = metrics
        .family("appstream_exporter_collector_success")
        .filter(|series| series.value != 1.0);
    assert_eq!(failed.count(), 0, "{}", metrics.text());

    let asked = Instant::now();
    exporter.signal("TERM");
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
    // Docker waits that long before it kills, which is the shortest time that anybody gives.
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "it took too long"
    );
    assert!(!exporter.log().contains("panic"), "{}", exporter.log());
}
