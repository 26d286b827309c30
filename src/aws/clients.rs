//! The clients of one account and region: retries and timeouts for all services, a rate limit
//! and counters for each.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_sdk_appstream::config::StalledStreamProtectionConfig;
use aws_sdk_appstream::config::retry::RetryPartition;

use super::call::{Call, CallContext};
use super::classify::RetryThrottling;
use super::connect::{Account, CONNECT_TIMEOUT};
use super::limits::Bucket;
use super::operations::Operation;
use super::progress::Progress;
use super::source::Source;
use super::transport::Transport;
use crate::config::Aws;
use crate::model::Service;
use crate::selfmetrics::SelfMetrics;

/// Attempts of one call: the first and two retries, the SDK's standard.
const ATTEMPTS: u32 = 3;
/// The SDK waits up to this long before the first retry, and up to twice as long before the second.
/// Its default of 1 s is for clients without a rate limit of their own.
const BACKOFF: Duration = Duration::from_millis(250);

/// One account and region, ready to be called. Cheap to clone; clones share limits and counters.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) appstream: aws_sdk_appstream::Client,
    pub(super) workspaces: aws_sdk_workspaces::Client,
    pub(super) autoscaling: aws_sdk_applicationautoscaling::Client,
    pub(super) quotas: aws_sdk_servicequotas::Client,
    /// Made by its first call, because CloudWatch is not called by default.
    pub(super) cloudwatch: Arc<LazyLock<aws_sdk_cloudwatch::Client, MakeCloudwatch>>,
    /// In the order of [`Service::ALL`].
    contexts: [CallContext; Service::ALL.len()],
}

type MakeCloudwatch = Box<dyn FnOnce() -> aws_sdk_cloudwatch::Client + Send>;

impl Account {
    /// The clients of one region, with limits of their own.
    #[must_use]
    pub fn client(
        &self,
        target: &str,
        region: &str,
        limits: &Aws,
        metrics: &SelfMetrics,
    ) -> Client {
        let contexts = Service::ALL.map(|service| CallContext {
            metrics: Arc::new(metrics.service(target, region, service.as_str())),
            bucket: Arc::new(Bucket::new(limits.requests_per_second, limits.burst)),
            progress: Progress::default(),
        });
        // A closure that makes the SDK's client of a service.
        macro_rules! make {
            ($sdk:ident, $service:ident) => {{
                let context = &contexts[Service::$service as usize];
                let partition = format!("{target}/{region}/{}", Service::$service.as_str());
                let config = $sdk::config::Builder::from(&self.shared(region, limits, context))
                    .retry_classifier(RetryThrottling)
                    // Of our own, so that the retries of one target never use up another's.
                    .retry_partition(RetryPartition::new(partition))
                    .build();
                move || $sdk::Client::from_conf(config)
            }};
        }
        Client {
            appstream: make!(aws_sdk_appstream, Appstream)(),
            workspaces: make!(aws_sdk_workspaces, Workspaces)(),
            autoscaling: make!(aws_sdk_applicationautoscaling, ApplicationAutoscaling)(),
            quotas: make!(aws_sdk_servicequotas, ServiceQuotas)(),
            cloudwatch: Arc::new(LazyLock::new(Box::new(make!(
                aws_sdk_cloudwatch,
                Cloudwatch
            )))),
            contexts,
        }
    }

    /// The part of the configuration that has one type for all services, with the service's HTTP
    /// client, which waits for its rate limit.
    fn shared(&self, region: &str, limits: &Aws, context: &CallContext) -> SdkConfig {
        let transport = Transport {
            client: self.http.clone(),
            timeout: limits.request_timeout,
            bucket: Arc::clone(&context.bucket),
            metrics: Arc::clone(&context.metrics),
        };
        self.config
            .to_builder()
            .http_client(transport)
            .region(Region::new(region.to_owned()))
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(ATTEMPTS)
                    .with_initial_backoff(BACKOFF),
            )
            .timeout_config(timeouts(limits.request_timeout))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    }
}

impl Client {
    /// A call of the operation that has the error type `E`.
    pub(super) fn call<E: Operation>(&self) -> Call<E> {
        self.context(E::SERVICE).call()
    }

    fn context(&self, service: Service) -> &CallContext {
        &self.contexts[service as usize]
    }
}

impl Source for Client {
    fn for_read(&self, progress: &Progress) -> Self {
        let of_read = |context: &CallContext| CallContext {
            progress: progress.clone(),
            ..context.clone()
        };
        Self {
            contexts: self.contexts.each_ref().map(of_read),
            ..self.clone()
        }
    }

    fn begin_refresh(&self) {
        for context in &self.contexts {
            context.bucket.begin_refresh();
        }
    }

    fn requests_per_second(&self, service: Service) -> f64 {
        self.context(service).bucket.requests_per_second()
    }

    fn requests_sent(&self, service: Service) -> u64 {
        self.context(service).bucket.sent()
    }
}

/// The HTTP client times each attempt from sending to the last byte, without its
/// wait for the rate limit; the SDK only limits the time to connect.
fn timeouts(request: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT.min(request))
        .build()
}
