//! `regions: [all]`: finds the regions in which AppStream answers a target, and
//! those in which it begins to.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::candidate::{Candidate, Intervals};
use super::plan::{RegionPlan, TargetPlan};
use crate::logging::region_span;
use crate::selfmetrics::SelfMetrics;

/// A probe that takes longer has failed, and is repeated.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// Found regions, sorted by name, for each target name.
pub(super) type FoundRegions = BTreeMap<String, Vec<String>>;

/// The regions that a target may have, with what probes have shown of them so far.
#[derive(Debug)]
pub(super) struct Search {
    plan: TargetPlan,
    metrics: SelfMetrics,
    candidates: Vec<Candidate>,
    home: String,
}

impl Search {
    /// `None` for a target whose regions are known.
    pub(super) fn of(plan: &TargetPlan, metrics: &SelfMetrics) -> Option<Self> {
        let RegionPlan::Search { candidates, home } = &plan.regions else {
            return None;
        };
        let now = Instant::now();
        let candidates = candidates.iter();
        Some(Self {
            plan: plan.clone(),
            metrics: metrics.clone(),
            candidates: candidates
                .map(|region| Candidate::new(region, now))
                .collect(),
            home: home.clone(),
        })
    }

    /// Probes each region when it is due, and updates the regions of the target when they have
    /// changed, until `stop`.
    pub(super) async fn run(mut self, found: watch::Sender<FoundRegions>, stop: CancellationToken) {
        let target = self.plan.template.target.to_string();
        let search = async {
            loop {
                self.probe().await;
                let regions = self.regions();
                let is_changed = found.send_if_modified(|found| {
                    let before = found.insert(target.clone(), regions.clone());
                    before.as_ref() != Some(&regions)
                });
                if is_changed {
                    self.log_regions(&regions);
                }
                match self.candidates.iter().filter_map(Candidate::due).min() {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => return,
                }
            }
        };
        stop.run_until_cancelled(search).await;
    }

    /// Probes the regions that are due.
    pub(super) async fn probe(&mut self) {
        let now = Instant::now();
        let TargetPlan {
            account, template, ..
        } = &self.plan;
        let target = &*template.target;
        let due = self.candidates.iter_mut().filter(|one| one.is_due(now));
        let probes = due.map(async |candidate| {
            let span = region_span(target, &candidate.region);
            let client = account.client(target, &candidate.region, &template.aws, &self.metrics);
            let probe = async {
                let presence = client.presence(PROBE_TIMEOUT).await;
                tracing::debug!(?presence, "region probed");
                candidate.probed(&presence);
            };
            probe.instrument(span).await;
        });
        join_all(probes).await;
        let any_answers = self.candidates.iter().any(Candidate::answers);
        let intervals = Intervals {
            refresh: template.settings.interval,
            topology: template.settings.topology_interval,
        };
        let probed = self.candidates.iter_mut().filter(|one| one.is_due(now));
        for candidate in probed {
            candidate.plan(Instant::now(), any_answers, intervals);
        }
    }

    /// The regions that have answered, in the order of their names.
    fn answering(&self) -> Vec<String> {
        let answering = self.candidates.iter().filter(|one| one.answers());
        let mut regions: Vec<_> = answering.map(|one| one.region.clone()).collect();
        regions.sort();
        regions
    }

    /// The regions to read: those that respond. While no region responds, the home region, so
    /// that the error is shown.
    pub(super) fn regions(&self) -> Vec<String> {
        let answering = self.answering();
        let is_ours = self.candidates.iter().any(|one| one.region == self.home);
        if answering.is_empty() && is_ours {
            return vec![self.home.clone()];
        }
        answering
    }

    fn log_regions(&self, regions: &[String]) {
        let any_answers = self.candidates.iter().any(Candidate::answers);
        let is_certain = self.candidates.iter().all(Candidate::is_known);
        let (target, asked) = (&*self.plan.template.target, self.candidates.len());
        let aws_regions = regions.join(",");
        if any_answers || self.candidates.is_empty() {
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
                "AppStream has not responded in any region of this shard; the shard with the home region shows the error"
            );
        } else {
            tracing::warn!(
                target,
                asked,
                home = self.home,
                "AppStream has not responded in any region; the home region shows the error"
            );
        }
    }
}
