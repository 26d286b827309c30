//! Supervises the refreshes of all target regions: starts, changes and stops them as the
//! configuration says, and does not touch those that stay the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::accounts::wall_clock;
use super::plan::{RegionPlan, TargetPlan, TargetRegionPlan};
use super::searches::Searches;
use super::snapshot_store::{Entry, SnapshotStore};
use crate::aws::{Account, Client, CredentialSource};
use crate::logging::region_span;
use crate::report::LogDedup;
use crate::scheduler::{Reconfigure, Scheduler};
use crate::selfmetrics::SelfMetrics;

/// The target regions, each with the task that refreshes it.
#[derive(Debug)]
pub(super) struct Supervisor {
    store: SnapshotStore,
    metrics: SelfMetrics,
    stop: CancellationToken,
    targets: Vec<TargetPlan>,
    running: BTreeMap<u64, RunningRegion>,
    searches: Searches,
    log_dedup: BTreeMap<Arc<str>, (CredentialSource, LogDedup)>,
    tasks: JoinSet<()>,
    last_id: u64,
}

/// A target region that is refreshed.
#[derive(Debug)]
struct RunningRegion {
    plan: TargetRegionPlan,
    reconfigure: watch::Sender<Reconfigure<Client>>,
    stop: CancellationToken,
    ended: CancellationToken,
}

/// A target region that should run.
struct DesiredRegion {
    plan: TargetRegionPlan,
    account: Account,
    /// Why its region is not known yet; `None` where it is, or is searched.
    awaited: Option<String>,
}

impl Supervisor {
    /// Without target regions yet. All refreshes end at `stop`.
    pub(super) fn new(store: SnapshotStore, metrics: SelfMetrics, stop: CancellationToken) -> Self {
        Self {
            store,
            metrics,
            stop,
            targets: Vec::new(),
            running: BTreeMap::new(),
            searches: Searches::new(),
            log_dedup: BTreeMap::new(),
            tasks: JoinSet::new(),
            last_id: 0,
        }
    }

    /// Applies a configuration.
    pub(super) async fn apply(&mut self, targets: Vec<TargetPlan>) {
        let probed = self.searches.end_undesired(&targets).await;
        self.targets = targets;
        let targets = &self.targets;
        // Log state of other credentials does not apply to these.
        self.log_dedup.retain(|name, (credential_source, _)| {
            let mut templates = targets.iter().map(|target| &target.template);
            templates.any(|template| {
                template.target == *name && template.credential_source == *credential_source
            })
        });
        self.reconcile().await;
        self.searches
            .start_desired(&self.targets, &self.metrics, &self.stop, &mut self.tasks);
        self.remove_metrics_of_probes(&probed);
    }

    /// Whether a credential source is used by any target.
    pub(super) fn uses(&self, credential_source: &CredentialSource) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|target| target.template.credential_source == *credential_source)
    }

    /// Waits until the found regions change (`true`) or a task ends (`false`). The error is a
    /// task's panic. Cancel safe.
    pub(super) async fn regions_changed(&mut self) -> Result<bool, JoinError> {
        tokio::select! {
            () = self.searches.next_result() => Ok(true),
            Some(ended) = self.tasks.join_next() => ended.map(|()| false),
        }
    }

    /// Waits until all tasks have ended, which they do at `stop`.
    pub(super) async fn end(mut self) -> Result<(), JoinError> {
        while let Some(ended) = self.tasks.join_next().await {
            ended?;
        }
        Ok(())
    }

    /// The target regions that should run. One without a region stands for the regions
    /// of a target that are still searched or awaited.
    fn desired(&self) -> Vec<DesiredRegion> {
        let mut desired = Vec::new();
        for target in &self.targets {
            let regions = match &target.regions {
                RegionPlan::Known(regions) => regions.clone(),
                RegionPlan::Awaited { .. } => vec![String::new()],
                RegionPlan::Search { candidates, .. } => {
                    let found = self.searches.regions(&target.template.target);
                    found.unwrap_or_else(|| self.regions_during_search(target, candidates))
                }
            };
            desired.extend(regions.iter().map(|region| DesiredRegion {
                plan: target.template.in_region(region),
                account: target.account.clone(),
                awaited: target.awaited(),
            }));
        }
        desired
    }

    /// The regions in which a target is refreshed during its search: those of before.
    fn regions_during_search(&self, target: &TargetPlan, candidates: &[String]) -> Vec<String> {
        let template = &target.template;
        let running = self.running.values().filter(|running| {
            running.plan.target == template.target
                && running.plan.credential_source == template.credential_source
                && candidates
                    .iter()
                    .any(|region| **region == *running.plan.region)
        });
        let mut regions: Vec<_> = running
            .map(|running| running.plan.region.to_string())
            .collect();
        if regions.is_empty() {
            regions.push(String::new());
        }
        regions
    }

    /// Makes the running refreshes and the store match the desired target regions.
    pub(super) async fn reconcile(&mut self) {
        let desired = self.desired();
        self.stop_undesired(&desired).await;
        let before = self.store.entries();
        let entries = desired
            .iter()
            .map(|region| self.entry(region, &before))
            .collect();
        // Duplicates are not started.
        let entries = self.store.replace(entries);
        for (region, entry) in desired.iter().zip(&entries) {
            if entry.same_as.is_some() || region.plan.region.is_empty() {
                self.running.remove(&entry.id);
            } else {
                self.start_or_reconfigure(region, entry);
            }
        }
        self.remove_undesired_metrics(&desired, &before);
    }

    /// Stops the target regions that are no longer desired.
    async fn stop_undesired(&mut self, desired: &[DesiredRegion]) {
        let is_desired = |plan: &TargetRegionPlan| {
            desired
                .iter()
                .any(|region| region.plan.is_same_target_region(plan))
        };
        let undesired = self
            .running
            .extract_if(.., |_, running| !is_desired(&running.plan))
            .map(|(_, running)| running)
            .collect::<Vec<_>>();
        for running in undesired {
            running.stop.cancel();
            // A refresh that still runs would update the metrics.
            running.ended.cancelled().await;
        }
    }

    /// Removes the metrics of target regions that are no longer desired.
    fn remove_undesired_metrics(&self, desired: &[DesiredRegion], before: &[Entry]) {
        for Entry { target_region, .. } in before {
            let (target, aws_region) = (&*target_region.target, &*target_region.region);
            let is_named = |desired: &DesiredRegion| {
                *desired.plan.target == *target && *desired.plan.region == *aws_region
            };
            if !desired.iter().any(is_named) && !aws_region.is_empty() {
                self.metrics.forget(target, aws_region);
                region_span(target, aws_region).in_scope(|| tracing::info!("no longer refreshed"));
            }
        }
    }

    /// Removes the metrics of regions that were probed and are neither refreshed nor searched.
    fn remove_metrics_of_probes(&self, probed: &[(String, String)]) {
        let has = |(target, region): &(String, String)| {
            let mut targets = self.targets.iter();
            targets.any(|plan| {
                *plan.template.target == **target && plan.regions.all().contains(region)
            })
        };
        for (target, region) in probed.iter().filter(|probed| !has(probed)) {
            self.metrics.forget(target, region);
        }
    }

    /// The entry of a target region in the store: the one that it has, or a new one.
    fn entry(&mut self, desired: &DesiredRegion, before: &[Entry]) -> Entry {
        let TargetRegionPlan {
            target,
            region,
            credential_source,
            ..
        } = &desired.plan;
        if let Some(reason) = &desired.awaited {
            self.last_id += 1;
            return Entry::failed(&desired.plan, self.last_id, self.stop.child_token(), reason);
        }
        let known = before.iter().find(|entry| {
            entry.target_region.target == *target
                && entry.target_region.region == *region
                && entry.credential_source == *credential_source
        });
        let Some(known) = known else {
            self.last_id += 1;
            return Entry::of(&desired.plan, self.last_id, self.stop.child_token());
        };
        // A refused target region was stopped, and may have to start again.
        let stop = match known.same_as {
            Some(_) => self.stop.child_token(),
            None => known.stop.clone(),
        };
        let mut entry = Entry::of(&desired.plan, known.id, stop);
        // The snapshot of a refused target region has only the reason.
        entry.target_region.snapshot = known
            .target_region
            .snapshot
            .clone()
            .filter(|_| known.same_as.is_none());
        entry.accounts = known.accounts.clone();
        entry.same_as = known.same_as.clone();
        entry
    }

    fn start_or_reconfigure(&mut self, desired: &DesiredRegion, entry: &Entry) {
        match self.running.get_mut(&entry.id) {
            Some(running) if !running.stop.is_cancelled() => {
                reconfigure(running, desired, &self.metrics);
            }
            _ => self.start(desired, entry),
        }
    }

    fn start(&mut self, DesiredRegion { plan, account, .. }: &DesiredRegion, entry: &Entry) {
        let TargetRegionPlan {
            target,
            region,
            settings,
            ..
        } = plan;
        let span = region_span(target, region);
        span.in_scope(|| tracing::info!(interval = ?settings.interval, "refreshing"));
        let client = account.client(target, region, &plan.aws, &self.metrics);
        let log_dedup = self.log_dedup.entry(Arc::clone(target));
        let (_, log_dedup) =
            log_dedup.or_insert_with(|| (plan.credential_source.clone(), LogDedup::default()));
        let scheduler = scheduler(plan, client.clone(), &self.metrics, log_dedup);
        let first = Reconfigure {
            source: client,
            settings: settings.clone(),
        };
        let (reconfigure, reconfigured) = watch::channel(first);
        let ended = CancellationToken::new();
        let done = ended.clone().drop_guard();
        let refreshes = scheduler.run(
            reconfigured,
            self.store.writer(entry.id),
            entry.stop.clone(),
        );
        let task = async move {
            let _done = done;
            refreshes.await;
        };
        self.tasks.spawn(task.instrument(span));
        let running = RunningRegion {
            plan: plan.clone(),
            reconfigure,
            stop: entry.stop.clone(),
            ended,
        };
        self.running.insert(entry.id, running);
    }
}

/// Hands a running target region its new settings, if they have changed.
fn reconfigure(
    running: &mut RunningRegion,
    DesiredRegion { plan, account, .. }: &DesiredRegion,
    metrics: &SelfMetrics,
) {
    let is_same = running.plan.aws == plan.aws && running.plan.settings == plan.settings;
    if !is_same {
        // The state of the rate limit is kept, unless its configuration has changed.
        let source = if running.plan.aws == plan.aws {
            running.reconfigure.borrow().source.clone()
        } else {
            account.client(&plan.target, &plan.region, &plan.aws, metrics)
        };
        running.reconfigure.send_replace(Reconfigure {
            source,
            settings: plan.settings.clone(),
        });
    }
    running.plan = plan.clone();
}

/// The scheduler of a target region.
pub(super) fn scheduler(
    plan: &TargetRegionPlan,
    client: Client,
    metrics: &SelfMetrics,
    log_dedup: &LogDedup,
) -> Scheduler<Client> {
    Scheduler::new(
        &plan.target,
        &plan.region,
        client,
        plan.settings.clone(),
        metrics.target(&plan.target, &plan.region),
        log_dedup.clone(),
        wall_clock,
    )
}
