//! The running refresh, and the inputs of decisions in it.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::settings::Settings;

/// The running refresh, or the last one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refresh {
    /// Counts refreshes from 1; 0 before the first.
    pub(crate) number: usize,
    /// Start of the scheduler.
    pub(crate) first: Instant,
    /// Start of this refresh.
    pub(crate) start: Instant,
    /// `start` on the wall clock.
    pub(crate) wall_start: SystemTime,
    /// Start of the previous refresh.
    pub(crate) previous: Instant,
    /// Whether it still starts reads.
    pub(crate) is_running: bool,
}

impl Refresh {
    /// No refresh has begun.
    pub(crate) fn none(now: Instant) -> Self {
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
    pub(crate) fn view(self, settings: &Settings, now: Instant) -> View<'_> {
        let refresh = self;
        View {
            settings,
            refresh,
            now,
        }
    }

    /// The next refresh begins. `now` is one moment on both clocks.
    pub(crate) fn begin(&mut self, (now, wall_start): (Instant, SystemTime)) {
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
pub(crate) struct View<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) refresh: Refresh,
    pub(crate) now: Instant,
}

impl View<'_> {
    /// The moment on the wall clock, which is read at the start of a refresh.
    pub(super) fn wall(&self) -> SystemTime {
        let Refresh {
            start, wall_start, ..
        } = self.refresh;
        let wall = wall_start.checked_add(self.now.saturating_duration_since(start));
        wall.unwrap_or(wall_start)
    }

    /// An earlier moment on the wall clock.
    pub(super) fn wall_at(&self, earlier: Instant) -> SystemTime {
        let age = self.now.saturating_duration_since(earlier);
        self.wall().checked_sub(age).unwrap_or(UNIX_EPOCH)
    }
}
