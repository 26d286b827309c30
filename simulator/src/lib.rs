//! A simulator of the AWS control plane for AppStream 2.0 and WorkSpaces Pools, with
//! their scaling and quotas, and of the roles by which one account reaches another.
//!
//! It is reached as an endpoint URL and speaks each service's own wire format,
//! so a client under test runs its real signing and retry code. It shares no type
//! with the exporter: a misreading of the API on one side would otherwise hide
//! itself on the other.
//!
//! Where to look:
//!
//! - `server` accepts connections, with `tls` and `proxy`. `engine` turns a request into an answer.
//! - `wire` decodes requests and encodes answers; `document` and `error` are answers without a format.
//! - `signature` and `keyring` find the caller of a request, `service` the service, `throttle` its rate limit.
//! - `request` is the context and input of an operation; `constraint` checks inputs against the API models.
//! - `appstream`, `workspaces`, `autoscaling`, `cloudwatch`, `quotas` and `sts` are the operations of the services.
//! - `world` has the accounts, `resource` and `ids` their resources. `world_source` loads the world.
//! - `clock`, `lifecycle`, `supply`, `schedule` and `streaming_url` change resources over time and by their users.
//! - `fault` selects calls and makes them fail; `reply` and `delivery` send answers, `calls` records them.
//! - `metadata` gives credentials to the client's host.
//! - `control` is the simulator's own API under `/_simulator/`.
//! - `company` simulates a day and `uniform` an account of a chosen size, both from a seed of `random`.
//!
//! Assumptions where AWS publishes nothing are marked: the page size of operations without
//! `Limit`, and the exact error messages.

mod appstream;
mod autoscaling;
mod calls;
mod clock;
mod cloudwatch;
mod company;
mod constraint;
mod control;
mod delivery;
mod document;
mod engine;
mod error;
mod fault;
mod ids;
mod keyring;
mod lifecycle;
mod metadata;
mod proxy;
mod quotas;
mod random;
mod reply;
mod request;
mod resource;
mod schedule;
mod server;
mod service;
mod signature;
mod streaming_url;
mod sts;
mod supply;
mod throttle;
mod tls;
mod uniform;
mod wire;
mod workspaces;
mod world;
mod world_source;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::calls::Call;
pub use self::company::Company;
pub use self::fault::text::FaultTextError;
pub use self::fault::{Fault, FaultId};
pub use self::request::parameters::{MetricQuery, Parameters};
pub use self::resource::account::{DirectoryConfig, UsageReport};
pub use self::resource::builder::{AppBlockBuilder, Image, ImageBuilder};
pub use self::resource::fleet::{Capacity, Fleet, ResourceError, Stack};
pub use self::resource::instance::Instance;
pub use self::resource::metric::{Datapoint, Metric};
pub use self::resource::pool::{Pool, PoolCapacity, PoolSession, PoolTimeouts};
pub use self::resource::role::Role;
pub use self::resource::scaling::{
    Quota, ScalableTarget, Scaled, ScalingActivity, ScalingPolicy, ScheduledAction,
};
pub use self::resource::session::{NetworkInterface, Session};
pub use self::tls::TlsFiles;
pub use self::uniform::Uniform;
pub use self::world::{Region, Scaling, World};
pub use self::world_source::WorldSource;

use self::clock::Moment;
use self::engine::Engine;
use self::server::Server;
use self::throttle::Throttle;
use self::world_source::CurrentWorld;

/// The listener and the response delay of the simulator.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Where to listen; port 0 takes any free port.
    pub listen: SocketAddr,
    /// Time between reading a request and answering it.
    pub latency: Duration,
    /// Requests each account, region and service may make per second; `None` sets no bound.
    pub requests_per_second: Option<f64>,
    /// Requests that may come at once before the rate applies; zero counts as one.
    pub burst: u32,
    /// Also speaks TLS, on the same port as plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Simulated seconds in each second, for what operations have created or changed.
    pub speed: f64,
}

/// A running simulator; dropping it stops the server.
pub struct Simulator {
    address: SocketAddr,
    has_tls: bool,
    engine: Arc<Engine>,
    server: JoinHandle<()>,
    stop: DropGuard,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            latency: Duration::ZERO,
            requests_per_second: None,
            burst: 1,
            tls: None,
            speed: 1.0,
        }
    }
}

impl Simulator {
    /// Serves a world that changes only through [`Simulator::update`].
    ///
    /// # Errors
    /// When the address cannot be listened on or the files for TLS cannot be used.
    pub async fn start(world: World, options: Options) -> io::Result<Self> {
        Self::launch(CurrentWorld::fixed(world, options.speed), options).await
    }

    /// Serves a world that changes by itself and starts now.
    ///
    /// # Errors
    /// When the address cannot be listened on or the files for TLS cannot be used.
    pub async fn start_with(source: impl WorldSource, options: Options) -> io::Result<Self> {
        Self::launch(CurrentWorld::from_source(source), options).await
    }

    async fn launch(current_world: CurrentWorld, options: Options) -> io::Result<Self> {
        let tls = options.tls.as_ref().map(TlsFiles::acceptor).transpose()?;
        let listener = TcpListener::bind(options.listen).await.map_err(|error| {
            let message = format!("cannot listen on {}: {error}", options.listen);
            io::Error::new(error.kind(), message)
        })?;
        let address = listener.local_addr()?;
        let throttle = options
            .requests_per_second
            .map(|rate| Throttle::new(rate, options.burst));
        let engine = Arc::new(Engine::new(current_world, throttle));
        let stop = CancellationToken::new();
        let server = Server {
            engine: Arc::clone(&engine),
            latency: options.latency,
            tls,
        };
        let server = tokio::spawn(server.serve(listener, stop.clone()));
        Ok(Self {
            address,
            has_tls: options.tls.is_some(),
            engine,
            server,
            stop: stop.drop_guard(),
        })
    }

    /// The address listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint URL to give to an AWS client, for every service.
    pub fn endpoint_url(&self) -> String {
        let scheme = if self.has_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The URL without TLS: of the proxy, of instance metadata, and with `/credentials`
    /// behind it of container credentials.
    pub fn host_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes the world from the next request on. A [`WorldSource`] replaces the
    /// changed world in its next second.
    pub fn update(&self, change: impl FnOnce(&mut World)) {
        let now = Moment::now().instant;
        self.engine
            .current_world
            .change(now, |world, _| change(world));
    }

    /// The world as it is now.
    pub fn world(&self) -> Arc<World> {
        self.engine.current_world.world(Moment::now().instant)
    }

    /// Makes calls go wrong from now on.
    pub fn inject(&self, fault: Fault) -> FaultId {
        self.engine.faults().inject(fault)
    }

    /// Removes a fault; calls that it already affects stay affected.
    pub fn clear(&self, id: FaultId) {
        self.engine.faults().clear(id);
    }

    /// Removes all faults; calls that they already affect stay affected.
    pub fn clear_faults(&self) {
        self.engine.faults().clear_all();
    }

    /// The calls answered, oldest first; of very many, the newest 1,000.
    pub fn calls(&self) -> Vec<Call> {
        self.engine.log().calls()
    }

    /// Host and port of each request that came through the proxy, as far as [`Simulator::calls`] goes back.
    pub fn proxied_hosts(&self) -> BTreeSet<String> {
        let calls = self.calls().into_iter();
        let proxied = calls.filter(|call| call.service == proxy::SERVICE);
        proxied.map(|call| call.operation).collect()
    }

    /// The total number of calls of an operation.
    pub fn count(&self, operation: &str) -> usize {
        self.engine.log().count(operation)
    }

    /// The most requests, of all regions, that waited for their answers at one time.
    pub fn most_in_flight(&self) -> usize {
        self.engine.most_in_flight()
    }

    /// Forgets all calls and their counts.
    pub fn reset_calls(&self) {
        *self.engine.log() = Default::default();
    }

    /// Stops the server and waits until its connections are closed.
    pub async fn shutdown(self) {
        drop(self.stop);
        if let Err(error) = self.server.await {
            tracing::error!(%error, "the simulator had failed");
        }
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Simulator")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
