//! Times and durations of the pages and of their JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

/// A timestamp; as JSON, seconds since 1970 as `/metrics` has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timestamp(pub(super) SystemTime);

/// A duration; as JSON in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seconds(pub(super) Duration);

impl Timestamp {
    /// Unix time in seconds; `None` if it is out of range.
    pub(super) fn from_unix(seconds: f64) -> Option<Self> {
        let since_epoch = Duration::try_from_secs_f64(seconds).ok()?;
        UNIX_EPOCH.checked_add(since_epoch).map(Self)
    }

    /// The time since then; zero if it is still to come.
    pub(super) fn age(self, now: Self) -> Duration {
        now.0.duration_since(self.0).unwrap_or_default()
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let since_epoch = Self(UNIX_EPOCH).age(*self);
        serializer.serialize_f64(since_epoch.as_secs_f64())
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.as_secs_f64())
    }
}
