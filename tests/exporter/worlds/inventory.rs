//! Builders, images and settings of the account: drawn at random, and counted by hand.

use std::collections::BTreeSet;

use super::{ACCOUNT, Draw, REGION, Sheet};
use appstream_simulator::{
    AppBlockBuilder, DirectoryConfig, Fleet, Image, ImageBuilder, Region, UsageReport,
};

const BUILDER_STATES: [&str; 14] = [
    "DELETING",
    "FAILED",
    "PENDING",
    "PENDING_IMAGE_IMPORT",
    "PENDING_QUALIFICATION",
    "PENDING_SYNCING_APPS",
    "REBOOTING",
    "RUNNING",
    "SNAPSHOTTING",
    "STOPPED",
    "STOPPING",
    "SYNCING_APPS",
    "UPDATING",
    "UPDATING_AGENT",
];
const APP_BLOCK_BUILDER_STATES: [&str; 4] = ["RUNNING", "STARTING", "STOPPED", "STOPPING"];
const IMAGE_STATES: [&str; 8] = [
    "AVAILABLE",
    "COPYING",
    "CREATING",
    "DELETING",
    "FAILED",
    "IMPORTING",
    "PENDING",
    "VALIDATING",
];
const PLATFORMS: [&str; 3] = ["WINDOWS_SERVER_2022", "RHEL8", "PLAN9"];
const AGENTS: [&str; 3] = ["TRUE", "FALSE", "PERHAPS"];
/// Images that fleets and builders may use: of the account, of another, of AWS. Which of
/// them AWS finds is drawn.
const IMAGES: [(&str, &str); 6] = [
    ("Image", ACCOUNT),
    ("Own \"image\"", ACCOUNT),
    ("Shared", "999999999999"),
    ("Unshared", "999999999999"),
    ("AppStream-RHEL8", ""),
    ("AppStream-WinServer2022", ""),
];

fn arn((name, owner): (&str, &str)) -> String {
    format!("arn:aws:appstream:{REGION}:{owner}:image/{name}")
}

impl Draw {
    /// The ARN of one of the images.
    pub(super) fn image_arn(&mut self) -> Option<String> {
        self.maybe(|rng| arn(IMAGES[rng.usize(..IMAGES.len())]))
    }
}

/// Adds all of it to a region with an ARN that identifies the account.
pub(super) fn draw(draw: &mut Draw, region: &mut Region) {
    for number in 0..draw.0.usize(0..5) {
        let mut builder = ImageBuilder::new(draw.name(number));
        builder.display_name = draw.maybe(|_| "Shown \"name\"".to_owned());
        builder.image_arn = draw.image_arn();
        builder.instance_type = draw.word(&["stream.standard.small"]);
        builder.platform = draw.word(&PLATFORMS);
        builder.state = draw.word(&["RUNNING", "SNAPSHOTTING", "STOPPED", "FROZEN"]);
        builder.agent_version = draw.maybe(|_| "04-01-2026".to_owned());
        builder.agent_latest = draw.word(&AGENTS);
        builder.created_at = draw.moment();
        builder.errors = draw.errors();
        *region = std::mem::take(region).image_builder(builder);
    }
    for number in 0..draw.0.usize(0..5) {
        let mut builder = AppBlockBuilder::new(draw.name(number));
        builder.display_name = draw.maybe(|_| "Shown \\ name".to_owned());
        builder.instance_type = draw.word(&["stream.standard.small"]);
        builder.platform = draw.word(&PLATFORMS);
        builder.state = draw.word(&["RUNNING", "STARTING", "FROZEN"]);
        builder.created_at = draw.moment();
        builder.errors = draw.errors();
        *region = std::mem::take(region).app_block_builder(builder);
    }
    for (name, owner) in IMAGES {
        if draw.maybe(|_| ()).is_some() {
            region.images_mut().push(draw_image(draw, name, owner));
        }
    }
    for number in 0..draw.0.usize(0..4) {
        let mut config = DirectoryConfig::new(draw.name(number));
        config.certificate_based_auth = draw.word(&["DISABLED", "ENABLED", "SOMETIMES"]);
        region.directory_configs_mut().push(config);
    }
    if draw.0.bool() {
        let codes = ["ACCESS_DENIED", "RESOURCE_NOT_FOUND", "SOMETHING_NEW"];
        let errors = (0..draw.0.usize(0..4)).map(|_| draw.word(&codes));
        let errors = errors.collect();
        region.usage_reports_mut().push(UsageReport {
            schedule: draw.word(&["DAILY", "HOURLY"]),
            bucket: draw.maybe(|_| "bucket".to_owned()),
            last_generated_at: draw.moment(),
            errors,
        });
    }
}

fn draw_image(draw: &mut Draw, name: &str, owner: &str) -> Image {
    Image {
        name: name.to_owned(),
        owner: Some(owner.to_owned()),
        display_name: draw.maybe(|_| "Shown".to_owned()),
        state: draw.word(&["AVAILABLE", "FAILED", "MOULDY"]),
        visibility: draw.word(&["PRIVATE", "SHARED", "PUBLIC", "SECRET"]),
        platform: draw.word(&PLATFORMS),
        agent_version: draw.maybe(|_| "04-01-2026".to_owned()),
        agent_latest: draw.word(&AGENTS),
        base_image_arn: draw.image_arn(),
        image_type: draw.word(&["CUSTOM", "NATIVE", "FOREIGN"]),
        created_at: draw.moment(),
        base_released_at: draw.moment(),
        errors: draw.errors(),
    }
}

fn image_of_arn(arn: Option<&String>) -> &str {
    let last = arn.and_then(|arn| arn.rsplit('/').next());
    last.unwrap_or("")
}

fn is_latest(agent_latest: Option<&str>) -> Option<f64> {
    match agent_latest? {
        "TRUE" => Some(1.0),
        "FALSE" => Some(0.0),
        _ => None,
    }
}

pub(super) fn expect(sheet: &mut Sheet, region: &Region) {
    for builder in region.image_builders().values() {
        expect_image_builder(sheet, builder);
    }
    for builder in region.app_block_builders().values() {
        expect_app_block_builder(sheet, builder);
    }
    let of_fleet = |fleet: &Fleet| {
        let named = fleet.image_name.as_deref();
        let named = named.map(|name| arn((name, ACCOUNT)));
        fleet.image_arn.clone().or(named)
    };
    let fleets = region.fleets().values().filter_map(of_fleet);
    let builders = region.image_builders().values();
    let builders = builders.filter_map(|builder| builder.image_arn.clone());
    let used: BTreeSet<_> = fleets.chain(builders).collect();
    for image in region.images() {
        let owner = image.owner.as_deref().expect("drawn with one");
        if used.contains(&arn((&image.name, owner))) {
            expect_image(sheet, image);
        }
    }
    for config in region.directory_configs() {
        let status = config.certificate_based_auth.as_deref().unwrap_or("");
        let labels = [
            ("directory", config.name.as_str()),
            ("certificate_based_auth", status),
        ];
        sheet.put("appstream_directory_config_info", &labels, 1.0);
    }
    for report in region.usage_reports() {
        let family = "appstream_usage_report_last_generated_timestamp_seconds";
        let schedule = report.schedule.as_deref().unwrap_or("");
        sheet.put(family, &[("schedule", schedule)], report.last_generated_at);
        let code = |error: &Option<_>| error.clone().unwrap_or("UNKNOWN".into());
        let codes: Vec<std::borrow::Cow<'_, str>> = report.errors.iter().map(code).collect();
        for one in codes.iter().collect::<BTreeSet<_>>() {
            let entries = codes.iter().filter(|code| *code == one).count();
            let labels = [("error_code", &**one)];
            sheet.put("appstream_usage_report_errors", &labels, entries as f64);
        }
    }
}

fn expect_image_builder(sheet: &mut Sheet, builder: &ImageBuilder) {
    let b = [("image_builder", builder.name.as_str())];
    let info = [
        (
            "instance_type",
            builder.instance_type.as_deref().unwrap_or(""),
        ),
        ("platform", builder.platform.as_deref().unwrap_or("")),
        ("image", image_of_arn(builder.image_arn.as_ref())),
        (
            "agent_version",
            builder.agent_version.as_deref().unwrap_or(""),
        ),
        (
            "display_name",
            builder.display_name.as_deref().unwrap_or(""),
        ),
    ];
    let family = |end: &str| format!("appstream_image_builder_{end}");
    sheet.put(&family("info"), &[&b[..], &info].concat(), 1.0);
    let state = builder.state.as_deref();
    sheet.state(&family("state"), &b, &BUILDER_STATES, state);
    let created = family("created_timestamp_seconds");
    sheet.put(&created, &b, builder.created_at);
    let latest = is_latest(builder.agent_latest.as_deref());
    sheet.put(&family("agent_latest"), &b, latest);
    sheet.count(&family("errors"), &b, &builder.errors);
}

fn expect_app_block_builder(sheet: &mut Sheet, builder: &AppBlockBuilder) {
    let k = [("app_block_builder", builder.name.as_str())];
    let info = [
        (
            "instance_type",
            builder.instance_type.as_deref().unwrap_or(""),
        ),
        ("platform", builder.platform.as_deref().unwrap_or("")),
        (
            "display_name",
            builder.display_name.as_deref().unwrap_or(""),
        ),
    ];
    let family = |end: &str| format!("appstream_app_block_builder_{end}");
    sheet.put(&family("info"), &[&k[..], &info].concat(), 1.0);
    let state = builder.state.as_deref();
    sheet.state(&family("state"), &k, &APP_BLOCK_BUILDER_STATES, state);
    let created = family("created_timestamp_seconds");
    sheet.put(&created, &k, builder.created_at);
    sheet.count(&family("errors"), &k, &builder.errors);
}

fn expect_image(sheet: &mut Sheet, image: &Image) {
    let i = [
        ("image", image.name.as_str()),
        ("visibility", image.visibility.as_deref().unwrap_or("")),
    ];
    let info = [
        ("platform", image.platform.as_deref().unwrap_or("")),
        (
            "agent_version",
            image.agent_version.as_deref().unwrap_or(""),
        ),
        ("base_image", image_of_arn(image.base_image_arn.as_ref())),
        ("image_type", image.image_type.as_deref().unwrap_or("")),
        ("display_name", image.display_name.as_deref().unwrap_or("")),
    ];
    let family = |end: &str| format!("appstream_image_{end}");
    sheet.put(&family("info"), &[&i[..], &info].concat(), 1.0);
    sheet.state(&family("state"), &i, &IMAGE_STATES, image.state.as_deref());
    let created = family("created_timestamp_seconds");
    sheet.put(&created, &i, image.created_at);
    let released = family("base_released_timestamp_seconds");
    sheet.put(&released, &i, image.base_released_at);
    let latest = is_latest(image.agent_latest.as_deref());
    sheet.put(&family("agent_latest"), &i, latest);
    sheet.count(&family("errors"), &i, &image.errors);
}
