//! Promise: Dependabot updates every file that it can read, and CONTRIBUTING.md names the others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_yaml::Value;

use crate::support::documents::{read, root};

/// Every file of the repository, from its root, without what is built and what git has.
fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("a readable folder").path();
            let inner = path
                .strip_prefix(root(""))
                .expect("it is in there")
                .to_owned();
            let name = inner.file_name().expect("a name");
            if name == "target" || name == ".git" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(inner);
            }
        }
    }
    files.sort();
    files
}

/// Whether a line of a manifest names a third-party image with a version.
fn names_an_image(line: &str) -> bool {
    let image = line.trim().trim_start_matches("- ").strip_prefix("image: ");
    image.is_some_and(|image| image.contains(':'))
}

/// Dependabot's name for the ecosystem of a file.
///
/// Not Terraform: the module says which provider is the oldest, and nothing is pinned.
fn ecosystem(file: &Path) -> Option<&'static str> {
    let name = file.file_name()?.to_str()?;
    let has_end = |end: &str| {
        Path::new(name)
            .extension()
            .is_some_and(|found| found == end)
    };
    match name {
        "Cargo.toml" => Some("cargo"),
        "Dockerfile" => Some("docker"),
        "compose.yaml" => Some("docker-compose"),
        "requirements.txt" => Some("pip"),
        "Chart.yaml" if read(file).contains("\ndependencies:") => Some("helm"),
        "package.json" => Some("npm"),
        "go.mod" => Some("gomod"),
        _ if file.starts_with(".github/workflows") => Some("github-actions"),
        _ if file.starts_with("deploy/kubernetes") && has_end("yaml") => {
            read(file).lines().any(names_an_image).then_some("docker")
        }
        _ => None,
    }
}

#[test]
fn dependabot_raises_the_versions_in_every_file_that_it_can_read() {
    let found = files();
    let mut wanted = BTreeSet::new();
    for file in &found {
        if let Some(kind) = ecosystem(file) {
            let folder = file.parent().expect("a folder").display().to_string();
            // Of workflows it wants the root of the repository.
            let folder = folder.replace(".github/workflows", "");
            // Dependabot raises the members of a Cargo workspace with its root.
            let is_member = kind == "cargo" && read(file).contains("\nversion.workspace = true\n");
            let folder = if is_member { String::new() } else { folder };
            wanted.insert((kind.to_owned(), format!("/{folder}")));
        }
    }
    let dependabot: Value = serde_yaml::from_str(&read(".github/dependabot.yml")).expect("YAML");
    let mut asked = BTreeSet::new();
    for update in dependabot["updates"].as_sequence().expect("a list") {
        let kind = update["package-ecosystem"].as_str().expect("a kind");
        let several = update["directories"].as_sequence().cloned();
        let folders = several.unwrap_or_else(|| vec![update["directory"].clone()]);
        for folder in folders {
            let folder = folder.as_str().expect("a folder").to_owned();
            asked.insert((kind.to_owned(), folder));
        }
        assert!(update["groups"].is_mapping(), "{kind} is not grouped");
    }
    assert_eq!(asked, wanted);
    assert!(asked.len() >= 7, "{asked:?}");
}

/// A line that sets a variable of a script or a Makefile to a version or to a name with one.
fn pins(line: &str) -> bool {
    let Some((name, value)) = line.split_once('=') else {
        return false;
    };
    let name = name.trim_end_matches([':', ' ']);
    let version = value.rsplit('-').next().unwrap_or_default();
    let version = version.trim().trim_start_matches('v');
    (name.ends_with("version") || name.ends_with("_tool"))
        && version.contains('.')
        && version.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[test]
fn versions_that_dependabot_cannot_read_are_named_in_contributing() {
    let contributing = read("CONTRIBUTING.md");
    let (_, section) = contributing
        .split_once("\n## Versions of tools\n")
        .expect("a section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut pinned = BTreeSet::new();
    for file in files() {
        let is_script = file.extension().is_some_and(|end| end == "sh");
        if (is_script || file == Path::new("Makefile")) && read(&file).lines().any(pins) {
            pinned.insert(file.display().to_string());
        }
    }
    let expected = ["Makefile", "deploy/release/terraform.sh", "tests/tools.sh"];
    assert!(
        pinned.is_superset(&expected.map(str::to_owned).into()),
        "{pinned:?}"
    );
    for file in pinned {
        assert!(
            section.contains(&format!("`{file}`")),
            "{file} is not named"
        );
    }
}
