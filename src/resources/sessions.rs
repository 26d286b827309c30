//! Streaming sessions: `DescribeSessions` of each pair of fleet and stack, one
//! read for each authentication type.

use std::sync::Arc;

use super::Answer;
use super::economy::{self, TypeState};
use super::entry::{Attempt, Entry};
use super::evidence::{self, CapacityEvidence};
use super::fleet_sessions::{FleetSessions, Pair, take_in_list};
use super::known::Known;
use super::read::{Item, Rank, Read, Resource, Visit};
use super::refresh::View;
use super::turnover::FleetTurnover;
use crate::aws::{Error, Progress, Source};
use crate::model::{
    Collector, FleetName, FleetTotals, Label, PairSessions, Service, Snapshot, StackName,
    TypeTally, date_disconnections, union,
};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeSessions",
    collectors: &[Collector::AppstreamSessions],
    needed_by: &[],
    reads,
    show,
};

/// Fleets of which the associations are known: without these it is unknown whether
/// a pair exists.
fn known_fleets<'a>(
    known: &'a Known,
    view: View<'a>,
) -> impl Iterator<Item = (&'a FleetName, &'a FleetSessions)> {
    let has_list = move |fleet| known.associations.get(fleet)?.current(view);
    let fleets = known.sessions.iter();
    fleets.filter(move |(fleet, _)| has_list(*fleet).is_some())
}

/// The position of the authentication type of which the region has the most sessions. If several
/// have as many, the first of them.
fn most_common(known: &Known, view: View<'_>) -> Option<usize> {
    let pairs = || {
        known
            .sessions
            .values()
            .flat_map(|fleet| fleet.pairs.values())
    };
    let sessions =
        |position: &usize| -> usize { pairs().map(|pair| pair.sessions_of(*position)).sum() };
    let types = 0..view.settings.authentication_types.len();
    types
        .rev()
        .max_by_key(sessions)
        .filter(|most| sessions(most) > 0)
}

fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let common = most_common(known, view);
    for (fleet, sessions) in known_fleets(known, view) {
        let evidence = evidence::of(known, view, fleet);
        let wants_rescan = evidence::wants_rescan(known, view, fleet);
        for (stack, pair) in &sessions.pairs {
            let likeliest = likeliest(pair, common, view, evidence);
            let types = view.settings.authentication_types.iter();
            for (position, (kind, entry)) in types.zip(&pair.types).enumerate() {
                let is_empty = entry
                    .last_good
                    .as_ref()
                    .is_some_and(|tally| tally.is_empty());
                let state = match entry.history.unsupported {
                    Some(_) => TypeState::Unsupported,
                    None if is_empty && likeliest == Some(position) => TypeState::Likeliest,
                    None if is_empty && !wants_rescan => TypeState::Empty,
                    None => TypeState::Used,
                };
                let cadence = economy::cadence(state, evidence, view.settings);
                let are_missing = evidence == CapacityEvidence::Missing;
                let is_expected = pair.expects(position == common.unwrap_or(0), are_missing);
                let read = || Read::Sessions(fleet.clone(), stack.clone(), kind.clone());
                visit(Item {
                    first_rank: match is_expected {
                        true => Rank::ExpectedType,
                        false => Rank::Usual,
                    },
                    needs_support: pair.is_unsupported(),
                    cadence,
                    ..Item::new(&entry.history, cadence, &read)
                });
            }
        }
    }
}

/// The position of the likeliest type of a pair's first session; `None` while the pair has
/// sessions. If no type is known and the fleet may have sessions, it changes on each refresh.
fn likeliest(
    pair: &Pair,
    common: Option<usize>,
    view: View<'_>,
    evidence: CapacityEvidence,
) -> Option<usize> {
    let types = &view.settings.authentication_types;
    let turn = match evidence {
        CapacityEvidence::Inconclusive | CapacityEvidence::Missing => {
            view.refresh.number % types.len()
        }
        _ => 0,
    };
    let has_sessions = (0..types.len()).any(|position| pair.sessions_of(position) > 0);
    pair.home
        .or(common)
        .or(Some(turn))
        .filter(|_| !has_sessions)
}

pub(super) fn entry_mut<'a>(
    known: &'a mut Known,
    view: View<'_>,
    fleet: &FleetName,
    stack: &StackName,
    kind: &Label,
) -> Option<&'a mut Entry<TypeTally>> {
    let mut types = view.settings.authentication_types.iter();
    let position = types.position(|other| other == kind)?;
    let pair = known.sessions.get_mut(fleet)?.pairs.get_mut(stack)?;
    pair.types.get_mut(position)
}

pub(super) async fn read(
    source: impl Source,
    (fleet, stack, kind): (FleetName, StackName, Label),
    lists_sessions: bool,
) -> Answer {
    let tally = source
        .describe_sessions(&fleet, &stack, &kind, lists_sessions)
        .await;
    Answer::new(tally, move |known, attempt, view| {
        apply(known, (&fleet, &stack, &kind), attempt, view);
    })
}

fn apply(
    known: &mut Known,
    (fleet, stack, kind): (&FleetName, &StackName, &Label),
    mut attempt: Attempt<TypeTally>,
    view: View<'_>,
) {
    let (begun, at) = (attempt.begun, view.wall());
    if let Ok(listed) = &mut attempt.result {
        let before = known.turnover_of(fleet, stack);
        let before: Vec<_> = before.iter().flat_map(|before| before.lists()).collect();
        date_disconnections(Arc::make_mut(&mut listed.value.sessions), &before, at);
    }
    if let Some(list) = known.associations.get_mut(fleet) {
        list.history.mark_stale_if_not_found(&attempt);
    }
    let Some(entry) = entry_mut(known, view, fleet, stack, kind) else {
        return;
    };
    let last_good = entry.last_good.as_ref();
    if let Ok(listed) = &mut attempt.result {
        let before = last_good.and_then(|tally| tally.list.as_ref());
        take_in_list(&mut listed.value.list, before, view);
    }
    // AWS supports a type that had sessions, however long ago. If a later page is refused, AWS
    // refuses the page, not the type.
    let has_sessions = last_good.is_some_and(|tally| !tally.is_empty());
    let pages = entry.history.in_flight.as_ref().map_or(0, Progress::pages);
    let is_supported = has_sessions || pages > 0;
    let is_refusal = |error: &Error| error.is_unsupported_parameter() && !is_supported;
    entry.record_unless_refused(attempt, view, is_refusal);
    let list = entry.last_good.as_ref().map(|tally| &tally.sessions);
    // Another value was recorded before, or none: nothing is new.
    if let Some(list) = list.filter(|_| entry.history.read_at == Some(begun)) {
        let list = Arc::clone(list);
        let FleetTurnover { pairs, .. } = known.turnover.entry(fleet.clone()).or_default();
        let turnover = pairs.entry(stack.clone()).or_default();
        turnover.take_in(kind, &list, at);
    }
    let sessions = known.sessions.get_mut(fleet);
    if let Some(pair) = sessions.and_then(|sessions| sessions.pairs.get_mut(stack)) {
        pair.count();
        known.session_types.extend(pair.had.iter().cloned());
    }
}

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    for (fleet, sessions) in known_fleets(known, view) {
        let is_current = |entry: &Entry<TypeTally>| entry.current(view).is_some();
        if let Some(all) = &mut snapshot.session_groups {
            let groups = sessions.pairs.iter();
            let groups = groups.map(|(stack, pair)| pair.group(fleet, stack, view));
            all.extend(groups);
        }
        let pairs = sessions.pairs.iter();
        let mut is_shown = sessions.pairs.is_empty();
        for (stack, pair) in pairs.filter(|(_, pair)| pair.types.iter().any(is_current)) {
            let turnover = known.turnover_of(fleet, stack);
            is_shown = true;
            snapshot.sessions.push(PairSessions {
                fleet: fleet.clone(),
                stack: stack.clone(),
                authentication_types: pair.types_to_show(&known.session_types, view),
                tally: pair.current_tally(view),
                started: turnover.map_or(0, |turnover| turnover.started),
                ended: turnover.map_or(0, |turnover| turnover.ended),
            });
        }
        let turnover = known.turnover.get(fleet).filter(|_| is_shown);
        snapshot.fleet_totals.push(FleetTotals {
            fleet: fleet.clone(),
            instances: instances(known, view, fleet, sessions),
            durations: turnover.map(|turnover| Arc::clone(&turnover.durations)),
        });
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
