//! `regions: [all]`: finds the regions in which AppStream answers a target, and
//! those in which it begins to.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::plan::{RegionPlan, TargetPlan};
use crate::aws::Presence;
use crate::logging::region_span;
use crate::selfmetrics::SelfMetrics;

/// A probe that takes longer has failed, and is repeated.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// The regions of a target, as far as they are known.
#[derive(Debug)]
pub(super) struct RegionsFound {
    /// Which search found them.
    pub(super) search: u64,
    /// Its regions, in the order of their names.
    pub(super) regions: Vec<String>,
}

/// The candidates that have answered a probe so far.
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

    /// Probes repeatedly, and sends the regions when they have changed, until `stop`.
    ///
    /// Regions without AppStream are probed at the topology interval; while that is
    /// unknown, at the refresh interval.
    pub(super) async fn run(
        mut self,
        id: u64,
        found: mpsc::Sender<RegionsFound>,
        stop: CancellationToken,
    ) {
        let search = async {
            let mut sent = None;
            loop {
                let is_certain = self.probe().await;
                let regions = self.regions();
                if sent.as_ref() != Some(&regions) {
                    self.log_regions(&regions, is_certain);
                    sent = Some(regions.clone());
                    let search = id;
                    if found.send(RegionsFound { search, regions }).await.is_err() {
                        return;
                    }
                }
                let settings = &self.plan.template.settings;
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

    /// Probes every candidate that has not answered yet. Returns whether the answer of
    /// all of them is known.
    pub(super) async fn probe(&mut self) -> bool {
        // Probes are not counted in the exported metrics: the series of some thirty
        // regions would appear and disappear with each probe.
        let metrics = SelfMetrics::new();
        let left = self
            .candidates
            .iter()
            .filter(|region| !self.answering.contains(region));
        let probes = left.map(async |region| {
            let template = &self.plan.template;
            let client =
                self.plan
                    .account
                    .client(&template.target, region, &template.aws, &metrics);
            let probe = async {
                let presence = client.presence(PROBE_TIMEOUT).await;
                match &presence {
                    Presence::Answers => {}
                    Presence::Absent { reason } => tracing::debug!(reason, "no AppStream here"),
                    Presence::Unknown { reason } => tracing::debug!(reason, "no answer yet"),
                }
                presence
            };
            let span = region_span(&template.target, region);
            (region.clone(), probe.instrument(span).await)
        });
        let mut is_certain = true;
        for (region, presence) in join_all(probes).await {
            match presence {
                Presence::Answers => self.answering.push(region),
                Presence::Absent { .. } => {}
                Presence::Unknown { .. } => is_certain = false,
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

    fn log_regions(&self, regions: &[String], is_certain: bool) {
        let (target, asked) = (&*self.plan.template.target, self.candidates.len());
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
