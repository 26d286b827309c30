//! Compares a fleet's capacity figures with its sessions, and decides when to rescan.
//!
//! On every refresh, `DescribeFleets` reports how much of a fleet is in use. If more is in use
//! than sessions were found, sessions are missing, and the fleet is rescanned. Otherwise,
//! authentication types without sessions are read less often.

use super::entry::History;
use super::fleet_sessions::{FleetSessions, Rescan};
use super::known::Known;
use super::refresh::View;
use crate::model::{Capacity, Fleet, FleetName};

/// After so many refreshes without missing sessions, the last rescan is forgotten.
const COMPLETE_REFRESHES: u32 = 3;

/// The result of comparing the figures with the sessions found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CapacityEvidence {
    /// This refresh has not read the figures yet.
    Pending,
    /// The figures allow no conclusion: the fleet is elastic, or AWS reports none.
    Inconclusive,
    /// Sessions are missing: more is in use than was found.
    Missing,
    /// The fleet has no sessions: it is stopped, or nothing is in use.
    Idle,
    /// No session is missing: as many were found as are in use.
    Explained,
}

/// Whether to rescan a fleet: sessions are missing, and more than the last rescan left
/// unexplained, or that rescan was `recheck_interval` ago.
pub(super) fn wants_rescan(known: &Known, view: View<'_>, fleet: &FleetName) -> bool {
    let settings = view.settings;
    let missing = missing(known, view, fleet).filter(|missing| settings.economy && *missing > 0);
    let last = known.sessions.get(fleet).and_then(|fleet| fleet.rescan);
    missing.is_some_and(|missing| {
        last.is_none_or(|last| {
            missing > last.unexplained || last.at + settings.recheck_interval <= view.now
        })
    })
}

/// The sessions that the figures of a fleet indicate.
pub(super) fn of(known: &Known, view: View<'_>, fleet: &FleetName) -> CapacityEvidence {
    let is_in_trouble = known.fleets.history.trouble("DescribeFleets").is_some();
    if view.refresh.is_running && !are_figures_new(known, view) && !is_in_trouble {
        return CapacityEvidence::Pending;
    }
    compare(figures(known, view, fleet), live(known, fleet))
}

/// Whether the figures are from this refresh. In its second half, figures from the previous
/// refresh count too.
fn are_figures_new(known: &Known, view: View<'_>) -> bool {
    let is_late = view.now >= view.refresh.start + view.settings.timeout / 2;
    let since = if is_late {
        view.refresh.previous
    } else {
        view.refresh.start
    };
    known.fleets.history.was_attempted_since(since)
}

/// The figures of a fleet. `None` if they cannot be read, or if they count sessions in stacks that
/// the filters exclude.
fn figures<'a>(known: &'a Known, view: View<'_>, name: &FleetName) -> Option<&'a Fleet> {
    if known.fleets.history.trouble("DescribeFleets").is_some() || hides_stacks(known, view, name) {
        return None;
    }
    known.fleets.last_good.as_ref()?.get(name)
}

/// Whether the filters exclude a stack of a fleet.
fn hides_stacks(known: &Known, view: View<'_>, fleet: &FleetName) -> bool {
    let mut stacks = known.stacks_of(fleet);
    stacks.any(|stack| !view.settings.accept_stack(stack))
}

/// Sessions of a fleet that were found and are not expired.
fn live(known: &Known, fleet: &FleetName) -> i64 {
    known.sessions.get(fleet).map_or(0, FleetSessions::live)
}

/// The use that a fleet reports: instances, or user sessions for multi-session fleets; `None` if
/// it reports none.
fn in_use(fleet: &Fleet) -> Option<i64> {
    let Capacity {
        in_use,
        active_user_sessions,
        ..
    } = fleet.capacity;
    in_use.max(active_user_sessions).map(i64::from)
}

/// Compares the figures with the `live` sessions that were found.
fn compare(fleet: Option<&Fleet>, live: i64) -> CapacityEvidence {
    let Some(fleet) = fleet else {
        return CapacityEvidence::Inconclusive;
    };
    let is_stopped = fleet.state.as_deref() == Some("STOPPED");
    let is_elastic = fleet.fleet_type.as_deref() == Some("ELASTIC");
    match in_use(fleet) {
        None | Some(0) if is_stopped => CapacityEvidence::Idle,
        _ if is_elastic => CapacityEvidence::Inconclusive,
        Some(in_use) if in_use > live => CapacityEvidence::Missing,
        Some(0) => CapacityEvidence::Idle,
        Some(_) => CapacityEvidence::Explained,
        None => CapacityEvidence::Inconclusive,
    }
}

/// Whether a fleet may have unknown sessions: in stacks that the filters exclude, because more
/// is in use than was found, or because its figures are not known.
pub(super) fn are_sessions_missing(known: &Known, view: View<'_>, fleet: &FleetName) -> bool {
    let figures = known
        .fleets
        .current(view)
        .and_then(|fleets| fleets.get(fleet));
    hides_stacks(known, view, fleet)
        || figures.is_none()
        || compare(figures, live(known, fleet)) == CapacityEvidence::Missing
}

/// The number of a fleet's sessions that are in use but were not found. `None` until this refresh
/// has read its figures and sessions, and all its sessions were read before.
fn missing(known: &Known, view: View<'_>, fleet: &FleetName) -> Option<i64> {
    let start = view.refresh.start;
    if !are_figures_new(known, view) {
        return None;
    }
    let in_use = in_use(figures(known, view, fleet)?)?;
    let sessions = known.sessions.get(fleet)?;
    // A type that had no session need not be read on every refresh.
    let is_read = sessions.entries().all(|entry| {
        let is_empty = entry
            .last_good
            .as_ref()
            .is_none_or(|tally| tally.is_empty());
        entry.history.read_at.is_some() && (is_empty || entry.history.was_attempted_since(start))
    });
    is_read.then(|| in_use - sessions.live())
}

/// After a rescan, stores the number of sessions still missing as unexplained. More of them, or
/// `recheck_interval`, start another rescan. At the end of a refresh, counts refreshes without
/// missing sessions.
pub(crate) fn note_rescans(known: &mut Known, view: View<'_>) {
    let start = view.refresh.start;
    let is_read =
        |history: &History| history.was_attempted_since(start) || history.unsupported.is_some();
    let fleets: Vec<FleetName> = known.sessions.keys().cloned().collect();
    for fleet in fleets {
        let is_list_read = known.associations.get(&fleet);
        let is_list_read = is_list_read.is_some_and(|list| is_read(&list.history));
        let wants_rescan = wants_rescan(known, view, &fleet);
        let missing = missing(known, view, &fleet);
        let (Some(sessions), Some(unexplained)) = (known.sessions.get_mut(&fleet), missing) else {
            continue;
        };
        let is_rescanned = is_list_read && sessions.entries().all(|entry| is_read(&entry.history));
        if wants_rescan && is_rescanned {
            sessions.rescan = Some(Rescan {
                at: view.now,
                unexplained,
                complete_refreshes: 0,
            });
        } else if let Some(rescan) = sessions
            .rescan
            .as_mut()
            .filter(|_| !view.refresh.is_running)
        {
            // A session that ends during a refresh causes a difference that disappears with the
            // next one.
            rescan.complete_refreshes = match unexplained > 0 {
                true => 0,
                false => rescan.complete_refreshes + 1,
            };
            if rescan.complete_refreshes >= COMPLETE_REFRESHES {
                sessions.rescan = None;
            }
        }
    }
}
