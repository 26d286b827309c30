//! The exporter's own counters, which last as long as the process.
//!
//! Owns the registries of the `prometheus` crate with the counters and the process collector, the
//! counts of HTTP requests, and the state of the configuration and of running refreshes for the
//! status page. The families of a snapshot are not stored here: each refresh creates them.

mod error_codes;
mod families;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::proto::MetricFamily;
use prometheus::{CounterVec, Gauge, HistogramVec, IntCounter, IntCounterVec, Registry};

use crate::catalog;
use error_codes::ErrorCodes;
use families::{counters, durations, forget, gauge, info, seconds};

/// All counters of the process. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct SelfMetrics {
    registry: Registry,
    /// The kernel's figures about the process, which are the most expensive to read.
    process: Registry,
    /// Counts changes of the families of `registry`.
    changes: Arc<AtomicU64>,
    interval: Gauge,
    config: ConfigMetrics,
    refreshes: IntCounterVec,
    refreshes_skipped: IntCounterVec,
    aws_requests: IntCounterVec,
    aws_failures: IntCounterVec,
    aws_durations: HistogramVec,
    aws_waits: CounterVec,
    cloudwatch_metrics: IntCounterVec,
    /// Changes with every scrape, which writes it at once.
    http_requests: Arc<HttpRequests>,
    /// State for the status page that is not a family.
    state: Arc<Mutex<State>>,
}

/// Current state that is not counted.
#[derive(Debug, Default)]
struct State {
    config: ConfigState,
    /// By target and region.
    progress: BTreeMap<(String, String), Arc<Mutex<Progress>>>,
    error_codes: ErrorCodes,
}

/// The configuration, as it was last read.
#[derive(Clone, Debug, Default)]
pub struct ConfigState {
    /// Hash of the active file.
    pub hash: u64,
    /// When it was read; `None` before any was.
    pub loaded_at: Option<SystemTime>,
    /// Time between refreshes that it says.
    pub interval: Duration,
    /// Maximum age of a value.
    pub max_age: Duration,
    /// Whether sessions are listed.
    pub lists_sessions: bool,
    /// The time and the problems of the last rejected file, one a line; `None` if the last file
    /// is active.
    pub refused: Option<(SystemTime, String)>,
}

/// Where the refreshes of one region of one target are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The start of the running refresh.
    pub under_way_since: Option<SystemTime>,
    /// The start of the next refresh; `None` during a refresh.
    pub next_at: Option<SystemTime>,
}

/// Requests by handler, then by status code.
type HttpRequests = RwLock<BTreeMap<String, BTreeMap<u16, HttpRequest>>>;

/// A status code in digits, and how often it was answered.
#[derive(Debug)]
struct HttpRequest {
    code: String,
    count: AtomicU64,
}

/// The state of the active configuration.
#[derive(Clone, Debug)]
struct ConfigMetrics {
    successful: Gauge,
    loaded_at: Gauge,
    hash: Gauge,
}

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
            interval: gauge(&registry, &catalog::REFRESH_INTERVAL),
            config: ConfigMetrics {
                successful: gauge(&registry, &catalog::CONFIG_RELOAD_SUCCESSFUL),
                loaded_at: gauge(&registry, &catalog::CONFIG_RELOAD_TIMESTAMP),
                hash: gauge(&registry, &catalog::CONFIG_HASH),
            },
            refreshes: counters(&registry, &catalog::REFRESHES),
            refreshes_skipped: counters(&registry, &catalog::REFRESHES_SKIPPED),
            aws_requests: counters(&registry, &catalog::AWS_REQUESTS),
            aws_failures: counters(&registry, &catalog::AWS_REQUEST_FAILURES),
            aws_durations: durations(&registry, &catalog::AWS_REQUEST_DURATION),
            aws_waits: seconds(&registry, &catalog::AWS_RATE_LIMIT_WAIT),
            cloudwatch_metrics: counters(&registry, &catalog::CLOUDWATCH_METRICS_REQUESTED),
            http_requests: Arc::default(),
            state: Arc::default(),
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

    /// Records an active configuration: the hash of its file, its refresh interval, and the
    /// maximum age of values.
    pub fn config_loaded(
        &self,
        hash: u64,
        at: SystemTime,
        (interval, max_age): (Duration, Duration),
        lists_sessions: bool,
    ) {
        let since_epoch = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.config.successful.set(1.0);
        self.config.loaded_at.set(since_epoch.as_secs_f64());
        self.config.hash.set(hash as f64);
        self.interval.set(interval.as_secs_f64());
        lock(&self.state).config = ConfigState {
            hash,
            loaded_at: Some(at),
            interval,
            max_age,
            lists_sessions,
            refused: None,
        };
        self.changed();
    }

    /// Records an invalid configuration; the previous one stays active. `problems` has one
    /// problem a line.
    pub fn config_refused(&self, at: SystemTime, problems: &str) {
        self.config.successful.set(0.0);
        lock(&self.state).config.refused = Some((at, problems.to_owned()));
        self.changed();
    }

    /// The configuration, as it was last read.
    #[must_use]
    pub fn config_state(&self) -> ConfigState {
        lock(&self.state).config.clone()
    }

    /// Where the refreshes of a region of a target are; nowhere, if there are none.
    #[must_use]
    pub fn progress(&self, target: &str, region: &str) -> Progress {
        let key = (target.to_owned(), region.to_owned());
        let state = lock(&self.state);
        let progress = state.progress.get(&key);
        progress.map(|progress| *lock(progress)).unwrap_or_default()
    }

    /// Removes the counters of a removed target region. Later counts create them again.
    pub fn forget(&self, target: &str, region: &str) {
        forget(&self.refreshes, target, region);
        forget(&self.refreshes_skipped, target, region);
        forget(&self.aws_requests, target, region);
        forget(&self.aws_failures, target, region);
        forget(&self.aws_waits, target, region);
        forget(&self.cloudwatch_metrics, target, region);
        let key = (target.to_owned(), region.to_owned());
        let mut state = lock(&self.state);
        state.progress.remove(&key);
        state.error_codes.forget(target, region);
        drop(state);
        self.changed();
    }

    /// The counters of one region of one target, which exist from now on.
    #[must_use]
    pub fn target(&self, target: &str, region: &str) -> TargetMetrics {
        let key = (target.to_owned(), region.to_owned());
        let progress = Arc::clone(lock(&self.state).progress.entry(key).or_default());
        let metrics = TargetMetrics {
            metrics: self.clone(),
            progress,
            refreshes: self.refreshes.with_label_values(&[target, region]),
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
        let requests = self.http_requests.read();
        let requests = requests.unwrap_or_else(PoisonError::into_inner);
        if let Some(request) = requests.get(handler).and_then(|codes| codes.get(&code)) {
            request.count.fetch_add(1, Ordering::Relaxed);
            return;
        }
        drop(requests);
        let requests = self.http_requests.write();
        let mut requests = requests.unwrap_or_else(PoisonError::into_inner);
        let codes = requests.entry(handler.to_owned()).or_default();
        let request = codes.entry(code).or_insert_with(|| HttpRequest {
            code: code.to_string(),
            count: AtomicU64::new(0),
        });
        *request.count.get_mut() += 1;
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
    pub fn each_http_request(&self, mut show: impl FnMut(&str, &str, u64)) {
        let requests = self.http_requests.read();
        let requests = requests.unwrap_or_else(PoisonError::into_inner);
        for (handler, codes) in requests.iter() {
            for request in codes.values() {
                show(
                    handler,
                    &request.code,
                    request.count.load(Ordering::Relaxed),
                );
            }
        }
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

/// Counters of one region of one target.
#[derive(Clone, Debug)]
pub struct TargetMetrics {
    progress: Arc<Mutex<Progress>>,
    metrics: SelfMetrics,
    refreshes: IntCounter,
    skipped: IntCounter,
}

impl TargetMetrics {
    /// A refresh begins.
    pub fn begun(&self, at: SystemTime) {
        *lock(&self.progress) = Progress {
            under_way_since: Some(at),
            next_at: None,
        };
    }

    /// The refresh is over, and what it found is shown: the next one begins then.
    pub fn waits_until(&self, next: SystemTime) {
        *lock(&self.progress) = Progress {
            under_way_since: None,
            next_at: Some(next),
        };
    }

    /// A refresh has ended.
    pub fn refreshed(&self) {
        self.refreshes.inc();
        self.metrics.changed();
    }

    /// Refreshes were due while another was still running.
    pub fn skipped(&self, refreshes: u64) {
        self.skipped.inc_by(refreshes);
        self.metrics.changed();
    }
}

/// Counters of one AWS service in one region of one target.
#[derive(Clone, Debug)]
pub struct ServiceMetrics {
    metrics: SelfMetrics,
    target: String,
    region: String,
    service: &'static str,
}

impl ServiceMetrics {
    /// A request goes out.
    pub fn sent(&self, operation: &str) {
        self.metrics
            .aws_requests
            .with_label_values(&[&*self.target, &*self.region, self.service, operation])
            .inc();
        self.metrics.changed();
    }

    /// A request that went out has failed.
    pub fn failed(&self, operation: &str, code: &str) {
        let mut state = lock(&self.metrics.state);
        let code = state
            .error_codes
            .label(&self.target, &self.region, operation, code);
        drop(state);
        self.metrics
            .aws_failures
            .with_label_values(&[&*self.target, &*self.region, self.service, operation, code])
            .inc();
        self.metrics.changed();
    }

    /// A request has ended, well or badly, after this time.
    pub fn took(&self, operation: &str, time: Duration) {
        self.metrics
            .aws_durations
            .with_label_values(&[self.service, operation])
            .observe(time.as_secs_f64());
        self.metrics.changed();
    }

    /// CloudWatch has answered a request for so many metrics.
    pub fn metrics_requested(&self, metrics: u64) {
        self.metrics
            .cloudwatch_metrics
            .with_label_values(&[&*self.target, &*self.region])
            .inc_by(metrics);
        self.metrics.changed();
    }

    /// A request has waited for the rate limit.
    pub fn waited(&self, time: Duration) {
        self.metrics
            .aws_waits
            .with_label_values(&[&*self.target, &*self.region, self.service])
            .inc_by(time.as_secs_f64());
        self.metrics.changed();
    }
}

impl Default for SelfMetrics {
    fn default() -> Self {
        Self::new()
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change is one assignment, so a panic elsewhere leaves it consistent.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
