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
        self.0.has(collector)
    }

    /// Whether any of these is on.
    pub(super) fn has_any(self, collectors: &[Collector]) -> bool {
        collectors.iter().any(|collector| self.has(*collector))
    }

    /// The collectors that are on.
    pub fn collectors(self) -> impl Iterator<Item = Collector> {
        self.0.enabled()
    }

    /// The services that are called.
    pub(super) fn services(self) -> impl Iterator<Item = Service> {
        Service::ALL.into_iter().filter(move |service| {
            self.collectors()
                .any(|collector| collector.service() == *service)
        })
    }
}
