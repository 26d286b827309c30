//! Which reads the collectors that are on need.

use crate::config::Collectors;
use crate::model::{Collector, Service};

/// The collectors that are on.
///
/// A collector needs reads whose families it does not show: sessions cannot be
/// read without knowing fleets and what they are associated with.
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

    /// Whether any of these is on.
    pub(super) fn has_any(self, collectors: &[Collector]) -> bool {
        collectors.iter().any(|collector| self.has(*collector))
    }

    /// The collectors that are on.
    pub fn collectors(self) -> impl Iterator<Item = Collector> {
        Collector::ALL
            .into_iter()
            .filter(move |collector| self.has(*collector))
    }

    /// The services that are called.
    pub(super) fn services(self) -> impl Iterator<Item = Service> {
        Service::ALL.into_iter().filter(move |service| {
            self.collectors()
                .any(|collector| collector.service() == *service)
        })
    }
}
