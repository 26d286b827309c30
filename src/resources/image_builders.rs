//! Image builders: `DescribeImageBuilders`, on every refresh.

use std::sync::Arc;

use super::entry::Cadence;
use super::read::{self, Read, Resource};
use crate::model::{Collector, Service};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeImageBuilders",
    collectors: &[Collector::AppstreamBuilders],
    needed_by: &[],
    reads: |known, _, visit| {
        let (list, cadence) = (&known.image_builders, Cadence::EveryRefresh);
        read::list(list, cadence, Read::ImageBuilders, visit);
    },
    show: |known, view, snapshot| {
        let builders = known.image_builders.current(view);
        snapshot.image_builders = builders.map(Arc::clone).unwrap_or_default();
    },
};
