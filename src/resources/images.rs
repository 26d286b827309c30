//! Images that fleets and image builders use: `DescribeImages` by their ARNs, every
//! `images.interval`, and when a new one is used.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::entry::Cadence;
use super::known::{Known, filtered};
use super::read::{Item, Read, Resource};
use super::refresh::View;
use crate::model::{Collector, ImageArn, Service};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeImages",
    collectors: &[Collector::AppstreamImages],
    needed_by: &[],
    reads: |known, view, visit| {
        if !known.used_images.is_empty() {
            let cadence = match is_settled(known, view) {
                true => Cadence::every(view.settings.images_interval, view.settings.interval),
                false => Cadence::Never,
            };
            let read = || Read::Images(Arc::clone(&known.used_images));
            visit(Item::new(&known.images.history, cadence, &read));
        }
    },
    show: |known, view, snapshot| {
        if let Some(images) = known.images.current(view) {
            let used: BTreeSet<_> = known.used_images.iter().map(ImageArn::image).collect();
            let is_used = |name: &str| used.contains(name);
            snapshot.images = filtered(images, |(name, _), _| is_used(name));
        }
    },
};

/// Whether all lists that name images have come, or cannot be read: one request for
/// all images is cheaper than one for each fleet.
fn is_settled(known: &Known, view: View<'_>) -> bool {
    let has_builders = view.settings.has(Collector::AppstreamBuilders);
    known.are_fleets_settled(view) && (!has_builders || known.image_builders.history.is_settled())
}
