//! The composition root: connects the modules, and sees them end.
//!
//! The only module that imports all others. Finds the targets, regions and accounts of a
//! configuration, and starts, changes and stops their tasks:
//!
//! - `accounts`, `shard`, `plan`: the target regions of a configuration.
//! - `candidate`, `search`, `searches`, `region_wait`: the regions that are not known yet.
//! - `supervisor`, `snapshot_store`: the running target regions, and their newest snapshots.
//! - `file_changes`, `reload`, `session_access`: when a new configuration is applied, or rejected.
//! - `once`, `demo`, `serve`: the modes.

mod accounts;
mod candidate;
#[cfg(feature = "simulator")]
mod demo;
mod file_changes;
mod once;
mod plan;
mod region_wait;
mod reload;
mod search;
mod searches;
mod serve;
mod session_access;
mod shard;
mod snapshot_store;
mod supervisor;

use std::io::{self, Write};

use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use crate::aws::ConnectError;
use crate::cli::Cli;
use crate::config::{self, Loaded};
use crate::selfmetrics::SelfMetrics;
use crate::server::Inherited;
use crate::shutdown::{Hangups, Signals};
use crate::webconfig::Reloadable;
use crate::yaml;
use reload::Opened;

/// An error that ends the process.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration file or the web configuration file cannot be used.
    #[error(transparent)]
    Config(#[from] yaml::Error),
    /// Neither of the two can.
    #[error("{0}\n{1}")]
    Both(yaml::Error, yaml::Error),
    /// A target has no region, or certificates to trust that cannot be read.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// `--demo` in a build without the simulator.
    #[error(
        "--demo: this build has no simulator; rebuild with the default cargo feature `simulator`"
    )]
    NoSimulator,
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another with --web.listen-address")]
    Listen {
        /// The address as it was given.
        address: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The sockets that systemd should have handed over.
    #[error("cannot use --web.systemd-socket: {0}")]
    Inherit(#[source] io::Error),
    /// The system refuses something without which the process cannot run.
    #[error("cannot start: {0}")]
    Start(#[source] io::Error),
    /// Standard output is closed.
    #[error("cannot write to standard output: {0}")]
    Output(#[source] io::Error),
    /// `--once`, and a collector failed. It has been logged.
    #[error("a collector failed")]
    CollectorFailed,
    /// A part of the program broke off, which is a bug.
    #[error("a task panicked, please report this: {0}")]
    Task(#[from] JoinError),
    /// A signal before `--once` was done.
    #[error("stopped by a signal before the refresh ended")]
    Interrupted,
    /// The second signal.
    #[error("aborted by a second signal")]
    Aborted,
}

impl Error {
    /// Whether the configuration must be changed before another start can succeed.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::Config(_) | Self::Both(..) | Self::Connect(_) | Self::NoSimulator
        )
    }
}

/// Runs the program that the flags select, until it is done or the process is stopped.
/// `inherited` are the sockets that the process was started with.
///
/// # Errors
/// [`Error`], for everything but an orderly end.
pub async fn run(
    cli: Cli,
    inherited: Option<Inherited>,
    out: &mut impl Write,
) -> Result<(), Error> {
    let loaded = config::read(cli.config_file.as_deref());
    // Without sockets the web configuration is not used.
    let has_sockets = !cli.once && !cli.config_print || cli.config_check;
    let web = Reloadable::open(cli.web_config_file.clone().filter(|_| has_sockets));
    let (loaded, web) = match (loaded, web) {
        (Err(config), Err(web)) => return Err(Error::Both(config, web)),
        (loaded, web) => (loaded?, web?),
    };
    if has_sockets {
        session_access::check(&loaded.config, &cli, &web)?;
    }
    if cli.config_check {
        return check(&cli, out).map_err(Error::Output);
    }
    if cli.config_print {
        return print(&cli, &loaded, out).map_err(Error::Output);
    }
    // From the start: without handlers a process with the id 1, as in a container, cannot be ended.
    let signals = Signals::listen().map_err(Error::Start)?;
    let stop = CancellationToken::new();
    tokio::select! {
        ended = work(&cli, loaded, web, inherited, &stop, out) => ended,
        () = signals.watch(stop.clone()) => Err(Error::Aborted),
    }
}

/// Says that nothing is wrong.
fn check(cli: &Cli, out: &mut impl Write) -> io::Result<()> {
    let subject = cli
        .config_file
        .as_ref()
        .map_or("the defaults".to_owned(), |path| path.display().to_string());
    writeln!(out, "{subject}: valid")?;
    match &cli.web_config_file {
        Some(path) => writeln!(out, "{}: valid", path.display()),
        None => Ok(()),
    }
}

/// Flags, as comments, and the configuration that holds.
fn print(cli: &Cli, loaded: &config::Loaded, out: &mut impl Write) -> io::Result<()> {
    for setting in cli.settings() {
        writeln!(out, "# {setting}")?;
    }
    let env = |name: &str| std::env::var(name).ok();
    write!(out, "{}", config::print(loaded, env))?;
    out.flush()
}

/// Runs the selected mode until `stop`.
async fn work(
    cli: &Cli,
    loaded: Loaded,
    web: Reloadable,
    inherited: Option<Inherited>,
    stop: &CancellationToken,
    out: &mut impl Write,
) -> Result<(), Error> {
    if cli.once {
        let once = async {
            let opened = Opened::open(cli, loaded).await?;
            let metrics = SelfMetrics::new();
            opened.prepared.set_metrics(&metrics);
            once::once(&opened.prepared.targets, metrics, out).await
        };
        let once = stop.run_until_cancelled(once).await;
        return once.unwrap_or(Err(Error::Interrupted));
    }
    let hangups = Hangups::listen().map_err(Error::Start)?;
    match stop.run_until_cancelled(Opened::open(cli, loaded)).await {
        Some(opened) => serve::serve(cli, opened?, web, inherited, hangups, stop).await,
        // Nothing has started.
        None => Ok(()),
    }
}
