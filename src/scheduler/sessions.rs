//! Streaming sessions: `DescribeSessions` of each pair of fleet and stack, one
//! read for each authentication type.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::economy::{self, TypeState};
use super::entry::{Attempt, Cadence, Entry};
use super::evidence::{self, CapacityEvidence, Evidence};
use super::known::Known;
use super::pair::Pair;
use super::read::{Change, Item, Kind, Rank, Read, Visit};
use super::round::View;
use crate::aws::Listed;
use crate::model::{
    Association, Collector, FleetInstances, FleetName, Label, PairSessions, Service, Snapshot,
    TypeTally, union,
};

const KIND: Kind = Kind {
    service: Service::Appstream,
    operation: "DescribeSessions",
    collectors: &[Collector::AppstreamSessions],
    needed_by: &[],
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
    fn of(pairs: &BTreeMap<Association, Pair>, types: usize) -> Self {
        let mut found = vec![(0, 0); types];
        for pair in pairs.values() {
            for (entry, (sessions, empty)) in pair.types.iter().zip(&mut found) {
                match entry.last_good() {
                    Some(tally) if tally.is_empty() => *empty += 1,
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

pub(super) fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let likeliest = Likeliest::of(&known.pairs, view.settings.authentication_types.len());
    let mut of_fleet: Option<(&FleetName, Evidence)> = None;
    for (association, pair) in &known.pairs {
        let fleet = &association.fleet;
        let evidence = match of_fleet {
            Some((same, evidence)) if same == fleet => evidence,
            _ => Evidence::of(known, view, fleet),
        };
        of_fleet = Some((fleet, evidence));
        // Whether the pair is still there is not known without the list that names it.
        let is_known = known.associations.current(fleet, view).is_some();
        let expected = likeliest.of_pair(pair, view, evidence.says);
        let has_sessions = pair.has_sessions();
        let types = view.settings.authentication_types.iter();
        for (position, (kind, entry)) in types.zip(&pair.types).enumerate() {
            let state = TypeState {
                is_empty: entry.last_good().is_some_and(|tally| tally.is_empty()),
                is_likeliest: !has_sessions && position == expected,
            };
            let cadence = match evidence.wants_rescan {
                _ if !is_known => Cadence::Never,
                true => Cadence::EveryRefresh,
                false => economy::cadence(state, evidence.says, view.settings),
            };
            let is_expected = pair.expects(position, likeliest.position, evidence.says);
            let read = || Read::Sessions(association.clone(), kind.clone());
            visit(Item {
                first_rank: if is_expected {
                    Rank::ExpectedType
                } else {
                    Rank::Usual
                },
                can_wait: !is_expected,
                ..Item::new(&KIND, &entry.history, cadence, &read)
            });
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
        let is_under_way = histories().any(|history| history.in_flight_since().is_some());
        figures == CapacityEvidence::Missing && !is_under_way
    }
}

pub(super) fn entry_mut<'a>(
    known: &'a mut Known,
    view: View<'_>,
    pair: &Association,
    kind: &Label,
) -> Option<&'a mut Entry<TypeTally>> {
    let mut types = view.settings.authentication_types.iter();
    let position = types.position(|other| other == kind)?;
    known.pairs.get_mut(pair)?.types.get_mut(position)
}

pub(super) fn apply(
    known: &mut Known,
    (association, kind): (Association, Label),
    attempt: Attempt<TypeTally>,
    view: View<'_>,
) -> Change {
    let fleet = &association.fleet;
    let (is_not_found, ended) = (attempt.is_not_found(), attempt.span.ended);
    let Some(entry) = entry_mut(known, view, &association, &kind) else {
        return Change::None;
    };
    let is_empty = |listed: &Listed<TypeTally>| listed.value.is_empty();
    let cadence = match attempt.result.as_ref().is_ok_and(is_empty) {
        true if view.settings.economy => Cadence::Every(view.settings.recheck_interval),
        _ => Cadence::EveryRefresh,
    };
    let is_first = !entry.history.was_read();
    entry.record(attempt, cadence, view);
    if let Some(pair) = known.pairs.get_mut(&association) {
        pair.count();
    }
    if is_not_found && let Some(list) = known.associations.0.get_mut(fleet) {
        // The next list of associations says whether the pair is there.
        list.history.doubted_at = Some(ended);
    }
    evidence::note_rescan(known, view, fleet);
    if is_first || is_not_found || Evidence::of(known, view, fleet).wants_rescan {
        Change::Due
    } else {
        Change::None
    }
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    let shown = known.pairs.iter().filter_map(|(association, pair)| {
        Some(PairSessions {
            account_id: known.account_of(&association.fleet),
            fleet: association.fleet.clone(),
            stack: association.stack.clone(),
            authentication_types: pair.types_to_show(view)?,
            tally: Arc::clone(&pair.tally),
        })
    });
    snapshot.sessions = shown.collect();
    if view.settings.plan.has(Collector::AppstreamSessions) {
        let fleets = known.associations.0.keys();
        let counted = fleets.filter_map(|fleet| instances(known, view, fleet));
        snapshot.fleet_instances = counted.collect();
    }
}

/// Instances of a fleet; `None` when any of its pairs or types is unknown: the
/// number of the others would be too low.
fn instances(known: &Known, view: View<'_>, fleet: &FleetName) -> Option<FleetInstances> {
    known.associations.current(fleet, view)?;
    let pairs = known.pairs_of(fleet);
    let types = pairs.flat_map(|(_, pair)| &pair.types);
    let tallies: Option<Vec<_>> = types.map(|entry| entry.current(view)).collect();
    let instances = union(tallies?.iter().map(|tally| tally.instances()));
    Some(FleetInstances {
        account_id: known.account_of(fleet),
        fleet: fleet.clone(),
        instances: i32::try_from(instances).ok()?,
    })
}
