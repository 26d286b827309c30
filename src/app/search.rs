//! `regions: [all]`: finds the regions in which AppStream answers a target, and
//! those in which it begins to.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::plan::{RegionPlan, TargetPlan};
use crate::aws::Presence;
use crate::selfmetrics::SelfMetrics;

/// An answer that takes longer tells that something is wrong, and is asked for again.
const PATIENCE: Duration = Duration::from_secs(10);

/// The regions of a target, as far as they are known.
#[derive(Debug)]
pub(super) struct Found {
    /// Which search found them.
    pub(super) search: u64,
    /// Its regions, in the order of their names.
    pub(super) regions: Vec<String>,
}

/// Which candidates have answered, over several looks.
#[derive(Debug)]
pub(super) struct Search {
    plan: TargetPlan,
    candidates: Vec<String>,
    home: String,
    answering: Vec<String>,
}

impl Search {
    /// `None` for a target whose regions are known.
    pub(super) fn of(plan: &TargetPlan) -> Option<Self> {
        let RegionPlan::Search { candidates, home } = &plan.regions else {
            return None;
        };
        Some(Self {
            plan: plan.clone(),
            candidates: candidates.clone(),
            home: home.clone(),
            answering: Vec::new(),
        })
    }

    /// Looks again and again, and tells of what has changed, until `stop`.
    ///
    /// Regions that do not answer are asked again with the topology; while it is
    /// unknown whether they do, with every refresh.
    pub(super) async fn run(
        mut self,
        id: u64,
        found: mpsc::Sender<Found>,
        stop: CancellationToken,
    ) {
        let search = async {
            let mut told = None;
            loop {
                let is_certain = self.look().await;
                let regions = self.regions();
                if told.as_ref() != Some(&regions) {
                    self.tell(&regions, is_certain);
                    told = Some(regions.clone());
                    let search = id;
                    if found.send(Found { search, regions }).await.is_err() {
                        return;
                    }
                }
                let settings = &self.plan.pattern.settings;
                let pause = if is_certain && !self.answering.is_empty() {
                    settings.topology_interval
                } else {
                    settings.interval
                };
                tokio::time::sleep(pause).await;
            }
        };
        stop.run_until_cancelled(search).await;
    }

    /// Asks every candidate that has not answered yet. Says whether all of them
    /// are known to answer or not.
    pub(super) async fn look(&mut self) -> bool {
        // Where nothing is refreshed there is nothing to be counted in sight: the
        // series of some thirty regions would come and go with each look.
        let metrics = SelfMetrics::new();
        let left = self
            .candidates
            .iter()
            .filter(|region| !self.answering.contains(region));
        let looks = left.map(async |region| {
            let pattern = &self.plan.pattern;
            let client = self
                .plan
                .account
                .client(&pattern.target, region, &pattern.aws, &metrics);
            (region.clone(), client.presence(PATIENCE).await)
        });
        let mut is_certain = true;
        for (region, presence) in join_all(looks).await {
            let target = &*self.plan.pattern.target;
            match presence {
                Presence::Answers => self.answering.push(region),
                Presence::Absent { reason } => {
                    tracing::debug!(target, aws_region = region, reason, "no AppStream here");
                }
                Presence::Unknown { reason } => {
                    is_certain = false;
                    tracing::debug!(target, aws_region = region, reason, "no answer yet");
                }
            }
        }
        self.answering.sort();
        is_certain
    }

    /// Where the target is to be asked: where it answers. While that is nowhere,
    /// at home, so that the reason is shown.
    pub(super) fn regions(&self) -> Vec<String> {
        let is_ours = self.candidates.contains(&self.home);
        if self.answering.is_empty() && is_ours {
            return vec![self.home.clone()];
        }
        self.answering.clone()
    }

    fn tell(&self, regions: &[String], is_certain: bool) {
        let (target, asked) = (&*self.plan.pattern.target, self.candidates.len());
        let aws_regions = regions.join(",");
        if !self.answering.is_empty() || self.candidates.is_empty() {
            tracing::info!(
                target,
                aws_regions,
                asked,
                complete = is_certain,
                "regions found"
            );
        } else if regions.is_empty() {
            tracing::warn!(
                target,
                asked,
                home = self.home,
                "AppStream answers in none of this shard's regions yet; the shard with the home region shows why"
            );
        } else {
            tracing::warn!(
                target,
                asked,
                home = self.home,
                "AppStream answers in no region yet; the home region shows why"
            );
        }
    }
}
