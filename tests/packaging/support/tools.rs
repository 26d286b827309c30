//! The programs that `tests/tools.sh` brings, which `make tools` runs.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a check must not vanish, and what is skipped is said"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A program or folder in `target/tools`, or `None` if `tests/tools.sh` could not install it.
/// `make packaging` ends with the list of these.
///
/// # Panics Without `make tools`: a missing program must not skip a check.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools");
    let places = [tools.join("bin").join(name), tools.join(name)];
    if let Some(found) = places.into_iter().find(|place| place.exists()) {
        return Some(found);
    }
    let skipped = std::fs::read_to_string(tools.join("skipped")).unwrap_or_default();
    let reason = skipped
        .lines()
        .find(|line| line.starts_with(&format!("{name}: ")));
    let reason = reason.unwrap_or_else(|| panic!("{name} is missing: run `make tools`"));
    println!("skipped: {reason}");
    None
}

/// Standard output of a command that must succeed.
///
/// # Panics With the command's output, if it fails.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}
