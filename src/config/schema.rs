//! The JSON Schema of the YAML file, for editors: `config.schema.json`.
//!
//! It says what `keys` declares, key by key. Rules between keys are not in it;
//! `--config.check` knows those too.

use serde_json::{Map, Value, json};

use super::Config;
use super::document::document;
use super::keys::{Form, Key, List, ROOT, Shape, Text, Unit};

/// The schema in draft 2020-12, as the file holds it.
#[must_use]
pub fn schema() -> String {
    let defaults = document(&Config::default());
    let mut root = section(ROOT, Some(&defaults));
    for (keyword, value) in [
        ("$schema", "https://json-schema.org/draft/2020-12/schema"),
        ("title", "Configuration of appstream-exporter"),
        (
            "description",
            "Every key may be left out. Durations need a unit: ms, s, m, h or d.",
        ),
    ] {
        root.insert(keyword.to_owned(), value.into());
    }
    root.insert("type".to_owned(), json!(["object", "null"]));
    let mut text = format!("{:#}", Value::Object(root));
    text.push('\n');
    text
}

/// A mapping with fixed keys.
fn section(keys: &[Key], defaults: Option<&Value>) -> Map<String, Value> {
    let property = |key: &Key| {
        let default = defaults.and_then(|defaults| defaults.get(key.name));
        (key.name.to_owned(), Value::Object(property(key, default)))
    };
    map(json!({
        "type": "object",
        "properties": keys.iter().map(property).collect::<Map<_, _>>(),
        "additionalProperties": false,
    }))
}

/// What stands behind a key, which may always be nothing.
fn property(key: &Key, default: Option<&Value>) -> Map<String, Value> {
    let mut schema = value(&key.shape, default);
    let mut description = key.about.to_owned();
    if matches!(
        key.shape,
        Shape::Duration { .. } | Shape::Whole(_) | Shape::Number(_) | Shape::Text(_)
    ) {
        description.push_str(&format!(" Accepted: {}.", key.shape.accepted()));
    }
    if let Some(meaning) = key.left_out {
        description.push_str(&format!(" Left out: {meaning}."));
    }
    schema.insert("description".to_owned(), description.into());
    let holds_keys = matches!(
        key.shape,
        Shape::Section(_)
            | Shape::List(List {
                entry: Shape::Section(_),
                ..
            })
    );
    if let Some(default) = default.filter(|default| !default.is_null() && !holds_keys) {
        schema.insert("default".to_owned(), default.clone());
    }
    if let Some(kind) = schema.get_mut("type") {
        *kind = json!([kind.take(), "null"]);
    }
    schema
}

fn value(shape: &Shape, default: Option<&Value>) -> Map<String, Value> {
    match shape {
        Shape::Bool => map(json!({ "type": "boolean" })),
        Shape::Duration { .. } => {
            let units = Unit::ALL.map(Unit::as_str).join("|");
            let pattern = format!("^([0-9]+ *({units}) *)+$");
            map(json!({ "type": "string", "pattern": pattern }))
        }
        Shape::Whole(range) => map(json!({
            "type": "integer",
            "minimum": range.start(),
            "maximum": range.end(),
        })),
        Shape::Number(range) => map(json!({
            "type": "number",
            "minimum": range.start(),
            "maximum": range.end(),
        })),
        Shape::Text(form) => text(form),
        Shape::List(List {
            entry,
            filled,
            distinct,
            ..
        }) => {
            // The defaults of an entry's keys are those of the entry that is there by default.
            let entry = value(entry, default.and_then(|entries| entries.get(0)));
            let mut list = map(json!({ "type": "array", "items": entry }));
            if filled.is_some() {
                list.insert("minItems".to_owned(), 1.into());
            }
            if *distinct {
                list.insert("uniqueItems".to_owned(), true.into());
            }
            list
        }
        Shape::Map { keys, values, .. } => {
            let mut names = text(keys);
            names.remove("type");
            map(json!({
                "type": "object",
                "propertyNames": names,
                "additionalProperties": text(values),
            }))
        }
        Shape::Section(keys) => section(keys, default),
    }
}

fn text(text: &Text) -> Map<String, Value> {
    let mut schema = map(json!({ "type": "string" }));
    match &text.form {
        Form::Any => {}
        Form::Filled => {
            schema.insert("minLength".to_owned(), 1.into());
        }
        Form::Long(range) => {
            schema.insert("minLength".to_owned(), (*range.start()).into());
            schema.insert("maxLength".to_owned(), (*range.end()).into());
        }
        Form::Matching(expression) => {
            schema.insert("pattern".to_owned(), format!("^(?:{expression})$").into());
        }
        Form::OneOf(choices) => {
            schema.insert("enum".to_owned(), choices().into());
        }
        // RE2's syntax is not ECMAScript's, which `format: regex` means.
        Form::Expression => {}
    }
    schema
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::key_paths;

    #[test]
    fn every_key_is_in_the_schema_with_its_description() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        for path in key_paths() {
            let mut place = &schema;
            for name in path.split('.') {
                place = &place["properties"][name.trim_end_matches("[]")];
                if name.ends_with("[]") {
                    place = &place["items"];
                }
            }
            assert!(place["description"].is_string(), "{path}: {place}");
        }
    }
}
