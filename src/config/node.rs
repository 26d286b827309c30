//! A place in a YAML document that knows its key path and collects problems.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_yaml::Value;

use super::Problem;

/// Units of durations.
const UNITS: [&str; 5] = ["ms", "s", "m", "h", "d"];

/// The problems found so far, shared by all nodes of a document.
pub(super) type Found = RefCell<Vec<Problem>>;

/// A value with its key path. Its readers return `None` where the value is
/// missing or wrong, and note what is wrong.
#[derive(Clone)]
pub(super) struct Node<'a> {
    path: String,
    value: &'a Value,
    found: &'a Found,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value, found: &'a Found) -> Self {
        Self {
            path: String::new(),
            value,
            found,
        }
    }

    pub(super) fn path(&self) -> &str {
        if self.path.is_empty() {
            "(top level)"
        } else {
            &self.path
        }
    }

    /// Notes a problem here: what is wrong, then what is accepted.
    pub(super) fn reject(&self, wrong: &str, accepted: &str) {
        self.found.borrow_mut().push(Problem {
            path: self.path().to_owned(),
            message: format!("{wrong}, accepted: {accepted}"),
        });
    }

    /// How many problems were found in the document so far.
    pub(super) fn problems(&self) -> usize {
        self.found.borrow().len()
    }

    /// The values of `keys`, in their order; every other key is a problem.
    ///
    /// A missing key, and a key without a value, is `None`: YAML's `refresh:`
    /// with all of its lines commented out means the defaults.
    pub(super) fn keys<const N: usize>(&self, keys: [&'static str; N]) -> [Option<Node<'a>>; N] {
        let Value::Mapping(mapping) = self.value else {
            if !self.value.is_null() {
                self.reject(
                    &format!("{} is not a mapping", self.shown()),
                    &format!("the keys {}", keys.join(", ")),
                );
            }
            return [const { None }; N];
        };
        for key in mapping.keys() {
            let name = scalar(key);
            if !keys.contains(&name.as_str()) {
                self.child(&name, key)
                    .reject("unknown key", &keys.join(", "));
            }
        }
        keys.map(|key| {
            mapping
                .get(key)
                .filter(|value| !value.is_null())
                .map(|value| self.child(key, value))
        })
    }

    /// The same for a node that must hold something.
    pub(super) fn must_be_mapping(&self, accepted: &str) -> bool {
        let is_null = self.value.is_null();
        if is_null {
            self.reject("nothing is not a mapping", accepted);
        }
        !is_null
    }

    /// The entries of a list.
    pub(super) fn entries(&self, accepted: &str) -> Option<Vec<Node<'a>>> {
        let Value::Sequence(sequence) = self.value else {
            self.reject(&format!("{} is not a list", self.shown()), accepted);
            return None;
        };
        let entry = |(index, value)| Node {
            path: format!("{}[{index}]", self.path),
            value,
            found: self.found,
        };
        Some(sequence.iter().enumerate().map(entry).collect())
    }

    pub(super) fn bool(&self) -> Option<bool> {
        let value = self.value.as_bool();
        if value.is_none() {
            self.reject(
                &format!("{} is not a boolean", self.shown()),
                "true or false",
            );
        }
        value
    }

    pub(super) fn string(&self, accepted: &str) -> Option<&'a str> {
        let value = self.value.as_str();
        if value.is_none() {
            self.reject(&format!("{} is not a string", self.shown()), accepted);
        }
        value
    }

    pub(super) fn number(&self, range: RangeInclusive<f64>, accepted: &str) -> Option<f64> {
        self.within(self.value.as_f64(), &range, "a number", accepted)
    }

    pub(super) fn whole(&self, range: RangeInclusive<u32>, accepted: &str) -> Option<u32> {
        let bounds = i64::from(*range.start())..=i64::from(*range.end());
        let value = self.within(self.value.as_i64(), &bounds, "a whole number", accepted)?;
        u32::try_from(value).ok()
    }

    /// A duration with its unit; bare numbers are refused because nobody can
    /// tell seconds from milliseconds by looking.
    pub(super) fn duration(
        &self,
        range: RangeInclusive<Duration>,
        accepted: &str,
    ) -> Option<Duration> {
        if self.value.is_number() {
            self.reject(&format!("{} has no unit", self.shown()), accepted);
            return None;
        }
        let text = self.value.as_str();
        // The parser knows months, and tells them from minutes by the case of one letter.
        let text = text.filter(|text| units(text).all(|unit| UNITS.contains(&unit)));
        let duration = text.and_then(|text| humantime::parse_duration(text).ok());
        self.within(duration, &range, "a duration", accepted)
    }

    /// `value`, if it could be read as `kind` and lies in the range.
    fn within<T: PartialOrd + Copy>(
        &self,
        value: Option<T>,
        range: &RangeInclusive<T>,
        kind: &str,
        accepted: &str,
    ) -> Option<T> {
        let wrong = match value {
            Some(value) if range.contains(&value) => return Some(value),
            Some(_) => "is out of range".to_owned(),
            None => format!("is not {kind}"),
        };
        self.reject(&format!("{} {wrong}", self.shown()), accepted);
        None
    }

    /// The value as a message shows it.
    pub(super) fn shown(&self) -> String {
        match self.value {
            Value::Mapping(_) => "a mapping".to_owned(),
            Value::Sequence(_) => "a list".to_owned(),
            Value::Null => "nothing".to_owned(),
            Value::String(text) => format!("{text:?}"),
            other => scalar(other),
        }
    }

    fn child(&self, key: &str, value: &'a Value) -> Node<'a> {
        let path = if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        };
        Node {
            path,
            value,
            found: self.found,
        }
    }
}

/// The key paths of a document under which something stands, mappings and lists included.
pub(super) fn paths(document: &Value) -> BTreeSet<String> {
    let found = Found::default();
    let mut paths = BTreeSet::new();
    let mut open = vec![Node::root(document, &found)];
    while let Some(node) = open.pop() {
        match node.value {
            Value::Null => continue,
            Value::Mapping(mapping) => {
                open.extend(
                    mapping
                        .iter()
                        .map(|(key, value)| node.child(&scalar(key), value)),
                );
            }
            Value::Sequence(_) => open.extend(node.entries("a list").unwrap_or_default()),
            _ => {}
        }
        paths.insert(node.path);
    }
    paths
}

/// The words of a duration.
fn units(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_ascii_digit() || c.is_ascii_whitespace())
        .filter(|word| !word.is_empty())
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Null => "null".to_owned(),
        Value::Mapping(_) | Value::Sequence(_) | Value::Tagged(_) => {
            "(not a plain value)".to_owned()
        }
    }
}
