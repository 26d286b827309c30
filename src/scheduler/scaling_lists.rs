//! Lists of Application Auto Scaling, one of each kind for each namespace.

use std::sync::Arc;

use super::entry::{self, Table};
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
    pub(super) fn keep(&mut self, has_fleet: bool, has_pool: bool) {
        let namespaces = [
            has_fleet.then_some(ScalingNamespace::Appstream),
            has_pool.then_some(ScalingNamespace::Workspaces),
        ];
        let namespaces = namespaces.into_iter().flatten();
        entry::keep(&mut self.targets, namespaces.clone());
        entry::keep(&mut self.activities, namespaces.clone());
        let targets = |namespace: &_| self.targets.get(namespace)?.last_good.as_ref();
        let has_target = |namespace: &_| targets(namespace).is_none_or(|list| !list.is_empty());
        let with_targets: Vec<_> = namespaces.filter(has_target).collect();
        entry::keep(&mut self.actions, with_targets.iter().copied());
        entry::keep(&mut self.policies, with_targets);
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
            let list = lists.get(&namespace).and_then(|list| list.current(view));
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
