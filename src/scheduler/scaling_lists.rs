//! Lists of Application Auto Scaling, one of each kind for each namespace.

use std::sync::Arc;

use tokio::time::Instant;

use super::entry::{Entry, Table};
use super::round::View;
use crate::model::{
    self, ByResource, LastActivities, PolicyCounts, ScalingNamespace, ScalingTarget,
    ScheduledAction,
};

/// Lists by namespace.
pub(super) type ByNamespace<T> = Table<ScalingNamespace, ByResource<T>>;

/// What is known of the scaling of all namespaces.
#[derive(Debug, Default)]
pub(super) struct ScalingLists {
    pub(super) targets: ByNamespace<ScalingTarget>,
    pub(super) actions: ByNamespace<Vec<ScheduledAction>>,
    pub(super) policies: ByNamespace<PolicyCounts>,
    pub(super) activities: ByNamespace<LastActivities>,
}

impl ScalingLists {
    /// Makes entries for the namespaces in which something may be shown. AWS deletes actions and
    /// policies with their target, but lists its activities for six weeks.
    pub(super) fn keep(&mut self, has_fleet: bool, has_pool: bool, now: Instant) {
        let namespaces = [
            has_fleet.then_some(ScalingNamespace::Appstream),
            has_pool.then_some(ScalingNamespace::Workspaces),
        ];
        let namespaces = namespaces.into_iter().flatten();
        self.targets.keep(namespaces.clone(), now);
        self.activities.keep(namespaces.clone(), now);
        let targets = |namespace: &_| self.targets.0.get(namespace).and_then(Entry::last_good);
        let has_target = |namespace: &_| targets(namespace).is_none_or(|list| !list.is_empty());
        let with_targets: Vec<_> = namespaces.filter(has_target).collect();
        self.actions.keep(with_targets.iter().copied(), now);
        self.policies.keep(with_targets, now);
    }

    /// What is shown of a namespace.
    pub(super) fn current(
        &self,
        namespace: ScalingNamespace,
        view: View<'_>,
    ) -> model::ScalingLists {
        fn list<T>(
            lists: &ByNamespace<T>,
            namespace: ScalingNamespace,
            view: View<'_>,
        ) -> Arc<ByResource<T>> {
            let list = lists.current(&namespace, view);
            list.map_or_else(Arc::default, Arc::clone)
        }
        model::ScalingLists {
            targets: list(&self.targets, namespace, view),
            actions: list(&self.actions, namespace, view),
            policies: list(&self.policies, namespace, view),
            activities: list(&self.activities, namespace, view),
        }
    }
}
