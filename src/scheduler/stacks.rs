//! Stacks: `DescribeStacks`, as often as the topology, and when one is new.

use std::collections::BTreeMap;

use super::entry::{Attempt, Cadence};
use super::known::{Known, filtered};
use super::read::{Change, Item, Kind, Read, Visit};
use super::round::View;
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
        visit(Item::new(&KIND, history, Cadence::topology(view), &|| {
            Read::Stacks
        }));
    }
}

pub(super) fn apply(
    known: &mut Known,
    (): (),
    attempt: Attempt<BTreeMap<StackName, Stack>>,
    view: View<'_>,
) -> Change {
    known.stacks.record(attempt, Cadence::topology(view), view);
    Change::None
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    let stacks = known.stacks.current(view);
    let is_on = view.settings.plan.has(Collector::AppstreamStacks);
    let Some(stacks) = stacks.filter(|_| is_on) else {
        return;
    };
    let filters = view.settings;
    snapshot.stacks = filtered(stacks, |stack, _| filters.accept_stack(stack));
}
