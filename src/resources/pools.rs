//! WorkSpaces pools: `DescribeWorkspacesPools`, on every refresh.

use super::entry::Cadence;
use super::known::filtered;
use super::read::{Item, Rank, Read, Resource};
use crate::model::{Collector, Service};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Workspaces,
    operation: "DescribeWorkspacesPools",
    collectors: &[
        Collector::WorkspacesPools,
        Collector::WorkspacesPoolSessions,
    ],
    needed_by: &[Collector::WorkspacesPoolSessions],
    reads: |known, view, visit| {
        let history = &known.pools.history;
        visit(Item {
            first_rank: Rank::List,
            is_missing: known.pools.current(view).is_none(),
            ..Item::new(history, Cadence::EveryRefresh, &|| Read::Pools)
        });
    },
    show: |known, view, snapshot| {
        if let Some(pools) = known.pools.current(view) {
            let filters = &view.settings.filters;
            snapshot.pools = filtered(pools, |_, pool| filters.pools.accepts(&pool.name));
        }
    },
};
