//! Streaming sessions: `DescribeSessions` of each pair of fleet and stack, one
//! read for each authentication type.

use std::cmp::Reverse;

use super::economy::{self, TypeState};
use super::entry::{Attempt, Entry};
use super::evidence::{self, CapacityEvidence};
use super::fleet_sessions::{FleetSessions, Pair};
use super::known::Known;
use super::read::{Item, Rank, Read, Resource, Visit};
use super::round::View;
use crate::aws::Error;
use crate::model::{
    Collector, FleetInstances, FleetName, Label, PairSessions, Service, Snapshot, StackName,
    TypeTally, union,
};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeSessions",
    collectors: &[Collector::AppstreamSessions],
    needed_by: &[],
    reads,
    show,
};

/// Which authentication type is likely where nothing is known of a pair.
#[derive(Clone, Copy, Debug)]
struct Likeliest {
    position: usize,
    /// Whether the region has sessions of it.
    has_sessions: bool,
}

impl Likeliest {
    /// The type of which the region has the most sessions; without any, the one
    /// that was found to have none the least often.
    fn of(known: &Known, types: usize) -> Self {
        let mut found = vec![(0, 0); types];
        for pair in known
            .sessions
            .values()
            .flat_map(|fleet| fleet.pairs.values())
        {
            for (entry, (sessions, empty)) in pair.types.iter().zip(&mut found) {
                match entry.last_good() {
                    Some(tally) if tally.is_empty() => *empty += 1,
                    None if entry.history.unsupported().is_some() => *empty += 1,
                    Some(tally) => *sessions += tally.len(),
                    None => {}
                }
            }
        }
        let most = found.into_iter().enumerate();
        let most = most.min_by_key(|(_, (sessions, empty))| (Reverse(*sessions), *empty));
        Self {
            position: most.map_or(0, |(position, _)| position),
            has_sessions: most.is_some_and(|(_, (sessions, _))| sessions > 0),
        }
    }

    /// The type in which the first session of a pair is to be expected. Without
    /// any evidence each type has its turn.
    fn of_pair(self, pair: &Pair, view: View<'_>, figures: CapacityEvidence) -> usize {
        let common = self.has_sessions.then_some(self.position);
        let in_turn = match figures {
            CapacityEvidence::Open | CapacityEvidence::Missing => {
                usize::try_from(view.round.number).unwrap_or_default()
            }
            _ => 0,
        };
        let expected = pair.home.or(common);
        expected.unwrap_or(in_turn % pair.types.len().max(1))
    }
}

/// Fleets of which the associations are known: without these it is unknown whether
/// a pair exists.
fn known_fleets<'a>(
    known: &'a Known,
    view: View<'a>,
) -> impl Iterator<Item = (&'a FleetName, &'a FleetSessions)> {
    let fleets = known.sessions.iter();
    fleets.filter(move |(fleet, _)| known.associations.current(fleet, view).is_some())
}

pub(super) fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let likeliest = Likeliest::of(known, view.settings.authentication_types.len());
    for (fleet, sessions) in known_fleets(known, view) {
        let figures = evidence::of(known, view, fleet);
        let wants_rescan = evidence::wants_rescan(known, view, fleet);
        for (stack, pair) in &sessions.pairs {
            let expected = likeliest.of_pair(pair, view, figures);
            let has_sessions = pair.has_sessions();
            let types = view.settings.authentication_types.iter();
            for (position, (kind, entry)) in types.zip(&pair.types).enumerate() {
                let is_empty = entry.last_good().is_some_and(|tally| tally.is_empty());
                let is_likeliest = !has_sessions && position == expected;
                let state = match entry.history.unsupported() {
                    Some(_) => TypeState::Unsupported,
                    None if is_empty && is_likeliest => TypeState::Likeliest,
                    None if is_empty && !wants_rescan => TypeState::Empty,
                    None => TypeState::Used,
                };
                let cadence = economy::cadence(state, figures, view.settings);
                let is_expected = pair.expects(position, likeliest.position, figures);
                let ranks = [Rank::Usual, Rank::ExpectedType];
                let read = || Read::Sessions(fleet.clone(), stack.clone(), kind.clone());
                visit(Item {
                    first_rank: ranks[usize::from(is_expected)],
                    needs_support: pair.is_unsupported(),
                    cadence,
                    ..Item::new(&RESOURCE, &entry.history, cadence, &read)
                });
            }
        }
    }
}

impl Pair {
    /// Whether the first read of a type should find sessions: the likeliest type
    /// goes first, and if it does not explain what is in use, so do the others.
    fn expects(&self, position: usize, likeliest: usize, figures: CapacityEvidence) -> bool {
        let histories = || self.types.iter().map(|entry| &entry.history);
        if histories().all(|history| history.attempted_at.is_none()) {
            return position == likeliest;
        }
        let is_under_way = histories().any(|history| history.is_in_flight());
        figures == CapacityEvidence::Missing && !is_under_way
    }
}

pub(super) fn entry_mut<'a>(
    known: &'a mut Known,
    view: View<'_>,
    (fleet, stack, kind): (&FleetName, &StackName, &Label),
) -> Option<&'a mut Entry<TypeTally>> {
    let mut types = view.settings.authentication_types.iter();
    let position = types.position(|other| other == kind)?;
    let pair = known.sessions.get_mut(fleet)?.pairs.get_mut(stack)?;
    pair.types.get_mut(position)
}

pub(super) fn apply(
    known: &mut Known,
    (fleet, stack, kind): (FleetName, StackName, Label),
    attempt: Attempt<TypeTally>,
    view: View<'_>,
) -> bool {
    let list = known.associations.0.get_mut(&fleet);
    let is_doubted = list.is_some_and(|list| list.history.doubt_if_not_found(&attempt));
    let Some(entry) = entry_mut(known, view, (&fleet, &stack, &kind)) else {
        return false;
    };
    let is_first = !entry.history.was_read();
    // A type of which there are sessions is supported; refused after a page, it is
    // the page that AWS refuses.
    let has_sessions = entry.current(view).is_some_and(|tally| !tally.is_empty());
    let is_supported = has_sessions || entry.history.pages_so_far() > 0;
    let is_refusal = |error: &Error| error.is_unsupported_parameter() && !is_supported;
    entry.record_unless_refused(attempt, view, is_refusal);
    let sessions = known.sessions.get_mut(&fleet);
    if let Some(pair) = sessions.and_then(|sessions| sessions.pairs.get_mut(&stack)) {
        pair.count();
        known.session_types.extend(pair.had.iter().cloned());
    }
    evidence::note_rescan(known, view, &fleet);
    is_first || is_doubted || evidence::wants_rescan(known, view, &fleet)
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    for (fleet, sessions) in known_fleets(known, view) {
        let is_current = |entry: &Entry<TypeTally>| entry.current(view).is_some();
        let pairs = sessions.pairs.iter();
        for (stack, pair) in pairs.filter(|(_, pair)| pair.types.iter().any(is_current)) {
            snapshot.sessions.push(PairSessions {
                fleet: fleet.clone(),
                stack: stack.clone(),
                authentication_types: pair.types_to_show(&known.session_types, view),
                tally: pair.current_tally(view),
            });
        }
        if let Some(instances) = instances(known, view, fleet, sessions) {
            snapshot.fleet_instances.push(FleetInstances {
                fleet: fleet.clone(),
                instances,
            });
        }
    }
}

/// Instances of a fleet; `None` when any of its pairs, types or sessions is not
/// known: the number would be too low.
fn instances(
    known: &Known,
    view: View<'_>,
    fleet: &FleetName,
    sessions: &FleetSessions,
) -> Option<i32> {
    if evidence::are_sessions_missing(known, view, fleet) {
        return None;
    }
    let pairs = sessions.pairs.values();
    let tallies: Option<Vec<_>> = pairs.map(|pair| pair.current_types(view)).collect();
    let instances = union(tallies?.iter().flatten().map(|tally| tally.instances()));
    i32::try_from(instances).ok()
}
