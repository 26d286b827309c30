//! The compressed day: ten minutes of real time for twenty-four hours of the company's.

use std::ops::Range;
use std::time::Duration;

/// A minute of the company's day, counted from four in the morning. There is no work then, so no
/// session extends into the next day.
pub(super) type Minute = u32;

/// Minutes in a day of the company.
pub(super) const DAY: Minute = 24 * 60;
/// Real seconds in a day of the company.
const REAL_SECONDS_PER_DAY: u64 = 600;
/// When the day is that the first second shows: most people are in, and some still come.
const OPENING: Minute = at(9, 45);

/// A minute of one of the company's days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CompanyTime {
    pub(super) day: u64,
    pub(super) minute: Minute,
}

/// Relates the company's days to real time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Real time of the opening, in seconds since the Unix epoch.
    pub(super) opened_at: f64,
}

/// The minute of the day at this time on the wall; hours before four belong to the night after.
pub(super) const fn at(hour: u32, minute: u32) -> Minute {
    (hour + 20) % 24 * 60 + minute
}

/// A time span of the day, given as hour and minute on the wall.
pub(super) const fn span(from: (u32, u32), until: (u32, u32)) -> Range<Minute> {
    at(from.0, from.1)..at(until.0, until.1)
}

impl CompanyTime {
    /// The moment shown this long after the opening.
    pub(super) fn after(elapsed: Duration) -> Self {
        let passed = elapsed.as_secs() * u64::from(DAY) / REAL_SECONDS_PER_DAY;
        let minutes = u64::from(OPENING) + passed;
        let minute =
            u32::try_from(minutes % u64::from(DAY)).expect("a remainder of a small number");
        Self {
            day: minutes / u64::from(DAY),
            minute,
        }
    }

    /// The company's minutes from the opening to this moment, negative before it.
    fn since_opening(self) -> f64 {
        // Days are few: a demo that runs for a year sees some fifty thousand.
        let day = f64::from(u32::try_from(self.day).unwrap_or(u32::MAX));
        day * f64::from(DAY) + f64::from(self.minute) - f64::from(OPENING)
    }
}

impl Clock {
    /// Real time of a moment, in seconds since the Unix epoch.
    pub(super) fn epoch_seconds(self, moment: CompanyTime) -> f64 {
        // 600 s for 1440 minutes is five seconds for twelve minutes.
        self.opened_at + moment.since_opening() * 5.0 / 12.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_four_and_take_ten_minutes() {
        assert_eq!(at(4, 0), 0);
        assert_eq!(at(3, 59), DAY - 1);
        for (elapsed, day, minute) in [
            (0, 0, OPENING),
            (5, 0, OPENING + 12),
            (600, 1, OPENING),
            (6_000, 10, OPENING),
        ] {
            let moment = CompanyTime::after(Duration::from_secs(elapsed));
            assert_eq!(moment, CompanyTime { day, minute }, "after {elapsed} s");
        }
    }

    #[test]
    fn real_time_passes_as_it_does() {
        let clock = Clock { opened_at: 1_000.0 };
        for elapsed in [0, 5, 300, 600, 1_205] {
            let moment = CompanyTime::after(Duration::from_secs(elapsed));
            let expected = 1_000.0 + Duration::from_secs(elapsed).as_secs_f64();
            assert!(
                (clock.epoch_seconds(moment) - expected).abs() < 0.5,
                "after {elapsed} s"
            );
        }
    }
}
