//! The parts of a fleet or pool, in the form that they have as JSON.

use serde::Serialize;

use crate::history::Point;
use crate::model::{SUSPENDABLE, ScalingTarget};
use crate::server::time::Timestamp;

/// Within which limits Application Auto Scaling scales, in the unit of the capacity.
#[derive(Debug, Serialize)]
pub(in crate::server) struct Scaling {
    pub(in crate::server) min_capacity: Option<i32>,
    pub(in crate::server) max_capacity: Option<i32>,
    /// Activities that are suspended, as the label `activity` has them.
    pub(in crate::server) suspended: Vec<&'static str>,
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
