//! Samples of fleets: `DescribeFleets`.

use super::{ExtraLabels, Sink, each_snapshot, error_counts, state_set};
use crate::catalog::{self, Family};
use crate::model::{FLEET_STATES, Fleet, Snapshot, TargetRegion};

/// A family with one number for each fleet that has it.
type Number = (&'static Family, fn(&Fleet) -> Option<f64>);

/// AWS's "GB" of volumes are GiB, as EBS has them.
const GIB: f64 = 1_073_741_824.0;

const NUMBERS: [Number; 20] = [
    (&catalog::FLEET_INSTANCES_DESIRED, |fleet| {
        fleet.capacity.desired.map(f64::from)
    }),
    (&catalog::FLEET_INSTANCES_RUNNING, |fleet| {
        fleet.capacity.running.map(f64::from)
    }),
    (&catalog::FLEET_INSTANCES_IN_USE, |fleet| {
        fleet.capacity.in_use.map(f64::from)
    }),
    (&catalog::FLEET_INSTANCES_AVAILABLE, |fleet| {
        fleet.capacity.available.map(f64::from)
    }),
    (&catalog::FLEET_INSTANCES_DRAINING, |fleet| {
        fleet.capacity.draining.map(f64::from)
    }),
    (&catalog::FLEET_USER_SESSIONS_DESIRED, |fleet| {
        fleet.capacity.desired_user_sessions.map(f64::from)
    }),
    (&catalog::FLEET_USER_SESSIONS_ACTUAL, |fleet| {
        fleet.capacity.actual_user_sessions.map(f64::from)
    }),
    (&catalog::FLEET_USER_SESSIONS_ACTIVE, |fleet| {
        fleet.capacity.active_user_sessions.map(f64::from)
    }),
    (&catalog::FLEET_USER_SESSIONS_AVAILABLE, |fleet| {
        fleet.capacity.available_user_sessions.map(f64::from)
    }),
    (&catalog::FLEET_USER_SESSIONS_DRAIN_ACTIVE, |fleet| {
        fleet.capacity.drain_active_user_sessions.map(f64::from)
    }),
    (&catalog::FLEET_USER_SESSIONS_DRAIN_UNUSED, |fleet| {
        fleet.capacity.drain_unused_user_sessions.map(f64::from)
    }),
    (&catalog::FLEET_MAX_SESSIONS_PER_INSTANCE, |fleet| {
        fleet.max_sessions_per_instance.map(f64::from)
    }),
    (&catalog::FLEET_MAX_CONCURRENT_SESSIONS, |fleet| {
        fleet.max_concurrent_sessions.map(f64::from)
    }),
    (&catalog::FLEET_MAX_USER_DURATION, |fleet| {
        fleet.max_user_duration_seconds.map(f64::from)
    }),
    (&catalog::FLEET_DISCONNECT_TIMEOUT, |fleet| {
        fleet.disconnect_timeout_seconds.map(f64::from)
    }),
    (&catalog::FLEET_IDLE_DISCONNECT_TIMEOUT, |fleet| {
        fleet.idle_disconnect_timeout_seconds.map(f64::from)
    }),
    (&catalog::FLEET_CREATED, |fleet| fleet.created),
    (&catalog::FLEET_DEFAULT_INTERNET_ACCESS, |fleet| {
        fleet
            .default_internet_access
            .map(|on| f64::from(u8::from(on)))
    }),
    (&catalog::FLEET_ROOT_VOLUME_SIZE, |fleet| {
        fleet.root_volume_gib.map(|size| f64::from(size) * GIB)
    }),
    (&catalog::FLEET_IMDSV1_DISABLED, |fleet| {
        fleet.is_imdsv1_disabled.map(|on| f64::from(u8::from(on)))
    }),
];

/// Fills the families of [`catalog::FLEETS`].
pub(super) fn collect(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each(target_regions, |[account, region, name], extra, fleet| {
        let labels = [
            account,
            region,
            name,
            fleet.fleet_type.as_deref().unwrap_or_default(),
            fleet.instance_type.as_deref().unwrap_or_default(),
            fleet.platform.as_deref().unwrap_or_default(),
            fleet.image.as_deref().unwrap_or_default(),
            fleet.stream_view.as_deref().unwrap_or_default(),
            fleet.display_name.as_deref().unwrap_or_default(),
        ];
        sink.sample(&catalog::FLEET_INFO, &labels, extra, 1.0);
    });
    tags(target_regions, sink);
    each(target_regions, |[account, region, name], extra, fleet| {
        state_set(fleet.state.as_deref(), &FLEET_STATES, |state, value| {
            sink.sample(
                &catalog::FLEET_STATE,
                &[account, region, name, state],
                extra,
                value,
            );
        });
    });
    for (family, number) in NUMBERS {
        each(target_regions, |labels, extra, fleet| {
            if let Some(value) = number(fleet) {
                sink.sample(family, &labels, extra, value);
            }
        });
    }
    each(target_regions, |[account, region, name], extra, fleet| {
        error_counts(&fleet.errors, |code, count| {
            sink.sample(
                &catalog::FLEET_ERRORS,
                &[account, region, name, code],
                extra,
                count,
            );
        });
    });
}

/// `ListTagsForResource`.
fn tags(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each_snapshot(target_regions, |target_region, snapshot, extra| {
        for (fleet, tags) in &snapshot.fleet_tags {
            if let Some(fleet) = snapshot.fleets.get(fleet) {
                super::tags(tags, target_region, extra, |extra| {
                    sink.sample(&catalog::FLEET_TAGS, &labels(snapshot, fleet), extra, 1.0);
                });
            }
        }
    });
}

/// Every fleet with the labels of [`catalog::Scope::Fleet`].
fn each<'a>(
    target_regions: &'a [TargetRegion],
    mut visit: impl for<'m> FnMut([&'a str; 3], ExtraLabels<'m>, &'a Fleet),
) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        for fleet in snapshot.fleets.values() {
            visit(labels(snapshot, fleet), extra, fleet);
        }
    });
}

fn labels<'a>(snapshot: &'a Snapshot, fleet: &'a Fleet) -> [&'a str; 3] {
    let account = snapshot.account_of(fleet.account_id.as_ref());
    [account, &snapshot.region, fleet.name.as_str()]
}
