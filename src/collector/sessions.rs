//! Samples of streaming sessions: `DescribeSessions`.

use std::sync::Arc;

use super::Sink;
use crate::catalog::{self, Family};
use crate::model::{
    CONNECTION_STATES, Label, PairSessions, SESSION_STATES, SessionCell, SessionTally, Snapshot,
};

/// A family with one number for each pair that has it.
type Number = (&'static Family, fn(&SessionTally) -> Option<f64>);

/// Fills the families of [`catalog::SESSIONS`].
pub(super) fn collect(snapshots: &[Arc<Snapshot>], sink: &mut impl Sink) {
    each(
        snapshots,
        |[account, region, fleet, stack], snapshot, pair| {
            cells(
                &snapshot.authentication_types,
                &pair.tally,
                |cell, sessions| {
                    let SessionCell {
                        authentication_type,
                        state,
                        connection_state,
                    } = cell;
                    let labels = [
                        account,
                        region,
                        fleet,
                        stack,
                        authentication_type,
                        state,
                        connection_state,
                    ];
                    sink.sample(&catalog::SESSION_COUNT, &labels, f64::from(sessions));
                },
            );
        },
    );
    number(
        (&catalog::SESSION_USERS, |tally| {
            Some(f64::from(tally.users))
        }),
        snapshots,
        sink,
    );
    for snapshot in snapshots {
        for fleet in &snapshot.fleet_instances {
            let labels = [
                fleet.account_id.as_str(),
                &snapshot.region,
                fleet.fleet.as_str(),
            ];
            sink.sample(
                &catalog::SESSION_INSTANCES,
                &labels,
                f64::from(fleet.instances),
            );
        }
    }
    number(
        (&catalog::SESSION_OLDEST_START, |tally| tally.oldest_start),
        snapshots,
        sink,
    );
    number(
        (&catalog::SESSION_NEXT_EXPIRATION, |tally| {
            tally.next_expiration
        }),
        snapshots,
        sink,
    );
}

fn number((family, value): Number, snapshots: &[Arc<Snapshot>], sink: &mut impl Sink) {
    each(snapshots, |labels, _, pair| {
        if let Some(value) = value(&pair.tally) {
            sink.sample(family, &labels, value);
        }
    });
}

/// Every combination of known labels, 0 where there is no session, and after
/// them the cells that are not among the known ones.
fn cells(asked: &[Label], tally: &SessionTally, mut visit: impl FnMut(&SessionCell, i32)) {
    let mut left = tally.counts.clone();
    for authentication_type in asked {
        for state in SESSION_STATES {
            for connection_state in CONNECTION_STATES {
                let cell = SessionCell {
                    authentication_type: authentication_type.clone(),
                    state: Label::Borrowed(state),
                    connection_state: Label::Borrowed(connection_state),
                };
                let sessions = left.remove(&cell).unwrap_or(0);
                visit(&cell, sessions);
            }
        }
    }
    for (cell, sessions) in &left {
        visit(cell, *sessions);
    }
}

/// Every pair with the labels of [`catalog::Scope::FleetStack`].
fn each<'a>(
    snapshots: &'a [Arc<Snapshot>],
    mut visit: impl FnMut([&'a str; 4], &'a Snapshot, &'a PairSessions),
) {
    for snapshot in snapshots {
        for pair in &snapshot.sessions {
            let labels = [
                pair.account_id.as_str(),
                &*snapshot.region,
                pair.fleet.as_str(),
                pair.stack.as_str(),
            ];
            visit(labels, snapshot, pair);
        }
    }
}
