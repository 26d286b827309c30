//! Tags of fleets: `ListTagsForResource` of each, as often as the topology.

use super::entry::{Cadence, all_current};
use super::read::{self, Read, Resource};
use crate::model::{Collector, FleetName, Service};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "ListTagsForResource",
    collectors: &[
        Collector::AppstreamFleets,
        Collector::AppstreamSessions,
        Collector::AppstreamStacks,
    ],
    needed_by: &[],
    reads: |known, view, visit| {
        let arn = |fleet: &FleetName| known.fleets.last_good.as_ref()?.get(fleet)?.arn.clone();
        let read = |fleet: &FleetName| {
            let arn = arn(fleet).unwrap_or_default();
            Read::FleetTags(fleet.clone(), arn)
        };
        read::each_of(&known.fleet_tags, Cadence::topology(view), read, visit);
    },
    show: |known, view, snapshot| snapshot.fleet_tags = all_current(&known.fleet_tags, view),
};
