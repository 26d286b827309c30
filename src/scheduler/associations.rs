//! Which stacks a fleet is associated with: `ListAssociatedStacks` of each fleet,
//! as often as the topology, and when sessions of the fleet are missing.

use std::collections::BTreeSet;

use super::entry::{Attempt, Cadence};
use super::evidence::{self, Evidence};
use super::known::Known;
use super::read::{Change, Item, Kind, Rank, Read, Visit};
use super::round::View;
use crate::model::{Association, Collector, FleetName, Service, Snapshot, StackName};

const KIND: Kind = Kind {
    service: Service::Appstream,
    operation: "ListAssociatedStacks",
    collectors: &[Collector::AppstreamStacks, Collector::AppstreamSessions],
    needed_by: &[Collector::AppstreamSessions],
};

pub(super) fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    if !view.settings.plan.has_any(KIND.collectors) {
        return;
    }
    for (fleet, entry) in &known.associations.0 {
        let cadence = if Evidence::of(known, view, fleet).wants_rescan {
            Cadence::EveryRefresh
        } else {
            Cadence::topology(view)
        };
        let read = || Read::Associations(fleet.clone());
        visit(Item {
            is_missing: entry.current(view).is_none(),
            first_rank: Rank::Association,
            ..Item::new(&KIND, &entry.history, cadence, &read)
        });
    }
}

pub(super) fn apply(
    known: &mut Known,
    fleet: FleetName,
    attempt: Attempt<BTreeSet<StackName>>,
    view: View<'_>,
) -> Change {
    let Some(entry) = known.associations.0.get_mut(&fleet) else {
        return Change::None;
    };
    let ended = attempt.span.ended;
    if attempt.is_not_found() {
        // The next list of fleets says whether the fleet is there.
        known.fleets.history.doubted_at = Some(ended);
    }
    let before = entry.last_good().cloned().unwrap_or_default();
    entry.record(attempt, Cadence::topology(view), view);
    // A stack that has just been associated may be a new one.
    let stacks = known.stacks.last_good();
    let is_unknown = |stack: &StackName| stacks.is_some_and(|stacks| !stacks.contains_key(stack));
    let is_new = |stack: &StackName| !before.contains(stack) && is_unknown(stack);
    if known.stacks_of(&fleet).any(is_new) {
        known.stacks.history.doubted_at = Some(ended);
    }
    known.reconcile_pairs(&fleet, view);
    evidence::note_rescan(known, view, &fleet);
    Change::Due
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    if !view.settings.plan.has(Collector::AppstreamStacks) {
        return;
    }
    let lists = known.associations.0.iter();
    for (fleet, _) in lists.filter(|(_, list)| list.current(view).is_some()) {
        let stacks = known.stacks_of(fleet);
        let stacks = stacks.filter(|stack| view.settings.accept_stack(stack));
        let pairs = stacks.cloned().map(|stack| Association {
            fleet: fleet.clone(),
            stack,
        });
        let pairs = pairs.map(|pair| (known.account_of(fleet), pair));
        snapshot.associations.extend(pairs);
    }
}
