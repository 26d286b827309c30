//! The time of a request, and the clock of the simulated accounts, which can be paused, moved and
//! sped up.

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

/// A clock that runs at a chosen speed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// When the clock was set.
    set_at: Instant,
    /// The time to which the clock was set, in seconds since the Unix epoch.
    epoch_seconds: f64,
    /// Simulated seconds in each second.
    pub(crate) speed: f64,
    pub(crate) is_paused: bool,
}

impl Clock {
    /// A clock that shows the time on the wall now and runs at this speed.
    pub(crate) fn start(now: Moment, speed: f64) -> Self {
        Self {
            set_at: now.instant,
            epoch_seconds: now.epoch_seconds,
            speed,
            is_paused: false,
        }
    }

    /// The simulated time, in seconds since the Unix epoch.
    pub(crate) fn now(&self, instant: Instant) -> f64 {
        if self.is_paused {
            return self.epoch_seconds;
        }
        let passed = instant.saturating_duration_since(self.set_at);
        self.epoch_seconds + passed.as_secs_f64() * self.speed
    }

    /// Sets the clock to this time.
    pub(crate) fn set(&mut self, instant: Instant, epoch_seconds: f64) {
        self.set_at = instant;
        self.epoch_seconds = epoch_seconds;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_clock_runs_at_its_speed_and_stands_still_when_paused() {
        let now = Moment {
            instant: Instant::now(),
            epoch_seconds: 1_000.0,
        };
        let later = now.instant + Duration::from_secs(2);
        let mut clock = Clock::start(now, 60.0);
        assert_eq!(clock.now(later), 1_120.0);
        clock.set(later, 5_000.0);
        assert_eq!(clock.now(now.instant), 5_000.0);
        assert_eq!(clock.now(later + Duration::from_secs(1)), 5_060.0);
        clock.is_paused = true;
        assert_eq!(clock.now(later + Duration::from_secs(1)), 5_000.0);
    }
}
