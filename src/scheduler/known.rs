//! Everything that is known of one region of one target, and which entries there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::entry::{Entry, Table};
use super::fleet_sessions::{FleetSessions, Pair};
use super::round::View;
use crate::model::{
    AccountId, AppBlockBuilder, AppBlockBuilderName, Collector, Fleet, FleetName, ImageArn,
    ImageBuilder, ImageBuilderName, Images, Label, Pool, PoolId, PoolSessionTally, Stack,
    StackName, Tags, UsageReports,
};

/// Entries of every resource. Lists are kept as AWS gave them, and filtered when
/// they are used, so that other filters take effect at once.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) fleets: Entry<BTreeMap<FleetName, Fleet>>,
    pub(super) fleet_tags: Table<FleetName, Tags>,
    pub(super) associations: Table<FleetName, BTreeSet<StackName>>,
    pub(super) stacks: Entry<BTreeMap<StackName, Stack>>,
    pub(super) stack_tags: Table<StackName, Tags>,
    pub(super) sessions: BTreeMap<FleetName, FleetSessions>,
    /// The authentication types in which there were sessions since the start.
    pub(super) session_types: BTreeSet<Label>,
    pub(super) image_builders: Entry<BTreeMap<ImageBuilderName, ImageBuilder>>,
    pub(super) app_block_builders: Entry<BTreeMap<AppBlockBuilderName, AppBlockBuilder>>,
    pub(super) images: Entry<Images>,
    /// The images to read and to show.
    pub(super) used_images: Arc<BTreeSet<ImageArn>>,
    pub(super) directory_configs: Entry<BTreeMap<String, String>>,
    pub(super) usage_reports: Entry<UsageReports>,
    pub(super) pools: Entry<BTreeMap<PoolId, Pool>>,
    pub(super) pool_tags: Table<PoolId, Tags>,
    pub(super) pool_sessions: Table<PoolId, PoolSessionTally>,
}

impl Known {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            fleets: Entry::new(now, "fleets"),
            fleet_tags: Table::default(),
            associations: Table::default(),
            stacks: Entry::new(now, "stacks"),
            stack_tags: Table::default(),
            sessions: BTreeMap::new(),
            session_types: BTreeSet::new(),
            image_builders: Entry::new(now, "image builders"),
            app_block_builders: Entry::new(now, "app block builders"),
            images: Entry::new(now, "images"),
            used_images: Arc::default(),
            directory_configs: Entry::new(now, "directory configs"),
            usage_reports: Entry::new(now, "usage reports"),
            pools: Entry::new(now, "pools"),
            pool_tags: Table::default(),
            pool_sessions: Table::default(),
        }
    }

    /// Whether the filters leave a fleet: by name, and by tags where these decide.
    /// A fleet whose tags are unknown may be one that must not be shown.
    pub(super) fn selects(&self, fleet: &Fleet, view: View<'_>) -> bool {
        let needs_tags = view.settings.need_tags();
        let has_tags = || self.fleet_tags.current(&fleet.name, view).is_some();
        self.may_select(fleet, view) && (!needs_tags || has_tags())
    }

    /// The same where unknown tags count as those that are wanted.
    pub(super) fn may_select(&self, fleet: &Fleet, view: View<'_>) -> bool {
        let tags = self.fleet_tags.current(&fleet.name, view);
        view.settings.accept_fleet(&fleet.name)
            && tags.is_none_or(|tags| view.settings.accept_tags(tags))
    }

    /// The fleets of the last good list, however old, that the filters leave.
    pub(super) fn selected_fleets<'a>(&'a self, view: View<'a>) -> impl Iterator<Item = &'a Fleet> {
        let fleets = self.fleets.listed();
        fleets.filter(move |fleet| self.selects(fleet, view))
    }

    /// The stacks of the last good list that the filters leave.
    pub(super) fn selected_stacks<'a>(&'a self, view: View<'a>) -> impl Iterator<Item = &'a Stack> {
        let stacks = self.stacks.listed();
        stacks.filter(move |stack| view.settings.accept_stack(&stack.name))
    }

    /// The pools of the last good list that the filters leave.
    pub(super) fn selected_pools<'a>(&'a self, view: View<'a>) -> impl Iterator<Item = &'a Pool> {
        let pools = self.pools.listed();
        pools.filter(move |pool| view.settings.accept_pool(pool))
    }

    /// The stacks that the last good list names for a fleet, unfiltered.
    pub(super) fn stacks_of(&self, fleet: &FleetName) -> impl Iterator<Item = &StackName> {
        let list = self.associations.0.get(fleet).and_then(Entry::last_good);
        list.into_iter().flat_map(|stacks| stacks.iter())
    }

    /// The images of the fleets that the filters leave, and of image builders.
    fn images_in_use(&self, view: View<'_>) -> BTreeSet<ImageArn> {
        let fleets = self.selected_fleets(view).map(|fleet| &fleet.image_arn);
        let has_builders = view.settings.has(Collector::AppstreamBuilders);
        let builders = self.image_builders.listed().filter(|_| has_builders);
        let images = fleets.chain(builders.map(|builder| &builder.image_arn));
        images.flatten().cloned().collect()
    }

    /// The account of everything, as a region of a target is in one account: that of
    /// its ARNs and its role. `None` where these name several.
    pub(super) fn account(&self, view: View<'_>) -> Option<AccountId> {
        let fleets = self.fleets.listed().map(|fleet| &fleet.account_id);
        let stacks = self.stacks.listed().map(|stack| &stack.account_id);
        let image_builders = self.image_builders.listed();
        let image_builders = image_builders.map(|builder| &builder.account_id);
        let app_block_builders = self.app_block_builders.listed();
        let app_block_builders = app_block_builders.map(|builder| &builder.account_id);
        let pools = self.pools.listed().map(|pool| &pool.account_id);
        let builders = image_builders.chain(app_block_builders);
        let in_arns = fleets.chain(stacks).chain(builders).chain(pools);
        let accounts = in_arns.chain([&view.settings.account_id]).flatten();
        let accounts: BTreeSet<_> = accounts.collect();
        let only = accounts.first().filter(|_| accounts.len() == 1);
        only.map(|account| AccountId::clone(account))
    }

    /// Makes entries for everything that the lists name and the filters leave,
    /// and drops those of all else.
    pub(super) fn reconcile(&mut self, view: View<'_>) {
        let settings = view.settings;
        let fleets = self.fleets.listed();
        let tagged = fleets.filter(|fleet| settings.reads_tags_of(fleet));
        let tagged = tagged.map(|fleet| fleet.name.clone());
        self.fleet_tags.keep(tagged, view.now);
        let shows_tags = settings.shows_tags(Collector::AppstreamStacks);
        let stacks = self.selected_stacks(view);
        let tagged = stacks.filter(|stack| shows_tags && stack.arn.is_some());
        let tagged: Vec<_> = tagged.map(|stack| stack.name.clone()).collect();
        self.stack_tags.keep(tagged, view.now);
        let selected = self.selected_fleets(view).map(|fleet| fleet.name.clone());
        let selected: BTreeSet<FleetName> = selected.collect();
        self.associations.keep(selected.iter().cloned(), view.now);
        self.sessions.retain(|fleet, _| selected.contains(fleet));
        for fleet in &selected {
            self.reconcile_pairs(fleet, view);
        }
        self.used_images = Arc::new(self.images_in_use(view));
        let pools = self.selected_pools(view).map(|pool| pool.id.clone());
        let pools: Vec<_> = pools.collect();
        let shows_tags = settings.shows_tags(Collector::WorkspacesPools);
        let tagged = pools.iter().filter(|_| shows_tags).cloned();
        self.pool_tags.keep(tagged, view.now);
        let has_sessions = settings.has(Collector::WorkspacesPoolSessions);
        let pools = pools.into_iter().filter(|_| has_sessions);
        self.pool_sessions.keep(pools, view.now);
    }

    /// The same for the pairs of one fleet.
    pub(super) fn reconcile_pairs(&mut self, fleet: &FleetName, view: View<'_>) {
        let settings = view.settings;
        let stacks = self.stacks_of(fleet);
        let stacks = stacks.filter(|stack| settings.accept_stack(stack));
        let stacks = stacks.filter(|_| settings.has(Collector::AppstreamSessions));
        let stacks: BTreeSet<StackName> = stacks.cloned().collect();
        let FleetSessions { pairs, .. } = self.sessions.entry(fleet.clone()).or_default();
        pairs.retain(|stack, _| stacks.contains(stack));
        for stack in stacks {
            let new = |stack: &StackName| Pair::new(fleet, stack, view);
            pairs.entry(stack).or_insert_with_key(new);
        }
    }

    /// A fleet that was deleted and created again under its old name has tags,
    /// associations and sessions of its own.
    pub(super) fn forget_recreated(&mut self, before: Option<Arc<BTreeMap<FleetName, Fleet>>>) {
        let (Some(before), Some(now)) = (before, self.fleets.last_good().cloned()) else {
            return;
        };
        for (name, fleet) in &*now {
            let is_recreated = |old: &Fleet| old.created != fleet.created;
            if before.get(name).is_some_and(is_recreated) {
                self.fleet_tags.0.remove(name);
                self.associations.0.remove(name);
                self.sessions.remove(name);
            }
        }
    }
}

/// The entries of a list that are kept; the list itself where that is all of them.
pub(super) fn filtered<K: Ord + Clone, V: Clone>(
    list: &Arc<BTreeMap<K, V>>,
    is_kept: impl Fn(&K, &V) -> bool,
) -> Arc<BTreeMap<K, V>> {
    if list.iter().all(|(key, value)| is_kept(key, value)) {
        return Arc::clone(list);
    }
    let mut list = BTreeMap::clone(list);
    list.retain(|key, value| is_kept(key, value));
    Arc::new(list)
}
