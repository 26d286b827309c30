//! The exporter's own counters, which last as long as the process.
//!
//! Owns the registries of the `prometheus` crate with the counters and the process collector, the
//! counts of HTTP requests, and the state of the configuration and of running refreshes for the
//! status page. The families of a snapshot are not stored here: each refresh creates them.

mod config;
mod error_codes;
mod families;
mod http_requests;
mod service;
mod target;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use prometheus::proto::MetricFamily;
use prometheus::{CounterVec, HistogramVec, IntCounterVec, Registry};

use crate::catalog;
use config::ConfigMetrics;
use error_codes::ErrorCodes;
use families::{counters, durations, forget, info, seconds};
use http_requests::HttpRequests;

pub use config::ConfigState;
pub use service::ServiceMetrics;
pub use target::{RefreshProgress, TargetMetrics};

/// All counters of the process. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct SelfMetrics {
    registry: Registry,
    /// The kernel's figures about the process, which are the most expensive to read.
    process: Registry,
    /// Counts changes of the families of `registry`.
    changes: Arc<AtomicU64>,
    config: ConfigMetrics,
    refreshes_skipped: IntCounterVec,
    aws_requests: IntCounterVec,
    aws_failures: IntCounterVec,
    aws_durations: HistogramVec,
    aws_waits: CounterVec,
    cloudwatch_metrics: IntCounterVec,
    /// Changes with every scrape, which writes it at once.
    http_requests: Arc<HttpRequests>,
    /// For the status page, and for the number of refreshes in snapshots.
    progress: Arc<Mutex<ProgressByRegion>>,
    error_codes: Arc<Mutex<ErrorCodes>>,
}

/// The refreshes of each target and region.
type ProgressByRegion = BTreeMap<(String, String), Arc<Mutex<RefreshProgress>>>;

/// The version of this build.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    /// Version of the crate.
    pub version: &'static str,
    /// Git revision, or `unknown`.
    pub revision: &'static str,
    /// Version of the compiler.
    pub rustversion: &'static str,
}

impl Build {
    /// This build.
    pub const THIS: Self = Self {
        version: env!("CARGO_PKG_VERSION"),
        revision: env!("APPSTREAM_EXPORTER_REVISION"),
        rustversion: env!("APPSTREAM_EXPORTER_RUSTVERSION"),
    };
}

impl SelfMetrics {
    /// Counters at zero.
    #[must_use]
    pub fn new() -> Self {
        let registry = Registry::new();
        let metrics = Self {
            config: ConfigMetrics::new(&registry),
            refreshes_skipped: counters(&registry, &catalog::REFRESHES_SKIPPED),
            aws_requests: counters(&registry, &catalog::AWS_REQUESTS),
            aws_failures: counters(&registry, &catalog::AWS_REQUEST_FAILURES),
            aws_durations: durations(&registry, &catalog::AWS_REQUEST_DURATION),
            aws_waits: seconds(&registry, &catalog::AWS_RATE_LIMIT_WAIT),
            cloudwatch_metrics: counters(&registry, &catalog::CLOUDWATCH_METRICS_REQUESTED),
            http_requests: Arc::default(),
            progress: Arc::default(),
            error_codes: Arc::default(),
            registry,
            process: Registry::new(),
            changes: Arc::default(),
        };
        let Build {
            version,
            revision,
            rustversion,
        } = Build::THIS;
        let labels = [version, revision, rustversion];
        info(&metrics.registry, &catalog::BUILD_INFO, &labels);
        #[cfg(target_os = "linux")]
        metrics
            .process
            .register(Box::new(
                prometheus::process_collector::ProcessCollector::for_self(),
            ))
            .expect("the process collector is registered once");
        metrics
    }

    /// Records an active configuration.
    pub fn config_loaded(&self, config: ConfigState) {
        self.config.loaded(config);
        self.changed();
    }

    /// Records an invalid configuration; the previous one stays active. `problems` has one
    /// problem a line.
    pub fn config_refused(&self, at: SystemTime, problems: &str) {
        self.config.refused(at, problems);
        self.changed();
    }

    /// The configuration, as it was last read.
    #[must_use]
    pub fn config_state(&self) -> ConfigState {
        self.config.state()
    }

    /// Where the refreshes of a region of a target are; nowhere, if there are none.
    #[must_use]
    pub fn progress(&self, target: &str, region: &str) -> RefreshProgress {
        let key = (target.to_owned(), region.to_owned());
        let regions = lock(&self.progress);
        let progress = regions.get(&key);
        progress.map(|progress| *lock(progress)).unwrap_or_default()
    }

    /// Removes the counters of a removed target region. Later counts create them again.
    pub fn forget(&self, target: &str, region: &str) {
        forget(&self.refreshes_skipped, target, region);
        forget(&self.aws_requests, target, region);
        forget(&self.aws_failures, target, region);
        forget(&self.aws_waits, target, region);
        forget(&self.cloudwatch_metrics, target, region);
        let key = (target.to_owned(), region.to_owned());
        lock(&self.progress).remove(&key);
        lock(&self.error_codes).forget(target, region);
        self.changed();
    }

    /// The counters of one region of one target, which exist from now on.
    #[must_use]
    pub fn target(&self, target: &str, region: &str) -> TargetMetrics {
        let key = (target.to_owned(), region.to_owned());
        let progress = Arc::clone(lock(&self.progress).entry(key).or_default());
        let metrics = TargetMetrics {
            metrics: self.clone(),
            progress,
            skipped: self.refreshes_skipped.with_label_values(&[target, region]),
        };
        self.changed();
        metrics
    }

    /// The counters of one AWS service in one region of one target, which exist once a
    /// request is sent.
    #[must_use]
    pub fn service(&self, target: &str, region: &str, service: &'static str) -> ServiceMetrics {
        ServiceMetrics {
            metrics: self.clone(),
            target: target.to_owned(),
            region: region.to_owned(),
            service,
        }
    }

    /// Counts an answered HTTP request.
    pub fn http_request(&self, handler: &str, code: u16) {
        self.http_requests.count(handler, code);
    }

    /// All families that have a series, sorted by name, except those of
    /// [`Self::each_http_request`] and [`Self::gather_process`].
    #[must_use]
    pub fn gather(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }

    /// A number that is another one whenever [`Self::gather`] gives something else.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Shows handler, status code and count of all HTTP requests.
    pub fn each_http_request(&self, show: impl FnMut(&str, &str, u64)) {
        self.http_requests.each(show);
    }

    /// The kernel's figures about the process, read at every call.
    #[must_use]
    pub fn gather_process(&self) -> Vec<MetricFamily> {
        self.process.gather()
    }

    /// To be called after each change, so that who has seen the number has seen the change.
    fn changed(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }
}

impl Default for SelfMetrics {
    fn default() -> Self {
        Self::new()
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic during a change leaves at most an entry that is still empty.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
