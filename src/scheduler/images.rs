//! Images that fleets and image builders use: `DescribeImages` by their ARNs, every
//! `images.interval`, and when a new one is used.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::entry::{Cadence, History};
use super::known::{Known, filtered};
use super::read::{self, Read, Resource, Visit};
use super::round::View;
use crate::model::{Collector, ImageArn, Service, Snapshot};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeImages",
    collectors: &[Collector::AppstreamImages],
    needed_by: &[],
    reads,
    show,
};

/// Whether all lists that name images have come, or cannot be read: one request for
/// all images is cheaper than one for each fleet.
fn is_settled(known: &Known, view: View<'_>) -> bool {
    let is_settled = |history: &History| history.was_read() || history.is_in_trouble();
    let has_builders = view.settings.has(Collector::AppstreamBuilders);
    let mut tags = known.fleet_tags.0.values();
    is_settled(&known.fleets.history)
        && (!has_builders || is_settled(&known.image_builders.history))
        && (!view.settings.need_tags() || tags.all(|tags| is_settled(&tags.history)))
}

fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let (used, settings) = (&known.used_images, view.settings);
    let is_new = |arn: &ImageArn| {
        let images = known.images.last_good();
        images.is_none_or(|images| !images.asked.contains(arn))
    };
    let cadence = match is_settled(known, view) {
        false => Cadence::Never,
        true if used.is_empty() => return,
        true if used.iter().any(is_new) => Cadence::EveryRefresh,
        true => Cadence::every(settings.images_interval, settings.interval),
    };
    let read = Read::Images(Arc::clone(used));
    read::list(&RESOURCE, &known.images, cadence, read, visit);
}

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    if let Some(images) = known.images.current(view) {
        let used: BTreeSet<_> = known.used_images.iter().map(ImageArn::image).collect();
        let is_used = |name: &str| used.contains(name);
        snapshot.images = filtered(&images.found, |(name, _), _| is_used(name));
    }
}
