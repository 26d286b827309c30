//! The operations that change pools.

use super::{existing_pool, not_found, pool_document};
use crate::document::Document;
use crate::error::ApiError;
use crate::request::change::Change;
use crate::request::input::Input;
use crate::resource::pool::{Pool, PoolCapacity, PoolTimeouts};
use crate::supply::{MOST_INSTANCES, Supply};

/// Creation or update time of a pool.
const CREATE_SECONDS: f64 = 60.0;
/// Start time of a pool without instances.
const START_SECONDS: f64 = 120.0;
/// Stop or deletion time of a pool.
const STOP_SECONDS: f64 = 120.0;

/// Timeouts where the request names none.
const DEFAULT_TIMEOUTS: PoolTimeouts = PoolTimeouts {
    disconnect_seconds: Some(900),
    idle_disconnect_seconds: Some(0),
    max_user_duration_seconds: Some(57_600),
};
/// Members of pools that are answered as they were given.
pub(super) const POOL_SETTINGS: [&str; 1] = ["ApplicationSettings"];
/// Members of `UpdateWorkspacesPool` that need a stopped pool. AWS publishes no list.
const WHILE_STOPPED: [&str; 3] = ["BundleId", "DirectoryId", "RunningMode"];

/// Performs an operation that changes something.
///
/// # Errors
/// The error AWS answers when the state of the account forbids it.
pub(crate) fn perform(change: &mut Change<'_>) -> Result<Document, ApiError> {
    match change.operation {
        "CreateWorkspacesPool" => create(change),
        "UpdateWorkspacesPool" => update(change),
        "StartWorkspacesPool" => pass(change, "STOPPED", "STARTING", START_SECONDS),
        "StopWorkspacesPool" => pass(change, "RUNNING", "STOPPING", STOP_SECONDS),
        "TerminateWorkspacesPool" => pass(change, "STOPPED", "DELETING", STOP_SECONDS),
        "TerminateWorkspacesPoolSession" => terminate_session(change),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn create(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (input, now, name) = (change.input, change.now, change.required("PoolName"));
    let region = change.region();
    if region.pools().values().any(|pool| pool.name == name) {
        let message = format!("The pool '{name}' already exists");
        return Err(ApiError::bad_request(
            "ResourceAlreadyExistsException",
            message,
        ));
    }
    let digits = region.ids.next(now).uuid().replace('-', "");
    let id = format!("wspool-{}", &digits[..9]);
    let mut pool = Pool::new(&id, name)
        .state("CREATING")
        .running_mode("AUTO_STOP");
    pool.created_at = Some(now);
    pool.timeouts = Some(DEFAULT_TIMEOUTS);
    pool.capacity = Some(PoolCapacity::sessions(0, 0, 0));
    pool.supply = Some(Supply {
        state_changes_at: Some(now + CREATE_SECONDS),
        ..Supply::default()
    });
    let tags = input.0["Tags"].as_array().into_iter().flatten();
    pool.tags = tags
        .map(Input)
        .filter_map(|tag| Some((tag.owned("Key")?, tag.owned("Value").unwrap_or_default())))
        .collect();
    apply(&mut pool, input);
    check_limit(input)?;
    region.put_pool(pool);
    describe(change, &id)
}

fn update(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (input, now, id) = (change.input, change.now, change.required("PoolId"));
    let request = change.as_request();
    let state = existing_pool(&request, id)?.state.as_deref();
    let needs_stop = input
        .members()
        .any(|member| WHILE_STOPPED.contains(&member));
    if !(state == Some("STOPPED") || state == Some("RUNNING") && !needs_stop) {
        return Err(invalid_state(id, state));
    }
    check_limit(input)?;
    let region = change.region();
    region.manage_pool(id, now);
    if let Some(pool) = region.pool_mut(id) {
        apply(pool, input);
    }
    describe(change, id)
}

/// Puts a pool that is in one state into another, which lasts for so many seconds.
fn pass(
    change: &mut Change<'_>,
    from: &str,
    to: &'static str,
    seconds: f64,
) -> Result<Document, ApiError> {
    let (now, id) = (change.now, change.required("PoolId"));
    let request = change.as_request();
    let state = existing_pool(&request, id)?.state.as_deref();
    if state != Some(from) {
        return Err(invalid_state(id, state));
    }
    let region = change.region();
    region.manage_pool(id, now);
    if let Some(pool) = region.pool_mut(id) {
        pool.state = Some(to.into());
        pool.supply.get_or_insert_default().state_changes_at = Some(now + seconds);
    }
    Ok(Document::structure())
}

fn terminate_session(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (now, id) = (change.now, change.required("SessionId"));
    let region = change.region();
    let missing = || not_found(format!("The session '{id}' does not exist"));
    let pool = region.pool_of(id).ok_or_else(missing)?;
    region.manage_pool(&pool, now);
    region.remove_pool_session(id);
    Ok(Document::structure())
}

fn describe(change: &mut Change<'_>, id: &str) -> Result<Document, ApiError> {
    let now = change.now;
    change.region().settle(now);
    let request = change.as_request();
    let pool = pool_document(&request, existing_pool(&request, id)?);
    Ok(Document::structure().with("WorkspacesPool", pool))
}

/// Updates a managed pool with the members of the input. Absent members do not change.
fn apply(pool: &mut Pool, input: Input<'_>) {
    input.set_text("Description", &mut pool.description);
    input.set_text("BundleId", &mut pool.bundle_id);
    input.set_text("DirectoryId", &mut pool.directory_id);
    input.set_text("RunningMode", &mut pool.running_mode);
    if let Some(given) = input.structure("TimeoutSettings") {
        let timeouts = pool.timeouts.get_or_insert(DEFAULT_TIMEOUTS);
        given.set_integer(
            "DisconnectTimeoutInSeconds",
            &mut timeouts.disconnect_seconds,
        );
        let idle = &mut timeouts.idle_disconnect_seconds;
        given.set_integer("IdleDisconnectTimeoutInSeconds", idle);
        given.set_integer(
            "MaxUserDurationInSeconds",
            &mut timeouts.max_user_duration_seconds,
        );
    }
    input.keep(&POOL_SETTINGS, &mut pool.settings);
    let capacity = input.structure("Capacity");
    let sessions = capacity.and_then(|capacity| capacity.integer("DesiredUserSessions"));
    let supply = pool.supply.get_or_insert_default();
    supply.target = sessions.unwrap_or(supply.target);
}

fn check_limit(input: Input<'_>) -> Result<(), ApiError> {
    let capacity = input.structure("Capacity");
    let sessions = capacity.and_then(|capacity| capacity.integer("DesiredUserSessions"));
    if sessions.is_none_or(|sessions| sessions <= MOST_INSTANCES) {
        return Ok(());
    }
    let message = format!("A pool has {MOST_INSTANCES} sessions at most");
    Err(ApiError::bad_request(
        "ResourceLimitExceededException",
        message,
    ))
}

fn invalid_state(id: &str, state: Option<&str>) -> ApiError {
    let state = state.unwrap_or("in no state");
    let message = format!("The pool '{id}' is {state}");
    ApiError::bad_request("InvalidResourceStateException", message)
}
