//! A node of a YAML document that knows its key path and its schema, and collects
//! problems.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_yaml::Value;

use super::keys::{DurationUnit, Key, ListSchema, ROOT, TextRule, TextSchema, ValueSchema, names};
use super::{Pattern, Problem, printable, suggestions};

/// Why a node has the schema that its reader expects.
const DECLARED: &str = "a key is read as the schema that it is declared with";

/// The problems so far, shared by all nodes of a document.
pub(super) type CollectedProblems = RefCell<Vec<Problem>>;

/// A value with its key path and its declaration. Its readers return `None` where
/// the value is missing or wrong, and note what is wrong.
#[derive(Clone)]
pub(super) struct Node<'a> {
    path: String,
    value: &'a Value,
    schema: &'static ValueSchema,
    problems: &'a CollectedProblems,
}

/// The document as a whole.
static DOCUMENT: ValueSchema = ValueSchema::Section(ROOT);

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value, problems: &'a CollectedProblems) -> Self {
        Self {
            path: String::new(),
            value,
            schema: &DOCUMENT,
            problems,
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
        self.problems.borrow_mut().push(Problem {
            path: self.path().to_owned(),
            message: format!("{wrong}, accepted: {accepted}"),
        });
    }

    /// The same; the accepted values are those of the schema.
    fn reject_value(&self, wrong: &str) {
        self.reject(wrong, &self.schema.accepted());
    }

    /// The number of problems in the document so far.
    pub(super) fn problem_count(&self) -> usize {
        self.problems.borrow().len()
    }

    /// The values of all declared keys, in their order; every other key is a problem.
    ///
    /// A missing key, and a key without a value, is `None`: YAML's `refresh:`
    /// with all of its lines commented out means the defaults.
    pub(super) fn keys<const N: usize>(&self, read: [&'static str; N]) -> [Option<Node<'a>>; N] {
        let declared = self.section();
        debug_assert!(declared.iter().map(|key| key.name).eq(read));
        let Value::Mapping(mapping) = self.value else {
            if !self.value.is_null() {
                self.reject_value(&format!("{} is not a mapping", self.describe()));
            }
            return [const { None }; N];
        };
        for key in mapping.keys() {
            let name = scalar(key);
            if declared.iter().all(|known| known.name != name) {
                let known: Vec<_> = declared.iter().map(|known| known.name).collect();
                let wrong = format!("unknown key{}", suggestions::hint(&name, &known));
                self.child(&name, key, self.schema)
                    .reject(&wrong, &names(declared));
            }
        }
        read.map(|name| {
            let value = mapping.get(name).filter(|value| !value.is_null())?;
            let key = declared.iter().find(|key| key.name == name)?;
            Some(self.child(name, value, &key.schema))
        })
    }

    fn section(&self) -> &'static [Key] {
        let ValueSchema::Section(keys) = self.schema else {
            unreachable!("{DECLARED}");
        };
        keys
    }

    /// Whether a node that requires a value has one.
    pub(super) fn require_value(&self) -> bool {
        let is_null = self.value.is_null();
        if is_null {
            self.reject_value("nothing is not a mapping");
        }
        !is_null
    }

    /// The entries of a list.
    pub(super) fn entries(&self) -> Option<Vec<Node<'a>>> {
        let ValueSchema::List(ListSchema {
            entry, non_empty, ..
        }) = self.schema
        else {
            unreachable!("{DECLARED}");
        };
        let Value::Sequence(sequence) = self.value else {
            self.reject_value(&format!("{} is not a list", self.describe()));
            return None;
        };
        if let Some(accepted) = non_empty.filter(|_| sequence.is_empty()) {
            self.reject("the list is empty", accepted);
        }
        let node = |(index, value)| Node {
            path: format!("{}[{index}]", self.path),
            value,
            schema: entry,
            problems: self.problems,
        };
        Some(sequence.iter().enumerate().map(node).collect())
    }

    /// The texts of a list, each with its node; those that are wrong are left out.
    pub(super) fn texts(&self) -> Option<Vec<(Node<'a>, &'a str)>> {
        let ValueSchema::List(ListSchema { distinct, .. }) = self.schema else {
            unreachable!("{DECLARED}");
        };
        let mut seen = BTreeSet::new();
        let mut texts = Vec::new();
        for entry in self.entries()? {
            let Some(text) = entry.text() else {
                continue;
            };
            if *distinct && !seen.insert(text) {
                entry.reject(&format!("{text} is listed twice"), "each once");
                continue;
            }
            texts.push((entry, text));
        }
        Some(texts)
    }

    /// The entries of a mapping whose keys the file chooses; those that are wrong are left out.
    pub(super) fn map(&self) -> Option<Vec<(Node<'a>, String, &'a str)>> {
        let ValueSchema::Map { keys, values, .. } = self.schema else {
            unreachable!("{DECLARED}");
        };
        let Value::Mapping(mapping) = self.value else {
            self.reject_value(&format!("{} is not a mapping", self.describe()));
            return None;
        };
        let mut entries = Vec::new();
        for (key, value) in mapping {
            let node = self.child(&scalar(key), value, self.schema);
            let name = node.checked_text(keys, key);
            if let (Some(name), Some(text)) = (name, node.checked_text(values, value)) {
                entries.push((node, name.to_owned(), text));
            }
        }
        Some(entries)
    }

    pub(super) fn bool(&self) -> Option<bool> {
        let value = self.value.as_bool();
        if value.is_none() {
            self.reject_value(&format!("{} is not a boolean", self.describe()));
        }
        value
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        let ValueSchema::Text(text) = self.schema else {
            unreachable!("{DECLARED}");
        };
        self.checked_text(text, self.value)
    }

    /// A text of this schema: the value of the node, or a key in it.
    fn checked_text(&self, text: &TextSchema, value: &'a Value) -> Option<&'a str> {
        let shown = if text.secret {
            describe_secret(value)
        } else {
            describe(value)
        };
        let Some(read) = value.as_str() else {
            self.reject(&format!("{shown} is not a string"), text.accepted);
            return None;
        };
        match rule_violation(text, read, &shown) {
            None => Some(read),
            Some((wrong, accepted)) => {
                self.reject(&wrong, &accepted);
                None
            }
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        let ValueSchema::Number(range) = self.schema else {
            unreachable!("{DECLARED}");
        };
        self.within(self.value.as_f64(), range, "a number")
    }

    pub(super) fn integer(&self) -> Option<u32> {
        let ValueSchema::Integer(range) = self.schema else {
            unreachable!("{DECLARED}");
        };
        let bounds = i64::from(*range.start())..=i64::from(*range.end());
        let value = self.within(self.value.as_i64(), &bounds, "a whole number")?;
        u32::try_from(value).ok()
    }

    /// A duration with its unit; bare numbers are rejected because they
    /// could be seconds or milliseconds.
    pub(super) fn duration(&self) -> Option<Duration> {
        let ValueSchema::Duration { range, .. } = self.schema else {
            unreachable!("{DECLARED}");
        };
        if self.value.is_number() {
            self.reject_value(&format!("{} has no unit", self.describe()));
            return None;
        }
        let text = self.value.as_str();
        // The parser knows months, and tells them from minutes by the case of one letter.
        let known = |unit: &str| {
            DurationUnit::ALL
                .into_iter()
                .any(|known| known.as_str() == unit)
        };
        let text = text.filter(|text| units(text).all(known));
        let duration = text.and_then(|text| humantime::parse_duration(text).ok());
        let bounds = range.start().duration()..=range.end().duration();
        self.within(duration, &bounds, "a duration")
    }

    /// `value`, if it could be read as `kind` and lies in the range.
    fn within<T: PartialOrd + Copy>(
        &self,
        value: Option<T>,
        range: &RangeInclusive<T>,
        kind: &str,
    ) -> Option<T> {
        let wrong = match value {
            Some(value) if range.contains(&value) => return Some(value),
            Some(_) => "is out of range".to_owned(),
            None => format!("is not {kind}"),
        };
        self.reject_value(&format!("{} {wrong}", self.describe()));
        None
    }

    fn describe(&self) -> String {
        describe(self.value)
    }

    fn child(&self, key: &str, value: &'a Value, schema: &'static ValueSchema) -> Node<'a> {
        let key = if key.is_empty() { "\"\"" } else { key };
        let dot = if self.path.is_empty() { "" } else { "." };
        Node {
            // A line break would end the line of the message.
            path: format!("{}{dot}{}", self.path, printable(key)),
            value,
            schema,
            problems: self.problems,
        }
    }
}

/// What is wrong with a text, and what is accepted instead.
fn rule_violation(text: &TextSchema, read: &str, shown: &str) -> Option<(String, String)> {
    let TextSchema { noun, accepted, .. } = text;
    let accepted = (*accepted).to_owned();
    match &text.rule {
        TextRule::Any => None,
        TextRule::NonEmpty => read.is_empty().then(|| {
            let filled = format!("{accepted} that is not empty");
            (format!("the {noun} is empty"), filled)
        }),
        TextRule::Length(range) => {
            let length = read.chars().count();
            (!range.contains(&length)).then(|| {
                let wrong = format!("the {noun} has {length} characters");
                (wrong, accepted)
            })
        }
        TextRule::Matches(expression) => {
            let pattern = Pattern::new(expression).expect("declared expressions compile");
            (!pattern.matches(read)).then(|| (format!("{shown} is not {noun}"), accepted))
        }
        TextRule::OneOf(choices) => {
            let choices = choices();
            (!choices.contains(&read)).then(|| {
                let hint = suggestions::hint(read, &choices);
                (format!("{shown} is not {noun}{hint}"), accepted)
            })
        }
        TextRule::Regex => {
            let reason = Pattern::new(read).err()?;
            Some((format!("{shown} is not {noun}: {reason}"), accepted))
        }
    }
}

/// A value as a message shows it.
fn describe(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Mapping(_) | Value::Sequence(_) | Value::Null => kind(value).to_owned(),
        other => scalar(other),
    }
}

/// A secret as a message shows it.
fn describe_secret(value: &Value) -> String {
    format!("{} (not shown)", kind(value))
}

/// What sort of thing a value is.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Mapping(_) => "a mapping",
        Value::Sequence(_) => "a list",
        Value::Null => "nothing",
        Value::String(_) => "the text",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::Tagged(_) => "a tagged value",
    }
}

/// The key paths of a document under which something stands, mappings and lists included.
pub(super) fn paths(document: &Value) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let mut open = vec![(String::new(), document)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Null => continue,
            Value::Mapping(mapping) => {
                let dot = if path.is_empty() { "" } else { "." };
                let under = |(key, value)| (format!("{path}{dot}{}", scalar(key)), value);
                open.extend(mapping.iter().map(under));
            }
            Value::Sequence(entries) => {
                let under = |(index, value)| (format!("{path}[{index}]"), value);
                open.extend(entries.iter().enumerate().map(under));
            }
            _ => {}
        }
        paths.insert(path);
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
