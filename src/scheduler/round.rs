//! When a refresh begins and ends.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::settings::Settings;

/// A tick counts as missed when it passed longer ago than this part of an interval.
const JUST_PASSED: u32 = 20;

/// The running refresh, or the last one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    /// Counts refreshes from 1; 0 before the first.
    pub(super) number: usize,
    /// When the scheduler began.
    pub(super) first: Instant,
    /// When it began.
    pub(super) start: Instant,
    /// The same on the wall clock.
    pub(super) wall_start: SystemTime,
    /// When the one before it began.
    pub(super) previous: Instant,
    /// Whether it still starts reads.
    pub(super) is_running: bool,
}

impl Round {
    /// No refresh has begun.
    pub(super) fn none(now: Instant) -> Self {
        Self {
            number: 0,
            first: now,
            start: now,
            wall_start: UNIX_EPOCH,
            previous: now,
            is_running: false,
        }
    }

    /// The inputs of a decision at one time.
    pub(super) fn view(self, settings: &Settings, now: Instant) -> View<'_> {
        let round = self;
        View {
            settings,
            round,
            now,
        }
    }

    /// The next refresh begins. `now` is one moment on both clocks.
    pub(super) fn begin(&mut self, (now, wall_start): (Instant, SystemTime)) {
        *self = Self {
            number: self.number + 1,
            start: now,
            wall_start,
            previous: self.start,
            is_running: true,
            ..*self
        };
    }
}

/// The inputs, besides the entries, that decide which reads are due and which values are shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) settings: &'a Settings,
    pub(super) round: Round,
    pub(super) now: Instant,
}

impl View<'_> {
    /// The moment on the wall clock, which is read at the start of a refresh.
    pub(super) fn wall(&self) -> SystemTime {
        let (
            Round {
                start, wall_start, ..
            },
            now,
        ) = (self.round, self.now);
        let wall = wall_start.checked_add(now.saturating_duration_since(start));
        wall.unwrap_or(wall_start)
    }

    /// An earlier moment on the wall clock.
    pub(super) fn wall_at(&self, earlier: Instant) -> SystemTime {
        let age = self.now.saturating_duration_since(earlier);
        self.wall().checked_sub(age).unwrap_or(UNIX_EPOCH)
    }
}

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
