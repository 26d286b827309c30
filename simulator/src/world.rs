//! The simulated accounts: regions, what exists in them, and the indexes that
//! let a page of 100,000 sessions be cut out without reading them all.

mod inventory;
mod scaling;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::fleet::{Fleet, Stack};
use crate::instance::Instance;
use crate::pool::{Pool, PoolSession};
use crate::role::Role;
use crate::session::Session;
use inventory::Inventory;
pub use scaling::Scaling;

/// Page size of operations whose requests cannot ask for one; AWS publishes none.
const DEFAULT_PAGE_SIZE: usize = 20;

/// One AWS account with everything the simulator answers from, and the other
/// accounts its roles lead to.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// Twelve-digit account id, part of every ARN.
    pub account_id: String,
    /// Page size where the request cannot choose one; zero counts as one.
    pub page_size: usize,
    /// Page size that no request can exceed, where an operation has `MaxResults`.
    pub most_results: usize,
    /// The instance that the client runs on.
    pub instance: Instance,
    regions: BTreeMap<String, Region>,
    everywhere: Option<Region>,
    roles: BTreeMap<String, Role>,
    members: BTreeMap<String, World>,
}

/// What exists in one region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Region {
    fleets: BTreeMap<String, Fleet>,
    stacks: BTreeMap<String, Stack>,
    associations: BTreeSet<(String, String)>,
    sessions: BTreeMap<Route, SessionsByType>,
    pools: BTreeMap<String, Pool>,
    pool_sessions: BTreeMap<String, Vec<PoolSession>>,
    inventory: Inventory,
    scaling: Scaling,
}

/// Fleet and stack: what `DescribeSessions` must be asked with.
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

    /// What a request to this region sees.
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

    /// Adds a session at the end of its list; ids are not checked for uniqueness.
    pub fn put_session(&mut self, session: Session) {
        self.sessions
            .entry((session.fleet.clone(), session.stack.clone()))
            .or_default()
            .entry(session.listed_as.clone())
            .or_default()
            .push(session);
    }

    /// Adds a pool or replaces the one of that id.
    pub fn put_pool(&mut self, pool: Pool) {
        self.pools.insert(pool.id.clone(), pool);
    }

    /// Adds a pool session at the end of its list; ids are not checked for uniqueness.
    pub fn put_pool_session(&mut self, session: PoolSession) {
        self.pool_sessions
            .entry(session.pool.clone())
            .or_default()
            .push(session);
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
        self.sessions.retain(|(_, stack), _| stack != name);
        self.stacks.remove(name)
    }

    /// Ends the association of a fleet with a stack; their sessions stay.
    pub fn remove_association(&mut self, fleet: &str, stack: &str) {
        self.associations
            .remove(&(fleet.to_owned(), stack.to_owned()));
    }

    /// Removes every session of that id.
    pub fn remove_session(&mut self, id: &str) {
        for sessions in self.sessions.values_mut().flat_map(BTreeMap::values_mut) {
            sessions.retain(|session| session.id != id);
        }
    }

    /// Removes a pool with its sessions.
    pub fn remove_pool(&mut self, id: &str) -> Option<Pool> {
        self.pool_sessions.remove(id);
        self.pools.remove(id)
    }

    /// Removes every pool session of that id.
    pub fn remove_pool_session(&mut self, id: &str) {
        for sessions in self.pool_sessions.values_mut() {
            sessions.retain(|session| session.id != id);
        }
    }

    /// The fleet to change; its name is its key and must stay.
    pub fn fleet_mut(&mut self, name: &str) -> Option<&mut Fleet> {
        self.fleets.get_mut(name)
    }

    /// The stack to change; its name is its key and must stay.
    pub fn stack_mut(&mut self, name: &str) -> Option<&mut Stack> {
        self.stacks.get_mut(name)
    }

    /// The first session of that id, to change.
    pub fn session_mut(&mut self, id: &str) -> Option<&mut Session> {
        self.sessions
            .values_mut()
            .flat_map(BTreeMap::values_mut)
            .flatten()
            .find(|session| session.id == id)
    }

    /// The pool to change.
    pub fn pool_mut(&mut self, id: &str) -> Option<&mut Pool> {
        self.pools.get_mut(id)
    }

    /// The first pool session of that id, to change.
    pub fn pool_session_mut(&mut self, id: &str) -> Option<&mut PoolSession> {
        self.pool_sessions
            .values_mut()
            .flatten()
            .find(|session| session.id == id)
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

    /// All sessions, by fleet, stack and authentication type.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values().flat_map(BTreeMap::values).flatten()
    }

    /// All pool sessions, by pool.
    pub fn pool_sessions(&self) -> impl Iterator<Item = &PoolSession> {
        self.pool_sessions.values().flatten()
    }

    /// Sessions of a fleet and stack that one authentication type lists, in order of arrival.
    pub(crate) fn sessions_listed_as(
        &self,
        fleet: &str,
        stack: &str,
        authentication_type: &str,
    ) -> &[Session] {
        self.sessions
            .get(&(fleet.to_owned(), stack.to_owned()))
            .and_then(|by_type| by_type.get(authentication_type))
            .map_or(&[], Vec::as_slice)
    }

    /// Sessions of a pool, in order of arrival.
    pub(crate) fn sessions_of_pool(&self, pool: &str) -> &[PoolSession] {
        self.pool_sessions.get(pool).map_or(&[], Vec::as_slice)
    }
}
