//! Command-line flags and their environment variables.

mod listen_address;
mod paths;
mod shard;

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use clap::builder::{BoolishValueParser, Resettable};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{
    Arg, ArgAction, ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, ValueEnum,
};

pub use listen_address::ListenAddress;
pub use paths::ExternalUrl;
use paths::{external_url, route_prefix, telemetry_path};
pub use shard::Shard;

const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (revision ",
    env!("APPSTREAM_EXPORTER_REVISION"),
    ", rustc ",
    env!("APPSTREAM_EXPORTER_RUSTVERSION"),
    ")"
);

/// Prometheus exporter for AWS AppStream 2.0 (WorkSpaces Applications) fleets and sessions and for WorkSpaces Pools.
///
/// Needs no configuration if AWS credentials and a region are in the environment.
#[derive(Clone, Debug, Parser)]
#[command(name = "appstream-exporter", version = VERSION, max_term_width = 100)]
pub struct Cli {
    /// Configuration file; without one, defaults apply.
    #[arg(
        long = "config.file",
        env = "APPSTREAM_EXPORTER_CONFIG_FILE",
        value_name = "FILE"
    )]
    pub config_file: Option<PathBuf>,

    /// Check the configuration files, print all problems and exit: 0, or 64 if there are any.
    #[arg(long = "config.check", env = "APPSTREAM_EXPORTER_CONFIG_CHECK", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub config_check: bool,

    /// Print effective values with their origins and exit: 0, or 64 if the file is invalid.
    #[arg(long = "config.print", env = "APPSTREAM_EXPORTER_CONFIG_PRINT", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub config_print: bool,

    /// Reload the configuration file when its content changes, including a mounted Kubernetes ConfigMap.
    #[arg(long = "config.auto-reload", env = "APPSTREAM_EXPORTER_CONFIG_AUTO_RELOAD", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub auto_reload: bool,

    /// Address to listen on: host:port, :port or unix:/path. Repeatable; separate with commas in the environment.
    #[arg(
        long = "web.listen-address",
        env = "APPSTREAM_EXPORTER_WEB_LISTEN_ADDRESS",
        value_name = "ADDRESS",
        default_value = ":10190",
        value_delimiter = ','
    )]
    pub listen_addresses: Vec<ListenAddress>,

    /// Listen on systemd's sockets instead of --web.listen-address. Linux only.
    #[arg(long = "web.systemd-socket", env = "APPSTREAM_EXPORTER_WEB_SYSTEMD_SOCKET", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub systemd_socket: bool,

    /// Web configuration file of the Prometheus exporter toolkit: TLS, passwords, headers, rate limit. Reloaded on change.
    #[arg(
        long = "web.config.file",
        env = "APPSTREAM_EXPORTER_WEB_CONFIG_FILE",
        value_name = "FILE"
    )]
    pub web_config_file: Option<PathBuf>,

    /// External URL of the exporter, for example behind a proxy. Its path is used in links.
    #[arg(
        long = "web.external-url",
        env = "APPSTREAM_EXPORTER_WEB_EXTERNAL_URL",
        value_name = "URL",
        value_parser = external_url
    )]
    pub external_url: Option<ExternalUrl>,

    /// Prefix of all paths. Defaults to the path of --web.external-url.
    #[arg(
        long = "web.route-prefix",
        env = "APPSTREAM_EXPORTER_WEB_ROUTE_PREFIX",
        value_name = "PATH",
        value_parser = route_prefix
    )]
    pub route_prefix: Option<String>,

    /// Maximum number of connections. When it is reached, the longest-idle connection is closed.
    #[arg(
        long = "web.max-connections",
        env = "APPSTREAM_EXPORTER_WEB_MAX_CONNECTIONS",
        value_name = "N",
        default_value_t = 512,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub max_connections: u32,

    /// Maximum number of concurrent scrapes; more get a 503. Use 0 for no limit.
    #[arg(
        long = "web.max-requests",
        env = "APPSTREAM_EXPORTER_WEB_MAX_REQUESTS",
        value_name = "N",
        default_value_t = 40
    )]
    pub max_requests: u32,

    /// Path of the metrics.
    #[arg(
        long = "web.telemetry-path",
        env = "APPSTREAM_EXPORTER_WEB_TELEMETRY_PATH",
        value_name = "PATH",
        default_value = "/metrics",
        value_parser = telemetry_path
    )]
    pub telemetry_path: String,

    /// Enable POST /-/reload, which reloads the configuration file.
    #[arg(long = "web.enable-lifecycle", env = "APPSTREAM_EXPORTER_WEB_ENABLE_LIFECYCLE", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub enable_lifecycle: bool,

    /// Lowest severity to log.
    #[arg(
        long = "log.level",
        env = "APPSTREAM_EXPORTER_LOG_LEVEL",
        value_name = "LEVEL",
        default_value = "info",
        ignore_case = true
    )]
    pub log_level: LogLevel,

    /// Format of the log on standard error.
    #[arg(
        long = "log.format",
        env = "APPSTREAM_EXPORTER_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "logfmt",
        ignore_case = true
    )]
    pub log_format: LogFormat,

    /// Refresh once, print the metrics and exit: 0, or 1 if a collector failed.
    #[arg(long, env = "APPSTREAM_EXPORTER_ONCE", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub once: bool,

    /// Show a simulated company instead of AWS; configured targets are ignored.
    #[arg(long, env = "APPSTREAM_EXPORTER_DEMO", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub demo: bool,

    /// Number of this shard, from 0. Defaults to the ordinal in POD_NAME or HOSTNAME.
    #[arg(long = "shard", env = "APPSTREAM_EXPORTER_SHARD", value_name = "N")]
    shard_number: Option<u32>,

    /// Number of exporters that share the targets.
    #[arg(
        long = "total-shards",
        env = "APPSTREAM_EXPORTER_TOTAL_SHARDS",
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    total_shards: u32,

    /// This process, by the flags or by the name of the pod.
    #[arg(skip)]
    pub shard: Shard,

    /// All flags with their values and origins.
    #[arg(skip)]
    settings: Vec<Setting>,
}

/// A flag with its effective value.
#[derive(Clone, Debug)]
struct Setting {
    flag: String,
    /// As it was written; `None` when there is none.
    value: Option<String>,
    /// `default`, `flag`, or `environment` and the variable.
    origin: String,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().unwrap_or("none");
        // A line break would end the line that it is shown in.
        let value = value.escape_debug();
        write!(f, "--{}: {value}  # {}", self.flag, self.origin)
    }
}

/// The settings of all flags.
fn settings(command: &clap::Command, matches: &ArgMatches) -> Vec<Setting> {
    let setting = |flag: &Arg| {
        let name = flag.get_id().as_str();
        let values = matches.get_raw(name);
        let values = values.map(|values| values.map(OsStr::to_string_lossy).collect::<Vec<_>>());
        let origin = match (matches.value_source(name), flag.get_env()) {
            (Some(ValueSource::CommandLine), _) => "flag".to_owned(),
            (Some(ValueSource::EnvVariable), Some(variable)) => {
                format!("environment {}", variable.to_string_lossy())
            }
            _ => "default".to_owned(),
        };
        Some(Setting {
            flag: flag.get_long()?.to_owned(),
            value: values.map(|values| values.join(",")),
            origin,
        })
    };
    // `--help` and `--version` have no value: they end the process.
    let holds = |flag: &&Arg| !matches!(flag.get_action(), ArgAction::Help | ArgAction::Version);
    command
        .get_arguments()
        .filter(holds)
        .filter_map(setting)
        .collect()
}

impl Cli {
    /// Reads the command line and the environment; ends the process if they are invalid.
    ///
    /// An empty variable counts as not set, because compose files and charts leave optional
    /// values empty.
    #[must_use]
    pub fn read() -> Self {
        let mut command = Self::command();
        let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
        let open: Vec<_> = command
            .get_arguments()
            .filter(|flag| flag.get_env().is_some_and(is_empty))
            .map(|flag| flag.get_id().clone())
            .collect();
        for flag in open {
            command = command.mut_arg(flag, |flag| flag.env(Resettable::Reset));
        }
        let matches = command.get_matches_mut();
        let mut cli = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        let env = |name: &str| std::env::var(name).ok();
        cli.shard = Shard::of(cli.shard_number, cli.total_shards, env)
            .unwrap_or_else(|wrong| command.error(ErrorKind::ValueValidation, wrong).exit());
        cli.settings = settings(&command, &matches);
        let shard = cli.setting_of_shard();
        cli.settings.extend(shard);
        cli
    }

    /// All flags that [`Cli::read`] has read, each with its value and its origin: `default`,
    /// `flag`, or `environment` and the variable.
    pub fn settings(&self) -> impl Iterator<Item = String> {
        self.settings.iter().map(Setting::to_string)
    }

    /// The shard's number and its origin, if it is not from the flag.
    fn setting_of_shard(&mut self) -> Option<Setting> {
        if self.shard_number.is_some() || self.total_shards == 1 {
            return None;
        }
        let (variable, _) = shard::pod_name(|name| std::env::var(name).ok())?;
        self.settings.retain(|setting| setting.flag != "shard");
        Some(Setting {
            flag: "shard".to_owned(),
            value: Some(self.shard.index.to_string()),
            origin: format!("environment {variable}"),
        })
    }
}

/// Lowest severity to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Every call.
    Debug,
    /// Starts, stops, first refreshes, and collectors that work again.
    Info,
    /// Degraded operation.
    Warn,
    /// Problems that need action.
    Error,
}

/// Format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// `key=value`, one message a line.
    Logfmt,
    /// One JSON object a line.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_consistent() {
        Cli::command().debug_assert();
    }
}
