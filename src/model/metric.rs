//! CloudWatch metrics of fleets and pools: rejected sessions, and the quality of the stream.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FleetName, PoolId};

/// Whole seconds since 1970, at which a datapoint begins.
pub type UnixSeconds = u64;

/// A group of metrics, as `cloudwatch.metrics` names it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(title = "a group of metrics")]
pub enum MetricGroup {
    /// Sessions that AWS rejected, of fleets and pools.
    Rejections,
    /// Latency between users and their sessions.
    Latency,
    /// Packet loss over UDP, and retransmissions over TCP.
    PacketLoss,
    /// Frames per second.
    FrameRate,
    /// CPU utilization of instances.
    Cpu,
    /// Memory utilization of instances.
    Memory,
}

/// A metric that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// `InsufficientCapacityError`.
    InsufficientCapacity,
    /// `InsufficientConcurrencyLimitError`.
    InsufficientConcurrency,
    /// `InSessionLatency`.
    Latency,
    /// `UDPPacketLossRate`.
    UdpPacketLoss,
    /// `TCPRetransmissionRate`.
    TcpRetransmission,
    /// `FramesPerSecond`.
    FrameRate,
    /// `CpuUtilizationInstance`.
    Cpu,
    /// `MemoryUtilizationInstance`.
    Memory,
}

impl MetricGroup {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Rejections,
        Self::Latency,
        Self::PacketLoss,
        Self::FrameRate,
        Self::Cpu,
        Self::Memory,
    ];

    /// Its metrics.
    #[must_use]
    pub const fn metrics(self) -> &'static [Metric] {
        match self {
            Self::Rejections => &[
                Metric::InsufficientCapacity,
                Metric::InsufficientConcurrency,
            ],
            Self::Latency => &[Metric::Latency],
            Self::PacketLoss => &[Metric::UdpPacketLoss, Metric::TcpRetransmission],
            Self::FrameRate => &[Metric::FrameRate],
            Self::Cpu => &[Metric::Cpu],
            Self::Memory => &[Metric::Memory],
        }
    }
}

impl Metric {
    /// The `reason` label of rejected sessions; `None` for a gauge.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::InsufficientCapacity => Some("insufficient_capacity"),
            Self::InsufficientConcurrency => Some("concurrency_limit"),
            _ => None,
        }
    }

    /// Statistics that are read of it: the sum of a count, average and maximum of a gauge.
    #[must_use]
    pub const fn statistics(self) -> usize {
        if self.reason().is_some() { 1 } else { 2 }
    }
}

/// Something of which CloudWatch has metrics.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Monitored {
    /// A fleet.
    Fleet(FleetName),
    /// A pool.
    Pool(PoolId),
}

impl Monitored {
    /// The metrics of `wanted` that it has: AWS documents one of them for pools.
    pub fn metrics(&self, wanted: &[Metric]) -> impl Iterator<Item = Metric> {
        let is_fleet = matches!(self, Self::Fleet(_));
        let wanted = wanted.iter().copied();
        wanted.filter(move |metric| is_fleet || *metric == Metric::InsufficientCapacity)
    }
}

/// One call: the fleets and pools to read, and the time range from `start` until before `end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricBatch {
    /// Position among the batches of the region.
    pub number: usize,
    /// Seconds of a datapoint.
    pub period: u16,
    /// The first datapoint that is read.
    pub start: UnixSeconds,
    /// The first datapoint that is not read.
    pub end: UnixSeconds,
    /// Gauges before this moment are too old to be shown.
    pub gauges_from: UnixSeconds,
    /// Metrics to read, where a fleet or pool has them.
    pub metrics: Arc<[Metric]>,
    /// Fleets and pools, each with the first moment that was not counted yet.
    pub monitored: Vec<(Monitored, UnixSeconds)>,
}

/// The newest datapoint of a gauge, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GaugeStatistics {
    /// Average of the datapoint.
    pub average: Option<f64>,
    /// Maximum of the datapoint.
    pub maximum: Option<f64>,
}

/// The values of one fleet or pool in a time range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricValues {
    /// Sums of the datapoints that were not counted yet.
    pub counts: BTreeMap<Metric, f64>,
    /// Gauges that have a datapoint.
    pub gauges: BTreeMap<Metric, GaugeStatistics>,
}

/// The result of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricData {
    /// Values of everything whose metrics are complete.
    pub complete: BTreeMap<Monitored, MetricValues>,
    /// Why AWS did not give all datapoints of the others; `None` when there are none.
    pub incomplete: Option<String>,
}

/// Metrics of one fleet or pool, as they are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShownMetrics {
    /// Rejected sessions since the exporter started, by reason.
    pub rejected: BTreeMap<Metric, f64>,
    /// Gauges.
    pub gauges: BTreeMap<Metric, GaugeStatistics>,
}
