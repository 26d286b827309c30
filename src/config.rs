//! The configuration: what the YAML file may say, and what the program runs on.
//!
//! Owns defaults, ranges and messages. Data crosses in one direction:
//! `file` (raw values) -> `validate` (checked, with defaults) -> [`Config`].
//! Every problem of a file is reported, not only the first.

mod file;
mod filter;
mod keys;
mod labels;
mod node;
mod print;
mod reference;
mod regions;
mod rendered;
mod schema;
mod suggestions;
mod target;
mod validate;

use std::collections::BTreeSet;
use std::fmt;
use std::hash::Hasher as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use filter::{Filters, NameFilter, Pattern, Tags};
pub use keys::key_paths;
pub use print::print;
pub use reference::reference;
pub use regions::{home_region_of, partition_of, partitions, regions_of};
pub use schema::schema;
pub use target::{Regions, Role, Secret, Target};

/// Everything the program runs on. [`Config::default`] is what an empty file gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// When AWS is asked, and how long answers count.
    pub refresh: Refresh,
    /// What is asked.
    pub collectors: Collectors,
    /// How sessions are asked for.
    pub sessions: Sessions,
    /// How hard AWS is asked.
    pub aws: Aws,
    /// What of it is asked about and shown; everything by default.
    pub filters: Filters,
    /// Which tags of fleets, stacks and pools are shown; none by default.
    pub tags: Tags,
    /// Whom: at least one, names distinct.
    pub targets: Vec<Target>,
}

impl Default for Config {
    fn default() -> Self {
        validate::validate(file::RawConfig::default()).expect("the defaults are valid")
    }
}

/// `refresh`: when AWS is asked, and how long answers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refresh {
    /// Time between the starts of two refreshes; default 60s, 1s to 24h.
    pub interval: Duration,
    /// When a refresh is ended; default five sixths of the interval, at most the interval.
    pub timeout: Duration,
    /// How long the last good values of something that fails are shown;
    /// default three intervals, at least one.
    pub max_age: Duration,
    /// How long stacks and associations are kept; default 10m, but at least one
    /// interval; each refresh when `sessions.economy` is off and this is not set.
    pub topology_interval: Duration,
}

/// `collectors`: what is asked; all on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collectors {
    /// Fleets and their capacity.
    pub appstream_fleets: bool,
    /// Stacks and associations.
    pub appstream_stacks: bool,
    /// Streaming sessions.
    pub appstream_sessions: bool,
    /// WorkSpaces Pools.
    pub workspaces_pools: bool,
    /// Sessions of WorkSpaces Pools.
    pub workspaces_pool_sessions: bool,
}

/// `sessions`: how sessions are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sessions {
    /// Authentication types to ask for, each once; default all that AWS documents.
    pub authentication_types: Vec<AuthenticationType>,
    /// Whether types without a session are asked for less often; default true.
    pub economy: bool,
    /// How long such a type is left alone; default 10m, 1s to 24h.
    pub recheck_interval: Duration,
}

/// An authentication type that `DescribeSessions` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticationType {
    /// Streaming URLs.
    Api,
    /// SAML 2.0 federation.
    Saml,
    /// The AppStream user pool.
    UserPool,
    /// Active Directory.
    AwsAd,
}

impl AuthenticationType {
    /// All of them, in the order of AWS's documentation.
    pub const ALL: [Self; 4] = [Self::Api, Self::Saml, Self::UserPool, Self::AwsAd];

    /// The value that goes over the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "API",
            Self::Saml => "SAML",
            Self::UserPool => "USERPOOL",
            Self::AwsAd => "AWS_AD",
        }
    }
}

/// `aws`: how hard AWS is asked, per account and region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aws {
    /// Requests per second and service, retries included; default 5, more than 0.
    pub requests_per_second: f64,
    /// Requests that may be sent at once after a pause, per service; default 10, at least 1.
    pub burst: u32,
    /// Requests under way at one time; default 8, 1 to 1000.
    pub max_concurrency: usize,
    /// How long one request may take, each retry on its own; default 10s, 100ms to 5m.
    pub request_timeout: Duration,
    /// Whether endpoints validated under FIPS 140 are used; by default as the AWS SDK's own settings say.
    pub use_fips: Option<bool>,
    /// Whether endpoints that also speak IPv6 are used; by default as the AWS SDK's own settings say.
    pub use_dual_stack: Option<bool>,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read the config file {}: {source}", path.display())]
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
    #[error("{}", .problems.lines(path))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// All that is wrong with it.
        problems: Problems,
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

/// Every problem of one file: those of single values first, in the order of the
/// documentation, then those between values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    fn lines(&self, path: &Path) -> String {
        self.0
            .iter()
            .map(|problem| format!("{}: {problem}", path.display()))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// A configuration, and what else is known of its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What the program runs on.
    pub config: Config,
    /// FNV-1a of the file's bytes, the lower 48 bits of 64, so that a sample holds
    /// it exactly; of no bytes when there is no file.
    pub hash: u64,
    /// The key paths that hold something in the file. Paths only: values may be secret.
    key_paths: BTreeSet<String>,
}

/// Reads and checks a configuration file; without one, the defaults.
///
/// # Errors
/// [`Error::Unreadable`], [`Error::Syntax`], or [`Error::Invalid`] with every problem at once.
pub fn read(path: Option<&Path>) -> Result<Loaded, Error> {
    let Some(path) = path else {
        return Ok(Loaded {
            config: Config::default(),
            hash: hash(&[]),
            key_paths: BTreeSet::new(),
        });
    };
    let text = std::fs::read_to_string(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let document = parsed(&text, path)?;
    Ok(Loaded {
        config: check(&document, path)?,
        hash: hash(text.as_bytes()),
        key_paths: node::paths(&document),
    })
}

/// Reads and checks a configuration file.
///
/// # Errors
/// [`Error::Unreadable`], [`Error::Syntax`], or [`Error::Invalid`] with every problem at once.
pub fn load(path: &Path) -> Result<Config, Error> {
    read(Some(path)).map(|loaded| loaded.config)
}

/// Checks the text of a configuration file; `path` is only for the messages.
///
/// # Errors
/// [`Error::Syntax`], or [`Error::Invalid`] with every problem at once.
pub fn parse(text: &str, path: &Path) -> Result<Config, Error> {
    check(&parsed(text, path)?, path)
}

fn parsed(text: &str, path: &Path) -> Result<serde_yaml::Value, Error> {
    serde_yaml::from_str(text).map_err(|error| Error::Syntax {
        path: path.to_owned(),
        message: printable(&error.to_string()),
    })
}

/// A message that quotes the file, in one line and without what moves a terminal.
fn printable(message: &str) -> String {
    let shown = |c: char| match c.is_control() {
        true => c.escape_debug().to_string(),
        false => c.to_string(),
    };
    message.chars().map(shown).collect()
}

fn check(document: &serde_yaml::Value, path: &Path) -> Result<Config, Error> {
    validate::validate(file::read(document)).map_err(|problems| Error::Invalid {
        path: path.to_owned(),
        problems,
    })
}

/// Bits of a hash: an `f64`, which samples are, holds whole numbers of 53.
const HASH_BITS: u32 = 48;

/// Hash of a file's content: [`Loaded::hash`].
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = fnv::FnvHasher::default();
    hasher.write(bytes);
    hasher.finish() & ((1 << HASH_BITS) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_the_lower_bits_of_fnv_1a() {
        // The vectors of the algorithm's authors are cbf29ce484222325 and af63dc4c8601ec8c.
        assert_eq!(hash(b""), 0x9ce4_8422_2325);
        assert_eq!(hash(b"a"), 0xdc4c_8601_ec8c);
        assert_eq!(read(None).unwrap().hash, hash(b""));
    }

    #[test]
    fn derived_durations_can_be_written_in_a_file() {
        let config = parse("refresh: {interval: 1s}", Path::new("test.yaml")).unwrap();
        assert_eq!(
            config.refresh.timeout,
            std::time::Duration::from_millis(833)
        );
    }
}
