//! Which resources are asked about and shown, and by which names of their tags.

use std::collections::BTreeMap;

use regex_lite::Regex;

/// `filters`: what is asked about and shown; everything by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// By `Name` of the fleet.
    pub fleets: NameFilter,
    /// By `Name` of the stack.
    pub stacks: NameFilter,
    /// By `PoolName` of the pool.
    pub pools: NameFilter,
    /// Tags that a fleet must have, each with a value that matches.
    pub tags: BTreeMap<String, Pattern>,
}

/// Names that are wanted: those that an entry of `include` matches, or all when
/// there is none, without those that an entry of `exclude` matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameFilter {
    /// Names that are wanted; empty for all.
    pub include: Vec<Pattern>,
    /// Names that are not, whatever `include` says.
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
#[derive(Clone, Debug)]
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

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

/// `tags`: which tags of fleets, stacks and pools are shown; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// Keys of tags that become labels of the families of tags, each once.
    pub labels: Vec<String>,
}
