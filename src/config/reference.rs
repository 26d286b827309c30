//! The reference of the YAML file's keys, for `docs/configuration.md`.
//!
//! A section for each key of the top level, with a table of all that may stand
//! under it: what `keys` declares, and the defaults.

use std::fmt::Write as _;

use serde_json::Value;

use super::SCHEMA;
use super::print::flow;
use crate::yaml::join;
use crate::yaml::schema::{Kind, Schema};

const HEAD: &str = "\
| key | type | default | accepted | meaning | reload |
|---|---|---|---|---|---|
";

/// What a reload does with a key whose value has changed, by the word in `x-reload`. The
/// first is for keys that say nothing else.
const RELOAD: [(&str, &str); 5] = [
    (
        "refreshed",
        "The value takes effect at once in every region that it concerns. What the exporter knows is kept.",
    ),
    (
        "new limits",
        "The same, and the rate limit starts again, full and unthrottled.",
    ),
    (
        "shown",
        "What the exporter knows is shown with the new value at once. AWS receives no requests for it.",
    ),
    (
        "regions",
        "New regions start, removed regions stop, all others are unaffected.",
    ),
    (
        "anew",
        "The regions of the target start again, without their values and rate limits.",
    ),
];

/// The reference as Markdown, with headings of the third level.
#[must_use]
pub fn reference() -> String {
    let mut out =
        String::from("| reload | what happens when the key says something else |\n|---|---|\n");
    for (word, meaning) in RELOAD {
        line(&mut out, &format!("| {word} | {meaning} |"));
    }
    for (key, schema) in Schema::new(&SCHEMA).properties() {
        line(&mut out, &format!("\n### {key}\n\n{}", schema.meaning()));
        let (path, section) = match schema.kind() {
            Kind::List => {
                let left_out = schema.clause("Left out").unwrap_or_default();
                let accepted = schema.accepted();
                line(
                    &mut out,
                    &format!("Accepted: {accepted}. Left out: {left_out}."),
                );
                (format!("{key}[]"), schema.items())
            }
            _ => (key.to_owned(), schema),
        };
        out.push('\n');
        out.push_str(HEAD);
        Rows {
            out: &mut out,
            meaning: String::new(),
            left_out: None,
            reload: RELOAD[0].0,
        }
        .of(&path, section);
    }
    out
}

/// The rows of a section, with what is said of all its keys.
struct Rows<'a> {
    out: &'a mut String,
    meaning: String,
    left_out: Option<String>,
    reload: &'a str,
}

impl Rows<'_> {
    fn of(&mut self, path: &str, section: Schema<'_>) {
        let reload = section.own("x-reload").unwrap_or(self.reload);
        for (key, schema) in section.properties() {
            let path = join(path, key);
            let reload = schema.own("x-reload").unwrap_or(reload);
            let left_out = schema.clause("Left out").or_else(|| self.left_out.clone());
            let meaning = format!("{}{}", self.meaning, schema.meaning());
            if schema.kind() == Kind::Section {
                Rows {
                    out: self.out,
                    meaning: format!("{meaning} "),
                    left_out,
                    reload,
                }
                .of(&path, schema);
                continue;
            }
            let cells = [
                format!("`{path}`"),
                kind(schema),
                default(schema.default(), left_out),
                cell(&accepted(schema)),
                cell(&meaning),
                reload.to_owned(),
            ];
            line(self.out, &format!("| {} |", cells.join(" | ")));
        }
    }
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a string does not fail");
}

fn kind(schema: Schema<'_>) -> String {
    match schema.kind() {
        Kind::Switch => "switch".to_owned(),
        Kind::Duration => "duration".to_owned(),
        Kind::Integer => "whole number".to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::Text if schema.is_secret() => "text, secret".to_owned(),
        Kind::Text | Kind::Any => "text".to_owned(),
        Kind::List => format!("list of {}s", kind(schema.items())),
        Kind::Map => "texts by key".to_owned(),
        Kind::Section => "keys".to_owned(),
    }
}

/// What is accepted, with what is accepted within it.
fn accepted(schema: Schema<'_>) -> String {
    let mut parts = vec![schema.accepted()];
    let within = [
        ("keys", schema.under("propertyNames")),
        ("values", schema.under("additionalProperties")),
        ("each", schema.under("items")),
    ];
    for (what, schema) in within {
        let accepted = schema.map(Schema::accepted);
        let accepted = accepted.filter(|accepted| !parts[0].contains(accepted));
        parts.extend(accepted.map(|accepted| format!("{what}: {accepted}")));
    }
    if schema.is_unique() {
        parts.push("each once".to_owned());
    }
    parts.join("; ")
}

/// What applies when a key is absent: the value, and its origin.
fn default(value: &Value, left_out: Option<String>) -> String {
    let value = (!value.is_null()).then(|| format!("`{}`", flow(value)));
    let parts: Vec<_> = value
        .into_iter()
        .chain(left_out.map(|it| cell(&it)))
        .collect();
    match parts.as_slice() {
        [] => "none".to_owned(),
        parts => parts.join(": "),
    }
}

/// Text without what Markdown would take for a column or for emphasis.
fn cell(text: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        let is_inside = before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric();
        if matches!(c, '|' | '*' | '<') || c == '_' && !is_inside {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::key_paths;

    #[test]
    fn every_key_that_holds_a_value_has_a_row() {
        let reference = reference();
        let paths = key_paths();
        let holds_keys = |path: &String| {
            let under = |other: &String| {
                other.starts_with(&format!("{path}.")) || other.starts_with(&format!("{path}[]."))
            };
            paths.iter().any(under)
        };
        let leaves: Vec<_> = paths.iter().filter(|path| !holds_keys(path)).collect();
        let rows = reference.lines().filter(|line| line.starts_with("| `"));
        let shown: Vec<_> = rows
            .map(|row| row.split('`').nth(1).unwrap_or_default())
            .collect();
        assert_eq!(shown, leaves);
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
            assert_eq!(cell(text), expected);
        }
    }
}
