//! CloudWatch metrics of the company's fleets and pools.

use super::catalogue::{FleetPlan, PoolPlan};
use super::clock::{Minute, span};
use super::{Resource, count};
use crate::resource::metric::{Datapoint, Metric};
use crate::world::Region;

/// The fleet whose users have a slow network in the afternoon, and one that loses packets.
const SLOW: &str = "sales-desktops";
const LOSSY: &str = "office-desktops";

impl Resource<'_> {
    /// Adds rejected sessions: each that waits for a slot is rejected once in a datapoint. A fleet
    /// in use also has gauges, but an elastic fleet never.
    pub(super) fn add_fleet_metrics(&self, plan: &FleetPlan, region: &mut Region) {
        if self.state() != "RUNNING" {
            return;
        }
        let level = self.level();
        let waiting = f64::from(count(level.waiting));
        let is_elastic = plan.fleet_type == "ELASTIC";
        let (full, other) = match is_elastic {
            true => (
                "InsufficientConcurrencyLimitError",
                "InsufficientCapacityError",
            ),
            false => (
                "InsufficientCapacityError",
                "InsufficientConcurrencyLimitError",
            ),
        };
        let mut put = |name: &str, datapoint| {
            region.put_metric(Metric::fleet(plan.name, name).ongoing(datapoint));
        };
        put(full, Datapoint::count(0.0, waiting));
        put(other, Datapoint::count(0.0, 0.0));
        if is_elastic || level.sessions == 0 {
            return;
        }
        let busy = f64::from(count(level.in_use)) / f64::from(count(level.running.max(1)));
        for (name, average, maximum) in gauges(plan.name, self.moment.minute, busy) {
            put(name, Datapoint::gauge(0.0, average, maximum));
        }
    }

    /// Adds the rejected sessions of a pool.
    pub(super) fn add_pool_metrics(&self, plan: &PoolPlan, region: &mut Region) {
        if self.state() == "RUNNING" {
            let waiting = f64::from(count(self.level().waiting));
            let rejected = Metric::pool(plan.id, "InsufficientCapacityError");
            region.put_metric(rejected.ongoing(Datapoint::count(0.0, waiting)));
        }
    }
}

/// Name, average and maximum of each gauge, in CloudWatch's units. `busy` is a share of the instances.
fn gauges(fleet: &str, minute: Minute, busy: f64) -> [(&'static str, f64, f64); 6] {
    let is_slow = fleet == SLOW && span((14, 0), (15, 30)).contains(&minute);
    let is_lossy = fleet == LOSSY && span((11, 0), (12, 30)).contains(&minute);
    let latency = if is_slow { 210.0 } else { 35.0 + 30.0 * busy };
    let loss = if is_lossy { 4.0 } else { 0.1 + 0.3 * busy };
    [
        ("InSessionLatency", latency, 2.5 * latency),
        ("UDPPacketLossRate", loss, 3.0 * loss),
        ("TCPRetransmissionRate", loss / 2.0, loss),
        ("FramesPerSecond", 25.0 - 5.0 * busy, 30.0),
        (
            "CpuUtilizationInstance",
            15.0 + 50.0 * busy,
            40.0 + 60.0 * busy,
        ),
        (
            "MemoryUtilizationInstance",
            35.0 + 30.0 * busy,
            50.0 + 40.0 * busy,
        ),
    ]
}
