//! What the switches of the configuration mean: which calls are made for which collector.

use crate::config::Collectors;
use crate::model::{Collector, Service};

/// The calls that a refresh makes, from the collectors that are on.
///
/// A collector needs calls whose families it does not show: sessions cannot be
/// asked for without knowing fleets and what they are associated with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan(Collectors);

impl Plan {
    pub(super) fn new(collectors: Collectors) -> Self {
        Self(collectors)
    }

    /// Whether a collector is on.
    pub(super) fn has(self, collector: Collector) -> bool {
        let Collectors {
            appstream_fleets,
            appstream_stacks,
            appstream_sessions,
            workspaces_pools,
            workspaces_pool_sessions,
        } = self.0;
        match collector {
            Collector::AppstreamFleets => appstream_fleets,
            Collector::AppstreamStacks => appstream_stacks,
            Collector::AppstreamSessions => appstream_sessions,
            Collector::WorkspacesPools => workspaces_pools,
            Collector::WorkspacesPoolSessions => workspaces_pool_sessions,
        }
    }

    /// The collectors that are on.
    pub fn collectors(self) -> impl Iterator<Item = Collector> {
        Collector::ALL
            .into_iter()
            .filter(move |collector| self.has(*collector))
    }

    /// `DescribeFleets`.
    pub(super) fn lists_fleets(self) -> bool {
        self.has(Collector::AppstreamFleets) || self.has(Collector::AppstreamSessions)
    }

    /// `DescribeStacks`.
    pub(super) fn lists_stacks(self) -> bool {
        self.has(Collector::AppstreamStacks)
    }

    /// `ListAssociatedStacks` or `ListAssociatedFleets`.
    pub(super) fn lists_associations(self) -> bool {
        self.has(Collector::AppstreamStacks) || self.has(Collector::AppstreamSessions)
    }

    /// `DescribeWorkspacesPools`.
    pub(super) fn lists_pools(self) -> bool {
        self.has(Collector::WorkspacesPools) || self.has(Collector::WorkspacesPoolSessions)
    }

    /// The services that are asked anything.
    pub(super) fn services(self) -> impl Iterator<Item = Service> {
        Service::ALL
            .into_iter()
            .filter(move |service| match service {
                Service::Appstream => self.lists_fleets() || self.lists_associations(),
                Service::Workspaces => self.lists_pools(),
            })
    }
}
