//! The last two hours of each fleet and pool, for the charts of the pages.
//!
//! Owns nothing but points: when AWS was read, and the numbers of that read. A read that fails
//! adds no point. Nothing of it is in `/metrics`. It has no clock: times are handed in.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::model::{Collector, Occupancy, Slots, Snapshot, TargetRegion};

/// How far back the points go.
pub const SPAN: Duration = Duration::from_secs(2 * 3_600);
/// At most one point is kept for each minute.
const MINUTE: u64 = 60;
/// A number that is not known. AWS counts from 0 on.
const ABSENT: i32 = -1;

/// The numbers of a fleet or pool when it was read.
///
/// 1,000 fleets have 120,000 of these, so it has no padding and no `Option`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Unix time in minutes.
    minute: u32,
    in_use: i32,
    total: i32,
    connected: i32,
    disconnected: i32,
}

impl Point {
    /// When AWS was read, to the minute.
    #[must_use]
    pub fn at(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(u64::from(self.minute) * MINUTE)
    }

    /// Slots in use.
    #[must_use]
    pub fn in_use(&self) -> Option<i32> {
        known(self.in_use)
    }

    /// All slots.
    #[must_use]
    pub fn total(&self) -> Option<i32> {
        known(self.total)
    }

    /// Sessions with a connected user.
    #[must_use]
    pub fn connected(&self) -> Option<i32> {
        known(self.connected)
    }

    /// Sessions without one.
    #[must_use]
    pub fn disconnected(&self) -> Option<i32> {
        known(self.disconnected)
    }

    fn new(at: SystemTime, slots: Slots, sessions: Option<Occupancy>) -> Self {
        Self {
            minute: minute(at),
            in_use: slots.in_use.unwrap_or(ABSENT),
            total: slots.total.unwrap_or(ABSENT),
            connected: sessions.map_or(ABSENT, |sessions| sessions.connected),
            disconnected: sessions.map_or(ABSENT, |sessions| sessions.disconnected),
        }
    }
}

fn known(number: i32) -> Option<i32> {
    (number >= 0).then_some(number)
}

fn minute(at: SystemTime) -> u32 {
    let since_epoch = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since_epoch.as_secs() / MINUTE).unwrap_or(u32::MAX)
}

/// A fleet or a pool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// The name of a fleet.
    Fleet(Arc<str>),
    /// The id of a pool.
    Pool(Arc<str>),
}

/// Points of one fleet or pool, oldest first.
type Series = VecDeque<Point>;
/// Series of one region of one target.
type Region = BTreeMap<Resource, Series>;

/// Points of all fleets and pools. Cheap to clone; clones share them.
#[derive(Clone, Debug, Default)]
pub struct History {
    regions: Arc<RwLock<BTreeMap<(Arc<str>, Arc<str>), Region>>>,
}

impl History {
    /// Takes in the numbers of these target regions, and drops points that are too old `now`.
    pub fn sample(&self, now: SystemTime, target_regions: &[TargetRegion]) {
        let mut regions = self.regions.write().unwrap_or_else(PoisonError::into_inner);
        for target_region in target_regions {
            // Another snapshot follows soon, and has the times of its reads.
            let snapshot = target_region.snapshot.as_deref();
            if let Some(snapshot) = snapshot.filter(|snapshot| !snapshot.is_partial) {
                let TargetRegion { target, region, .. } = target_region;
                let key = (Arc::clone(target), Arc::clone(region));
                add(regions.entry(key).or_default(), snapshot);
            }
        }
        let oldest = minute(now.checked_sub(SPAN).unwrap_or(UNIX_EPOCH));
        regions.retain(|_, region| {
            region.retain(|_, series| {
                let old = series.partition_point(|point| point.minute < oldest);
                series.drain(..old);
                !series.is_empty()
            });
            !region.is_empty()
        });
    }

    /// The points of a fleet or pool in a region of a target, oldest first.
    #[must_use]
    pub fn points(&self, target: &Arc<str>, region: &Arc<str>, resource: &Resource) -> Vec<Point> {
        let regions = self.regions.read().unwrap_or_else(PoisonError::into_inner);
        let region = regions.get(&(Arc::clone(target), Arc::clone(region)));
        let series = region.and_then(|region| region.get(resource));
        series.map_or_else(Vec::new, |series| series.iter().copied().collect())
    }
}

fn add(region: &mut Region, snapshot: &Snapshot) {
    let pairs = snapshot.pairs_by_fleet();
    if let Some(at) = snapshot.last_read(Collector::AppstreamFleets) {
        for (name, fleet) in snapshot.fleets.iter() {
            let sessions = pairs.get(name).and_then(|pairs| pairs.occupancy());
            let slots = fleet.slots(sessions.map(|sessions| sessions.live()));
            let resource = Resource::Fleet(name.shared());
            push(region, resource, Point::new(at, slots, sessions));
        }
    }
    if let Some(at) = snapshot.last_read(Collector::WorkspacesPools) {
        for (id, pool) in snapshot.pools.iter() {
            let sessions = snapshot.pool_occupancy(id);
            let resource = Resource::Pool(id.shared());
            push(region, resource, Point::new(at, pool.slots(), sessions));
        }
    }
}

/// Replaces the newest point if it is of the same minute. A clock that was set back adds nothing.
fn push(region: &mut Region, resource: Resource, point: Point) {
    let series = region.entry(resource).or_default();
    match series.back_mut() {
        Some(last) if last.minute == point.minute => *last = point,
        Some(last) if last.minute > point.minute => {}
        _ => series.push_back(point),
    }
}
