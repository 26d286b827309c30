//! The moments at which refreshes begin.

use std::time::Duration;

use tokio::time::Instant;

/// The part of an interval in which a tick has only just passed.
const JUST_PASSED: u32 = 20;

/// Ticks at a fixed pace. The first refresh begins at once and is not a tick.
#[derive(Debug)]
pub(super) struct Ticks {
    next: Instant,
    interval: Duration,
}

impl Ticks {
    /// The first tick comes one interval and the jitter after `start`.
    pub(super) fn new(start: Instant, interval: Duration, jitter: Duration) -> Self {
        Self {
            next: start + interval + jitter,
            interval,
        }
    }

    /// The first tick that is not before `now`, and how many were missed.
    ///
    /// A missed tick is not made up for: AWS would only be asked faster when it is
    /// slow already. One that has only just passed is not missed, or refreshes
    /// that use all of the interval would take place half as often.
    pub(super) fn next_after(&mut self, now: Instant) -> (Instant, u64) {
        let mut skipped = 0;
        while self.next + self.interval / JUST_PASSED < now {
            self.next += self.interval;
            skipped += 1;
        }
        let tick = self.next;
        self.next += self.interval;
        (tick, skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn keeps_its_pace_and_counts_what_it_skips() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut ticks = Ticks::new(start, 10 * second, 3 * second);
        let cases = [
            (1, 13, 0),
            (14, 23, 0),
            (23, 33, 0),
            (60, 63, 2),
            (63, 73, 0),
            (83, 83, 0),
            (94, 103, 1),
        ];
        for (now, tick, skipped) in cases {
            assert_eq!(
                ticks.next_after(start + now * second + second / 4),
                (start + tick * second, skipped),
                "at {now} s"
            );
        }
    }
}
