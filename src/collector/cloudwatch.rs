//! Samples of what CloudWatch knows of fleets and pools.

use super::{ExtraLabels, Sink, each_snapshot};
use crate::catalog::{self, Family};
use crate::model::{Metric, ShownMetrics, TargetRegion};

/// The families of gauges, each with its metric.
const GAUGES: [(&Family, Metric); 6] = [
    (&catalog::FLEET_SESSION_LATENCY, Metric::Latency),
    (&catalog::FLEET_UDP_PACKET_LOSS, Metric::UdpPacketLoss),
    (
        &catalog::FLEET_TCP_RETRANSMISSION,
        Metric::TcpRetransmission,
    ),
    (&catalog::FLEET_FRAMES_PER_SECOND, Metric::FrameRate),
    (&catalog::FLEET_CPU_UTILIZATION, Metric::Cpu),
    (&catalog::FLEET_MEMORY_UTILIZATION, Metric::Memory),
];

/// Fills the families of [`catalog::CLOUDWATCH`].
pub(super) fn collect(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each_fleet(target_regions, &mut |metrics, labels, extra| {
        rejected(
            &catalog::FLEET_REJECTED_SESSIONS,
            metrics,
            labels,
            extra,
            sink,
        );
    });
    for (family, metric) in GAUGES {
        each_fleet(target_regions, &mut |metrics, labels, extra| {
            let gauge = metrics.gauges.get(&metric).copied().unwrap_or_default();
            let statistics = [("average", gauge.average), ("maximum", gauge.maximum)];
            for (statistic, value) in statistics {
                if let Some(value) = value {
                    let labels = [labels, &[statistic]].concat();
                    sink.sample(family, &labels, extra, value);
                }
            }
        });
    }
    each_pool(target_regions, &mut |metrics, labels, extra| {
        rejected(
            &catalog::POOL_REJECTED_SESSIONS,
            metrics,
            labels,
            extra,
            sink,
        );
    });
}

fn rejected(
    family: &'static Family,
    metrics: &ShownMetrics,
    labels: &[&str],
    extra: ExtraLabels<'_>,
    sink: &mut dyn Sink,
) {
    for (metric, count) in &metrics.rejected {
        if let Some(reason) = metric.reason() {
            let labels = [labels, &[reason]].concat();
            sink.sample(family, &labels, extra, *count);
        }
    }
}

/// Is shown every fleet or pool, with the labels of its scope.
type Visit<'v> = &'v mut dyn FnMut(&ShownMetrics, &[&str], ExtraLabels<'_>);

fn each_fleet(target_regions: &[TargetRegion], visit: Visit<'_>) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        for (fleet, metrics) in &snapshot.fleet_metrics {
            let account = snapshot.account_of_fleet(fleet);
            let labels = [account, &*snapshot.region, fleet.as_str()];
            visit(metrics, &labels, extra);
        }
    });
}

fn each_pool(target_regions: &[TargetRegion], visit: Visit<'_>) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        for ((id, name), metrics) in &snapshot.pool_metrics {
            let pool = snapshot.pools.get(id);
            let account = snapshot.account_of(pool.and_then(|pool| pool.account_id.as_ref()));
            let labels = [account, &*snapshot.region, id.as_str(), name];
            visit(metrics, &labels, extra);
        }
    });
}
