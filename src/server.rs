//! HTTP: sockets, connections, and their orderly end.
//!
//! Knows nothing of AWS. What is answered is decided in `routes` from what
//! [`crate::exposition`] holds, so a scrape never waits for a refresh.

mod body;
mod page;
mod routes;
mod status;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

pub use routes::{ReloadRequest, Routes};
pub use status::About;

/// How long a client may take to send its request's head. Also ends idle
/// connections, so it is longer than the usual scrape interval of one minute.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a client may read nothing of an answer. Prometheus gives up after 10 s by default.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// A scrape's head has some 500 bytes; this is what hyper needs at the least.
const READ_BUFFER: usize = 16 * 1024;
/// Connections at one time. Beyond it, new ones wait in the listen queue.
const CONNECTIONS: usize = 512;
/// How long running responses may take after a signal; Kubernetes kills after 30 s.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after a failed accept, such as one for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answers requests until `stop`; then finishes those that are running.
pub async fn serve(listeners: Vec<TcpListener>, routes: Arc<Routes>, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept_all(
            listener,
            Arc::clone(&routes),
            Arc::clone(&slots),
            stop.clone(),
        ));
    }
    accepting.join_all().await;
}

async fn accept_all(
    listener: TcpListener,
    routes: Arc<Routes>,
    slots: Arc<Semaphore>,
    stop: CancellationToken,
) {
    let protocol = protocol();
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        // Reaps connections that have ended, which frees their memory.
        while connections.try_join_next().is_some() {}
        let Some((slot, accepted)) = stop.run_until_cancelled(accept(&listener, &slots)).await
        else {
            break;
        };
        match accepted {
            Ok((stream, _)) => {
                // Answers are written whole, so there is nothing to gain from waiting for more.
                let _ = stream.set_nodelay(true);
                let routes = Arc::clone(&routes);
                let service = service_fn(move |request| {
                    let routes = Arc::clone(&routes);
                    async move { Ok::<_, Infallible>(routes.answer(&request).await) }
                });
                let connection = protocol.serve_connection(TokioIo::new(limited(stream)), service);
                let connection = graceful.watch(connection);
                connections.spawn(async move {
                    // A client that breaks off or sends rubbish is its own problem.
                    let _ = connection.await;
                    drop(slot);
                });
            }
            Err(error) => pause_after(&error).await,
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("responses were still running when their time was up");
    }
}

/// Waits for a place, and then for a connection to give it to.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (OwnedSemaphorePermit, io::Result<(TcpStream, SocketAddr)>) {
    let slot = Arc::clone(slots).acquire_owned().await;
    (
        slot.expect("nobody closes the places"),
        listener.accept().await,
    )
}

/// A connection on which a client that reads nothing is not waited for.
fn limited(stream: TcpStream) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    Box::pin(stream)
}

/// A broken connection concerns nobody else; anything else will be there at the next try too.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    if !matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    ) {
        tracing::warn!(%error, "cannot accept connections");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

fn protocol() -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .max_buf_size(READ_BUFFER);
    protocol
}
