//! One list that is read from AWS: its last good value with its age, and its last attempt. One
//! type serves every resource.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::refresh::View;
use crate::aws::{Cause, Error, Listed, Progress};
use crate::report::Span;

/// The read interval of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cadence {
    /// Not now: a list that it depends on is not known.
    Never,
    /// At once, also for the second time in a refresh.
    Now,
    /// On every refresh.
    EveryRefresh,
    /// Once in this time, at a phase of its own.
    Every(Duration),
    /// Once in this time, but not now.
    Later(Duration),
}

impl Cadence {
    /// Once in `period`; on every refresh where that is not longer than the interval.
    pub(super) fn every(period: Duration, interval: Duration) -> Self {
        if period <= interval {
            Self::EveryRefresh
        } else {
            Self::Every(period)
        }
    }

    /// The read interval of stacks, associations and tags.
    pub(super) fn topology(view: View<'_>) -> Self {
        Self::every(view.settings.topology_interval, view.settings.interval)
    }

    /// The long-term read rate, as a share of refreshes.
    pub(crate) fn frequency(self, interval: Duration) -> f64 {
        match self {
            Self::Never => 0.0,
            Self::Now | Self::EveryRefresh => 1.0,
            Self::Every(period) | Self::Later(period) => interval.div_duration_f64(period).min(1.0),
        }
    }
}

/// The result of a read that has just ended, and its start.
#[derive(Debug)]
pub(crate) struct Attempt<T> {
    pub(crate) result: Result<Listed<T>, Error>,
    pub(crate) begun: Instant,
}

/// A value with its history.
#[derive(Debug)]
pub(crate) struct Entry<T> {
    /// However old.
    pub(crate) last_good: Option<Arc<T>>,
    pub(crate) history: History,
}

/// Entries of one kind by key.
pub(crate) type Table<K, T> = BTreeMap<K, Entry<T>>;

/// The state of an entry, independent of its value.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// When in its period it is read, from 0 to 1, so that reads are spread over time.
    phase: f64,
    /// When the last attempt began.
    pub(crate) attempted_at: Option<Instant>,
    /// When the last attempt ended.
    pub(crate) ended_at: Option<Instant>,
    /// When the last good read began.
    pub(crate) read_at: Option<Instant>,
    /// From when the age of the value counts; `None` until the list is due again.
    aging_since: Option<Instant>,
    /// Pages of the last good read.
    pages: Option<u32>,
    /// Why the last attempt failed.
    pub(crate) error: Option<Box<Error>>,
    /// Why AWS does not support it here, if that was the last answer.
    pub(crate) unsupported: Option<Box<Error>>,
    /// The progress of the running attempt.
    pub(crate) in_flight: Option<Progress>,
    /// The value may have changed since the last attempt began. It is read again soon.
    pub(crate) is_stale: bool,
}

/// An entry that was never read.
impl<T> Default for Entry<T> {
    fn default() -> Self {
        Self {
            last_good: None,
            history: History::default(),
        }
    }
}

impl<T> Entry<T> {
    /// An entry that was never read. `key` decides its phase.
    pub(super) fn new(key: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let mut new = Self::default();
        new.history.phase = hasher.finish() as f64 / u64::MAX as f64;
        new
    }

    /// Takes in what came of an attempt.
    pub(super) fn record(&mut self, attempt: Attempt<T>, view: View<'_>) {
        self.record_unless_refused(attempt, view, |_| false);
    }

    /// The same for a list of the whole region. That its service is missing is not
    /// believed once it has answered.
    pub(super) fn record_list(&mut self, attempt: Attempt<T>, view: View<'_>) {
        let has_answered = self.history.has_answered();
        let is_refusal = |error: &Error| error.is_service_absent() && !has_answered;
        self.record_unless_refused(attempt, view, is_refusal);
    }

    /// The same where an error can say that AWS does not support this here, which
    /// is no failure.
    pub(super) fn record_unless_refused(
        &mut self,
        Attempt { result, begun }: Attempt<T>,
        view: View<'_>,
        is_refusal: impl FnOnce(&Error) -> bool,
    ) {
        let history = &mut self.history;
        if history.attempted_at != Some(begun) {
            // The entry was recreated after this read had begun.
            return;
        }
        history.in_flight = None;
        history.ended_at = Some(view.now);
        let (value, calls, unsupported) = match result {
            Ok(Listed { value, calls }) => (Some(Arc::new(value)), Some(calls), None),
            Err(error) if is_refusal(&error) => (None, history.pages, Some(Box::new(error))),
            Err(error) => {
                history.error = Some(Box::new(error));
                return history.start_aging(view);
            }
        };
        self.last_good = value;
        history.read_at = Some(begun);
        history.pages = calls;
        history.unsupported = unsupported;
        (history.error, history.aging_since) = (None, None);
    }

    /// The value, unless it is too old.
    pub(super) fn current(&self, view: View<'_>) -> Option<&Arc<T>> {
        let value = self.last_good.as_ref();
        value.filter(|_| !self.history.is_expired(view))
    }
}

impl<K, T> Entry<BTreeMap<K, T>> {
    /// The names in the last good list, at any age.
    pub(super) fn listed(&self) -> impl Iterator<Item = &T> {
        self.last_good.iter().flat_map(|list| list.values())
    }
}

impl History {
    /// The list is due, so its value starts to age: from its last read, but at most from one
    /// interval before this refresh.
    pub(crate) fn start_aging(&mut self, view: View<'_>) {
        let start = view.refresh.start;
        let before = start.checked_sub(view.settings.interval);
        let since = self.read_at.max(before).unwrap_or(start);
        self.aging_since.get_or_insert(since);
    }

    /// If AWS does not find a resource that this list names, the list is read again to check
    /// whether the resource still exists.
    pub(super) fn mark_stale_if_not_found<T>(&mut self, attempt: &Attempt<T>) {
        if attempt.result.as_ref().is_err_and(Error::is_not_found) {
            self.is_stale = true;
        }
    }

    /// Whether it is to be read now.
    pub(crate) fn is_due(&self, cadence: Cadence, view: View<'_>) -> bool {
        if self.in_flight.is_some() || matches!(cadence, Cadence::Never | Cadence::Later(_)) {
            return false;
        }
        let Some(attempted_at) = self.attempted_at.filter(|_| cadence != Cadence::Now) else {
            return true;
        };
        let its_turn_has_come = || match cadence {
            Cadence::Never | Cadence::Later(_) => false,
            Cadence::Now | Cadence::EveryRefresh => true,
            Cadence::Every(period) => {
                self.aging_since.is_some() || self.turns(attempted_at, period, view) > 0.0
            }
        };
        self.is_stale || attempted_at < view.refresh.start && its_turn_has_come()
    }

    /// The number of its phases since a time.
    fn turns(&self, since: Instant, period: Duration, view: View<'_>) -> f64 {
        let turns = |moment: Instant| {
            let elapsed = moment.saturating_duration_since(view.refresh.first);
            (elapsed.div_duration_f64(period) - self.phase).floor()
        };
        turns(view.refresh.start) - turns(since)
    }

    /// Whether it was read, or cannot be.
    pub(super) fn is_settled(&self) -> bool {
        self.read_at.is_some() || self.error.is_some()
    }

    /// Whether an attempt has ended since a moment.
    pub(super) fn was_attempted_since(&self, moment: Instant) -> bool {
        self.ended_at >= Some(moment)
    }

    /// The time since which it waits. A first read counts as waiting for half of `max_age`, and
    /// after 1.5 to 9.5 times `max_age`, for longer.
    pub(crate) fn waits_since(&self, view: View<'_>) -> Instant {
        let max_age = view.settings.max_age;
        self.attempted_at.unwrap_or_else(|| {
            let turn =
                self.aging_since.unwrap_or(view.now) + max_age.mul_f64(1.0 + 8.0 * self.phase);
            let half = view.now.checked_sub(max_age / 2);
            half.map_or(turn, |half| half.min(turn))
        })
    }

    /// When it was read in this refresh. The read may have begun before.
    pub(crate) fn span(&self, view: View<'_>) -> Option<Span> {
        let start = view.refresh.start;
        let ended = match self.in_flight {
            Some(_) => view.now,
            None => self.ended_at.filter(|ended| *ended >= start)?,
        };
        let begun = self.attempted_at?.max(start);
        Some(Span { begun, ended })
    }

    /// Whether AWS has ever returned a value.
    pub(super) fn has_answered(&self) -> bool {
        self.pages.is_some()
    }

    /// Calls that reading it takes, as far as is known.
    pub(crate) fn pages(&self) -> u32 {
        let so_far = self.in_flight.as_ref().map_or(1, Progress::pages);
        self.pages.unwrap_or(1).max(so_far)
    }

    /// The error of the running attempt, or of the last one.
    pub(crate) fn trouble(&self, operation: &'static str) -> Option<Error> {
        let endless = |progress: &Progress| {
            // A list that has grown so much since it was last read may have no end.
            let pages = progress.pages();
            let limit = self.pages?.saturating_mul(2).saturating_add(10);
            let cause = Cause::TooManyPages(pages);
            (pages > limit).then_some(Error { operation, cause })
        };
        let trouble = |progress: &Progress| progress.failure().or_else(|| endless(progress));
        let trouble = self.in_flight.as_ref().and_then(trouble);
        trouble.or_else(|| self.error.as_deref().cloned())
    }

    /// Whether the value is too old to be shown.
    pub(crate) fn is_expired(&self, view: View<'_>) -> bool {
        self.expiry(view).is_some_and(|expiry| expiry <= view.now)
    }

    /// When the value will be too old, if it is not read before.
    pub(crate) fn expiry(&self, view: View<'_>) -> Option<Instant> {
        let is_fresh = self.error.is_none() && self.read_at >= Some(view.refresh.previous);
        Some(self.aging_since? + view.settings.max_age).filter(|_| !is_fresh)
    }
}

/// Makes entries for the keys that are wanted, and drops those of all others.
pub(super) fn keep<K: Ord + Hash, T>(table: &mut Table<K, T>, wanted: impl IntoIterator<Item = K>) {
    let mut before = std::mem::take(table);
    for key in wanted {
        let entry = before.remove(&key);
        let entry = entry.unwrap_or_else(|| Entry::new(&key));
        table.insert(key, entry);
    }
}

/// The values that are not too old.
pub(super) fn all_current<K: Ord + Clone, T>(
    table: &Table<K, T>,
    view: View<'_>,
) -> BTreeMap<K, Arc<T>> {
    let entries = table.iter();
    let current = entries.filter_map(|(key, entry)| Some((key, entry.current(view)?)));
    current
        .map(|(key, value)| (key.clone(), Arc::clone(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Target};
    use crate::resources::refresh::Refresh;
    use crate::resources::settings::Settings;

    #[tokio::test(start_paused = true)]
    async fn first_reads_leave_the_way_to_values_that_grow_old() {
        let settings = Settings::of_target(&Config::default(), &Target::default());
        let second = Duration::from_secs(1);
        for uptime in [60, 3600, 36_000] {
            let mut refresh = Refresh::none(Instant::now());
            tokio::time::advance(uptime * second).await;
            refresh.begin((Instant::now(), std::time::UNIX_EPOCH));
            let view = refresh.view(&settings, Instant::now());
            let mut new = Entry::<()>::new("new").history;
            new.start_aging(view);
            let mut old = History::default();
            for (age, goes_first) in [(settings.max_age * 2 / 3, true), (second, false)] {
                old.attempted_at = Some(view.now - age);
                let is_first = old.waits_since(view) < new.waits_since(view);
                assert_eq!(
                    is_first, goes_first,
                    "{uptime} s after the start, read {age:?} ago"
                );
            }
        }
    }
}
