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
        if let Some(cadence) = cadence(known, view) {
            let read = || Read::Images(Arc::clone(&known.used_images));
            visit(Item::new(&known.images.history, cadence, &read));
        }
    },
    show: |known, view, snapshot| {
        if let Some(images) = known.images.current(view) {
            let used: BTreeSet<_> = known.used_images.iter().map(ImageArn::image).collect();
            let is_used = |name: &str| used.contains(name);
            snapshot.images = filtered(&images.found, |(name, _), _| is_used(name));
        }
    },
};

/// The read interval of images; `None` if none is used. If an image comes into use after a read
/// has begun, all images are read again at once.
fn cadence(known: &Known, view: View<'_>) -> Option<Cadence> {
    let settings = view.settings;
    if !is_settled(known, view) {
        return Some(Cadence::Never);
    }
    let used = &known.used_images;
    let images = known.images.last_good.as_ref();
    let is_new = |arn| images.is_some_and(|images| !images.asked.contains(arn));
    let cadence = match (used.iter().any(is_new), &known.images.history.error) {
        (true, None) => Cadence::Now,
        (true, Some(_)) => Cadence::EveryRefresh,
        (false, _) => Cadence::every(settings.images_interval, settings.interval),
    };
    Some(cadence).filter(|_| !used.is_empty())
}

/// Whether all lists that name images have come, or cannot be read: one request for
/// all images is cheaper than one for each fleet.
fn is_settled(known: &Known, view: View<'_>) -> bool {
    let has_builders = view.settings.has(Collector::AppstreamBuilders);
    known.are_fleets_settled(view) && (!has_builders || known.image_builders.history.is_settled())
}
