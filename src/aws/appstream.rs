//! AppStream calls, and the SDK's shapes turned into ours.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_appstream::operation::describe_fleets::DescribeFleetsError;
use aws_sdk_appstream::operation::describe_sessions::DescribeSessionsError;
use aws_sdk_appstream::operation::describe_stacks::DescribeStacksError;
use aws_sdk_appstream::operation::list_associated_stacks::ListAssociatedStacksError;
use aws_sdk_appstream::operation::list_tags_for_resource::ListTagsForResourceError;
use aws_sdk_appstream::types;

use super::call::send;
use super::clients::Client;
use super::error::Error;
use super::pages::{each_page, fetch, keyed_list};
use super::source::{AppstreamSource, Listed, Response};
use super::time::moment;
use crate::model::{
    AUTHENTICATION_TYPES, CONNECTION_STATES, Capacity, ErrorCounts, FLEET_STATES, Fleet, FleetName,
    ImageArn, Label, SESSION_STATES, Session, SessionFold, Stack, StackName, Tags, TypeTally,
    account_of_arn, count_errors, known_label,
};

/// The maximum. The default of AWS is 20.
const SESSIONS_PER_PAGE: i32 = 50;
const DRAIN_STATUSES: [&str; 3] = ["ACTIVE", "DRAINING", "NOT_APPLICABLE"];
const FLEET_TYPES: [&str; 3] = ["ALWAYS_ON", "ON_DEMAND", "ELASTIC"];

impl AppstreamSource for Client {
    async fn describe_fleets(&self) -> Response<BTreeMap<FleetName, Fleet>> {
        let call = self.call::<DescribeFleetsError>();
        let fetch = fetch!(call, self.appstream.describe_fleets(), fleets);
        keyed_list(&call, fetch, fleet).await
    }

    async fn describe_stacks(&self) -> Response<BTreeMap<StackName, Stack>> {
        let call = self.call::<DescribeStacksError>();
        let fetch = fetch!(call, self.appstream.describe_stacks(), stacks);
        keyed_list(&call, fetch, stack).await
    }

    async fn list_associated_stacks(&self, fleet: &FleetName) -> Response<BTreeSet<StackName>> {
        let call = self.call::<ListAssociatedStacksError>();
        let request = || {
            self.appstream
                .list_associated_stacks()
                .fleet_name(fleet.as_str())
        };
        let mut value = BTreeSet::new();
        let take = |name| {
            value.insert(StackName::from(name));
            Ok(())
        };
        let calls = each_page(&call, fetch!(call, request(), names), take).await?;
        Ok(Listed { value, calls })
    }

    async fn list_tags(&self, arn: &str) -> Response<Tags> {
        let call = self.call::<ListTagsForResourceError>();
        let request = self.appstream.list_tags_for_resource().resource_arn(arn);
        let tags = call.required(send!(call, request)?.tags)?;
        call.context.progress.page();
        let value = tags.into_iter().collect();
        Ok(Listed { value, calls: 1 })
    }

    async fn describe_sessions(
        &self,
        fleet: &FleetName,
        stack: &StackName,
        authentication_type: &Label,
        is_listed: bool,
    ) -> Response<TypeTally> {
        let call = self.call::<DescribeSessionsError>();
        let request = || {
            let request = self.appstream.describe_sessions();
            request
                .fleet_name(fleet.as_str())
                .stack_name(stack.as_str())
                .authentication_type(types::AuthenticationType::from(&**authentication_type))
                .limit(SESSIONS_PER_PAGE)
        };
        let mut fold = SessionFold::new(authentication_type.clone()).with_list(is_listed);
        let take = |session| {
            fold.add(&self::session(session)?);
            Ok(())
        };
        let calls = each_page(&call, fetch!(call, request(), sessions), take).await?;
        let value = fold.finish();
        Ok(Listed { value, calls })
    }
}

impl Client {
    /// Whether `DescribeFleets` is answered: its first page, of which nothing is kept.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        let call = self.call::<DescribeFleetsError>();
        let page = send!(call, self.appstream.describe_fleets())?;
        call.required(page.fleets)?;
        Ok(())
    }
}

/// A fleet without a name cannot be identified.
fn fleet(fleet: types::Fleet) -> Result<(FleetName, Fleet), &'static str> {
    let name = FleetName::from(fleet.name.ok_or("a fleet without Name")?);
    let image_arn = fleet.image_arn.map(ImageArn::from);
    let image = fleet
        .image_name
        .filter(|name| !name.is_empty())
        .or_else(|| Some(image_arn.as_ref()?.image().to_owned()));
    let fleet = Fleet {
        name: name.clone(),
        account_id: fleet.arn.as_deref().and_then(account_of_arn),
        arn: fleet.arn,
        fleet_type: fleet
            .fleet_type
            .map(|value| known_label(value.as_str(), &FLEET_TYPES)),
        instance_type: fleet.instance_type,
        platform: fleet.platform.map(|value| value.as_str().to_owned()),
        image,
        image_arn,
        stream_view: fleet.stream_view.map(|value| value.as_str().to_owned()),
        display_name: fleet.display_name,
        state: fleet
            .state
            .map(|value| known_label(value.as_str(), &FLEET_STATES)),
        capacity: fleet
            .compute_capacity_status
            .map(capacity)
            .unwrap_or_default(),
        max_sessions_per_instance: fleet.max_sessions_per_instance,
        max_concurrent_sessions: fleet.max_concurrent_sessions,
        max_user_duration_seconds: fleet.max_user_duration_in_seconds,
        disconnect_timeout_seconds: fleet.disconnect_timeout_in_seconds,
        idle_disconnect_timeout_seconds: fleet.idle_disconnect_timeout_in_seconds,
        created: fleet.created_time.as_ref().and_then(moment),
        default_internet_access: fleet.enable_default_internet_access,
        root_volume_gib: fleet
            .root_volume_config
            .and_then(|config| config.volume_size_in_gb),
        is_imdsv1_disabled: fleet.disable_imdsv1,
        errors: count_errors(
            fleet
                .fleet_errors
                .unwrap_or_default()
                .into_iter()
                .map(|error| error.error_code.map(|code| code.as_str().to_owned())),
        ),
    };
    Ok((name, fleet))
}

fn capacity(status: types::ComputeCapacityStatus) -> Capacity {
    Capacity {
        desired: status.desired,
        running: status.running,
        in_use: status.in_use,
        available: status.available,
        draining: status.draining,
        desired_user_sessions: status.desired_user_sessions,
        actual_user_sessions: status.actual_user_sessions,
        active_user_sessions: status.active_user_sessions,
        available_user_sessions: status.available_user_sessions,
        drain_active_user_sessions: status.drain_mode_active_user_sessions,
        drain_unused_user_sessions: status.drain_mode_unused_user_sessions,
    }
}

fn stack(stack: types::Stack) -> Result<(StackName, Stack), &'static str> {
    let name = StackName::from(stack.name.ok_or("a stack without Name")?);
    let stack = Stack {
        name: name.clone(),
        account_id: stack.arn.as_deref().and_then(account_of_arn),
        arn: stack.arn,
        display_name: stack.display_name,
        errors: count_errors(
            stack
                .stack_errors
                .unwrap_or_default()
                .into_iter()
                .map(|error| error.error_code.map(|code| code.as_str().to_owned())),
        ),
    };
    Ok((name, stack))
}

/// A session without an `Id` cannot be counted once.
fn session(session: types::Session) -> Result<Session, &'static str> {
    let network = session.network_access_configuration;
    let (interface_id, private, ipv6) = network.map_or((None, None, None), |network| {
        let private = network.eni_private_ip_address;
        (network.eni_id, private, network.eni_ipv6_addresses)
    });
    Ok(Session {
        id: session.id.ok_or("a session without Id")?,
        user_id: session.user_id,
        instance_id: session.instance_id,
        authentication_type: session
            .authentication_type
            .map(|value| known_label(value.as_str(), &AUTHENTICATION_TYPES)),
        state: session
            .state
            .map(|value| known_label(value.as_str(), &SESSION_STATES)),
        connection_state: session
            .connection_state
            .map(|value| known_label(value.as_str(), &CONNECTION_STATES)),
        drain_status: session
            .instance_drain_status
            .map(|value| known_label(value.as_str(), &DRAIN_STATUSES)),
        interface_id,
        addresses: private
            .into_iter()
            .chain(ipv6.into_iter().flatten())
            .collect(),
        started: session.start_time.as_ref().and_then(moment),
        expires: session.max_expiration_time.as_ref().and_then(moment),
    })
}

/// `LatestAppstreamAgentVersion` of an image or an image builder.
pub(super) fn is_agent_latest(value: Option<types::LatestAppstreamAgentVersion>) -> Option<bool> {
    match value? {
        types::LatestAppstreamAgentVersion::True => Some(true),
        types::LatestAppstreamAgentVersion::False => Some(false),
        _ => None,
    }
}

/// The errors of an image or a builder by their codes.
pub(super) fn resource_errors(errors: Option<Vec<types::ResourceError>>) -> ErrorCounts {
    let errors = errors.unwrap_or_default().into_iter();
    count_errors(errors.map(|error| error.error_code.map(|code| code.as_str().to_owned())))
}
