//! A byte stream from a client, over TCP or a Unix socket.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_io_timeout::TimeoutStream;
use tokio_util::either::Either;

/// Timeout of a client that reads nothing of a response. Prometheus gives up after 10 s by
/// default.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection on which a client that reads nothing is not waited for.
pub(super) type Limited = Pin<Box<TimeoutStream<Stream>>>;

/// The other end of a connection, for the log.
#[derive(Clone, Copy, Debug)]
pub(super) enum Peer {
    Tcp(SocketAddr),
    /// A process of this host; it has no address.
    Unix,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A listener of all addresses sees IPv4 as IPv6.
            Self::Tcp(address) => {
                SocketAddr::new(address.ip().to_canonical(), address.port()).fmt(f)
            }
            Self::Unix => f.write_str("unix"),
        }
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Stream {
    socket: Either<TcpStream, UnixStream>,
    /// A byte that was looked at, and is still to be read.
    ahead: Option<u8>,
}

impl From<TcpStream> for Stream {
    fn from(stream: TcpStream) -> Self {
        // Answers are written whole, so there is nothing to gain from waiting for more.
        let _ = stream.set_nodelay(true);
        Self {
            socket: Either::Left(stream),
            ahead: None,
        }
    }
}

impl From<UnixStream> for Stream {
    fn from(stream: UnixStream) -> Self {
        Self {
            socket: Either::Right(stream),
            ahead: None,
        }
    }
}

impl Stream {
    /// The first byte that the client sends, which can still be read.
    pub(super) async fn first_byte(&mut self) -> io::Result<u8> {
        let byte = self.read_u8().await?;
        self.ahead = Some(byte);
        Ok(byte)
    }

    /// The same connection, with its limit.
    pub(super) fn limited(self) -> Limited {
        let mut stream = TimeoutStream::new(self);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        Box::pin(stream)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() > 0
            && let Some(byte) = self.ahead.take()
        {
            buffer.put_slice(&[byte]);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
