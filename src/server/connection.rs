//! One connection, from the first byte to the last.

use std::convert::Infallible;
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

use super::gate::Gate;
use super::seats::{IDLE, Seat, Taken};
use super::stream::{Limited, Stream};

/// How long a TLS handshake may take, from the connection on.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// A scrape's head has some 500 bytes; this is what hyper needs at the least.
const READ_BUFFER: usize = 16 * 1024;
/// The same for HTTP/2, where hyper counts differently.
const HEADER_LIST: u32 = 16 * 1024;
/// Requests at one time on one connection of HTTP/2. Prometheus has one.
const STREAMS: u32 = 32;
/// How long a connection that has been told to end may take to do so.
const FAREWELL: Duration = Duration::from_secs(1);
/// The first byte of a TLS handshake.
const TLS_HANDSHAKE: u8 = 22;
/// What a client hears that speaks HTTP where TLS is spoken.
const NOT_TLS: &[u8] = b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400: this port speaks HTTPS\n";

/// Serves a connection until it ends, its place is needed, or it has been idle for too long.
pub(super) async fn attend(stream: Stream, taken: Taken, gate: Arc<Gate>, stop: CancellationToken) {
    let seat = Arc::clone(taken.seat());
    let settings = gate.settings().await;
    let Some(tls) = &settings.tls else {
        drop(settings);
        return speak_http1(stream.limited(), &seat, gate, &stop).await;
    };
    let tls = Arc::clone(tls);
    drop(settings);
    let encrypted = tokio::select! {
        shaken = tokio::time::timeout(HANDSHAKE_TIMEOUT, shake_hands(stream, tls)) => shaken,
        () = seat.left() => return,
        () = stop.cancelled() => return,
    };
    // A client that cannot, or may not, is its own problem.
    let Ok(Ok(encrypted)) = encrypted else {
        return;
    };
    if encrypted.get_ref().1.alpn_protocol() == Some(b"h2") {
        speak_http2(encrypted, &seat, gate, &stop).await;
    } else {
        speak_http1(encrypted, &seat, gate, &stop).await;
    }
}

async fn shake_hands(mut stream: Stream, tls: Arc<ServerConfig>) -> io::Result<TlsStream<Limited>> {
    if stream.first_byte().await? == TLS_HANDSHAKE {
        let accept = TlsAcceptor::from(tls).accept(stream.limited());
        return match accept.into_fallible().await {
            Ok(encrypted) => Ok(encrypted),
            Err((error, stream)) => {
                part(stream).await;
                Err(error)
            }
        };
    }
    let mut stream = stream.limited();
    stream.write_all(NOT_TLS).await?;
    part(stream).await;
    Err(io::ErrorKind::InvalidData.into())
}

/// Lets the last words arrive: closing while there is something to be read would
/// take them back.
async fn part(mut stream: Limited) {
    let listen = async {
        stream.shutdown().await?;
        let mut buffer = [0; 1024];
        while stream.read(&mut buffer).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    let _ = tokio::time::timeout(FAREWELL, listen).await;
}

async fn speak_http1(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    seat: &Arc<Seat>,
    gate: Arc<Gate>,
    stop: &CancellationToken,
) {
    let own = Arc::clone(seat);
    let service = service_fn(move |request| {
        let (gate, seat) = (Arc::clone(&gate), Arc::clone(&own));
        async move { Ok::<_, Infallible>(gate.answer(&request, &seat).await) }
    });
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(READ_BUFFER);
    see_through(
        protocol.serve_connection(TokioIo::new(stream), service),
        seat,
        stop,
    )
    .await;
}

async fn speak_http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    seat: &Arc<Seat>,
    gate: Arc<Gate>,
    stop: &CancellationToken,
) {
    let own = Arc::clone(seat);
    let service = service_fn(move |request| {
        let (gate, seat) = (Arc::clone(&gate), Arc::clone(&own));
        async move { Ok::<_, Infallible>(gate.answer(&request, &seat).await) }
    });
    let mut protocol = http2::Builder::new(TokioExecutor::new());
    protocol
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_LIST);
    see_through(
        protocol.serve_connection(TokioIo::new(stream), service),
        seat,
        stop,
    )
    .await;
}

async fn see_through(
    connection: impl GracefulConnection,
    seat: &Arc<Seat>,
    stop: &CancellationToken,
) {
    let mut connection = pin!(connection);
    tokio::select! {
        // A client that breaks off or sends rubbish is its own problem.
        _ = connection.as_mut() => return,
        () = seat.left() => return,
        () = seat.stale() => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(FAREWELL, connection).await;
            return;
        }
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    if !seat.is_answering() {
        // Nothing is owed to a client that has not asked.
        let _ = tokio::time::timeout(FAREWELL, connection).await;
        return;
    }
    // How long this may take is for those to say who told the server to stop.
    let _ = connection.await;
}
