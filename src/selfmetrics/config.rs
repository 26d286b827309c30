//! The configuration: its gauges, and its state for the status page.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::{Gauge, Registry};

use super::families::gauge;
use super::lock;
use crate::catalog;

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

/// The state of the active configuration.
#[derive(Clone, Debug)]
pub(super) struct ConfigMetrics {
    interval: Gauge,
    successful: Gauge,
    loaded_at: Gauge,
    hash: Gauge,
    state: Arc<Mutex<ConfigState>>,
}

impl ConfigMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        Self {
            interval: gauge(registry, &catalog::REFRESH_INTERVAL),
            successful: gauge(registry, &catalog::CONFIG_RELOAD_SUCCESSFUL),
            loaded_at: gauge(registry, &catalog::CONFIG_RELOAD_TIMESTAMP),
            hash: gauge(registry, &catalog::CONFIG_HASH),
            state: Arc::default(),
        }
    }

    pub(super) fn loaded(&self, config: ConfigState) {
        let at = config.loaded_at.unwrap_or(UNIX_EPOCH);
        let since_epoch = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.successful.set(1.0);
        self.loaded_at.set(since_epoch.as_secs_f64());
        self.hash.set(config.hash as f64);
        self.interval.set(config.interval.as_secs_f64());
        *lock(&self.state) = config;
    }

    pub(super) fn refused(&self, at: SystemTime, problems: &str) {
        self.successful.set(0.0);
        lock(&self.state).refused = Some((at, problems.to_owned()));
    }

    pub(super) fn state(&self) -> ConfigState {
        lock(&self.state).clone()
    }
}
