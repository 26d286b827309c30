//! What is asked about and shown: the filters of the configuration.
//!
//! They are applied to what AWS lists before anything else sees it, so what is
//! left out is as if it were not there, and costs no further call.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{Config, Filters};
use crate::model::{Association, FleetName, Pool, StackName};

/// The filters, and whether tags are shown. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Selection {
    filters: Arc<Filters>,
    shows_tags: bool,
}

impl From<&Config> for Selection {
    fn from(config: &Config) -> Self {
        Self {
            filters: Arc::new(config.filters.clone()),
            shows_tags: !config.tags.labels.is_empty() && config.collectors.appstream_fleets,
        }
    }
}

impl Selection {
    /// By its name alone.
    pub(super) fn has_fleet(&self, fleet: &FleetName) -> bool {
        self.filters.fleets.accepts(fleet.as_str())
    }

    pub(super) fn has_stack(&self, stack: &StackName) -> bool {
        self.filters.stacks.accepts(stack.as_str())
    }

    pub(super) fn has_pair(&self, pair: &Association) -> bool {
        self.has_fleet(&pair.fleet) && self.has_stack(&pair.stack)
    }

    pub(super) fn has_pool(&self, pool: &Pool) -> bool {
        self.filters.pools.accepts(&pool.name)
    }

    /// Whether sessions of a fleet can be in stacks that are left out.
    pub(super) fn hides_stacks(&self) -> bool {
        !self.filters.stacks.accepts_all()
    }

    /// Whether tags of fleets are read.
    pub(super) fn reads_tags(&self) -> bool {
        self.shows_tags || self.needs_tags()
    }

    /// Whether tags decide which fleets there are.
    pub(super) fn needs_tags(&self) -> bool {
        !self.filters.tags.is_empty()
    }

    /// Whether a fleet with these tags is wanted.
    pub(super) fn has_tags(&self, tags: &BTreeMap<String, String>) -> bool {
        self.filters.tags.iter().all(|(key, pattern)| {
            let value = tags.get(key);
            value.is_some_and(|value| pattern.matches(value))
        })
    }
}

/// How much of what AWS listed the filters leave, kind by kind.
#[derive(Debug, Default)]
pub(super) struct Leavings(BTreeMap<&'static str, Leaving>);

#[derive(Debug)]
struct Leaving {
    listed: usize,
    is_told: bool,
    is_empty: bool,
}

impl Leavings {
    /// Takes in a list of this kind: how many there were, and how many are left.
    pub(super) fn note(&mut self, kind: &'static str, listed: usize, left: usize) {
        let is_empty = listed > 0 && left == 0;
        let leaving = self.0.entry(kind).or_insert(Leaving {
            listed,
            is_told: false,
            is_empty,
        });
        leaving.listed = listed;
        leaving.is_empty = is_empty;
        leaving.is_told &= is_empty;
    }

    /// The kinds of which there are some and the filters leave none, each with
    /// how many there are, once for as long as that lasts.
    pub(super) fn news(&mut self) -> impl Iterator<Item = (&'static str, usize)> {
        let news = self.0.iter_mut().filter_map(|(kind, leaving)| {
            let is_news = leaving.is_empty && !leaving.is_told;
            leaving.is_told |= is_news;
            is_news.then_some((*kind, leaving.listed))
        });
        news.collect::<Vec<_>>().into_iter()
    }
}
