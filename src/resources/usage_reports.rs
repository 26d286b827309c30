//! Usage report subscriptions: `DescribeUsageReportSubscriptions`, every `account.interval`.

use std::sync::Arc;

use super::entry::Cadence;
use super::read::{Item, Read, Resource};
use crate::model::{Collector, Service};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeUsageReportSubscriptions",
    collectors: &[Collector::AppstreamAccount],
    needed_by: &[],
    reads: |known, view, visit| {
        let cadence = Cadence::every(view.settings.account_interval, view.settings.interval);
        let history = &known.usage_reports.history;
        visit(Item::new(history, cadence, &|| Read::UsageReports));
    },
    show: |known, view, snapshot| {
        let reports = known.usage_reports.current(view);
        snapshot.usage_reports = reports.map(Arc::clone).unwrap_or_default();
    },
};
