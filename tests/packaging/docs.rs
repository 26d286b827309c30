//! Promise: generated and quoted parts of documents match the program.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use crate::support::documents::{blocks, files_below, files_in, read, root};
use crate::support::{keys, schema};
use appstream_exporter::aws::CredentialSource;
use appstream_exporter::catalog;
use appstream_exporter::cli::Cli;
use appstream_exporter::config::{self, Config};
use appstream_exporter::model::Collector;
use appstream_exporter::scheduler::Settings;

/// The document about the configuration.
const CONFIGURATION: &str = "docs/configuration.md";

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
    let expected = keys::published_schema();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(root("config.schema.json"), &expected).unwrap();
    }
    assert!(
        read("config.schema.json") == expected,
        "config.schema.json is stale: run `make metrics`"
    );
}

/// Holds a part of a document, between two comments with its name, to what it is generated from.
fn hold(file: &str, name: &str, expected: &str) {
    let (begin, end) = (
        format!("<!-- generated: {name} -->\n"),
        format!("<!-- end of {name} -->"),
    );
    let text = read(file);
    let (before, rest) = text.split_once(&begin).expect(&begin);
    let (found, after) = rest.split_once(&end).expect(&end);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let text = format!("{before}{begin}{expected}{end}{after}");
        // At once: other tests read it meanwhile.
        let new = root(format!("{file}.new"));
        std::fs::write(&new, text).expect("a writable folder");
        std::fs::rename(new, root(file)).expect("a writable folder");
    } else {
        assert!(
            found == expected,
            "the {name} in {file} are stale: run `make metrics`"
        );
    }
}

/// A table of the flags as clap knows them.
fn flags() -> String {
    let command = <Cli as clap::CommandFactory>::command();
    let mut table = "flag | default | meaning\n---|---|---\n".to_owned();
    for flag in command.get_arguments() {
        let name = flag.get_long().expect("every flag has a long name");
        let value = flag
            .get_value_names()
            .filter(|_| flag.get_num_args().is_none_or(|range| range.takes_values()));
        let switch = matches!(flag.get_action(), clap::ArgAction::SetTrue);
        let value = value
            .filter(|_| !switch)
            .map_or_else(String::new, |names| format!(" {}", names[0]));
        let defaults = flag.get_default_values().iter();
        let defaults: Vec<_> = defaults.map(|value| value.to_string_lossy()).collect();
        let default = match defaults.as_slice() {
            _ if switch => "off".to_owned(),
            [] => String::new(),
            defaults => format!("`{}`", defaults.join(",")),
        };
        let choices = flag.get_possible_values();
        let choices: Vec<_> = choices
            .iter()
            .map(|choice| format!("`{}`", choice.get_name()))
            .collect();
        let choices = match choices.is_empty() || switch {
            true => String::new(),
            false => format!(" Accepted: {}.", choices.join(", ")),
        };
        let help = flag.get_help().expect("every flag has a help text");
        let help = help.to_string().trim_end_matches('.').replace('|', "\\|");
        table.push_str(&format!(
            "`--{name}{value}` | {default} | {help}.{choices}\n"
        ));
    }
    table.push_str("`--help`, `--version` | | Print and exit.\n");
    table
}

#[test]
fn the_reference_is_what_flags_and_keys_are() {
    // One test, because both are parts of one file.
    hold(CONFIGURATION, "flags", &flags());
    hold(CONFIGURATION, "keys", &keys::reference());
    hold(CONFIGURATION, "effects", &keys::effects());
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
    let example = config::read(Some(&root("config.example.yaml")))
        .unwrap()
        .config;
    assert_eq!(example, Config::default());

    let complete = complete_example();
    config::parse(&complete, Path::new("config.example.yaml")).unwrap();
    let complete: serde_json::Value = serde_yaml::from_str(&complete).unwrap();
    let mut shown = BTreeSet::new();
    paths("", &complete, &mut shown);
    let known: BTreeSet<_> = keys::key_paths().into_iter().collect();
    assert_eq!(shown, known);
}

#[test]
fn every_key_is_described_printed_and_in_the_reference() {
    let published: serde_json::Value = serde_json::from_str(&keys::published_schema()).unwrap();
    let printed = config::print(&config::read(None).unwrap(), |_| None);
    let paths = keys::key_paths();
    for path in &paths {
        let mut node = &published;
        for name in path.split('.') {
            node = &node["properties"][name.trim_end_matches("[]")];
            if name.ends_with("[]") {
                node = &node["items"];
            }
        }
        let description = node["description"].as_str().unwrap_or_default();
        assert!(description.ends_with('.'), "{path}: {node}");
        let name = path.rsplit('.').next().unwrap();
        assert!(printed.contains(&format!("{name}:")), "{path}");
    }
    let holds_keys = |path: &String| {
        let (keys, entries) = (format!("{path}."), format!("{path}[]."));
        let mut others = paths.iter();
        others.any(|other| other.starts_with(&keys) || other.starts_with(&entries))
    };
    let leaves: Vec<_> = paths.iter().filter(|path| !holds_keys(path)).collect();
    let shown = keys::row_paths();
    let has_row = |leaf: &&&String| {
        let mut rows = shown.iter();
        rows.any(|row| leaf == &&row || leaf.starts_with(&format!("{row}.")))
    };
    let without: Vec<_> = leaves.iter().filter(|leaf| !has_row(leaf)).collect();
    assert!(without.is_empty(), "{without:?}");
    assert!(shown.len() > 30, "{shown:?}");
}

#[test]
fn the_defaults_of_the_schema_are_those_that_hold() {
    /// Compares the default of each key that is in a value, and counts them.
    fn compare(schema: &serde_json::Value, value: &serde_json::Value) -> usize {
        let mut compared = 0;
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            match (property.get("default"), value.get(key)) {
                (Some(default), Some(value)) => {
                    assert_eq!(default, value, "{key}");
                    compared += 1;
                }
                (None, Some(value)) => compared += compare(property, value),
                (_, None) => {}
            }
        }
        compared
    }
    let published: serde_json::Value = serde_json::from_str(&keys::published_schema()).unwrap();
    let holds = serde_json::to_value(Config::default()).unwrap();
    let compared = compare(&published, &holds);
    assert!(compared > 15, "{compared}");
}

#[test]
fn markdown_takes_nothing_for_its_own() {
    let cases = [
        ("a|b", r"a\|b"),
        ("[prod-.*]", r"[prod-.\*]"),
        ("refresh_interval", "refresh_interval"),
        ("one of _+=,.@-", r"one of \_+=,.@-"),
        ("tag_ and the key", r"tag\_ and the key"),
    ];
    for (text, expected) in cases {
        assert_eq!(keys::cell(text), expected);
    }
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
    let rules: serde_json::Value = serde_json::from_str(&keys::published_schema()).unwrap();
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
        let text = read(format!("tests/fixtures/config/{case}.bad.yaml"));
        let document = serde_yaml::from_str(&text).unwrap();
        let wrong = schema::against(&rules, &document, "");
        assert_eq!(wrong.len(), faults, "{case}: {wrong:#?}");
    }
}

/// A part of a document: from one text up to another.
fn part<'a>(document: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = document.split_once(from).expect(from);
    rest.split_once(to).expect(to).0
}

#[test]
fn every_flag_has_a_row_and_a_variable_with_its_name() {
    let text = read(CONFIGURATION);
    let table = part(&text, "flag | default | meaning\n", "<!--");
    let command = <Cli as clap::CommandFactory>::command();
    let mut count = 0;
    for flag in command.get_arguments() {
        let name = flag.get_long().expect("every flag has a long name");
        let row = table
            .lines()
            .find(|row| row.starts_with(&format!("`--{name}")));
        assert!(row.is_some(), "--{name} has no row in {CONFIGURATION}");
        let variable = name.to_ascii_uppercase().replace(['.', '-'], "_");
        let variable = format!("APPSTREAM_EXPORTER_{variable}");
        assert_eq!(flag.get_env(), Some(variable.as_ref()));
        count += 1;
    }
    assert!(count >= 13, "only {count} flags were found");
    let rows = table.lines().filter(|row| row.starts_with("`--"));
    // One row is of --help and --version, which have no variable.
    assert_eq!(rows.count(), count + 1);
    assert!(table.contains("`--help`, `--version` |"));
}

/// The effect of a reload as `app` decides it, by the part of a target region that changed.
fn reload(before: &Config, after: &Config) -> &'static str {
    let (one, other) = (&before.targets[0], &after.targets[0]);
    let login = |config: &Config| CredentialSource::of(&config.targets[0], &config.aws);
    let settings = |config: &Config| Settings::of_target(config, &config.targets[0]);
    if one.name != other.name || login(before) != login(after) {
        "restarted"
    } else if one.regions != other.regions {
        "regions"
    } else if before.aws != after.aws {
        "new limits"
    } else if settings(before) != settings(after) {
        "refreshed"
    } else if one.labels != other.labels || before.tags != after.tags {
        "shown"
    } else {
        "nothing"
    }
}

/// A value for each key that holds one, other than that of [`BEFORE`].
const AFTER: &[(&str, &str)] = &[
    ("refresh.interval", "2m"),
    ("refresh.timeout", "40s"),
    ("refresh.max_age", "1h"),
    ("refresh.topology_interval", "1h"),
    ("collectors.appstream_fleets", "false"),
    ("collectors.appstream_stacks", "false"),
    ("collectors.appstream_sessions", "false"),
    ("collectors.appstream_builders", "false"),
    ("collectors.appstream_images", "false"),
    ("collectors.appstream_account", "false"),
    ("collectors.workspaces_pools", "false"),
    ("collectors.workspaces_pool_sessions", "false"),
    ("collectors.scaling", "false"),
    ("collectors.quotas", "false"),
    ("collectors.cloudwatch", "true"),
    ("cloudwatch.interval", "10m"),
    ("cloudwatch.delay", "10m"),
    ("cloudwatch.metrics", "[latency]"),
    ("scaling.interval", "1h"),
    ("quotas.interval", "1h"),
    ("quotas.include", "[L-1]"),
    ("sessions.authentication_types", "[SAML]"),
    ("sessions.economy", "false"),
    ("sessions.recheck_interval", "1h"),
    ("sessions.list", "true"),
    ("sessions.list_without_authentication", "true"),
    ("images.interval", "2h"),
    ("account.interval", "2h"),
    ("aws.requests_per_second", "6"),
    ("aws.burst", "11"),
    ("aws.max_concurrency", "9"),
    ("aws.request_timeout", "11s"),
    ("aws.use_fips", "true"),
    ("aws.use_dual_stack", "true"),
    ("filters.fleets.include", "[a]"),
    ("filters.fleets.exclude", "[a]"),
    ("filters.stacks.include", "[a]"),
    ("filters.stacks.exclude", "[a]"),
    ("filters.pools.include", "[a]"),
    ("filters.pools.exclude", "[a]"),
    ("filters.tags", "{team: a}"),
    ("tags.labels", "[team, stage]"),
    ("targets[].name", "other"),
    ("targets[].regions", "[us-east-1]"),
    ("targets[].role_arn", "arn:aws:iam::123456789012:role/other"),
    ("targets[].external_id", "other"),
    ("targets[].session_name", "other"),
    ("targets[].profile", "other"),
    ("targets[].labels", "{env: test}"),
    ("targets[].use_fips", "true"),
    ("targets[].use_dual_stack", "true"),
    ("targets[].collectors.appstream_fleets", "false"),
    ("targets[].collectors.appstream_stacks", "false"),
    ("targets[].collectors.appstream_sessions", "false"),
    ("targets[].collectors.appstream_builders", "false"),
    ("targets[].collectors.appstream_images", "false"),
    ("targets[].collectors.appstream_account", "false"),
    ("targets[].collectors.workspaces_pools", "false"),
    ("targets[].collectors.workspaces_pool_sessions", "false"),
    ("targets[].collectors.scaling", "false"),
    ("targets[].collectors.quotas", "false"),
    ("targets[].collectors.cloudwatch", "true"),
    ("targets[].sessions.authentication_types", "[SAML]"),
];

/// A configuration in which each key can be changed alone: the first tag is read
/// when there is a label for it, and what belongs to a role needs one.
const BEFORE: &str = "\
refresh: {interval: 1m, timeout: 50s, max_age: 3m, topology_interval: 10m}
tags: {labels: [team]}
targets: [{regions: [eu-west-1], role_arn: 'arn:aws:iam::123456789012:role/one'}]
";

#[test]
fn the_reference_says_what_a_reload_does() {
    let parse = |text: &str| config::parse(text, Path::new("test.yaml"));
    let before = parse(BEFORE).unwrap();
    let text = read(CONFIGURATION);
    let table = part(
        &text,
        "<!-- generated: effects -->",
        "<!-- end of effects -->",
    );
    let keys = AFTER.iter().map(|(path, _)| (*path).to_owned());
    let missing: Vec<_> = keys::row_paths()
        .into_iter()
        .filter(|row| !keys.clone().any(|key| key.starts_with(row.as_str())))
        .collect();
    assert!(missing.is_empty(), "no other value for {missing:?}");
    for (path, value) in AFTER {
        let mut document: serde_json::Value = serde_yaml::from_str(BEFORE).unwrap();
        let mut place = &mut document;
        for name in path.split('.') {
            place = &mut place[name.trim_end_matches("[]")];
            if name.ends_with("[]") {
                place = &mut place[0];
            }
        }
        *place = serde_yaml::from_str(value).unwrap();
        let after = parse(&document.to_string()).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut rows = table.lines();
        let row = rows.find(|row| row.contains(&format!("`{path}`")));
        let row = row.or_else(|| table.lines().find(|row| row.starts_with("all others")));
        let (_, effect) = row.and_then(|row| row.split_once(" | ")).expect("a row");
        assert_eq!(effect, keys::effect(reload(&before, &after)), "{path}");
    }
}

/// The documents for users, without the pages of alerts.
fn documents() -> Vec<String> {
    let mut documents = vec!["README.md".to_owned()];
    documents.extend(files_in("docs", ".md"));
    assert!(documents.len() >= 5, "{documents:?}");
    documents
}

#[test]
fn messages_are_quoted_as_they_are_logged() {
    let program: String = files_below("src", ".rs").iter().map(read).collect();
    let mut count = 0;
    for file in documents() {
        let text = read(&file);
        for quoted in text.split("message=").skip(1) {
            let message = match quoted.strip_prefix('"') {
                Some(rest) => rest.split('"').next(),
                None => quoted.split(|c: char| !c.is_ascii_alphanumeric()).next(),
            };
            let message = message.unwrap_or_default();
            let is_logged = program.contains(&format!("\"{message}\""));
            assert!(is_logged, "{file}: the program does not log {message:?}");
            count += 1;
        }
    }
    assert!(count >= 3, "only {count} messages were found");
}

#[test]
fn the_oldest_compiler_is_that_of_the_manifest() {
    let manifest = read("Cargo.toml");
    let oldest = part(&manifest, "rust-version = \"", "\"");
    for (file, before) in [
        ("docs/install.md", "Rust "),
        ("docs/upgrading.md", "to build it, Rust "),
    ] {
        let said = format!("{before}{oldest} ");
        assert!(read(file).contains(&said), "{file} does not say {said:?}");
    }
}

/// The first words of YAML documents for other programs.
const OF_OTHERS: [&str; 5] = [
    "scrape_configs:",
    "rule_files:",
    "tls_server_config:",
    "apiVersion:",
    // Values of the Helm chart.
    "image:",
];

#[test]
fn the_configurations_in_the_documents_are_valid() {
    let mut count = 0;
    for file in documents() {
        let blocks = blocks(&file, "yaml");
        let is_ours = |text: &&String| !OF_OTHERS.iter().any(|key| text.starts_with(key));
        for text in blocks.iter().filter(is_ours) {
            config::parse(text, Path::new(&file))
                .unwrap_or_else(|error| panic!("{error}:\n{text}"));
            count += 1;
        }
    }
    assert!(count >= 5, "only {count} blocks were found");

    // Those within a sentence: `refresh: {interval: 10m}`.
    let roots: Vec<_> = keys::key_paths()
        .into_iter()
        .filter(|path| !path.contains(['.', '[']))
        .map(|key| format!("{key}: {{"))
        .collect();
    let mut count = 0;
    let others = ["CHANGELOG.md", "SECURITY.md"].map(str::to_owned);
    for file in documents().into_iter().chain(others) {
        let text = read(&file);
        let spans = text.split('`').skip(1).step_by(2);
        for span in spans.filter(|span| roots.iter().any(|root| span.starts_with(root))) {
            config::parse(span, Path::new(&file)).unwrap_or_else(|error| panic!("{error}: {span}"));
            count += 1;
        }
    }
    assert!(count >= 5, "only {count} spans were found");
}

#[test]
fn the_printed_excerpt_is_what_is_printed() {
    let text = read(CONFIGURATION);
    let excerpt = part(&text, "```text\n# --config.file:", "```");
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
    let others = ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned);
    let mut named = BTreeSet::new();
    for file in documents().into_iter().chain(others) {
        let text = read(&file);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let names = words
            .filter(|word| word.starts_with("appstream_") || word.starts_with("workspaces_pool_"));
        for name in names {
            let mut collectors = Collector::ALL.into_iter();
            let collector = collectors.any(|one| one.as_str() == name);
            // The crate, as `RUST_LOG` names it.
            let is_crate = name == "appstream_exporter";
            let fine = known.contains(&name) || collector || is_crate;
            assert!(fine, "{file} names {name}");
            named.insert(name.to_owned());
        }
    }
    assert!(named.len() >= 25, "only {named:?}");
}
