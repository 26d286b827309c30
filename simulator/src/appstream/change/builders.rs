//! The operations that change image builders and app block builders.

use std::borrow::Cow;

use super::{already_exists, not_available, not_permitted};
use crate::appstream::inventory::{
    BUILDER_SETTINGS, app_block_builder_document, image_builder_document,
};
use crate::appstream::{invalid_combination, not_found};
use crate::document::Document;
use crate::error::ApiError;
use crate::request::change::Change;
use crate::resource::builder::{AppBlockBuilder, ImageBuilder};

/// Start time of an image builder.
const IMAGE_BUILDER_START_SECONDS: f64 = 300.0;
/// Start time of an app block builder.
const APP_BLOCK_BUILDER_START_SECONDS: f64 = 120.0;
/// Stop or deletion time of a builder.
const STOP_SECONDS: f64 = 120.0;

pub(super) fn create_image_builder(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (input, now, name) = (change.input, change.now, change.required("Name"));
    if change.region().image_builders().contains_key(name) {
        return Err(already_exists(format!(
            "The image builder '{name}' already exists"
        )));
    }
    let by_name = input.text("ImageName");
    let image = by_name.map(|image| {
        change
            .as_request()
            .arn("appstream", &format!("image/{image}"))
    });
    let image_arn = input.owned("ImageArn").or(image);
    if image_arn.is_none() {
        return Err(invalid_combination(
            "ImageName or ImageArn must be specified",
        ));
    }
    let mut builder = ImageBuilder::new(name).state("PENDING");
    builder.image_arn = image_arn;
    builder.created_at = Some(now);
    builder.tags = input.map("Tags");
    builder.state_changes_at = Some(now + IMAGE_BUILDER_START_SECONDS);
    input.set_text("DisplayName", &mut builder.display_name);
    input.set_text("InstanceType", &mut builder.instance_type);
    input.set_text("AppstreamAgentVersion", &mut builder.agent_version);
    input.keep(&BUILDER_SETTINGS, &mut builder.settings);
    change
        .region()
        .image_builders_mut()
        .insert(name.to_owned(), builder);
    image_builder(change)
}

pub(super) fn start_image_builder(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let seconds = IMAGE_BUILDER_START_SECONDS;
    // The API model declares no OperationNotPermittedException for this operation.
    let started = pass_image_builder(change, &["STOPPED"], "PENDING", seconds);
    started.map_err(|error| match &*error.code {
        "OperationNotPermittedException" => not_available(error.message.into_owned()),
        _ => error,
    })
}

pub(super) fn stop_image_builder(change: &mut Change<'_>) -> Result<Document, ApiError> {
    pass_image_builder(change, &["RUNNING"], "STOPPING", STOP_SECONDS)
}

/// AWS publishes no states. Terraform deletes image builders that run.
pub(super) fn delete_image_builder(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let from = ["RUNNING", "STOPPED", "FAILED"];
    pass_image_builder(change, &from, "DELETING", STOP_SECONDS)
}

pub(super) fn create_app_block_builder(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (input, now, name) = (change.input, change.now, change.required("Name"));
    if change.region().app_block_builders().contains_key(name) {
        return Err(already_exists(format!(
            "The app block builder '{name}' already exists"
        )));
    }
    let mut builder = AppBlockBuilder::new(name).state("STOPPED");
    builder.created_at = Some(now);
    builder.tags = input.map("Tags");
    input.set_text("DisplayName", &mut builder.display_name);
    input.set_text("InstanceType", &mut builder.instance_type);
    input.set_text("Platform", &mut builder.platform);
    input.keep(&BUILDER_SETTINGS, &mut builder.settings);
    change
        .region()
        .app_block_builders_mut()
        .insert(name.to_owned(), builder);
    app_block_builder(change)
}

pub(super) fn start_app_block_builder(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let seconds = APP_BLOCK_BUILDER_START_SECONDS;
    pass_app_block_builder(change, "STOPPED", "STARTING", seconds)
}

pub(super) fn stop_app_block_builder(change: &mut Change<'_>) -> Result<Document, ApiError> {
    pass_app_block_builder(change, "RUNNING", "STOPPING", STOP_SECONDS)
}

pub(super) fn delete_app_block_builder(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let name = change.required("Name");
    let builders = change.region().app_block_builders_mut();
    let builder = builders.get(name).ok_or_else(|| missing(name))?;
    if builder.state.as_deref() != Some("STOPPED") {
        return Err(not_permitted(format!(
            "The app block builder '{name}' is not stopped"
        )));
    }
    builders.remove(name);
    Ok(Document::structure())
}

fn pass_image_builder(
    change: &mut Change<'_>,
    from: &[&str],
    to: &'static str,
    seconds: f64,
) -> Result<Document, ApiError> {
    let (now, name) = (change.now, change.required("Name"));
    let builders = change.region().image_builders_mut();
    let builder = builders.get_mut(name).ok_or_else(|| missing(name))?;
    check_state(name, builder.state.as_deref(), from)?;
    builder.state = Some(Cow::Borrowed(to));
    builder.state_changes_at = Some(now + seconds);
    image_builder(change)
}

fn pass_app_block_builder(
    change: &mut Change<'_>,
    from: &str,
    to: &'static str,
    seconds: f64,
) -> Result<Document, ApiError> {
    let (now, name) = (change.now, change.required("Name"));
    let builders = change.region().app_block_builders_mut();
    let builder = builders.get_mut(name).ok_or_else(|| missing(name))?;
    check_state(name, builder.state.as_deref(), &[from])?;
    builder.state = Some(Cow::Borrowed(to));
    builder.state_changes_at = Some(now + seconds);
    app_block_builder(change)
}

fn check_state(name: &str, state: Option<&str>, accepted: &[&str]) -> Result<(), ApiError> {
    if state.is_some_and(|state| accepted.contains(&state)) {
        return Ok(());
    }
    let (state, accepted) = (state.unwrap_or("in no state"), accepted.join(" or "));
    Err(not_permitted(format!(
        "The builder '{name}' is {state} and not {accepted}"
    )))
}

fn missing(name: &str) -> ApiError {
    not_found(format!("The builder '{name}' does not exist"))
}

fn image_builder(change: &Change<'_>) -> Result<Document, ApiError> {
    let (request, name) = (change.as_request(), change.required("Name"));
    let builder = request.region.image_builders().get(name);
    let builder = builder.ok_or_else(|| missing(name))?;
    let builder = image_builder_document(&request, builder);
    Ok(Document::structure().with("ImageBuilder", builder))
}

fn app_block_builder(change: &Change<'_>) -> Result<Document, ApiError> {
    let (request, name) = (change.as_request(), change.required("Name"));
    let builder = request.region.app_block_builders().get(name);
    let builder = builder.ok_or_else(|| missing(name))?;
    let builder = app_block_builder_document(&request, builder);
    Ok(Document::structure().with("AppBlockBuilder", builder))
}
