//! Tags of WorkSpaces pools: `DescribeTags` of each, as often as the topology.

use super::entry::{Attempt, Cadence};
use super::known::Known;
use super::read::{self, Read, Resource, Visit};
use super::round::View;
use crate::model::{Collector, PoolId, Service, Snapshot, Tags};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Workspaces,
    operation: "DescribeTags",
    collectors: &[Collector::WorkspacesPools],
    needed_by: &[],
    reads,
    show,
};

fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let read = |pool: &PoolId| Read::PoolTags(pool.clone());
    let cadence = Cadence::topology(view);
    read::each_of(&RESOURCE, &known.pool_tags, cadence, read, visit);
}

pub(super) fn apply(
    known: &mut Known,
    pool: PoolId,
    attempt: Attempt<Tags>,
    view: View<'_>,
) -> bool {
    let (tags, list) = (&mut known.pool_tags, &mut known.pools.history);
    tags.record(&pool, attempt, view, list)
}

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    snapshot.pool_tags = known.pool_tags.all_current(view);
}
