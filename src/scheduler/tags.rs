//! Tags of fleets: `ListTagsForResource` of each, as often as the topology.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entry::{Attempt, Cadence};
use super::known::Known;
use super::read::{Change, Item, Kind, Read, Visit};
use super::round::View;
use crate::model::{Collector, FleetName, FleetTags, Service, Snapshot};

const KIND: Kind = Kind {
    service: Service::Appstream,
    operation: "ListTagsForResource",
    collectors: &[
        Collector::AppstreamFleets,
        Collector::AppstreamSessions,
        Collector::AppstreamStacks,
    ],
    needed_by: &[],
};

pub(super) fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let fleets = known.fleets.last_good();
    for (fleet, entry) in &known.tags.0 {
        let arn = || fleets?.get(fleet)?.arn.clone();
        let read = || Read::Tags(fleet.clone(), arn().unwrap_or_default());
        visit(Item::new(
            &KIND,
            &entry.history,
            Cadence::topology(view),
            &read,
        ));
    }
}

pub(super) fn apply(
    known: &mut Known,
    fleet: FleetName,
    attempt: Attempt<BTreeMap<String, String>>,
    view: View<'_>,
) -> Change {
    let Some(entry) = known.tags.0.get_mut(&fleet) else {
        return Change::None;
    };
    let is_not_found = attempt.is_not_found();
    if is_not_found {
        // The next list of fleets says whether the fleet is there.
        known.fleets.history.doubted_at = Some(attempt.span.ended);
    }
    entry.record(attempt, Cadence::topology(view), view);
    match view.settings.need_tags() {
        true => Change::Entries,
        false if is_not_found => Change::Due,
        false => Change::None,
    }
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    let is_on = view.settings.plan.has(Collector::AppstreamFleets);
    if !is_on || known.fleets.current(view).is_none() {
        return;
    }
    let tagged = known.selected_fleets(view).filter_map(|fleet| {
        Some(FleetTags {
            account_id: fleet.account_id.clone(),
            fleet: fleet.name.clone(),
            tags: Arc::clone(known.tags.current(&fleet.name, view)?),
        })
    });
    snapshot.fleet_tags = tagged.collect();
}
