//! Image builders: `DescribeImageBuilders`, in every refresh.

use std::sync::Arc;

use super::entry::Cadence;
use super::known::Known;
use super::read::{self, Read, Resource, Visit};
use super::round::View;
use crate::model::{Collector, Service, Snapshot};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeImageBuilders",
    collectors: &[Collector::AppstreamBuilders],
    needed_by: &[],
    reads,
    show,
};

fn reads(known: &Known, _: View<'_>, visit: Visit<'_>) {
    let (list, cadence) = (&known.image_builders, Cadence::EveryRefresh);
    read::list(list, cadence, Read::ImageBuilders, visit);
}

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    let builders = known.image_builders.current(view);
    snapshot.image_builders = builders.map(Arc::clone).unwrap_or_default();
}
