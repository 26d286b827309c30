//! Tags of WorkSpaces pools: `DescribeTags` of each, as often as the topology.

use super::entry::{Cadence, all_current};
use super::read::{self, Read, Resource};
use crate::model::{Collector, PoolId, Service};

pub(super) const RESOURCE: Resource = Resource {
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
