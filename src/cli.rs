//! Flags, and the environment variables that stand for them.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{BoolishValueParser, Resettable};
use clap::{ArgAction, CommandFactory as _, FromArgMatches as _, Parser, ValueEnum};

const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (revision ",
    env!("APPSTREAM_EXPORTER_REVISION"),
    ", rustc ",
    env!("APPSTREAM_EXPORTER_RUSTVERSION"),
    ")"
);

/// Paths that the server keeps for itself.
const RESERVED_PATHS: [&str; 2] = ["/-/healthy", "/-/ready"];

/// Prometheus exporter for AWS AppStream 2.0 (WorkSpaces Applications) fleets and sessions and for WorkSpaces Pools.
///
/// With AWS credentials and a region in the environment it needs no configuration.
#[derive(Clone, Debug, Parser)]
#[command(name = "appstream-exporter", version = VERSION, max_term_width = 100)]
pub struct Cli {
    /// Configuration file; without it no file is read and the defaults hold.
    #[arg(
        long = "config.file",
        env = "APPSTREAM_EXPORTER_CONFIG_FILE",
        value_name = "FILE"
    )]
    pub config_file: Option<PathBuf>,

    /// Check the configuration file, say what is wrong with it, and exit: 0 when nothing is, else 64.
    #[arg(long = "config.check", env = "APPSTREAM_EXPORTER_CONFIG_CHECK", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub config_check: bool,

    /// Address to listen on, as host:port or :port for all addresses of this host. Repeatable; in the environment separated by commas.
    #[arg(
        long = "web.listen-address",
        env = "APPSTREAM_EXPORTER_WEB_LISTEN_ADDRESS",
        value_name = "ADDRESS",
        default_value = ":10190",
        value_delimiter = ','
    )]
    pub listen_addresses: Vec<ListenAddress>,

    /// Path under which the metrics are served.
    #[arg(
        long = "web.telemetry-path",
        env = "APPSTREAM_EXPORTER_WEB_TELEMETRY_PATH",
        value_name = "PATH",
        default_value = "/metrics",
        value_parser = telemetry_path
    )]
    pub telemetry_path: String,

    /// Least severe messages to log.
    #[arg(
        long = "log.level",
        env = "APPSTREAM_EXPORTER_LOG_LEVEL",
        value_name = "LEVEL",
        default_value = "info",
        ignore_case = true
    )]
    pub log_level: LogLevel,

    /// Format of the log, which goes to standard error.
    #[arg(
        long = "log.format",
        env = "APPSTREAM_EXPORTER_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "logfmt",
        ignore_case = true
    )]
    pub log_format: LogFormat,

    /// Refresh once, print the exposition on standard output, and exit: 0, or 1 when a collector failed.
    #[arg(long, env = "APPSTREAM_EXPORTER_ONCE", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub once: bool,

    /// Show a simulated company instead of an AWS account. Needs no AWS; targets of the configuration are ignored.
    #[arg(long, env = "APPSTREAM_EXPORTER_DEMO", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub demo: bool,
}

impl Cli {
    /// Reads the command line and the environment; ends the process when they make no sense.
    ///
    /// A variable that is set but empty counts as not set: that is how
    /// compose files and charts leave a choice open.
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
        Self::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
    }
}

/// Where to listen: `host:port`, or `:port` for all addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    /// Host name or address, without brackets; empty for all addresses.
    pub host: String,
    /// TCP port; 0 lets the system choose.
    pub port: u16,
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let accepted =
            "accepted: host:port, [IPv6 address]:port, or :port for all addresses of this host";
        let (host, port) = text
            .rsplit_once(':')
            .ok_or_else(|| format!("no port, {accepted}"))?;
        let port = port
            .parse()
            .map_err(|_| format!("{port:?} is not a port, {accepted}"))?;
        let bracketed = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        if bracketed.is_none() && host.contains(':') {
            return Err(format!("an IPv6 address without brackets, {accepted}"));
        }
        Ok(Self {
            host: bracketed.unwrap_or(host).to_owned(),
            port,
        })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

fn telemetry_path(text: &str) -> Result<String, String> {
    let plain =
        |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'"' | b'<' | b'>');
    if !text.starts_with('/') || !text.bytes().all(plain) {
        return Err(
            "accepted: a path that begins with / and has no query, such as /metrics".to_owned(),
        );
    }
    if RESERVED_PATHS.contains(&text) {
        return Err(format!("{text} is taken, accepted: any other path"));
    }
    Ok(text.to_owned())
}

/// Least severe messages to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Every call.
    Debug,
    /// Starts, stops, first refreshes, and collectors that work again.
    Info,
    /// What is degraded.
    Warn,
    /// What someone must act on.
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
    fn listen_addresses() {
        let cases = [
            (":10190", Ok(("", 10190))),
            ("0.0.0.0:0", Ok(("0.0.0.0", 0))),
            ("localhost:80", Ok(("localhost", 80))),
            (" localhost:80 ", Ok(("localhost", 80))),
            ("[::1]:9", Ok(("::1", 9))),
            ("::1:9", Err("an IPv6 address without brackets")),
            ("localhost", Err("no port")),
            (":", Err("\"\" is not a port")),
            (":70000", Err("\"70000\" is not a port")),
        ];
        for (text, expected) in cases {
            match (text.parse::<ListenAddress>(), expected) {
                (Ok(address), Ok((host, port))) => {
                    assert_eq!((address.host.as_str(), address.port), (host, port))
                }
                (Err(error), Err(start)) => assert!(error.starts_with(start), "{text}: {error}"),
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
    }

    #[test]
    fn flags_are_consistent() {
        Cli::command().debug_assert();
    }
}
