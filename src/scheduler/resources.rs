//! The list of resources. Each has a file of its own: `reads` says when its entries are
//! due, `apply` takes an answer in, `show` says what is shown.

use super::entry::{Attempt, Entry, History};
use super::known::Known;
use super::read::{Read, Resource, Visit};
use super::round::View;
use super::{
    app_block_builders, associations, directory_configs, fleet_tags, fleets, image_builders,
    images, pool_sessions, pool_tags, pools, sessions, stack_tags, stacks, usage_reports,
};
use crate::aws::{Error, Listed, Source};
use crate::model::Snapshot;
use crate::report::Span;

const RESOURCES: [&Resource; 14] = [
    &fleets::RESOURCE,
    &fleet_tags::RESOURCE,
    &associations::RESOURCE,
    &stacks::RESOURCE,
    &stack_tags::RESOURCE,
    &sessions::RESOURCE,
    &image_builders::RESOURCE,
    &app_block_builders::RESOURCE,
    &images::RESOURCE,
    &directory_configs::RESOURCE,
    &usage_reports::RESOURCE,
    &pools::RESOURCE,
    &pool_tags::RESOURCE,
    &pool_sessions::RESOURCE,
];

/// Shows every entry that the collectors which are on need.
pub(super) fn each(known: &Known, view: View<'_>, visit: Visit<'_>) {
    for resource in RESOURCES {
        if resource.owner(view.settings).is_some() {
            (resource.reads)(known, view, visit);
        }
    }
}

/// Adds what is known and not too old to a snapshot.
pub(super) fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    for resource in RESOURCES {
        let collector = resource.collectors.first();
        if collector.is_some_and(|collector| view.settings.has(*collector)) {
            (resource.show)(known, view, snapshot);
        }
    }
}

/// The history of the entry that a read is for; `None` if it is gone.
pub(super) fn history_mut<'a>(
    known: &'a mut Known,
    view: View<'_>,
    read: &Read,
) -> Option<&'a mut History> {
    Some(match read {
        Read::Fleets => &mut known.fleets.history,
        Read::FleetTags(fleet, _) => &mut known.fleet_tags.0.get_mut(fleet)?.history,
        Read::StackTags(stack, _) => &mut known.stack_tags.0.get_mut(stack)?.history,
        Read::PoolTags(pool) => &mut known.pool_tags.0.get_mut(pool)?.history,
        Read::Associations(fleet) => &mut known.associations.0.get_mut(fleet)?.history,
        Read::Stacks => &mut known.stacks.history,
        Read::Sessions(fleet, stack, kind) => {
            &mut sessions::entry_mut(known, view, (fleet, stack, kind))?.history
        }
        Read::ImageBuilders => &mut known.image_builders.history,
        Read::AppBlockBuilders => &mut known.app_block_builders.history,
        Read::Images(_) => &mut known.images.history,
        Read::DirectoryConfigs => &mut known.directory_configs.history,
        Read::UsageReports => &mut known.usage_reports.history,
        Read::Pools => &mut known.pools.history,
        Read::PoolSessions(pool) => &mut known.pool_sessions.0.get_mut(pool)?.history,
    })
}

/// Reads a list. Gives back what puts the answer where it belongs.
pub(super) async fn perform(read: Read, source: impl Source) -> Answer {
    match read {
        Read::Fleets => Answer::new((), source.describe_fleets().await, fleets::apply),
        Read::FleetTags(fleet, arn) => {
            Answer::new(fleet, source.list_tags(&arn).await, fleet_tags::apply)
        }
        Read::StackTags(stack, arn) => {
            Answer::new(stack, source.list_tags(&arn).await, stack_tags::apply)
        }
        Read::PoolTags(pool) => {
            let tags = source.describe_pool_tags(&pool).await;
            Answer::new(pool, tags, pool_tags::apply)
        }
        Read::Associations(fleet) => {
            let stacks = source.list_associated_stacks(&fleet).await;
            Answer::new(fleet, stacks, associations::apply)
        }
        Read::Stacks => {
            let stacks = source.describe_stacks().await;
            Answer::list(stacks, |known| &mut known.stacks)
        }
        Read::Sessions(fleet, stack, kind) => {
            let tally = source.describe_sessions(&fleet, &stack, &kind).await;
            Answer::new((fleet, stack, kind), tally, sessions::apply)
        }
        Read::ImageBuilders => {
            let builders = source.describe_image_builders().await;
            Answer::list(builders, |known| &mut known.image_builders)
        }
        Read::AppBlockBuilders => {
            let builders = source.describe_app_block_builders().await;
            Answer::new((), builders, app_block_builders::apply)
        }
        Read::Images(arns) => {
            let images = source.describe_images(&arns).await;
            Answer::list(images, |known| &mut known.images)
        }
        Read::DirectoryConfigs => {
            let configs = source.describe_directory_configs().await;
            Answer::list(configs, |known| &mut known.directory_configs)
        }
        Read::UsageReports => {
            let reports = source.describe_usage_report_subscriptions().await;
            Answer::list(reports, |known| &mut known.usage_reports)
        }
        Read::Pools => {
            let pools = source.describe_workspaces_pools().await;
            Answer::list(pools, |known| &mut known.pools)
        }
        Read::PoolSessions(pool) => {
            let tally = source.describe_workspaces_pool_sessions(&pool).await;
            Answer::new(pool, tally, pool_sessions::apply)
        }
    }
}

/// Takes an answer in. Says whether other reads may be due by that.
type Apply = dyn FnOnce(&mut Known, Span, View<'_>) -> bool + Send;

/// The answer to a read, with the way to take it in.
pub(super) struct Answer {
    /// Whether the list was read.
    pub(super) is_good: bool,
    apply: Box<Apply>,
}

impl Answer {
    fn new<K: Send + 'static, T: Send + 'static>(
        key: K,
        result: Result<Listed<T>, Error>,
        apply: fn(&mut Known, K, Attempt<T>, View<'_>) -> bool,
    ) -> Self {
        let is_good = result.is_ok();
        let apply = move |known: &mut Known, span: Span, view: View<'_>| {
            apply(known, key, Attempt { result, span }, view)
        };
        let apply = Box::new(apply);
        Self { is_good, apply }
    }

    /// The answer to a list of the whole region, from which other entries may follow.
    fn list<T: Send + 'static>(
        result: Result<Listed<T>, Error>,
        entry: fn(&mut Known) -> &mut Entry<T>,
    ) -> Self {
        Self::new(entry, result, |known, entry, attempt, view| {
            entry(known).record_list(attempt, view);
            known.reconcile(view);
            true
        })
    }

    /// Takes the answer in. Says whether other reads may be due by that.
    pub(super) fn apply(self, known: &mut Known, span: Span, view: View<'_>) -> bool {
        (self.apply)(known, span, view)
    }
}
