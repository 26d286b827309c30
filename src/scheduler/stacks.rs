//! Stacks: `DescribeStacks`, as often as the topology, and when one is new.

use super::entry::Cadence;
use super::known::{Known, filtered};
use super::read::{self, Read, Resource, Visit};
use super::round::View;
use crate::model::{Collector, Service, Snapshot};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeStacks",
    collectors: &[Collector::AppstreamStacks],
    needed_by: &[],
    reads,
    show,
};

pub(super) fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let cadence = Cadence::topology(view);
    read::list(&RESOURCE, &known.stacks, cadence, Read::Stacks, visit);
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    if let Some(stacks) = known.stacks.current(view) {
        let filters = view.settings;
        snapshot.stacks = filtered(stacks, |stack, _| filters.accept_stack(stack));
    }
}
