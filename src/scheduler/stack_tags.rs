//! Tags of stacks: `ListTagsForResource` of each, as often as the topology.

use super::entry::{Attempt, Cadence};
use super::known::Known;
use super::read::{self, Read, Resource, Visit};
use super::round::View;
use crate::model::{Collector, Service, Snapshot, StackName, Tags};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "ListTagsForResource",
    collectors: &[Collector::AppstreamStacks],
    needed_by: &[],
    reads,
    show,
};

fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let arn = |stack: &StackName| known.stacks.last_good()?.get(stack)?.arn.clone();
    let read = |stack: &StackName| Read::StackTags(stack.clone(), arn(stack).unwrap_or_default());
    let cadence = Cadence::topology(view);
    read::each_of(&RESOURCE, &known.stack_tags, cadence, read, visit);
}

pub(super) fn apply(
    known: &mut Known,
    stack: StackName,
    attempt: Attempt<Tags>,
    view: View<'_>,
) -> bool {
    let (tags, list) = (&mut known.stack_tags, &mut known.stacks.history);
    tags.record(&stack, attempt, view, list)
}

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    snapshot.stack_tags = known.stack_tags.all_current(view);
}
