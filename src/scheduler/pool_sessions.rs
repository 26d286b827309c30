//! Sessions of WorkSpaces pools: `DescribeWorkspacesPoolSessions` of each, in every refresh.

use std::sync::Arc;

use super::entry::{Attempt, Cadence};
use super::known::Known;
use super::read::{self, Read, Resource};
use super::round::View;
use super::turnover::PoolTurnover;
use crate::model::{Collector, Label, PoolId, PoolSessionTally, PoolSessions, Service, Snapshot};

/// One list has the sessions of all authentication types.
const ALL_TYPES: Label = Label::Borrowed("");

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

pub(super) fn apply(
    known: &mut Known,
    pool: &PoolId,
    attempt: Attempt<PoolSessionTally>,
    view: View<'_>,
) {
    let Some(entry) = known.pool_sessions.get_mut(pool) else {
        return;
    };
    let begun = attempt.begun;
    known.pools.history.doubt_if_not_found(&attempt, view);
    entry.record(attempt, view);
    let tally = entry.last_good.as_ref();
    if let Some(tally) = tally.filter(|_| entry.history.read_at == Some(begun)) {
        let turnover = known.pool_turnover.entry(pool.clone()).or_default();
        let PoolTurnover {
            durations,
            sessions,
        } = turnover;
        sessions.take_in(&ALL_TYPES, &tally.sessions, view.wall());
        sessions.settle(durations);
    }
}

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    if known.pools.current(view).is_none() {
        return;
    }
    let shown = known.selected_pools(view).filter_map(|pool| {
        let PoolTurnover {
            durations,
            sessions,
        } = known.pool_turnover.get(&pool.id)?;
        Some(PoolSessions {
            pool: pool.id.clone(),
            pool_name: pool.name.clone(),
            tally: Arc::clone(known.pool_sessions.get(&pool.id)?.current(view)?),
            started: sessions.started,
            ended: sessions.ended,
            durations: Arc::clone(durations),
        })
    });
    snapshot.pool_sessions = shown.collect();
}
