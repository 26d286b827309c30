//! Samples of WorkSpaces Pools: `DescribeWorkspacesPools`, `DescribeWorkspacesPoolSessions`, and tags.

use super::sessions::cells;
use super::{ExtraLabels, Sink, each_snapshot, error_counts, state_set};
use crate::catalog::{self, Family};
use crate::model::{
    Label, POOL_AUTHENTICATION_TYPES, POOL_STATES, Pool, PoolId, PoolSessions, Snapshot,
    TargetRegion, UNKNOWN,
};

/// A family with one number for each pool that has it.
type Number = (&'static Family, fn(&Pool) -> Option<f64>);

const NUMBERS: [Number; 8] = [
    (&catalog::POOL_USER_SESSIONS_DESIRED, |pool| {
        pool.capacity.desired.map(f64::from)
    }),
    (&catalog::POOL_USER_SESSIONS_ACTUAL, |pool| {
        pool.capacity.actual.map(f64::from)
    }),
    (&catalog::POOL_USER_SESSIONS_ACTIVE, |pool| {
        pool.capacity.active.map(f64::from)
    }),
    (&catalog::POOL_USER_SESSIONS_AVAILABLE, |pool| {
        pool.capacity.available.map(f64::from)
    }),
    (&catalog::POOL_MAX_USER_DURATION, |pool| {
        pool.max_user_duration_seconds.map(f64::from)
    }),
    (&catalog::POOL_DISCONNECT_TIMEOUT, |pool| {
        pool.disconnect_timeout_seconds.map(f64::from)
    }),
    (&catalog::POOL_IDLE_DISCONNECT_TIMEOUT, |pool| {
        pool.idle_disconnect_timeout_seconds.map(f64::from)
    }),
    (&catalog::POOL_CREATED, |pool| pool.created),
];

/// Fills the families of [`catalog::POOLS`].
pub(super) fn collect(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each_pool(
        target_regions,
        |[account, region, id, name], extra, pool| {
            let labels = [
                account,
                region,
                id,
                name,
                pool.bundle_id.as_deref().unwrap_or_default(),
                pool.directory_id.as_deref().unwrap_or_default(),
                pool.running_mode.as_deref().unwrap_or_default(),
            ];
            sink.sample(&catalog::POOL_INFO, &labels, extra, 1.0);
        },
    );
    tags(target_regions, sink);
    each_pool(
        target_regions,
        |[account, region, id, name], extra, pool| {
            state_set(pool.state.as_deref(), &POOL_STATES, |state, value| {
                sink.sample(
                    &catalog::POOL_STATE,
                    &[account, region, id, name, state],
                    extra,
                    value,
                );
            });
        },
    );
    for (family, number) in NUMBERS {
        each_pool(target_regions, |labels, extra, pool| {
            if let Some(value) = number(pool) {
                sink.sample(family, &labels, extra, value);
            }
        });
    }
    each_pool(
        target_regions,
        |[account, region, id, name], extra, pool| {
            error_counts(&pool.errors, |code, count| {
                sink.sample(
                    &catalog::POOL_ERRORS,
                    &[account, region, id, name, code],
                    extra,
                    count,
                );
            });
        },
    );
    sessions(target_regions, sink);
}

fn sessions(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    let types = POOL_AUTHENTICATION_TYPES.map(Label::Borrowed);
    each_counted(target_regions, |labels, extra, pool| {
        let [account, region, id, name] = labels;
        cells(&types, &[UNKNOWN], &pool.tally, |cell, sessions| {
            let labels = [
                account,
                region,
                id,
                name,
                &cell.authentication_type,
                &cell.connection_state,
            ];
            sink.sample(&catalog::POOL_SESSIONS, &labels, extra, f64::from(sessions));
        });
    });
    each_counted(target_regions, |labels, extra, pool| {
        if let Some(users) = pool.tally.users {
            let users = f64::from(users);
            sink.sample(&catalog::POOL_SESSION_USERS, &labels, extra, users);
        }
    });
    each_counted(target_regions, |labels, extra, pool| {
        if let Some(start) = pool.tally.oldest_start {
            sink.sample(&catalog::POOL_SESSIONS_OLDEST_START, &labels, extra, start);
        }
    });
    each_counted(target_regions, |labels, extra, pool| {
        let started = pool.started as f64;
        sink.sample(&catalog::POOL_SESSIONS_STARTED, &labels, extra, started);
    });
    each_counted(target_regions, |labels, extra, pool| {
        let ended = pool.ended as f64;
        sink.sample(&catalog::POOL_SESSIONS_ENDED, &labels, extra, ended);
    });
    each_counted(target_regions, |labels, extra, pool| {
        let (family, durations) = (&catalog::POOL_SESSION_DURATION, &pool.durations);
        sink.histogram(family, &labels, extra, durations);
    });
}

/// `DescribeTags`.
fn tags(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each_snapshot(target_regions, |target_region, snapshot, extra| {
        for (pool, tags) in &snapshot.pool_tags {
            if let Some(Pool { id, name, .. }) = snapshot.pools.get(pool) {
                super::tags(tags, target_region, extra, |extra| {
                    sink.sample(&catalog::POOL_TAGS, &labels(snapshot, id, name), extra, 1.0);
                });
            }
        }
    });
}

/// Every pool with the labels of [`catalog::Scope::Pool`].
fn each_pool<'a>(
    target_regions: &'a [TargetRegion],
    mut visit: impl for<'m> FnMut([&'a str; 4], ExtraLabels<'m>, &'a Pool),
) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        for pool in snapshot.pools.values() {
            visit(labels(snapshot, &pool.id, &pool.name), extra, pool);
        }
    });
}

/// The sessions of every pool with the labels of [`catalog::Scope::Pool`].
fn each_counted<'a>(
    target_regions: &'a [TargetRegion],
    mut visit: impl for<'m> FnMut([&'a str; 4], ExtraLabels<'m>, &'a PoolSessions),
) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        for sessions in &snapshot.pool_sessions {
            let labels = labels(snapshot, &sessions.pool, &sessions.pool_name);
            visit(labels, extra, sessions);
        }
    });
}

fn labels<'a>(snapshot: &'a Snapshot, id: &'a PoolId, name: &'a str) -> [&'a str; 4] {
    let pool = snapshot.pools.get(id);
    let account = snapshot.account_of(pool.and_then(|pool| pool.account_id.as_ref()));
    [account, &snapshot.region, id.as_str(), name]
}
