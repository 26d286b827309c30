//! The composition root: builds the rooms, connects them, and sees them end.
//!
//! The only room that knows all the others. It holds no logic of its own
//! beyond what is started when, and what ends the process.

#[cfg(feature = "simulator")]
mod demo;
mod publisher;
mod world;

use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use futures_util::future::join_all;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::aws::{Client, ConnectError};
use crate::cli::{Cli, ListenAddress};
use crate::config::{self, Config};
use crate::exposition::{Encoding, Exposition};
use crate::scheduler::Scheduler;
use crate::selfmetrics::{Build, SelfMetrics};
use crate::server::{self, RegionId, Routes};
use crate::shutdown::Signals;
use publisher::Publisher;
use world::World;

/// Connections that may wait to be accepted, as many as tokio's own listeners hold.
const BACKLOG: i32 = 1024;

/// Why the process ends, other than because it was told to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration file cannot be used.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// A target has no region.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Two targets would show the same region of the same account.
    #[error(
        "target {target:?} asks {region}, which is the AWS SDK's own region and that of target {other:?}: list each region once"
    )]
    RegionTwice {
        /// The later target.
        target: String,
        /// The region.
        region: String,
        /// The earlier target.
        other: String,
    },
    /// `--demo` in a build without the simulator.
    #[error(
        "--demo: this build has no simulator; build it with the cargo feature `simulator`, which is on by default"
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
    #[error("a task ended in a panic, please report this: {0}")]
    Task(#[from] JoinError),
    /// A signal before `--once` was done.
    #[error("ended by a signal before the refresh was")]
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
            Self::Config(_) | Self::Connect(_) | Self::RegionTwice { .. } | Self::NoSimulator
        )
    }
}

/// Does what the flags say, until it is done or the process is told to end.
///
/// # Errors
/// [`Error`], for everything but an orderly end.
pub async fn run(cli: Cli, out: &mut impl Write) -> Result<(), Error> {
    let loaded = config::read(cli.config_file.as_deref())?;
    if cli.config_check {
        let subject = cli
            .config_file
            .as_ref()
            .map_or("the defaults".to_owned(), |path| path.display().to_string());
        return writeln!(out, "{subject}: valid").map_err(Error::Output);
    }
    if cli.config_print {
        return print(&cli, &loaded, out).map_err(Error::Output);
    }
    let written = cli.config_file.is_some().then_some(loaded.config);
    // From the start: without handlers a process with the id 1, as in a container, cannot be ended.
    let signals = Signals::listen().map_err(Error::Start)?;
    let stop = CancellationToken::new();
    tokio::select! {
        ended = work(&cli, written, &stop, out) => ended,
        () = signals.watch(stop.clone()) => Err(Error::Aborted),
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

/// What the flags ask for, until `stop`.
async fn work(
    cli: &Cli,
    written: Option<Config>,
    stop: &CancellationToken,
    out: &mut impl Write,
) -> Result<(), Error> {
    let Some(world) = stop.run_until_cancelled(World::open(cli, written)).await else {
        // Nothing was begun, which is an orderly end of a daemon and not of `--once`.
        return if cli.once {
            Err(Error::Interrupted)
        } else {
            Ok(())
        };
    };
    let world = world?;
    let metrics = SelfMetrics::new(world.config.refresh.interval);
    let schedulers = world.schedulers(&metrics);
    if cli.once {
        let once = stop
            .run_until_cancelled(once(schedulers, metrics, out))
            .await;
        return once.unwrap_or(Err(Error::Interrupted));
    }
    serve(cli, &world, schedulers, metrics, stop).await
}

async fn once(
    mut schedulers: Vec<Scheduler<Client>>,
    metrics: SelfMetrics,
    out: &mut impl Write,
) -> Result<(), Error> {
    let snapshots = join_all(schedulers.iter_mut().map(Scheduler::refresh)).await;
    let success = snapshots
        .iter()
        .flat_map(|snapshot| &snapshot.collectors)
        .all(|status| status.success);
    let exposition = Exposition::new(snapshots.len(), metrics);
    exposition.publish(
        snapshots
            .into_iter()
            .map(|snapshot| Some(Arc::new(snapshot)))
            .collect(),
    );
    for piece in exposition.body(Encoding::Identity) {
        out.write_all(&piece).map_err(Error::Output)?;
    }
    out.flush().map_err(Error::Output)?;
    if success {
        Ok(())
    } else {
        Err(Error::CollectorFailed)
    }
}

async fn serve(
    cli: &Cli,
    world: &World,
    schedulers: Vec<Scheduler<Client>>,
    metrics: SelfMetrics,
    stop: &CancellationToken,
) -> Result<(), Error> {
    tracing::info!(
        version = Build::THIS.version,
        revision = Build::THIS.revision,
        demo = cli.demo,
        "started"
    );
    let listeners = listen(&cli.listen_addresses).await?;
    for RegionId { target, region } in &world.regions {
        tracing::info!(target, aws_region = region, interval = ?world.config.refresh.interval, "refreshing");
    }

    let exposition = Arc::new(Exposition::new(schedulers.len(), metrics));
    let publisher = Publisher::new(schedulers.len());
    let mut tasks = JoinSet::new();
    for (index, scheduler) in schedulers.into_iter().enumerate() {
        tasks.spawn(scheduler.run(publisher.slot(index), stop.clone()));
    }
    tasks.spawn(publisher.run(Arc::clone(&exposition), stop.clone()));
    let routes = Routes::new(
        exposition,
        cli.telemetry_path.clone(),
        world.regions.clone(),
        Build::THIS.version,
    );
    tasks.spawn(server::serve(listeners, Arc::new(routes), stop.clone()));

    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    tracing::info!("stopped");
    Ok(())
}

async fn listen(addresses: &[ListenAddress]) -> Result<Vec<TcpListener>, Error> {
    let mut listeners = Vec::new();
    for address in addresses {
        let bound = if address.host.is_empty() {
            bind_all(address.port)
        } else {
            bind(address).await
        };
        let listener = bound.map_err(|source| Error::Listen {
            address: address.to_string(),
            source,
        })?;
        let bound = listener.local_addr().map_err(Error::Start)?;
        tracing::info!(address = %bound, "listening");
        listeners.push(listener);
    }
    Ok(listeners)
}

async fn bind(address: &ListenAddress) -> io::Result<TcpListener> {
    TcpListener::bind((address.host.as_str(), address.port)).await
}

/// All addresses of this host: IPv6 with IPv4 mapped into it, whatever the
/// system's default for that is, or IPv4 alone where there is no IPv6.
fn bind_all(port: u16) -> io::Result<TcpListener> {
    let bind = |domain, address: SocketAddr| {
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        if domain == Domain::IPV6 {
            socket.set_only_v6(false)?;
        }
        // A restart must not wait for the connections of the process before it.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        TcpListener::from_std(socket.into())
    };
    match bind(Domain::IPV6, (Ipv6Addr::UNSPECIFIED, port).into()) {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            bind(Domain::IPV4, (Ipv4Addr::UNSPECIFIED, port).into())
        }
        bound => bound,
    }
}
