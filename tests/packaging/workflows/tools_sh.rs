//! Promise: `tests/tools.sh` brings a program once, and again when what is there does not run.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::root;
use crate::support::tools::run;

/// Writes down what it is called with, and makes the programs that it is asked for.
const GO: &str = r#"#!/bin/bash
echo "go $*" >>"$CALLS"
case $1 in
install)
  name=${2%@*} name=${name%/v[0-9]*} name=${name##*/}
  printf '#!/bin/sh\n' >"$GOBIN/$name" && chmod +x "$GOBIN/$name" ;;
mod)
  source=$(dirname "$CALLS")/source
  mkdir -p "$source/example/prometheus-operator-crd"
  for kind in servicemonitors podmonitors prometheusrules; do
    touch "$source/example/prometheus-operator-crd/monitoring.coreos.com_$kind.yaml"
  done
  printf '\t"Dir": "%s",\n' "$source" ;;
esac
"#;
const PYTHON: &str = r#"#!/bin/bash
[ "$1 $2" = "-m venv" ] || exit 0
echo "python3 -m venv" >>"$CALLS"
mkdir -p "$3/bin"
for name in python pip hadolint cfn-lint kubernetes-validate; do
  printf '#!/bin/sh\n' >"$3/bin/$name" && chmod +x "$3/bin/$name"
done
"#;
const CARGO: &str = r#"#!/bin/bash
echo "cargo $1 ${!#}" >>"$CALLS"
while [ "$1" != --root ]; do shift; done
printf '#!/bin/sh\n' >"$2/bin/cargo-deb" && chmod +x "$2/bin/cargo-deb"
"#;

/// A repository that has only the script and what it reads, and programs that stand for those that fetch and build.
struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().expect("a temporary folder"));
        for name in ["tools.sh", "requirements.txt"] {
            let text =
                std::fs::read_to_string(root().join("tests").join(name)).expect("it is there");
            repository.write(&format!("tests/{name}"), &text);
        }
        for (name, text) in [("go", GO), ("python3", PYTHON), ("cargo", CARGO)] {
            repository.write(&format!("bin/{name}"), text);
        }
        for name in [
            "prometheus",
            "promtool",
            "chromium",
            "systemd-analyze",
            "shellcheck",
            "dpkg-deb",
        ] {
            repository.write(&format!("bin/{name}"), "#!/bin/sh\n");
        }
        repository
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it is writable");
        std::fs::write(&path, text).expect("it is writable");
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&path, executable).expect("it is ours");
    }

    /// What the script fetched and built, by the first words of the calls and the last part of the last one.
    fn bring(&self) -> Vec<String> {
        let calls = self.path("calls");
        std::fs::write(&calls, "").expect("it is writable");
        run(Command::new(self.path("tests/tools.sh"))
            .env("CALLS", &calls)
            .env("CARGO", self.path("bin/cargo"))
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", self.path("bin").display()),
            ));
        let said = std::fs::read_to_string(calls).expect("it is there");
        said.lines().map(short).collect()
    }

    fn skipped(&self) -> String {
        std::fs::read_to_string(self.path("target/tools/skipped")).expect("it is written")
    }
}

/// `go install a.example/b@v1` as `go install b`.
fn short(call: &str) -> String {
    let (start, last) = call.rsplit_once(' ').expect("words");
    let last = last.split('@').next().unwrap_or_default();
    let name = Path::new(last.trim_end_matches("/v5")).file_name();
    let name = name.expect("a name").to_string_lossy();
    format!("{} {name}", start.replace(" -json", ""))
}

#[test]
fn what_does_not_run_is_brought_again() {
    let repository = Repository::new();
    assert_eq!(
        repository.bring(),
        [
            "python3 -m venv",
            "go install helm",
            "go install actionlint",
            "go install kustomize",
            "go mod download prometheus-operator",
            "cargo install cargo-deb",
        ]
    );
    assert_eq!(repository.bring(), [""; 0]);
    for (program, again) in [
        ("bin/helm", "go install helm"),
        ("bin/kustomize", "go install kustomize"),
        ("bin/cargo-deb", "cargo install cargo-deb"),
        ("python/bin/python", "python3 -m venv"),
        ("python/bin/hadolint", "python3 -m venv"),
    ] {
        // As it is when it was made for another system.
        repository.write(&format!("target/tools/{program}"), "#!/bin/sh\nexit 126\n");
        assert_eq!(repository.bring(), [again], "{program}");
        assert_eq!(repository.bring(), [""; 0], "{program}");
    }
}

#[test]
fn an_older_version_does_not_pass_for_the_one_that_is_wanted() {
    let repository = Repository::new();
    repository.bring();
    let script = repository.path("tests/tools.sh");
    let text = std::fs::read_to_string(&script).expect("it is there");
    let (before, rest) = text.split_once("\nhelm_version=v").expect("a version");
    let (_, after) = rest.split_once('\n').expect("a line");
    repository.write(
        "tests/tools.sh",
        &format!("{before}\nhelm_version=v99.0.0\n{after}"),
    );
    repository.write("bin/go", "#!/bin/sh\nexit 1\n");
    assert_eq!(repository.bring(), [""; 0]);
    assert!(!repository.path("target/tools/bin/helm").exists());
    let skipped = repository.skipped();
    let reason = "helm: could not be built from helm.sh/helm/v3/cmd/helm@v99.0.0\n";
    assert!(skipped.contains(reason), "{skipped}");
}
