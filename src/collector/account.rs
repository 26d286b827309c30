//! Samples of directory configs and usage reports: `DescribeDirectoryConfigs` and
//! `DescribeUsageReportSubscriptions`.

use super::{Sink, each_snapshot, error_counts};
use crate::catalog;
use crate::model::TargetRegion;

/// Fills the families of [`catalog::ACCOUNT`].
pub(super) fn collect(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    each_snapshot(target_regions, |_, snapshot, extra| {
        let (account, region) = (snapshot.account_of(None), &*snapshot.region);
        for (directory, certificate_based_auth) in &*snapshot.directory_configs {
            let labels = [account, region, directory, certificate_based_auth];
            sink.sample(&catalog::DIRECTORY_CONFIG_INFO, &labels, extra, 1.0);
        }
    });
    each_snapshot(target_regions, |_, snapshot, extra| {
        let (account, region) = (snapshot.account_of(None), &*snapshot.region);
        for (schedule, at) in &snapshot.usage_reports.last_generated {
            let labels = [account, region, schedule];
            sink.sample(&catalog::USAGE_REPORT_LAST_GENERATED, &labels, extra, *at);
        }
    });
    each_snapshot(target_regions, |_, snapshot, extra| {
        let (account, region) = (snapshot.account_of(None), &*snapshot.region);
        error_counts(&snapshot.usage_reports.errors, |code, count| {
            let labels = [account, region, code];
            sink.sample(&catalog::USAGE_REPORT_ERRORS, &labels, extra, count);
        });
    });
}
