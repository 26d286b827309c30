//! The sites that are refreshed: starts, changes and ends them as the
//! configuration says, and leaves alone what it does not change.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::board::{Board, Slot};
use super::plan::{RegionPlan, SitePlan, TargetPlan};
use super::search::{Found, Search};
use super::world::wall_clock;
use crate::aws::{Account, Client, Login};
use crate::scheduler::{LogDedup, Reconfigure, Scheduler};
use crate::selfmetrics::SelfMetrics;

/// What may be found and not be taken in yet.
const FOUND: usize = 16;

/// The sites, each with the task that refreshes it.
#[derive(Debug)]
pub(super) struct Sites {
    board: Board,
    metrics: SelfMetrics,
    stop: CancellationToken,
    targets: Vec<TargetPlan>,
    running: BTreeMap<u64, Running>,
    searches: BTreeMap<String, Searching>,
    log_dedup: BTreeMap<Arc<str>, (Login, LogDedup)>,
    found: (mpsc::Sender<Found>, mpsc::Receiver<Found>),
    tasks: JoinSet<()>,
    started: u64,
}

/// A site that is refreshed.
#[derive(Debug)]
struct Running {
    plan: SitePlan,
    reconfigure: watch::Sender<Reconfigure<Client>>,
    stop: CancellationToken,
    ended: CancellationToken,
}

/// The regions of a target that is looked for in all of them.
#[derive(Debug)]
struct Searching {
    id: u64,
    plan: TargetPlan,
    regions: Option<Vec<String>>,
    stop: CancellationToken,
}

/// A site that is to be there.
struct Wanted {
    plan: SitePlan,
    account: Account,
}

impl Sites {
    /// None yet. All of them end at `stop`.
    pub(super) fn new(board: Board, metrics: SelfMetrics, stop: CancellationToken) -> Self {
        Self {
            board,
            metrics,
            stop,
            targets: Vec::new(),
            running: BTreeMap::new(),
            searches: BTreeMap::new(),
            log_dedup: BTreeMap::new(),
            found: mpsc::channel(FOUND),
            tasks: JoinSet::new(),
            started: 0,
        }
    }

    /// Does as a configuration says from now on.
    pub(super) async fn apply(&mut self, targets: Vec<TargetPlan>) {
        self.end_searches(&targets);
        self.targets = targets;
        let targets = &self.targets;
        // What was said of other credentials says nothing of these.
        self.log_dedup.retain(|name, (login, _)| {
            let mut patterns = targets.iter().map(|target| &target.pattern);
            patterns.any(|pattern| pattern.target == *name && pattern.login == *login)
        });
        self.arrange().await;
        self.search();
    }

    /// Whether a login is used by any target.
    pub(super) fn uses(&self, login: &Login) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|target| target.pattern.login == *login)
    }

    /// Waits for something that concerns the sites; an error is a panic of a
    /// task. Nothing is lost when this is dropped before it is ready.
    pub(super) async fn news(&mut self) -> Result<Option<Found>, JoinError> {
        tokio::select! {
            Some(found) = self.found.1.recv() => Ok(Some(found)),
            Some(ended) = self.tasks.join_next() => ended.map(|()| None),
            else => std::future::pending().await,
        }
    }

    /// Takes in what a search has found.
    pub(super) async fn take_in(&mut self, found: Found) {
        let mut searches = self.searches.values_mut();
        // What a search has found that is over may be another account's.
        if let Some(searching) = searches.find(|searching| searching.id == found.search) {
            searching.regions = Some(found.regions);
        }
        self.arrange().await;
    }

    /// Waits until all tasks have ended, which they do at `stop`.
    pub(super) async fn end(mut self) -> Result<(), JoinError> {
        while let Some(ended) = self.tasks.join_next().await {
            ended?;
        }
        Ok(())
    }

    /// Ends the searches that are not wanted any more.
    fn end_searches(&mut self, targets: &[TargetPlan]) {
        self.searches.retain(|name, searching| {
            let mut targets = targets.iter();
            let target = targets.find(|target| *target.pattern.target == **name);
            let goes_on = target.is_some_and(|target| {
                let (now, before) = (&target.pattern, &searching.plan.pattern);
                target.regions == searching.plan.regions
                    && now.login == before.login
                    && now.aws == before.aws
                    && now.settings == before.settings
            });
            if !goes_on {
                searching.stop.cancel();
            }
            goes_on
        });
    }

    /// Looks for the regions of targets that do not name them.
    fn search(&mut self) {
        for target in &self.targets {
            let name = target.pattern.target.to_string();
            if self.searches.contains_key(&name) {
                continue;
            }
            let Some(search) = Search::of(target) else {
                continue;
            };
            let stop = self.stop.child_token();
            let found = self.found.0.clone();
            self.started += 1;
            let id = self.started;
            self.tasks.spawn(search.run(id, found, stop.clone()));
            let searching = Searching {
                id,
                plan: target.clone(),
                regions: None,
                stop,
            };
            self.searches.insert(name, searching);
        }
    }

    /// The sites that are to be there; one without a region stands for those that
    /// are still looked for.
    fn wanted(&self) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for target in &self.targets {
            let regions = match &target.regions {
                RegionPlan::Known(regions) => regions.clone(),
                RegionPlan::Search { candidates, .. } => {
                    let searching = self.searches.get(&*target.pattern.target);
                    let found = searching.and_then(|searching| searching.regions.clone());
                    found.unwrap_or_else(|| self.regions_before(target, candidates))
                }
            };
            wanted.extend(regions.iter().map(|region| Wanted {
                plan: target.pattern.at(region),
                account: target.account.clone(),
            }));
        }
        wanted
    }

    /// Where a target is refreshed while it is looked for: where it was before.
    fn regions_before(&self, target: &TargetPlan, candidates: &[String]) -> Vec<String> {
        let pattern = &target.pattern;
        let running = self.running.values().filter(|site| {
            site.plan.target == pattern.target
                && site.plan.login == pattern.login
                && candidates
                    .iter()
                    .any(|region| **region == *site.plan.region)
        });
        let mut regions: Vec<_> = running.map(|site| site.plan.region.to_string()).collect();
        if regions.is_empty() {
            regions.push(String::new());
        }
        regions
    }

    /// Brings what runs and what is shown to what is wanted.
    async fn arrange(&mut self) {
        let wanted = self.wanted();
        self.end_all_but(&wanted).await;
        let before = self.board.slots();
        let slots = wanted.iter().map(|site| self.slot(site, &before)).collect();
        // Some may turn out to be the same as others, and are not started then.
        let slots = self.board.replace(slots);
        for (site, slot) in wanted.iter().zip(&slots) {
            if slot.same_as.is_some() || site.plan.region.is_empty() {
                self.running.remove(&slot.id);
            } else {
                self.start_or_reconfigure(site, slot);
            }
        }
        self.forget_all_but(&wanted, &before);
    }

    /// Ends the sites that are not wanted any more.
    async fn end_all_but(&mut self, wanted: &[Wanted]) {
        let is_wanted = |plan: &SitePlan| wanted.iter().any(|site| site.plan.is_same_site(plan));
        let gone = self
            .running
            .extract_if(.., |_, site| !is_wanted(&site.plan))
            .map(|(_, site)| site)
            .collect::<Vec<_>>();
        for site in gone {
            site.stop.cancel();
            // What is still under way would count on.
            site.ended.cancelled().await;
        }
    }

    /// Forgets what was counted for sites that are no more.
    fn forget_all_but(&self, wanted: &[Wanted], before: &[Slot]) {
        for Slot { site, .. } in before {
            let (target, aws_region) = (&*site.target, &*site.region);
            let is_named = |wanted: &Wanted| {
                *wanted.plan.target == *target && *wanted.plan.region == *aws_region
            };
            if !wanted.iter().any(is_named) && !aws_region.is_empty() {
                self.metrics.forget(target, aws_region);
                tracing::info!(target, aws_region, "no longer refreshed");
            }
        }
    }

    /// The place of a site on the board: the one that it has, or a new one.
    fn slot(&mut self, site: &Wanted, before: &[Slot]) -> Slot {
        let SitePlan {
            target,
            region,
            login,
            ..
        } = &site.plan;
        let known = before.iter().find(|slot| {
            slot.site.target == *target && slot.site.region == *region && slot.login == *login
        });
        let Some(known) = known else {
            self.started += 1;
            return Slot::of(&site.plan, self.started, self.stop.child_token());
        };
        // One that was refused has been stopped, and may have to start again.
        let stop = match known.same_as {
            Some(_) => self.stop.child_token(),
            None => known.stop.clone(),
        };
        let mut slot = Slot::of(&site.plan, known.id, stop);
        // What one that was refused shows is only that.
        slot.site.snapshot = known
            .site
            .snapshot
            .clone()
            .filter(|_| known.same_as.is_none());
        slot.accounts = known.accounts.clone();
        slot.same_as = known.same_as.clone();
        slot
    }

    fn start_or_reconfigure(&mut self, site: &Wanted, slot: &Slot) {
        match self.running.get_mut(&slot.id) {
            Some(running) if !running.stop.is_cancelled() => {
                reconfigure(running, site, &self.metrics);
            }
            _ => self.start(site, slot),
        }
    }

    fn start(&mut self, Wanted { plan, account }: &Wanted, slot: &Slot) {
        let SitePlan {
            target,
            region,
            settings,
            ..
        } = plan;
        tracing::info!(
            target = &**target,
            aws_region = &**region,
            interval = ?settings.interval,
            "refreshing"
        );
        let client = account.client(target, region, &plan.aws, &self.metrics);
        let log_dedup = self.log_dedup.entry(Arc::clone(target));
        let (_, log_dedup) = log_dedup.or_insert_with(|| (plan.login.clone(), LogDedup::default()));
        let scheduler = scheduler(plan, client.clone(), &self.metrics).sharing(log_dedup);
        let first = Reconfigure {
            source: client,
            settings: settings.clone(),
        };
        let (reconfigure, reconfigured) = watch::channel(first);
        let ended = CancellationToken::new();
        let done = ended.clone().drop_guard();
        let refreshes = scheduler.run(reconfigured, self.board.slot(slot.id), slot.stop.clone());
        self.tasks.spawn(async move {
            let _done = done;
            refreshes.await;
        });
        let running = Running {
            plan: plan.clone(),
            reconfigure,
            stop: slot.stop.clone(),
            ended,
        };
        self.running.insert(slot.id, running);
    }
}

/// Tells a site of what has changed for it, if anything has.
fn reconfigure(running: &mut Running, Wanted { plan, account }: &Wanted, metrics: &SelfMetrics) {
    let is_same = running.plan.aws == plan.aws && running.plan.settings == plan.settings;
    if !is_same {
        // The rate limit goes on where it is, unless it is another.
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

/// A scheduler of a site.
pub(super) fn scheduler(
    plan: &SitePlan,
    client: Client,
    metrics: &SelfMetrics,
) -> Scheduler<Client> {
    Scheduler::new(
        &plan.target,
        &plan.region,
        client,
        plan.settings.clone(),
        metrics.target(&plan.target, &plan.region),
        wall_clock,
    )
}
