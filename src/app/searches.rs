//! The searches of all targets that do not name their regions.

use std::collections::BTreeMap;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::plan::TargetPlan;
use super::search::{RegionsFound, Search};
use crate::selfmetrics::SelfMetrics;

/// Search results that may wait to be handled.
const SEARCH_RESULTS: usize = 16;

/// Searches, by the name of their target, with the regions that they have found.
#[derive(Debug)]
pub(super) struct Searches {
    running: BTreeMap<String, RunningSearch>,
    results: (mpsc::Sender<RegionsFound>, mpsc::Receiver<RegionsFound>),
    last_id: u64,
}

/// The search for the regions of a target.
#[derive(Debug)]
struct RunningSearch {
    id: u64,
    plan: TargetPlan,
    regions: Option<Vec<String>>,
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Searches {
    pub(super) fn new() -> Self {
        Self {
            running: BTreeMap::new(),
            results: mpsc::channel(SEARCH_RESULTS),
            last_id: 0,
        }
    }

    /// The regions that the search of a target has found; `None` while it has not ended.
    pub(super) fn regions(&self, target: &str) -> Option<Vec<String>> {
        self.running.get(target)?.regions.clone()
    }

    /// Waits for the result of a search. Cancel safe.
    pub(super) async fn next_result(&mut self) -> Option<RegionsFound> {
        self.results.1.recv().await
    }

    /// Keeps the result of a search.
    pub(super) fn keep(&mut self, found: RegionsFound) {
        let mut searches = self.running.values_mut();
        // The result of a search that has ended may be of another account.
        if let Some(search) = searches.find(|search| search.id == found.search) {
            search.regions = Some(found.regions);
        }
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
            self.last_id += 1;
            let running = RunningSearch {
                id: self.last_id,
                plan: plan.clone(),
                regions: None,
                stop: stop.child_token(),
                ended: CancellationToken::new(),
            };
            let search = search.run(running.id, self.results.0.clone(), running.stop.clone());
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
