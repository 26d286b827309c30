//! The reference of the YAML file's keys, for `docs/configuration.md`.
//!
//! A section for each key of the top level, with a table of all that may stand
//! under it: what `keys` declares, and the defaults.

use std::fmt::Write as _;

use serde_json::Value;

use super::Config;
use super::keys::{Key, ListSchema, ROOT, ReloadEffect, ValueSchema};
use super::print::flow;
use super::rendered::render;

const HEAD: &str = "\
| key | type | default | accepted | meaning | reload |
|---|---|---|---|---|---|
";

/// The reference as Markdown, with headings of the third level.
#[must_use]
pub fn reference() -> String {
    let defaults = render(&Config::default());
    let mut out =
        String::from("| reload | what happens when the key says something else |\n|---|---|\n");
    for reload in ReloadEffect::ALL {
        line(
            &mut out,
            &format!("| {} | {} |", reload.word(), reload.meaning()),
        );
    }
    for key in ROOT {
        line(
            &mut out,
            &format!("\n### {}\n\n{}", key.name, key.description),
        );
        let default = &defaults[key.name];
        match &key.schema {
            ValueSchema::List(ListSchema {
                entry: ValueSchema::Section(keys),
                ..
            }) => {
                let when_absent = key.when_absent.unwrap_or("none");
                let accepted = accepted(&key.schema);
                line(
                    &mut out,
                    &format!("Accepted: {accepted}. Left out: {when_absent}."),
                );
                out.push('\n');
                out.push_str(HEAD);
                rows(&mut out, &format!("{}[].", key.name), "", keys, &default[0]);
            }
            ValueSchema::Section(keys) => {
                out.push('\n');
                out.push_str(HEAD);
                rows(&mut out, &format!("{}.", key.name), "", keys, default);
            }
            _ => {
                out.push('\n');
                out.push_str(HEAD);
                row(&mut out, "", "", key, default);
            }
        }
    }
    out
}

/// The rows of keys; `section_description` applies to all of them.
fn rows(out: &mut String, prefix: &str, section_description: &str, keys: &[Key], defaults: &Value) {
    for key in keys {
        let default = &defaults[key.name];
        match &key.schema {
            ValueSchema::Section(keys) => {
                let prefix = format!("{prefix}{}.", key.name);
                rows(
                    out,
                    &prefix,
                    &format!("{} ", key.description),
                    keys,
                    default,
                );
            }
            _ => row(out, prefix, section_description, key, default),
        }
    }
}

fn row(out: &mut String, prefix: &str, section_description: &str, key: &Key, default: &Value) {
    let cells = [
        format!("`{prefix}{}`", key.name),
        kind(&key.schema),
        default_cell(key, default),
        cell(&accepted(&key.schema)),
        cell(&format!("{section_description}{}", key.description)),
        key.reload.word().to_owned(),
    ];
    line(out, &format!("| {} |", cells.join(" | ")));
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a string does not fail");
}

fn kind(schema: &ValueSchema) -> String {
    match schema {
        ValueSchema::Bool => "switch".to_owned(),
        ValueSchema::Duration { .. } => "duration".to_owned(),
        ValueSchema::Integer(_) => "whole number".to_owned(),
        ValueSchema::Number(_) => "number".to_owned(),
        ValueSchema::Text(text) if text.secret => "text, secret".to_owned(),
        ValueSchema::Text(_) => "text".to_owned(),
        ValueSchema::List(list) => format!("list of {}s", kind(list.entry)),
        ValueSchema::Map { .. } => "texts by key".to_owned(),
        ValueSchema::Section(_) => "keys".to_owned(),
    }
}

/// What is accepted, with what is accepted within it.
fn accepted(schema: &ValueSchema) -> String {
    let mut parts = vec![schema.accepted()];
    match schema {
        ValueSchema::List(list) => {
            let non_empty = list.non_empty.unwrap_or_default();
            if non_empty.starts_with(list.accepted) {
                parts.clear();
            }
            if let ValueSchema::Text(entry) = list.entry
                && entry.accepted != list.accepted
            {
                parts.push(format!("each {}", entry.accepted));
            }
            if !non_empty.is_empty() {
                parts.push(non_empty.to_owned());
            }
            if list.distinct {
                parts.push("each once".to_owned());
            }
        }
        ValueSchema::Map { keys, values, .. } => {
            parts.push(format!("keys: {}", keys.accepted));
            parts.push(format!("values: {}", values.accepted));
        }
        _ => {}
    }
    parts.join("; ")
}

/// What applies when a key is absent: the value, and its origin.
fn default_cell(key: &Key, default: &Value) -> String {
    let value = (!default.is_null()).then(|| format!("`{}`", flow(default)));
    match (value, key.when_absent) {
        (Some(value), Some(meaning)) => format!("{value}: {}", cell(meaning)),
        (Some(value), None) => value,
        (None, Some(meaning)) => cell(meaning),
        (None, None) => "none".to_owned(),
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
