//! The time a request came at, on the clock that measures and on the clock on the wall.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A point in time on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The monotonic time.
    pub(crate) instant: Instant,
    /// Seconds since the Unix epoch, for times in responses.
    pub(crate) epoch_seconds: f64,
}

impl Moment {
    /// This moment.
    #[expect(
        clippy::disallowed_methods,
        reason = "clients compare when credentials expire with a wall clock of their own"
    )]
    pub(crate) fn now() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            instant: Instant::now(),
            epoch_seconds: since_epoch.unwrap_or_default().as_secs_f64(),
        }
    }
}
