//! The moments at which refreshes begin, one interval apart.

use std::time::Duration;

use tokio::time::Instant;

/// A tick counts as missed when it passed longer ago than this part of an interval.
const JUST_PASSED: u32 = 20;

/// The moments at which refreshes begin. The first begins at once and is not a tick.
#[derive(Debug)]
pub(super) struct Ticks {
    next: Instant,
    interval: Duration,
}

impl Ticks {
    /// The first tick comes one interval after `start`, less the jitter.
    pub(super) fn new(start: Instant, interval: Duration, jitter: Duration) -> Self {
        Self {
            next: start + interval.saturating_sub(jitter),
            interval,
        }
    }

    /// The next tick after a refresh that ended at `now`, and how many were missed.
    ///
    /// A missed tick is not made up for: that would call AWS faster when it is
    /// slow already. A tick that has only just passed is not missed, or refreshes
    /// that use all of the interval would take place half as often.
    pub(super) fn next_after(&mut self, now: Instant) -> (Instant, u64) {
        let mut missed = 0;
        while self.next + self.interval / JUST_PASSED < now {
            self.next += self.interval;
            missed += 1;
        }
        let tick = self.next;
        self.next += self.interval;
        (tick, missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ticks_keep_their_pace_and_missed_ones_are_counted() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut ticks = Ticks::new(start, 10 * second, second);
        let cases = [
            (1, 9, 0),
            (10, 19, 0),
            (19, 29, 0),
            (56, 59, 2),
            (59, 69, 0),
            (79, 79, 0),
            (90, 99, 1),
        ];
        for (now, tick, missed) in cases {
            assert_eq!(
                ticks.next_after(start + now * second + second / 4),
                (start + tick * second, missed),
                "at {now} s"
            );
        }
    }
}
