//! The company's other resources: builders, images, a directory, usage reports.
//!
//! None of it changes during the day, except that each morning has its usage report.

use super::catalogue::{FLEETS, FRANKFURT, VIRGINIA};
use crate::resource::account::{DirectoryConfig, UsageReport};
use crate::resource::builder::{AppBlockBuilder, Image, ImageBuilder};
use crate::resource::fleet::ResourceError;
use crate::world::World;

const SECONDS_PER_DAY: f64 = 86_400.0;
/// An outdated image.
const OLD_IMAGE: &str = "archive-2023-04";
/// The image that cannot be used.
const FAILED_IMAGE: &str = "training-2025-06";
/// The ages of the images and of their public base images.
const AGE_DAYS: f64 = 40.0;
const BASE_AGE_DAYS: f64 = 65.0;
const OLD_AGE_DAYS: f64 = 900.0;
const OLD_BASE_AGE_DAYS: f64 = 960.0;

/// Adds it all, as of `now`; `opened_at` is when the company's first day began. Both are
/// seconds since the Unix epoch.
pub(super) fn add(world: &mut World, opened_at: f64, now: f64) {
    let days_ago = |days: f64| Some(opened_at - days * SECONDS_PER_DAY);
    add_images(world, days_ago);
    let mut base = |region, platform: &'static str| {
        let image = Image::new(format!("AppStream-{platform}")).public();
        let image = image.with(|image| {
            image.platform = Some(platform.into());
            image.created_at = days_ago(BASE_AGE_DAYS);
            image.base_released_at = days_ago(BASE_AGE_DAYS);
        });
        world.region_mut(region).images_mut().push(image);
        Some(base_image_arn(region, platform))
    };
    let forgotten = ImageBuilder::new("office-next").with(|builder| {
        builder.display_name = Some("Office desktop, next version".to_owned());
        builder.instance_type = Some("stream.standard.xlarge".into());
        builder.image_arn = base(FRANKFURT, "WINDOWS_SERVER_2022");
        builder.created_at = days_ago(4.0);
    });
    let stopped = ImageBuilder::new("analytics-next").with(|builder| {
        builder.state = Some("STOPPED".into());
        builder.platform = Some("ROCKY_LINUX8".into());
        builder.image_arn = base(VIRGINIA, "ROCKY_LINUX8");
        builder.created_at = days_ago(12.0);
    });
    // Forgotten too.
    let app_blocks = AppBlockBuilder::new("partner-apps").with(|builder| {
        builder.created_at = days_ago(30.0);
    });
    let frankfurt = world.region_mut(FRANKFURT);
    let builders = frankfurt.image_builders_mut();
    builders.insert(forgotten.name.clone(), forgotten);
    let directory = DirectoryConfig::new("corp.example.com");
    frankfurt.directory_configs_mut().push(directory);
    frankfurt.usage_reports_mut().push(UsageReport::daily(now));
    let virginia = world.region_mut(VIRGINIA);
    let mut report = UsageReport::daily(opened_at - 9.0 * SECONDS_PER_DAY);
    report.errors.push(Some("ACCESS_DENIED".into()));
    virginia.usage_reports_mut().push(report);
    let builders = virginia.image_builders_mut();
    builders.insert(stopped.name.clone(), stopped);
    let builders = virginia.app_block_builders_mut();
    builders.insert(app_blocks.name.clone(), app_blocks);
}

/// Adds the images of the fleets.
fn add_images(world: &mut World, days_ago: impl Fn(f64) -> Option<f64>) {
    for plan in FLEETS.iter().filter(|plan| !plan.image.is_empty()) {
        let is_old = plan.image == OLD_IMAGE;
        let (age, base_age) = match is_old {
            true => (OLD_AGE_DAYS, OLD_BASE_AGE_DAYS),
            false => (AGE_DAYS, BASE_AGE_DAYS),
        };
        let image = Image::new(plan.image).with(|image| {
            image.platform = Some(plan.platform.into());
            image.base_image_arn = Some(base_image_arn(plan.region, plan.platform));
            image.created_at = days_ago(age);
            image.base_released_at = days_ago(base_age);
            if plan.image == FAILED_IMAGE {
                image.state = Some("FAILED".into());
                let code = "INTERNAL_SERVICE_ERROR";
                let error = ResourceError::new(code, "The image could not be created");
                image.errors.push(error);
            }
            if is_old {
                image.agent_version = Some("03-21-2023".to_owned());
                image.agent_latest = Some("FALSE".into());
            }
        });
        world.region_mut(plan.region).images_mut().push(image);
    }
}

/// A public image, whose ARN has no account.
fn base_image_arn(region: &str, platform: &str) -> String {
    format!("arn:aws:appstream:{region}::image/AppStream-{platform}")
}
