//! The capacity of a fleet or pool in slots: room for one session each. The recording rules in
//! `deploy/prometheus/rules/recording.yaml` count in the same way.

use serde::Serialize;

use super::fleet::{Capacity, Fleet};
use super::pool::{Pool, PoolCapacity};

/// The unit of a fleet's or pool's slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotUnit {
    /// An instance has one session.
    Instances,
    /// Several sessions share an instance, or there are no instances to see.
    Sessions,
}

impl SlotUnit {
    /// Name in texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Instances => "instances",
            Self::Sessions => "sessions",
        }
    }
}

/// Slots by their use. A number that AWS leaves out is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Slots {
    /// The unit of a slot.
    pub unit: SlotUnit,
    /// Slots with a session.
    pub in_use: Option<i32>,
    /// Free slots.
    pub available: Option<i32>,
    /// Slots that are wanted and do not exist yet.
    pub pending: Option<i32>,
    /// All slots that exist.
    pub total: Option<i32>,
}

impl Fleet {
    /// The slots of this fleet. `live_sessions` are its sessions that are not EXPIRED: AWS
    /// reports no use of elastic fleets.
    #[must_use]
    pub fn slots(&self, live_sessions: Option<i32>) -> Slots {
        let capacity = &self.capacity;
        if let Some(total) = self.max_concurrent_sessions {
            return elastic(total, live_sessions);
        }
        if self.max_sessions_per_instance.is_some_and(|most| most > 1) {
            return Slots {
                unit: SlotUnit::Sessions,
                in_use: capacity.active_user_sessions,
                available: capacity.available_user_sessions,
                pending: missing(
                    capacity.desired_user_sessions,
                    capacity.actual_user_sessions,
                ),
                total: capacity.actual_user_sessions,
            };
        }
        single_session(capacity)
    }
}

fn elastic(total: i32, live_sessions: Option<i32>) -> Slots {
    Slots {
        unit: SlotUnit::Sessions,
        in_use: live_sessions,
        available: missing(Some(total), live_sessions),
        pending: None,
        total: Some(total),
    }
}

/// Free instances of on-demand fleets are stopped, so RUNNING instances are not all of them.
fn single_session(capacity: &Capacity) -> Slots {
    let both = capacity.in_use.zip(capacity.available);
    let total = both
        .map(|(used, free)| used.saturating_add(free))
        .or(capacity.running);
    Slots {
        unit: SlotUnit::Instances,
        in_use: capacity.in_use,
        available: capacity.available,
        pending: missing(capacity.desired, total),
        total,
    }
}

impl Pool {
    /// The slots of this pool.
    #[must_use]
    pub fn slots(&self) -> Slots {
        let PoolCapacity {
            desired,
            actual,
            active,
            available,
        } = self.capacity;
        Slots {
            unit: SlotUnit::Sessions,
            in_use: active,
            available,
            pending: missing(desired, actual),
            total: actual,
        }
    }
}

fn missing(wanted: Option<i32>, present: Option<i32>) -> Option<i32> {
    Some(wanted?.saturating_sub(present?).max(0))
}
