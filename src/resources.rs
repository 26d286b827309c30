//! The lists that the exporter reads from AWS: the last good value of each, and when the list is
//! due again.
//!
//! `crate::scheduler` starts the reads and passes the time. This module reads no clock.
//!
//! - One file for each resource, such as `fleets`: `reads` returns its entries with their due
//!   times, `apply` stores a response, and `show` adds the values to a snapshot. `RESOURCES` has
//!   all resources.
//! - `entry`: one list with its last good value and its last attempt. `known`: all entries.
//! - `read`: every kind of list. `refresh`: the running refresh.
//! - `evidence`, `economy`: compare the capacity of a fleet with its sessions.
//! - `metric_windows`: the datapoints of CloudWatch that are counted already.
//! - `turnover`: counts sessions that started and ended, by comparing lists.

mod app_block_builders;
mod associations;
mod cloudwatch;
mod directory_configs;
mod economy;
mod entry;
pub(crate) mod evidence;
mod fleet_sessions;
mod fleets;
mod image_builders;
mod images;
pub(crate) mod known;
mod metric_windows;
mod pool_sessions;
mod pools;
mod quotas;
pub(crate) mod read;
pub(crate) mod refresh;
mod scaling;
mod scaling_lists;
mod sessions;
pub(crate) mod settings;
mod stacks;
mod tags;
mod turnover;
mod usage_reports;

use tokio::time::Instant;

use crate::aws::{Error, Listed, Source};
use crate::model::{ByResource, ScalingNamespace, Snapshot};
use entry::{Attempt, Entry, History, Table};
use known::Known;
use read::{Item, Read, Resource};
use refresh::View;
use scaling_lists::{ByNamespace, ScalingLists};
use settings::Settings;

const RESOURCES: [&Resource; 21] = [
    &fleets::RESOURCE,
    &tags::OF_FLEETS,
    &associations::RESOURCE,
    &stacks::RESOURCE,
    &tags::OF_STACKS,
    &sessions::RESOURCE,
    &image_builders::RESOURCE,
    &app_block_builders::RESOURCE,
    &images::RESOURCE,
    &directory_configs::RESOURCE,
    &usage_reports::RESOURCE,
    &pools::RESOURCE,
    &tags::OF_POOLS,
    &pool_sessions::RESOURCE,
    &scaling::TARGETS,
    &scaling::ACTIONS,
    &scaling::POLICIES,
    &scaling::ACTIVITIES,
    &quotas::APPLIED,
    &quotas::DEFAULTS,
    &cloudwatch::RESOURCE,
];

/// Forgets the lists of collectors that are off. Otherwise, other collectors would count them, and
/// their old values would be shown when the collector is turned on again.
pub(crate) fn forget_unread(known: &mut Known, settings: &Settings) {
    let is_read = |resource: &Resource| resource.owner(settings).is_some();
    if !is_read(&fleets::RESOURCE) {
        known.fleets = Entry::default();
    }
    if !is_read(&associations::RESOURCE) {
        known.associations.clear();
    }
    if !is_read(&stacks::RESOURCE) {
        known.stacks = Entry::default();
    }
    if !is_read(&image_builders::RESOURCE) {
        known.image_builders = Entry::default();
        known.app_block_builders = Entry::default();
    }
    if !is_read(&images::RESOURCE) {
        known.images = Entry::default();
    }
    if !is_read(&directory_configs::RESOURCE) {
        known.directory_configs = Entry::default();
        known.usage_reports = Entry::default();
    }
    if !is_read(&pools::RESOURCE) {
        known.pools = Entry::default();
    }
    if !is_read(&scaling::TARGETS) {
        known.scaling = ScalingLists::default();
    }
    if !is_read(&quotas::APPLIED) {
        known.quotas = Entry::default();
        known.default_quotas = Entry::default();
    }
}

/// Shows every entry that the collectors which are on need.
pub(crate) fn each(
    known: &Known,
    view: View<'_>,
    mut visit: impl FnMut(&'static Resource, Item<'_>),
) {
    for resource in RESOURCES {
        if resource.owner(view.settings).is_some() {
            (resource.reads)(known, view, &mut |item| visit(resource, item));
        }
    }
}

/// Whether fleets, on which most of the rest depends, are wanted and were never read.
pub(crate) fn waits_for_fleets(known: &Known, view: View<'_>) -> bool {
    let are_wanted = fleets::RESOURCE.owner(view.settings).is_some();
    are_wanted && known.fleets.history.ended_at.is_none()
}

/// Adds what is known and not too old to a snapshot.
pub(crate) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    for resource in RESOURCES {
        let collector = resource.collectors.first();
        if collector.is_some_and(|collector| view.settings.has(*collector)) {
            (resource.show)(known, view, snapshot);
        }
    }
}

/// The history of the entry that a read is for; `None` if it is gone.
pub(crate) fn history_mut<'a>(
    known: &'a mut Known,
    view: View<'_>,
    read: &Read,
) -> Option<&'a mut History> {
    Some(match read {
        Read::Fleets => &mut known.fleets.history,
        Read::FleetTags(fleet, _) => &mut known.fleet_tags.get_mut(fleet)?.history,
        Read::StackTags(stack, _) => &mut known.stack_tags.get_mut(stack)?.history,
        Read::PoolTags(pool) => &mut known.pool_tags.get_mut(pool)?.history,
        Read::Associations(fleet) => &mut known.associations.get_mut(fleet)?.history,
        Read::Stacks => &mut known.stacks.history,
        Read::Sessions(fleet, stack, kind) => {
            &mut sessions::entry_mut(known, view, fleet, stack, kind)?.history
        }
        Read::ImageBuilders => &mut known.image_builders.history,
        Read::AppBlockBuilders => &mut known.app_block_builders.history,
        Read::Images(_) => &mut known.images.history,
        Read::DirectoryConfigs => &mut known.directory_configs.history,
        Read::UsageReports => &mut known.usage_reports.history,
        Read::Pools => &mut known.pools.history,
        Read::PoolSessions(pool) => &mut known.pool_sessions.get_mut(pool)?.history,
        Read::ScalingTargets(namespace) => &mut known.scaling.targets.get_mut(namespace)?.history,
        Read::ScheduledActions(namespace) => &mut known.scaling.actions.get_mut(namespace)?.history,
        Read::ScalingPolicies(namespace) => &mut known.scaling.policies.get_mut(namespace)?.history,
        Read::ScalingActivities(namespace) => {
            &mut known.scaling.activities.get_mut(namespace)?.history
        }
        Read::Quotas => &mut known.quotas.history,
        Read::DefaultQuotas => &mut known.default_quotas.history,
        Read::Metrics(batch) => &mut known.metrics.batches.get_mut(&batch.number)?.history,
    })
}

/// Reads a list. Gives back what puts the answer where it belongs.
pub(crate) async fn perform(read: Read, source: impl Source, lists_sessions: bool) -> Answer {
    match read {
        Read::Fleets => Answer::new(source.describe_fleets().await, fleets::apply),
        Read::FleetTags(fleet, arn) => tags::read_of_fleet(source, fleet, &arn).await,
        Read::StackTags(stack, arn) => tags::read_of_stack(source, stack, &arn).await,
        Read::PoolTags(pool) => tags::read_of_pool(source, pool).await,
        Read::Associations(fleet) => associations::read(source, fleet).await,
        Read::Stacks => Answer::new(source.describe_stacks().await, stacks::apply),
        Read::Sessions(fleet, stack, kind) => {
            sessions::read(source, (fleet, stack, kind), lists_sessions).await
        }
        Read::ImageBuilders => Answer::of_list(source.describe_image_builders().await, |known| {
            &mut known.image_builders
        }),
        Read::AppBlockBuilders => {
            let builders = source.describe_app_block_builders().await;
            Answer::new(builders, app_block_builders::apply)
        }
        Read::Images(arns) => Answer::of_list(source.describe_images(&arns).await, |known| {
            &mut known.images
        }),
        Read::DirectoryConfigs => {
            let configs = source.describe_directory_configs().await;
            Answer::of_list(configs, |known| &mut known.directory_configs)
        }
        Read::UsageReports => {
            let reports = source.describe_usage_report_subscriptions().await;
            Answer::of_list(reports, |known| &mut known.usage_reports)
        }
        Read::Pools => Answer::of_list(source.describe_workspaces_pools().await, |known| {
            &mut known.pools
        }),
        Read::PoolSessions(pool) => pool_sessions::read(source, pool, lists_sessions).await,
        Read::ScalingTargets(namespace) => {
            let targets = source.describe_scalable_targets(namespace).await;
            Answer::of_namespace(targets, namespace, |scaling| &mut scaling.targets)
        }
        Read::ScheduledActions(namespace) => {
            let actions = source.describe_scheduled_actions(namespace).await;
            Answer::of_namespace(actions, namespace, |scaling| &mut scaling.actions)
        }
        Read::ScalingPolicies(namespace) => {
            let policies = source.describe_scaling_policies(namespace).await;
            Answer::of_namespace(policies, namespace, |scaling| &mut scaling.policies)
        }
        Read::ScalingActivities(namespace) => {
            let activities = source.describe_scaling_activities(namespace).await;
            Answer::of_namespace(activities, namespace, |scaling| &mut scaling.activities)
        }
        Read::Quotas => Answer::of_list(source.list_service_quotas().await, |known| {
            &mut known.quotas
        }),
        Read::DefaultQuotas => {
            let defaults = source.list_default_service_quotas().await;
            Answer::of_list(defaults, |known| &mut known.default_quotas)
        }
        Read::Metrics(batch) => cloudwatch::read(source, batch).await,
    }
}

/// Takes in the answer to a read that began at a moment.
type Apply = dyn FnOnce(&mut Known, Instant, View<'_>) + Send;

/// The answer to a read, with the way to take it in.
pub(crate) struct Answer {
    /// Whether the list was read.
    pub(crate) is_good: bool,
    pub(crate) apply: Box<Apply>,
}

impl Answer {
    fn new<T: Send + 'static>(
        result: Result<Listed<T>, Error>,
        apply: impl FnOnce(&mut Known, Attempt<T>, View<'_>) + Send + 'static,
    ) -> Self {
        Self {
            is_good: result.is_ok(),
            apply: Box::new(move |known, begun, view| {
                apply(known, Attempt { result, begun }, view);
            }),
        }
    }

    /// The answer to a list of the whole region.
    fn of_list<T: Send + 'static>(
        result: Result<Listed<T>, Error>,
        list: fn(&mut Known) -> &mut Entry<T>,
    ) -> Self {
        Self::new(result, move |known, attempt, view| {
            list(known).record_list(attempt, view);
        })
    }

    /// The answer about one thing of a table; with the list that names it.
    fn of_one<K: Ord + Send + 'static, T: Send + 'static>(
        result: Result<Listed<T>, Error>,
        key: K,
        table: fn(&mut Known) -> (&mut Table<K, T>, &mut History),
    ) -> Self {
        Self::new(result, move |known, attempt, view| {
            let (table, list) = table(known);
            if let Some(entry) = table.get_mut(&key) {
                list.mark_stale_if_not_found(&attempt);
                entry.record(attempt, view);
            }
        })
    }

    /// The answer to a list of a namespace.
    fn of_namespace<T: Send + 'static>(
        result: Result<Listed<ByResource<T>>, Error>,
        namespace: ScalingNamespace,
        lists: fn(&mut ScalingLists) -> &mut ByNamespace<T>,
    ) -> Self {
        Self::new(result, move |known, attempt, view| {
            if let Some(entry) = lists(&mut known.scaling).get_mut(&namespace) {
                entry.record_list(attempt, view);
            }
        })
    }
}
