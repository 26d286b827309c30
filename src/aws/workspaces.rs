//! WorkSpaces calls for pools, and the SDK's shapes turned into ours.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_workspaces::operation::describe_tags::DescribeTagsError;
use aws_sdk_workspaces::operation::describe_workspaces_pool_sessions::DescribeWorkspacesPoolSessionsError;
use aws_sdk_workspaces::operation::describe_workspaces_pools::DescribeWorkspacesPoolsError;
use aws_sdk_workspaces::types;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::call::send;
use super::clients::Client;
use super::pages::{each_page, fetch, keyed_list};
use super::raw_body::RawBody;
use super::source::{Listed, Response, WorkspacesSource};
use super::time::moment;
use crate::model::{
    CONNECTION_STATES, Label, POOL_AUTHENTICATION_TYPES, POOL_STATES, Pool, PoolCapacity, PoolId,
    PoolSession, PoolSessionFold, PoolSessionTally, Tags, account_of_arn, count_errors,
    known_label,
};

/// The most that AWS gives.
const POOLS_PER_PAGE: i32 = 25;
/// The maximum. The default of AWS is 20.
const SESSIONS_PER_PAGE: i32 = 50;

impl WorkspacesSource for Client {
    async fn describe_workspaces_pools(&self) -> Response<BTreeMap<PoolId, Pool>> {
        let call = self.call::<DescribeWorkspacesPoolsError>();
        let fetch = async |token| {
            let raw = RawBody::<RawPage>::default();
            let request = self.workspaces.describe_workspaces_pools();
            let request = request.limit(POOLS_PER_PAGE).set_next_token(token);
            let page = send!(call, request, raw)?;
            let raw = raw.take().map_err(|wrong| call.unreadable(wrong))?.by_id();
            let pools = page.workspaces_pools.map(|pools| {
                let pools = pools.into_iter();
                pools.map(|entry| pool(entry, &raw)).collect()
            });
            Ok((pools, page.next_token))
        };
        keyed_list(&call, fetch, |pool| pool.ok_or("a pool without PoolId")).await
    }

    async fn describe_pool_tags(&self, pool: &PoolId) -> Response<Tags> {
        let call = self.call::<DescribeTagsError>();
        let request = self.workspaces.describe_tags().resource_id(pool.as_str());
        let tags = call.required(send!(call, request)?.tag_list)?.into_iter();
        call.context.progress.page();
        // AWS may leave out an empty value.
        let tags = tags.map(|tag| (tag.key, tag.value.unwrap_or_default()));
        let value = tags.collect();
        Ok(Listed { value, calls: 1 })
    }

    async fn describe_workspaces_pool_sessions(
        &self,
        pool: &PoolId,
        is_listed: bool,
    ) -> Response<PoolSessionTally> {
        let call = self.call::<DescribeWorkspacesPoolSessionsError>();
        let request = || {
            let request = self.workspaces.describe_workspaces_pool_sessions();
            request.pool_id(pool.as_str()).limit(SESSIONS_PER_PAGE)
        };
        let mut fold = PoolSessionFold::new(is_listed);
        let take = |session| {
            fold.add(&pool_session(session).ok_or("a session without SessionId")?);
            Ok(())
        };
        let calls = each_page(&call, fetch!(call, request(), sessions), take).await?;
        let value = fold.finish();
        Ok(Listed { value, calls })
    }
}

/// `None` for a pool without an ID, which cannot be identified.
fn pool(pool: types::WorkspacesPool, raw: &HashMap<String, RawPool>) -> Option<(PoolId, Pool)> {
    let given = raw.get(&pool.pool_id)?;
    let timeouts = pool.timeout_settings;
    let id = PoolId::from(some_text(pool.pool_id)?);
    let pool = Pool {
        id: id.clone(),
        name: pool.pool_name,
        account_id: account_of_arn(&pool.pool_arn),
        bundle_id: some_text(pool.bundle_id),
        directory_id: some_text(pool.directory_id),
        running_mode: given
            .running_mode
            .is_some()
            .then(|| pool.running_mode.as_str().to_owned()),
        state: Some(known_label(pool.state.as_str(), &POOL_STATES)),
        capacity: given
            .capacity
            .as_ref()
            .map(RawCapacity::values)
            .unwrap_or_default(),
        max_user_duration_seconds: timeouts
            .as_ref()
            .and_then(|settings| settings.max_user_duration_in_seconds),
        disconnect_timeout_seconds: timeouts
            .as_ref()
            .and_then(|settings| settings.disconnect_timeout_in_seconds),
        idle_disconnect_timeout_seconds: timeouts
            .as_ref()
            .and_then(|settings| settings.idle_disconnect_timeout_in_seconds),
        created: given.created_at.and_then(|_| moment(&pool.created_at)),
        errors: count_errors(
            pool.errors
                .unwrap_or_default()
                .into_iter()
                .map(|error| error.error_code.map(|code| code.as_str().to_owned())),
        ),
    };
    Some((id, pool))
}

fn pool_session(session: types::WorkspacesPoolSession) -> Option<PoolSession> {
    let label = |value: &str, known: &[&'static str]| -> Label { known_label(value, known) };
    let network = session.network_access_configuration;
    let (interface_id, private) = network.map_or((None, None), |network| {
        (network.eni_id, network.eni_private_ip_address)
    });
    Some(PoolSession {
        id: some_text(session.session_id)?,
        user_id: some_text(session.user_id),
        instance_id: session.instance_id,
        authentication_type: session
            .authentication_type
            .map(|value| label(value.as_str(), &POOL_AUTHENTICATION_TYPES)),
        connection_state: session
            .connection_state
            .map(|value| label(value.as_str(), &CONNECTION_STATES)),
        interface_id,
        addresses: private.into_iter().collect(),
        started: session.start_time.as_ref().and_then(moment),
        expires: session.expiration_time.as_ref().and_then(moment),
    })
}

/// The SDK gives an empty text where a required one is missing.
fn some_text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// The pools of a page as AWS sent them: see [`RawBody`]. The SDK also fills in `AUTO_STOP` for a
/// missing running mode.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawPage {
    #[serde(default)]
    workspaces_pools: Option<Vec<RawPool>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawPool {
    pool_id: Option<String>,
    created_at: Option<IgnoredAny>,
    running_mode: Option<IgnoredAny>,
    #[serde(rename = "CapacityStatus")]
    capacity: Option<RawCapacity>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawCapacity {
    desired_user_sessions: Option<i32>,
    actual_user_sessions: Option<i32>,
    active_user_sessions: Option<i32>,
    available_user_sessions: Option<i32>,
}

impl RawPage {
    fn by_id(self) -> HashMap<String, RawPool> {
        let pools = self.workspaces_pools.unwrap_or_default().into_iter();
        let by_id = |mut pool: RawPool| (pool.pool_id.take().unwrap_or_default(), pool);
        pools.map(by_id).collect()
    }
}

impl RawCapacity {
    fn values(&self) -> PoolCapacity {
        PoolCapacity {
            desired: self.desired_user_sessions,
            actual: self.actual_user_sessions,
            active: self.active_user_sessions,
            available: self.available_user_sessions,
        }
    }
}
