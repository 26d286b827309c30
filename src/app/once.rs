//! `--once`: one refresh of everything, printed.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::board::{Board, Slot};
use super::plan::{RegionPlan, SitePlan, TargetPlan};
use super::search::Search;
use super::sites::scheduler;
use crate::aws::Client;
use crate::exposition::{Encoding, Exposition, Format};
use crate::model::TargetRegion;
use crate::scheduler::Complaints;
use crate::selfmetrics::SelfMetrics;

/// Refreshes every site once and prints what is known then.
///
/// # Errors
/// [`Error::CollectorFailed`] when anything could not be read, after what could be was printed.
pub(super) async fn once(
    targets: &[TargetPlan],
    metrics: SelfMetrics,
    out: &mut impl Write,
) -> Result<(), Error> {
    let mut plans = Vec::new();
    for (target, regions) in targets.iter().zip(regions(targets).await) {
        let plans_of = regions.iter().map(|region| {
            let plan = target.pattern.at(region);
            let client = target
                .account
                .client(&plan.target, &plan.region, &plan.aws, &metrics);
            (plan, client)
        });
        plans.extend(plans_of);
    }
    let sites = refresh(plans, &metrics).await;
    let success = sites
        .iter()
        .filter_map(|site| site.snapshot.as_ref())
        .flat_map(|snapshot| &snapshot.collectors)
        .all(|status| status.success);
    let exposition = Exposition::new(sites, metrics);
    for piece in exposition.body(Format::Text, Encoding::Identity) {
        out.write_all(&piece).map_err(Error::Output)?;
    }
    out.flush().map_err(Error::Output)?;
    if success {
        Ok(())
    } else {
        Err(Error::CollectorFailed)
    }
}

/// The regions of each target.
async fn regions(targets: &[TargetPlan]) -> Vec<Vec<String>> {
    let regions = targets.iter().map(async |target| match &target.regions {
        RegionPlan::Known(regions) => regions.clone(),
        RegionPlan::Search { .. } => {
            let Some(mut search) = Search::of(target) else {
                return Vec::new();
            };
            search.look().await;
            search.regions()
        }
    });
    join_all(regions).await
}

async fn refresh(plans: Vec<(SitePlan, Client)>, metrics: &SelfMetrics) -> Vec<TargetRegion> {
    let board = Board::new();
    let slots = plans.iter().zip(0..).map(|((plan, _), id)| {
        // Nobody stops it: the whole process is dropped.
        Slot::of(plan, id, CancellationToken::new())
    });
    let slots = board.replace(slots.collect());
    let targets = plans.iter().map(|(plan, _)| Arc::clone(&plan.target));
    let complaints: BTreeMap<Arc<str>, Complaints> = targets
        .map(|target| (target, Complaints::default()))
        .collect();
    let refreshes = plans
        .into_iter()
        .zip(&slots)
        .filter(|(_, slot)| slot.same_as.is_none())
        .map(async |((plan, client), slot)| {
            let complaints = &complaints[&plan.target];
            let mut scheduler = scheduler(&plan, client, metrics).sharing(complaints);
            let snapshot = scheduler.refresh().await;
            board.put(slot.id, snapshot);
        });
    join_all(refreshes).await;
    board.sites()
}
