//! The parts of a fleet or pool, in the form that they have as JSON.

use serde::Serialize;

use crate::history::Point;
use crate::model::{Occupancy, SUSPENDABLE, ScalingTarget, ScheduledAction, SlotUnit, Slots};
use crate::server::time::Timestamp;

/// Slots by their use.
#[derive(Debug, Serialize)]
pub(in crate::server) struct Capacity {
    pub(in crate::server) unit: &'static str,
    pub(in crate::server) in_use: Option<i32>,
    pub(in crate::server) available: Option<i32>,
    pub(in crate::server) pending: Option<i32>,
    pub(in crate::server) total: Option<i32>,
}

/// Within which limits Application Auto Scaling scales, in the unit of the capacity.
#[derive(Debug, Serialize)]
pub(in crate::server) struct Scaling {
    pub(in crate::server) min_capacity: Option<i32>,
    pub(in crate::server) max_capacity: Option<i32>,
    /// Activities that are suspended, as the label `activity` has them.
    pub(in crate::server) suspended: Vec<&'static str>,
}

/// A scheduled action of Application Auto Scaling.
#[derive(Debug, Serialize)]
pub(in crate::server) struct Action {
    pub(in crate::server) name: String,
    pub(in crate::server) schedule: Option<String>,
    pub(in crate::server) timezone: Option<String>,
    pub(in crate::server) min_capacity: Option<i32>,
    pub(in crate::server) max_capacity: Option<i32>,
}

/// Sessions that are not EXPIRED.
#[derive(Debug, Serialize)]
pub(in crate::server) struct Sessions {
    pub(in crate::server) connected: i32,
    pub(in crate::server) disconnected: i32,
    pub(in crate::server) waiting: i32,
    pub(in crate::server) unknown: i32,
    pub(in crate::server) users: i32,
}

/// Sessions with the same labels, as `appstream_sessions` and `workspaces_pool_sessions` have them.
#[derive(Debug, Serialize)]
pub(in crate::server) struct SessionCount {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::server) stack: Option<String>,
    pub(in crate::server) authentication_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::server) state: Option<String>,
    pub(in crate::server) connection_state: String,
    pub(in crate::server) sessions: i32,
}

/// The numbers of a read in the last two hours.
#[derive(Debug, Serialize)]
pub(in crate::server) struct HistoryPoint {
    timestamp_seconds: Timestamp,
    in_use: Option<i32>,
    total: Option<i32>,
    connected: Option<i32>,
    disconnected: Option<i32>,
}

impl HistoryPoint {
    pub(super) fn of(point: &Point) -> Self {
        Self {
            timestamp_seconds: Timestamp(point.at()),
            in_use: point.in_use(),
            total: point.total(),
            connected: point.connected(),
            disconnected: point.disconnected(),
        }
    }
}

impl Capacity {
    pub(super) fn of(slots: Slots) -> Self {
        Self {
            unit: match slots.unit {
                SlotUnit::Instances => "instances",
                SlotUnit::Sessions => "sessions",
            },
            in_use: slots.in_use,
            available: slots.available,
            pending: slots.pending,
            total: slots.total,
        }
    }
}

impl Scaling {
    pub(super) fn of(target: &ScalingTarget) -> Self {
        let suspended = SUSPENDABLE.into_iter().zip(target.suspended);
        let suspended = suspended.filter(|(_, is_suspended)| *is_suspended == Some(true));
        Self {
            min_capacity: target.min_capacity,
            max_capacity: target.max_capacity,
            suspended: suspended.map(|(activity, _)| activity).collect(),
        }
    }
}

impl Action {
    pub(super) fn of(action: &ScheduledAction) -> Self {
        Self {
            name: action.name.to_string(),
            schedule: action.schedule.as_deref().map(str::to_owned),
            timezone: action.timezone.as_deref().map(str::to_owned),
            min_capacity: action.min_capacity,
            max_capacity: action.max_capacity,
        }
    }
}

impl From<Occupancy> for Sessions {
    fn from(occupancy: Occupancy) -> Self {
        Self {
            connected: occupancy.connected,
            disconnected: occupancy.disconnected,
            waiting: occupancy.waiting,
            unknown: occupancy.unknown,
            users: occupancy.users,
        }
    }
}
