//! The composition root: builds the rooms, connects them, and sees them end.
//!
//! The only room that knows all the others. It holds no logic of its own
//! beyond what is started when, and what ends the process.

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
mod session_access;
mod shard;
mod snapshot_store;
mod supervisor;

use std::io::{self, Write};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::aws::ConnectError;
use crate::cli::{Cli, ListenAddress};
use crate::config::{self, Loaded};
use crate::exposition::Exposition;
use crate::history::History;
use crate::model::TargetRegion;
use crate::selfmetrics::{Build, SelfMetrics};
use crate::server::{self, About, Base, Inherited, Limits, Listener, Routes};
use crate::shutdown::{Hangups, Signals};
use crate::webconfig::Watched;
use crate::yaml;
use accounts::{Accounts, wall_clock};
use reload::{Live, Prepared, Triggers};
use snapshot_store::SnapshotStore;
use supervisor::Supervisor;

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
    let web = Watched::open(cli.web_config_file.clone().filter(|_| has_sockets));
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
        ended = work(&cli, loaded, (web, inherited), &stop, out) => ended,
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
    (web, inherited): (Watched, Option<Inherited>),
    stop: &CancellationToken,
    out: &mut impl Write,
) -> Result<(), Error> {
    if cli.once {
        let once = async {
            let mut accounts = Accounts::open(cli).await?;
            let prepared = Live::prepare(&mut accounts, cli, loaded).await?;
            let metrics = SelfMetrics::new();
            prepared.set_metrics(&metrics);
            once::once(&prepared.targets, metrics, out).await
        };
        let once = stop.run_until_cancelled(once).await;
        return once.unwrap_or(Err(Error::Interrupted));
    }
    let hangups = Hangups::listen().map_err(Error::Start)?;
    let open = async {
        let mut accounts = Accounts::open(cli).await?;
        let prepared = Live::prepare(&mut accounts, cli, loaded).await?;
        Ok::<_, Error>((accounts, prepared))
    };
    match stop.run_until_cancelled(open).await {
        Some(opened) => serve(cli, opened?, (web, inherited), hangups, stop).await,
        // Nothing has started.
        None => Ok(()),
    }
}

async fn serve(
    cli: &Cli,
    (accounts, prepared): (Accounts, Prepared),
    (web, inherited): (Watched, Option<Inherited>),
    hangups: Hangups,
    stop: &CancellationToken,
) -> Result<(), Error> {
    tracing::info!(
        version = Build::THIS.version,
        revision = Build::THIS.revision,
        demo = cli.demo,
        shard = cli.shard.index,
        total_shards = cli.shard.total,
        "started"
    );
    if cli.auto_reload && cli.config_file.is_none() {
        tracing::warn!("--config.auto-reload has no effect without --config.file");
    }
    let listeners = match inherited {
        Some(inherited) => inherited.listeners().map_err(Error::Inherit)?,
        None => listen(&cli.listen_addresses).await?,
    };
    let tls = web.current().tls.is_some();
    for listener in &listeners {
        tracing::info!(address = %listener, tls, "listening");
    }
    let metrics = SelfMetrics::new();
    let store = SnapshotStore::new();
    let supervisor = Supervisor::new(store.clone(), metrics.clone(), stop.clone());
    let web = Arc::new(web);
    let mut live = Live::new(cli, accounts, supervisor, metrics.clone(), Arc::clone(&web));
    live.apply(prepared).await;

    let exposition = Arc::new(Exposition::new(store.target_regions(), metrics));
    let (ask, requests) = mpsc::channel(1);
    let history = History::default();
    let routes = Routes::new(
        Arc::clone(&exposition),
        history.clone(),
        cli.telemetry_path.clone(),
        base(cli),
        cli.enable_lifecycle.then_some(ask),
        About {
            version: Build::THIS.version,
            revision: Build::THIS.revision,
            shard: cli.shard.index,
            total_shards: cli.shard.total,
            started_at: wall_clock(),
            wall_clock,
        },
    );
    let triggers = Triggers { hangups, requests };
    let mut tasks = JoinSet::new();
    let publish = move |target_regions: Vec<TargetRegion>| {
        history.sample(wall_clock(), &target_regions);
        exposition.publish(target_regions);
    };
    let rendering = store.render(publish, stop.clone());
    tasks.spawn(async move {
        rendering.await;
        Ok(())
    });
    let limits = Limits {
        connections: usize::try_from(cli.max_connections).unwrap_or(usize::MAX),
        scrapes: usize::try_from(cli.max_requests).unwrap_or(usize::MAX),
    };
    let (watched, stopped) = (Arc::clone(&web), stop.clone());
    tasks.spawn(async move {
        stopped.run_until_cancelled(reload::follow(watched)).await;
        Ok(())
    });
    let serving = server::serve(listeners, Arc::new(routes), web, limits, stop.clone());
    tasks.spawn(async move {
        serving.await;
        Ok(())
    });
    tasks.spawn(live.run(triggers, stop.clone()));
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    tracing::info!("stopped");
    Ok(())
}

async fn listen(addresses: &[ListenAddress]) -> Result<Vec<Listener>, Error> {
    let mut listeners = Vec::new();
    for address in addresses {
        let bound = match address {
            ListenAddress::Tcp { host, port } if host.is_empty() => Listener::all_addresses(*port),
            ListenAddress::Tcp { host, port } => Listener::tcp(host, *port).await,
            ListenAddress::Unix(path) => Listener::unix(path).await,
        };
        listeners.push(bound.map_err(|source| Error::Listen {
            address: address.to_string(),
            source,
        })?);
    }
    Ok(listeners)
}

/// Where the paths begin: those that are served, and those of links.
fn base(cli: &Cli) -> Base {
    let url = cli.external_url.as_ref();
    let outside = url.map(|url| url.path.clone());
    let prefix = cli.route_prefix.clone().or_else(|| outside.clone());
    let prefix = prefix.unwrap_or_default();
    let links = outside.unwrap_or_else(|| prefix.clone());
    let origin = url.map_or("", |url| url.origin.as_str());
    Base {
        home: format!("{origin}{links}/"),
        prefix,
        links,
    }
}
