//! Sessions of WorkSpaces pools: `DescribeWorkspacesPoolSessions` of each, in every refresh.

use std::sync::Arc;

use super::entry::Cadence;
use super::known::Known;
use super::read::{self, Read, Resource};
use super::round::View;
use crate::model::{Collector, PoolId, PoolSessions, Service, Snapshot};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Workspaces,
    operation: "DescribeWorkspacesPoolSessions",
    collectors: &[Collector::WorkspacesPoolSessions],
    needed_by: &[],
    reads: |known, _, visit| {
        let read = |pool: &PoolId| Read::PoolSessions(pool.clone());
        read::each_of(&known.pool_sessions, Cadence::EveryRefresh, read, visit);
    },
    show,
};

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    if known.pools.current(view).is_none() {
        return;
    }
    let shown = known.selected_pools(view).filter_map(|pool| {
        Some(PoolSessions {
            pool: pool.id.clone(),
            pool_name: pool.name.clone(),
            tally: Arc::clone(known.pool_sessions.get(&pool.id)?.current(view)?),
        })
    });
    snapshot.pool_sessions = shown.collect();
}
