//! Puts the git revision and the compiler's version into the binary, so that
//! `appstream_exporter_build_info` and `--version` need neither at run time.

use std::fs::canonicalize;
use std::process::Command;

fn main() {
    // A release builds from an archive without git; it sets the revision itself.
    println!("cargo::rerun-if-env-changed=APPSTREAM_EXPORTER_REVISION");
    let revision = std::env::var("APPSTREAM_EXPORTER_REVISION")
        .ok()
        .filter(|revision| !revision.is_empty())
        .or_else(git_revision)
        .unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=APPSTREAM_EXPORTER_REVISION={revision}");

    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = output(&rustc, &["--version"])
        .and_then(|line| line.split_whitespace().nth(1).map(str::to_owned))
        .unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=APPSTREAM_EXPORTER_RUSTVERSION={version}");
}

/// That of the repository whose root this is. An archive that was unpacked within another
/// repository is no commit of that.
fn git_revision() -> Option<String> {
    let root = output("git", &["rev-parse", "--show-toplevel"])?;
    if canonicalize(root).ok()? != canonicalize(".").ok()? {
        return None;
    }
    for path in ["HEAD", "logs/HEAD"] {
        if let Some(file) = output("git", &["rev-parse", "--git-path", path]) {
            println!("cargo::rerun-if-changed={file}");
        }
    }
    output("git", &["rev-parse", "--short=12", "HEAD"])
}

/// Standard output of a command that succeeded, trimmed; `None` when there is none.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
