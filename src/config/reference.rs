//! The reference of the YAML file's keys, for `docs/configuration.md`.
//!
//! A section for each key of the top level, with a table of all that may stand
//! under it: what `keys` declares, and the defaults.

use std::fmt::Write as _;

use serde_json::Value;

use super::Config;
use super::document::document;
use super::keys::{Key, List, ROOT, Reload, Shape};
use super::print::flow;

const HEAD: &str = "\
| key | type | default | accepted | meaning | reload |
|---|---|---|---|---|---|
";

/// The reference as Markdown, with headings of the third level.
#[must_use]
pub fn reference() -> String {
    let defaults = document(&Config::default());
    let mut out =
        String::from("| reload | what happens when the key says something else |\n|---|---|\n");
    for reload in Reload::ALL {
        line(
            &mut out,
            &format!("| {} | {} |", reload.word(), reload.meaning()),
        );
    }
    for key in ROOT {
        line(&mut out, &format!("\n### {}\n\n{}", key.name, key.about));
        let default = &defaults[key.name];
        match &key.shape {
            Shape::List(List {
                entry: Shape::Section(keys),
                ..
            }) => {
                let left_out = key.left_out.unwrap_or("none");
                let accepted = accepted(&key.shape);
                line(
                    &mut out,
                    &format!("Accepted: {accepted}. Left out: {left_out}."),
                );
                out.push('\n');
                out.push_str(HEAD);
                rows(&mut out, &format!("{}[].", key.name), "", keys, &default[0]);
            }
            Shape::Section(keys) => {
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

/// The rows of keys; `about` is what holds for all of them.
fn rows(out: &mut String, prefix: &str, about: &str, keys: &[Key], defaults: &Value) {
    for key in keys {
        let default = &defaults[key.name];
        match &key.shape {
            Shape::Section(keys) => {
                let prefix = format!("{prefix}{}.", key.name);
                rows(out, &prefix, &format!("{} ", key.about), keys, default);
            }
            _ => row(out, prefix, about, key, default),
        }
    }
}

fn row(out: &mut String, prefix: &str, about: &str, key: &Key, default: &Value) {
    let cells = [
        format!("`{prefix}{}`", key.name),
        kind(&key.shape),
        left_out(key, default),
        cell(&accepted(&key.shape)),
        cell(&format!("{about}{}", key.about)),
        key.reload.word().to_owned(),
    ];
    line(out, &format!("| {} |", cells.join(" | ")));
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a string does not fail");
}

fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Bool => "switch".to_owned(),
        Shape::Duration { .. } => "duration".to_owned(),
        Shape::Whole(_) => "whole number".to_owned(),
        Shape::Number(_) => "number".to_owned(),
        Shape::Text(text) if text.secret => "text, secret".to_owned(),
        Shape::Text(_) => "text".to_owned(),
        Shape::List(list) => format!("list of {}s", kind(list.entry)),
        Shape::Map { .. } => "texts by key".to_owned(),
        Shape::Section(_) => "keys".to_owned(),
    }
}

/// What is accepted, with what is accepted within it.
fn accepted(shape: &Shape) -> String {
    let mut parts = vec![shape.accepted()];
    match shape {
        Shape::List(list) => {
            let filled = list.filled.unwrap_or_default();
            if filled.starts_with(list.accepted) {
                parts.clear();
            }
            if let Shape::Text(entry) = list.entry
                && entry.accepted != list.accepted
            {
                parts.push(format!("each {}", entry.accepted));
            }
            if !filled.is_empty() {
                parts.push(filled.to_owned());
            }
            if list.distinct {
                parts.push("each once".to_owned());
            }
        }
        Shape::Map { keys, values, .. } => {
            parts.push(format!("keys: {}", keys.accepted));
            parts.push(format!("values: {}", values.accepted));
        }
        _ => {}
    }
    parts.join("; ")
}

/// What holds when a key is left out: the value, and where it comes from.
fn left_out(key: &Key, default: &Value) -> String {
    let value = (!default.is_null()).then(|| format!("`{}`", flow(default)));
    match (value, key.left_out) {
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
