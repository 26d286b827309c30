//! The sessions of all targets one by one, a page at a time: the JSON of `/api/v1/sessions`,
//! and what the page `/sessions` is made from.
//!
//! Made for each request from the lists in memory, which are in order already: nothing is
//! sorted or copied but the sessions of the page. docs/openapi.yaml describes the JSON.

mod cursor;
mod pattern;
mod query;

use std::collections::BTreeSet;
use std::time::SystemTime;

use serde::Serialize;

use super::time::Timestamp;
use crate::model::{Collector, ListedSession, SessionGroup, SessionPlace, Snapshot, TargetRegion};
use cursor::Cursor;
pub(super) use query::{CONNECTIONS, Query, STATES};

/// Collectors that read sessions.
const COLLECTORS: [Collector; 2] = [
    Collector::AppstreamSessions,
    Collector::WorkspacesPoolSessions,
];

/// A page of the list.
#[derive(Debug, Serialize)]
pub(super) struct SessionPage<'a> {
    #[serde(rename = "now_timestamp_seconds")]
    pub(super) now: Timestamp,
    /// The sessions of all selected accounts and regions are known.
    pub(super) complete: bool,
    pub(super) sessions: Vec<Session<'a>>,
    /// `None` on the last page.
    pub(super) next_cursor: Option<String>,
}

/// A session, with where it runs.
#[derive(Serialize)]
pub(super) struct Session<'a> {
    pub(super) id: &'a str,
    pub(super) user: Option<&'a str>,
    pub(super) target: &'a str,
    pub(super) account_id: Option<&'a str>,
    pub(super) region: &'a str,
    pub(super) fleet: Option<&'a str>,
    pub(super) stack: Option<&'a str>,
    pub(super) pool: Option<&'a str>,
    pub(super) pool_name: Option<&'a str>,
    pub(super) authentication_type: Option<&'a str>,
    pub(super) state: Option<&'a str>,
    pub(super) connection: Option<&'a str>,
    #[serde(rename = "start_timestamp_seconds")]
    pub(super) start: Option<f64>,
    #[serde(rename = "expiry_timestamp_seconds")]
    pub(super) expiry: Option<f64>,
    pub(super) instance: Option<&'a str>,
    pub(super) drain_status: Option<&'a str>,
    pub(super) network_interface: Option<&'a str>,
    pub(super) addresses: Vec<&'a str>,
    #[serde(rename = "read_timestamp_seconds")]
    pub(super) read_at: Timestamp,
}

/// A region of a target that has a snapshot.
#[derive(Clone, Copy)]
struct Region<'a> {
    target: &'a str,
    region: &'a str,
    snapshot: &'a Snapshot,
}

impl<'a> SessionPage<'a> {
    /// The sessions that a query selects, from its cursor.
    pub(super) fn of(target_regions: &'a [TargetRegion], query: &Query, now: SystemTime) -> Self {
        let mut page = Self {
            now: Timestamp(now),
            complete: true,
            sessions: Vec::new(),
            next_cursor: None,
        };
        let mut regions: Vec<_> = target_regions.iter().collect();
        // A reload may change their order, and a cursor outlives it.
        regions.sort_by(|a, b| (&a.target, &a.region).cmp(&(&b.target, &b.region)));
        for one in regions {
            if !query.accepts_region(&one.region) {
                continue;
            }
            let Some(snapshot) = one.snapshot.as_deref().filter(|one| !one.is_refused) else {
                page.complete &= one.snapshot.is_some();
                continue;
            };
            page.complete &= are_sessions_read(snapshot);
            let region = Region {
                target: &one.target,
                region: &one.region,
                snapshot,
            };
            for group in snapshot.session_groups.iter().flatten() {
                page.add(region, group, query);
            }
        }
        page
    }

    /// Adds the selected sessions of a group until the page is full.
    fn add(&mut self, region: Region<'a>, group: &'a SessionGroup, query: &Query) {
        let account = region.account(&group.place);
        if !query.accepts_place(account.unwrap_or("-"), &group.place) {
            return;
        }
        self.complete &= group.is_complete;
        let place = Cursor::of(region.target, region.region, &group.place);
        let after = match &query.cursor {
            _ if self.next_cursor.is_some() => return,
            Some(cursor) if place < cursor.place() => return,
            Some(cursor) if place == cursor.place() => Some(cursor.id()),
            _ => None,
        };
        let sessions = group.after(after);
        for (session, read_at) in sessions.filter(|(session, _)| query.accepts(*session)) {
            if self.sessions.len() == query.limit {
                let last = self.sessions.last();
                self.next_cursor = last.map(Session::cursor);
                return;
            }
            let session = region.session(account, &group.place, session, read_at);
            self.sessions.push(session);
        }
    }

    /// The page as JSON.
    pub(super) fn json(&self) -> String {
        let json = serde_json::to_string(self).expect("plain values are JSON");
        format!("{json}\n")
    }
}

impl<'a> Region<'a> {
    fn account(self, place: &'a SessionPlace) -> Option<&'a str> {
        let account = match place {
            SessionPlace::Pair { fleet, .. } => self.snapshot.account_of_fleet(fleet),
            SessionPlace::Pool { id, .. } => {
                let pool = self.snapshot.pools.get(id);
                let account = pool.and_then(|pool| pool.account_id.as_ref());
                self.snapshot.account_of(account)
            }
        };
        Some(account).filter(|account| !account.is_empty())
    }

    fn session(
        self,
        account_id: Option<&'a str>,
        place: &'a SessionPlace,
        session: ListedSession<'a>,
        read_at: SystemTime,
    ) -> Session<'a> {
        let (pair, pool) = match place {
            SessionPlace::Pair { fleet, stack } => (Some((fleet, stack)), None),
            SessionPlace::Pool { id, name } => (None, Some((id, name))),
        };
        Session {
            id: session.id(),
            user: session.user(),
            target: self.target,
            account_id,
            region: self.region,
            fleet: pair.map(|(fleet, _)| fleet.as_str()),
            stack: pair.map(|(_, stack)| stack.as_str()),
            pool: pool.map(|(id, _)| id.as_str()),
            pool_name: pool.map(|(_, name)| name.as_str()),
            authentication_type: session.authentication_type(),
            state: session.state(),
            connection: session.connection_state(),
            start: session.started(),
            expiry: session.expires(),
            instance: session.instance(),
            drain_status: session.drain_status(),
            network_interface: session.interface(),
            addresses: session.addresses().collect(),
            read_at: Timestamp(read_at),
        }
    }
}

impl Session<'_> {
    fn cursor(&self) -> String {
        let (kind, group, part) = match (self.pool, self.fleet, self.stack) {
            (Some(pool), ..) => (cursor::POOL, pool, ""),
            (None, fleet, stack) => (
                cursor::PAIR,
                fleet.unwrap_or_default(),
                stack.unwrap_or_default(),
            ),
        };
        Cursor::text((self.target, self.region, kind, group, part), self.id)
    }
}

/// The user and addresses of a session must not come into a log by mistake.
impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// Whether the last refresh has read every session of a region.
fn are_sessions_read(snapshot: &Snapshot) -> bool {
    let collectors = snapshot.collectors.iter();
    let mut of_sessions = collectors.filter(|one| COLLECTORS.contains(&one.collector));
    let is_known = snapshot.has_ended() && snapshot.session_groups.is_some();
    is_known && of_sessions.all(|one| one.success)
}

/// The accounts and regions that have sessions to choose from.
pub(super) fn choices(target_regions: &[TargetRegion]) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let (mut accounts, mut regions) = (BTreeSet::new(), BTreeSet::new());
    for one in target_regions {
        let Some(snapshot) = one.snapshot.as_deref() else {
            continue;
        };
        let region = Region {
            target: &one.target,
            region: &one.region,
            snapshot,
        };
        for group in snapshot.session_groups.iter().flatten() {
            accounts.insert(region.account(&group.place).unwrap_or("-"));
            regions.insert(&*one.region);
        }
    }
    (accounts, regions)
}
