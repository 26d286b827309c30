//! WorkSpaces pools: `DescribeWorkspacesPools`, in every refresh.

use super::entry::Cadence;
use super::known::{Known, filtered};
use super::read::{Item, Rank, Read, Resource, Visit};
use super::round::View;
use crate::model::{Collector, Service, Snapshot};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Workspaces,
    operation: "DescribeWorkspacesPools",
    collectors: &[
        Collector::WorkspacesPools,
        Collector::WorkspacesPoolSessions,
    ],
    needed_by: &[Collector::WorkspacesPoolSessions],
    reads,
    show,
};

pub(super) fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let history = &known.pools.history;
    visit(Item {
        first_rank: Rank::List,
        is_missing: known.pools.current(view).is_none(),
        ..Item::new(&RESOURCE, history, Cadence::EveryRefresh, &|| Read::Pools)
    });
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    if let Some(pools) = known.pools.current(view) {
        let filters = view.settings;
        snapshot.pools = filtered(pools, |_, pool| filters.accept_pool(pool));
    }
}
