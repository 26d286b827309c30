//! Samples of streaming sessions: `DescribeSessions`.

use super::{ExtraLabels, Sink, each_snapshot};
use crate::catalog::{self, Family};
use crate::model::{
    CONNECTION_STATES, FleetTotals, Label, PairSessions, SESSION_STATES, SessionCell, SessionTally,
    TargetRegion,
};

/// A family with one number for each pair that has it.
type Number = (&'static Family, fn(&SessionTally) -> Option<f64>);

/// Fills the families of [`catalog::SESSIONS`].
pub(super) fn collect(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each(target_regions, |labels, extra, pair| {
        let [account, region, fleet, stack] = labels;
        let types = &pair.authentication_types;
        cells(types, &SESSION_STATES, &pair.tally, |cell, sessions| {
            let labels = [
                account,
                region,
                fleet,
                stack,
                &cell.authentication_type,
                &cell.state,
                &cell.connection_state,
            ];
            sink.sample(&catalog::SESSION_COUNT, &labels, extra, f64::from(sessions));
        });
    });
    let users: Number = (&catalog::SESSION_USERS, |tally| tally.users.map(f64::from));
    number(users, target_regions, sink);
    each_fleet(target_regions, |labels, extra, fleet| {
        if let Some(instances) = fleet.instances {
            let instances = f64::from(instances);
            sink.sample(&catalog::SESSION_INSTANCES, &labels, extra, instances);
        }
    });
    let oldest: Number = (&catalog::SESSION_OLDEST_START, |tally| tally.oldest_start);
    number(oldest, target_regions, sink);
    let draining: Number = (&catalog::SESSION_DRAINING, |tally| {
        tally.draining.map(f64::from)
    });
    number(draining, target_regions, sink);
    let pending: Number = (&catalog::SESSION_PENDING_OLDEST_START, |tally| {
        tally.oldest_pending
    });
    number(pending, target_regions, sink);
    let next: Number = (&catalog::SESSION_NEXT_EXPIRATION, |tally| {
        tally.next_expiration
    });
    number(next, target_regions, sink);
    over_time(target_regions, sink);
}

/// Sessions that started and ended.
fn over_time(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each(target_regions, |labels, extra, pair| {
        sink.sample(
            &catalog::SESSIONS_STARTED,
            &labels,
            extra,
            pair.started as f64,
        );
    });
    each(target_regions, |labels, extra, pair| {
        sink.sample(&catalog::SESSIONS_ENDED, &labels, extra, pair.ended as f64);
    });
    each_fleet(target_regions, |labels, extra, fleet| {
        if let Some(durations) = &fleet.durations {
            sink.histogram(&catalog::SESSION_DURATION, &labels, extra, durations);
        }
    });
    let disconnected: Number = (&catalog::SESSIONS_DISCONNECTED_OLDEST, |tally| {
        tally.oldest_disconnection
    });
    number(disconnected, target_regions, sink);
}

fn number((family, value): Number, target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each(target_regions, |labels, extra, pair| {
        if let Some(value) = value(&pair.tally) {
            sink.sample(family, &labels, extra, value);
        }
    });
}

/// Every combination of known labels, 0 where there is no session, and after
/// them the cells that are not among the known ones.
pub(super) fn cells(
    authentication_types: &[Label],
    states: &[&'static str],
    tally: &SessionTally,
    mut visit: impl FnMut(&SessionCell, i32),
) {
    let mut left = tally.counts.clone();
    for authentication_type in authentication_types {
        for state in states {
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
    target_regions: &'a [TargetRegion],
    mut visit: impl for<'m> FnMut([&'a str; 4], ExtraLabels<'m>, &'a PairSessions),
) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        for pair in &snapshot.sessions {
            let labels = [
                snapshot.account_of_fleet(&pair.fleet),
                &*snapshot.region,
                pair.fleet.as_str(),
                pair.stack.as_str(),
            ];
            visit(labels, extra, pair);
        }
    });
}

/// Every fleet with the labels of [`catalog::Scope::Fleet`].
fn each_fleet<'a>(
    target_regions: &'a [TargetRegion],
    mut visit: impl for<'m> FnMut([&'a str; 3], ExtraLabels<'m>, &'a FleetTotals),
) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        for totals in &snapshot.fleet_totals {
            let account = snapshot.account_of_fleet(&totals.fleet);
            let labels = [account, &*snapshot.region, totals.fleet.as_str()];
            visit(labels, extra, totals);
        }
    });
}
