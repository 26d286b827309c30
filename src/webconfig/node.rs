//! A node of the document that knows its key path, and collects problems.
//!
//! Reads values as leniently as the YAML library of the toolkit does: a number
//! is taken where a text is wanted, and `yes` where a switch is.

use std::cell::RefCell;

use serde_yaml::Value;

use super::Problem;

/// The problems so far, shared by all nodes of a document.
pub(super) type CollectedProblems = RefCell<Vec<Problem>>;

/// A value with its key path. Its readers return `None` where the value is wrong,
/// and note what is wrong.
#[derive(Clone)]
pub(super) struct Node<'a> {
    path: String,
    value: &'a Value,
    problems: &'a CollectedProblems,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value, problems: &'a CollectedProblems) -> Self {
        Self {
            path: String::new(),
            value,
            problems,
        }
    }

    /// Notes a problem here: what is wrong, then what is accepted.
    pub(super) fn reject(&self, wrong: &str, accepted: &str) {
        let path = match self.path.as_str() {
            "" => "(top level)",
            path => path,
        };
        self.problems.borrow_mut().push(Problem {
            path: path.to_owned(),
            message: format!("{wrong}, accepted: {accepted}"),
        });
    }

    /// The values of these keys, in their order; every other key is a problem.
    /// A key without a value counts as missing.
    pub(super) fn keys<const N: usize>(&self, known: [&str; N]) -> [Option<Node<'a>>; N] {
        let accepted = format!("the keys {}", known.join(", "));
        for (name, node) in self.entries(&accepted) {
            if !known.contains(&name.as_str()) {
                node.reject("unknown key", &known.join(", "));
            }
        }
        known.map(|name| {
            let value = self.value.get(name).filter(|value| !value.is_null())?;
            Some(self.child(name, value))
        })
    }

    /// The entries of a mapping.
    pub(super) fn entries(&self, accepted: &str) -> Vec<(String, Node<'a>)> {
        match self.value {
            Value::Mapping(mapping) => mapping
                .iter()
                .map(|(key, value)| {
                    let name = plain(key).unwrap_or_else(|| "(not a plain value)".to_owned());
                    let node = self.child(&name, value);
                    (name, node)
                })
                .collect(),
            Value::Null => Vec::new(),
            _ => {
                let wrong = format!("{} is not a mapping", kind(self.value));
                self.reject(&wrong, accepted);
                Vec::new()
            }
        }
    }

    /// The texts of a list.
    pub(super) fn texts(&self, accepted: &str) -> Vec<(Node<'a>, String)> {
        let Value::Sequence(sequence) = self.value else {
            self.reject(&format!("{} is not a list", kind(self.value)), accepted);
            return Vec::new();
        };
        let entries = sequence.iter().enumerate().filter_map(|(index, value)| {
            let node = Node {
                path: format!("{}[{index}]", self.path),
                value,
                problems: self.problems,
            };
            let text = node.text("a string")?;
            Some((node, text))
        });
        entries.collect()
    }

    pub(super) fn text(&self, accepted: &str) -> Option<String> {
        let text = plain(self.value);
        if text.is_none() {
            self.reject(&format!("{} is not a string", kind(self.value)), accepted);
        }
        text
    }

    pub(super) fn bool(&self) -> Option<bool> {
        let read = match self.value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => match text.as_str() {
                "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
                "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if read.is_none() {
            let wrong = format!("{} is not a boolean", kind(self.value));
            self.reject(&wrong, "true or false");
        }
        read
    }

    pub(super) fn integer(&self) -> Option<i64> {
        self.value.as_i64()
    }

    /// The value as a message shows it. Only for nodes without secrets.
    pub(super) fn describe(&self) -> String {
        match self.value {
            Value::String(text) => format!("{text:?}"),
            other => plain(other).unwrap_or_else(|| kind(other).to_owned()),
        }
    }

    fn child(&self, key: &str, value: &'a Value) -> Self {
        let key = if key.is_empty() { "\"\"" } else { key };
        let dot = if self.path.is_empty() { "" } else { "." };
        Self {
            // A line break would end the line of the message.
            path: format!("{}{dot}{}", self.path, key.escape_debug()),
            value,
            problems: self.problems,
        }
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null => Some(String::new()),
        Value::Mapping(_) | Value::Sequence(_) | Value::Tagged(_) => None,
    }
}

/// What sort of thing a value is. Never the value itself, which may be secret.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Mapping(_) => "a mapping",
        Value::Sequence(_) => "a list",
        Value::Null => "nothing",
        Value::String(_) => "a text",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::Tagged(_) => "a tagged value",
    }
}
