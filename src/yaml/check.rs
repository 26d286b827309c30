//! A document against the schema of what it should be: all problems, each with its path.

use std::collections::BTreeSet;
use std::path::Path;

use regex_lite::Regex;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use serde_yaml::Value as Yaml;

use super::schema::{EXPRESSION, Kind, Schema};
use super::{Error, Problem, duration, join, printable, suggestions};

/// The rules for reading scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalars {
    /// As what YAML says they are.
    Strict,
    /// As the YAML library of Go does: a number is taken where a text is wanted, and
    /// `yes` where a switch is.
    Lenient,
}

/// A document that was compared with a schema.
#[derive(Debug)]
pub(crate) struct Checked {
    scalars: Scalars,
    values: Option<Json>,
    given: BTreeSet<String>,
    /// Sections of which one does not know what they leave out.
    unsure: BTreeSet<String>,
    problems: Vec<Problem>,
}

/// Compares a document with a schema.
pub(crate) fn check(document: &Yaml, schema: Schema<'_>, scalars: Scalars) -> Checked {
    let mut checked = Checked {
        scalars,
        values: None,
        given: BTreeSet::new(),
        unsure: BTreeSet::new(),
        problems: Vec::new(),
    };
    // An empty file leaves out every key.
    if !document.is_null() {
        checked.values = checked.value("", schema, document);
    }
    checked
}

impl Checked {
    /// The values; those that were refused, or that the file leaves out, are the defaults.
    pub(crate) fn values<T: DeserializeOwned + Default>(&mut self) -> T {
        let values = self.values.take().unwrap_or_else(|| Map::new().into());
        serde_json::from_value(values).unwrap_or_else(|error| {
            // The schema is that of the type, so this is a bug; it must not end a process.
            self.reject("", &printable(&error.to_string()), "another value");
            T::default()
        })
    }

    /// The key paths that hold a value, mappings and lists included. Paths only: values
    /// may be secret.
    pub(crate) fn given(&self) -> &BTreeSet<String> {
        &self.given
    }

    /// Whether nothing is wrong at a path or below it.
    pub(crate) fn is_sound(&self, path: &str) -> bool {
        let is_below = |other: &str| other.strip_prefix(path).is_some_and(is_end_of_key);
        !self.problems.iter().any(|problem| is_below(&problem.path))
    }

    /// Whether a section leaves out a key for certain: not where its value was refused,
    /// nor where an unknown key beside it may be a misspelling of it.
    pub(crate) fn leaves_out(&self, section: &str, key: &str) -> bool {
        let path = join(section, key);
        !self.given.contains(&path) && !self.unsure.contains(section) && self.is_sound(&path)
    }

    /// Notes a problem: what is wrong, then what is accepted.
    pub(crate) fn reject(&mut self, path: &str, wrong: &str, accepted: &str) {
        self.problems.push(Problem::new(path, wrong, accepted));
    }

    /// A value, or the problems of the file that it is from.
    pub(crate) fn finish<T>(self, path: &Path, value: T) -> Result<(T, BTreeSet<String>), Error> {
        if self.problems.is_empty() {
            return Ok((value, self.given));
        }
        Err(Error::Invalid {
            path: path.to_owned(),
            problems: self.problems,
        })
    }
}

fn is_end_of_key(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['.', '['])
}

/// The readers. Each notes what is wrong, and returns `None` for a value that it refuses.
impl Checked {
    fn value(&mut self, path: &str, schema: Schema<'_>, value: &Yaml) -> Option<Json> {
        let read = match schema.kind() {
            Kind::Section | Kind::Map => self.mapping(path, schema, value),
            Kind::List => self.list(path, schema, value),
            Kind::Text => self.text(path, schema, value),
            _ => self.scalar(path, schema, value),
        };
        if read.is_some() {
            self.given.insert(path.to_owned());
        }
        read
    }

    fn scalar(&mut self, path: &str, schema: Schema<'_>, value: &Yaml) -> Option<Json> {
        let read = match schema.kind() {
            Kind::Switch => self.switch(value).ok_or("is not a boolean"),
            Kind::Duration => duration(schema, value),
            Kind::Integer => integer(schema, value),
            Kind::Number => number(schema, value),
            _ => serde_json::to_value(value).map_err(|_| "is not a plain value"),
        };
        match read {
            Ok(read) => Some(read),
            Err(wrong) => self.refuse(path, schema, value, wrong),
        }
    }

    /// Notes what is wrong with a value as a whole.
    fn refuse(
        &mut self,
        path: &str,
        schema: Schema<'_>,
        value: &Yaml,
        wrong: &str,
    ) -> Option<Json> {
        let shown = describe(value, schema.is_secret());
        self.reject(path, &format!("{shown} {wrong}"), &schema.accepted());
        None
    }

    fn mapping(&mut self, path: &str, schema: Schema<'_>, value: &Yaml) -> Option<Json> {
        let Yaml::Mapping(mapping) = value else {
            self.unsure.insert(path.to_owned());
            return self.refuse(path, schema, value, "is not a mapping");
        };
        let mut values = Map::new();
        for (key, value) in mapping {
            let name = plain(key).unwrap_or_else(|| "(not a plain value)".to_owned());
            let path_of_key = join(path, &name);
            let read = match (schema.property(&name), schema.under("additionalProperties")) {
                // YAML's `refresh:` with all of its lines commented out means the defaults.
                (Some(_), _) if value.is_null() => None,
                (Some(schema), _) => self.value(&path_of_key, schema, value),
                (None, Some(values)) => {
                    let names = schema.under("propertyNames");
                    let is_name =
                        names.is_none_or(|names| self.text(&path_of_key, names, key).is_some());
                    let read = self.value(&path_of_key, values, value);
                    read.filter(|_| is_name)
                }
                (None, None) => {
                    let keys = schema.keys();
                    let wrong = format!("unknown key{}", suggestions::hint(&name, &keys));
                    self.reject(&path_of_key, &wrong, &keys.join(", "));
                    self.unsure.insert(path.to_owned());
                    None
                }
            };
            values.extend(read.map(|read| (name, read)));
        }
        Some(Json::Object(values))
    }

    fn list(&mut self, path: &str, schema: Schema<'_>, value: &Yaml) -> Option<Json> {
        let Yaml::Sequence(sequence) = value else {
            return self.refuse(path, schema, value, "is not a list");
        };
        if !schema.has_length(sequence.len(), "minItems", "maxItems") {
            self.reject(path, "the list is empty", &schema.accepted());
            return None;
        }
        let items = schema.items();
        let is_unique = schema.json()["uniqueItems"] == true;
        let mut entries = Vec::new();
        for (index, entry) in sequence.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match self.value(&path, items, entry) {
                Some(read) if is_unique && entries.contains(&read) => {
                    let shown = describe(entry, items.is_secret());
                    self.reject(&path, &format!("{shown} is listed twice"), "each once");
                }
                Some(read) => entries.push(read),
                // The sections behind it keep their numbers.
                None if items.kind() == Kind::Section => entries.push(Json::Object(Map::new())),
                None => {}
            }
        }
        Some(Json::Array(entries))
    }

    fn text(&mut self, path: &str, schema: Schema<'_>, value: &Yaml) -> Option<Json> {
        let text = match self.scalars {
            Scalars::Strict => value.as_str().map(str::to_owned),
            Scalars::Lenient => plain(value),
        };
        let Some(text) = text else {
            return self.refuse(path, schema, value, "is not a string");
        };
        let shown = describe(value, schema.is_secret());
        if let Some(wrong) = wrong_text(schema, &text, &shown) {
            self.reject(path, &wrong, &schema.accepted());
            return None;
        }
        Some(text.into())
    }

    fn switch(&self, value: &Yaml) -> Option<Json> {
        let read = match value.as_str() {
            None => value.as_bool(),
            Some(_) if self.scalars == Scalars::Strict => None,
            Some("y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON") => Some(true),
            Some("n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF") => Some(false),
            Some(_) => None,
        };
        read.map(Json::from)
    }
}

fn duration(schema: Schema<'_>, value: &Yaml) -> Result<Json, &'static str> {
    if value.is_number() {
        return Err("has no unit");
    }
    let text = value.as_str().unwrap_or_default();
    let (min, max) = schema.durations();
    match duration::parse(text) {
        Some(duration) if (min..=max).contains(&duration) => Ok(text.into()),
        Some(_) => Err("is out of range"),
        None => Err("is not a duration"),
    }
}

fn integer(schema: Schema<'_>, value: &Yaml) -> Result<Json, &'static str> {
    if !value.is_i64() && !value.is_u64() {
        return Err("is not a whole number");
    }
    number(schema, value)
}

fn number(schema: Schema<'_>, value: &Yaml) -> Result<Json, &'static str> {
    let read = value.as_f64().ok_or("is not a number")?;
    let is_within = schema.bound("minimum").is_none_or(|min| read >= min)
        && schema.bound("maximum").is_none_or(|max| read <= max);
    if !is_within {
        return Err("is out of range");
    }
    serde_json::to_value(value).map_err(|_| "is not a number")
}

/// The problem of a text.
fn wrong_text(schema: Schema<'_>, text: &str, shown: &str) -> Option<String> {
    let noun = schema.noun();
    let choices = schema.choices();
    if !choices.is_empty() && !choices.contains(&text) {
        let hint = suggestions::hint(text, &choices);
        return Some(format!("{shown} is not {noun}{hint}"));
    }
    let length = text.chars().count();
    if !schema.has_length(length, "minLength", "maxLength") {
        return Some(match length {
            0 => "the text is empty".to_owned(),
            _ => format!("the text has {length} characters"),
        });
    }
    if schema.json()["format"] == EXPRESSION
        && let Err(error) = Regex::new(text)
    {
        return Some(format!("{shown} is not {noun}: {error}"));
    }
    (!schema.matches(text)).then(|| format!("{shown} is not {noun}"))
}

/// A value as a message shows it.
fn describe(value: &Yaml, is_secret: bool) -> String {
    match value {
        value if is_secret => format!("{} (not shown)", kind(value)),
        Yaml::String(text) => format!("{text:?}"),
        Yaml::Bool(_) | Yaml::Number(_) => plain(value).unwrap_or_default(),
        value => kind(value).to_owned(),
    }
}

/// The type of a value.
fn kind(value: &Yaml) -> &'static str {
    match value {
        Yaml::Mapping(_) => "a mapping",
        Yaml::Sequence(_) => "a list",
        Yaml::Null => "nothing",
        Yaml::String(_) => "the text",
        Yaml::Bool(_) => "a boolean",
        Yaml::Number(_) => "a number",
        Yaml::Tagged(_) => "a tagged value",
    }
}

/// The text of a scalar; nothing is an empty text, as in Go.
fn plain(value: &Yaml) -> Option<String> {
    match value {
        Yaml::String(text) => Some(text.clone()),
        Yaml::Bool(flag) => Some(flag.to_string()),
        Yaml::Number(number) => Some(number.to_string()),
        Yaml::Null => Some(String::new()),
        Yaml::Mapping(_) | Yaml::Sequence(_) | Yaml::Tagged(_) => None,
    }
}
