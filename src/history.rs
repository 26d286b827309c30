//! The last two hours of each fleet and pool, for the charts of the pages.
//!
//! Owns nothing but points: when AWS was read, and the numbers of that read. A read that fails
//! adds no point. Nothing of it is in `/metrics`. It has no clock: times are handed in.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::model::{Collector, Occupancy, Slots, Snapshot, TargetRegion};

/// The time range of the points.
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
/// By target and region.
type Regions = BTreeMap<(Arc<str>, Arc<str>), Region>;

/// Points of all fleets and pools. Cheap to clone; clones share them.
#[derive(Clone, Debug, Default)]
pub struct History {
    regions: Arc<RwLock<Regions>>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CollectorStatus, Pool, PoolCapacity};

    const START: u64 = 1_700_000_000 / 60 * 60;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(START + seconds)
    }

    /// A region with these pools, read at this moment.
    fn region(read_at: u64, pools: usize, active: i32) -> TargetRegion {
        let (target, region): (Arc<str>, Arc<str>) = ("default".into(), "eu-west-1".into());
        let pool = |number: usize| Pool {
            id: format!("wspool-{number:09}").into(),
            name: String::new(),
            account_id: None,
            bundle_id: None,
            directory_id: None,
            running_mode: None,
            state: None,
            capacity: PoolCapacity {
                active: Some(active),
                ..PoolCapacity::default()
            },
            max_user_duration_seconds: None,
            disconnect_timeout_seconds: None,
            idle_disconnect_timeout_seconds: None,
            created: None,
            errors: BTreeMap::default(),
        };
        let mut snapshot = Snapshot::failed(
            Arc::clone(&target),
            Arc::clone(&region),
            [Collector::WorkspacesPools],
            "",
        );
        for status in &mut snapshot.collectors {
            let last_read = Some(at(read_at));
            *status = CollectorStatus {
                last_read,
                ..status.clone()
            };
        }
        let pools = (0..pools).map(pool).map(|pool| (pool.id.clone(), pool));
        snapshot.pools = Arc::new(pools.collect());
        TargetRegion {
            target,
            region,
            labels: Arc::default(),
            tag_labels: Arc::default(),
            snapshot: Some(Arc::new(snapshot)),
        }
    }

    fn points(history: &History) -> Vec<(u64, Option<i32>, Option<i32>)> {
        let resource = Resource::Pool("wspool-000000000".into());
        let points = history.points(&"default".into(), &"eu-west-1".into(), &resource);
        let since = |point: &Point| point.at().duration_since(at(0)).unwrap().as_secs();
        points
            .iter()
            .map(|point| (since(point), point.in_use(), point.total()))
            .collect()
    }

    #[test]
    fn a_minute_has_one_point_and_a_failed_read_none() {
        let history = History::default();
        for (now, read_at, active) in [(5, 5, 1), (40, 40, 2), (70, 70, 3), (130, 70, 4)] {
            history.sample(at(now), &[region(read_at, 1, active)]);
        }
        // The last refresh read nothing: its number is that of the second minute.
        assert_eq!(points(&history), [(0, Some(2), None), (60, Some(4), None)]);
    }

    #[test]
    fn partial_snapshots_add_nothing() {
        let history = History::default();
        let mut partial = region(0, 1, 1);
        let snapshot = partial.snapshot.as_mut().map(Arc::make_mut);
        snapshot.expect("it has one").is_partial = true;
        history.sample(at(0), &[partial]);
        assert_eq!(points(&history), []);
    }

    #[test]
    fn points_are_dropped_after_two_hours() {
        let history = History::default();
        history.sample(at(0), &[region(0, 1, 1)]);
        history.sample(at(7_200), &[region(7_200, 1, 2)]);
        assert_eq!(points(&history).len(), 2);
        history.sample(at(7_260), &[]);
        assert_eq!(points(&history), [(7_200, Some(2), None)]);
        history.sample(at(99_999), &[]);
        assert!(history.regions.read().unwrap().is_empty());
    }

    #[test]
    fn two_hours_of_a_thousand_pools_fit_into_4_mib() {
        let history = History::default();
        for minute in 0..200 {
            history.sample(at(minute * 60), &[region(minute * 60, 1_000, 1)]);
        }
        let regions = history.regions.read().unwrap();
        let mut bytes = 0;
        for (resource, series) in regions.values().flatten() {
            assert_eq!(series.len(), 121);
            let Resource::Pool(id) = resource else {
                unreachable!("there are pools only")
            };
            // A name has two counters, and a tree is half full at least.
            bytes += series.capacity() * size_of::<Point>() + id.len() + 2 * size_of::<usize>();
            bytes += 2 * size_of::<(Resource, Series)>();
        }
        assert!(bytes < 4 << 20, "{bytes}");
    }
}
