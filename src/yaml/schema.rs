//! A JSON Schema as the reader, the messages and the reference use it.
//!
//! It comes from a struct by `schemars`: types and bounds from fields and their
//! attributes, texts from their doc comments. The first paragraph of a comment says what
//! a value is for, `Accepted: ...` and `Left out: ...` in paragraphs of their own what
//! bounds do not say. Besides the standard's keywords there are `format: re2` for regular
//! expressions, and `x-...` for what only this program knows.

use std::time::Duration;

use regex_lite::Regex;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::duration;

/// The `format` of regular expressions. RE2's syntax is not that of ECMAScript, which the
/// standard's `regex` means.
pub(crate) const EXPRESSION: &str = "re2";

/// The schema of a value.
#[derive(Clone, Copy, Debug)]
pub struct Schema<'a>(&'a Value);

/// The type of value that a schema accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A mapping with declared keys.
    Section,
    /// A mapping whose keys the file chooses.
    Map,
    /// A list.
    List,
    /// `true` or `false`.
    Switch,
    /// A duration with its unit.
    Duration,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A text.
    Text,
    /// Anything.
    Any,
}

/// The schema of a type, without references.
pub(crate) fn of<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let schema = settings.into_generator().into_root_schema_for::<T>();
    schema.to_value()
}

impl<'a> Schema<'a> {
    /// The schema in a value.
    #[must_use]
    pub fn new(schema: &'a Value) -> Self {
        Self(schema)
    }

    /// The schema itself.
    #[must_use]
    pub fn json(self) -> &'a Value {
        self.0
    }

    /// The type of value that it accepts.
    #[must_use]
    pub fn kind(self) -> Kind {
        let kind = &self.0["type"];
        match kind.get(0).unwrap_or(kind).as_str() {
            Some("object") if self.0.get("properties").is_some() => Kind::Section,
            Some("object") => Kind::Map,
            Some("array") => Kind::List,
            Some("boolean") => Kind::Switch,
            Some("integer") => Kind::Integer,
            Some("number") => Kind::Number,
            Some("string") if self.0.get("x-min-millis").is_some() => Kind::Duration,
            Some(_) => Kind::Text,
            None if !self.choices().is_empty() => Kind::Text,
            None => Kind::Any,
        }
    }

    /// The schema under a keyword; `None` also for `true` and `false`.
    #[must_use]
    pub fn under(self, keyword: &str) -> Option<Self> {
        self.0.get(keyword).filter(|it| it.is_object()).map(Self)
    }

    /// The schema of the entries of a list.
    #[must_use]
    pub fn items(self) -> Self {
        Self(&self.0["items"])
    }

    /// The keys of a section with their schemas, in the order of their declaration.
    pub fn properties(self) -> impl Iterator<Item = (&'a str, Self)> {
        let properties = self.0["properties"].as_object().into_iter().flatten();
        properties.map(|(key, schema)| (key.as_str(), Self(schema)))
    }

    pub(crate) fn property(self, key: &str) -> Option<Self> {
        self.0["properties"].get(key).map(Self)
    }

    /// The names of the keys of a section.
    pub(crate) fn keys(self) -> Vec<&'a str> {
        self.properties().map(|(key, _)| key).collect()
    }

    /// Whether it must not be shown, neither in a message nor in print.
    #[must_use]
    pub fn is_secret(self) -> bool {
        self.0["writeOnly"] == true
    }

    /// The texts that are accepted, if not all are: `enum`, or `const` of each variant.
    pub(crate) fn choices(self) -> Vec<&'a str> {
        let values = self.0.get("enum").or(self.0.get("oneOf"));
        let values = values.and_then(Value::as_array).into_iter().flatten();
        let text = |value: &'a Value| value.get("const").unwrap_or(value).as_str();
        values.filter_map(text).collect()
    }

    /// A bound, such as `minimum`.
    pub(crate) fn bound(self, keyword: &str) -> Option<f64> {
        self.0.get(keyword)?.as_f64()
    }

    /// The number of characters or entries that are accepted.
    pub(crate) fn has_length(self, length: usize, min: &str, max: &str) -> bool {
        let bound = |keyword: &str| usize::try_from(self.0.get(keyword)?.as_u64()?).ok();
        bound(min).is_none_or(|min| length >= min) && bound(max).is_none_or(|max| length <= max)
    }

    /// The bounds of a duration.
    pub(crate) fn durations(self) -> (Duration, Duration) {
        let bound = |keyword: &str| Duration::from_millis(self.0[keyword].as_u64().unwrap_or(0));
        (bound("x-min-millis"), bound("x-max-millis"))
    }

    pub(crate) fn matches(self, text: &str) -> bool {
        let pattern = self.0.get("pattern").and_then(Value::as_str);
        let regex = pattern.map(|pattern| Regex::new(pattern).expect("declared patterns compile"));
        regex.is_none_or(|regex| regex.is_match(text))
    }

    /// The noun for a text, such as `a session name`.
    pub(crate) fn noun(self) -> &'a str {
        self.0["title"].as_str().unwrap_or("such a text")
    }

    /// The meaning of the value.
    #[must_use]
    pub fn meaning(self) -> String {
        let first = self.paragraphs().next();
        let first = first.filter(|paragraph| !paragraph.starts_with("Accepted: "));
        first.unwrap_or_default()
    }

    /// The text after `Accepted` or `Left out` in the doc comment.
    #[must_use]
    pub fn clause(self, name: &str) -> Option<String> {
        self.paragraphs().find_map(|paragraph| {
            let clause = paragraph.strip_prefix(name)?.strip_prefix(": ")?;
            Some(clause.strip_suffix('.').unwrap_or(clause).to_owned())
        })
    }

    fn paragraphs(self) -> impl Iterator<Item = String> {
        let description = self.0["description"].as_str().unwrap_or_default();
        let paragraphs = description.split("\n\n");
        paragraphs.map(|paragraph| paragraph.replace('\n', " ").replace('`', ""))
    }

    /// The accepted values, as in messages.
    #[must_use]
    pub fn accepted(self) -> String {
        if let Some(accepted) = self.clause("Accepted") {
            return accepted;
        }
        let bounds = || {
            let bound = |keyword| self.bound(keyword).unwrap_or_default();
            format!("{} to {}", bound("minimum"), bound("maximum"))
        };
        match self.kind() {
            Kind::Section => format!("the keys {}", self.keys().join(", ")),
            Kind::Map => "a mapping".to_owned(),
            Kind::List => format!("a list, each entry {}", self.items().accepted()),
            Kind::Switch => "true or false".to_owned(),
            Kind::Duration => {
                let (min, max) = self.durations();
                let (min, max) = (duration::format(min), duration::format(max));
                format!("a duration of {min} to {max} with its unit, such as 30s or 5m")
            }
            Kind::Integer => format!("a whole number of {}", bounds()),
            Kind::Number => format!("a number of {}", bounds()),
            Kind::Text if !self.choices().is_empty() => self.choices().join(", "),
            Kind::Text if !self.has_length(0, "minLength", "maxLength") => {
                "a string that is not empty".to_owned()
            }
            Kind::Text | Kind::Any => "a string, quoted if YAML would read another type".to_owned(),
        }
    }
}
