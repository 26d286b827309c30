//! Promise: the program needs nothing that the container image does not have, and hadolint has no remark on deploy/Dockerfile.
//!
//! CI builds the image for both platforms and runs it.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers say what is wrong, and what was skipped"
)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::common::Exporter;
use crate::support::chroot::{can_be_inside, inside, install, libraries, new_root, program};
use crate::support::documents::root;
use crate::support::tools::{run, tool};

const DOCKERFILE: &str = "deploy/Dockerfile";
/// Who distroless' images named `nonroot` run as.
const NONROOT: &str = "65532:65532";
/// The libraries in distroless' `cc` that Rust programs link: libc6 and libgcc-s1.
const LIBRARIES: [&str; 5] = [
    "ld-linux",
    "libc.so.6",
    "libgcc_s.so.1",
    "libm.so.6",
    "linux-vdso.so.1",
];
/// Where the image has the program.
const PROGRAM: &str = "/usr/local/bin/appstream-exporter";

#[test]
fn hadolint_finds_nothing() {
    let Some(hadolint) = tool("hadolint") else {
        return;
    };
    let found = run(Command::new(hadolint).current_dir(root("")).args([
        "--no-color",
        "--failure-threshold=style",
        DOCKERFILE,
    ]));
    assert_eq!(found, "");
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
