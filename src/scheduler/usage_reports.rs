//! Usage report subscriptions: `DescribeUsageReportSubscriptions`, every `account.interval`.

use std::sync::Arc;

use super::entry::Cadence;
use super::known::Known;
use super::read::{self, Read, Resource, Visit};
use super::round::View;
use crate::model::{Collector, Service, Snapshot};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeUsageReportSubscriptions",
    collectors: &[Collector::AppstreamAccount],
    needed_by: &[],
    reads,
    show,
};

fn reads(known: &Known, view: View<'_>, visit: Visit<'_>) {
    let cadence = Cadence::every(view.settings.account_interval, view.settings.interval);
    let list = &known.usage_reports;
    read::list(&RESOURCE, list, cadence, Read::UsageReports, visit);
}

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    let reports = known.usage_reports.current(view);
    snapshot.usage_reports = reports.map(Arc::clone).unwrap_or_default();
}
