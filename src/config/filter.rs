//! `filters` and `tags`: the resources that are read, and the tags that are shown.

use std::borrow::Cow;
use std::collections::BTreeMap;

use regex_lite::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::yaml::schema;

/// `filters`: the resources to read; all by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Filters {
    /// Fleets to read, selected by Name.
    pub fleets: NameFilter,
    /// Stacks to read, selected by Name.
    pub stacks: NameFilter,
    /// Pools to read, selected by PoolName.
    pub pools: NameFilter,
    /// Tags that a fleet must have, each with an expression for its value. Not applied to stacks and pools.
    ///
    /// Accepted: tag keys with regular expressions, such as {team: payments}.
    #[schemars(extend("propertyNames" = schema::of::<TagKey>()))]
    pub tags: BTreeMap<String, Pattern>,
}

impl Filters {
    /// Whether a fleet with these tags passes.
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

/// A filter by name. A name passes if `include` is empty or has a match, and `exclude`
/// has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NameFilter {
    /// Expressions to include; empty includes every name.
    ///
    /// Accepted: a list of regular expressions such as `[prod-.*]`.
    pub include: Vec<Pattern>,
    /// Expressions to exclude, even if included.
    ///
    /// Accepted: a list of regular expressions such as `[prod-.*]`.
    pub exclude: Vec<Pattern>,
}

impl NameFilter {
    /// Whether a name passes.
    #[must_use]
    pub fn accepts(&self, name: &str) -> bool {
        let matches = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(name));
        (self.include.is_empty() || matches(&self.include)) && !matches(&self.exclude)
    }
}

/// A regular expression that must match the whole of a text.
///
/// The syntax is that of the crate `regex-lite`: RE2 as in Prometheus, without Unicode
/// classes. Matching takes linear time.
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
    /// The problem, in one line.
    pub fn new(text: &str) -> Result<Self, String> {
        // Compiled alone first, so that an unbalanced `)` cannot close the anchoring group.
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

/// `tags`: the tags to show; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tags {
    /// Tag keys to show as labels of appstream_fleet_tags, appstream_stack_tags and workspaces_pool_tags.
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
