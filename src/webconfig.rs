//! The web configuration: TLS, passwords, headers and rate limit, in the file
//! format that Prometheus' exporters share (its home is prometheus/exporter-toolkit).
//!
//! Owns what the file may say, its messages, and what it means for a connection
//! and a request. Sockets and status codes are the server's.
//!
//! `node` (YAML with key paths) -> `file` (raw values) -> `tls`, `users`,
//! `limit` (checked values) -> [`Settings`]; [`Watched`] keeps them up to date.

mod client_certificates;
mod file;
mod key_files;
mod limit;
mod node;
mod p521;
mod tls;
mod users;
mod watch;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use key_files::LoadedFiles;
pub use limit::RateLimit;
pub use users::{Passwords, Users};
pub use watch::Watched;

/// What the file says, ready for use. [`Settings::default`] is no file: neither
/// TLS nor passwords.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How connections are encrypted; without it they are not.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Headers that every answer gets.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Who may ask; without any, everybody may.
    pub users: Arc<Users>,
    /// How often may be asked.
    pub rate_limit: Option<Arc<RateLimit>>,
    /// What is allowed, but does less than it seems to.
    warnings: Vec<String>,
}

/// A web configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read the web config file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not YAML.
    #[error("{}: not valid YAML: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What the parser says, with line and column.
        message: String,
    },
    /// The file is YAML, but says what cannot be done.
    #[error("{}", lines(path, problems))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// All that is wrong with it.
        problems: Vec<Problem>,
    },
}

/// One thing that is wrong: `key.path: what is wrong, what is accepted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: keys joined by dots, list entries as `[0]`; `(top level)` for the whole file.
    pub path: String,
    /// What is wrong, and what is accepted.
    pub message: String,
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

/// Reads and checks a web configuration, with the certificates that it names.
///
/// # Errors
/// [`Error::Unreadable`], [`Error::Syntax`], or [`Error::Invalid`] with every problem at once.
pub fn read(path: &Path) -> Result<Settings, Error> {
    settings(&LoadedFiles::load(path)?)
}

/// A message that quotes the file, in one line and without what moves a terminal.
fn printable(message: &str) -> String {
    let shown = |c: char| match c.is_control() {
        true => c.escape_debug().to_string(),
        false => c.to_string(),
    };
    message.chars().map(shown).collect()
}

fn settings(files: &LoadedFiles) -> Result<Settings, Error> {
    let path = files.path().to_owned();
    let document = files.document().map_err(|message| Error::Syntax {
        path: path.clone(),
        message: printable(&message),
    })?;
    let (raw, mut problems) = file::read(&document);
    let mut warnings = Vec::new();
    let tls = tls::build(&raw.tls, raw.http2, files, &mut problems, &mut warnings);
    if !problems.is_empty() {
        return Err(Error::Invalid { path, problems });
    }
    Ok(Settings {
        tls,
        headers: raw.headers,
        users: Arc::new(raw.users),
        rate_limit: raw.rate_limit.map(Arc::new),
        warnings,
    })
}
