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
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
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
    let slot = Arc::clone(guard.slot());
    let settings = admission.settings();
    let Some(tls) = &settings.tls else {
        drop(settings);
        return serve_http1(stream.limited(), &slot, admission, &stop).await;
    };
    let tls = Arc::clone(tls);
    drop(settings);
    let handshake = tokio::select! {
        handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls_handshake(stream, tls)) => handshake,
        () = slot.evicted() => return,
        () = stop.cancelled() => return,
    };
    let handshake = handshake.unwrap_or_else(|_| {
        let reason = format!("timeout after {} s", HANDSHAKE_TIMEOUT.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, reason))
    });
    let encrypted = match handshake {
        Ok(encrypted) => encrypted,
        Err(reason) => {
            tracing::debug!(peer = %slot.peer, %reason, "TLS handshake failed");
            return;
        }
    };
    if encrypted.get_ref().1.alpn_protocol() == Some(b"h2") {
        serve_http2(encrypted, &slot, admission, &stop).await;
    } else {
        serve_http1(encrypted, &slot, admission, &stop).await;
    }
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
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, drain).await;
}

async fn serve_http1(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    slot: &Arc<ConnectionSlot>,
    admission: Arc<Admission>,
    stop: &CancellationToken,
) {
    let service_slot = Arc::clone(slot);
    let service = service_fn(move |request| {
        let (admission, slot) = (Arc::clone(&admission), Arc::clone(&service_slot));
        async move { Ok::<_, Infallible>(admission.answer(&request, &slot).await) }
    });
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .max_buf_size(READ_BUFFER_BYTES);
    run_to_end(
        protocol.serve_connection(TokioIo::new(stream), service),
        slot,
        stop,
    )
    .await;
}

async fn serve_http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    slot: &Arc<ConnectionSlot>,
    admission: Arc<Admission>,
    stop: &CancellationToken,
) {
    let service_slot = Arc::clone(slot);
    let service = service_fn(move |request| {
        let (admission, slot) = (Arc::clone(&admission), Arc::clone(&service_slot));
        async move { Ok::<_, Infallible>(admission.answer(&request, &slot).await) }
    });
    let mut protocol = http2::Builder::new(TokioExecutor::new());
    protocol
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_LIST_BYTES);
    run_to_end(
        protocol.serve_connection(TokioIo::new(stream), service),
        slot,
        stop,
    )
    .await;
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
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, connection).await;
            return;
        }
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    if !slot.is_responding() {
        // A client without a request needs no response.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, connection).await;
        return;
    }
    // The caller that stops the server sets the timeout.
    let _ = connection.await;
}
