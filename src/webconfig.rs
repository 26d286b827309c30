//! The web configuration: TLS, passwords, headers and rate limit, in the file
//! format that Prometheus' exporters share (its home is prometheus/exporter-toolkit).
//!
//! Owns what the file may say, its messages, and what it means for a connection
//! and a request. Sockets and status codes are the server's.
//!
//! `file` (the keys, read and checked by `yaml`) -> `tls`, `users`, `limit` (what they
//! mean) -> [`Settings`]; [`Reloadable`] has the active ones, and reloads them.

mod client_certificates;
mod file;
mod key_files;
mod limit;
mod p521;
mod reloadable;
mod tls;
mod users;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use http::{HeaderName, HeaderValue};

pub use crate::yaml::Error;
use crate::yaml::schema::{self, Schema};
use crate::yaml::{self, Scalars};
use file::WebConfigFile;
use key_files::LoadedFiles;
pub use limit::RateLimit;
pub use reloadable::{Reloadable, hash};
pub use users::{Passwords, Users};

/// The settings of the file. [`Settings::default`] is without a file: neither TLS nor passwords.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The TLS configuration; `None` without TLS.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Headers that every answer gets.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The users; without any, no password is needed.
    pub users: Arc<Users>,
    /// Every connection, including those from before a change, has shown a verified certificate.
    verifies_every_client: bool,
    /// The rate limit.
    pub rate_limit: Option<Arc<RateLimit>>,
    /// Warnings about settings without effect.
    warnings: Vec<String>,
}

impl Settings {
    /// Whether everyone who gets an answer has shown a password or a verified certificate.
    #[must_use]
    pub fn authenticates(&self) -> bool {
        !self.users.is_empty() || self.verifies_every_client
    }
}

/// Reads and checks a web configuration, with the certificates that it names.
///
/// # Errors
/// [`Error::Unreadable`], [`Error::Syntax`], or [`Error::Invalid`] with every problem at once.
pub fn read(path: &Path) -> Result<Settings, Error> {
    settings(&LoadedFiles::load(path)?)
}

/// The schema of the file.
static SCHEMA: LazyLock<serde_json::Value> = LazyLock::new(schema::of::<WebConfigFile>);

fn settings(files: &LoadedFiles) -> Result<Settings, Error> {
    let mut checked = yaml::check(&files.document()?, Schema::new(&SCHEMA), Scalars::Lenient);
    let file: WebConfigFile = checked.values();
    let mut warnings = Vec::new();
    let settings = Settings {
        headers: file.http_server_config.headers(&mut checked),
        users: Arc::new(file.users(&mut checked)),
        rate_limit: file.rate_limit.limit(&mut checked).map(Arc::new),
        tls: tls::build(
            &file.tls_server_config,
            file.http_server_config.http2,
            files,
            &mut checked,
            &mut warnings,
        ),
        verifies_every_client: file.tls_server_config.verifies_every_client(),
        warnings,
    };
    let (settings, _) = checked.finish(files.path(), settings)?;
    Ok(settings)
}
