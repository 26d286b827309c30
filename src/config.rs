//! The configuration: a key of the YAML file is a field of [`Config`] or of a struct in it.
//!
//! Its doc comment, type, default and attributes are its only declaration. The checks and
//! messages of `yaml`, `config.schema.json`, the reference in `docs/configuration.md` and
//! `--config.print` are derived from them. `rules` checks keys that depend on each other.
//! All problems of a file are reported at once.

mod cloudwatch;
mod collectors;
mod filter;
mod labels;
mod print;
mod regions;
mod rules;
mod sections;
mod target;

use std::collections::BTreeSet;
use std::hash::Hasher as _;
use std::path::Path;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::yaml::Error;
use crate::yaml::schema::{self, Schema};
use crate::yaml::{self, Scalars};
pub use cloudwatch::Cloudwatch;
pub use collectors::Collectors;
pub use filter::{Filters, NameFilter, Pattern, Tags};
pub use print::print;
pub use regions::{home_region_of, partition_of, partitions, regions_of};
pub use sections::{Account, AuthenticationType, Aws, Images, Quotas, Refresh, Scaling, Sessions};
pub use target::{Regions, Role, Secret, Target, TargetSessions};

/// The whole configuration. [`Config::default`] is that of an empty file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The timer that reads AWS, and the age limit of values.
    pub refresh: Refresh,
    /// Collectors; a collector that is off has no series.
    pub collectors: Collectors,
    /// Reads of sessions, and their list.
    pub sessions: Sessions,
    /// Reads of images.
    pub images: Images,
    /// Reads of account settings.
    pub account: Account,
    /// Reads of scaling settings and activities.
    pub scaling: Scaling,
    /// Reads of AppStream quotas, and additional ones.
    pub quotas: Quotas,
    /// Reads of CloudWatch metrics, if collectors.cloudwatch is true.
    pub cloudwatch: Cloudwatch,
    /// Request limits for each region of each target, and endpoints.
    pub aws: Aws,
    /// The resources to read; all by default.
    pub filters: Filters,
    /// The tags to show.
    pub tags: Tags,
    /// Accounts and their regions.
    ///
    /// Accepted: a list of at least one target, such as {name: default, regions: `[eu-west-1]`}, or no targets key at all.
    ///
    /// Left out: one target, with the credentials that the AWS SDK finds.
    #[schemars(length(min = 1))]
    pub targets: Vec<Target>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            refresh: Refresh::default(),
            collectors: Collectors::default(),
            sessions: Sessions::default(),
            images: Images::default(),
            account: Account::default(),
            scaling: Scaling::default(),
            quotas: Quotas::default(),
            cloudwatch: Cloudwatch::default(),
            aws: Aws::default(),
            filters: Filters::default(),
            tags: Tags::default(),
            targets: vec![Target::default()],
        }
    }
}

/// The schema of the file, as it is derived. It has no rule between keys.
#[must_use]
pub fn schema() -> Schema<'static> {
    static SCHEMA: LazyLock<serde_json::Value> = LazyLock::new(schema::of::<Config>);
    Schema::new(&SCHEMA)
}

/// A configuration with the hash and the keys of its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The lower 48 bits of the FNV-1a hash of the file, which a sample can hold exactly;
    /// of zero bytes without a file.
    pub hash: u64,
    /// The key paths that the file sets. Paths only: values may be secret.
    key_paths: BTreeSet<String>,
}

/// The name of the file in messages.
const NAME: &str = "config file";

/// Reads and checks a configuration file; without one, the defaults.
///
/// # Errors
/// [`Error::Unreadable`], [`Error::Syntax`], or [`Error::Invalid`] with every problem at once.
pub fn read(path: Option<&Path>) -> Result<Loaded, Error> {
    load(&read_text(path)?, path)
}

/// Reads the text of a configuration file; without one, there is none.
///
/// # Errors
/// [`Error::Unreadable`].
pub fn read_text(path: Option<&Path>) -> Result<String, Error> {
    path.map_or(Ok(String::new()), |path| {
        std::fs::read_to_string(path).map_err(|source| Error::unreadable(NAME, path, source))
    })
}

/// Checks the text of a configuration file.
///
/// # Errors
/// [`Error::Syntax`], or [`Error::Invalid`] with every problem at once.
pub fn load(text: &str, path: Option<&Path>) -> Result<Loaded, Error> {
    let (config, key_paths) = checked(text, path.unwrap_or(Path::new("")))?;
    Ok(Loaded {
        config,
        hash: hash(text.as_bytes()),
        key_paths,
    })
}

/// Checks the text of a configuration file; `path` is only for the messages.
///
/// # Errors
/// [`Error::Syntax`], or [`Error::Invalid`] with every problem at once.
pub fn parse(text: &str, path: &Path) -> Result<Config, Error> {
    checked(text, path).map(|(config, _)| config)
}

/// The error for a file that could not be read in time.
#[must_use]
pub fn timed_out(path: &Path) -> Error {
    Error::unreadable(NAME, path, std::io::ErrorKind::TimedOut.into())
}

/// A configuration, and the key paths that its text holds.
fn checked(text: &str, path: &Path) -> Result<(Config, BTreeSet<String>), Error> {
    let document = yaml::parse(text.as_bytes(), path)?;
    let mut checked = yaml::check(&document, schema(), Scalars::Strict);
    let mut config: Config = checked.values();
    rules::complete(&mut config, &checked);
    rules::check(&config, &mut checked);
    checked.finish(path, config)
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
    fn an_empty_file_gives_the_defaults() {
        for text in ["", "refresh:\ntargets:\n", "targets: [{}]"] {
            assert_eq!(
                parse(text, Path::new("test.yaml")).unwrap(),
                Config::default()
            );
        }
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
