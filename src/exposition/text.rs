//! The Prometheus text format, version 0.0.4.

use prometheus::TextEncoder;
use prometheus::proto::MetricFamily;

use super::label_pairs;
use super::lines::Lines;
use super::output::Output;
use crate::catalog::Family;
use crate::collector::{ExtraLabels, Sink};
use crate::model::DurationHistogram;

/// Writes samples as they come; the header of a family is written with its first one.
#[derive(Debug, Default)]
pub(super) struct TextWriter<O> {
    lines: Lines<O>,
    family: Option<&'static Family>,
}

impl<O: Output> TextWriter<O> {
    pub(super) fn finish(self) -> O::Form {
        self.lines.finish()
    }

    fn begin(&mut self, family: &'static Family) {
        if self
            .family
            .is_some_and(|current| std::ptr::eq(current, family))
        {
            return;
        }
        self.lines
            .push("# HELP ")
            .push(family.name)
            .push(" ")
            .escaped(family.help, false)
            .push("\n# TYPE ")
            .push(family.name)
            .push(" ")
            .push(family.kind.as_str())
            .push("\n");
        self.family = Some(family);
    }
}

impl<O: Output> Sink for TextWriter<O> {
    fn sample(
        &mut self,
        family: &'static Family,
        labels: &[&str],
        extra: ExtraLabels<'_>,
        value: f64,
    ) {
        self.begin(family);
        let labels = label_pairs(family, labels, extra);
        self.lines.sample((family.name, ""), labels, value);
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
            .histogram(family.name, labels, totals, buckets, bound);
    }
}

/// The upper bound of a bucket, as the `prometheus` crate writes it.
fn bound(number: f64) -> String {
    if number == f64::INFINITY {
        return "+Inf".to_owned();
    }
    number.to_string()
}

/// Families of the `prometheus` crate, which has a writer of its own.
pub(super) fn families(families: &[MetricFamily]) -> Vec<u8> {
    TextEncoder::new()
        .encode_to_string(families)
        .expect("gathered families are never empty")
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;
    use crate::exposition::output::Plain;

    #[test]
    fn names_survive() {
        let mut writer = TextWriter::<Plain>::default();
        writer.sample(
            &catalog::FLEET_CREATED,
            &["1", "eu-west-1", "a \"b\" \\c\nd äöü 日本"],
            &[("env", "a \"b\"")],
            1_700_000_000.25,
        );
        writer.sample(&catalog::FLEET_CREATED, &["1", "eu-west-1", ""], &[], 0.0);
        let text = String::from_utf8(writer.finish().concat()).unwrap();
        let lines: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "# TYPE appstream_fleet_created_timestamp_seconds gauge",
                r#"appstream_fleet_created_timestamp_seconds{aws_account_id="1",aws_region="eu-west-1",fleet="a \"b\" \\c\nd äöü 日本",env="a \"b\""} 1700000000.25"#,
                r#"appstream_fleet_created_timestamp_seconds{aws_account_id="1",aws_region="eu-west-1",fleet=""} 0"#,
            ]
        );
    }
}
