//! Snapshots turned into samples.
//!
//! Owns what each family's value is. Reads no clock, does no I/O and keeps
//! nothing: the same snapshots give the same samples in the same order.
//!
//! Samples are handed to a [`Sink`] one by one instead of being built up as
//! `prometheus::proto` values: a large account has some 60,000 series of seven
//! labels, which as owned strings are more memory than the exporter may use.

mod account;
mod builders;
mod cloudwatch;
mod fleets;
mod health;
mod images;
mod pools;
mod quotas;
mod scaling;
mod sessions;
mod stacks;

use crate::catalog::Family;
use crate::model::{DurationHistogram, ErrorCounts, Snapshot, Tags, TargetRegion};

/// Takes in samples. Collectors get it as `dyn`, so that they are compiled once, not for each format.
pub trait Sink {
    /// One sample. `labels` are the values of [`Family::label_names`], in that
    /// order; `extra` are further labels, by name and value.
    ///
    /// All samples of a family come in one run.
    fn sample(
        &mut self,
        family: &'static Family,
        labels: &[&str],
        extra: ExtraLabels<'_>,
        value: f64,
    );

    /// One histogram, in the place of a sample.
    fn histogram(
        &mut self,
        family: &'static Family,
        labels: &[&str],
        extra: ExtraLabels<'_>,
        histogram: &DurationHistogram,
    );
}

/// Labels besides those of [`Family::label_names`], by name and value.
pub type ExtraLabels<'a> = &'a [(&'a str, &'a str)];

/// Hands every sample of the target regions to `sink`, family by family, in the order of the catalogue.
///
/// A family without samples does not appear.
pub fn collect(target_regions: &[TargetRegion], sink: &mut dyn Sink) {
    fleets::collect(target_regions, sink);
    stacks::collect(target_regions, sink);
    sessions::collect(target_regions, sink);
    builders::collect(target_regions, sink);
    scaling::collect_fleets(target_regions, sink);
    images::collect(target_regions, sink);
    account::collect(target_regions, sink);
    pools::collect(target_regions, sink);
    scaling::collect_pools(target_regions, sink);
    quotas::collect(target_regions, sink);
    cloudwatch::collect(target_regions, sink);
    health::collect(target_regions, sink);
}

/// Every target region that has a snapshot, with the labels of its target.
fn each_snapshot<'a>(
    target_regions: &'a [TargetRegion],
    mut visit: impl for<'m> FnMut(&'a TargetRegion, &'a Snapshot, ExtraLabels<'m>),
) {
    for target_region in target_regions {
        if let Some(snapshot) = &target_region.snapshot {
            visit(target_region, snapshot, &labels_of(target_region));
        }
    }
}

/// The labels that the configuration gives a target.
fn labels_of(target_region: &TargetRegion) -> Vec<(&str, &str)> {
    let labels = target_region.labels.iter();
    labels.map(|(name, value)| (&**name, &**value)).collect()
}

/// The tags that are shown, as labels that are empty where there is no such tag. No
/// sample where none is shown.
fn tags(
    tags: &Tags,
    target_region: &TargetRegion,
    extra: ExtraLabels<'_>,
    sample: impl FnOnce(ExtraLabels<'_>),
) {
    let shown = target_region.tag_labels.iter().map(|(key, label)| {
        let value = tags.get(key).map_or("", String::as_str);
        (&**label, value)
    });
    let labels: Vec<_> = shown.chain(extra.iter().copied()).collect();
    if !target_region.tag_labels.is_empty() {
        sample(&labels);
    }
}

/// One 0 or 1 for each known state, and 1 for a state that is not among them.
///
/// Nothing while the state is not known: four zeros would say that there is none.
fn state_set(state: Option<&str>, known: &[&'static str], mut sample: impl FnMut(&str, f64)) {
    let Some(present) = state else { return };
    for candidate in known {
        sample(candidate, f64::from(u8::from(*candidate == present)));
    }
    if !known.contains(&present) {
        sample(present, 1.0);
    }
}

fn error_counts(errors: &ErrorCounts, mut sample: impl FnMut(&str, f64)) {
    for (code, count) in errors {
        sample(code, f64::from(*count));
    }
}
