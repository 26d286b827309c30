//! Directory configs: `DescribeDirectoryConfigs`, every `account.interval`.

use std::sync::Arc;

use super::entry::Cadence;
use super::read::{Item, Read, Resource};
use crate::model::{Collector, Service};

pub(super) const RESOURCE: Resource = Resource {
    service: Service::Appstream,
    operation: "DescribeDirectoryConfigs",
    collectors: &[Collector::AppstreamAccount],
    needed_by: &[],
    reads: |known, view, visit| {
        let cadence = Cadence::every(view.settings.account_interval, view.settings.interval);
        let history = &known.directory_configs.history;
        visit(Item::new(history, cadence, &|| Read::DirectoryConfigs));
    },
    show: |known, view, snapshot| {
        let configs = known.directory_configs.current(view);
        snapshot.directory_configs = configs.map(Arc::clone).unwrap_or_default();
    },
};
