//! The sessions of a region, indexed by the requests that list them.

use std::sync::Arc;

use super::Region;
use crate::ids::Ids;
use crate::resource::fleet::Fleet;
use crate::resource::pool::{Pool, PoolSession};
use crate::resource::session::Session;

impl Region {
    /// Adds a session at the end of its list; ids are not checked for uniqueness.
    pub fn put_session(&mut self, session: Session) {
        self.touch_fleet(&session.fleet);
        let route = (session.fleet.clone(), session.stack.clone());
        let by_type = self.sessions.entry(route).or_default();
        Arc::make_mut(by_type)
            .entry(session.listed_as.clone())
            .or_default()
            .push(session);
    }

    /// Adds a pool session at the end of its list; ids are not checked for uniqueness.
    pub fn put_pool_session(&mut self, session: PoolSession) {
        self.touch_pool(&session.pool);
        self.pool_sessions
            .entry(session.pool.clone())
            .or_default()
            .push(session);
    }

    /// Removes every session of that id.
    pub fn remove_session(&mut self, id: &str) {
        while let Some((fleet, stack)) = self.route_of(id) {
            self.touch_fleet(&fleet);
            if let Some(by_type) = self.sessions.get_mut(&(fleet, stack)) {
                let lists = Arc::make_mut(by_type).values_mut();
                lists.for_each(|sessions| sessions.retain(|session| session.id != id));
            }
        }
    }

    /// Removes every pool session of that id.
    pub fn remove_pool_session(&mut self, id: &str) {
        while let Some(pool) = self.pool_of(id) {
            self.touch_pool(&pool);
            self.retain_pool_sessions(&pool, |session| session.id != id);
        }
    }

    /// The first session of that id, to change.
    pub fn session_mut(&mut self, id: &str) -> Option<&mut Session> {
        let (fleet, stack) = self.route_of(id)?;
        self.session_of_mut(&fleet, &stack, id)
    }

    /// The session of that id, fleet and stack, to change.
    pub(crate) fn session_of_mut(
        &mut self,
        fleet: &str,
        stack: &str,
        id: &str,
    ) -> Option<&mut Session> {
        self.touch_fleet(fleet);
        let route = (fleet.to_owned(), stack.to_owned());
        let by_type = self.sessions.get_mut(&route)?;
        let mut sessions = Arc::make_mut(by_type).values_mut().flatten();
        sessions.find(|session| session.id == id)
    }

    /// Fleet and stack of the first session of that id.
    pub(crate) fn route_of(&self, id: &str) -> Option<(String, String)> {
        let session = self.sessions().find(|session| session.id == id)?;
        Some((session.fleet.clone(), session.stack.clone()))
    }

    /// The pool of the first pool session of that id.
    pub(crate) fn pool_of(&self, id: &str) -> Option<String> {
        let session = self.pool_sessions().find(|session| session.id == id)?;
        Some(session.pool.clone())
    }

    /// The session of that id and pool, to change.
    pub(crate) fn session_of_pool_mut(&mut self, pool: &str, id: &str) -> Option<&mut PoolSession> {
        self.touch_pool(pool);
        let mut sessions = self.pool_sessions.get_mut(pool)?.iter_mut();
        sessions.find(|session| session.id == id)
    }

    /// All sessions, by fleet, stack and authentication type.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        let routes = self.sessions.values();
        routes.flat_map(|by_type| by_type.values().flatten())
    }

    /// All pool sessions, by pool.
    pub fn pool_sessions(&self) -> impl Iterator<Item = &PoolSession> {
        self.pool_sessions.values().flatten()
    }

    /// The fleets that have sessions of a stack.
    pub(crate) fn fleets_with_sessions_of(&self, stack: &str) -> impl Iterator<Item = String> {
        let routes = self.sessions.keys().filter(move |(_, one)| one == stack);
        routes.map(|(fleet, _)| fleet.clone())
    }

    /// Sessions of a fleet and stack.
    pub(crate) fn sessions_of(&self, fleet: &str, stack: &str) -> impl Iterator<Item = &Session> {
        let by_type = self.sessions.get(&(fleet.to_owned(), stack.to_owned()));
        by_type
            .into_iter()
            .flat_map(|by_type| by_type.values().flatten())
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

    /// A fleet, its sessions, and ids for what is added to them.
    pub(crate) fn fleet_with_sessions(
        &mut self,
        name: &str,
    ) -> Option<(&mut Fleet, Vec<&mut Session>, &mut Ids)> {
        let fleet = self.fleets.get_mut(name)?;
        let first = (name.to_owned(), String::new());
        let routes = self.sessions.range_mut(first..);
        let routes = routes.take_while(|((fleet, _), _)| fleet == name);
        let sessions =
            routes.flat_map(|(_, by_type)| Arc::make_mut(by_type).values_mut().flatten());
        Some((fleet, sessions.collect(), &mut self.ids))
    }

    /// A pool, its sessions, and ids for what is added to them.
    pub(crate) fn pool_with_sessions(
        &mut self,
        id: &str,
    ) -> Option<(&mut Pool, Vec<&mut PoolSession>, &mut Ids)> {
        let pool = self.pools.get_mut(id)?;
        let sessions = self.pool_sessions.get_mut(id).into_iter().flatten();
        Some((pool, sessions.collect(), &mut self.ids))
    }

    /// Keeps only some sessions of a fleet.
    pub(crate) fn retain_sessions(&mut self, fleet: &str, keep: impl Fn(&Session) -> bool) {
        let first = (fleet.to_owned(), String::new());
        let routes = self.sessions.range_mut(first..);
        for (_, by_type) in routes.take_while(|((name, _), _)| name == fleet) {
            let lists = Arc::make_mut(by_type).values_mut();
            lists.for_each(|sessions| sessions.retain(&keep));
        }
    }

    /// Keeps only some sessions of a pool.
    pub(crate) fn retain_pool_sessions(&mut self, pool: &str, keep: impl Fn(&PoolSession) -> bool) {
        if let Some(sessions) = self.pool_sessions.get_mut(pool) {
            sessions.retain(keep);
        }
    }
}
