//! The rules for fleets that the documentation has and the API model has not.
//!
//! AWS publishes the rules but not the error of each: `InvalidParameterCombinationException` is assumed
//! for values that do not fit, and `ResourceInUseException` for a change that needs a stopped fleet.

use super::in_use;
use crate::appstream::invalid_combination;
use crate::error::ApiError;
use crate::request::input::Input;
use crate::resource::fleet::Fleet;
use crate::supply::MOST_INSTANCES;

/// Members of fleets that are answered as they were given.
pub(in crate::appstream) const FLEET_SETTINGS: [&str; 5] = [
    "VpcConfig",
    "DomainJoinInfo",
    "IamRoleArn",
    "UsbDeviceFilterStrings",
    "SessionScriptS3Location",
];

/// The members of `UpdateFleet` that a running fleet accepts, beside its name.
const WHILE_RUNNING: [&str; 6] = [
    "DisplayName",
    "ComputeCapacity",
    "ImageArn",
    "ImageName",
    "IdleDisconnectTimeoutInSeconds",
    "DisconnectTimeoutInSeconds",
];
/// The same for an elastic fleet.
const WHILE_RUNNING_ELASTIC: [&str; 6] = [
    "DisplayName",
    "IdleDisconnectTimeoutInSeconds",
    "DisconnectTimeoutInSeconds",
    "MaxConcurrentSessions",
    "SessionScriptS3Location",
    "UsbDeviceFilterStrings",
];

/// The bounds of members that the API model declares without any.
const BOUNDS: [(&str, i32, i32); 4] = [
    ("MaxUserDurationInSeconds", 600, 432_000),
    ("DisconnectTimeoutInSeconds", 60, 36_000),
    ("IdleDisconnectTimeoutInSeconds", 60, 36_000),
    ("MaxSessionsPerInstance", 2, 50),
];
/// The member with bounds that may also be 0, which switches it off.
const IDLE_TIMEOUT: &str = "IdleDisconnectTimeoutInSeconds";
/// The bounds of `RootVolumeConfig.VolumeSizeInGb`.
const VOLUME_SIZE: (i32, i32) = (200, 500);
/// The platforms of elastic fleets.
const ELASTIC_PLATFORMS: [&str; 3] = ["WINDOWS_SERVER_2019", "AMAZON_LINUX2", "UBUNTU_PRO_2404"];
/// An elastic fleet needs subnets in two availability zones.
const ELASTIC_SUBNETS: usize = 2;

/// Whether a running fleet accepts the input of `UpdateFleet`.
pub(super) fn check_change_while_running(fleet: &Fleet, input: Input<'_>) -> Result<(), ApiError> {
    let accepted = if fleet.is_elastic() {
        &WHILE_RUNNING_ELASTIC
    } else {
        &WHILE_RUNNING
    };
    let mut members = input.members();
    match members.find(|member| *member != "Name" && !accepted.contains(member)) {
        None => Ok(()),
        Some(member) => {
            let name = &fleet.name;
            Err(in_use(format!(
                "{member} can be changed only while the fleet '{name}' is stopped"
            )))
        }
    }
}

/// Whether the fleet makes sense with the members of the input.
pub(super) fn check_fleet(fleet: &Fleet, input: Input<'_>, is_new: bool) -> Result<(), ApiError> {
    check_bounds(input)?;
    let target = fleet.supply.as_ref().map_or(0, |supply| supply.target);
    if target > MOST_INSTANCES {
        let message = format!("A fleet has {MOST_INSTANCES} instances at most");
        return Err(ApiError::bad_request("LimitExceededException", message));
    }
    let complaint = if fleet.is_elastic() {
        complaint_about_elastic(fleet, input, is_new)
    } else {
        complaint_about_instances(fleet, input, is_new)
    };
    complaint.map_or(Ok(()), |complaint| Err(invalid_combination(complaint)))
}

fn complaint_about_instances(
    fleet: &Fleet,
    input: Input<'_>,
    is_new: bool,
) -> Option<&'static str> {
    if fleet.max_concurrent_sessions.is_some() {
        return Some("MaxConcurrentSessions is for elastic fleets only");
    }
    if fleet.image_name.is_none() && fleet.image_arn.is_none() {
        return Some("ImageName or ImageArn must be specified");
    }
    let is_multi_session = fleet.max_sessions_per_instance.is_some();
    let Some(capacity) = input.structure("ComputeCapacity") else {
        return is_new.then_some("ComputeCapacity must be specified");
    };
    let sessions = capacity.integer("DesiredSessions");
    match (capacity.integer("DesiredInstances"), sessions) {
        (Some(_), Some(_)) | (None, None) => {
            Some("Either DesiredInstances or DesiredSessions must be specified")
        }
        (None, Some(_)) if !is_multi_session => {
            Some("DesiredSessions is for multi-session fleets only")
        }
        (Some(_), None) if is_multi_session => {
            Some("Multi-session fleets need DesiredSessions in place of DesiredInstances")
        }
        (instances, sessions) => {
            let is_negative = instances.or(sessions) < Some(0);
            is_negative.then_some("The desired capacity must not be negative")
        }
    }
}

fn complaint_about_elastic(fleet: &Fleet, input: Input<'_>, is_new: bool) -> Option<&'static str> {
    if input.has("ComputeCapacity") {
        return Some("ComputeCapacity is not for elastic fleets");
    }
    if fleet.max_sessions_per_instance.is_some() {
        return Some("MaxSessionsPerInstance is not for elastic fleets");
    }
    if fleet.max_concurrent_sessions.is_none_or(|most| most < 1) {
        return Some("MaxConcurrentSessions must be specified for elastic fleets");
    }
    if input.has("DomainJoinInfo") {
        return Some("DomainJoinInfo is not for elastic fleets");
    }
    let is_platform = input
        .text("Platform")
        .map(|one| ELASTIC_PLATFORMS.contains(&one));
    if !is_platform.unwrap_or(!is_new) {
        return Some(
            "Elastic fleets need the Platform WINDOWS_SERVER_2019, AMAZON_LINUX2 or UBUNTU_PRO_2404",
        );
    }
    let vpc = input.structure("VpcConfig");
    let subnets = vpc.map(|vpc| vpc.texts("SubnetIds").count());
    let is_short = subnets.unwrap_or_default() < ELASTIC_SUBNETS;
    let is_given = is_new || subnets.is_some();
    (is_given && is_short).then_some("Elastic fleets need at least two subnets")
}

fn check_bounds(input: Input<'_>) -> Result<(), ApiError> {
    for (member, min, max) in BOUNDS {
        let Some(value) = input.integer(member) else {
            continue;
        };
        let is_off = member == IDLE_TIMEOUT && value == 0;
        if !is_off && !(min..=max).contains(&value) {
            return Err(invalid_combination(format!(
                "{member} must be between {min} and {max}"
            )));
        }
    }
    let volume = input.structure("RootVolumeConfig");
    let size = volume.and_then(|volume| volume.integer("VolumeSizeInGb"));
    let (min, max) = VOLUME_SIZE;
    if size.is_some_and(|size| !(min..=max).contains(&size)) {
        return Err(invalid_combination(format!(
            "VolumeSizeInGb must be between {min} and {max}"
        )));
    }
    Ok(())
}
