//! WorkSpaces pools: `DescribeWorkspacesPools`, in every refresh.

use std::collections::BTreeMap;

use super::entry::{Attempt, Cadence};
use super::known::{Known, filtered};
use super::read::{Change, Item, Kind, Rank, Read, Visit};
use super::round::View;
use crate::model::{Collector, Pool, PoolId, Service, Snapshot};

const KIND: Kind = Kind {
    service: Service::Workspaces,
    operation: "DescribeWorkspacesPools",
    collectors: &[
        Collector::WorkspacesPools,
        Collector::WorkspacesPoolSessions,
    ],
    needed_by: &[Collector::WorkspacesPoolSessions],
};

pub(super) fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    if view.settings.plan.has_any(KIND.collectors) {
        let history = &known.pools.history;
        visit(Item {
            is_missing: known.pools.current(view).is_none(),
            first_rank: Rank::List,
            ..Item::new(&KIND, history, Cadence::EveryRefresh, &|| Read::Pools)
        });
    }
}

pub(super) fn apply(
    known: &mut Known,
    (): (),
    attempt: Attempt<BTreeMap<PoolId, Pool>>,
    view: View<'_>,
) -> Change {
    known.pools.record(attempt, Cadence::EveryRefresh, view);
    Change::Entries
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    let pools = known.pools.current(view);
    let is_on = view.settings.plan.has(Collector::WorkspacesPools);
    let Some(pools) = pools.filter(|_| is_on) else {
        return;
    };
    let filters = view.settings;
    snapshot.pools = filtered(pools, |_, pool| filters.accept_pool(pool));
}
