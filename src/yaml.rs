//! The reading of YAML files: syntax, values against a schema, and what is wrong with them.
//!
//! Shared by the configuration and the web configuration, and knows no key of either.
//! A file is parsed once. `check` compares it with the JSON Schema of a struct; what comes
//! of it holds every problem, and the values that are right.

mod check;
pub(crate) mod duration;
pub mod schema;
mod suggestions;
mod write;

use std::fmt;
use std::path::{Path, PathBuf};

pub(crate) use check::{Checked, Scalars, check};
use serde_yaml::Value;
pub use write::flow;

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("cannot read the {name} {}: {source}", path.display())]
    Unreadable {
        /// Which file it is, such as `config file`.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not YAML.
    #[error("{}: not valid YAML: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The parser's message, with line and column.
        message: String,
    },
    /// It is YAML with values that cannot be used.
    #[error("{}", lines(path, problems))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// All that is wrong with it.
        problems: Vec<Problem>,
    },
}

impl Error {
    pub(crate) fn unreadable(name: &'static str, path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        Self::Unreadable { name, path, source }
    }
}

/// One thing that is wrong: `key.path: what is wrong, what is accepted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: keys joined by dots, list entries as `[0]`; `(top level)` for the whole file.
    pub path: String,
    /// The problem, and the accepted values.
    pub message: String,
}

impl Problem {
    /// A problem at a path, which is empty for the whole file.
    pub(crate) fn new(path: &str, wrong: &str, accepted: &str) -> Self {
        Self {
            path: if path.is_empty() { "(top level)" } else { path }.to_owned(),
            message: format!("{wrong}, accepted: {accepted}"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

fn lines(path: &Path, problems: &[Problem]) -> String {
    let line = |problem: &Problem| format!("{}: {problem}", path.display());
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Parses the text of a file; `path` is only for the message.
///
/// # Errors
/// [`Error::Syntax`].
pub(crate) fn parse(text: &[u8], path: &Path) -> Result<Value, Error> {
    serde_yaml::from_slice(text).map_err(|error| Error::Syntax {
        path: path.to_owned(),
        message: printable(&error.to_string()),
    })
}

/// A text that quotes the file, in one line and without what moves a terminal.
fn printable(text: &str) -> String {
    let shown = |c: char| match c.is_control() {
        true => c.escape_debug().to_string(),
        false => c.to_string(),
    };
    text.chars().map(shown).collect()
}

/// The path of a key in a mapping.
#[must_use]
pub fn join(path: &str, key: &str) -> String {
    let key = if key.is_empty() { "\"\"" } else { key };
    let dot = if path.is_empty() { "" } else { "." };
    format!("{path}{dot}{}", printable(key))
}
