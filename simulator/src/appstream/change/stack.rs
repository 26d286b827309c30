//! The operations that change stacks and their associations with fleets.

use super::{already_exists, in_use};
use crate::appstream::{existing_fleet, existing_stack, stack_document};
use crate::document::Document;
use crate::error::ApiError;
use crate::request::change::Change;
use crate::request::input::Input;
use crate::resource::fleet::Stack;
use crate::resource::session::Session;

/// Members of stacks that are answered as they were given.
pub(in crate::appstream) const STACK_SETTINGS: [&str; 12] = [
    "StorageConnectors",
    "RedirectURL",
    "FeedbackURL",
    "UserSettings",
    "ApplicationSettings",
    "AccessEndpoints",
    "EmbedHostDomains",
    "StreamingExperienceSettings",
    "ContentRedirection",
    "WebAuthnRedirection",
    "AgentAccessConfig",
    "StorageConnectorAuthentication",
];

pub(super) fn create(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (input, now) = (change.input, change.now);
    let name = change.required("Name");
    if change.region().stacks().contains_key(name) {
        return Err(already_exists(format!("The stack '{name}' already exists")));
    }
    let mut stack = Stack::new(name);
    stack.created_at = Some(now);
    stack.tags = input.map("Tags");
    apply(&mut stack, input);
    change.region().put_stack(stack);
    describe(change, name)
}

pub(super) fn update(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (input, name) = (change.input, change.required("Name"));
    existing_stack(&change.as_request(), name)?;
    if let Some(stack) = change.region().stack_mut(name) {
        apply(stack, input);
    }
    describe(change, name)
}

pub(super) fn delete(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let name = change.required("Name");
    existing_stack(&change.as_request(), name)?;
    let region = change.region();
    if region.associations().iter().any(|(_, stack)| stack == name) {
        let message = format!("The stack '{name}' is associated with a fleet");
        return Err(in_use(message));
    }
    region.remove_stack(name);
    Ok(Document::structure())
}

pub(super) fn associate(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (fleet, stack) = existing_pair(change)?;
    change.region().put_association(fleet, stack);
    Ok(Document::structure())
}

pub(super) fn disassociate(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (fleet, stack) = existing_pair(change)?;
    let region = change.region();
    if region.sessions_of(fleet, stack).any(Session::is_live) {
        let message = format!("The fleet '{fleet}' has sessions of the stack '{stack}'");
        return Err(in_use(message));
    }
    region.remove_association(fleet, stack);
    Ok(Document::structure())
}

fn existing_pair<'a>(change: &Change<'a>) -> Result<(&'a str, &'a str), ApiError> {
    let (fleet, stack) = (change.required("FleetName"), change.required("StackName"));
    existing_fleet(&change.as_request(), fleet)?;
    existing_stack(&change.as_request(), stack)?;
    Ok((fleet, stack))
}

fn describe(change: &Change<'_>, name: &str) -> Result<Document, ApiError> {
    let request = change.as_request();
    existing_stack(&request, name)?;
    let stack = request.region.stacks().get(name);
    let stack = stack.map(|stack| stack_document(&request, stack));
    Ok(Document::structure().with_some("Stack", stack))
}

/// Updates the stack with the members of the input. Absent members do not change.
fn apply(stack: &mut Stack, input: Input<'_>) {
    for attribute in input.texts("AttributesToDelete") {
        delete_attribute(stack, attribute);
    }
    if input.boolean("DeleteStorageConnectors") == Some(true) {
        stack.settings.remove("StorageConnectors");
    }
    input.keep(&STACK_SETTINGS, &mut stack.settings);
    input.set_text("DisplayName", &mut stack.display_name);
    input.set_text("Description", &mut stack.description);
}

fn delete_attribute(stack: &mut Stack, attribute: &str) {
    let connector = attribute.strip_prefix("STORAGE_CONNECTOR_");
    if let Some(kind) = connector.filter(|kind| *kind != "AUTHENTICATION") {
        let connectors = stack.settings.get_mut("StorageConnectors");
        if let Some(connectors) = connectors.and_then(|connectors| connectors.as_array_mut()) {
            connectors.retain(|connector| connector["ConnectorType"] != kind);
        }
        return;
    }
    // The attributes are the members in another spelling: USER_SETTINGS is UserSettings.
    let letters = attribute.replace('_', "");
    let settings = &mut stack.settings;
    settings.retain(|member, _| !member.eq_ignore_ascii_case(&letters));
}
