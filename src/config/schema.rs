//! The JSON Schema of the YAML file, for editors: `config.schema.json`.
//!
//! It says what `keys` declares, key by key. Rules between keys are not in it;
//! `--config.check` knows those too.

use serde_json::{Map, Value, json};

use super::Config;
use super::keys::{DurationUnit, Key, ListSchema, ROOT, TextRule, TextSchema, ValueSchema};
use super::rendered::render;

/// The schema in draft 2020-12, as the file holds it.
#[must_use]
pub fn schema() -> String {
    let defaults = render(&Config::default());
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
    let mut schema = value(&key.schema, default);
    let mut description = key.description.to_owned();
    if matches!(
        key.schema,
        ValueSchema::Duration { .. }
            | ValueSchema::Integer(_)
            | ValueSchema::Number(_)
            | ValueSchema::Text(_)
    ) {
        description.push_str(&format!(" Accepted: {}.", key.schema.accepted()));
    }
    if let Some(meaning) = key.when_absent {
        description.push_str(&format!(" Left out: {meaning}."));
    }
    schema.insert("description".to_owned(), description.into());
    let holds_keys = matches!(
        key.schema,
        ValueSchema::Section(_)
            | ValueSchema::List(ListSchema {
                entry: ValueSchema::Section(_),
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

fn value(schema: &ValueSchema, default: Option<&Value>) -> Map<String, Value> {
    match schema {
        ValueSchema::Bool => map(json!({ "type": "boolean" })),
        ValueSchema::Duration { .. } => {
            let units = DurationUnit::ALL.map(DurationUnit::as_str).join("|");
            let pattern = format!("^([0-9]+ *({units}) *)+$");
            map(json!({ "type": "string", "pattern": pattern }))
        }
        ValueSchema::Integer(range) => map(json!({
            "type": "integer",
            "minimum": range.start(),
            "maximum": range.end(),
        })),
        ValueSchema::Number(range) => map(json!({
            "type": "number",
            "minimum": range.start(),
            "maximum": range.end(),
        })),
        ValueSchema::Text(schema) => text(schema),
        ValueSchema::List(ListSchema {
            entry,
            non_empty,
            distinct,
            ..
        }) => {
            // The defaults of an entry's keys are those of the entry that is there by default.
            let entry = value(entry, default.and_then(|entries| entries.get(0)));
            let mut list = map(json!({ "type": "array", "items": entry }));
            if non_empty.is_some() {
                list.insert("minItems".to_owned(), 1.into());
            }
            if *distinct {
                list.insert("uniqueItems".to_owned(), true.into());
            }
            list
        }
        ValueSchema::Map { keys, values, .. } => {
            let mut names = text(keys);
            names.remove("type");
            map(json!({
                "type": "object",
                "propertyNames": names,
                "additionalProperties": text(values),
            }))
        }
        ValueSchema::Section(keys) => section(keys, default),
    }
}

fn text(text: &TextSchema) -> Map<String, Value> {
    let mut schema = map(json!({ "type": "string" }));
    match &text.rule {
        TextRule::Any => {}
        TextRule::NonEmpty => {
            schema.insert("minLength".to_owned(), 1.into());
        }
        TextRule::Length(range) => {
            schema.insert("minLength".to_owned(), (*range.start()).into());
            schema.insert("maxLength".to_owned(), (*range.end()).into());
        }
        TextRule::Matches(expression) => {
            schema.insert("pattern".to_owned(), format!("^(?:{expression})$").into());
        }
        TextRule::OneOf(choices) => {
            schema.insert("enum".to_owned(), choices().into());
        }
        // RE2's syntax is not ECMAScript's, which `format: regex` means.
        TextRule::Regex => {}
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
            let mut node = &schema;
            for name in path.split('.') {
                node = &node["properties"][name.trim_end_matches("[]")];
                if name.ends_with("[]") {
                    node = &node["items"];
                }
            }
            assert!(node["description"].is_string(), "{path}: {node}");
        }
    }
}
