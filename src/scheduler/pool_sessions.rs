//! Sessions of WorkSpaces pools: `DescribeWorkspacesPoolSessions` of each, in every refresh.

use std::sync::Arc;

use super::entry::{Attempt, Cadence};
use super::known::Known;
use super::read::{Change, Item, Kind, Read, Visit};
use super::round::View;
use crate::model::{Collector, PoolId, PoolSessionTally, PoolSessions, Service, Snapshot};

const KIND: Kind = Kind {
    service: Service::Workspaces,
    operation: "DescribeWorkspacesPoolSessions",
    collectors: &[Collector::WorkspacesPoolSessions],
    needed_by: &[],
};

pub(super) fn reads(known: &Known, _: View<'_>, visit: Visit<'_>) {
    for (pool, entry) in &known.pool_sessions.0 {
        let read = || Read::PoolSessions(pool.clone());
        let cadence = Cadence::EveryRefresh;
        visit(Item::new(&KIND, &entry.history, cadence, &read));
    }
}

pub(super) fn apply(
    known: &mut Known,
    pool: PoolId,
    attempt: Attempt<PoolSessionTally>,
    view: View<'_>,
) -> Change {
    let Some(entry) = known.pool_sessions.0.get_mut(&pool) else {
        return Change::None;
    };
    let is_not_found = attempt.is_not_found();
    if is_not_found {
        // The next list of pools says whether the pool is there.
        known.pools.history.doubted_at = Some(attempt.span.ended);
    }
    entry.record(attempt, Cadence::EveryRefresh, view);
    if is_not_found {
        Change::Due
    } else {
        Change::None
    }
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
