//! Promise: data flows one way. Each room imports only what the picture in `src/lib.rs` allows.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::documents::{files_below, read};

/// The modules that each module may import, with reasons.
const ALLOWED: &[(&str, &[&str])] = &[
    ("catalog", &[]),
    ("model", &[]),
    // Knows no key of the files that it reads.
    ("yaml", &[]),
    // A label that a configuration adds must not be one that a family has, and each
    // collector of `model` has a key.
    ("config", &["catalog", "model", "yaml"]),
    ("selfmetrics", &["catalog"]),
    // Its limits come from `config`, what it counts goes to `selfmetrics`.
    ("aws", &["config", "model", "selfmetrics"]),
    // Its types of errors and collectors.
    ("report", &["aws", "model"]),
    ("resources", &["aws", "config", "model", "report"]),
    (
        "scheduler",
        &[
            "aws",
            "config", // in its tests
            "model",
            "report",
            "resources",
            "selfmetrics",
        ],
    ),
    ("collector", &["catalog", "model"]),
    (
        "exposition",
        &["catalog", "collector", "model", "selfmetrics"],
    ),
    ("history", &["model"]),
    // Plain values for the pages; never `aws` or `scheduler`.
    (
        "server",
        &["exposition", "history", "model", "selfmetrics", "webconfig"],
    ),
    ("webconfig", &["yaml"]),
    ("cli", &[]),
    ("logging", &["cli"]),
    ("shutdown", &[]),
];

/// SDK types stay in these rooms.
const NAMES_AWS_CRATES: [&str; 1] = ["aws"];

/// Every source file with the room it is in.
fn rooms() -> BTreeMap<String, Vec<String>> {
    let mut rooms: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files_below("src", ".rs") {
        let first = file.split('/').nth(1).unwrap_or_default();
        let room = first.trim_end_matches(".rs").to_owned();
        rooms.entry(room).or_default().push(file);
    }
    for outside in ["main", "lib", "app"] {
        rooms.remove(outside);
    }
    rooms
}

/// The rooms that a file names after `crate::`, in `use` lines and elsewhere.
fn imports(text: &str) -> Vec<String> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let mut found = Vec::new();
    for line in code {
        for (at, _) in line.match_indices("crate::") {
            let before = line[..at].chars().next_back();
            let room: String = line[at + 7..]
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect();
            if before.is_none_or(|c| !c.is_alphanumeric() && c != '_') && !room.is_empty() {
                found.push(room);
            }
            assert!(
                !line[at + 7..].starts_with('{'),
                "write one `use crate::room` a line: {line}"
            );
        }
    }
    found
}

#[test]
fn every_room_is_in_the_picture() {
    let rooms: Vec<_> = rooms().into_keys().collect();
    let mut known: Vec<_> = ALLOWED.iter().map(|(room, _)| (*room).to_owned()).collect();
    known.sort();
    assert_eq!(rooms, known);
}

#[test]
fn rooms_import_only_what_they_may() {
    let rooms = rooms();
    let mut seen = 0;
    for (room, allowed) in ALLOWED {
        for file in &rooms[*room] {
            for import in imports(&read(file)) {
                let fine = import == *room || allowed.contains(&import.as_str());
                assert!(fine, "{file} imports crate::{import}, which {room} may not");
                seen += 1;
            }
        }
    }
    assert!(seen > 80, "only {seen} imports");
}

#[test]
fn sdk_types_stay_in_their_room() {
    let mut naming = BTreeSet::new();
    for (room, files) in rooms() {
        for file in files {
            let text = read(file);
            let names = [
                "aws_sdk_",
                "aws_config",
                "aws_smithy_",
                "aws_credential_types",
            ];
            if names.iter().any(|name| text.contains(name)) {
                naming.insert(room.clone());
            }
        }
    }
    let expected = NAMES_AWS_CRATES.map(str::to_owned);
    assert_eq!(naming, BTreeSet::from(expected));
}

#[test]
fn imports_are_found() {
    assert_eq!(
        imports("use crate::model::Fleet;\nlet x = crate::aws::Error;\n// crate::server"),
        ["model", "aws"]
    );
    assert_eq!(
        imports("use super::crate_name;\n$crate::catalog::Family"),
        ["catalog"]
    );
}
