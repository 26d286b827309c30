//! The mode without `--once`: refreshes all target regions and serves them until a signal.

use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::accounts::wall_clock;
use super::reload::{self, Live, Opened};
use super::snapshot_store::SnapshotStore;
use super::supervisor::Supervisor;
use crate::cli::{Cli, ListenAddress};
use crate::exposition::Exposition;
use crate::history::History;
use crate::model::TargetRegion;
use crate::selfmetrics::{Build, SelfMetrics};
use crate::server::{self, About, Base, Inherited, Limits, Listener, ReloadRequest, Routes};
use crate::shutdown::Hangups;
use crate::webconfig::Reloadable;

/// Refreshes and serves until `stop`.
///
/// # Errors
/// [`Error::Listen`] or [`Error::Inherit`] at the start, and [`Error::Task`] later.
pub(super) async fn serve(
    cli: &Cli,
    opened: Opened,
    web: Reloadable,
    inherited: Option<Inherited>,
    hangups: Hangups,
    stop: &CancellationToken,
) -> Result<(), Error> {
    log_start(cli);
    let listeners = match inherited {
        Some(inherited) => inherited.listeners().map_err(Error::Inherit)?,
        None => listen(&cli.listen_addresses).await?,
    };
    let tls = web.current().tls.is_some();
    for listener in &listeners {
        tracing::info!(address = %listener, tls, "listening");
    }
    let web = Arc::new(web);
    let metrics = SelfMetrics::new();
    let store = SnapshotStore::new();
    let supervisor = Supervisor::new(store.clone(), metrics.clone(), stop.clone());
    let live = Live::start(cli, opened, supervisor, metrics.clone(), Arc::clone(&web)).await;
    let exposition = Arc::new(Exposition::new(store.target_regions(), metrics));
    let history = History::default();
    let (ask, requests) = mpsc::channel(1);
    let routes = routes(cli, Arc::clone(&exposition), history.clone(), ask);
    let publish = move |target_regions: Vec<TargetRegion>| {
        history.sample(wall_clock(), &target_regions);
        exposition.publish(target_regions);
    };
    let following = {
        let (web, stop) = (Arc::clone(&web), stop.clone());
        async move { stop.run_until_cancelled(reload::follow(web)).await }
    };
    let serving = server::serve(listeners, Arc::new(routes), web, limits(cli), stop.clone());
    let mut tasks = JoinSet::new();
    tasks.spawn(store.render(publish, stop.clone()).map(Ok));
    tasks.spawn(serving.map(Ok));
    tasks.spawn(following.map(|_| Ok(())));
    tasks.spawn(live.run(hangups, requests, stop.clone()));
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    tracing::info!("stopped");
    Ok(())
}

fn log_start(cli: &Cli) {
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
}

fn routes(
    cli: &Cli,
    exposition: Arc<Exposition>,
    history: History,
    ask: mpsc::Sender<ReloadRequest>,
) -> Routes {
    Routes::new(
        exposition,
        history,
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
    )
}

fn limits(cli: &Cli) -> Limits {
    Limits {
        connections: usize::try_from(cli.max_connections).unwrap_or(usize::MAX),
        scrapes: usize::try_from(cli.max_requests).unwrap_or(usize::MAX),
    }
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

/// The path prefixes of the routes and of the links.
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
