//! Sockets: accepting connections, reading requests, and failing them as faults demand.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::delivery::Delivery;
use crate::engine::Engine;
use crate::fault::DeliveryFault;
use crate::moment::Moment;

/// Far above any request of the simulated operations.
const MAX_REQUEST_BYTES: usize = 1024 * 1024;
/// Wait after a failed accept, which mostly means that file descriptors have run out.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Why a request gets no answer at all.
#[derive(Debug, thiserror::Error)]
enum NoResponse {
    #[error("the connection is reset on request")]
    Reset,
    #[error("the request body cannot be read")]
    Unreadable(#[source] Box<dyn Error + Send + Sync>),
}

/// Serves connections until `stop` is cancelled, then drops those still open.
pub(crate) async fn serve(
    listener: TcpListener,
    engine: Arc<Engine>,
    latency: Duration,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, Arc::clone(&engine), latency));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_BACKOFF).await;
                }
            },
        }
    }
    connections.shutdown().await;
}

async fn serve_connection(stream: TcpStream, engine: Arc<Engine>, latency: Duration) {
    let service = service_fn(|request| respond(request, &engine, latency));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let Err(error) = (&mut connection).await else {
        return;
    };
    tracing::debug!(%error, "connection ended early");
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    if matches!(cause, Some(NoResponse::Reset)) {
        // Without a linger time, closing the socket sends RST in place of FIN.
        let socket = connection.into_parts().io.into_inner();
        if let Err(error) = socket.set_zero_linger() {
            tracing::warn!(%error, "closing a connection that was to be reset");
        }
    }
}

async fn respond(
    request: Request<Incoming>,
    engine: &Engine,
    latency: Duration,
) -> Result<Response<Delivery>, NoResponse> {
    let _in_flight = engine.enter();
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST_BYTES)
        .collect()
        .await
        .map_err(NoResponse::Unreadable)?
        .to_bytes();
    let reply = engine.answer(&head, &body, Moment::now());
    let delay = latency + reply.delay;
    // Even a sleep of no length lasts until the timer's next millisecond.
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    match reply.delivery_fault {
        Some(DeliveryFault::Hang) => std::future::pending().await,
        Some(DeliveryFault::Reset) => Err(NoResponse::Reset),
        _ => Ok(reply.into_response()),
    }
}
