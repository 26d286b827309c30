//! The lines of names, labels and values that the text format and OpenMetrics share.

use std::fmt::Display;
use std::io::Write as _;

use super::label_pairs;
use super::output::Output;
use crate::catalog::Family;
use crate::collector::{ExtraLabels, Sink};
use crate::model::DurationHistogram;

/// A chunk of this size is complete.
const CHUNK: usize = 64 * 1024;

/// Lines that are being written.
#[derive(Debug, Default)]
pub(super) struct Lines<O> {
    out: Vec<u8>,
    output: O,
}

impl<O: Output> Lines<O> {
    pub(super) fn finish(mut self) -> O::Form {
        self.output.take(&self.out);
        self.output.finish()
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    /// Escapes backslashes, line ends and, if selected, quotes.
    pub(super) fn escaped(&mut self, text: &str, quotes: bool) -> &mut Self {
        let special = |c: &u8| matches!(c, b'\\' | b'\n') || *c == b'"' && quotes;
        let mut rest = text.as_bytes();
        while let Some(at) = rest.iter().position(special) {
            let (before, after) = rest.split_at(at);
            self.out.extend_from_slice(before);
            self.push(match after.first() {
                Some(b'\n') => "\\n",
                Some(b'"') => "\\\"",
                _ => "\\\\",
            });
            rest = after.get(1..).unwrap_or_default();
        }
        self.out.extend_from_slice(rest);
        self
    }

    /// One sample, with its line end.
    pub(super) fn sample<'a>(
        &mut self,
        name: &str,
        suffix: &str,
        labels: impl Iterator<Item = (&'a str, &'a str)>,
        value: impl Display,
    ) {
        self.push(name).push(suffix);
        let mut separator = "{";
        for (name, value) in labels {
            self.push(separator).push(name).push("=\"");
            self.escaped(value, true).push("\"");
            separator = ",";
        }
        if separator == "," {
            self.push("}");
        }
        writeln!(self.out, " {value}").expect("writing to a vector does not fail");
        if self.out.len() >= CHUNK {
            self.output.take(&self.out);
            self.out.clear();
        }
    }

    /// The samples of a histogram. `bound` writes the bounds of buckets.
    pub(super) fn histogram<'a>(
        &mut self,
        name: &str,
        labels: impl Iterator<Item = (&'a str, &'a str)> + Clone,
        (count, sum): (u64, f64),
        buckets: impl Iterator<Item = (f64, u64)>,
        bound: fn(f64) -> String,
    ) {
        for (upper, count) in buckets.chain([(f64::INFINITY, count)]) {
            let upper = bound(upper);
            // These live as long as the text of the bound.
            let labels = labels
                .clone()
                .map(|(name, value)| -> (&str, &str) { (name, value) });
            let labels = labels.chain([("le", upper.as_str())]);
            self.sample(name, "_bucket", labels, count);
        }
        self.sample(name, "_sum", labels.clone(), sum);
        self.sample(name, "_count", labels, count);
    }
}

/// Writes samples as they come; the header of a family is written with its first one.
#[derive(Debug)]
pub(super) struct LineWriter<O> {
    lines: Lines<O>,
    family: Option<&'static Family>,
    header: fn(&mut Lines<O>, &Family),
    bound: fn(f64) -> String,
}

impl<O: Output> LineWriter<O> {
    /// A writer of one format: how it begins a family, and how it writes the bounds of buckets.
    pub(super) fn new(header: fn(&mut Lines<O>, &Family), bound: fn(f64) -> String) -> Self {
        Self {
            lines: Lines::default(),
            family: None,
            header,
            bound,
        }
    }

    pub(super) fn finish(self) -> O::Form {
        self.lines.finish()
    }

    fn begin(&mut self, family: &'static Family) {
        let is_same = |current: &Family| std::ptr::eq(current, family);
        if !self.family.is_some_and(is_same) {
            (self.header)(&mut self.lines, family);
            self.family = Some(family);
        }
    }
}

impl<O: Output> Sink for LineWriter<O> {
    fn sample(
        &mut self,
        family: &'static Family,
        labels: &[&str],
        extra: ExtraLabels<'_>,
        value: f64,
    ) {
        self.begin(family);
        let labels = label_pairs(family, labels, extra);
        self.lines.sample(family.name, "", labels, value);
    }

    fn histogram(
        &mut self,
        family: &'static Family,
        labels: &[&str],
        extra: ExtraLabels<'_>,
        histogram: &DurationHistogram,
    ) {
        self.begin(family);
        let labels = label_pairs(family, labels, extra);
        let (totals, buckets) = (histogram.totals(), histogram.classic());
        self.lines
            .histogram(family.name, labels, totals, buckets, self.bound);
    }
}
