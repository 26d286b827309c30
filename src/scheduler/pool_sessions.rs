//! Sessions of WorkSpaces pools: `DescribeWorkspacesPoolSessions` of each, in every refresh.

use std::sync::Arc;

use super::entry::{Attempt, Cadence};
use super::known::Known;
use super::read::{self, Read, Resource, Visit};
use super::round::View;
use crate::model::{Collector, PoolId, PoolSessionTally, PoolSessions, Service, Snapshot};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Workspaces,
    operation: "DescribeWorkspacesPoolSessions",
    collectors: &[Collector::WorkspacesPoolSessions],
    needed_by: &[],
    reads,
    show,
};

pub(super) fn reads(known: &Known, _: View<'_>, visit: Visit<'_>) {
    let read = |pool: &PoolId| Read::PoolSessions(pool.clone());
    let cadence = Cadence::EveryRefresh;
    read::each_of(&RESOURCE, &known.pool_sessions, cadence, read, visit);
}

pub(super) fn apply(
    known: &mut Known,
    pool: PoolId,
    attempt: Attempt<PoolSessionTally>,
    view: View<'_>,
) -> bool {
    let (sessions, list) = (&mut known.pool_sessions, &mut known.pools.history);
    sessions.record(&pool, attempt, view, list)
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    if known.pools.current(view).is_none() {
        return;
    }
    let shown = known.selected_pools(view).filter_map(|pool| {
        Some(PoolSessions {
            pool: pool.id.clone(),
            pool_name: pool.name.clone(),
            tally: Arc::clone(known.pool_sessions.current(&pool.id, view)?),
        })
    });
    snapshot.pool_sessions = shown.collect();
}
