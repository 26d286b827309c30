//! Snapshots turned into samples.
//!
//! Owns what each family's value is. Reads no clock, does no I/O and keeps
//! nothing: the same snapshots give the same samples in the same order.
//!
//! Samples are handed to a [`Sink`] one by one instead of being built up as
//! `prometheus::proto` values: a large account has some 60,000 series of seven
//! labels, which as owned strings are more memory than the exporter may use.

mod fleets;
mod pools;
mod scrape;
mod sessions;
mod stacks;

use std::sync::Arc;

use crate::catalog::Family;
use crate::model::{ErrorCounts, Snapshot};

/// Takes in samples.
pub trait Sink {
    /// One sample. `labels` are the values of [`Family::label_names`], in that order.
    ///
    /// All samples of a family come in one run.
    fn sample(&mut self, family: &'static Family, labels: &[&str], value: f64);
}

/// Hands every sample of the snapshots to `sink`, family by family, in the order of the catalogue.
///
/// A family without samples does not appear.
pub fn collect(snapshots: &[Arc<Snapshot>], sink: &mut impl Sink) {
    fleets::collect(snapshots, sink);
    stacks::collect(snapshots, sink);
    sessions::collect(snapshots, sink);
    pools::collect(snapshots, sink);
    scrape::collect(snapshots, sink);
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
