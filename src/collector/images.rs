//! Samples of images: `DescribeImages`.

use super::{ExtraLabels, Sink, each_snapshot, error_counts, state_set};
use crate::catalog::{self, Family};
use crate::model::{IMAGE_STATES, Image, ImageArn, TargetRegion};

/// A family with one number for each image that has it.
type Number = (&'static Family, fn(&Image) -> Option<f64>);

const NUMBERS: [Number; 3] = [
    (&catalog::IMAGE_CREATED, |image| image.created),
    (&catalog::IMAGE_BASE_RELEASED, |image| image.base_released),
    (&catalog::IMAGE_AGENT_LATEST, |image| {
        image.is_agent_latest.map(|is| f64::from(u8::from(is)))
    }),
];

/// Fills the families of [`catalog::IMAGES`].
pub(super) fn collect(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each(
        target_regions,
        |[account, region, name, kind], extra, image| {
            let labels = [
                account,
                region,
                name,
                kind,
                image.platform.as_deref().unwrap_or_default(),
                image.agent_version.as_deref().unwrap_or_default(),
                image.base_image_arn.as_ref().map_or("", ImageArn::image),
                image.image_type.as_deref().unwrap_or_default(),
                image.display_name.as_deref().unwrap_or_default(),
            ];
            sink.sample(&catalog::IMAGE_INFO, &labels, extra, 1.0);
        },
    );
    each(
        target_regions,
        |[account, region, name, kind], extra, image| {
            state_set(image.state.as_deref(), &IMAGE_STATES, |state, value| {
                let labels = [account, region, name, kind, state];
                sink.sample(&catalog::IMAGE_STATE, &labels, extra, value);
            });
        },
    );
    for (family, number) in NUMBERS {
        each(target_regions, |labels, extra, image| {
            if let Some(value) = number(image) {
                sink.sample(family, &labels, extra, value);
            }
        });
    }
    each(
        target_regions,
        |[account, region, name, kind], extra, image| {
            error_counts(&image.errors, |code, count| {
                let labels = [account, region, name, kind, code];
                sink.sample(&catalog::IMAGE_ERRORS, &labels, extra, count);
            });
        },
    );
}

/// Every image with the labels of [`catalog::Scope::Image`]. The account is that of
/// the fleets that use it.
fn each<'a>(
    target_regions: &'a [TargetRegion],
    mut visit: impl for<'m> FnMut([&'a str; 4], ExtraLabels<'m>, &'a Image),
) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        let account = snapshot.account_of(None);
        for ((name, visibility), image) in &*snapshot.images {
            visit([account, &*snapshot.region, name, visibility], extra, image);
        }
    });
}
