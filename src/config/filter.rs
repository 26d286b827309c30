//! Which resources are asked about and shown, and by which names of their tags.

use std::borrow::Cow;
use std::collections::BTreeMap;

use regex_lite::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::yaml::schema;

/// `filters`: what is asked about and shown; everything by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Filters {
    /// Fleets by Name.
    pub fleets: NameFilter,
    /// Stacks by Name.
    pub stacks: NameFilter,
    /// Pools by PoolName.
    pub pools: NameFilter,
    /// Tags that a fleet must have, each with an expression that its whole value must match. Stacks and pools are not selected by tags.
    ///
    /// Accepted: tag keys with regular expressions, such as {team: payments}.
    #[schemars(extend("propertyNames" = schema::of::<TagKey>()))]
    pub tags: BTreeMap<String, Pattern>,
}

impl Filters {
    /// Whether a fleet with these tags is wanted.
    #[must_use]
    pub fn accept_tags(&self, tags: &BTreeMap<String, String>) -> bool {
        let matches = |key, pattern: &Pattern| {
            let value: Option<&String> = tags.get(key);
            value.is_some_and(|value| pattern.matches(value))
        };
        let mut wanted = self.tags.iter();
        wanted.all(|(key, pattern)| matches(key, pattern))
    }
}

/// Names that are wanted: those that an entry of `include` matches, or all when
/// there is none, without those that an entry of `exclude` matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NameFilter {
    /// Expressions of which one must match the whole name; none for every name.
    ///
    /// Accepted: a list of regular expressions such as `[prod-.*]`.
    pub include: Vec<Pattern>,
    /// Expressions of which none may match the whole name. `exclude` wins over `include`.
    ///
    /// Accepted: a list of regular expressions such as `[prod-.*]`.
    pub exclude: Vec<Pattern>,
}

impl NameFilter {
    /// Whether a name is wanted.
    #[must_use]
    pub fn accepts(&self, name: &str) -> bool {
        let matches = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(name));
        (self.include.is_empty() || matches(&self.include)) && !matches(&self.exclude)
    }

    /// Whether every name is wanted.
    #[must_use]
    pub fn accepts_all(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }
}

/// A regular expression that must match the whole of a text.
///
/// The syntax is that of Rust's `regex-lite`: RE2's, which Prometheus has too,
/// without Unicode classes. Matching takes time in proportion to the text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn new(text: &str) -> Result<Self, String> {
        // For itself first, so that nothing in it can end the group that anchors it.
        Regex::new(text).map_err(|error| error.to_string())?;
        let regex = Regex::new(&format!("^(?:{text})$")).map_err(|error| error.to_string())?;
        Ok(Self {
            text: text.to_owned(),
            regex,
        })
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole of a text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::new(&text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.text
    }
}

impl JsonSchema for Pattern {
    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "title": "a regular expression",
            "description": "Accepted: a regular expression in the syntax of RE2, such as prod-.*",
            "format": schema::EXPRESSION,
        })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

/// `tags`: which tags of fleets, stacks and pools are shown; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tags {
    /// Keys of tags that become labels of appstream_fleet_tags, appstream_stack_tags and workspaces_pool_tags, as tag_ and the key in snake case.
    ///
    /// Accepted: a list of tag keys such as `[team, cost-center]`.
    #[schemars(with = "Vec<TagKey>", extend("uniqueItems" = true, "x-reload" = "shown"))]
    pub labels: Vec<String>,
}

/// Accepted: the key of a tag, 1 to 128 characters.
#[derive(JsonSchema)]
#[schemars(title = "a tag key")]
struct TagKey(
    #[schemars(length(min = 1, max = 128))]
    #[expect(dead_code, reason = "this type is only a schema")]
    String,
);
