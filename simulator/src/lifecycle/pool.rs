//! Pools start and stop, and their sessions end. Each session has its own instance.

use super::session::DISCONNECT_TIMEOUT_SECONDS;
use crate::resource::pool::{Pool, PoolCapacity, PoolSession};
use crate::supply::{Occupancy, StreamingInstance, Supply};
use crate::world::Region;

impl PoolSession {
    fn is_over(&self, now: f64) -> bool {
        let mut ends = self
            .timing
            .phase_ends_at
            .into_iter()
            .chain(self.timing.ends_at);
        ends.any(|at| at <= now)
    }
}

/// Brings a managed pool to the state that follows from the time.
pub(super) fn settle(region: &mut Region, id: &str, now: f64) {
    let is_open = region.pools().get(id).is_some_and(is_open);
    // Pools list no sessions that are over.
    region.retain_pool_sessions(id, |session| is_open && !session.is_over(now));
    let Some((pool, sessions, ids)) = region.pool_with_sessions(id) else {
        return;
    };
    let Some(mut supply) = pool.supply.take() else {
        return;
    };
    let state_is_over = supply.state_changes_at.is_some_and(|at| at <= now);
    if state_is_over {
        supply.state_changes_at = None;
    }
    match pool.state.as_deref() {
        Some("CREATING" | "UPDATING" | "STOPPING") if state_is_over => {
            pool.state = Some("STOPPED".into());
        }
        Some("DELETING") if state_is_over => {
            region.remove_pool(id);
            return;
        }
        _ => {}
    }
    let occupancy = occupancy(&sessions);
    if is_open {
        supply.settle(&occupancy, 1, now, ids);
    } else {
        supply.instances.clear();
    }
    let figures = supply.figures(&occupancy, now);
    if pool.state.as_deref() == Some("STARTING") && (figures.running > 0 || state_is_over) {
        pool.state = Some("RUNNING".into());
        supply.state_changes_at = None;
    }
    let desired = supply.target.max(figures.running);
    pool.capacity = Some(PoolCapacity::sessions(
        desired,
        figures.running,
        figures.in_use,
    ));
    let timings = sessions.iter().map(|session| session.timing);
    let ends = timings.flat_map(|timing| timing.phase_ends_at.into_iter().chain(timing.ends_at));
    let changes = ends.chain(supply.changes_at(now));
    // A change at or before `now` would be due for ever.
    supply.due_at = changes.filter(|at| *at > now).reduce(f64::min);
    pool.supply = Some(supply);
}

fn is_open(pool: &Pool) -> bool {
    matches!(pool.state.as_deref(), Some("STARTING" | "RUNNING"))
}

fn occupancy(sessions: &[&mut PoolSession]) -> Occupancy {
    let ids = sessions
        .iter()
        .filter_map(|session| session.instance_id.clone());
    ids.map(|id| (id, 1)).collect()
}

pub(super) fn manage(region: &mut Region, id: &str, now: f64) {
    let Some((pool, mut sessions, ids)) = region.pool_with_sessions(id) else {
        return;
    };
    if pool.supply.is_some() {
        return;
    }
    let capacity = pool.capacity.unwrap_or_default();
    let mut supply = Supply {
        target: capacity.desired_user_sessions.unwrap_or_default(),
        ..Supply::default()
    };
    let timeouts = pool.timeouts.unwrap_or_default();
    let mut occupancy = Occupancy::new();
    for session in &mut sessions {
        session.timing.ends_at = session.expires_at.filter(|at| *at > now);
        if session.connection_state.as_deref() == Some("NOT_CONNECTED") {
            let timeout = f64::from(
                timeouts
                    .disconnect_seconds
                    .unwrap_or(DISCONNECT_TIMEOUT_SECONDS),
            );
            session.timing.phase_ends_at = Some(now + timeout);
        }
        let own = session
            .instance_id
            .take()
            .filter(|id| !occupancy.contains_key(id));
        let instance = own.unwrap_or_else(|| ids.next(now).ec2_id("i"));
        supply
            .instances
            .push(StreamingInstance::new(&instance, now));
        occupancy.insert(instance.clone(), 1);
        session.instance_id = Some(instance);
    }
    supply.fill(capacity.actual_user_sessions.unwrap_or_default(), now, ids);
    // A transient state ends now, because its start is unknown.
    if !matches!(pool.state.as_deref(), Some("RUNNING" | "STOPPED")) {
        supply.state_changes_at = Some(now);
    }
    pool.supply = Some(supply);
}
