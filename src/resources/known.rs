//! Everything that is known of one region of one target, and which entries there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::entry::{self, Entry, Table};
use super::fleet_sessions::{FleetSessions, Pair};
use super::metric_windows::{Metrics, Seen};
use super::refresh::View;
use super::scaling_lists::ScalingLists;
use super::settings::Settings;
use super::turnover::{FleetTurnover, PoolTurnover, Turnover};
use crate::model::{
    AccountId, AppBlockBuilder, AppBlockBuilderName, Collector, Fleet, FleetName, ImageArn,
    ImageBuilder, ImageBuilderName, Images, Label, Monitored, Pool, PoolId, PoolSessionTally,
    Quota, QuotaCode, Stack, StackName, Tags, UsageReports,
};

/// Entries of every resource. Lists are kept as AWS gave them, and filtered when
/// they are used, so that other filters take effect at once.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(super) fleets: Entry<BTreeMap<FleetName, Fleet>>,
    pub(super) fleet_tags: Table<FleetName, Tags>,
    pub(super) associations: Table<FleetName, BTreeSet<StackName>>,
    pub(super) stacks: Entry<BTreeMap<StackName, Stack>>,
    pub(super) stack_tags: Table<StackName, Tags>,
    pub(super) sessions: BTreeMap<FleetName, FleetSessions>,
    /// Sessions over time, of fleets and of pools.
    pub(super) turnover: BTreeMap<FleetName, FleetTurnover>,
    pub(super) pool_turnover: BTreeMap<PoolId, PoolTurnover>,
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
    pub(super) scaling: ScalingLists,
    pub(super) quotas: Entry<BTreeMap<QuotaCode, Quota>>,
    pub(super) default_quotas: Entry<BTreeMap<QuotaCode, Quota>>,
    pub(super) metrics: Metrics,
}

impl Known {
    /// Whether the filters leave a fleet: by name, and by tags where these decide.
    /// A fleet whose tags are unknown may be one that must not be shown.
    pub(super) fn selects(&self, fleet: &Fleet, view: View<'_>) -> bool {
        let has_tags = || self.tags_of(fleet, view).is_some();
        self.may_select(fleet, view) && (view.settings.filters.tags.is_empty() || has_tags())
    }

    /// The same where unknown tags count as those that are wanted.
    fn may_select(&self, fleet: &Fleet, view: View<'_>) -> bool {
        let filters = &view.settings.filters;
        let tags = self.tags_of(fleet, view);
        filters.fleets.accepts(fleet.name.as_str())
            && tags.is_none_or(|tags| filters.accept_tags(tags))
    }

    fn tags_of(&self, fleet: &Fleet, view: View<'_>) -> Option<&Arc<Tags>> {
        self.fleet_tags.get(&fleet.name)?.current(view)
    }

    /// The fleets of the last good list, however old, that the filters leave.
    pub(super) fn selected_fleets<'a>(&'a self, view: View<'a>) -> impl Iterator<Item = &'a Fleet> {
        let fleets = self.fleets.listed();
        fleets.filter(move |fleet| self.selects(fleet, view))
    }

    /// The stacks of the last good list that the filters leave.
    fn selected_stacks<'a>(&'a self, view: View<'a>) -> impl Iterator<Item = &'a Stack> {
        let stacks = self.stacks.listed();
        stacks.filter(move |stack| view.settings.accept_stack(&stack.name))
    }

    /// The pools of the last good list that the filters leave.
    pub(super) fn selected_pools<'a>(&'a self, view: View<'a>) -> impl Iterator<Item = &'a Pool> {
        let pools = self.pools.listed();
        pools.filter(move |pool| view.settings.filters.pools.accepts(&pool.name))
    }

    /// The stacks that the last good list names for a fleet, unfiltered.
    pub(super) fn stacks_of(&self, fleet: &FleetName) -> impl Iterator<Item = &StackName> {
        let list = self.associations.get(fleet);
        let stacks = list.and_then(|list| list.last_good.as_ref());
        stacks.into_iter().flat_map(|stacks| stacks.iter())
    }

    /// Whether fleets, and the tags that filters need, were read or cannot be.
    pub(super) fn are_fleets_settled(&self, view: View<'_>) -> bool {
        let are_tags_needed = !view.settings.filters.tags.is_empty();
        let mut tags = self.fleet_tags.values();
        self.fleets.history.is_settled()
            && (!are_tags_needed || tags.all(|tags| tags.history.is_settled()))
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
    /// its ARNs, or else of its role.
    pub(crate) fn account(&self, view: View<'_>) -> Option<AccountId> {
        let fleets = self.fleets.listed().map(|fleet| &fleet.account_id);
        let mut accounts = fleets
            .chain(self.stacks.listed().map(|stack| &stack.account_id))
            .chain(
                self.image_builders
                    .listed()
                    .map(|builder| &builder.account_id),
            )
            .chain(
                self.app_block_builders
                    .listed()
                    .map(|builder| &builder.account_id),
            )
            .chain(self.pools.listed().map(|pool| &pool.account_id))
            .chain(self.quotas.listed().map(|quota| &quota.account_id))
            .chain([&view.settings.account_id]);
        accounts.find_map(Clone::clone)
    }

    /// Makes entries for everything that the lists name and the filters leave,
    /// and drops those of all else.
    pub(crate) fn reconcile(&mut self, view: View<'_>) {
        let settings = view.settings;
        let tagged = self
            .fleets
            .listed()
            .filter(|fleet| settings.reads_tags_of(fleet));
        let tagged = tagged.map(|fleet| fleet.name.clone());
        entry::keep(&mut self.fleet_tags, tagged);
        let shows_tags = settings.shows_tags(Collector::AppstreamStacks);
        let stacks = self.selected_stacks(view);
        let tagged = stacks.filter(|stack| shows_tags && stack.arn.is_some());
        let tagged: Vec<_> = tagged.map(|stack| stack.name.clone()).collect();
        entry::keep(&mut self.stack_tags, tagged);
        let fleets = self.selected_fleets(view).map(|fleet| fleet.name.clone());
        let fleets: BTreeSet<FleetName> = fleets.collect();
        entry::keep(&mut self.associations, fleets.iter().cloned());
        self.reconcile_sessions(&fleets, view);
        self.used_images = Arc::new(self.images_in_use(view));
        let pools = self.selected_pools(view).map(|pool| pool.id.clone());
        let pools: Vec<PoolId> = pools.collect();
        let wanted = |is_wanted: bool| pools.iter().filter(move |_| is_wanted).cloned();
        let tagged = wanted(settings.shows_tags(Collector::WorkspacesPools));
        entry::keep(&mut self.pool_tags, tagged);
        let counted = wanted(settings.has(Collector::WorkspacesPoolSessions));
        entry::keep(&mut self.pool_sessions, counted);
        self.reconcile_turnover(view);
        self.scaling.keep(!fleets.is_empty(), !pools.is_empty());
        self.reconcile_metrics(view);
    }

    /// The same for pairs of fleet and stack.
    fn reconcile_sessions(&mut self, fleets: &BTreeSet<FleetName>, view: View<'_>) {
        let has_sessions = view.settings.has(Collector::AppstreamSessions);
        self.sessions.retain(|fleet, _| fleets.contains(fleet));
        for fleet in fleets {
            let stacks = self.stacks_of(fleet).filter(|_| has_sessions);
            let stacks = stacks.filter(|stack| view.settings.accept_stack(stack));
            let stacks: BTreeSet<StackName> = stacks.cloned().collect();
            let FleetSessions { pairs, .. } = self.sessions.entry(fleet.clone()).or_default();
            pairs.retain(|stack, _| stacks.contains(stack));
            for stack in stacks {
                let new = |stack: &StackName| Pair::new(fleet, stack, view);
                pairs.entry(stack).or_insert_with_key(new);
            }
        }
    }

    /// Drops the stored data of fleets, pairs and pools that are gone, or that the settings
    /// exclude. Of their sessions, only those whose end a read has shown count as ended.
    fn reconcile_turnover(&mut self, view: View<'_>) {
        let settings = view.settings;
        let has_sessions = settings.has(Collector::AppstreamSessions);
        let mut turnover = std::mem::take(&mut self.turnover);
        turnover.retain(|fleet, _| {
            let fleet = self
                .fleets
                .last_good
                .as_ref()
                .and_then(|all| all.get(fleet));
            has_sessions && fleet.is_some_and(|fleet| self.may_select(fleet, view))
        });
        for (fleet, FleetTurnover { durations, pairs }) in &mut turnover {
            let list = self.associations.get(fleet);
            let list = list.and_then(|list| list.last_good.as_ref());
            // Until the list is known, a pair may exist.
            let exists = |stack: &StackName| list.is_none_or(|stacks| stacks.contains(stack));
            let is_kept = |stack: &StackName| settings.accept_stack(stack) && exists(stack);
            let dropped = pairs.extract_if(.., |stack, _| !is_kept(stack));
            dropped.for_each(|(_, mut pair)| pair.count_ended(durations));
        }
        self.turnover = turnover;
        let pool_sessions = &self.pool_sessions;
        self.pool_turnover
            .retain(|pool, _| pool_sessions.contains_key(pool));
    }

    /// Keeps what was counted of the fleets and pools of the last good lists.
    fn reconcile_metrics(&mut self, view: View<'_>) {
        let mut metrics = std::mem::take(&mut self.metrics);
        if !view.settings.has(Collector::Cloudwatch) {
            return;
        }
        let seen = |state: Option<&str>, read_at: Option<Instant>| {
            let is_running = state == Some("RUNNING");
            Seen::new(is_running, read_at.unwrap_or(view.now), view)
        };
        let fleets = self.fleets.listed();
        let fleets = fleets.filter(|fleet| self.may_select(fleet, view));
        let fleets = fleets.map(|fleet| {
            let seen = seen(fleet.state.as_deref(), self.fleets.history.read_at);
            let monitored = Monitored::Fleet(fleet.name.clone());
            (monitored, self.selects(fleet, view), seen)
        });
        let pools = self.selected_pools(view).map(|pool| {
            let seen = seen(pool.state.as_deref(), self.pools.history.read_at);
            (Monitored::Pool(pool.id.clone()), true, seen)
        });
        metrics.keep(fleets.chain(pools), view);
        self.metrics = metrics;
    }

    /// A refresh ends: counts the sessions that are gone, except those of a pair that is
    /// being read, which may find them.
    pub(crate) fn count_ended_sessions(&mut self) {
        for (fleet, FleetTurnover { durations, pairs }) in &mut self.turnover {
            let sessions = self.sessions.get(fleet);
            for (stack, turnover) in pairs {
                let pair = sessions.and_then(|sessions| sessions.pairs.get(stack));
                if !pair.is_some_and(|pair| pair.is_under_way()) {
                    turnover.count_ended(durations);
                }
            }
        }
    }

    /// Other authentication types are read from now on: counts over other types are other
    /// counts, but the sessions of the types that are left go on.
    pub(crate) fn change_types(&mut self, types: &[Label]) {
        self.sessions.clear();
        self.session_types.clear();
        for turnover in self
            .turnover
            .values_mut()
            .flat_map(|fleet| fleet.pairs.values_mut())
        {
            turnover.keep_types(types);
        }
    }

    /// Removes the session lists, and keeps their counts.
    pub(crate) fn forget_session_lists(&mut self) {
        let pairs = self
            .sessions
            .values_mut()
            .flat_map(|fleet| &mut fleet.pairs);
        let types = pairs.flat_map(|(_, pair)| &mut pair.types);
        for tally in types.filter_map(|entry| entry.last_good.as_mut()) {
            if tally.list.is_some() {
                Arc::make_mut(tally).list = None;
            }
        }
        let pools = self.pool_sessions.values_mut();
        for tally in pools.filter_map(|entry| entry.last_good.as_mut()) {
            if tally.list.is_some() {
                Arc::make_mut(tally).list = None;
            }
        }
    }

    /// Lists of which the filters exclude everything, each with how much is listed.
    pub(crate) fn emptied_lists(&self, view: View<'_>) -> BTreeMap<&'static str, usize> {
        // Tags that cannot be read say nothing of the filters.
        let mut fleets = self.fleets.listed();
        let fleets = fleets.any(|fleet| self.may_select(fleet, view));
        let stacks = self.selected_stacks(view).next().is_some();
        let pools = self.selected_pools(view).next().is_some();
        let lists = [
            ("fleets", self.fleets.listed().count(), fleets),
            ("stacks", self.stacks.listed().count(), stacks),
            ("pools", self.pools.listed().count(), pools),
        ];
        let lists = lists.into_iter();
        let emptied = lists.filter(|(_, listed, has_any)| *listed > 0 && !has_any);
        emptied.map(|(kind, listed, _)| (kind, listed)).collect()
    }

    /// Metrics of CloudWatch that an interval costs.
    pub(crate) fn billed_metrics(&self, settings: &Settings) -> usize {
        self.metrics.billed(settings)
    }

    /// The stored state of a fleet and stack.
    pub(super) fn turnover_of(&self, fleet: &FleetName, stack: &StackName) -> Option<&Turnover> {
        self.turnover.get(fleet)?.pairs.get(stack)
    }

    /// A fleet that was deleted and created again under its old name has tags,
    /// associations and sessions of its own.
    pub(super) fn forget_recreated(&mut self, before: Option<Arc<BTreeMap<FleetName, Fleet>>>) {
        for old in before.iter().flat_map(|fleets| fleets.values()) {
            let fleets = self.fleets.last_good.as_ref();
            let new = fleets.and_then(|fleets| fleets.get(&old.name));
            if new.is_some_and(|new| new.created != old.created) {
                self.fleet_tags.remove(&old.name);
                self.associations.remove(&old.name);
                self.sessions.remove(&old.name);
                self.turnover.remove(&old.name);
                self.metrics.forget(&Monitored::Fleet(old.name.clone()));
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
