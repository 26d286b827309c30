//! The program in a root directory of its own, as an image or a package leaves it.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers say what is wrong, and what was skipped"
)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::tools::run;

/// Where Debian and distroless have the CA certificates, and where rustls looks for them.
const CA_CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The program that the tests are about.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_appstream-exporter"))
}

/// Libraries that the program is linked against: name, and file where there is one.
pub(crate) fn libraries() -> Vec<(String, Option<PathBuf>)> {
    let listed = run(Command::new("ldd").arg(program()));
    let library = |line: &str| {
        let file = line.split_whitespace().find(|word| word.starts_with('/'));
        let name = line.split_whitespace().next().expect("a name");
        let name = name.rsplit('/').next().expect("a last part");
        (name.to_owned(), file.map(PathBuf::from))
    };
    listed.lines().map(library).collect()
}

/// A root directory with the libraries of the program and CA certificates, and nothing else.
pub(crate) fn new_root() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = libraries().into_iter().filter_map(|(_, file)| file);
    for file in files.chain([PathBuf::from(CA_CERTIFICATES)]) {
        install(&file, folder.path(), &file);
    }
    let readable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), readable).expect("it is ours");
    folder
}

/// Copies a file to an absolute path in a root directory.
pub(crate) fn install(from: &Path, root: &Path, path: &Path) {
    let place = root.join(path.strip_prefix("/").expect("an absolute path"));
    std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
    std::fs::copy(from, &place).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
}

pub(crate) fn is_root() -> bool {
    run(Command::new("id").arg("-u")).trim() == "0"
}

/// A command with root's rights over what is ours: without them, those of a user namespace.
pub(crate) fn as_root(flags: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(flags).arg("--");
    command
}

/// A command that has this directory as its root, read-only, and an environment of its own.
///
/// It runs as this user and group; in a user namespace as the only one that is there, which may
/// not be changed.
pub(crate) fn inside(root: &Path, user: &str, arguments: &[&str]) -> Command {
    let user = is_root().then(|| format!("--userspec={user}"));
    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" \
                  && exec chroot $1 \"$0\" \"${@:2}\"";
    let mut command = as_root(&["--mount", "--propagation=private"]);
    command
        .args(["bash", "-c", script])
        .arg(root)
        .arg(user.unwrap_or_default())
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Whether `inside` works here; if not, says so.
///
/// # Panics
/// If root cannot: then it is no matter of rights.
pub(crate) fn can_be_inside(test: &str) -> bool {
    let tried = as_root(&["--mount"])
        .args(["mount", "-t", "tmpfs", "none", "/mnt"])
        .output();
    let works = tried.as_ref().is_ok_and(|output| output.status.success());
    assert!(works || !is_root(), "root cannot mount: {tried:?}");
    if !works {
        println!("skipped: {test}: not root, and no user namespaces with mounts here");
    }
    works
}
