//! What a fleet's own figures say of its sessions, and when they ask for a rescan.
//!
//! `DescribeFleets` says with every refresh how much of a fleet is in use. When
//! that is more than the sessions that were found, some are missing: the fleet
//! is rescanned. When it is not, authentication types that had no session need
//! not be read often.

use std::time::Duration;

use tokio::time::Instant;

use super::entry::History;
use super::known::{Known, Rescan};
use super::round::View;
use crate::model::{Capacity, Fleet, FleetName};

/// After so many refreshes without missing sessions, any that are missing are new.
const CALM_REFRESHES: u32 = 3;

/// What the figures say of sessions that were not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CapacityEvidence {
    /// Not known yet: this refresh has still to bring the figures, and those of
    /// before say nothing of sessions that were read since.
    Pending,
    /// Nothing: the fleet is elastic, or its figures are missing.
    Open,
    /// That there are some: more is in use than was found.
    Missing,
    /// That there are none: the fleet is not in use, or stopped.
    Idle,
    /// That there are none: what is in use was found.
    Explained,
}

/// What is known of the sessions of a fleet beside the sessions themselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    pub(super) says: CapacityEvidence,
    /// Every authentication type and the associations of the fleet are to be read now.
    pub(super) wants_rescan: bool,
}

impl Rescan {
    /// Takes in how many sessions are missing at the end of a refresh.
    ///
    /// A session that ends while a refresh is under way makes a difference that is
    /// gone with the next.
    fn note(&mut self, missing: i64) {
        self.calm = if missing > 0 { 0 } else { self.calm + 1 };
        if self.calm >= CALM_REFRESHES {
            self.unexplained = 0;
        }
    }
}

/// Whether everything of a fleet is to be read because so many sessions are
/// missing: not when the last rescan left as many unexplained, unless that was
/// `recheck_interval` ago.
fn wants_rescan(last: Option<Rescan>, missing: i64, now: Instant, recheck: Duration) -> bool {
    let is_new = |last: Rescan| missing > last.unexplained || last.at + recheck <= now;
    missing > 0 && last.is_none_or(is_new)
}

impl Evidence {
    pub(super) fn of(known: &Known, view: View<'_>, name: &FleetName) -> Self {
        if is_pending(known, view) {
            return Self {
                says: CapacityEvidence::Pending,
                wants_rescan: false,
            };
        }
        let settings = view.settings;
        let last = known.rescans.get(name).copied();
        let recheck = settings.recheck_interval;
        let wants = |missing| wants_rescan(last, missing, view.now, recheck);
        Self {
            says: says(figures(known, view, name), live(known, name)),
            wants_rescan: settings.economy && missing(known, view, name).is_some_and(wants),
        }
    }
}

/// Whether this refresh has still to bring the figures.
fn is_pending(known: &Known, view: View<'_>) -> bool {
    let fleets = &known.fleets.history;
    view.round.is_running
        && !fleets.was_attempted_since(view.round.start)
        && !fleets.is_in_trouble()
}

/// The figures of a fleet, if they say anything: not while they cannot be read,
/// nor where they count sessions in stacks that the filters leave out.
fn figures<'a>(known: &'a Known, view: View<'_>, name: &FleetName) -> Option<&'a Fleet> {
    let mut stacks = known.stacks_of(name);
    let hides_stacks = stacks.any(|stack| !view.settings.accept_stack(stack));
    if known.fleets.history.is_in_trouble() || hides_stacks {
        return None;
    }
    known.fleets.last_good()?.get(name)
}

/// Sessions of a fleet that were found and are not expired.
fn live(known: &Known, fleet: &FleetName) -> i64 {
    let pairs = known.pairs_of(fleet);
    pairs.map(|(_, pair)| i64::from(pair.tally.live)).sum()
}

/// What a fleet says is in use: instances, or user sessions where an instance
/// serves several; `None` where it says nothing.
fn in_use(fleet: &Fleet) -> Option<i64> {
    let Capacity {
        in_use,
        active_user_sessions,
        ..
    } = fleet.capacity;
    in_use.max(active_user_sessions).map(i64::from)
}

/// What figures say of sessions beside the `live` ones that were found.
fn says(fleet: Option<&Fleet>, live: i64) -> CapacityEvidence {
    let Some(fleet) = fleet else {
        return CapacityEvidence::Open;
    };
    let is_stopped = fleet.state.as_deref() == Some("STOPPED");
    let is_elastic = fleet.fleet_type.as_deref() == Some("ELASTIC");
    match in_use(fleet) {
        None | Some(0) if is_stopped => CapacityEvidence::Idle,
        _ if is_elastic => CapacityEvidence::Open,
        Some(in_use) if in_use > live => CapacityEvidence::Missing,
        Some(0) => CapacityEvidence::Idle,
        Some(_) => CapacityEvidence::Explained,
        None => CapacityEvidence::Open,
    }
}

/// How many more sessions of a fleet are in use than were found; `None` until
/// its figures and its sessions were read in this refresh, and everything of it
/// was read before.
fn missing(known: &Known, view: View<'_>, fleet: &FleetName) -> Option<i64> {
    let start = view.round.start;
    if !known.fleets.history.was_attempted_since(start) {
        return None;
    }
    let in_use = in_use(figures(known, view, fleet)?)?;
    let mut pairs = known.pairs_of(fleet);
    let is_read = pairs.all(|(_, pair)| pair.is_read_since(start));
    is_read.then(|| in_use - live(known, fleet))
}

/// Something of a fleet was read. Once everything of it was read in this refresh
/// and sessions are still missing, that is remembered as unexplained. What failed
/// of it is read again in the next refresh.
pub(super) fn note_rescan(known: &mut Known, view: View<'_>, fleet: &FleetName) {
    if !Evidence::of(known, view, fleet).wants_rescan {
        return;
    }
    let is_over = |history: &History| {
        history.was_attempted_since(view.round.start) && !history.is_in_trouble()
    };
    let list = known.associations.0.get(fleet);
    let is_list_over = list.is_some_and(|entry| is_over(&entry.history));
    let are_sessions_over = known
        .pairs_of(fleet)
        .all(|(_, pair)| pair.types.iter().all(|entry| is_over(&entry.history)));
    if !is_list_over || !are_sessions_over {
        return;
    }
    if let Some(missing) = missing(known, view, fleet) {
        let rescan = Rescan {
            at: view.now,
            unexplained: missing,
            calm: 0,
        };
        known.rescans.insert(fleet.clone(), rescan);
    }
}

/// A refresh ends: notes of each fleet that was rescanned whether sessions are still missing.
pub(super) fn note_missing(known: &mut Known, view: View<'_>) {
    let fleets: Vec<FleetName> = known.rescans.keys().cloned().collect();
    for fleet in fleets {
        let missing = missing(known, view, &fleet);
        let rescan = known.rescans.get_mut(&fleet);
        if let (Some(missing), Some(rescan)) = (missing, rescan) {
            rescan.note(missing);
        }
    }
}
