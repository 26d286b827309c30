//! Stacks: `DescribeStacks`, as often as the topology, and when one is new.

use std::collections::BTreeMap;

use super::entry::Attempt;
use super::known::{Known, View, filtered};
use super::read::{Change, Item, Kind, Rank, Read, Visit};
use crate::model::{Collector, Service, Snapshot, Stack, StackName};

const KIND: Kind = Kind {
    service: Service::Appstream,
    operation: "DescribeStacks",
    collectors: &[Collector::AppstreamStacks],
    needed_by: &[],
};

pub(super) fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    if view.settings.plan.has_any(KIND.collectors) {
        let history = &known.stacks.history;
        visit(Item {
            first_rank: Rank::Detail,
            ..Item::new(&KIND, history, view.topology(), &|| Read::Stacks)
        });
    }
}

pub(super) fn apply(
    known: &mut Known,
    (): (),
    attempt: Attempt<BTreeMap<StackName, Stack>>,
    view: View<'_>,
) -> Change {
    known.stacks.record(attempt, view.topology(), view.settings);
    Change::None
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    let stacks = known.stacks.current(view.age);
    let is_on = view.settings.plan.has(Collector::AppstreamStacks);
    let Some(stacks) = stacks.filter(|_| is_on) else {
        return;
    };
    let filters = &view.settings.filters;
    snapshot.stacks = filtered(stacks, |stack, _| filters.accept_stack(stack));
}
