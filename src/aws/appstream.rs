//! AppStream calls, and the SDK's shapes turned into ours.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_appstream::operation::describe_fleets::DescribeFleetsError;
use aws_sdk_appstream::operation::describe_sessions::DescribeSessionsError;
use aws_sdk_appstream::operation::describe_stacks::DescribeStacksError;
use aws_sdk_appstream::operation::list_associated_stacks::ListAssociatedStacksError;
use aws_sdk_appstream::operation::list_tags_for_resource::ListTagsForResourceError;
use aws_sdk_appstream::types;

use super::clients::Client;
use super::error::Error;
use super::pages::each_page;
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
        let mut fleets = BTreeMap::new();
        let fetch = async |token| {
            let request = self.appstream.describe_fleets().set_next_token(token);
            let request = request
                .customize()
                .interceptor(self.appstream_calls.interceptor::<DescribeFleetsError>());
            let page = request.send().await?;
            Ok((page.fleets, page.next_token))
        };
        let calls = each_page::<DescribeFleetsError, _, _>(&self.appstream_calls, fetch, |fleet| {
            let fleet = self::fleet(fleet).ok_or("a fleet without Name")?;
            fleets.insert(fleet.name.clone(), fleet);
            Ok(())
        })
        .await?;
        Ok(Listed {
            value: fleets,
            calls,
        })
    }

    async fn describe_stacks(&self) -> Response<BTreeMap<StackName, Stack>> {
        let mut stacks = BTreeMap::new();
        let fetch = async |token| {
            let request = self.appstream.describe_stacks().set_next_token(token);
            let request = request
                .customize()
                .interceptor(self.appstream_calls.interceptor::<DescribeStacksError>());
            let page = request.send().await?;
            Ok((page.stacks, page.next_token))
        };
        let calls = each_page::<DescribeStacksError, _, _>(&self.appstream_calls, fetch, |stack| {
            let stack = self::stack(stack).ok_or("a stack without Name")?;
            stacks.insert(stack.name.clone(), stack);
            Ok(())
        })
        .await?;
        Ok(Listed {
            value: stacks,
            calls,
        })
    }

    async fn list_associated_stacks(&self, fleet: &FleetName) -> Response<BTreeSet<StackName>> {
        let mut names = BTreeSet::new();
        let fetch = async |token| {
            let request = self
                .appstream
                .list_associated_stacks()
                .fleet_name(fleet.as_str())
                .set_next_token(token);
            let request = request.customize().interceptor(
                self.appstream_calls
                    .interceptor::<ListAssociatedStacksError>(),
            );
            let page = request.send().await?;
            Ok((page.names, page.next_token))
        };
        let calls =
            each_page::<ListAssociatedStacksError, _, _>(&self.appstream_calls, fetch, |name| {
                names.insert(StackName::from(name));
                Ok(())
            })
            .await?;
        Ok(Listed {
            value: names,
            calls,
        })
    }

    async fn list_tags(&self, arn: &str) -> Response<Tags> {
        let calls = &self.appstream_calls;
        let request = self.appstream.list_tags_for_resource().resource_arn(arn);
        let interceptor = calls.interceptor::<ListTagsForResourceError>();
        let answer = request.customize().interceptor(interceptor).send().await?;
        let tags = calls.required::<ListTagsForResourceError, _>(answer.tags)?;
        calls.progress.page();
        Ok(Listed {
            value: tags.into_iter().collect(),
            calls: 1,
        })
    }

    async fn describe_sessions(
        &self,
        fleet: &FleetName,
        stack: &StackName,
        authentication_type: &Label,
        is_listed: bool,
    ) -> Response<TypeTally> {
        let mut fold = SessionFold::new(authentication_type.clone()).with_list(is_listed);
        let fetch = async |token| {
            let request = self
                .appstream
                .describe_sessions()
                .fleet_name(fleet.as_str())
                .stack_name(stack.as_str())
                .authentication_type(types::AuthenticationType::from(&**authentication_type))
                .limit(SESSIONS_PER_PAGE)
                .set_next_token(token);
            let request = request
                .customize()
                .interceptor(self.appstream_calls.interceptor::<DescribeSessionsError>());
            let page = request.send().await?;
            Ok((page.sessions, page.next_token))
        };
        let calls =
            each_page::<DescribeSessionsError, _, _>(&self.appstream_calls, fetch, |session| {
                fold.add(&self::session(session).ok_or("a session without Id")?);
                Ok(())
            })
            .await?;
        let value = fold.finish();
        Ok(Listed { value, calls })
    }
}

impl Client {
    /// Whether `DescribeFleets` is answered: its first page, of which nothing is kept.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        let request = self.appstream.describe_fleets().customize();
        let request =
            request.interceptor(self.appstream_calls.interceptor::<DescribeFleetsError>());
        let page = request.send().await?;
        let calls = &self.appstream_calls;
        calls.required::<DescribeFleetsError, _>(page.fleets)?;
        Ok(())
    }
}

/// `None` for a fleet without a name, which cannot be identified.
fn fleet(fleet: types::Fleet) -> Option<Fleet> {
    let image_arn = fleet.image_arn.map(ImageArn::from);
    let image = fleet
        .image_name
        .filter(|name| !name.is_empty())
        .or_else(|| Some(image_arn.as_ref()?.image().to_owned()));
    Some(Fleet {
        name: FleetName::from(fleet.name?),
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
    })
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

fn stack(stack: types::Stack) -> Option<Stack> {
    Some(Stack {
        name: StackName::from(stack.name?),
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
    })
}

/// `None` for a session without an `Id`, which cannot be counted once.
fn session(session: types::Session) -> Option<Session> {
    let network = session.network_access_configuration;
    let (interface_id, private, ipv6) = network.map_or((None, None, None), |network| {
        let private = network.eni_private_ip_address;
        (network.eni_id, private, network.eni_ipv6_addresses)
    });
    Some(Session {
        id: session.id?,
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
