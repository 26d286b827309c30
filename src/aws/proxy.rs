//! Proxies from the environment: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.
//!
//! Decides which requests go through a proxy. `http_client` sends them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::error::sources;

/// Instance metadata, ECS and EKS Pod Identity. They identify the caller by its host, so a proxy
/// would get its own credentials or none.
const CREDENTIAL_ADDRESSES: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];

/// For the status of a proxy that has just refused a request, which is a detail of an error.
const STATUS_TIMEOUT: Duration = Duration::from_secs(1);
/// Longest status line that is read.
const LONGEST_STATUS_LINE: u64 = 1024;

/// The proxies of this process. A variable that cannot be used is logged once.
static OF_PROCESS: LazyLock<Proxies> = LazyLock::new(|| {
    let (proxies, unusable) = Proxies::parse(|name| std::env::var(name).ok());
    for variable in unusable {
        // Its value can have a password in it.
        tracing::warn!(
            variable,
            accepted = "http://host:port or https://host:port",
            "variable ignored: it is not a proxy URL"
        );
    }
    proxies
});

/// Which requests go through which proxy.
#[derive(Debug, Default)]
pub(super) struct Proxies {
    /// For `http` URLs.
    pub(super) http: Option<Proxy>,
    /// For `https` URLs.
    pub(super) https: Option<Proxy>,
    exceptions: Vec<Exception>,
}

/// A proxy that a variable names.
#[derive(Clone)]
pub(super) struct Proxy {
    /// The variable.
    variable: &'static str,
    /// For the SDK: with user and password.
    pub(super) config: ProxyConfig,
    /// Without user and password.
    address: Uri,
    authorization: Option<HeaderValue>,
}

/// An entry of `NO_PROXY`.
#[derive(Debug)]
struct Exception {
    /// A host with any port has none.
    port: Option<u16>,
    /// Intercepts all hosts but those of the entry.
    others: Matcher,
}

/// A request that failed on its way through a proxy.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProxyError {
    /// The proxy did not connect to AWS.
    #[error("the proxy {proxy} returned HTTP {status}")]
    Refused {
        /// Its address, and the variable that names it.
        proxy: Proxy,
        /// Its response to `CONNECT`.
        status: u16,
        /// The text of the SDK.
        source: BoxError,
    },
    /// Everything else.
    #[error("through the proxy {proxy}")]
    Failed {
        /// Its address, and the variable that names it.
        proxy: Proxy,
        /// The text of the SDK.
        source: BoxError,
    },
}

impl Proxies {
    /// The proxies that the environment of this process names.
    pub(super) fn of_process() -> &'static Self {
        &OF_PROCESS
    }

    /// The proxies of an environment, and the variables that are no URL of a proxy.
    fn parse(env: impl Fn(&str) -> Option<String>) -> (Self, Vec<&'static str>) {
        let mut unusable = Vec::new();
        let mut find = |names: [&'static str; 2]| {
            let value = |name| Some((name, env(name).filter(|value| !value.is_empty())?));
            let (variable, value) = names.into_iter().find_map(value)?;
            let proxy = Proxy::parse(variable, value.trim());
            if proxy.is_none() {
                unusable.push(variable);
            }
            proxy
        };
        let all = find(["ALL_PROXY", "all_proxy"]);
        let http = find(["HTTP_PROXY", "http_proxy"]);
        let https = find(["HTTPS_PROXY", "https_proxy"]);
        let exceptions = ["NO_PROXY", "no_proxy"].into_iter().filter_map(&env);
        let exceptions = exceptions.into_iter().find(|entries| !entries.is_empty());
        let exceptions = exceptions.unwrap_or_default();
        let exceptions = exceptions.split(',').map(str::trim);
        let proxies = Self {
            http: http.or_else(|| all.clone()),
            https: https.or(all),
            exceptions: exceptions
                .filter(|entry| !entry.is_empty())
                .map(Exception::parse)
                .collect(),
        };
        (proxies, unusable)
    }

    /// The proxy that a request goes through; `None` if it is sent directly.
    pub(super) fn of_request(&self, uri: &Uri) -> Option<&Proxy> {
        let proxy = match uri.scheme_str()? {
            "http" => self.http.as_ref(),
            "https" => self.https.as_ref(),
            _ => None,
        };
        let is_direct = is_of_this_host(uri.host()?)
            || self.exceptions.iter().any(|exception| exception.has(uri));
        proxy.filter(|_| !is_direct)
    }
}

/// Whether an address leads to this host, or to what answers only this host.
fn is_of_this_host(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(address) => address.is_loopback() || CREDENTIAL_ADDRESSES.contains(&address),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

impl Exception {
    /// An entry is `host`, `host:port`, an address, or a network such as `10.0.0.0/8`. A host
    /// stands for all names below it too, with `.` or `*.` before it or without.
    fn parse(entry: &str) -> Self {
        // An IPv6 address without brackets has colons, but no port.
        let can_have_port = |host: &str| host.ends_with(']') || !host.contains(':');
        let parts = entry.rsplit_once(':');
        let parts = parts.filter(|(host, _)| can_have_port(host));
        let (host, port) = match parts.map(|(host, port)| (host, port.parse())) {
            Some((host, Ok(port))) => (host, Some(port)),
            _ => (entry, None),
        };
        let host = host.trim_matches(['[', ']']);
        let host = match host {
            // The matcher takes this for all names, but for no address.
            "*" => "*,0.0.0.0/0,::/0",
            _ => host.strip_prefix("*.").unwrap_or(host),
        };
        let others = Matcher::builder().all("http://proxy").no(host).build();
        Self { port, others }
    }

    fn has(&self, uri: &Uri) -> bool {
        self.port.is_none_or(|only| only == port(uri)) && self.others.intercept(uri).is_none()
    }
}

/// The port of a URL, or the usual one of its scheme.
fn port(uri: &Uri) -> u16 {
    let usual = if uri.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    uri.port_u16().unwrap_or(usual)
}

impl Proxy {
    /// `None` for what is no URL of an HTTP proxy. A URL without a scheme is taken for one.
    fn parse(variable: &'static str, url: &str) -> Option<Self> {
        let url = match url.split_once("://") {
            Some(_) => url.to_owned(),
            None if url.contains('/') => return None,
            None => format!("http://{url}"),
        };
        let config = ProxyConfig::all(&*url).ok()?;
        let matcher = Matcher::builder().all(&*url).build();
        let intercept = matcher.intercept(&Uri::from_static("https://host"))?;
        Some(Self {
            variable,
            config,
            address: intercept.uri().clone(),
            authorization: intercept.basic_auth().cloned(),
        })
    }

    /// Adds to the error of a request to `uri` that it went through this proxy, and how the
    /// proxy refused it, where it did.
    pub(super) async fn explain(self, uri: &Uri, source: BoxError) -> ProxyError {
        // hyper-util has no type for it that can be named.
        let is_refused = |error: &(dyn std::error::Error + 'static)| {
            error.to_string().starts_with("tunnel error: ")
        };
        if sources(&*source).any(is_refused) {
            let status = tokio::time::timeout(STATUS_TIMEOUT, self.status(uri)).await;
            if let Ok(Some(status)) = status {
                return ProxyError::Refused {
                    proxy: self,
                    status,
                    source,
                };
            }
        }
        ProxyError::Failed {
            proxy: self,
            source,
        }
    }

    /// The status with which the proxy answers a `CONNECT`, which the SDK's error does not have.
    /// `None` if that cannot be found out.
    async fn status(&self, uri: &Uri) -> Option<u16> {
        if self.address.scheme_str() != Some("http") {
            return None;
        }
        let proxy = (self.address.host()?, port(&self.address));
        let mut stream = TcpStream::connect(proxy).await.ok()?;
        let authority = format!("{}:{}", uri.host()?, port(uri));
        let mut request =
            format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes();
        if let Some(authorization) = &self.authorization {
            request.extend_from_slice(b"Proxy-Authorization: ");
            request.extend_from_slice(authorization.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        stream.write_all(&request).await.ok()?;
        let mut line = String::new();
        let mut answer = BufReader::new(stream).take(LONGEST_STATUS_LINE);
        answer.read_line(&mut line).await.ok()?;
        line.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address.to_string();
        let address = address.trim_end_matches('/');
        write!(f, "{address} ({})", self.variable)
    }
}

/// Without the password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
