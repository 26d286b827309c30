//! The simulated accounts: regions, what exists in them, and the indexes that
//! let a page of 100,000 sessions be cut out without reading them all.

mod agenda;
mod inventory;
mod metrics;
mod scaling;
mod sessions;
mod state;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::Ids;
use crate::resource::fleet::{Fleet, Stack};
use crate::resource::instance::Instance;
use crate::resource::metric::{Metric, MetricKey};
use crate::resource::pool::{Pool, PoolSession};
use crate::resource::role::Role;
use crate::resource::session::{Session, StreamingUrl};
use agenda::Agenda;
use inventory::Inventory;
pub use scaling::Scaling;
use state::State;

/// Page size of operations without a parameter for it. AWS does not document it.
const DEFAULT_PAGE_SIZE: usize = 20;

fn default_page_size() -> usize {
    DEFAULT_PAGE_SIZE
}

fn no_limit() -> usize {
    usize::MAX
}

/// One AWS account with everything the simulator answers from, and the other
/// accounts its roles lead to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct World {
    /// Twelve-digit account id, part of every ARN.
    pub account_id: String,
    /// Page size where the request cannot choose one; zero counts as one.
    #[serde(default = "default_page_size")]
    pub page_size: usize,
    /// Page size that no request can exceed, where an operation has `MaxResults`.
    #[serde(default = "no_limit")]
    pub most_results: usize,
    /// The instance that the client runs on.
    #[serde(default)]
    pub instance: Instance,
    #[serde(default)]
    regions: BTreeMap<String, Region>,
    everywhere: Option<Region>,
    #[serde(default)]
    roles: BTreeMap<String, Role>,
    #[serde(default)]
    members: BTreeMap<String, World>,
}

/// The resources of one region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "State", into = "State")]
pub struct Region {
    fleets: BTreeMap<String, Fleet>,
    stacks: BTreeMap<String, Stack>,
    associations: BTreeSet<(String, String)>,
    /// Shared between copies of the world, so that a change copies only the sessions that it touches.
    sessions: BTreeMap<Route, Arc<SessionsByType>>,
    pools: BTreeMap<String, Pool>,
    pool_sessions: BTreeMap<String, Vec<PoolSession>>,
    inventory: Inventory,
    scaling: Scaling,
    metrics: BTreeMap<MetricKey, Metric>,
    /// The streaming URLs that were given out, by their tokens.
    pub(crate) streaming_urls: BTreeMap<String, StreamingUrl>,
    /// Ids for what operations create.
    pub(crate) ids: Ids,
    agenda: Agenda,
    /// When something here changes by itself; `None` while nothing does.
    pub(crate) changes_at: Option<f64>,
}

/// Fleet and stack, which `DescribeSessions` requires.
type Route = (String, String);

/// Sessions of one route by the authentication type that lists them.
type SessionsByType = BTreeMap<Cow<'static, str>, Vec<Session>>;

impl World {
    /// An account in which nothing exists yet.
    pub fn new(account_id: impl Into<String>) -> Self {
        Self {
            account_id: account_id.into(),
            page_size: DEFAULT_PAGE_SIZE,
            most_results: usize::MAX,
            instance: Instance::new(),
            regions: BTreeMap::new(),
            everywhere: None,
            roles: BTreeMap::new(),
            members: BTreeMap::new(),
        }
    }

    /// Sets what exists in a region.
    pub fn region(mut self, name: impl Into<String>, region: Region) -> Self {
        self.regions.insert(name.into(), region);
        self
    }

    /// Sets what exists in every region that has not been set by name.
    pub fn everywhere(mut self, region: Region) -> Self {
        self.everywhere = Some(region);
        self
    }

    /// Sets the page size where the request cannot choose one.
    pub fn page_size(mut self, page_size: usize) -> Self {
        self.page_size = page_size;
        self
    }

    /// Sets the page size that no request can exceed, where an operation has `MaxResults`.
    pub fn most_results(mut self, most_results: usize) -> Self {
        self.most_results = most_results;
        self
    }

    /// Sets the instance that the client runs on.
    pub fn instance(mut self, instance: Instance) -> Self {
        self.instance = instance;
        self
    }

    /// Adds a role of this account or replaces the one of that name.
    pub fn role(mut self, role: Role) -> Self {
        self.roles.insert(role.name.clone(), role);
        self
    }

    /// Adds another account of the same organisation or replaces the one of that
    /// id. Its world is seen with credentials of its roles alone. Members it has
    /// itself become members of this account.
    pub fn member(mut self, mut other: World) -> Self {
        self.members.append(&mut other.members);
        self.members.insert(other.account_id.clone(), other);
        self
    }

    /// The member to change; its account id is its key and must stay.
    pub fn member_mut(&mut self, account_id: &str) -> Option<&mut World> {
        self.members.get_mut(account_id)
    }

    /// The role of this account to change; its name is its key and must stay.
    pub fn role_mut(&mut self, name: &str) -> Option<&mut Role> {
        self.roles.get_mut(name)
    }

    /// The roles of this account by name.
    pub fn roles(&self) -> &BTreeMap<String, Role> {
        &self.roles
    }

    /// The ARN a role of that name has in this account, whether there is one or not.
    pub fn role_arn(&self, name: &str) -> String {
        Role::new(name).arn(&self.account_id)
    }

    /// The region to change; one not set by name begins as requests have seen it so far.
    pub fn region_mut(&mut self, name: impl Into<String>) -> &mut Region {
        self.regions
            .entry(name.into())
            .or_insert_with(|| self.everywhere.clone().unwrap_or_default())
    }

    /// This account or the member of that id, to change.
    pub(crate) fn account_mut(&mut self, account_id: &str) -> Option<&mut World> {
        if self.account_id == account_id {
            return Some(self);
        }
        self.members.get_mut(account_id)
    }

    /// The regions set by name, of this account and all members.
    pub(crate) fn all_regions(&self) -> impl Iterator<Item = (&World, &str, &Region)> {
        let accounts = std::iter::once(self).chain(self.members.values());
        accounts.flat_map(|world| {
            let regions = world.regions.iter();
            regions.map(move |(name, region)| (world, name.as_str(), region))
        })
    }

    /// The regions set by name, of this account and all members, to change.
    pub(crate) fn all_regions_mut(&mut self) -> impl Iterator<Item = &mut Region> {
        let members = self.members.values_mut();
        let regions = members.flat_map(|world| world.regions.values_mut());
        self.regions.values_mut().chain(regions)
    }

    /// The regions set by name.
    pub fn regions(&self) -> impl Iterator<Item = (&str, &Region)> {
        self.regions
            .iter()
            .map(|(name, region)| (name.as_str(), region))
    }

    /// This account or the member of that id.
    pub(crate) fn account(&self, account_id: &str) -> Option<&World> {
        if self.account_id == account_id {
            return Some(self);
        }
        self.members.get(account_id)
    }

    /// A role of this account or of a member, with the account it belongs to.
    pub(crate) fn role_of_any(&self, arn: &str) -> Option<(&World, &Role)> {
        let (account_id, name) = Role::parse_arn(arn)?;
        let account = self.account(account_id)?;
        Some((account, account.roles.get(name)?))
    }

    /// The region as a request sees it.
    pub(crate) fn visible_in(&self, name: &str) -> &Region {
        static NOTHING: Region = Region::new();
        self.regions
            .get(name)
            .or(self.everywhere.as_ref())
            .unwrap_or(&NOTHING)
    }
}

impl Region {
    /// A region without resources.
    pub const fn new() -> Self {
        Self {
            fleets: BTreeMap::new(),
            stacks: BTreeMap::new(),
            associations: BTreeSet::new(),
            sessions: BTreeMap::new(),
            pools: BTreeMap::new(),
            pool_sessions: BTreeMap::new(),
            inventory: Inventory::new(),
            scaling: Scaling::new(),
            metrics: BTreeMap::new(),
            streaming_urls: BTreeMap::new(),
            ids: Ids::new(),
            agenda: Agenda::new(),
            changes_at: None,
        }
    }

    /// Adds a fleet, as [`Region::put_fleet`] does.
    pub fn fleet(mut self, fleet: Fleet) -> Self {
        self.put_fleet(fleet);
        self
    }

    /// Adds a stack, as [`Region::put_stack`] does.
    pub fn stack(mut self, stack: Stack) -> Self {
        self.put_stack(stack);
        self
    }

    /// Associates a fleet with a stack, as [`Region::put_association`] does.
    pub fn associate(mut self, fleet: impl Into<String>, stack: impl Into<String>) -> Self {
        self.put_association(fleet, stack);
        self
    }

    /// Adds a session, as [`Region::put_session`] does.
    pub fn session(mut self, session: Session) -> Self {
        self.put_session(session);
        self
    }

    /// Adds a pool, as [`Region::put_pool`] does.
    pub fn pool(mut self, pool: Pool) -> Self {
        self.put_pool(pool);
        self
    }

    /// Adds a pool session, as [`Region::put_pool_session`] does.
    pub fn pool_session(mut self, session: PoolSession) -> Self {
        self.put_pool_session(session);
        self
    }

    /// Adds a fleet or replaces the one of that name.
    pub fn put_fleet(&mut self, fleet: Fleet) {
        self.touch_fleet(&fleet.name);
        self.fleets.insert(fleet.name.clone(), fleet);
    }

    /// Adds a stack or replaces the one of that name.
    pub fn put_stack(&mut self, stack: Stack) {
        self.stacks.insert(stack.name.clone(), stack);
    }

    /// Associates a fleet with a stack; neither needs to exist yet.
    pub fn put_association(&mut self, fleet: impl Into<String>, stack: impl Into<String>) {
        self.associations.insert((fleet.into(), stack.into()));
    }

    /// Adds a pool or replaces the one of that id.
    pub fn put_pool(&mut self, pool: Pool) {
        self.touch_pool(&pool.id);
        self.pools.insert(pool.id.clone(), pool);
    }

    /// Removes a fleet with its associations and sessions.
    pub fn remove_fleet(&mut self, name: &str) -> Option<Fleet> {
        self.associations.retain(|(fleet, _)| fleet != name);
        self.sessions.retain(|(fleet, _), _| fleet != name);
        self.fleets.remove(name)
    }

    /// Removes a stack with its associations and sessions.
    pub fn remove_stack(&mut self, name: &str) -> Option<Stack> {
        self.associations.retain(|(_, stack)| stack != name);
        let with_sessions: Vec<String> = self.fleets_with_sessions_of(name).collect();
        with_sessions
            .iter()
            .for_each(|fleet| self.touch_fleet(fleet));
        self.sessions.retain(|(_, stack), _| stack != name);
        self.stacks.remove(name)
    }

    /// Ends the association of a fleet with a stack; their sessions stay.
    pub fn remove_association(&mut self, fleet: &str, stack: &str) {
        self.associations
            .remove(&(fleet.to_owned(), stack.to_owned()));
    }

    /// Removes a pool with its sessions.
    pub fn remove_pool(&mut self, id: &str) -> Option<Pool> {
        self.pool_sessions.remove(id);
        self.pools.remove(id)
    }

    /// The fleet to change; its name is its key and must stay.
    pub fn fleet_mut(&mut self, name: &str) -> Option<&mut Fleet> {
        self.touch_fleet(name);
        self.fleets.get_mut(name)
    }

    /// The stack to change; its name is its key and must stay.
    pub fn stack_mut(&mut self, name: &str) -> Option<&mut Stack> {
        self.stacks.get_mut(name)
    }

    /// The pool to change.
    pub fn pool_mut(&mut self, id: &str) -> Option<&mut Pool> {
        self.touch_pool(id);
        self.pools.get_mut(id)
    }

    /// All fleets by name.
    pub fn fleets(&self) -> &BTreeMap<String, Fleet> {
        &self.fleets
    }

    /// All stacks by name.
    pub fn stacks(&self) -> &BTreeMap<String, Stack> {
        &self.stacks
    }

    /// All pools by id.
    pub fn pools(&self) -> &BTreeMap<String, Pool> {
        &self.pools
    }

    /// All associations as pairs of fleet and stack.
    pub fn associations(&self) -> &BTreeSet<(String, String)> {
        &self.associations
    }
}
