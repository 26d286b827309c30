//! Fleets: `DescribeFleets`, on every refresh.

use std::collections::BTreeMap;

use super::entry::{Attempt, Cadence};
use super::known::{Known, filtered};
use super::read::{Item, Rank, Read, Resource};
use super::refresh::View;
use crate::model::{Collector, Fleet, FleetName, Service};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeFleets",
    collectors: &[
        Collector::AppstreamFleets,
        Collector::AppstreamSessions,
        Collector::AppstreamStacks,
        Collector::AppstreamImages,
        Collector::Cloudwatch,
    ],
    needed_by: &[
        Collector::AppstreamSessions,
        Collector::AppstreamImages,
        Collector::Scaling,
        Collector::Cloudwatch,
    ],
    reads: |known, _, visit| {
        let history = &known.fleets.history;
        visit(Item {
            first_rank: Rank::List,
            is_missing: history.read_at.is_none(),
            ..Item::new(history, Cadence::EveryRefresh, &|| Read::Fleets)
        });
    },
    show: |known, view, snapshot| {
        if let Some(fleets) = known.fleets.current(view) {
            snapshot.fleets = filtered(fleets, |_, fleet| known.selects(fleet, view));
        }
    },
};

pub(super) fn apply(
    known: &mut Known,
    attempt: Attempt<BTreeMap<FleetName, Fleet>>,
    view: View<'_>,
) {
    let before = known.fleets.last_good.clone();
    if attempt.result.is_ok() && known.stacks.history.unsupported.is_some() {
        // The region has the service now.
        known.stacks.history.is_stale = true;
    }
    known.fleets.record_list(attempt, view);
    known.forget_recreated(before);
}
