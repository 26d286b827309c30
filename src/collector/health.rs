//! Health of the collectors: samples about the refreshes themselves. They are in the
//! snapshot, so that a value and the sign of its freshness always agree.

use std::time::UNIX_EPOCH;

use super::{Sink, each_snapshot};
use crate::catalog::{self, Family};
use crate::model::{CollectorStatus, ServiceUse, TargetRegion};

/// A family with one number for each collector that has it.
type CollectorNumber = (&'static Family, fn(&CollectorStatus) -> Option<f64>);
/// A family with one number for each AWS service.
type ServiceNumber = (&'static Family, fn(&ServiceUse) -> f64);

const COLLECTOR_NUMBERS: [CollectorNumber; 3] = [
    (&catalog::COLLECTOR_SUCCESS, |status| {
        Some(f64::from(u8::from(status.success)))
    }),
    (&catalog::COLLECTOR_LAST_SUCCESS, |status| {
        let since_epoch = status.last_success?.duration_since(UNIX_EPOCH).ok()?;
        Some(since_epoch.as_secs_f64())
    }),
    (&catalog::COLLECTOR_DURATION, |status| {
        Some(status.duration.as_secs_f64())
    }),
];

const SERVICE_NUMBERS: [ServiceNumber; 2] = [
    (&catalog::REFRESH_CALLS_NEEDED, |calls| {
        f64::from(calls.needed)
    }),
    (&catalog::REFRESH_CALLS_BUDGET, |calls| calls.budget as f64),
];

/// Fills the families of [`catalog::EXPORTER`] that a refresh decides. They are
/// about the exporter, so the labels of the target are not for them.
pub(super) fn collect(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each_snapshot(target_regions, |_, snapshot, _| {
        if !snapshot.is_refused && !snapshot.region.is_empty() {
            let labels = [&*snapshot.target, &*snapshot.region];
            sink.sample(&catalog::REFRESHES, &labels, &[], snapshot.refreshes as f64);
        }
    });
    for (family, number) in COLLECTOR_NUMBERS {
        each_snapshot(target_regions, |_, snapshot, _| {
            for status in &snapshot.collectors {
                let Some(value) = number(status) else {
                    continue;
                };
                let collector = status.collector.as_str();
                let labels = [&*snapshot.target, &*snapshot.region, collector];
                sink.sample(family, &labels, &[], value);
            }
        });
    }
    for (family, number) in SERVICE_NUMBERS {
        each_snapshot(target_regions, |_, snapshot, _| {
            for calls in &snapshot.services {
                let service = calls.service.as_str();
                let labels = [&*snapshot.target, &*snapshot.region, service];
                sink.sample(family, &labels, &[], number(calls));
            }
        });
    }
}
