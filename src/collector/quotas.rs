//! Samples of quotas: Service Quotas, and what the other lists use of them.

use super::{Sink, each_snapshot};
use crate::catalog::{self, Family};
use crate::model::{QuotaUse, TargetRegion};

/// A family with one number for each quota that has it.
type Number = (&'static Family, fn(&QuotaUse) -> Option<f64>);

const NUMBERS: [Number; 2] = [
    (&catalog::QUOTA_LIMIT, |quota| quota.quota.limit),
    (&catalog::QUOTA_USAGE, |quota| quota.usage),
];

/// Fills the families of [`catalog::QUOTAS`].
pub(super) fn collect(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    for (family, number) in NUMBERS {
        each_snapshot(target_regions, |_, snapshot, extra| {
            for quota in &snapshot.quotas {
                let Some(value) = number(quota) else { continue };
                let account = snapshot.account_of(quota.quota.account_id.as_ref());
                let (code, name) = (quota.code.as_str(), &*quota.quota.name);
                sink.sample(
                    family,
                    &[account, &snapshot.region, code, name],
                    extra,
                    value,
                );
            }
        });
    }
}
