//! `--web.listen-address`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// `host:port`, or `:port` for all addresses.
    Tcp {
        /// Host name or address, without brackets; empty for all addresses.
        host: String,
        /// TCP port; 0 lets the system choose.
        port: u16,
    },
    /// `unix:/path`.
    Unix(PathBuf),
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let accepted = "accepted: host:port, [IPv6 address]:port, :port for all addresses of this host, or unix:/path";
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.starts_with('/') && !path.ends_with('/') {
                Ok(Self::Unix(PathBuf::from(path)))
            } else {
                Err(format!("{path:?} is not a socket path, {accepted}"))
            };
        }
        let (host, port) = text
            .rsplit_once(':')
            .ok_or_else(|| format!("no port, {accepted}"))?;
        let port = port
            .parse()
            .map_err(|_| format!("{port:?} is not a port, {accepted}"))?;
        let bracketed = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        if bracketed.is_none() && host.contains(':') {
            return Err(format!("an IPv6 address without brackets, {accepted}"));
        }
        Ok(Self::Tcp {
            host: bracketed.unwrap_or(host).to_owned(),
            port,
        })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listen_addresses() {
        let cases = [
            (":10190", Ok(("", 10190))),
            ("0.0.0.0:0", Ok(("0.0.0.0", 0))),
            ("localhost:80", Ok(("localhost", 80))),
            (" localhost:80 ", Ok(("localhost", 80))),
            ("unix:80", Err("\"80\" is not a socket path")),
            ("unix:/", Err("\"/\" is not a socket path")),
            ("[::1]:9", Ok(("::1", 9))),
            ("::1:9", Err("an IPv6 address without brackets")),
            ("localhost", Err("no port")),
            (":", Err("\"\" is not a port")),
            (":70000", Err("\"70000\" is not a port")),
        ];
        for (text, expected) in cases {
            match (text.parse::<ListenAddress>(), expected) {
                (Ok(ListenAddress::Tcp { host, port }), Ok(expected)) => {
                    assert_eq!((host.as_str(), port), expected)
                }
                (Err(error), Err(start)) => assert!(error.starts_with(start), "{text}: {error}"),
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
    }

    #[test]
    fn unix_sockets() {
        let address: ListenAddress = "unix:/run/exporter.sock".parse().unwrap();
        assert_eq!(address, ListenAddress::Unix("/run/exporter.sock".into()));
        assert_eq!(address.to_string(), "unix:/run/exporter.sock");
    }
}
