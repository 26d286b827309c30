//! The HTTP client beneath the SDK: one attempt, limited, timed and counted.
//!
//! It sits below the SDK's retries, so that a retry waits for the rate limit
//! like any other request, and so that the wait is not taken for AWS being slow.

use std::sync::Arc;
use std::time::Duration;

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

use super::absence::{self, Absence};
use super::attempt::{RequestTag, Unreadable};
use super::limits::Bucket;
use crate::selfmetrics::ServiceMetrics;

/// Fifty sessions need less than 50 KiB; no expected response is near this size.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// The HTTP client of one service in one region of one account.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    /// Where the requests go.
    pub(super) client: SharedHttpClient,
    /// Timeout of one attempt, from sending to the end of the body.
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
        let operation = match request.extension::<RequestTag>() {
            Some(tag) => {
                tag.send();
                tag.operation
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
            let text = format!("no response within {timeout} (aws.request_timeout)");
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

/// Sends a request and reads the whole response.
///
/// The SDK would read the body itself, after this connector has returned and
/// out of reach of its timeout.
async fn exchange(
    inner: &SharedHttpConnector,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let is_cbor = request.headers().get("smithy-protocol") == Some("rpc-v2-cbor");
    let host = http::Uri::try_from(request.uri()).ok();
    let host = host.as_ref().and_then(http::Uri::host);
    let mut response = match inner.call(request).await {
        Ok(response) => response,
        Err(error) => return Err(absence::explained(error, host, absence::exists).await),
    };
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
    if is_cbor
        && response.status().is_success()
        && let Err(error) = minicbor::Decoder::new(&body).skip()
    {
        let malformed = Unreadable::Malformed(error.to_string());
        return Err(ConnectorError::other(malformed.into(), None));
    }
    if absence::is_unknown_operation(response.status().as_u16(), &body) {
        return Err(ConnectorError::other(
            Absence::UnknownOperation.into(),
            None,
        ));
    }
    *response.body_mut() = SdkBody::from(body);
    Ok(response)
}
