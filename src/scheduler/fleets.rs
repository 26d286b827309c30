//! Fleets: `DescribeFleets`, in every refresh.

use std::collections::BTreeMap;

use super::entry::{Attempt, Cadence};
use super::known::{Known, filtered};
use super::read::{Change, Item, Kind, Rank, Read, Visit};
use super::round::View;
use crate::model::{Collector, Fleet, FleetName, Service, Snapshot};

const KIND: Kind = Kind {
    service: Service::Appstream,
    operation: "DescribeFleets",
    collectors: &[
        Collector::AppstreamFleets,
        Collector::AppstreamSessions,
        Collector::AppstreamStacks,
    ],
    needed_by: &[Collector::AppstreamSessions],
};

pub(super) fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let history = &known.fleets.history;
    if view.settings.plan.has_any(KIND.collectors) {
        visit(Item {
            is_missing: !history.was_read(),
            first_rank: Rank::List,
            ..Item::new(&KIND, history, Cadence::EveryRefresh, &|| Read::Fleets)
        });
    }
}

pub(super) fn apply(
    known: &mut Known,
    (): (),
    attempt: Attempt<BTreeMap<FleetName, Fleet>>,
    view: View<'_>,
) -> Change {
    let before = known.fleets.last_good().cloned();
    known.fleets.record(attempt, Cadence::EveryRefresh, view);
    known.forget_recreated(before);
    Change::Entries
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    let fleets = known.fleets.current(view);
    let is_on = view.settings.plan.has(Collector::AppstreamFleets);
    let Some(fleets) = fleets.filter(|_| is_on) else {
        return;
    };
    snapshot.fleets = filtered(fleets, |_, fleet| known.selects(fleet, view));
}
