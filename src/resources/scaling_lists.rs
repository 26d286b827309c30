//! Lists of Application Auto Scaling, one of each kind for each namespace.

use std::sync::Arc;

use super::entry::{Table, keep};
use super::refresh::View;
use crate::model::{
    self, ByResource, LastActivities, PolicyCounts, ScalingNamespace, ScalingTarget,
    ScheduledAction,
};

/// Lists by namespace.
pub(super) type ByNamespace<T> = Table<ScalingNamespace, ByResource<T>>;

/// The scaling data of all namespaces.
#[derive(Debug, Default)]
pub(super) struct ScalingLists {
    pub(super) targets: ByNamespace<ScalingTarget>,
    pub(super) actions: ByNamespace<Vec<ScheduledAction>>,
    pub(super) policies: ByNamespace<PolicyCounts>,
    pub(super) activities: ByNamespace<LastActivities>,
}

impl ScalingLists {
    /// Makes entries for the namespaces in which something may be shown.
    pub(super) fn keep(&mut self, has_fleet: bool, has_pool: bool) {
        let namespaces = [
            has_fleet.then_some(ScalingNamespace::Appstream),
            has_pool.then_some(ScalingNamespace::Workspaces),
        ];
        let namespaces = namespaces.into_iter().flatten();
        keep(&mut self.targets, namespaces.clone());
        keep(&mut self.actions, namespaces.clone());
        keep(&mut self.policies, namespaces.clone());
        keep(&mut self.activities, namespaces);
    }

    /// The shown data of a namespace.
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
