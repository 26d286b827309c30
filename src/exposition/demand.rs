//! Tracks the formats that clients request, so that they are ready before the next scrape.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{Encoding, Format};

/// Prometheus looks back this far for a sample, so scrape intervals are not longer.
/// Each target region is published on its own: many can be published between two scrapes.
const LOOKBACK: Duration = Duration::from_secs(300);

/// The last request for each form: a format with an encoding.
#[derive(Debug)]
pub(super) struct Demand {
    start: Instant,
    /// In milliseconds after the start, and 1 more; 0 is never.
    asked_at: [[AtomicU64; Encoding::ALL.len()]; Format::ALL.len()],
    published: AtomicU64,
}

impl Demand {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            asked_at: Default::default(),
            published: AtomicU64::new(0),
        }
    }

    /// Records a request for this form.
    pub(super) fn ask(&self, format: Format, encoding: Encoding) {
        self.last_asked(format, encoding)
            .store(self.now(), Ordering::Relaxed);
    }

    /// The forms to render in advance: those requested recently, or since the last call of this
    /// function.
    pub(super) fn forms(&self) -> impl Iterator<Item = (Format, Encoding)> {
        let now = self.now();
        let before = self.published.swap(now, Ordering::Relaxed);
        let lookback = u64::try_from(LOOKBACK.as_millis()).unwrap_or(u64::MAX);
        let since = before.min(now.saturating_sub(lookback)).max(1);
        let forms = Format::ALL
            .into_iter()
            .flat_map(|format| Encoding::ALL.map(|encoding| (format, encoding)));
        forms.filter(move |(format, encoding)| {
            self.last_asked(*format, *encoding).load(Ordering::Relaxed) >= since
        })
    }

    fn last_asked(&self, format: Format, encoding: Encoding) -> &AtomicU64 {
        let [text, openmetrics, protobuf] = &self.asked_at;
        let [identity, gzip] = match format {
            Format::Text => text,
            Format::OpenMetrics => openmetrics,
            Format::Protobuf => protobuf,
        };
        match encoding {
            Encoding::Identity => identity,
            Encoding::Gzip => gzip,
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_made_ahead() {
        let demand = Demand::new();
        assert_eq!(demand.forms().count(), 0);
        demand.ask(Format::OpenMetrics, Encoding::Gzip);
        demand.ask(Format::Text, Encoding::Identity);
        for _ in 0..2 {
            let forms: Vec<_> = demand.forms().collect();
            assert_eq!(
                forms,
                [
                    (Format::Text, Encoding::Identity),
                    (Format::OpenMetrics, Encoding::Gzip)
                ]
            );
        }
    }
}
