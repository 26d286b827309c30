//! `--once`: one refresh of everything, printed.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::Error;
use super::plan::{RegionPlan, TargetPlan, TargetRegionPlan};
use super::region_wait::log_awaited;
use super::search::Search;
use super::snapshot_store::{Entry, SnapshotStore};
use super::supervisor::scheduler;
use crate::aws::Client;
use crate::exposition::{Encoding, Exposition, Format};
use crate::logging::region_span;
use crate::model::TargetRegion;
use crate::report::LogDedup;
use crate::selfmetrics::SelfMetrics;

/// Refreshes every target region once and prints the exposition.
///
/// # Errors
/// [`Error::CollectorFailed`] when anything could not be read, after what could be was printed.
pub(super) async fn once(
    targets: &[TargetPlan],
    metrics: SelfMetrics,
    out: &mut impl Write,
) -> Result<(), Error> {
    let is_incomplete = log_awaited(targets);
    let mut plans = Vec::new();
    for (target, regions) in targets.iter().zip(regions(targets, &metrics).await) {
        let plans_of = regions.iter().map(|region| {
            let plan = target.template.in_region(region);
            let client = target
                .account
                .client(&plan.target, &plan.region, &plan.aws, &metrics);
            (plan, client)
        });
        plans.extend(plans_of);
    }
    let target_regions = refresh(plans, &metrics).await;
    let success = target_regions
        .iter()
        .filter_map(|target_region| target_region.snapshot.as_ref())
        .flat_map(|snapshot| &snapshot.collectors)
        .all(|status| status.success);
    let exposition = Exposition::new(target_regions, metrics);
    for chunk in exposition.body(Format::Text, Encoding::Identity) {
        out.write_all(&chunk).map_err(Error::Output)?;
    }
    out.flush().map_err(Error::Output)?;
    if success && !is_incomplete {
        Ok(())
    } else {
        Err(Error::CollectorFailed)
    }
}

/// The regions of each target.
async fn regions(targets: &[TargetPlan], metrics: &SelfMetrics) -> Vec<Vec<String>> {
    let regions = targets.iter().map(async |target| match &target.regions {
        RegionPlan::Known(regions) => regions.clone(),
        RegionPlan::Awaited { .. } => Vec::new(),
        RegionPlan::Search { .. } => {
            let Some(mut search) = Search::of(target, metrics) else {
                return Vec::new();
            };
            search.probe().await;
            search.regions()
        }
    });
    join_all(regions).await
}

async fn refresh(
    plans: Vec<(TargetRegionPlan, Client)>,
    metrics: &SelfMetrics,
) -> Vec<TargetRegion> {
    let store = SnapshotStore::new();
    let entries = plans.iter().zip(0..).map(|((plan, _), id)| {
        // It is never cancelled: the process exits instead.
        Entry::of(plan, id, CancellationToken::new())
    });
    let entries = store.replace(entries.collect());
    let targets = plans.iter().map(|(plan, _)| Arc::clone(&plan.target));
    let log_dedup: BTreeMap<Arc<str>, LogDedup> = targets
        .map(|target| (target, LogDedup::default()))
        .collect();
    let refreshes = plans
        .into_iter()
        .zip(&entries)
        .filter(|(_, entry)| entry.same_as.is_none())
        .map(async |((plan, client), entry)| {
            let log_dedup = &log_dedup[&plan.target];
            let mut scheduler = scheduler(&plan, client, metrics, log_dedup);
            let span = region_span(&plan.target, &plan.region);
            let snapshot = scheduler.refresh().instrument(span).await;
            store.update(entry.id, snapshot);
        });
    join_all(refreshes).await;
    store.target_regions()
}
