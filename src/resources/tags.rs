//! Tags of fleets, stacks and pools: `ListTagsForResource` and `DescribeTags` of each,
//! as often as the topology.

use super::Answer;
use super::entry::{Cadence, all_current};
use super::fleets;
use super::read::{self, Read, Resource};
use crate::aws::Source;
use crate::model::{Collector, FleetName, PoolId, Service, StackName};

pub(super) const OF_FLEETS: Resource = Resource {
    service: Service::Appstream,
    operation: "ListTagsForResource",
    collectors: fleets::RESOURCE.collectors,
    needed_by: &[],
    reads: |known, view, visit| {
        let arn = |fleet: &FleetName| known.fleets.last_good.as_ref()?.get(fleet)?.arn.clone();
        let read = |fleet: &FleetName| {
            let arn = arn(fleet).unwrap_or_default();
            Read::FleetTags(fleet.clone(), arn)
        };
        read::each_of(&known.fleet_tags, Cadence::topology(view), read, visit);
    },
    show: |known, view, snapshot| snapshot.fleet_tags = all_current(&known.fleet_tags, view),
};

pub(super) const OF_STACKS: Resource = Resource {
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

pub(super) const OF_POOLS: Resource = Resource {
    service: Service::Workspaces,
    operation: "DescribeTags",
    collectors: &[Collector::WorkspacesPools],
    needed_by: &[],
    reads: |known, view, visit| {
        let read = |pool: &PoolId| Read::PoolTags(pool.clone());
        read::each_of(&known.pool_tags, Cadence::topology(view), read, visit);
    },
    show: |known, view, snapshot| snapshot.pool_tags = all_current(&known.pool_tags, view),
};

pub(super) async fn read_of_fleet(source: impl Source, fleet: FleetName, arn: &str) -> Answer {
    Answer::of_one(source.list_tags(arn).await, fleet, |known| {
        (&mut known.fleet_tags, &mut known.fleets.history)
    })
}

pub(super) async fn read_of_stack(source: impl Source, stack: StackName, arn: &str) -> Answer {
    Answer::of_one(source.list_tags(arn).await, stack, |known| {
        (&mut known.stack_tags, &mut known.stacks.history)
    })
}

pub(super) async fn read_of_pool(source: impl Source, pool: PoolId) -> Answer {
    Answer::of_one(source.describe_pool_tags(&pool).await, pool, |known| {
        (&mut known.pool_tags, &mut known.pools.history)
    })
}
