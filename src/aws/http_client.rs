//! The HTTP client that all requests of an account share, those for its credentials included.
//!
//! As the SDK's own client, except for which certificates it trusts and which requests go
//! through a proxy.

use std::sync::LazyLock;
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, ConnectorBuilder, tls};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use http::Uri;

use super::ca_bundle::CaBundle;
use super::proxy::{Proxies, Proxy};

/// The SDK's read timeout for instance metadata.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);

/// Whether this host has CA certificates. The log says once if it has none, because later
/// failures only say `UnknownIssuer`.
static HAS_CERTIFICATES: LazyLock<bool> = LazyLock::new(|| {
    let found = !rustls_native_certs::load_native_certs().certs.is_empty();
    if !found {
        tracing::warn!(
            "no CA certificates on this host, so TLS connections to AWS fail: install ca-certificates, or set SSL_CERT_FILE"
        );
    }
    found
});

/// Which certificates a server is believed by.
#[derive(Debug)]
pub(super) enum Trust {
    /// The host's certificates, as with the SDK's own client.
    Host,
    /// The certificates of a file.
    Bundle(CaBundle),
    /// None: the endpoint speaks no TLS.
    Nobody,
}

/// A client with these trusted certificates and the proxies of the environment.
pub(super) fn with_proxies(trust: &Trust) -> SharedHttpClient {
    let proxies = Proxies::of_process();
    let context = tls_context(trust);
    let through = |proxy: &Option<Proxy>| {
        let config = proxy.as_ref().map(|proxy| proxy.config.clone());
        config.map(|config| client(config, context.clone()))
    };
    SharedHttpClient::new(Routes {
        http: through(&proxies.http),
        https: through(&proxies.https),
        direct: client(ProxyConfig::disabled(), context),
        proxies,
    })
}

/// A client that uses no proxy.
pub(super) fn without_proxies(trust: &Trust) -> SharedHttpClient {
    client(ProxyConfig::disabled(), tls_context(trust))
}

fn tls_context(trust: &Trust) -> tls::TlsContext {
    let store = tls::TrustStore::empty();
    let store = match trust {
        // The SDK's TLS takes for granted that there are some, and a debug build of it panics.
        Trust::Host => store.with_native_roots(*HAS_CERTIFICATES),
        Trust::Bundle(bundle) => store.with_pem_certificate(bundle.pem()),
        Trust::Nobody => store,
    };
    tls::TlsContext::builder()
        .with_trust_store(store)
        .build()
        .expect("the certificates of a bundle were read before")
}

fn client(proxy: ProxyConfig, context: tls::TlsContext) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let settings = settings.map(without_endpoint_timeout);
        let mut connector = ConnectorBuilder::default()
            .tls_provider(tls::Provider::Rustls(
                tls::rustls_provider::CryptoMode::AwsLc,
            ))
            .tls_context(context.clone());
        connector.set_connector_settings(settings);
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(proxy.clone()));
        connector.build()
    })
}

/// The SDK stops reading from a container's credential endpoint after five seconds, and from
/// instance metadata after one. Here `refresh.timeout` bounds the endpoint, as it bounds every
/// other source of credentials. A host without instance metadata must still be told quickly.
fn without_endpoint_timeout(settings: &HttpConnectorSettings) -> HttpConnectorSettings {
    let of_metadata = settings
        .read_timeout()
        .filter(|timeout| *timeout <= METADATA_TIMEOUT);
    let mut kept = HttpConnectorSettings::builder();
    kept.set_connect_timeout(settings.connect_timeout())
        .set_read_timeout(of_metadata);
    kept.build()
}

/// Sends each request directly or through a proxy: with clients, or with connectors of theirs.
///
/// The SDK can take proxies from the environment by itself, but would send the
/// requests for credentials through them too.
#[derive(Clone, Debug)]
struct Routes<C> {
    proxies: &'static Proxies,
    direct: C,
    http: Option<C>,
    https: Option<C>,
}

impl HttpClient for Routes<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = |client: &SharedHttpClient| client.http_connector(settings, components);
        SharedHttpConnector::new(Routes {
            proxies: self.proxies,
            direct: connector(&self.direct),
            http: self.http.as_ref().map(connector),
            https: self.https.as_ref().map(connector),
        })
    }
}

impl HttpConnector for Routes<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some((uri, proxy)) = self.proxy_of(&request) else {
            return self.direct.call(request);
        };
        let connector = if uri.scheme_str() == Some("https") {
            &self.https
        } else {
            &self.http
        };
        let connector = connector.clone().unwrap_or_else(|| self.direct.clone());
        HttpConnectorFuture::new(async move {
            let answer = connector.call(request).await;
            match answer {
                Ok(answer) => Ok(answer),
                Err(error) => Err(explain(proxy, &uri, error).await),
            }
        })
    }
}

impl Routes<SharedHttpConnector> {
    fn proxy_of(&self, request: &HttpRequest) -> Option<(Uri, Proxy)> {
        let uri: Uri = request.uri().parse().ok()?;
        let proxy = self.proxies.of_request(&uri)?.clone();
        Some((uri, proxy))
    }
}

/// The same kind of error, which names the proxy.
async fn explain(proxy: Proxy, uri: &Uri, error: ConnectorError) -> ConnectorError {
    let (is_timeout, is_io, kind) = (error.is_timeout(), error.is_io(), error.as_other());
    let source = proxy.explain(uri, error.into_source()).await.into();
    if is_timeout {
        ConnectorError::timeout(source)
    } else if is_io {
        ConnectorError::io(source)
    } else {
        ConnectorError::other(source, kind)
    }
}
