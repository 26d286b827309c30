//! Stacks: `DescribeStacks`, as often as the topology, and when one is new.

use std::collections::BTreeMap;

use super::entry::{Attempt, Cadence};
use super::known::{Known, filtered};
use super::read::{self, Read, Resource};
use super::refresh::View;
use crate::aws::Error;
use crate::model::{Collector, Service, Stack, StackName};

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

/// Fleets belong to the same service: if AWS lists them, the region has the service.
pub(super) fn apply(
    known: &mut Known,
    attempt: Attempt<BTreeMap<StackName, Stack>>,
    view: View<'_>,
) {
    let lists = [&known.fleets.history, &known.stacks.history];
    let has_answered = lists.iter().any(|list| list.has_answered());
    let is_refusal = |error: &Error| error.is_service_absent() && !has_answered;
    known
        .stacks
        .record_unless_refused(attempt, view, is_refusal);
}
