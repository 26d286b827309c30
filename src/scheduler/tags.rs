//! Tags of fleets: `ListTagsForResource` of each, as often as the topology.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entry::{Attempt, Cadence};
use super::known::Known;
use super::read::{Item, Read, Resource, Visit};
use super::round::View;
use crate::model::{Collector, FleetName, FleetTags, Service, Snapshot};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "ListTagsForResource",
    collectors: &[
        Collector::AppstreamFleets,
        Collector::AppstreamSessions,
        Collector::AppstreamStacks,
    ],
    needed_by: &[],
    reads,
    show,
};

pub(super) fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let fleets = known.fleets.last_good();
    for (fleet, entry) in &known.tags.0 {
        let arn = || fleets?.get(fleet)?.arn.clone();
        let read = || Read::Tags(fleet.clone(), arn().unwrap_or_default());
        let cadence = Cadence::topology(view);
        visit(Item::new(&RESOURCE, &entry.history, cadence, &read));
    }
}

pub(super) fn apply(
    known: &mut Known,
    fleet: FleetName,
    attempt: Attempt<BTreeMap<String, String>>,
    view: View<'_>,
) -> bool {
    let Some(entry) = known.tags.0.get_mut(&fleet) else {
        return false;
    };
    let is_doubted = known.fleets.history.doubt_if_not_found(&attempt);
    entry.record(attempt, Cadence::topology(view), view);
    let decide = view.settings.need_tags();
    if decide {
        known.reconcile(view);
    }
    decide || is_doubted
}

pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    if known.fleets.current(view).is_none() {
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
