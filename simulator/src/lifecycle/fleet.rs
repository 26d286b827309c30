//! Fleets start, stop, and keep their desired capacity.

use std::collections::BTreeMap;

use super::session::DISCONNECT_TIMEOUT_SECONDS;
use crate::ids::Ids;
use crate::resource::fleet::{Capacity, Fleet};
use crate::resource::session::Session;
use crate::supply::{Figures, Occupancy, StreamingInstance, Supply};
use crate::world::Region;

/// Sessions on each instance of the fleet.
pub(crate) fn occupancy<'a>(sessions: impl IntoIterator<Item = &'a Session>) -> Occupancy {
    let mut occupancy = Occupancy::new();
    for session in sessions {
        if let (true, Some(id)) = (session.is_live(), &session.instance_id) {
            *occupancy.entry(id.clone()).or_default() += 1;
        }
    }
    occupancy
}

pub(crate) fn sessions_per_instance(fleet: &Fleet) -> i32 {
    fleet.max_sessions_per_instance.unwrap_or(1).max(1)
}

/// The instances that so many sessions need: only whole instances can be had.
pub(crate) fn instances_for(sessions: i32, sessions_per_instance: i32) -> i32 {
    let sessions = sessions.max(0);
    sessions / sessions_per_instance + i32::from(sessions % sessions_per_instance > 0)
}

/// Brings a managed fleet to the state that follows from the time.
pub(super) fn settle(region: &mut Region, name: &str, now: f64) {
    let Some((fleet, mut sessions, ids)) = region.fleet_with_sessions(name) else {
        return;
    };
    let Some(mut supply) = fleet.supply.take() else {
        return;
    };
    let state_is_over = supply.state_changes_at.is_some_and(|at| at <= now);
    if fleet.state.as_deref() == Some("STOPPING") && state_is_over {
        fleet.state = Some("STOPPED".into());
        supply.state_changes_at = None;
    }
    let is_open = matches!(fleet.state.as_deref(), Some("STARTING" | "RUNNING"));
    for session in &mut sessions {
        if !is_open {
            session.end(now);
        }
        session.settle(now);
    }
    let occupancy = occupancy(sessions.iter().map(|session| &**session));
    if is_open && !fleet.is_elastic() {
        supply.settle(&occupancy, sessions_per_instance(fleet), now, ids);
    } else {
        supply.instances.clear();
    }
    let figures = supply.figures(&occupancy, now);
    if fleet.state.as_deref() == Some("STARTING") && (figures.running > 0 || state_is_over) {
        fleet.state = Some("RUNNING".into());
        supply.state_changes_at = None;
    }
    if fleet.max_sessions_per_instance.is_some() {
        show_draining(&mut sessions, &supply);
    }
    fleet.capacity = Some(capacity(fleet, &supply, figures));
    let sessions_change = sessions.iter().filter_map(|session| session.changes_at());
    let changes = sessions_change.chain(supply.changes_at(now));
    // A change at or before `now` would be due for ever.
    supply.due_at = changes.filter(|at| *at > now).reduce(f64::min);
    fleet.supply = Some(supply);
    region.retain_sessions(name, |session| !session.is_gone(now));
}

/// The capacity in instances, and in session slots for multi-session fleets. Free slots of draining
/// instances accept no session, so they count as unused only.
pub(crate) fn capacity(fleet: &Fleet, supply: &Supply, figures: Figures) -> Capacity {
    let wanted = supply.target;
    if fleet.is_elastic() {
        // The API model requires this member, although elastic fleets have no instances of their own.
        return Capacity::default().desired(0);
    }
    let capacity = Capacity::instances(wanted, figures.running, figures.in_use);
    let Some(per_instance) = fleet.max_sessions_per_instance else {
        return capacity;
    };
    let draining_slots = figures.draining.saturating_mul(per_instance);
    let open = figures.running - figures.draining;
    let actual = open.saturating_mul(per_instance) + figures.draining_sessions;
    capacity
        .desired_user_sessions(wanted.saturating_mul(per_instance).max(actual))
        .actual_user_sessions(actual)
        .active_user_sessions(figures.sessions)
        .available_user_sessions(actual - figures.sessions)
        .draining(figures.draining)
        .drain_mode_active_user_sessions(figures.draining_sessions)
        .drain_mode_unused_user_sessions(draining_slots - figures.draining_sessions)
}

fn show_draining(sessions: &mut [&mut Session], supply: &Supply) {
    let instances = supply.instances.iter();
    let draining: BTreeMap<&str, bool> = instances
        .map(|one| (one.id.as_str(), one.is_draining))
        .collect();
    for session in sessions {
        let instance = session.instance_id.as_deref();
        if let Some(is_draining) = instance.and_then(|id| draining.get(id)) {
            let status = if *is_draining { "DRAINING" } else { "ACTIVE" };
            session.instance_drain_status = Some(status.into());
        }
    }
}

pub(super) fn manage(region: &mut Region, name: &str, now: f64) {
    let Some((fleet, mut sessions, ids)) = region.fleet_with_sessions(name) else {
        return;
    };
    if fleet.supply.is_some() {
        return;
    }
    let timeout = fleet
        .disconnect_timeout_seconds
        .unwrap_or(DISCONNECT_TIMEOUT_SECONDS);
    for session in &mut sessions {
        session.manage(now, timeout);
    }
    let capacity = fleet.capacity.unwrap_or_default();
    let mut supply = Supply {
        target: capacity.desired.unwrap_or_default(),
        ..Supply::default()
    };
    if !fleet.is_elastic() {
        house(
            &mut sessions,
            sessions_per_instance(fleet),
            &mut supply,
            (now, ids),
        );
        supply.fill(capacity.running.unwrap_or_default(), now, ids);
    }
    // A transient state ends now, because its start is unknown.
    if matches!(fleet.state.as_deref(), Some("STARTING" | "STOPPING")) {
        supply.state_changes_at = Some(now);
    }
    fleet.supply = Some(supply);
}

/// Gives each session an instance, and each instance no more sessions than it may have.
fn house(
    sessions: &mut [&mut Session],
    per_instance: i32,
    supply: &mut Supply,
    (now, ids): (f64, &mut Ids),
) {
    let mut occupancy = Occupancy::new();
    for session in sessions.iter_mut().filter(|session| session.is_live()) {
        let taken = |id: &String| occupancy.get(id).copied().unwrap_or_default();
        let own = session
            .instance_id
            .take()
            .filter(|id| taken(id) < per_instance);
        let id = own.unwrap_or_else(|| ids.next(now).ec2_id("i"));
        if taken(&id) == 0 {
            let mut instance = StreamingInstance::new(&id, now);
            instance.is_draining = session.instance_drain_status.as_deref() == Some("DRAINING");
            supply.instances.push(instance);
        }
        *occupancy.entry(id.clone()).or_default() += 1;
        session.instance_id = Some(id);
    }
}
