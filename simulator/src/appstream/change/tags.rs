//! The operations that change tags.

use std::collections::BTreeMap;

use crate::appstream::not_found;
use crate::document::Document;
use crate::error::ApiError;
use crate::request::change::Change;

/// The most tags of a resource.
const MOST_TAGS: usize = 50;

pub(super) fn tag(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let added = change.input.map("Tags");
    let tags = tags_mut(change)?;
    let new = added.keys().filter(|key| !tags.contains_key(*key));
    if tags.len() + new.count() > MOST_TAGS {
        let message = format!("A resource has {MOST_TAGS} tags at most");
        return Err(ApiError::bad_request("LimitExceededException", message));
    }
    tags.extend(added);
    Ok(Document::structure())
}

pub(super) fn untag(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let input = change.input;
    let tags = tags_mut(change)?;
    input.texts("TagKeys").for_each(|key| {
        tags.remove(key);
    });
    Ok(Document::structure())
}

/// The tags of the resource that the input names.
fn tags_mut<'c>(change: &'c mut Change<'_>) -> Result<&'c mut BTreeMap<String, String>, ApiError> {
    let arn = change.required("ResourceArn");
    let prefix = change.as_request().arn("appstream", "");
    let missing = || not_found(format!("The resource '{arn}' does not exist"));
    let resource = arn.strip_prefix(&prefix).ok_or_else(missing)?;
    let (kind, name) = resource.split_once('/').ok_or_else(missing)?;
    let region = change.region();
    let tags = match kind {
        "fleet" => region.fleet_mut(name).map(|fleet| &mut fleet.tags),
        "stack" => region.stack_mut(name).map(|stack| &mut stack.tags),
        "image-builder" => {
            let builder = region.image_builders_mut().get_mut(name);
            builder.map(|builder| &mut builder.tags)
        }
        "app-block-builder" => {
            let builder = region.app_block_builders_mut().get_mut(name);
            builder.map(|builder| &mut builder.tags)
        }
        _ => None,
    };
    tags.ok_or_else(missing)
}
