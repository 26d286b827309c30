//! Which stacks a fleet is associated with: `ListAssociatedStacks` of each fleet,
//! as often as the topology, and when sessions of the fleet are missing.

use std::collections::BTreeSet;

use super::Answer;
use super::entry::{Attempt, Cadence};
use super::evidence;
use super::known::Known;
use super::read::{Item, Rank, Read, Resource};
use super::refresh::View;
use crate::aws::Source;
use crate::model::{Association, Collector, FleetName, Service, Snapshot, StackName};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "ListAssociatedStacks",
    collectors: &[Collector::AppstreamStacks, Collector::AppstreamSessions],
    needed_by: &[Collector::AppstreamSessions],
    reads: |known, view, visit| {
        for (fleet, entry) in &known.associations {
            let cadence = match evidence::wants_rescan(known, view, fleet) {
                true => Cadence::EveryRefresh,
                false => Cadence::topology(view),
            };
            let read = || Read::Associations(fleet.clone());
            visit(Item {
                first_rank: Rank::Association,
                is_missing: entry.current(view).is_none(),
                ..Item::new(&entry.history, cadence, &read)
            });
        }
    },
    show,
};

pub(super) async fn read(source: impl Source, fleet: FleetName) -> Answer {
    let stacks = source.list_associated_stacks(&fleet).await;
    Answer::new(stacks, move |known, attempt, view| {
        apply(known, &fleet, attempt, view);
    })
}

fn apply(
    known: &mut Known,
    fleet: &FleetName,
    attempt: Attempt<BTreeSet<StackName>>,
    view: View<'_>,
) {
    let Some(entry) = known.associations.get_mut(fleet) else {
        return;
    };
    known.fleets.history.mark_stale_if_not_found(&attempt);
    let before = entry.last_good.clone().unwrap_or_default();
    entry.record(attempt, view);
    // A stack that has just been associated may be a new one.
    let stacks = known.stacks.last_good.as_ref();
    let is_unknown = |stack: &StackName| stacks.is_some_and(|stacks| !stacks.contains_key(stack));
    let is_new = |stack: &StackName| !before.contains(stack) && is_unknown(stack);
    if known.stacks_of(fleet).any(is_new) {
        known.stacks.history.is_stale = true;
    }
}

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    let lists = known.associations.iter();
    for (fleet, _) in lists.filter(|(_, list)| list.current(view).is_some()) {
        let stacks = known.stacks_of(fleet).cloned();
        for stack in stacks.filter(|stack| view.settings.accept_stack(stack)) {
            let fleet = fleet.clone();
            snapshot.associations.push(Association { fleet, stack });
        }
    }
}
