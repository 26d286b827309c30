//! Promise: what is generated or quoted in documents is what the program is.

#[path = "common/schema.rs"]
mod schema;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use appstream_exporter::catalog;
use appstream_exporter::cli::Cli;
use appstream_exporter::config::{self, Config};

fn root(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root(file)).expect(file)
}

#[test]
fn metrics_md_is_what_the_catalogue_says() {
    let expected = catalog::markdown();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(root("METRICS.md"), &expected).unwrap();
    }
    assert!(
        read("METRICS.md") == expected,
        "METRICS.md is stale: run `make metrics`"
    );
}

#[test]
fn the_schema_is_what_the_keys_say() {
    let expected = config::schema();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(root("config.schema.json"), &expected).unwrap();
    }
    assert!(
        read("config.schema.json") == expected,
        "config.schema.json is stale: run `make metrics`"
    );
}

/// The example with its commented-out keys, which are written as `#key: value`.
fn complete_example() -> String {
    let uncomment = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        match line[indent..].strip_prefix('#') {
            Some(key) if key.starts_with(|c: char| c.is_ascii_lowercase()) => {
                format!("{}{key}\n", &line[..indent])
            }
            _ => format!("{line}\n"),
        }
    };
    read("config.example.yaml").lines().map(uncomment).collect()
}

/// The paths of the keys of a document, entries of lists as `[]`.
fn paths(prefix: &str, value: &serde_json::Value, found: &mut BTreeSet<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let path = format!("{prefix}{key}");
        for entry in value.as_array().into_iter().flatten() {
            paths(&format!("{path}[]."), entry, found);
        }
        paths(&format!("{path}."), value, found);
        found.insert(path);
    }
}

#[test]
fn the_example_shows_every_key_with_its_default() {
    let example = config::load(&root("config.example.yaml")).unwrap();
    assert_eq!(example, Config::default());

    let complete = complete_example();
    config::parse(&complete, Path::new("config.example.yaml")).unwrap();
    let complete: serde_json::Value = serde_yaml::from_str(&complete).unwrap();
    let mut shown = BTreeSet::new();
    paths("", &complete, &mut shown);
    let known: BTreeSet<_> = config::key_paths().into_iter().collect();
    assert_eq!(shown, known);
}

#[test]
fn the_example_names_its_schema() {
    assert_eq!(
        read("config.example.yaml").lines().next(),
        Some("# yaml-language-server: $schema=config.schema.json")
    );
}

#[test]
fn the_example_is_valid_by_the_schema_and_bad_files_are_not() {
    let rules: serde_json::Value = serde_json::from_str(&config::schema()).unwrap();
    for text in [
        complete_example(),
        read("config.example.yaml"),
        String::new(),
    ] {
        let document = serde_yaml::from_str(&text).unwrap();
        assert_eq!(schema::against(&rules, &document, ""), [""; 0]);
    }
    // Faults of one value; those between values are not the schema's.
    for (case, faults) in [
        ("bare-number", 1),
        ("unknown-key", 1),
        ("no-targets", 1),
        ("region-unknown", 2),
        ("region-twice", 1),
        ("role-arn-malformed", 4),
        ("external-id-stays-hidden", 4),
        ("session-name", 1),
        ("tag-key-length", 3),
        ("tag-key-twice", 1),
        ("label-forbidden", 3),
        ("label-value", 3),
        ("empty-profile", 1),
        ("switch-of-the-wrong-kind", 4),
    ] {
        let text = read(&format!("tests/fixtures/config/{case}.bad.yaml"));
        let document = serde_yaml::from_str(&text).unwrap();
        let wrong = schema::against(&rules, &document, "");
        assert_eq!(wrong.len(), faults, "{case}: {wrong:#?}");
    }
}

/// A part of README.md: from one text up to another.
fn part<'a>(readme: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = readme.split_once(from).expect(from);
    rest.split_once(to).expect(to).0
}

#[test]
fn the_readme_names_every_flag_and_its_variable() {
    let command = <Cli as clap::CommandFactory>::command();
    let readme = read("README.md");
    let table = part(&readme, "| flag |", "\n\n");
    let mut count = 0;
    for flag in command.get_arguments() {
        let name = flag.get_long().expect("every flag has a long name");
        let row = table
            .lines()
            .find(|row| row.starts_with(&format!("| `--{name}")))
            .unwrap_or_else(|| panic!("--{name} has no row in README.md"));
        let variable = flag.get_env().expect("every flag has a variable");
        let variable = variable.to_str().expect("its name is text");
        assert!(row.contains(&format!("`{variable}`")), "{row}");
        count += 1;
    }
    assert!(count >= 13, "only {count} flags were found");
    let rows = table.lines().filter(|row| row.starts_with("| `--"));
    // One row is of --help and --version, which have no variable.
    assert_eq!(rows.count(), count + 1);
    assert!(table.contains("| `--help`, `--version` |"));
}

/// The blocks of README.md in a language.
fn blocks(language: &str) -> Vec<String> {
    let readme = read("README.md");
    let fence = format!("\n```{language}\n");
    let after = readme.split(&fence).skip(1);
    after
        .map(|rest| rest.split("\n```").next().unwrap_or_default().to_owned())
        .collect()
}

/// What a YAML document of somebody else begins with.
const OF_PROMETHEUS: [&str; 3] = ["scrape_configs:", "rule_files:", "tls_server_config:"];

#[test]
fn the_configurations_in_the_documents_are_valid() {
    let file = Path::new("README.md");
    let blocks = blocks("yaml");
    let ours = blocks
        .iter()
        .filter(|text| !OF_PROMETHEUS.iter().any(|key| text.starts_with(key)));
    let mut count = 0;
    for text in ours {
        config::parse(text, file).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        count += 1;
    }
    assert!(count >= 5, "only {count} blocks were found");

    // Those within a sentence: `refresh: {interval: 10m}`.
    let roots: Vec<_> = config::key_paths()
        .into_iter()
        .filter(|path| !path.contains(['.', '[']))
        .map(|key| format!("{key}: {{"))
        .collect();
    let mut count = 0;
    for file in ["README.md", "CHANGELOG.md", "SECURITY.md"] {
        let text = read(file);
        let spans = text.split('`').skip(1).step_by(2);
        for span in spans.filter(|span| roots.iter().any(|root| span.starts_with(root))) {
            config::parse(span, Path::new(file)).unwrap_or_else(|error| panic!("{error}: {span}"));
            count += 1;
        }
    }
    assert!(count >= 5, "only {count} spans were found");
}

#[test]
fn the_printed_excerpt_is_what_is_printed() {
    let readme = read("README.md");
    let excerpt = part(&readme, "```text\n# --config.file:", "```");
    // Without the flags, which stand above it.
    let (_, excerpt) = excerpt.split_once("\nrefresh:").expect("keys follow");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"refresh: {interval: 5m}").unwrap();
    let loaded = config::read(Some(file.path())).unwrap();
    let region = |name: &str| (name == "AWS_REGION").then(|| "eu-west-1".to_owned());
    let printed = config::print(&loaded, region);
    let mut lines = printed.lines();
    for line in format!("refresh:{excerpt}").lines() {
        assert!(
            lines.any(|found| found == line),
            "{line} is not printed:\n{printed}"
        );
    }
}

#[test]
fn the_documents_name_families_that_exist() {
    let known: Vec<_> = catalog::families().map(|family| family.name).collect();
    for file in [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
    ] {
        let text = read(file);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let names = words
            .filter(|word| word.starts_with("appstream_") || word.starts_with("workspaces_pool_"));
        for name in names {
            let collector = ["fleets", "stacks", "sessions"]
                .iter()
                .any(|one| name == format!("appstream_{one}"));
            let fine = known.contains(&name) || collector || name == "workspaces_pool_sessions";
            assert!(fine, "{file} names {name}");
        }
    }
}
