//! A region as JSON: lists in place of the indexes, whose keys no JSON object could have.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Inventory, Region, Scaling};
use crate::ids::Ids;
use crate::resource::fleet::{Fleet, Stack};
use crate::resource::metric::Metric;
use crate::resource::pool::{Pool, PoolSession};
use crate::resource::session::{Session, StreamingUrl};

/// The resources of a region. Each list is optional.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    fleets: Vec<Fleet>,
    stacks: Vec<Stack>,
    /// Pairs of fleet and stack.
    associations: Vec<(String, String)>,
    sessions: Vec<Session>,
    pools: Vec<Pool>,
    pool_sessions: Vec<PoolSession>,
    inventory: Inventory,
    scaling: Scaling,
    metrics: Vec<Metric>,
    #[serde(rename = "visits")]
    streaming_urls: BTreeMap<String, StreamingUrl>,
    ids: Ids,
}

impl From<Region> for State {
    fn from(region: Region) -> Self {
        let sessions = region.sessions.into_values();
        let pool_sessions = region.pool_sessions.into_values();
        Self {
            fleets: region.fleets.into_values().collect(),
            stacks: region.stacks.into_values().collect(),
            associations: region.associations.into_iter().collect(),
            sessions: sessions
                .flat_map(|by_type| Arc::unwrap_or_clone(by_type).into_values())
                .flatten()
                .collect(),
            pools: region.pools.into_values().collect(),
            pool_sessions: pool_sessions.flatten().collect(),
            inventory: region.inventory,
            scaling: region.scaling,
            metrics: region.metrics.into_values().collect(),
            streaming_urls: region.streaming_urls,
            ids: region.ids,
        }
    }
}

impl From<State> for Region {
    fn from(state: State) -> Self {
        let mut region = Region::new();
        state
            .fleets
            .into_iter()
            .for_each(|fleet| region.put_fleet(fleet));
        state
            .stacks
            .into_iter()
            .for_each(|stack| region.put_stack(stack));
        region.associations.extend(state.associations);
        let sessions = state.sessions.into_iter();
        sessions.for_each(|session| region.put_session(session));
        state
            .pools
            .into_iter()
            .for_each(|pool| region.put_pool(pool));
        let pool_sessions = state.pool_sessions.into_iter();
        pool_sessions.for_each(|session| region.put_pool_session(session));
        region.inventory = state.inventory;
        region.scaling = state.scaling;
        let metrics = state.metrics.into_iter();
        metrics.for_each(|metric| region.put_metric(metric));
        region.streaming_urls = state.streaming_urls;
        region.ids = state.ids;
        region
    }
}
