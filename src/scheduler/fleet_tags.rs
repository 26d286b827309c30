//! Tags of fleets: `ListTagsForResource` of each, as often as the topology.

use super::entry::{Attempt, Cadence};
use super::known::Known;
use super::read::{self, Read, Resource, Visit};
use super::round::View;
use crate::model::{Collector, FleetName, Service, Snapshot, Tags};

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

fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let arn = |fleet: &FleetName| known.fleets.last_good()?.get(fleet)?.arn.clone();
    let read = |fleet: &FleetName| Read::FleetTags(fleet.clone(), arn(fleet).unwrap_or_default());
    let cadence = Cadence::topology(view);
    read::each_of(&RESOURCE, &known.fleet_tags, cadence, read, visit);
}

pub(super) fn apply(
    known: &mut Known,
    fleet: FleetName,
    attempt: Attempt<Tags>,
    view: View<'_>,
) -> bool {
    let (tags, list) = (&mut known.fleet_tags, &mut known.fleets.history);
    let is_doubted = tags.record(&fleet, attempt, view, list);
    let decide = view.settings.need_tags();
    if decide {
        known.reconcile(view);
    }
    decide || is_doubted
}

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    snapshot.fleet_tags = known.fleet_tags.all_current(view);
}
