//! Values as YAML.

use std::fmt::Write as _;

use serde_json::Value;

/// Words that older readers of YAML than ours take for `true` and `false`.
const YAML_1_1_BOOLEANS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];

/// A value in one line of YAML.
#[must_use]
pub fn flow(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) => value.to_string(),
        // Without the point that a whole number has as an f64.
        Value::Number(number) => number
            .as_f64()
            .map_or_else(|| number.to_string(), |number| number.to_string()),
        Value::String(text) => scalar(text),
        Value::Array(entries) => {
            let entries: Vec<_> = entries.iter().map(flow).collect();
            format!("[{}]", entries.join(", "))
        }
        Value::Object(entries) => {
            let entry =
                |(key, value): (&String, &Value)| format!("{}: {}", scalar(key), flow(value));
            let entries: Vec<_> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// A text as YAML, in quotes unless it is read back as the same text without.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " _./:@+=<>-".contains(c);
    let same = || {
        let read = serde_yaml::from_str::<Vec<serde_yaml::Value>>(&format!("[{text}]"));
        read.is_ok_and(|read| read == [serde_yaml::Value::from(text)])
    };
    let is_boolean = YAML_1_1_BOOLEANS.contains(&text.to_ascii_lowercase().as_str());
    if text.chars().all(plain) && !is_boolean && same() {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            // Everything else that may end a line, or that YAML calls unprintable.
            c if c.is_alphanumeric() || c.is_ascii_graphic() || c == ' ' => quoted.push(c),
            c => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
        }
    }
    quoted.push('"');
    quoted
}
