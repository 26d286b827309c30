//! Fleets: `DescribeFleets`, in every refresh.

use std::collections::BTreeMap;

use super::entry::{Attempt, Cadence};
use super::known::{Known, filtered};
use super::read::{Item, Rank, Read, Resource, Visit};
use super::round::View;
use crate::model::{Collector, Fleet, FleetName, Service, Snapshot};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeFleets",
    collectors: &[
        Collector::AppstreamFleets,
        Collector::AppstreamSessions,
        Collector::AppstreamStacks,
        Collector::AppstreamImages,
    ],
    needed_by: &[Collector::AppstreamSessions, Collector::AppstreamImages],
    reads,
    show,
};

pub(super) fn reads(known: &Known, _: View<'_>, visit: Visit<'_>) {
    let history = &known.fleets.history;
    visit(Item {
        first_rank: Rank::List,
        is_missing: !history.was_read(),
        ..Item::new(&RESOURCE, history, Cadence::EveryRefresh, &|| Read::Fleets)
    });
}

pub(super) fn apply(
    known: &mut Known,
    (): (),
    attempt: Attempt<BTreeMap<FleetName, Fleet>>,
    view: View<'_>,
) -> bool {
    let before = known.fleets.last_good().cloned();
    if attempt.result.is_ok() && known.stacks.history.unsupported().is_some() {
        // The region has the service now.
        known.stacks.history.doubted_at = Some(attempt.span.ended);
    }
    known.fleets.record_list(attempt, view);
    known.forget_recreated(before);
    known.reconcile(view);
    true
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    if let Some(fleets) = known.fleets.current(view) {
        snapshot.fleets = filtered(fleets, |_, fleet| known.selects(fleet, view));
    }
}
