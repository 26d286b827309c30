//! Fleets and pools of all targets as plain values: the JSON of `/api/v1/fleets` and
//! `/api/v1/pools`, and what the pages are made from.
//!
//! Made for each request from values that are in memory. docs/openapi.yaml describes the JSON.

mod attention;
mod filter;
mod settings;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::status::About;
use super::time::Timestamp;
use crate::exposition::Exposition;
use crate::history::{History, Point, Resource};
use crate::model::{
    Collector, Fleet, FleetPairs, Occupancy, Pool, ScalingLists, ScheduledAction, Slots, Snapshot,
    TargetRegion,
};
pub(super) use attention::{Urgency, error_in_words};
pub(super) use filter::Filter;
pub(super) use settings::Settings;
use values::{HistoryPoint, Scaling, SessionCount};

/// All fleets and pools, the most urgent first.
#[derive(Debug)]
pub(super) struct Overview {
    pub(super) now: Timestamp,
    /// Points further apart are not connected: the number between them was too old to show.
    pub(super) max_age: Duration,
    pub(super) entries: Vec<FleetOrPool>,
    /// Regions of targets in which a collector fails.
    pub(super) regions_failing: usize,
    /// The first refresh of every region has ended.
    pub(super) is_ready: bool,
}

/// A fleet or a pool.
#[derive(Debug, Serialize)]
pub(super) struct FleetOrPool {
    #[serde(skip)]
    pub(super) kind: Kind,
    pub(super) target: String,
    /// `None` while no ARN and no role names it.
    pub(super) account_id: Option<String>,
    pub(super) region: String,
    /// Of pools only: a fleet is known by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) state: Option<String>,
    pub(super) urgency: Urgency,
    /// Why it needs attention, in words; empty when it does not.
    pub(super) attention: Vec<String>,
    pub(super) capacity: Slots,
    /// `None` where nothing scales it, or that is not known.
    pub(super) scaling: Option<Scaling>,
    pub(super) scheduled_actions: Vec<ScheduledAction>,
    /// `None` while the sessions of any stack are not known.
    pub(super) sessions: Option<Occupancy>,
    /// Sessions are read, and the first refresh has ended.
    #[serde(skip)]
    pub(super) has_sessions_read: bool,
    /// `None` while they are not known, and for pools, which have none.
    pub(super) stacks: Option<Vec<String>>,
    pub(super) session_counts: Vec<SessionCount>,
    pub(super) errors: BTreeMap<String, i32>,
    pub(super) settings: Settings,
    #[serde(rename = "read_timestamp_seconds")]
    pub(super) read_at: Option<Timestamp>,
    #[serde(rename = "sessions_read_timestamp_seconds")]
    pub(super) sessions_read_at: Option<Timestamp>,
    #[serde(skip)]
    pub(super) points: Vec<Point>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) history: Option<Vec<HistoryPoint>>,
}

/// Fleets and pools have pages of the same form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Fleet,
    Pool,
}

impl Overview {
    /// As of now.
    pub(super) fn of(exposition: &Exposition, history: &History, about: &About) -> Self {
        let config = exposition.self_metrics().config_state();
        let stale_after = attention::STALE_INTERVALS * config.interval;
        let now = Timestamp((about.wall_clock)());
        let target_regions = exposition.target_regions();
        let mut entries = Vec::new();
        for target_region in target_regions.iter() {
            entries.extend(of_region(target_region, history));
        }
        for entry in &mut entries {
            attention::judge(entry, now, stale_after);
        }
        entries.sort_by_cached_key(attention::order);
        let failing = |region: &&TargetRegion| {
            let snapshot = region.snapshot.iter();
            snapshot
                .flat_map(|snapshot| &snapshot.collectors)
                .any(|one| !one.success)
        };
        Self {
            now,
            max_age: config.max_age,
            entries,
            regions_failing: target_regions.iter().filter(failing).count(),
            is_ready: exposition.is_ready(),
        }
    }

    /// The fleet or pool that the end of a path names: account, region, and name or id.
    pub(super) fn find(&self, kind: Kind, segments: &str) -> Option<&FleetOrPool> {
        let decoded = segments.split('/').map(|segment| {
            let decoded = percent_decode_str(segment).decode_utf8();
            decoded.ok()
        });
        let decoded: Option<Vec<_>> = decoded.collect();
        let [account, region, key] = &*decoded? else {
            return None;
        };
        self.entries.iter().find(|entry| {
            entry.kind == kind
                && entry.account() == account
                && entry.region == *region
                && entry.key() == key
        })
    }

    /// The fleets or pools that match a filter, as JSON.
    pub(super) fn json(self, kind: Kind, filter: &Filter) -> String {
        let mut entries = self.entries;
        entries.retain(|entry| entry.kind == kind && filter.matches(entry));
        if filter.history {
            for entry in &mut entries {
                entry.history = Some(entry.points.iter().map(HistoryPoint::of).collect());
            }
        }
        let entries = serde_json::to_value(entries).expect("plain values are JSON");
        let answer = serde_json::json!({
            "now_timestamp_seconds": self.now,
            kind.plural(): entries,
        });
        format!("{answer}\n")
    }
}

impl Kind {
    /// The name in JSON and in paths.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::Fleet => "fleets",
            Self::Pool => "pools",
        }
    }

    /// The prefix of the paths of its pages.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Fleet => "/fleets/",
            Self::Pool => "/pools/",
        }
    }

    /// The name in text.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Fleet => "fleet",
            Self::Pool => "pool",
        }
    }
}

impl FleetOrPool {
    /// The name of a fleet or the id of a pool: the last part of its path.
    pub(super) fn key(&self) -> &str {
        self.id.as_ref().unwrap_or(&self.name)
    }

    /// The scaling maximum.
    pub(super) fn maximum(&self) -> Option<i32> {
        self.scaling.as_ref()?.max_capacity
    }

    /// The account, or a dash.
    pub(super) fn account(&self) -> &str {
        self.account_id.as_deref().unwrap_or("-")
    }
}

impl FleetOrPool {
    /// Takes in what is known of its scaling.
    fn scaled_by(mut self, lists: &ScalingLists) -> Self {
        let target = lists.targets.get(self.key());
        self.scaling = target.map(Scaling::of);
        let actions = lists.actions.get(self.key());
        self.scheduled_actions = actions.cloned().unwrap_or_default();
        self
    }
}

fn of_region(target_region: &TargetRegion, history: &History) -> Vec<FleetOrPool> {
    let Some(snapshot) = target_region.snapshot.as_deref() else {
        return Vec::new();
    };
    let mut pairs = snapshot.pairs_by_fleet();
    let fleets = snapshot.fleets.values().map(|one| {
        let pairs = pairs.remove(&one.name).unwrap_or_default();
        fleet(target_region, snapshot, one, &pairs).scaled_by(&snapshot.fleet_scaling.lists)
    });
    let mut entries: Vec<_> = fleets.collect();
    entries.extend(
        snapshot
            .pools
            .values()
            .map(|one| pool(target_region, snapshot, one).scaled_by(&snapshot.pool_scaling.lists)),
    );
    for entry in &mut entries {
        let key = Arc::from(entry.key());
        let resource = match entry.kind {
            Kind::Fleet => Resource::Fleet(key),
            Kind::Pool => Resource::Pool(key),
        };
        entry.points = history.points(&target_region.target, &target_region.region, &resource);
    }
    entries
}

fn fleet(
    target_region: &TargetRegion,
    snapshot: &Snapshot,
    fleet: &Fleet,
    pairs: &FleetPairs<'_>,
) -> FleetOrPool {
    let occupancy = pairs.occupancy();
    let are_stacks_known =
        !pairs.stacks.is_empty() || succeeds(snapshot, Collector::AppstreamStacks);
    let stacks = pairs.stacks.iter().map(|&stack| stack.to_owned());
    let counts = pairs.sessions.iter().flat_map(|pair| {
        let stack = Some(pair.stack.as_str().to_owned());
        pair.tally
            .counts
            .iter()
            .map(move |(cell, sessions)| SessionCount {
                stack: stack.clone(),
                authentication_type: cell.authentication_type.to_string(),
                state: Some(cell.state.to_string()),
                connection_state: cell.connection_state.to_string(),
                sessions: *sessions,
            })
    });
    FleetOrPool {
        kind: Kind::Fleet,
        target: target_region.target.to_string(),
        account_id: account(snapshot.account_of(fleet.account_id.as_ref())),
        region: target_region.region.to_string(),
        id: None,
        name: fleet.name.as_str().to_owned(),
        state: fleet.state.as_deref().map(str::to_owned),
        urgency: Urgency::Ok,
        attention: Vec::new(),
        capacity: fleet.slots(occupancy.map(|occupancy| occupancy.live())),
        scaling: None,
        scheduled_actions: Vec::new(),
        sessions: occupancy,
        has_sessions_read: has(snapshot, Collector::AppstreamSessions),
        stacks: are_stacks_known.then(|| stacks.collect()),
        session_counts: counts.collect(),
        errors: fleet.errors.clone(),
        settings: Settings::of_fleet(fleet),
        read_at: snapshot
            .last_read(Collector::AppstreamFleets)
            .map(Timestamp),
        sessions_read_at: snapshot
            .last_read(Collector::AppstreamSessions)
            .map(Timestamp),
        points: Vec::new(),
        history: None,
    }
}

fn pool(target_region: &TargetRegion, snapshot: &Snapshot, pool: &Pool) -> FleetOrPool {
    let mut known = snapshot.pool_sessions.iter();
    let known = known.find(|sessions| sessions.pool == pool.id);
    let counts = known.iter().flat_map(|sessions| &sessions.tally.counts);
    let counts = counts.map(
        |((authentication_type, connection_state), sessions)| SessionCount {
            stack: None,
            authentication_type: authentication_type.to_string(),
            state: None,
            connection_state: connection_state.to_string(),
            sessions: *sessions,
        },
    );
    FleetOrPool {
        kind: Kind::Pool,
        target: target_region.target.to_string(),
        account_id: account(snapshot.account_of(pool.account_id.as_ref())),
        region: target_region.region.to_string(),
        id: Some(pool.id.as_str().to_owned()),
        name: pool.name.clone(),
        state: pool.state.as_deref().map(str::to_owned),
        urgency: Urgency::Ok,
        attention: Vec::new(),
        capacity: pool.slots(),
        scaling: None,
        scheduled_actions: Vec::new(),
        sessions: snapshot.pool_occupancy(&pool.id),
        has_sessions_read: has(snapshot, Collector::WorkspacesPoolSessions),
        stacks: None,
        session_counts: counts.collect(),
        errors: pool.errors.clone(),
        settings: Settings::of_pool(pool),
        read_at: snapshot
            .last_read(Collector::WorkspacesPools)
            .map(Timestamp),
        sessions_read_at: snapshot
            .last_read(Collector::WorkspacesPoolSessions)
            .map(Timestamp),
        points: Vec::new(),
        history: None,
    }
}

/// Whether a collector is on, and the first refresh has ended.
fn has(snapshot: &Snapshot, collector: Collector) -> bool {
    let mut collectors = snapshot.collectors.iter();
    collectors.any(|status| status.collector == collector)
}

fn succeeds(snapshot: &Snapshot, collector: Collector) -> bool {
    let mut collectors = snapshot.collectors.iter();
    collectors.any(|status| status.collector == collector && status.success)
}

fn account(known: &str) -> Option<String> {
    (!known.is_empty()).then(|| known.to_owned())
}
