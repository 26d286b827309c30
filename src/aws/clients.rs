//! The clients of one account and region: retries and timeouts for all services, a rate limit
//! and counters for each.

use std::ops::Deref;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_sdk_appstream::config::StalledStreamProtectionConfig;
use aws_sdk_appstream::config::retry::RetryPartition;

use super::call::CallContext;
use super::classify::RetryThrottling;
use super::connect::{Account, CONNECT_TIMEOUT};
use super::limits::Bucket;
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
    pub(super) cloudwatch: OnDemand<aws_sdk_cloudwatch::Client>,
    pub(super) appstream_calls: CallContext,
    pub(super) workspaces_calls: CallContext,
    pub(super) autoscaling_calls: CallContext,
    pub(super) quotas_calls: CallContext,
    pub(super) cloudwatch_calls: CallContext,
}

/// A client that is made by its first call, for a service that is not called by default.
#[derive(Clone, Debug)]
pub(super) struct OnDemand<T>(Arc<LazyLock<T, Box<dyn FnOnce() -> T + Send>>>);

impl<T> OnDemand<T> {
    fn new(make: impl FnOnce() -> T + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(make))))
    }
}

impl<T> Deref for OnDemand<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// The SDK's client of one service, which waits for the service's rate limit.
macro_rules! client {
    ($sdk:ident, $shared:expr, $transport:expr, $partition:expr) => {{
        let config = $sdk::config::Builder::from($shared)
            .http_client($transport)
            .retry_classifier(RetryThrottling)
            .retry_partition($partition)
            .build();
        $sdk::Client::from_conf(config)
    }};
}

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
        let calls = |service: Service| CallContext {
            metrics: Arc::new(metrics.service(target, region, service.as_str())),
            bucket: Arc::new(Bucket::new(limits.requests_per_second, limits.burst)),
            progress: Progress::default(),
        };
        let appstream_calls = calls(Service::Appstream);
        let workspaces_calls = calls(Service::Workspaces);
        let autoscaling_calls = calls(Service::ApplicationAutoscaling);
        let quotas_calls = calls(Service::ServiceQuotas);
        let cloudwatch_calls = calls(Service::Cloudwatch);
        let transport = |calls: &CallContext| Transport {
            client: self.http.clone(),
            timeout: limits.request_timeout,
            bucket: Arc::clone(&calls.bucket),
            metrics: Arc::clone(&calls.metrics),
        };
        // Of our own, so that the retries of one target never use up another's.
        let partition = |service: Service| {
            RetryPartition::new(format!("{target}/{region}/{}", service.as_str()))
        };
        let shared = &self.shared(region, limits.request_timeout);
        let cloudwatch = {
            let (shared, transport) = (shared.clone(), transport(&cloudwatch_calls));
            let partition = partition(Service::Cloudwatch);
            OnDemand::new(move || client!(aws_sdk_cloudwatch, &shared, transport, partition))
        };
        Client {
            appstream: client!(
                aws_sdk_appstream,
                shared,
                transport(&appstream_calls),
                partition(Service::Appstream)
            ),
            workspaces: client!(
                aws_sdk_workspaces,
                shared,
                transport(&workspaces_calls),
                partition(Service::Workspaces)
            ),
            autoscaling: client!(
                aws_sdk_applicationautoscaling,
                shared,
                transport(&autoscaling_calls),
                partition(Service::ApplicationAutoscaling)
            ),
            quotas: client!(
                aws_sdk_servicequotas,
                shared,
                transport(&quotas_calls),
                partition(Service::ServiceQuotas)
            ),
            cloudwatch,
            appstream_calls,
            workspaces_calls,
            autoscaling_calls,
            quotas_calls,
            cloudwatch_calls,
        }
    }

    /// State that all clients of a region share.
    fn shared(&self, region: &str, request_timeout: Duration) -> SdkConfig {
        self.config
            .to_builder()
            .region(Region::new(region.to_owned()))
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(ATTEMPTS)
                    .with_initial_backoff(BACKOFF),
            )
            .timeout_config(timeouts(request_timeout))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    }
}

impl Client {
    fn bucket(&self, service: Service) -> &Bucket {
        match service {
            Service::Appstream => &self.appstream_calls.bucket,
            Service::Workspaces => &self.workspaces_calls.bucket,
            Service::ApplicationAutoscaling => &self.autoscaling_calls.bucket,
            Service::ServiceQuotas => &self.quotas_calls.bucket,
            Service::Cloudwatch => &self.cloudwatch_calls.bucket,
        }
    }
}

impl Source for Client {
    fn for_read(&self, progress: &Progress) -> Self {
        let of_read = |calls: &CallContext| CallContext {
            progress: progress.clone(),
            ..calls.clone()
        };
        Self {
            appstream_calls: of_read(&self.appstream_calls),
            workspaces_calls: of_read(&self.workspaces_calls),
            autoscaling_calls: of_read(&self.autoscaling_calls),
            quotas_calls: of_read(&self.quotas_calls),
            cloudwatch_calls: of_read(&self.cloudwatch_calls),
            ..self.clone()
        }
    }

    fn begin_refresh(&self) {
        for service in Service::ALL {
            self.bucket(service).begin_refresh();
        }
    }

    fn requests_per_second(&self, service: Service) -> f64 {
        self.bucket(service).requests_per_second()
    }

    fn requests_sent(&self, service: Service) -> u64 {
        self.bucket(service).sent()
    }
}

/// The HTTP client times each attempt from sending to the last byte, without its
/// wait for the rate limit; the SDK only limits the time to connect.
fn timeouts(request: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT.min(request))
        .build()
}
