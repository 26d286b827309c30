//! The AppStream operations: which resources answer and how they are described.

pub(crate) mod change;
mod inventory;

use http::StatusCode;

use self::change::{FLEET_SETTINGS, STACK_SETTINGS};
use crate::document::Document;
use crate::error::ApiError;
use crate::request::Request;
use crate::request::parameters::required;
use crate::resource::fleet::{Capacity, Fleet, ResourceError, Stack};
use crate::resource::session::{NetworkInterface, Session};

/// `Limit` of `DescribeSessions` when the request names none.
const DEFAULT_SESSION_LIMIT: usize = 20;
/// Largest `Limit` of `DescribeSessions`.
const MAX_SESSION_LIMIT: usize = 50;
/// The default authentication type of `DescribeSessions`.
const DEFAULT_AUTHENTICATION_TYPE: &str = "API";

/// Answers an AppStream operation.
///
/// # Errors
/// The error AWS answers when the request is malformed or names what does not exist.
pub(crate) fn answer(request: &Request<'_>) -> Result<Document, ApiError> {
    match request.operation {
        "DescribeFleets" => describe_fleets(request),
        "DescribeStacks" => describe_stacks(request),
        "ListAssociatedStacks" => list_associated_stacks(request),
        "ListAssociatedFleets" => list_associated_fleets(request),
        "DescribeSessions" => describe_sessions(request),
        "DescribeImageBuilders" => inventory::describe_image_builders(request),
        "DescribeAppBlockBuilders" => inventory::describe_app_block_builders(request),
        "DescribeImages" => inventory::describe_images(request),
        "DescribeDirectoryConfigs" => inventory::describe_directory_configs(request),
        "DescribeUsageReportSubscriptions" => inventory::describe_usage_reports(request),
        "ListTagsForResource" => list_tags(request),
        _ => Err(ApiError::unknown_operation()),
    }
}

/// The error for a fleet, stack or other resource that is not there.
pub(crate) fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "ResourceNotFoundException",
        message.into(),
    )
}

fn describe_fleets(request: &Request<'_>) -> Result<Document, ApiError> {
    let names = &request.parameters.names;
    for name in names {
        existing_fleet(request, name)?;
    }
    let fleets = request.region.fleets().values();
    let page = request.page(
        fleets.filter(|fleet| names.is_empty() || names.contains(&fleet.name)),
        request.world.page_size,
    )?;
    Ok(page.into_document("Fleets", |fleet| fleet_document(request, fleet)))
}

fn describe_stacks(request: &Request<'_>) -> Result<Document, ApiError> {
    let names = &request.parameters.names;
    for name in names {
        existing_stack(request, name)?;
    }
    let stacks = request.region.stacks().values();
    let page = request.page(
        stacks.filter(|stack| names.is_empty() || names.contains(&stack.name)),
        request.world.page_size,
    )?;
    Ok(page.into_document("Stacks", |stack| stack_document(request, stack)))
}

fn list_associated_stacks(request: &Request<'_>) -> Result<Document, ApiError> {
    let wanted = required(request.parameters.fleet.as_ref(), "fleetName")?;
    existing_fleet(request, wanted)?;
    let stacks = request
        .region
        .associations()
        .iter()
        .filter(|(fleet, _)| fleet == wanted)
        .map(|(_, stack)| stack.as_str());
    let page = request.page(stacks, request.world.page_size)?;
    Ok(page.into_document("Names", Document::from))
}

fn list_associated_fleets(request: &Request<'_>) -> Result<Document, ApiError> {
    let wanted = required(request.parameters.stack.as_ref(), "stackName")?;
    existing_stack(request, wanted)?;
    let fleets = request
        .region
        .associations()
        .iter()
        .filter(|(_, stack)| stack == wanted)
        .map(|(fleet, _)| fleet.as_str());
    let page = request.page(fleets, request.world.page_size)?;
    Ok(page.into_document("Names", Document::from))
}

fn describe_sessions(request: &Request<'_>) -> Result<Document, ApiError> {
    let parameters = request.parameters;
    let stack = required(parameters.stack.as_ref(), "stackName")?;
    let fleet = required(parameters.fleet.as_ref(), "fleetName")?;
    let limit = request.limit(
        DEFAULT_SESSION_LIMIT,
        MAX_SESSION_LIMIT,
        invalid_combination,
    )?;
    if parameters.user_id.is_some() && parameters.authentication_type.is_none() {
        return Err(invalid_combination(
            "AuthenticationType must be specified with UserId",
        ));
    }
    existing_stack(request, stack)?;
    existing_fleet(request, fleet)?;
    let listed_as = parameters
        .authentication_type
        .as_deref()
        .unwrap_or(DEFAULT_AUTHENTICATION_TYPE);
    let sessions = request
        .region
        .sessions_listed_as(fleet, stack, listed_as)
        .iter();
    let page = match (&parameters.user_id, &parameters.instance_id) {
        // Without a filter the page is sliced out of the list, however long that is.
        (None, None) => request.page(sessions, limit)?,
        (user_id, instance_id) => request.page(
            sessions.filter(|session| {
                user_id.as_ref().is_none_or(|id| *id == session.user_id)
                    && (instance_id.is_none() || *instance_id == session.instance_id)
            }),
            limit,
        )?,
    };
    Ok(page.into_document("Sessions", session_document))
}

fn list_tags(request: &Request<'_>) -> Result<Document, ApiError> {
    let arn = required(request.parameters.resource_arn.as_ref(), "resourceArn")?;
    let named = |kind: &str| arn.strip_prefix(&request.arn("appstream", kind));
    let fleet = named("fleet/").and_then(|name| request.region.fleets().get(name));
    let stack = named("stack/").and_then(|name| request.region.stacks().get(name));
    let image_builders = request.region.image_builders();
    let image_builder = named("image-builder/").and_then(|name| image_builders.get(name));
    let app_block_builders = request.region.app_block_builders();
    let app_block_builder =
        named("app-block-builder/").and_then(|name| app_block_builders.get(name));
    let tags = fleet
        .map(|fleet| &fleet.tags)
        .or(stack.map(|stack| &stack.tags))
        .or(image_builder.map(|builder| &builder.tags))
        .or(app_block_builder.map(|builder| &builder.tags))
        .ok_or_else(|| not_found(format!("The resource '{arn}' does not exist")))?;
    Ok(Document::structure().with("Tags", tags))
}

fn existing_fleet(request: &Request<'_>, name: &str) -> Result<(), ApiError> {
    if request.region.fleets().contains_key(name) {
        return Ok(());
    }
    Err(no_fleet(name))
}

fn no_fleet(name: &str) -> ApiError {
    not_found(format!("The fleet '{name}' does not exist"))
}

fn existing_stack(request: &Request<'_>, name: &str) -> Result<(), ApiError> {
    if request.region.stacks().contains_key(name) {
        return Ok(());
    }
    Err(not_found(format!("The stack '{name}' does not exist")))
}

/// The only error the API model declares for a request that makes no sense.
fn invalid_combination(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidParameterCombinationException", message.into())
}

/// `ImageArn`, which follows from the name where the fleet has none of its own.
fn image_arn(request: &Request<'_>, fleet: &Fleet) -> Option<String> {
    let derived_arn = || {
        let image = fleet.image_name.as_ref()?;
        Some(request.arn("appstream", &format!("image/{image}")))
    };
    fleet.image_arn.clone().or_else(derived_arn)
}

fn fleet_document(request: &Request<'_>, fleet: &Fleet) -> Document {
    let image_arn = image_arn(request, fleet);
    let root_volume = fleet.root_volume_gib;
    let root_volume = root_volume.map(|size| Document::structure().with("VolumeSizeInGb", size));
    Document::structure()
        .with(
            "Arn",
            request.arn("appstream", &format!("fleet/{}", fleet.name)),
        )
        .with("Name", fleet.name.as_str())
        .with_some("DisplayName", fleet.display_name.as_deref())
        .with_some("Description", fleet.description.as_deref())
        .with_some("ImageName", fleet.image_name.as_deref())
        .with_some("ImageArn", image_arn)
        .with_some("InstanceType", fleet.instance_type.as_deref())
        .with_some("FleetType", fleet.fleet_type.as_deref())
        .with_some(
            "ComputeCapacityStatus",
            fleet.capacity.map(capacity_document),
        )
        .with_some("MaxUserDurationInSeconds", fleet.max_user_duration_seconds)
        .with_some(
            "DisconnectTimeoutInSeconds",
            fleet.disconnect_timeout_seconds,
        )
        .with_some("State", fleet.state.as_deref())
        .with_some("CreatedTime", fleet.created_at.map(Document::Timestamp))
        .with_some("FleetErrors", errors_document(&fleet.errors))
        .with_some("EnableDefaultInternetAccess", fleet.default_internet_access)
        .with_some(
            "IdleDisconnectTimeoutInSeconds",
            fleet.idle_disconnect_timeout_seconds,
        )
        .with_some("StreamView", fleet.stream_view.as_deref())
        .with_some("Platform", fleet.platform.as_deref())
        .with_some("MaxConcurrentSessions", fleet.max_concurrent_sessions)
        .with_some("MaxSessionsPerInstance", fleet.max_sessions_per_instance)
        .with_some("RootVolumeConfig", root_volume)
        .with_some("DisableIMDSV1", fleet.imdsv1_disabled)
        .with_settings(&FLEET_SETTINGS, &fleet.settings)
}

fn capacity_document(capacity: Capacity) -> Document {
    Document::structure()
        .with_some("Desired", capacity.desired)
        .with_some("Running", capacity.running)
        .with_some("InUse", capacity.in_use)
        .with_some("Available", capacity.available)
        .with_some("DesiredUserSessions", capacity.desired_user_sessions)
        .with_some("AvailableUserSessions", capacity.available_user_sessions)
        .with_some("ActiveUserSessions", capacity.active_user_sessions)
        .with_some("ActualUserSessions", capacity.actual_user_sessions)
        .with_some("Draining", capacity.draining)
        .with_some(
            "DrainModeActiveUserSessions",
            capacity.drain_mode_active_user_sessions,
        )
        .with_some(
            "DrainModeUnusedUserSessions",
            capacity.drain_mode_unused_user_sessions,
        )
}

fn stack_document(request: &Request<'_>, stack: &Stack) -> Document {
    Document::structure()
        .with(
            "Arn",
            request.arn("appstream", &format!("stack/{}", stack.name)),
        )
        .with("Name", stack.name.as_str())
        .with_some("Description", stack.description.as_deref())
        .with_some("DisplayName", stack.display_name.as_deref())
        .with_some("CreatedTime", stack.created_at.map(Document::Timestamp))
        .with_some("StackErrors", errors_document(&stack.errors))
        .with_settings(&STACK_SETTINGS, &stack.settings)
}

fn session_document(session: &Session) -> Document {
    Document::structure()
        .with("Id", session.id.as_str())
        .with("UserId", session.user_id.as_str())
        .with("StackName", session.stack.as_str())
        .with("FleetName", session.fleet.as_str())
        .with_some("State", session.state.as_deref())
        .with_some("ConnectionState", session.connection_state.as_deref())
        .with_some("StartTime", session.started_at.map(Document::Timestamp))
        .with_some(
            "MaxExpirationTime",
            session.expires_at.map(Document::Timestamp),
        )
        .with_some("AuthenticationType", session.authentication_type.as_deref())
        .with_some(
            "NetworkAccessConfiguration",
            session.network.as_ref().map(|network| {
                let addresses = &session.ipv6_addresses;
                let addresses = (!addresses.is_empty()).then_some(addresses);
                let list = addresses.map(|all| Document::list(all, |one| one.as_str().into()));
                network_document(network).with_some("EniIpv6Addresses", list)
            }),
        )
        .with_some("InstanceId", session.instance_id.as_deref())
        .with_some(
            "InstanceDrainStatus",
            session.instance_drain_status.as_deref(),
        )
}

/// The network interface of a session; pools describe theirs alike.
pub(crate) fn network_document(network: &NetworkInterface) -> Document {
    Document::structure()
        .with("EniPrivateIpAddress", network.private_ip_address.as_str())
        .with("EniId", network.eni_id.as_str())
}

/// The errors of a resource, absent when there are none; pools describe theirs alike.
pub(crate) fn errors_document(errors: &[ResourceError]) -> Option<Document> {
    (!errors.is_empty()).then(|| {
        Document::list(errors, |error| {
            Document::structure()
                .with_some("ErrorCode", error.code.as_deref())
                .with_some("ErrorMessage", error.message.as_deref())
        })
    })
}
