//! `config.schema.json`, for editors: the derived schema without what only this program knows.
//!
//! Rules between keys are not in it; `--config.check` knows those too.

use serde_json::{Value, json};

use super::SCHEMA;
use crate::yaml::join;
use crate::yaml::schema::{Kind, Schema};

/// The schema in draft 2020-12, as the file holds it.
#[must_use]
pub fn schema() -> String {
    let mut derived = SCHEMA.clone();
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
#[must_use]
pub fn key_paths() -> Vec<String> {
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
    collect("", Schema::new(&SCHEMA), &mut paths);
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn every_key_is_described_in_sentences() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let paths = key_paths();
        assert!(paths.len() > 40, "{paths:?}");
        for path in paths {
            let mut node = &schema;
            for name in path.split('.') {
                node = &node["properties"][name.trim_end_matches("[]")];
                if name.ends_with("[]") {
                    node = &node["items"];
                }
            }
            let description = node["description"].as_str().unwrap_or_default();
            assert!(description.ends_with('.'), "{path}: {node}");
        }
    }

    #[test]
    fn defaults_are_those_of_the_structs() {
        let config = serde_json::to_value(Config::default()).unwrap();
        fn compare(schema: &Value, value: &Value, compared: &mut usize) {
            for (key, property) in schema["properties"].as_object().into_iter().flatten() {
                match property.get("default") {
                    Some(default) if value.get(key).is_some() => {
                        assert_eq!(default, &value[key], "{key}");
                        *compared += 1;
                    }
                    _ => compare(property, &value[key], compared),
                }
            }
        }
        let mut compared = 0;
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        compare(&schema, &config, &mut compared);
        assert!(compared > 15, "{compared}");
    }
}
