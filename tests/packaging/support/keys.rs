//! The documents that are generated from the schema of the configuration:
//! config.schema.json, and the reference in docs/configuration.md.

use std::fmt::Write as _;

use appstream_exporter::config;
use appstream_exporter::yaml::schema::{Kind, Schema};
use appstream_exporter::yaml::{flow, join};
use serde_json::{Value, json};

/// The content of config.schema.json, in draft 2020-12.
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

/// Makes a schema, and all schemas in it, readable for editors.
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

/// The description of a value, in one paragraph.
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

/// The effect of a reload, by the word in `x-reload`. Keys without the word have the first.
const RELOAD: [(&str, &str); 6] = [
    (
        "refreshed",
        "The new value applies at once. Known values are kept.",
    ),
    (
        "new limits",
        "The new value applies at once, and the rate limit restarts with a full burst.",
    ),
    (
        "shown",
        "The labels change at once, without requests to AWS.",
    ),
    (
        "regions",
        "New regions start, removed regions stop, all others are unaffected.",
    ),
    (
        "restarted",
        "The target's regions restart, and their series are absent until they are read again.",
    ),
    ("nothing", "The value is only used to check later reloads."),
];

/// The effect of a reload that has this word.
pub(crate) fn effect(word: &str) -> &'static str {
    let mut known = RELOAD.iter();
    let found = known.find(|(known, _)| *known == word);
    found.expect("a word of the table").1
}

/// A row of the reference: a key, or the keys of a section within a section.
struct Row<'a> {
    path: String,
    schema: Schema<'a>,
    reload: &'a str,
}

/// All rows, in the order of the file.
fn rows() -> Vec<Row<'static>> {
    let mut rows = Vec::new();
    for (key, schema) in config::schema().properties() {
        let (path, section) = match schema.kind() {
            Kind::List => (format!("{key}[]"), schema.items()),
            _ => (key.to_owned(), schema),
        };
        let word = |schema: Schema<'static>| schema.json()["x-reload"].as_str();
        let reload = word(section).unwrap_or(RELOAD[0].0);
        rows.extend(section.properties().map(|(key, schema)| Row {
            path: join(&path, key),
            schema,
            reload: word(schema).unwrap_or(reload),
        }));
    }
    rows
}

/// The paths of the rows of the reference.
pub(crate) fn row_paths() -> Vec<String> {
    rows().into_iter().map(|row| row.path).collect()
}

/// The reference as a table.
pub(crate) fn reference() -> String {
    let mut out = "key | default | meaning\n---|---|---\n".to_owned();
    for Row { path, schema, .. } in rows() {
        let is_section = schema.kind() == Kind::Section;
        let value = (!is_section).then(|| &schema.json()["default"]);
        let cells = [
            format!("`{path}`"),
            default(value.unwrap_or(&Value::Null), schema.clause("Left out")),
            cell(&schema.meaning()),
        ];
        line(&mut out, &cells.join(" | "));
    }
    out
}

/// The effects of a reload as a table.
pub(crate) fn effects() -> String {
    let mut out = "changed key | effect\n---|---\n".to_owned();
    let rows = rows();
    for (word, effect) in &RELOAD[1..] {
        let keys = rows.iter().filter(|row| row.reload == *word);
        let keys: Vec<_> = keys.map(|row| format!("`{}`", row.path)).collect();
        line(&mut out, &format!("{} | {effect}", keys.join(", ")));
    }
    line(&mut out, &format!("all others | {}", RELOAD[0].1));
    out
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a string does not fail");
}

/// The default value of a key, and its rule.
fn default(value: &Value, rule: Option<String>) -> String {
    let rule = rule.map(|rule| cell(&rule));
    match (value, rule) {
        (Value::Null, rule) => rule.unwrap_or_default(),
        (value, None) => format!("`{}`", flow(value)),
        (value, Some(rule)) => format!("`{}` ({rule})", flow(value)),
    }
}

/// Text with escapes for characters that Markdown would read as a column or emphasis.
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
