//! Sessions of WorkSpaces pools: `DescribeWorkspacesPoolSessions` of each, in every refresh.

use std::sync::Arc;

use super::entry::{Attempt, Cadence};
use super::known::Known;
use super::read::{Item, Read, Resource, Visit};
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
    for (pool, entry) in &known.pool_sessions.0 {
        let read = || Read::PoolSessions(pool.clone());
        let cadence = Cadence::EveryRefresh;
        visit(Item::new(&RESOURCE, &entry.history, cadence, &read));
    }
}

pub(super) fn apply(
    known: &mut Known,
    pool: PoolId,
    attempt: Attempt<PoolSessionTally>,
    view: View<'_>,
) -> bool {
    let Some(entry) = known.pool_sessions.0.get_mut(&pool) else {
        return false;
    };
    let is_doubted = known.pools.history.doubt_if_not_found(&attempt);
    entry.record(attempt, Cadence::EveryRefresh, view);
    is_doubted
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    if known.pools.current(view).is_none() {
        return;
    }
    let shown = known.selected_pools(view).filter_map(|pool| {
        Some(PoolSessions {
            account_id: pool.account_id.clone(),
            pool: pool.id.clone(),
            pool_name: pool.name.clone(),
            tally: Arc::clone(known.pool_sessions.current(&pool.id, view)?),
        })
    });
    snapshot.pool_sessions = shown.collect();
}
