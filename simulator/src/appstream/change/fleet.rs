//! The operations that change fleets.

use super::fleet_rules::{FLEET_SETTINGS, check_change_while_running, check_fleet};
use super::{already_exists, concurrent_modification, in_use, not_permitted};
use crate::appstream::{existing_fleet, fleet_document, invalid_combination, no_fleet};
use crate::document::Document;
use crate::error::ApiError;
use crate::lifecycle;
use crate::request::change::Change;
use crate::request::input::Input;
use crate::resource::fleet::{Capacity, Fleet};
use crate::supply::{Figures, Supply};

/// Start time of a fleet without instances.
const STARTING_SECONDS: f64 = 120.0;
/// Stop time of a fleet.
const STOPPING_SECONDS: f64 = 120.0;

pub(super) fn create(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (input, now) = (change.input, change.now);
    let name = change.required("Name");
    if change.region().fleets().contains_key(name) {
        return Err(already_exists(format!("The fleet '{name}' already exists")));
    }
    let fleet_type = input.owned("FleetType");
    let mut fleet = Fleet {
        fleet_type: Some(fleet_type.map_or("ON_DEMAND".into(), Into::into)),
        image_name: None,
        capacity: None,
        platform: None,
        imdsv1_disabled: Some(false),
        created_at: Some(now),
        tags: input.map("Tags"),
        supply: Some(Supply::default()),
        ..Fleet::new(name).state("STOPPED")
    };
    apply(&mut fleet, input);
    check_fleet(&fleet, input, true)?;
    change.region().put_fleet(fleet);
    describe(change, name)
}

pub(super) fn update(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let (input, now) = (change.input, change.now);
    // The API model does not require the name, but without it there is nothing to update.
    let name = input
        .text("Name")
        .ok_or_else(|| invalid_combination("Name must be specified"))?;
    let region = change.region();
    let fleet = region.fleets().get(name).ok_or_else(|| no_fleet(name))?;
    match fleet.state.as_deref() {
        Some("STOPPED") => {}
        Some("RUNNING") => check_change_while_running(fleet, input)?,
        state => {
            let state = state.unwrap_or("in no state");
            let message = format!("The fleet '{name}' is {state} and cannot be updated");
            return Err(concurrent_modification(message));
        }
    }
    let mut trial = fleet.clone();
    trial.supply.get_or_insert_default();
    apply(&mut trial, input);
    check_fleet(&trial, input, false)?;
    region.manage_fleet(name, now);
    if let Some(fleet) = region.fleet_mut(name) {
        apply(fleet, input);
    }
    describe(change, name)
}

pub(super) fn start(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let fleet = managed(change)?;
    if fleet.state.as_deref() != Some("STOPPED") {
        let message = format!("The fleet '{}' is not stopped", fleet.name);
        return Err(not_permitted(message));
    }
    begin(change, "STARTING", STARTING_SECONDS)
}

pub(super) fn stop(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let fleet = managed(change)?;
    match fleet.state.as_deref() {
        Some("STOPPING" | "STOPPED") => Ok(Document::structure()),
        Some("STARTING") => {
            let message = format!("The fleet '{}' is starting", fleet.name);
            Err(concurrent_modification(message))
        }
        _ => begin(change, "STOPPING", STOPPING_SECONDS),
    }
}

pub(super) fn delete(change: &mut Change<'_>) -> Result<Document, ApiError> {
    let name = change.required("Name");
    existing_fleet(&change.as_request(), name)?;
    let region = change.region();
    let fleet = region.fleets().get(name);
    if fleet.and_then(|fleet| fleet.state.as_deref()) != Some("STOPPED") {
        return Err(in_use(format!("The fleet '{name}' is not stopped")));
    }
    if region.associations().iter().any(|(fleet, _)| fleet == name) {
        let message = format!("The fleet '{name}' is associated with a stack");
        return Err(in_use(message));
    }
    region.remove_fleet(name);
    Ok(Document::structure())
}

/// The fleet that the input names, which is managed from now on.
fn managed<'c>(change: &'c mut Change<'_>) -> Result<&'c Fleet, ApiError> {
    let (name, now) = (change.required("Name"), change.now);
    existing_fleet(&change.as_request(), name)?;
    let region = change.region();
    region.manage_fleet(name, now);
    region.fleets().get(name).ok_or_else(|| no_fleet(name))
}

/// Puts the fleet that the input names in a state that lasts for so many seconds.
fn begin(change: &mut Change<'_>, state: &'static str, seconds: f64) -> Result<Document, ApiError> {
    let (name, now) = (change.required("Name"), change.now);
    if let Some(fleet) = change.region().fleet_mut(name) {
        fleet.state = Some(state.into());
        fleet.supply.get_or_insert_default().state_changes_at = Some(now + seconds);
    }
    Ok(Document::structure())
}

fn describe(change: &mut Change<'_>, name: &str) -> Result<Document, ApiError> {
    let now = change.now;
    change.region().settle(now);
    let request = change.as_request();
    let fleet = request
        .region
        .fleets()
        .get(name)
        .ok_or_else(|| no_fleet(name))?;
    Ok(Document::structure().with("Fleet", fleet_document(&request, fleet)))
}

/// Updates a managed fleet with the members of the input. Absent members do not change.
fn apply(fleet: &mut Fleet, input: Input<'_>) {
    for attribute in input.texts("AttributesToDelete") {
        delete_attribute(fleet, attribute);
    }
    if input.boolean("DeleteVpcConfig") == Some(true) {
        fleet.settings.remove("VpcConfig");
    }
    input.keep(&FLEET_SETTINGS, &mut fleet.settings);
    if let Some(arn) = input.text("ImageArn") {
        fleet.image_arn = Some(arn.to_owned());
        fleet.image_name = arn.rsplit_once("image/").map(|(_, name)| name.to_owned());
    } else if let Some(name) = input.owned("ImageName") {
        fleet.image_arn = None;
        fleet.image_name = Some(name);
    }
    input.set_integer(
        "MaxUserDurationInSeconds",
        &mut fleet.max_user_duration_seconds,
    );
    input.set_integer(
        "DisconnectTimeoutInSeconds",
        &mut fleet.disconnect_timeout_seconds,
    );
    let idle = &mut fleet.idle_disconnect_timeout_seconds;
    input.set_integer("IdleDisconnectTimeoutInSeconds", idle);
    input.set_integer("MaxConcurrentSessions", &mut fleet.max_concurrent_sessions);
    input.set_integer(
        "MaxSessionsPerInstance",
        &mut fleet.max_sessions_per_instance,
    );
    if let Some(volume) = input.structure("RootVolumeConfig") {
        volume.set_integer("VolumeSizeInGb", &mut fleet.root_volume_gib);
    }
    input.set_text("DisplayName", &mut fleet.display_name);
    input.set_text("Description", &mut fleet.description);
    input.set_text("InstanceType", &mut fleet.instance_type);
    input.set_text("StreamView", &mut fleet.stream_view);
    input.set_text("Platform", &mut fleet.platform);
    let internet_access = &mut fleet.default_internet_access;
    input.set_boolean("EnableDefaultInternetAccess", internet_access);
    input.set_boolean("DisableIMDSV1", &mut fleet.imdsv1_disabled);
    apply_capacity(fleet, input);
}

fn apply_capacity(fleet: &mut Fleet, input: Input<'_>) {
    let per_instance = lifecycle::sessions_per_instance(fleet);
    let capacity = input.structure("ComputeCapacity");
    let sessions = capacity.and_then(|capacity| capacity.integer("DesiredSessions"));
    let for_sessions = sessions.map(|sessions| lifecycle::instances_for(sessions, per_instance));
    let instances = capacity.and_then(|capacity| capacity.integer("DesiredInstances"));
    let mut supply = fleet.supply.take().unwrap_or_default();
    supply.target = for_sessions.or(instances).unwrap_or(supply.target);
    if fleet.state.as_deref() == Some("STOPPED") {
        fleet.capacity = Some(lifecycle::capacity(fleet, &supply, Figures::default()));
    }
    fleet
        .capacity
        .get_or_insert(Capacity::default().desired(supply.target));
    fleet.supply = Some(supply);
}

fn delete_attribute(fleet: &mut Fleet, attribute: &str) {
    let member = match attribute {
        "MAX_SESSIONS_PER_INSTANCE" => return fleet.max_sessions_per_instance = None,
        "VOLUME_CONFIGURATION" => return fleet.root_volume_gib = None,
        "VPC_CONFIGURATION_SECURITY_GROUP_IDS" => {
            let vpc = fleet.settings.get_mut("VpcConfig");
            if let Some(vpc) = vpc.and_then(|vpc| vpc.as_object_mut()) {
                vpc.remove("SecurityGroupIds");
            }
            return;
        }
        "VPC_CONFIGURATION" => "VpcConfig",
        "DOMAIN_JOIN_INFO" => "DomainJoinInfo",
        "IAM_ROLE_ARN" => "IamRoleArn",
        "USB_DEVICE_FILTER_STRINGS" => "UsbDeviceFilterStrings",
        _ => "SessionScriptS3Location",
    };
    fleet.settings.remove(member);
}
