//! The WorkSpaces operations on pools: which resources answer and how they are described.

pub(crate) mod change;

use self::change::POOL_SETTINGS;
use crate::appstream::{errors_document, network_document};
use crate::document::Document;
use crate::error::ApiError;
use crate::request::Request;
use crate::request::page::ForeignToken;
use crate::request::parameters::required;
use crate::resource::pool::{Pool, PoolCapacity, PoolSession, PoolTimeouts};

/// The maximum and default `Limit` of `DescribeWorkspacesPools`.
const MAX_POOL_LIMIT: usize = 25;
/// `Limit` of `DescribeWorkspacesPoolSessions` when the request names none.
const DEFAULT_SESSION_LIMIT: usize = 20;
/// Largest `Limit` of `DescribeWorkspacesPoolSessions`.
const MAX_SESSION_LIMIT: usize = 50;

/// Answers a WorkSpaces operation.
///
/// # Errors
/// The error AWS answers when the request is malformed or names what does not exist.
pub(crate) fn answer(request: &Request<'_>) -> Result<Document, ApiError> {
    match request.operation {
        "DescribeWorkspacesPools" => describe_pools(request),
        "DescribeWorkspacesPoolSessions" => describe_pool_sessions(request),
        "DescribeTags" => describe_tags(request),
        _ => Err(ApiError::unknown_operation()),
    }
}

/// The error for a pool that is not there; this model declares no status but 400.
pub(crate) fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("ResourceNotFoundException", message.into())
}

fn describe_pools(request: &Request<'_>) -> Result<Document, ApiError> {
    let ids = &request.parameters.pools;
    let limit = request.limit(MAX_POOL_LIMIT, MAX_POOL_LIMIT, ApiError::validation)?;
    for id in ids {
        existing_pool(request, id)?;
    }
    let pools = request.region.pools().values();
    let pools = pools.filter(|pool| ids.is_empty() || ids.contains(&pool.id));
    let page = request.page(pools, limit).map_err(foreign_token)?;
    Ok(page.into_document("WorkspacesPools", |pool| pool_document(request, pool)))
}

fn describe_pool_sessions(request: &Request<'_>) -> Result<Document, ApiError> {
    let parameters = request.parameters;
    let pool = required(parameters.pool.as_ref(), "poolId")?;
    let limit = request.limit(
        DEFAULT_SESSION_LIMIT,
        MAX_SESSION_LIMIT,
        ApiError::validation,
    )?;
    existing_pool(request, pool)?;
    let sessions = request.region.sessions_of_pool(pool).iter();
    let page = match &parameters.user_id {
        None => request.page(sessions, limit),
        Some(user_id) => {
            let of_user = sessions.filter(|session| session.user_id == *user_id);
            request.page(of_user, limit)
        }
    };
    let page = page.map_err(foreign_token)?;
    Ok(page.into_document("Sessions", session_document))
}

fn describe_tags(request: &Request<'_>) -> Result<Document, ApiError> {
    let id = required(request.parameters.resource_id.as_ref(), "resourceId")?;
    let tags = &existing_pool(request, id)?.tags;
    let tags = Document::list(tags, |(key, value)| {
        Document::structure()
            .with("Key", key.as_str())
            .with("Value", value.as_str())
    });
    Ok(Document::structure().with("TagList", tags))
}

fn foreign_token(_: ForeignToken) -> ApiError {
    let message = "The NextToken was not issued for this request";
    ApiError::bad_request("InvalidParameterValuesException", message)
}

fn existing_pool<'a>(request: &Request<'a>, id: &str) -> Result<&'a Pool, ApiError> {
    let pool = request.region.pools().get(id);
    pool.ok_or_else(|| not_found(format!("The pool '{id}' does not exist")))
}

fn pool_document(request: &Request<'_>, pool: &Pool) -> Document {
    Document::structure()
        .with("PoolId", pool.id.as_str())
        .with(
            "PoolArn",
            request.arn("workspaces", &format!("workspacespool/{}", pool.id)),
        )
        .with_some("CapacityStatus", pool.capacity.map(capacity_document))
        .with("PoolName", pool.name.as_str())
        .with_some("Description", pool.description.as_deref())
        .with_some("State", pool.state.as_deref())
        .with_some("CreatedAt", pool.created_at.map(Document::Timestamp))
        .with_some("BundleId", pool.bundle_id.as_deref())
        .with_some("DirectoryId", pool.directory_id.as_deref())
        .with_some("Errors", errors_document(&pool.errors))
        .with_some("TimeoutSettings", pool.timeouts.map(timeouts_document))
        .with_some("RunningMode", pool.running_mode.as_deref())
        .with_settings(&POOL_SETTINGS, &pool.settings)
}

fn capacity_document(capacity: PoolCapacity) -> Document {
    Document::structure()
        .with_some("AvailableUserSessions", capacity.available_user_sessions)
        .with_some("DesiredUserSessions", capacity.desired_user_sessions)
        .with_some("ActualUserSessions", capacity.actual_user_sessions)
        .with_some("ActiveUserSessions", capacity.active_user_sessions)
}

fn timeouts_document(timeouts: PoolTimeouts) -> Document {
    Document::structure()
        .with_some("DisconnectTimeoutInSeconds", timeouts.disconnect_seconds)
        .with_some(
            "IdleDisconnectTimeoutInSeconds",
            timeouts.idle_disconnect_seconds,
        )
        .with_some(
            "MaxUserDurationInSeconds",
            timeouts.max_user_duration_seconds,
        )
}

fn session_document(session: &PoolSession) -> Document {
    Document::structure()
        .with_some("AuthenticationType", session.authentication_type.as_deref())
        .with_some("ConnectionState", session.connection_state.as_deref())
        .with("SessionId", session.id.as_str())
        .with_some("InstanceId", session.instance_id.as_deref())
        .with("PoolId", session.pool.as_str())
        .with_some(
            "ExpirationTime",
            session.expires_at.map(Document::Timestamp),
        )
        .with_some(
            "NetworkAccessConfiguration",
            session.network.as_ref().map(network_document),
        )
        .with_some("StartTime", session.started_at.map(Document::Timestamp))
        .with("UserId", session.user_id.as_str())
}
