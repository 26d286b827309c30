//! What documents say of the keys of the configuration, from the schema that is derived
//! from the structs: config.schema.json, and the reference in docs/configuration.md.

use std::fmt::Write as _;

use appstream_exporter::config;
use appstream_exporter::yaml::schema::{Kind, Schema};
use appstream_exporter::yaml::{flow, join};
use serde_json::{Value, json};

/// The schema in draft 2020-12, as the file holds it.
pub(crate) fn published_schema() -> String {
    let mut derived = config::schema().json().clone();
    publish(&mut derived);
    let mut root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of appstream-exporter",
        "description": "Every key may be left out. Durations need a unit: ms, s, m, h or d.",
        "type": ["object", "null"],
    });
    for keyword in ["properties", "additionalProperties"] {
        root[keyword] = derived[keyword].take();
    }
    format!("{root:#}\n")
}

/// Makes a schema, and all that are in it, what editors understand.
fn publish(schema: &mut Value) {
    let known = Schema::new(schema);
    let description = description(known);
    let is_section = matches!(known.kind(), Kind::Section)
        || known.kind() == Kind::List && known.items().kind() == Kind::Section;
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    // `format` is re2, or the size of an integer in memory; titles are for messages.
    keywords.retain(|keyword, value| match keyword.as_str() {
        "title" | "format" | "writeOnly" => false,
        "default" => !is_section && !value.is_null(),
        keyword => !keyword.starts_with("x-"),
    });
    if !description.is_empty() {
        keywords.insert("description".to_owned(), description.into());
    }
    for (keyword, value) in keywords {
        match keyword.as_str() {
            "properties" => {
                for (_, property) in value.as_object_mut().into_iter().flatten() {
                    publish(property);
                    // A key without a value counts as left out.
                    let kind = property["type"].take();
                    let kind = kind.get(0).cloned().unwrap_or(kind);
                    property["type"] = json!([kind, "null"]);
                }
            }
            "items" | "additionalProperties" | "propertyNames" => publish(value),
            _ => {}
        }
    }
}

/// All that is said of a value, in one paragraph.
fn description(schema: Schema<'_>) -> String {
    let mut sentences = vec![schema.meaning()];
    let is_bounded = matches!(
        schema.kind(),
        Kind::Duration | Kind::Integer | Kind::Number | Kind::Text
    );
    let accepted = schema.clause("Accepted");
    let accepted = accepted.or_else(|| is_bounded.then(|| schema.accepted()));
    let left_out = schema.clause("Left out");
    sentences.extend(accepted.map(|accepted| format!("Accepted: {accepted}.")));
    sentences.extend(left_out.map(|left_out| format!("Left out: {left_out}.")));
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

/// The path of every key of the file, entries of lists as `[]`, in the order of the documentation.
pub(crate) fn key_paths() -> Vec<String> {
    fn collect(path: &str, schema: Schema<'_>, paths: &mut Vec<String>) {
        for (key, schema) in schema.properties() {
            let path = join(path, key);
            paths.push(path.clone());
            match schema.kind() {
                Kind::List => collect(&format!("{path}[]"), schema.items(), paths),
                _ => collect(&path, schema, paths),
            }
        }
    }
    let mut paths = Vec::new();
    collect("", config::schema(), &mut paths);
    paths
}

const HEAD: &str = "\
| key | type | default | accepted | meaning | reload |
|---|---|---|---|---|---|
";

/// What a reload does with a key whose value has changed, by the word in `x-reload`. The
/// first is for keys that say nothing else.
const RELOAD: [(&str, &str); 6] = [
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
        "restarted",
        "The regions of the target restart, without their values and rate limits.",
    ),
    (
        "nothing",
        "Nothing restarts or is read. The reload itself uses the value.",
    ),
];

/// The reference as Markdown, with headings of the third level.
pub(crate) fn reference() -> String {
    let mut out =
        String::from("| reload | what happens when the key says something else |\n|---|---|\n");
    for (word, meaning) in RELOAD {
        line(&mut out, &format!("| {word} | {meaning} |"));
    }
    for (key, schema) in config::schema().properties() {
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
        let reload = section.json()["x-reload"].as_str().unwrap_or(self.reload);
        for (key, schema) in section.properties() {
            let path = join(path, key);
            let reload = schema.json()["x-reload"].as_str().unwrap_or(reload);
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
                default(&schema.json()["default"], left_out),
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
    if schema.json()["uniqueItems"] == true {
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
pub(crate) fn cell(text: &str) -> String {
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
