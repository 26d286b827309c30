//! Stacks: `DescribeStacks`, as often as the topology, and when one is new.

use super::entry::Cadence;
use super::known::filtered;
use super::read::{self, Read, Resource};
use crate::model::{Collector, Service};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeStacks",
    collectors: &[Collector::AppstreamStacks],
    needed_by: &[],
    reads: |known, view, visit| {
        let cadence = Cadence::topology(view);
        read::list(&known.stacks, cadence, Read::Stacks, visit);
    },
    show: |known, view, snapshot| {
        if let Some(stacks) = known.stacks.current(view) {
            snapshot.stacks = filtered(stacks, |stack, _| view.settings.accept_stack(stack));
        }
    },
};
