//! The state of one region of one target: settings, running refresh and entries. What is due
//! follows from it, answers go into it, snapshots come out of it. No call is made here, no
//! clock is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::permits::Due;
use crate::aws::{Cause, Error, Progress};
use crate::model::{Collector, CollectorStatus, Service, Snapshot};
use crate::report::{CallsNeeded, Failure, Outcome, Span};
use crate::resources::known::Known;
use crate::resources::read::{Item, Rank, Read, Resource};
use crate::resources::refresh::{Refresh, View};
use crate::resources::settings::Settings;
use crate::resources::{self, Answer, evidence};

/// Time after the start in which fleets have priority over other lists, so that capacity is shown
/// soon.
const HEAD_START: Duration = Duration::from_secs(1);

/// The data of one region of one target.
#[derive(Debug)]
pub(super) struct State {
    pub(super) target: Arc<str>,
    pub(super) region: Arc<str>,
    pub(super) settings: Settings,
    pub(super) refresh: Refresh,
    known: Known,
    /// The results of the collectors in the last refresh.
    statuses: BTreeMap<Collector, CollectorStatus>,
}

impl State {
    pub(super) fn new(
        target: Arc<str>,
        region: Arc<str>,
        settings: Settings,
        now: Instant,
    ) -> Self {
        Self {
            target,
            region,
            settings,
            refresh: Refresh::none(now),
            known: Known::default(),
            statuses: BTreeMap::new(),
        }
    }

    /// Applies changed settings, and keeps all data that is still valid.
    pub(super) fn adapt(&mut self, settings: Settings) {
        if self.settings.authentication_types != settings.authentication_types {
            self.known.change_types(&settings.authentication_types);
        }
        if !settings.lists_sessions {
            self.known.forget_session_lists();
        }
        self.statuses
            .retain(|collector, _| settings.has(*collector));
        self.settings = settings;
        resources::forget_unread(&mut self.known, &self.settings);
    }

    /// A refresh begins: newer values are wanted of everything that is due. `now` is one
    /// moment on both clocks.
    pub(super) fn begin_refresh(&mut self, now: (Instant, SystemTime)) {
        self.refresh.begin(now);
        for due in self.due(now.0) {
            let view = self.refresh.view(&self.settings, now.0);
            if let Some(history) = resources::history_mut(&mut self.known, view, &due.read) {
                history.start_aging(view);
            }
        }
    }

    /// The reads that are due, the most urgent first.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Due> {
        let mut due = Vec::new();
        let view = self.refresh.view(&self.settings, now);
        self.known.reconcile(view);
        evidence::note_rescans(&mut self.known, view);
        let is_head_start = now < self.refresh.first + HEAD_START;
        let wait_for_fleets = is_head_start && resources::waits_for_fleets(&self.known, view);
        resources::each(&self.known, view, |resource, item| {
            let may_go = !(wait_for_fleets && resource.needed_by.is_empty());
            if may_go && item.history.is_due(item.cadence, view) {
                due.push(Due::of(resource, &item, view));
            }
        });
        due.sort_by_key(|due| (due.rank, due.waits_since));
        due
    }

    /// A read begins; `None` if what it would read is gone.
    pub(super) fn start(&mut self, read: &Read, now: Instant) -> Option<Progress> {
        let view = self.refresh.view(&self.settings, now);
        let history = resources::history_mut(&mut self.known, view, read)?;
        history.attempted_at = Some(now);
        history.is_stale = false;
        Some(history.in_flight.insert(Progress::default()).clone())
    }

    /// Takes in the answer to a read that began at `begun`.
    pub(super) fn apply(&mut self, answer: Answer, begun: Instant, now: Instant) {
        let view = self.refresh.view(&self.settings, now);
        (answer.apply)(&mut self.known, begun, view);
    }

    /// A refresh ends: how each collector did. `now` is one moment on both clocks.
    pub(super) fn end_refresh(&mut self, now: (Instant, SystemTime)) -> Vec<Outcome> {
        self.refresh.is_running = false;
        let outcomes = self.outcomes(now.0);
        let statuses = outcomes.iter().map(|outcome| {
            let before = self.statuses.get(&outcome.collector);
            (outcome.collector, outcome.status(before, now))
        });
        self.statuses = statuses.collect();
        let view = self.refresh.view(&self.settings, now.0);
        evidence::note_rescans(&mut self.known, view);
        self.known.count_ended_sessions();
        outcomes
    }

    /// The status of each enabled collector at a time.
    fn outcomes(&self, now: Instant) -> Vec<Outcome> {
        let view = self.refresh.view(&self.settings, now);
        let collectors = view.settings.collectors.iter();
        let mut outcomes: BTreeMap<_, _> = collectors.map(|c| (*c, Outcome::new(*c))).collect();
        resources::each(&self.known, view, |resource, item| {
            let failure = failure(resource, &item, view);
            let owner = resource.owner(view.settings);
            if let Some(outcome) = owner.and_then(|owner| outcomes.get_mut(&owner)) {
                outcome.lists += 1;
                outcome.span = Span::around(outcome.span, item.history.span(view));
                if let (Some(error), None) = (&item.history.unsupported, &failure) {
                    let feature = (item.read)().authentication_type();
                    let unsupported = outcome.unsupported.entry(feature);
                    unsupported.or_insert_with(|| Error::clone(error));
                }
            }
            for collector in resource.failing(&item, view.settings) {
                if let Some(outcome) = outcomes.get_mut(&collector) {
                    outcome.failures.extend(failure.clone());
                }
            }
        });
        outcomes.into_values().collect()
    }

    /// Lists of which the filters exclude everything, each with how much is listed.
    pub(super) fn emptied_lists(&self, now: Instant) -> BTreeMap<&'static str, usize> {
        let view = self.refresh.view(&self.settings, now);
        self.known.emptied_lists(view)
    }

    /// Calls that a refresh needs of a service.
    pub(super) fn calls_needed(&self, service: Service, now: Instant) -> CallsNeeded {
        let mut needed = CallsNeeded::default();
        let interval = self.settings.interval;
        resources::each(
            &self.known,
            self.refresh.view(&self.settings, now),
            |resource, item| {
                if resource.service != service {
                    return;
                }
                let pages = f64::from(item.history.pages());
                let calls = pages * item.cadence.frequency(interval);
                let is_unread = item.history.read_at.is_none();
                needed.on_average += calls;
                if !is_unread || item.first_rank != Rank::Usual {
                    needed.at_least += calls;
                }
                needed.unread += usize::from(is_unread);
            },
        );
        needed
    }

    /// Metrics of CloudWatch that an interval costs.
    pub(super) fn billed_metrics(&self) -> usize {
        self.known.billed_metrics(&self.settings)
    }

    /// When the next of the values that are shown becomes too old, after a moment.
    pub(super) fn next_expiry(&self, after: Instant) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        let view = self.refresh.view(&self.settings, after);
        resources::each(&self.known, view, |_, item| {
            let expiry = item.history.expiry(view).filter(|expiry| *expiry > after);
            next = next.into_iter().chain(expiry).min();
        });
        next
    }

    /// The snapshot at a time: all data that is known and not expired.
    pub(super) fn snapshot(&mut self, now: Instant) -> Snapshot {
        self.known.reconcile(self.refresh.view(&self.settings, now));
        let mut snapshot = Snapshot::empty(Arc::clone(&self.target), Arc::clone(&self.region));
        snapshot.account_id = self.known.account(self.refresh.view(&self.settings, now));
        snapshot.collectors = self.statuses(now);
        snapshot.session_groups = self.settings.lists_sessions.then(Vec::new);
        resources::show(
            &self.known,
            self.refresh.view(&self.settings, now),
            &mut snapshot,
        );
        snapshot
    }

    /// The results of the collectors in the last refresh. A collector with data that has expired
    /// since then fails.
    fn statuses(&self, now: Instant) -> Vec<CollectorStatus> {
        let mut expired: BTreeSet<Collector> = BTreeSet::new();
        let view = self.refresh.view(&self.settings, now);
        resources::each(&self.known, view, |resource, item| {
            if item.history.is_expired(view) {
                expired.extend(resource.failing(&item, view.settings));
            }
        });
        let statuses = self.statuses.values().cloned();
        let statuses = statuses.map(|status| CollectorStatus {
            success: status.success && !expired.contains(&status.collector),
            ..status
        });
        statuses.collect()
    }
}

/// The error of an entry; `None` if it has none.
fn failure(resource: &Resource, item: &Item<'_>, view: View<'_>) -> Option<Failure> {
    let (history, operation) = (item.history, resource.operation);
    let out_of_time = |is_so: bool, reason| {
        let cause = Cause::OutOfTime(reason);
        is_so.then_some(Error { operation, cause })
    };
    let not_read = "not read yet: the refresh ended first (refresh.timeout)";
    let expired = "no time to read it again within refresh.max_age";
    let unsupported = history
        .unsupported
        .as_deref()
        .filter(|_| item.needs_support);
    let error = history.trouble(operation).or(unsupported.cloned());
    let error = error.or_else(|| out_of_time(history.read_at.is_none(), not_read));
    let error = error.or_else(|| out_of_time(history.is_expired(view), expired))?;
    let subject = (item.read)().to_string();
    Some(Failure { subject, error })
}
