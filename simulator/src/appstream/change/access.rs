//! The operations by which users reach their sessions, and administrators end them.

use super::{not_available, not_permitted};
use crate::appstream::{existing_fleet, existing_stack, invalid_combination, not_found};
use crate::document::Document;
use crate::error::ApiError;
use crate::request::change::Change;
use crate::resource::session::{Destination, StreamingUrl};
use crate::streaming_url;

/// `Validity` in seconds when the request names none.
const DEFAULT_VALIDITY: i32 = 60;
/// The longest `Validity`: a week.
const MAX_VALIDITY: i32 = 604_800;

pub(super) fn create_streaming_url(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (fleet, stack) = (change.required("FleetName"), change.required("StackName"));
    let validity = change.input.integer("Validity").unwrap_or(DEFAULT_VALIDITY);
    if !(1..=MAX_VALIDITY).contains(&validity) {
        let message = format!("Validity must be between 1 and {MAX_VALIDITY}");
        return Err(invalid_combination(message));
    }
    existing_stack(&change.as_request(), stack)?;
    existing_fleet(&change.as_request(), fleet)?;
    let pair = (fleet.to_owned(), stack.to_owned());
    if !change.region().associations().contains(&pair) {
        let message = format!("The fleet '{fleet}' is not associated with the stack '{stack}'");
        return Err(not_found(message));
    }
    let state = change.region().fleets().get(fleet);
    if state.and_then(|fleet| fleet.state.as_deref()) != Some("RUNNING") {
        let message = format!("The fleet '{fleet}' is not running");
        return Err(not_available(message));
    }
    let (fleet, stack) = pair;
    let (now, host) = (change.now, change.host);
    let url = StreamingUrl {
        destination: Destination::Fleet { fleet, stack },
        user_id: change.required("UserId").to_owned(),
        expires_at: now + f64::from(validity),
        session_id: None,
    };
    let expires_at = Document::Timestamp(url.expires_at);
    let path = streaming_url::offer(change.region(), url, now);
    Ok(Document::structure()
        .with("StreamingURL", format!("http://{host}{path}"))
        .with("Expires", expires_at))
}

/// AWS declares no error for this operation: a session that does not exist is no error either.
pub(super) fn expire_session(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (id, now) = (change.required("SessionId"), change.now);
    if let Some(fleet) = fleet_of(change, id) {
        let region = change.region();
        region.manage_fleet(&fleet, now);
        if let Some(session) = region.session_mut(id) {
            session.end(now);
        }
    }
    Ok(Document::structure())
}

pub(super) fn drain_session_instance(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (id, now) = (change.required("SessionId"), change.now);
    let missing = || not_found(format!("The session '{id}' does not exist"));
    let name = fleet_of(change, id).ok_or_else(missing)?;
    let region = change.region();
    let fleet = region.fleets().get(&name);
    if fleet.is_none_or(|fleet| fleet.max_sessions_per_instance.is_none()) {
        let message = format!("The fleet '{name}' is not a multi-session fleet");
        return Err(not_permitted(message));
    }
    region.manage_fleet(&name, now);
    let session = region.session_mut(id).filter(|session| session.is_live());
    let instance = session.and_then(|session| session.instance_id.clone());
    let instance = instance.ok_or_else(missing)?;
    let supply = region
        .fleet_mut(&name)
        .and_then(|fleet| fleet.supply.as_mut());
    for one in supply.into_iter().flat_map(|supply| &mut supply.instances) {
        one.is_draining |= one.id == instance;
    }
    Ok(Document::structure())
}

fn fleet_of(change: &mut Change<'_>, session_id: &str) -> Option<String> {
    let (fleet, _) = change.region().route_of(session_id)?;
    Some(fleet)
}
