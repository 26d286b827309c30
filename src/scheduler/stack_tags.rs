//! Tags of stacks: `ListTagsForResource` of each, as often as the topology.

use super::entry::{Cadence, all_current};
use super::read::{self, Read, Resource};
use crate::model::{Collector, Service, StackName};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "ListTagsForResource",
    collectors: &[Collector::AppstreamStacks],
    needed_by: &[],
    reads: |known, view, visit| {
        let arn = |stack: &StackName| known.stacks.last_good.as_ref()?.get(stack)?.arn.clone();
        let read = |stack: &StackName| {
            let arn = arn(stack).unwrap_or_default();
            Read::StackTags(stack.clone(), arn)
        };
        read::each_of(&known.stack_tags, Cadence::topology(view), read, visit);
    },
    show: |known, view, snapshot| snapshot.stack_tags = all_current(&known.stack_tags, view),
};
