//! Quotas of AppStream: `ListServiceQuotas`, once in `quotas.interval`, and how much is used.
//!
//! AWS lists there only quotas that were applied to the account. The values of all others are
//! those of `ListAWSDefaultServiceQuotas`.

use super::entry::Cadence;
use super::known::Known;
use super::read::{Item, Read, Resource};
use super::refresh::View;
use crate::model::{
    AccountUse, BuilderCounts, Collector, Counted, FleetCounts, QuotaUse, Service, Snapshot,
};

pub(super) const APPLIED: Resource = Resource {
    service: Service::ServiceQuotas,
    operation: "ListServiceQuotas",
    collectors: &[Collector::Quotas],
    needed_by: &[],
    reads: |known, view, visit| {
        let history = &known.quotas.history;
        visit(Item::new(history, cadence(view), &|| Read::Quotas));
    },
    show,
};

pub(super) const DEFAULTS: Resource = Resource {
    operation: "ListAWSDefaultServiceQuotas",
    reads: |known, view, visit| {
        let history = &known.default_quotas.history;
        let read = &|| Read::DefaultQuotas;
        visit(Item::new(history, cadence(view), read));
    },
    show: |_, _, _| {},
    ..APPLIED
};

fn cadence(view: View<'_>) -> Cadence {
    Cadence::every(view.settings.quotas_interval, view.settings.interval)
}

fn show(known: &Known, view: View<'_>, snapshot: &mut Snapshot) {
    let Some(applied) = known.quotas.current(view) else {
        return;
    };
    let defaults = known.default_quotas.current(view);
    let defaults = defaults.into_iter().flat_map(|quotas| quotas.iter());
    let defaults = defaults.filter(|(code, _)| !applied.contains_key(code));
    let used = account_use(known, view);
    let included = &view.settings.quotas_include;
    let shown = applied.iter().chain(defaults).filter_map(|(code, quota)| {
        let counted = Counted::of(&quota.name);
        let is_used = counted.as_ref().is_some_and(|counted| used.has(counted));
        let names = [code.as_str(), &quota.name];
        let is_included = included.iter().any(|one| names.contains(&one.as_str()));
        (is_used || is_included).then(|| QuotaUse {
            code: code.clone(),
            quota: quota.clone(),
            usage: counted.and_then(|counted| used.of(&counted)),
        })
    });
    snapshot.quotas = shown.collect();
}

/// Quotas are of the account, so what the filters leave out counts too.
fn account_use(known: &Known, view: View<'_>) -> AccountUse {
    let fleets = known.fleets.current(view);
    let builders = known.image_builders.current(view);
    let app_block_builders = known.app_block_builders.current(view);
    AccountUse {
        fleets: fleets.map(|fleets| FleetCounts::of(fleets.values())),
        stacks: known.stacks.current(view).map(|stacks| stacks.len()),
        image_builders: builders.map(|builders| BuilderCounts::of(builders.values())),
        app_block_builders: app_block_builders.map(|builders| builders.len()),
    }
}
