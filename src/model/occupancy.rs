//! Sessions of one fleet or pool, summed over its stacks and authentication types.

use std::collections::BTreeMap;

use serde::Serialize;

use super::pool::PoolSessionTally;
use super::session::{EXPIRED, PENDING};
use super::{Collector, FleetName, PairSessions, PoolId, Snapshot};

/// Sessions that are not EXPIRED, by what their users do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Occupancy {
    /// The user is connected.
    pub connected: i32,
    /// The user is not connected.
    pub disconnected: i32,
    /// PENDING: the user waits for the session.
    pub waiting: i32,
    /// AWS does not report whether the user is connected.
    pub unknown: i32,
    /// Distinct users of each stack, summed.
    pub users: i32,
}

impl Occupancy {
    /// All sessions.
    #[must_use]
    pub fn live(&self) -> i32 {
        self.connected + self.disconnected + self.waiting + self.unknown
    }

    fn add(&mut self, state: &str, connection_state: &str, sessions: i32) {
        let count = match (state, connection_state) {
            (EXPIRED, _) => return,
            (PENDING, _) => &mut self.waiting,
            (_, "CONNECTED") => &mut self.connected,
            (_, "NOT_CONNECTED") => &mut self.disconnected,
            _ => &mut self.unknown,
        };
        *count += sessions;
    }

    /// The sessions of a pool, which have no state.
    #[must_use]
    pub fn of_pool(tally: &PoolSessionTally) -> Self {
        let mut occupancy = Self {
            users: tally.users,
            ..Self::default()
        };
        for ((_, connection_state), sessions) in &tally.counts {
            occupancy.add("", connection_state, *sessions);
        }
        occupancy
    }
}

/// The pairs of a fleet with a stack.
#[derive(Clone, Debug, Default)]
pub struct FleetPairs<'a> {
    /// Associated stacks, known or not what their sessions are.
    pub stacks: Vec<&'a str>,
    /// The pairs whose sessions are known, at least in part.
    pub sessions: Vec<&'a PairSessions>,
    /// Sessions are read without a failure, so that a fleet without pairs has none.
    is_read: bool,
}

impl FleetPairs<'_> {
    /// The sessions of the fleet; `None` while those of any stack are not known.
    #[must_use]
    pub fn occupancy(&self) -> Option<Occupancy> {
        if self.sessions.is_empty() && !self.is_read || self.sessions.len() < self.stacks.len() {
            return None;
        }
        let mut occupancy = Occupancy::default();
        for pair in &self.sessions {
            occupancy.users += pair.tally.users?;
            for (cell, sessions) in &pair.tally.counts {
                occupancy.add(&cell.state, &cell.connection_state, *sessions);
            }
        }
        Some(occupancy)
    }
}

impl Snapshot {
    /// Every fleet with its pairs.
    #[must_use]
    pub fn pairs_by_fleet(&self) -> BTreeMap<&FleetName, FleetPairs<'_>> {
        let mut collectors = self.collectors.iter();
        let is_read =
            collectors.any(|one| one.collector == Collector::AppstreamSessions && one.success);
        let no_pairs = FleetPairs {
            is_read,
            ..FleetPairs::default()
        };
        let fleets = self.fleets.keys().map(|name| (name, no_pairs.clone()));
        let mut pairs: BTreeMap<_, _> = fleets.collect();
        for association in &self.associations {
            if let Some(fleet) = pairs.get_mut(&association.fleet) {
                fleet.stacks.push(association.stack.as_str());
            }
        }
        for sessions in &self.sessions {
            if let Some(fleet) = pairs.get_mut(&sessions.fleet) {
                fleet.sessions.push(sessions);
            }
        }
        pairs
    }

    /// The sessions of a pool, where they are known.
    #[must_use]
    pub fn pool_occupancy(&self, pool: &PoolId) -> Option<Occupancy> {
        let mut sessions = self.pool_sessions.iter();
        let sessions = sessions.find(|sessions| sessions.pool == *pool)?;
        Some(Occupancy::of_pool(&sessions.tally))
    }
}
