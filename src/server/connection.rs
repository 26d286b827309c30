//! One connection, from the first byte to the last.

use std::convert::Infallible;
use std::error::Error as _;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;

use super::admission::Admission;
use super::slots::{ConnectionSlot, IDLE_TIMEOUT, SlotGuard};
use super::stream::{Limited, Stream};

/// Timeout of a TLS handshake, from the start of the connection.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// A scrape's head has some 500 bytes; this is what hyper needs at the least.
const READ_BUFFER_BYTES: usize = 16 * 1024;
/// The same for HTTP/2, where hyper counts differently.
const MAX_HEADER_LIST_BYTES: u32 = 16 * 1024;
/// Requests at one time on one connection of HTTP/2. Prometheus has one.
const MAX_STREAMS: u32 = 32;
/// Timeout of closing a connection.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// The first byte of a TLS handshake.
const TLS_HANDSHAKE_RECORD: u8 = 22;
/// The response to a client that speaks HTTP to a port with TLS.
const NOT_TLS_RESPONSE: &[u8] = b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400: this port speaks HTTPS\n";

/// Serves a connection until it ends, is evicted, or has been idle for too long.
pub(super) async fn serve(
    stream: Stream,
    guard: SlotGuard,
    admission: Arc<Admission>,
    stop: CancellationToken,
) {
    let slot = guard.slot();
    let tls = admission.settings().tls.clone();
    let (stream, is_http2) = match tls {
        None => (Either::Left(stream.limited()), false),
        Some(tls) => {
            let handshake = tokio::select! {
                handshake = timeout(HANDSHAKE_TIMEOUT, tls_handshake(stream, tls)) => handshake,
                () = slot.evicted() => return,
                () = stop.cancelled() => return,
            };
            let handshake = handshake.unwrap_or_else(|_| {
                let reason = format!("timeout after {} s", HANDSHAKE_TIMEOUT.as_secs());
                Err(io::Error::new(io::ErrorKind::TimedOut, reason))
            });
            match handshake {
                Ok(encrypted) => {
                    let is_http2 = encrypted.get_ref().1.alpn_protocol() == Some(b"h2");
                    (Either::Right(encrypted), is_http2)
                }
                Err(reason) => {
                    tracing::debug!(peer = %slot.peer, %reason, "TLS handshake failed");
                    return;
                }
            }
        }
    };
    serve_http(stream, is_http2, slot, admission, &stop).await;
}

async fn tls_handshake(
    mut stream: Stream,
    tls: Arc<ServerConfig>,
) -> io::Result<TlsStream<Limited>> {
    if stream.first_byte().await? == TLS_HANDSHAKE_RECORD {
        let accept = TlsAcceptor::from(tls).accept(stream.limited());
        return match accept.into_fallible().await {
            Ok(encrypted) => Ok(encrypted),
            Err((error, stream)) => {
                linger(stream).await;
                Err(error)
            }
        };
    }
    let mut stream = stream.limited();
    stream.write_all(NOT_TLS_RESPONSE).await?;
    linger(stream).await;
    let reason = "the client does not use TLS";
    Err(io::Error::new(io::ErrorKind::InvalidData, reason))
}

/// Closes after the client has read the response: to close a socket with unread input
/// resets the connection, and the client loses the response.
async fn linger(mut stream: Limited) {
    let drain = async {
        stream.shutdown().await?;
        let mut buffer = [0; 1024];
        while stream.read(&mut buffer).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    let _ = timeout(CLOSE_TIMEOUT, drain).await;
}

async fn serve_http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    is_http2: bool,
    slot: &Arc<ConnectionSlot>,
    admission: Arc<Admission>,
    stop: &CancellationToken,
) {
    let service_slot = Arc::clone(slot);
    let service = service_fn(move |request| {
        let (admission, slot) = (Arc::clone(&admission), Arc::clone(&service_slot));
        async move { Ok::<_, Infallible>(admission.answer(&request, &slot).await) }
    });
    let stream = TokioIo::new(stream);
    if is_http2 {
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(MAX_HEADER_LIST_BYTES)
            .serve_connection(stream, service);
        run_to_end(connection, slot, stop).await;
    } else {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(IDLE_TIMEOUT)
            .max_buf_size(READ_BUFFER_BYTES)
            .serve_connection(stream, service);
        run_to_end(connection, slot, stop).await;
    }
}

async fn run_to_end(
    connection: impl GracefulConnection<Error = hyper::Error>,
    slot: &Arc<ConnectionSlot>,
    stop: &CancellationToken,
) {
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => {
            if let Err(error) = ended {
                let source = error.source().map(tracing::field::display);
                tracing::debug!(peer = %slot.peer, reason = %error, source, "connection failed");
            }
            return;
        }
        () = slot.evicted() => return,
        () = slot.idle_timeout() => {
            connection.as_mut().graceful_shutdown();
            let _ = timeout(CLOSE_TIMEOUT, connection).await;
            return;
        }
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    if !slot.is_responding() {
        // A client without a request needs no response.
        let _ = timeout(CLOSE_TIMEOUT, connection).await;
        return;
    }
    // The caller that stops the server sets the timeout.
    let _ = connection.await;
}
