//! All that is known of one region of one target: what is due follows from it,
//! answers go into it, snapshots come out of it. No call is made here, no clock is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::Instant;

use super::evidence;
use super::known::Known;
use super::permits::Due;
use super::read::{Item, Rank, Read};
use super::resources::{self, Answer};
use super::round::{Round, View};
use super::settings::Settings;
use crate::aws::{Cause, Error, Progress};
use crate::model::{Collector, CollectorStatus, Service, Snapshot};
use crate::report::{CallsNeeded, Failure, Outcome, Span};

/// What is known of one region of one target.
#[derive(Debug)]
pub(super) struct State {
    pub(super) target: Arc<str>,
    pub(super) region: Arc<str>,
    pub(super) settings: Settings,
    pub(super) round: Round,
    known: Known,
    /// How the collectors did in the last refresh.
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
            round: Round::none(now),
            known: Known::new(now),
            statuses: BTreeMap::new(),
        }
    }

    fn view(&self, now: Instant) -> View<'_> {
        view(&self.settings, self.round, now)
    }

    /// Other settings are in force: keeps what they leave true.
    pub(super) fn adapt(&mut self, settings: Settings, now: Instant) {
        if self.settings.authentication_types != settings.authentication_types {
            // Counts over other types are other counts.
            self.known.sessions.clear();
            self.known.session_types.clear();
        }
        self.statuses
            .retain(|collector, _| settings.has(*collector));
        self.settings = settings;
        resources::forget_unread(&mut self.known, &self.settings, now);
        self.reconcile(now);
    }

    /// Brings the entries in line with the lists and the filters.
    pub(super) fn reconcile(&mut self, now: Instant) {
        let view = view(&self.settings, self.round, now);
        self.known.reconcile(view);
    }

    /// A refresh begins: newer values are wanted of everything that is due.
    pub(super) fn begin_round(&mut self, now: Instant) {
        self.round.begin(now);
        self.reconcile(now);
        for due in self.due(now) {
            let view = view(&self.settings, self.round, now);
            if let Some(history) = resources::history_mut(&mut self.known, view, &due.read) {
                history.want(view);
            }
        }
    }

    /// The reads that are due, the most urgent first.
    pub(super) fn due(&self, now: Instant) -> Vec<Due> {
        let mut due = Vec::new();
        let view = self.view(now);
        resources::each(&self.known, view, &mut |item| {
            if item.history.is_due(item.cadence, view) {
                due.push(Due::of(&item, view));
            }
        });
        due.sort_by_key(|due| (due.rank, due.waits_since));
        due
    }

    /// A read begins; `None` if what it would read is gone.
    pub(super) fn start(&mut self, read: &Read, now: Instant) -> Option<Progress> {
        let view = view(&self.settings, self.round, now);
        let history = resources::history_mut(&mut self.known, view, read)?;
        Some(history.start(now))
    }

    /// Takes in an answer. Says whether other reads may be due by that.
    pub(super) fn apply(&mut self, answer: Answer, span: Span) -> bool {
        let view = view(&self.settings, self.round, span.ended);
        answer.apply(&mut self.known, span, view)
    }

    /// A refresh ends: how each collector did. `now` is one moment on both clocks.
    pub(super) fn end_round(&mut self, now: (Instant, SystemTime)) -> Vec<Outcome> {
        self.round.is_running = false;
        let outcomes = self.outcomes(now.0);
        let statuses = outcomes.iter().map(|outcome| {
            let before = self.statuses.get(&outcome.collector);
            (outcome.collector, outcome.status(before, now))
        });
        self.statuses = statuses.collect();
        let view = view(&self.settings, self.round, now.0);
        evidence::note_missing(&mut self.known, view);
        outcomes
    }

    /// How each collector that is on does at a moment.
    fn outcomes(&self, now: Instant) -> Vec<Outcome> {
        let view = self.view(now);
        let collectors = view.settings.collectors.iter();
        let mut outcomes: BTreeMap<_, _> = collectors.map(|c| (*c, Outcome::new(*c))).collect();
        resources::each(&self.known, view, &mut |item| {
            let Some(owner) = item.resource.owner(view.settings) else {
                return;
            };
            let outcome = outcomes.entry(owner).or_insert_with(|| Outcome::new(owner));
            outcome.lists += 1;
            outcome.span = Span::around(outcome.span, item.history.span(view));
            let failure = failure(&item, view);
            if let (Some(error), None) = (item.history.unsupported(), &failure) {
                let feature = match (item.read)() {
                    Read::Sessions(.., kind) => kind,
                    _ => "".into(),
                };
                let feature = feature.into_owned();
                outcome.unsupported.entry(feature).or_insert(error.clone());
            }
            outcome.failures.extend(failure.clone());
            let needed_by = item.resource.needed_by.iter();
            for other in needed_by.filter(|other| item.is_missing && **other != owner) {
                if let Some(outcome) = outcomes.get_mut(other) {
                    outcome.failures.extend(failure.clone());
                }
            }
        });
        outcomes.into_values().collect()
    }

    /// Lists of which the filters leave nothing, each with how much is listed.
    pub(super) fn emptied_lists(&self, now: Instant) -> BTreeMap<&'static str, usize> {
        let (known, view) = (&self.known, self.view(now));
        // Tags that cannot be read say nothing of the filters.
        let mut fleets = known.fleets.listed();
        let fleets = fleets.any(|fleet| known.may_select(fleet, view));
        let stacks = known.selected_stacks(view).next().is_some();
        let pools = known.selected_pools(view).next().is_some();
        let lists = [
            ("fleets", known.fleets.listed().count(), fleets),
            ("stacks", known.stacks.listed().count(), stacks),
            ("pools", known.pools.listed().count(), pools),
        ];
        let lists = lists.into_iter();
        let emptied = lists.filter(|(_, listed, has_any)| *listed > 0 && !has_any);
        emptied.map(|(kind, listed, _)| (kind, listed)).collect()
    }

    /// Calls that a refresh needs of a service.
    pub(super) fn calls_needed(&self, service: Service, now: Instant) -> CallsNeeded {
        let mut needed = CallsNeeded::default();
        let interval = self.settings.interval;
        resources::each(&self.known, self.view(now), &mut |item| {
            if item.resource.service != service {
                return;
            }
            let pages = f64::from(item.history.pages());
            let calls = pages * item.cadence.frequency(interval);
            needed.on_average += calls;
            if item.history.was_read() || item.first_rank != Rank::Usual {
                needed.at_least += calls;
            }
            needed.unread += usize::from(!item.history.was_read());
        });
        needed
    }

    /// When the next of the values that are shown becomes too old, after a moment.
    pub(super) fn next_expiry(&self, after: Instant) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        let view = self.view(after);
        resources::each(&self.known, view, &mut |item| {
            let expiry = item.history.expiry(view).filter(|expiry| *expiry > after);
            next = next.into_iter().chain(expiry).min();
        });
        next
    }

    /// What is to be shown at a moment: all that is known and not too old.
    pub(super) fn snapshot(&self, now: Instant) -> Snapshot {
        let mut snapshot = Snapshot::empty(Arc::clone(&self.target), Arc::clone(&self.region));
        snapshot.account_id = self.known.account(self.view(now));
        snapshot.collectors = self.statuses(now);
        resources::show(&self.known, self.view(now), &mut snapshot);
        snapshot
    }

    /// How the collectors did in the last refresh. One of which something has
    /// become too old since then is not well any more.
    fn statuses(&self, now: Instant) -> Vec<CollectorStatus> {
        let mut expired: BTreeSet<Collector> = BTreeSet::new();
        let view = self.view(now);
        resources::each(&self.known, view, &mut |item| {
            if item.history.is_expired(view) {
                expired.extend(item.resource.owner(view.settings));
                let needed_by = item.resource.needed_by.iter();
                expired.extend(needed_by.filter(|_| item.is_missing));
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

fn view(settings: &Settings, round: Round, now: Instant) -> View<'_> {
    View {
        settings,
        round,
        now,
    }
}

/// What is wrong with an entry; `None` when it is well.
fn failure(item: &Item<'_>, view: View<'_>) -> Option<Failure> {
    let operation = item.resource.operation;
    let out_of_time = |reason| Error {
        operation,
        cause: Cause::OutOfTime(reason),
    };
    let unsupported = item.history.unsupported().filter(|_| item.needs_support);
    let error = item.history.error(operation).or(unsupported.cloned());
    let error = if let Some(error) = error {
        error
    } else if !item.history.was_read() {
        out_of_time("not read yet: the refresh ended first (refresh.timeout)")
    } else if item.history.is_expired(view) {
        out_of_time("no time to read it again within refresh.max_age")
    } else {
        return None;
    };
    let subject = (item.read)().to_string();
    Some(Failure { subject, error })
}
