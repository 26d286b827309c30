//! The HTTP client beneath the SDK: one attempt, limited, timed and counted.
//!
//! It sits below the SDK's retries, so that a retry waits for the rate limit
//! like any other request, and so that the wait is not taken for AWS being slow.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, ConnectorBuilder, tls};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::Instant;

use super::attempt::{Attempt, Unreadable};
use super::limits::Bucket;
use crate::selfmetrics::ServiceMetrics;

/// Fifty sessions come to less than 50 KiB; nothing we ask for comes near this.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// Whether this host has CA certificates. If it has none, that is said once: what fails later says
/// `UnknownIssuer`, and no more.
static HAS_CERTIFICATES: LazyLock<bool> = LazyLock::new(|| {
    let found = !rustls_native_certs::load_native_certs().certs.is_empty();
    if !found {
        tracing::warn!(
            "no CA certificates on this host, so AWS cannot be trusted: install ca-certificates, or set SSL_CERT_FILE"
        );
    }
    found
});

/// Which certificates a server is believed by.
pub(super) enum Trust {
    /// Those of the host, as with the SDK's own client.
    Host,
    /// None: the endpoint speaks no TLS.
    Nobody,
}

/// The client that all regions of an account share, and with it its connections.
///
/// The same as the SDK's default: rustls, the host's CA certificates, and `proxies` from the environment.
pub(super) fn base_client(proxies: ProxyConfig, trust: Trust) -> SharedHttpClient {
    // The SDK's TLS takes for granted that there are some, and a debug build of it panics.
    let roots = match trust {
        Trust::Host => *HAS_CERTIFICATES,
        Trust::Nobody => false,
    };
    let store = tls::TrustStore::empty().with_native_roots(roots);
    let context = tls::TlsContext::builder()
        .with_trust_store(store)
        .build()
        .expect("a trust store without certificates of its own can be built");
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = ConnectorBuilder::default()
            .tls_provider(tls::Provider::Rustls(
                tls::rustls_provider::CryptoMode::AwsLc,
            ))
            .tls_context(context.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(proxies.clone()));
        connector.build()
    })
}

/// The HTTP client of one service in one region of one account.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    /// Where the requests go.
    pub(super) client: SharedHttpClient,
    /// How long one attempt may take, from sending to the end of the body.
    pub(super) timeout: Duration,
    /// Limits the rate of this service's requests.
    pub(super) bucket: Arc<Bucket>,
    /// Counts them.
    pub(super) metrics: Arc<ServiceMetrics>,
}

impl HttpClient for Transport {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            inner: self.client.http_connector(settings, components),
            transport: self.clone(),
        })
    }
}

#[derive(Clone, Debug)]
struct Connector {
    inner: SharedHttpConnector,
    transport: Transport,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move { connector.attempt(request).await })
    }
}

impl Connector {
    async fn attempt(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let Transport {
            timeout,
            bucket,
            metrics,
            ..
        } = self.transport;
        metrics.waited(bucket.wait().await);
        let operation = match request.extension::<Attempt>() {
            Some(attempt) => {
                attempt.send();
                attempt.operation
            }
            None => "unknown",
        };
        metrics.sent(operation);
        bucket.count_sent();
        let mut in_flight = InFlight {
            metrics,
            operation,
            started: Instant::now(),
            answered: false,
        };
        let answer = tokio::time::timeout(timeout, exchange(&self.inner, request)).await;
        in_flight.answered = true;
        answer.unwrap_or_else(|_| {
            let timeout = humantime::format_duration(timeout);
            let text = format!("nothing within {timeout} (aws.request_timeout)");
            Err(ConnectorError::timeout(text.into()))
        })
    }
}

/// A request that went out. Dropped before its end when the region or the process
/// stops, and then it counts as timed out.
struct InFlight {
    metrics: Arc<ServiceMetrics>,
    operation: &'static str,
    started: Instant,
    answered: bool,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        self.metrics.took(self.operation, took);
        if !self.answered {
            self.metrics.failed(self.operation, "timeout");
        }
    }
}

/// Sends a request and reads the whole answer.
///
/// The SDK would read the body itself, after this connector has returned and
/// out of reach of its timeout.
async fn exchange(
    inner: &SharedHttpConnector,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let mut response = inner.call(request).await?;
    let body = Limited::new(response.take_body(), LARGEST_BODY)
        .collect()
        .await
        .map_err(|error| {
            if error.is::<LengthLimitError>() {
                let limit = LARGEST_BODY;
                ConnectorError::other(Unreadable::TooLarge { limit }.into(), None)
            } else {
                ConnectorError::io(error)
            }
        })?;
    let body = body.to_bytes();
    if body.is_empty() && response.status().is_success() {
        return Err(ConnectorError::other(Unreadable::Empty.into(), None));
    }
    *response.body_mut() = SdkBody::from(body);
    Ok(response)
}
