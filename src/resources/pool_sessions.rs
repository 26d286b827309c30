//! Sessions of WorkSpaces pools: `DescribeWorkspacesPoolSessions` of each, on every refresh.

use std::sync::Arc;

use super::Answer;
use super::entry::{Attempt, Cadence};
use super::fleet_sessions::{read_list, take_in_list};
use super::known::Known;
use super::read::{self, Read, Resource};
use super::refresh::View;
use super::turnover::PoolTurnover;
use crate::aws::Source;
use crate::model::{
    Collector, Label, Pool, PoolId, PoolSessionTally, PoolSessions, Service, SessionGroup,
    SessionPlace, Snapshot,
};

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

pub(super) async fn read(source: impl Source, pool: PoolId, lists_sessions: bool) -> Answer {
    let tally = source
        .describe_workspaces_pool_sessions(&pool, lists_sessions)
        .await;
    Answer::new(tally, move |known, attempt, view| {
        apply(known, &pool, attempt, view);
    })
}

fn apply(known: &mut Known, pool: &PoolId, mut attempt: Attempt<PoolSessionTally>, view: View<'_>) {
    let Some(entry) = known.pool_sessions.get_mut(pool) else {
        return;
    };
    let begun = attempt.begun;
    if let Ok(listed) = &mut attempt.result {
        let before = entry.last_good.as_ref();
        let before = before.and_then(|tally| tally.list.as_ref());
        take_in_list(&mut listed.value.list, before, view);
    }
    known.pools.history.mark_stale_if_not_found(&attempt);
    entry.record(attempt, view);
    let tally = entry.last_good.as_ref();
    if let Some(tally) = tally.filter(|_| entry.history.read_at == Some(begun)) {
        let turnover = known.pool_turnover.entry(pool.clone()).or_default();
        let PoolTurnover {
            durations,
            sessions,
        } = turnover;
        sessions.take_in(&ALL_TYPES, &tally.sessions, view.wall());
        sessions.count_ended(durations);
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
            tally: Arc::clone(&known.pool_sessions.get(&pool.id)?.current(view)?.tally),
            started: sessions.started,
            ended: sessions.ended,
            durations: Arc::clone(durations),
        })
    });
    snapshot.pool_sessions = shown.collect();
    if let Some(all) = &mut snapshot.session_groups {
        let groups = known.selected_pools(view);
        let groups = groups.map(|pool| group(known, pool, view));
        all.extend(groups);
    }
}

/// The sessions themselves of a pool, unless they are too old.
fn group(known: &Known, pool: &Pool, view: View<'_>) -> SessionGroup {
    let entry = known.pool_sessions.get(&pool.id);
    let list = entry.and_then(|entry| read_list(entry, view, |tally| tally.list.as_ref()));
    SessionGroup {
        place: SessionPlace::Pool {
            id: pool.id.clone(),
            name: pool.name.clone(),
        },
        is_complete: list.is_some(),
        lists: list.into_iter().collect(),
    }
}
