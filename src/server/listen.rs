//! Sockets that are listened on: TCP, Unix, and those that systemd hands over.

use std::fmt;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use listenfd::ListenFd;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UnixListener};

use super::stream::{Peer, Stream};

/// Connections that may wait to be accepted, as many as tokio's own listeners hold.
const BACKLOG: i32 = 1024;

/// A socket that connections are accepted from.
#[derive(Debug)]
pub struct Listener {
    socket: Kind,
    address: String,
}

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener),
    Unix {
        listener: UnixListener,
        /// None where the file is another's.
        _file: Option<SocketFile>,
    },
}

impl Listener {
    /// A port of a host.
    ///
    /// # Errors
    /// The system's error.
    pub async fn tcp(host: &str, port: u16) -> io::Result<Self> {
        TcpListener::bind((host, port))
            .await
            .and_then(Self::from_tcp)
    }

    /// A port of all addresses of this host: IPv6 with mapped IPv4, independent of the system's
    /// default, or only IPv4 on a host without IPv6.
    ///
    /// # Errors
    /// The system's error.
    pub fn all_addresses(port: u16) -> io::Result<Self> {
        let bind = |domain, address: SocketAddr| {
            let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
            if domain == Domain::IPV6 {
                socket.set_only_v6(false)?;
            }
            // A restart must not wait for the connections of the process before it.
            socket.set_reuse_address(true)?;
            socket.set_nonblocking(true)?;
            socket.bind(&address.into())?;
            socket.listen(BACKLOG)?;
            TcpListener::from_std(socket.into()).and_then(Self::from_tcp)
        };
        match bind(Domain::IPV6, (Ipv6Addr::UNSPECIFIED, port).into()) {
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                bind(Domain::IPV4, (Ipv4Addr::UNSPECIFIED, port).into())
            }
            bound => bound,
        }
    }

    /// A Unix socket. The file that a process left behind when it died is replaced.
    ///
    /// # Errors
    /// The system's error; `AddrInUse` when another process listens there, or
    /// when something else than a socket is there.
    pub async fn unix(path: &Path) -> io::Result<Self> {
        let bound = match UnixListener::bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_stale(path).await => {
                fs::remove_file(path)?;
                UnixListener::bind(path)
            }
            bound => bound,
        }?;
        let file = SocketFile::of(path)?;
        Ok(Self {
            socket: Kind::Unix {
                listener: bound,
                _file: Some(file),
            },
            address: format!("unix:{}", path.display()),
        })
    }

    fn from_tcp(listener: TcpListener) -> io::Result<Self> {
        let address = listener.local_addr()?.to_string();
        Ok(Self {
            socket: Kind::Tcp(listener),
            address,
        })
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match &self.socket {
            Kind::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                Ok((Stream::from(stream), Peer::Tcp(address)))
            }
            Kind::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::from(stream), Peer::Unix))
            }
        }
    }
}

impl fmt::Display for Listener {
    /// The address that it is bound to.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

/// Whether there is a socket at this path without a listener.
async fn is_stale(path: &Path) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    let answer = tokio::net::UnixStream::connect(path).await;
    is_socket && answer.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// The file of a Unix socket, removed when this is dropped.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl SocketFile {
    fn of(path: &Path) -> io::Result<Self> {
        let file = fs::symlink_metadata(path)?;
        Ok(Self {
            // The working directory may be another one at the end.
            path: std::path::absolute(path)?,
            device: file.dev(),
            inode: file.ino(),
        })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another process may have put its own there.
        let is_own = fs::symlink_metadata(&self.path)
            .is_ok_and(|file| (file.dev(), file.ino()) == (self.device, self.inode));
        if is_own {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Sockets that the process was started with, as systemd does it.
pub struct Inherited(ListenFd);

impl fmt::Debug for Inherited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Inherited").field(&self.0.len()).finish()
    }
}

impl Inherited {
    /// The sockets that `LISTEN_FDS` and `LISTEN_PID` name.
    ///
    /// Takes the variables out of the environment, so that child processes do not
    /// believe that they are meant: call it before there are other threads.
    #[must_use]
    pub fn take() -> Self {
        Self(ListenFd::from_env())
    }

    /// The sockets, ready to accept.
    ///
    /// # Errors
    /// `NotFound` when there is none, `InvalidInput` for one of another kind, or
    /// what the system says.
    pub fn listeners(mut self) -> io::Result<Vec<Listener>> {
        if !cfg!(target_os = "linux") {
            let wrong = "systemd sockets need Linux";
            return Err(io::Error::new(io::ErrorKind::Unsupported, wrong));
        }
        if self.0.len() == 0 {
            let wrong =
                "systemd passed no socket: LISTEN_FDS is not set, or LISTEN_PID is another process";
            return Err(io::Error::new(io::ErrorKind::NotFound, wrong));
        }
        (0..self.0.len())
            .map(|index| self.listener(index))
            .collect()
    }

    fn listener(&mut self, index: usize) -> io::Result<Listener> {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        if let Ok(tcp) = self.0.take_tcp_listener(index) {
            let tcp = tcp.ok_or_else(missing)?;
            tcp.set_nonblocking(true)?;
            return Listener::from_tcp(TcpListener::from_std(tcp)?);
        }
        let unix = self.0.take_unix_listener(index)?.ok_or_else(missing)?;
        unix.set_nonblocking(true)?;
        let address = unix.local_addr()?;
        let path = address.as_pathname();
        let address = path.map_or_else(
            || "unix:".to_owned(),
            |path| format!("unix:{}", path.display()),
        );
        Ok(Listener {
            // The file is systemd's own.
            socket: Kind::Unix {
                listener: UnixListener::from_std(unix)?,
                _file: None,
            },
            address,
        })
    }
}
