//! The searches of all targets that do not name their regions.

use std::collections::BTreeMap;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::plan::TargetPlan;
use super::search::{FoundRegions, Search};
use crate::selfmetrics::SelfMetrics;

/// Searches, by the name of their target, with the regions that they have found.
#[derive(Debug)]
pub(super) struct Searches {
    running: BTreeMap<String, RunningSearch>,
    found: watch::Sender<FoundRegions>,
    changes: watch::Receiver<FoundRegions>,
}

/// The search for the regions of a target.
#[derive(Debug)]
struct RunningSearch {
    plan: TargetPlan,
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Searches {
    pub(super) fn new() -> Self {
        let (found, changes) = watch::channel(FoundRegions::new());
        Self {
            running: BTreeMap::new(),
            found,
            changes,
        }
    }

    /// The regions that the search of a target has found; `None` until it has ended once.
    pub(super) fn regions(&self, target: &str) -> Option<Vec<String>> {
        self.found.borrow().get(target).cloned()
    }

    /// Waits until the found regions change. Cancel safe.
    pub(super) async fn next_result(&mut self) {
        let changed = self.changes.changed().await;
        changed.expect("the sender is a field too");
    }

    /// Ends the searches that these targets do not continue. Returns target and region of
    /// what they may have probed.
    pub(super) async fn end_undesired(&mut self, targets: &[TargetPlan]) -> Vec<(String, String)> {
        let ended = self
            .running
            .extract_if(.., |_, search| !targets.iter().any(|one| search.is_of(one)));
        let mut probed = Vec::new();
        for (target, search) in ended.collect::<Vec<_>>() {
            search.stop.cancel();
            // A probe that still runs would update the metrics.
            search.ended.cancelled().await;
            self.found.send_if_modified(|found| {
                found.remove(&target);
                false
            });
            let regions = search.plan.regions.all().iter();
            probed.extend(regions.map(|region| (target.clone(), region.clone())));
        }
        probed
    }

    /// Starts the search for the regions of targets that do not name them.
    pub(super) fn start_desired(
        &mut self,
        targets: &[TargetPlan],
        metrics: &SelfMetrics,
        stop: &CancellationToken,
        tasks: &mut JoinSet<()>,
    ) {
        for plan in targets {
            let name = plan.template.target.to_string();
            if self.running.contains_key(&name) {
                continue;
            }
            let Some(search) = Search::of(plan, metrics) else {
                continue;
            };
            let running = RunningSearch {
                plan: plan.clone(),
                stop: stop.child_token(),
                ended: CancellationToken::new(),
            };
            let search = search.run(self.found.clone(), running.stop.clone());
            let done = running.ended.clone().drop_guard();
            tasks.spawn(async move {
                let _done = done;
                search.await;
            });
            self.running.insert(name, running);
        }
    }
}

impl RunningSearch {
    /// Whether the search is that of a target, as it is now.
    fn is_of(&self, target: &TargetPlan) -> bool {
        let (now, before) = (&target.template, &self.plan.template);
        now.target == before.target
            && target.regions == self.plan.regions
            && now.credential_source == before.credential_source
            && now.aws == before.aws
            && now.settings == before.settings
    }
}
