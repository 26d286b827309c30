//! Values against a JSON Schema, by the keywords that ours uses. A keyword that is
//! not known here fails, so that none is taken for checked.

use serde_json::Value;

/// The schema errors of a value: the place and the broken rule.
pub(crate) fn against(schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let schema = schema.as_object().expect("a schema is an object");
    let mut wrong = Vec::new();
    for (keyword, rule) in schema {
        let fine = match keyword.as_str() {
            "$schema" | "title" | "description" | "default" => true,
            "type" => rule
                .as_array()
                .unwrap_or(&vec![rule.clone()])
                .iter()
                .any(|kind| is_of(value, kind)),
            "enum" => list(rule).contains(value),
            "const" => rule == value,
            "oneOf" => {
                let fits = |one: &&Value| against(one, value, path).is_empty();
                list(rule).iter().filter(fits).count() == 1
            }
            "minimum" => value.as_f64().is_none_or(|it| it >= number(rule)),
            "maximum" => value.as_f64().is_none_or(|it| it <= number(rule)),
            "minLength" => length(value).is_none_or(|it| it >= count(rule)),
            "maxLength" => length(value).is_none_or(|it| it <= count(rule)),
            "minItems" => value.as_array().is_none_or(|it| it.len() >= count(rule)),
            "uniqueItems" => value.as_array().is_none_or(|it| are_distinct(it)),
            "pattern" => value.as_str().is_none_or(|it| matches(rule, it)),
            "items" | "properties" | "additionalProperties" | "propertyNames" => {
                for (path, schema, value) in inside(keyword, rule, schema, value, path) {
                    match schema {
                        Value::Bool(false) => wrong.push(format!("{path}: unknown key")),
                        schema => wrong.extend(against(schema, &value, &path)),
                    }
                }
                true
            }
            _ => false,
        };
        if !fine {
            wrong.push(format!("{path}: {value} against {keyword} {rule}"));
        }
    }
    wrong
}

/// The values inside a value that a keyword speaks of, each with its place and its schema.
fn inside<'a>(
    keyword: &str,
    rule: &'a Value,
    schema: &serde_json::Map<String, Value>,
    value: &Value,
    path: &str,
) -> Vec<(String, &'a Value, Value)> {
    let members = value.as_object().into_iter().flatten();
    let entries = value.as_array().into_iter().flatten().enumerate();
    let declared = |key: &str| Some(schema.get("properties")?.get(key).is_some());
    match keyword {
        "items" => entries
            .map(|(index, entry)| (format!("{path}[{index}]"), rule, entry.clone()))
            .collect(),
        "properties" => members
            .filter_map(|(key, value)| {
                Some((format!("{path}.{key}"), rule.get(key)?, value.clone()))
            })
            .collect(),
        "propertyNames" => members
            .map(|(key, _)| (format!("{path}.{key}"), rule, key.as_str().into()))
            .collect(),
        _ => members
            .filter(|(key, _)| !declared(key).unwrap_or(false))
            .map(|(key, value)| (format!("{path}.{key}"), rule, value.clone()))
            .collect(),
    }
}

fn is_of(value: &Value, kind: &Value) -> bool {
    match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    }
}

fn list(rule: &Value) -> &Vec<Value> {
    rule.as_array().expect("the rule is a list")
}

fn number(rule: &Value) -> f64 {
    rule.as_f64().expect("the rule is a number")
}

fn count(rule: &Value) -> usize {
    let count = rule.as_u64().expect("the rule is a count");
    usize::try_from(count).expect("counts are small")
}

fn length(value: &Value) -> Option<usize> {
    value.as_str().map(|text| text.chars().count())
}

fn are_distinct(entries: &[Value]) -> bool {
    (1..entries.len()).all(|index| !entries[..index].contains(&entries[index]))
}

fn matches(rule: &Value, text: &str) -> bool {
    let pattern = rule.as_str().expect("the rule is a pattern");
    let regex = regex_lite::Regex::new(pattern).expect("patterns of the schema compile");
    regex.is_match(text)
}
