//! The write operations of AppStream.

mod access;
mod builders;
mod fleet;
mod fleet_rules;
mod stack;
mod tags;

pub(super) use self::fleet_rules::FLEET_SETTINGS;
pub(super) use self::stack::STACK_SETTINGS;
use crate::document::Document;
use crate::error::ApiError;
use crate::request::change::Change;

/// Performs an operation that changes something.
///
/// # Errors
/// The error AWS answers when the state of the account forbids it.
pub(crate) fn perform(change: &mut Change<'_>) -> Result<Document, ApiError> {
    match change.operation {
        "CreateFleet" => fleet::create(change),
        "UpdateFleet" => fleet::update(change),
        "StartFleet" => fleet::start(change),
        "StopFleet" => fleet::stop(change),
        "DeleteFleet" => fleet::delete(change),
        "CreateStack" => stack::create(change),
        "UpdateStack" => stack::update(change),
        "DeleteStack" => stack::delete(change),
        "AssociateFleet" => stack::associate(change),
        "DisassociateFleet" => stack::disassociate(change),
        "CreateStreamingURL" => access::create_streaming_url(change),
        "ExpireSession" => access::expire_session(change),
        "DrainSessionInstance" => access::drain_session_instance(change),
        "TagResource" => tags::tag(change),
        "UntagResource" => tags::untag(change),
        "CreateImageBuilder" => builders::create_image_builder(change),
        "StartImageBuilder" => builders::start_image_builder(change),
        "StopImageBuilder" => builders::stop_image_builder(change),
        "DeleteImageBuilder" => builders::delete_image_builder(change),
        "CreateAppBlockBuilder" => builders::create_app_block_builder(change),
        "StartAppBlockBuilder" => builders::start_app_block_builder(change),
        "StopAppBlockBuilder" => builders::stop_app_block_builder(change),
        "DeleteAppBlockBuilder" => builders::delete_app_block_builder(change),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn already_exists(message: String) -> ApiError {
    ApiError::bad_request("ResourceAlreadyExistsException", message)
}

fn in_use(message: String) -> ApiError {
    ApiError::bad_request("ResourceInUseException", message)
}

fn not_available(message: String) -> ApiError {
    ApiError::bad_request("ResourceNotAvailableException", message)
}

fn not_permitted(message: String) -> ApiError {
    ApiError::bad_request("OperationNotPermittedException", message)
}

fn concurrent_modification(message: String) -> ApiError {
    ApiError::bad_request("ConcurrentModificationException", message)
}
