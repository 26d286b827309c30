//! HTTP: sockets, connections, and their orderly end.
//!
//! Independent of AWS. `routes` selects the response from [`crate::exposition`], so a scrape
//! never waits for a refresh. `admission` selects the clients by [`crate::webconfig`]. `slots`
//! limits the connections.

mod admission;
mod body;
mod connection;
mod listen;
mod overview;
mod page;
mod routes;
mod sessions;
mod slots;
mod status;
mod stream;
mod time;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::webconfig::Reloadable;
use admission::Admission;
pub use listen::{Inherited, Listener};
pub use routes::{Base, ReloadRequest, Routes};
use slots::ConnectionSlots;
pub use status::About;

/// Timeout of open responses after a signal; Kubernetes kills after 30 s.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after a failed accept, such as one for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Limits of concurrent work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections; at least 1.
    pub connections: usize,
    /// Scrapes; 0 for any number.
    pub scrapes: usize,
}

/// Answers requests until `stop`; then finishes those that are running.
pub async fn serve(
    listeners: Vec<Listener>,
    routes: Arc<Routes>,
    web: Arc<Reloadable>,
    limits: Limits,
    stop: CancellationToken,
) {
    let admission = Arc::new(Admission::new(routes, web, limits.scrapes));
    let slots = ConnectionSlots::new(limits.connections);
    let mut accepting = JoinSet::new();
    for listener in listeners {
        let (admission, slots) = (Arc::clone(&admission), Arc::clone(&slots));
        accepting.spawn(accept_all(listener, admission, slots, stop.clone()));
    }
    accepting.join_all().await;
}

async fn accept_all(
    listener: Listener,
    admission: Arc<Admission>,
    slots: Arc<ConnectionSlots>,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        // Reaps connections that have ended, which frees their memory.
        while connections.try_join_next().is_some() {}
        let Some(accepted) = stop.run_until_cancelled(listener.accept()).await else {
            break;
        };
        match accepted {
            Ok((stream, peer)) => {
                let admission = Arc::clone(&admission);
                connections.spawn(connection::serve(
                    stream,
                    slots.take(peer),
                    admission,
                    stop.clone(),
                ));
            }
            Err(error) => {
                // Without file descriptors, clients that only hold a connection open must not keep Prometheus out.
                if !is_of_one_connection(&error) {
                    slots.evict_one("connections cannot be accepted");
                    pause_after(&error).await;
                }
            }
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN_TIMEOUT, drained).await.is_err() {
        tracing::warn!("shutdown timeout: some responses were not finished");
    }
}

/// A connection that broke before it was accepted does not affect others.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}

/// Anything else will be there at the next try too, unless it is given time.
async fn pause_after(error: &io::Error) {
    tracing::warn!(%error, "cannot accept connections");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}
