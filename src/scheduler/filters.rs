//! The configured filters, applied to lists that were read.
//!
//! Lists are kept whole and filtered when they are used, so other filters take
//! effect at once. What the filters leave out costs no further call.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{self, Config};
use crate::model::{FleetName, Pool, StackName};

/// The filters, and whether tags are shown. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filters {
    filters: Arc<config::Filters>,
    shows_tags: bool,
}

impl From<&Config> for Filters {
    fn from(config: &Config) -> Self {
        Self {
            filters: Arc::new(config.filters.clone()),
            shows_tags: !config.tags.labels.is_empty() && config.collectors.appstream_fleets,
        }
    }
}

impl Filters {
    /// Whether a fleet is wanted by its name.
    pub(super) fn accept_fleet(&self, fleet: &FleetName) -> bool {
        self.filters.fleets.accepts(fleet.as_str())
    }

    pub(super) fn accept_stack(&self, stack: &StackName) -> bool {
        self.filters.stacks.accepts(stack.as_str())
    }

    pub(super) fn accept_pool(&self, pool: &Pool) -> bool {
        self.filters.pools.accepts(&pool.name)
    }

    /// Whether tags of fleets are read.
    pub(super) fn read_tags(&self) -> bool {
        self.shows_tags || self.need_tags()
    }

    /// Whether tags decide which fleets are wanted.
    pub(super) fn need_tags(&self) -> bool {
        !self.filters.tags.is_empty()
    }

    /// Whether a fleet with these tags is wanted.
    pub(super) fn accept_tags(&self, tags: &BTreeMap<String, String>) -> bool {
        self.filters.tags.iter().all(|(key, pattern)| {
            let value = tags.get(key);
            value.is_some_and(|value| pattern.matches(value))
        })
    }
}
