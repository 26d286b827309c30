//! Sockets: accepting connections, reading requests, and failing them as faults demand.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::clock::Moment;
use crate::delivery::Delivery;
use crate::engine::Engine;
use crate::fault::effect::DeliveryFault;
use crate::tls::is_tls;

/// Far above any request of the simulated operations.
const MAX_REQUEST_BYTES: usize = 1024 * 1024;
/// Wait after a failed accept, which mostly means that file descriptors have run out.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Why a request gets no answer at all.
#[derive(Debug, thiserror::Error)]
enum NoResponse {
    #[error("the connection is reset on request")]
    Reset,
    #[error("the connection is closed on request")]
    Close,
    #[error("the request body cannot be read")]
    Unreadable(#[source] Box<dyn Error + Send + Sync>),
}

/// The end of a connection's requests.
enum Ending {
    Closed,
    Reset,
    /// With `CONNECT`: a connection of another client follows on the same socket.
    Tunnel,
}

/// Handling of requests.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) engine: Arc<Engine>,
    pub(crate) latency: Duration,
    pub(crate) tls: Option<TlsAcceptor>,
}

impl Server {
    /// Serves connections until `stop` is cancelled, then drops those still open.
    pub(crate) async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(self.clone().serve_connection(stream));
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

    async fn serve_connection(self, mut stream: TcpStream) {
        loop {
            let ending;
            (stream, ending) = match &self.tls {
                Some(acceptor) if is_tls(&stream).await => match acceptor.accept(stream).await {
                    Ok(stream) => {
                        let (stream, ending) = self.serve_requests(stream).await;
                        (stream.into_inner().0, ending)
                    }
                    Err(error) => {
                        tracing::debug!(%error, "TLS handshake failed");
                        return;
                    }
                },
                _ => self.serve_requests(stream).await,
            };
            match ending {
                Ending::Tunnel => {}
                Ending::Closed => return,
                Ending::Reset => {
                    // Without a linger time, closing the socket sends RST in place of FIN.
                    if let Err(error) = stream.set_zero_linger() {
                        tracing::warn!(%error, "closing a connection that was to be reset");
                    }
                    return;
                }
            }
        }
    }

    async fn serve_requests<S>(&self, stream: S) -> (S, Ending)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let is_tunnel = AtomicBool::new(false);
        let service = service_fn(async |request: Request<Incoming>| {
            let is_connect = request.method() == Method::CONNECT;
            let mut response = self.respond(request).await?;
            if is_connect && response.status().is_success() {
                is_tunnel.store(true, Ordering::Relaxed);
                // RFC 9110, 9.3.6: the answer that opens a tunnel has no length.
                response.headers_mut().remove(CONTENT_LENGTH);
            }
            Ok::<_, NoResponse>(response)
        });
        let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let ending = match (&mut connection).await {
            Ok(()) if is_tunnel.load(Ordering::Relaxed) => Ending::Tunnel,
            Ok(()) => Ending::Closed,
            Err(error) => {
                tracing::debug!(%error, "connection ended early");
                let cause = error.source().and_then(|cause| cause.downcast_ref());
                match cause {
                    Some(NoResponse::Reset) => Ending::Reset,
                    _ => Ending::Closed,
                }
            }
        };
        (connection.into_parts().io.into_inner(), ending)
    }

    async fn respond(&self, request: Request<Incoming>) -> Result<Response<Delivery>, NoResponse> {
        let _in_flight = self.engine.enter();
        let (head, body) = request.into_parts();
        let body = Limited::new(body, MAX_REQUEST_BYTES)
            .collect()
            .await
            .map_err(NoResponse::Unreadable)?
            .to_bytes();
        let reply = self.engine.answer(&head, &body, Moment::now());
        let delay = self.latency + reply.delay;
        // Even a sleep of no length lasts until the timer's next millisecond.
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        match reply.delivery_fault {
            Some(DeliveryFault::Hang) => std::future::pending().await,
            Some(DeliveryFault::Reset) => Err(NoResponse::Reset),
            Some(DeliveryFault::Close) => Err(NoResponse::Close),
            _ => Ok(reply.into_response()),
        }
    }
}
