//! The protobuf format: `io.prometheus.client.MetricFamily` messages, each after its length.
//!
//! Written by hand: six small messages of three kinds of fields do not need a
//! schema compiler, and the crates for it want a whole account as owned strings.

use prometheus::proto::{Histogram, Metric, MetricFamily, MetricType};

use super::label_pairs;
use super::message::Message;
use super::native;
use super::output::Output;
use crate::catalog::{Family, Kind};
use crate::collector::{ExtraLabels, Sink};
use crate::model::DurationHistogram;

/// Field numbers of the messages, from client_model's `metrics.proto`.
mod field {
    pub(super) const FAMILY_NAME: u64 = 1;
    pub(super) const FAMILY_HELP: u64 = 2;
    pub(super) const FAMILY_TYPE: u64 = 3;
    pub(super) const FAMILY_METRIC: u64 = 4;
    pub(super) const METRIC_LABEL: u64 = 1;
    pub(super) const METRIC_GAUGE: u64 = 2;
    pub(super) const METRIC_COUNTER: u64 = 3;
    pub(super) const METRIC_UNTYPED: u64 = 5;
    pub(super) const METRIC_HISTOGRAM: u64 = 7;
    pub(super) const LABEL_NAME: u64 = 1;
    pub(super) const LABEL_VALUE: u64 = 2;
    /// The value of a gauge, a counter or an untyped metric.
    pub(super) const VALUE: u64 = 1;
    pub(super) const HISTOGRAM_COUNT: u64 = 1;
    pub(super) const HISTOGRAM_SUM: u64 = 2;
    pub(super) const HISTOGRAM_BUCKET: u64 = 3;
    pub(super) const BUCKET_COUNT: u64 = 1;
    pub(super) const BUCKET_BOUND: u64 = 2;
}

/// A family's type, and the field that the values of its metrics are in.
#[derive(Clone, Copy, Debug)]
struct FamilyType {
    number: u64,
    value: u64,
}

const COUNTER: FamilyType = FamilyType {
    number: 0,
    value: field::METRIC_COUNTER,
};
const GAUGE: FamilyType = FamilyType {
    number: 1,
    value: field::METRIC_GAUGE,
};
const UNTYPED: FamilyType = FamilyType {
    number: 3,
    value: field::METRIC_UNTYPED,
};
const HISTOGRAM: FamilyType = FamilyType {
    number: 4,
    value: field::METRIC_HISTOGRAM,
};

/// Writes samples as they come. A family's length stands before it, so a family
/// is kept apart until the next one begins.
#[derive(Debug, Default)]
pub(super) struct ProtobufWriter<O> {
    output: O,
    current: Option<&'static Family>,
    family: Message,
    metric: Message,
    inner: Message,
}

impl<O: Output> ProtobufWriter<O> {
    pub(super) fn finish(mut self) -> O::Form {
        self.end();
        self.output.finish()
    }

    fn end(&mut self) {
        if self.current.take().is_some() {
            let mut length = Message::default();
            length.varint(self.family.0.len() as u64);
            self.output.take(&length.0);
            self.output.take(&self.family.0);
            self.family.0.clear();
        }
    }

    /// Begins a metric with its labels, and its family where that is another one.
    fn begin(
        &mut self,
        family: &'static Family,
        family_type: FamilyType,
        labels: &[&str],
        extra: ExtraLabels<'_>,
    ) {
        let is_same = |current: &Family| std::ptr::eq(current, family);
        if !self.current.is_some_and(is_same) {
            self.end();
            self.family.header(family.name, family.help, family_type);
            self.current = Some(family);
        }
        self.metric.0.clear();
        for (name, value) in label_pairs(family, labels, extra) {
            self.inner.0.clear();
            self.inner.label(name, value);
            self.metric.message(field::METRIC_LABEL, &self.inner);
        }
    }
}

impl<O: Output> Sink for ProtobufWriter<O> {
    fn sample(
        &mut self,
        family: &'static Family,
        labels: &[&str],
        extra: ExtraLabels<'_>,
        value: f64,
    ) {
        let family_type = match family.kind {
            Kind::Gauge => GAUGE,
            Kind::Counter => COUNTER,
            // A single number is no histogram.
            Kind::Histogram => UNTYPED,
        };
        self.begin(family, family_type, labels, extra);
        self.inner.0.clear();
        self.inner.double(field::VALUE, value);
        self.metric.message(family_type.value, &self.inner);
        self.family.message(field::FAMILY_METRIC, &self.metric);
    }

    fn histogram(
        &mut self,
        family: &'static Family,
        labels: &[&str],
        extra: ExtraLabels<'_>,
        histogram: &DurationHistogram,
    ) {
        self.begin(family, HISTOGRAM, labels, extra);
        let mut value = classic(histogram.totals(), histogram.classic());
        native::write(&mut value, histogram);
        self.metric.message(HISTOGRAM.value, &value);
        self.family.message(field::FAMILY_METRIC, &self.metric);
    }
}

/// Families of the `prometheus` crate.
pub(super) fn families(families: &[MetricFamily]) -> Vec<u8> {
    let mut out = Message::default();
    for family in families {
        let kind = family.get_field_type();
        let family_type = match kind {
            MetricType::COUNTER => COUNTER,
            MetricType::GAUGE => GAUGE,
            MetricType::HISTOGRAM => HISTOGRAM,
            // Nothing makes one of these.
            MetricType::SUMMARY | MetricType::UNTYPED => continue,
        };
        let mut message = Message::default();
        message.header(family.name(), family.help(), family_type);
        for metric in family.get_metric() {
            let value = match kind {
                MetricType::HISTOGRAM => histogram(metric.get_histogram()),
                MetricType::COUNTER => number(metric.get_counter().get_value()),
                _ => number(metric.get_gauge().get_value()),
            };
            let mut whole = labels(metric);
            whole.message(family_type.value, &value);
            message.message(field::FAMILY_METRIC, &whole);
        }
        out.delimited(&message);
    }
    out.0
}

fn labels(metric: &Metric) -> Message {
    let mut message = Message::default();
    for label in metric.get_label() {
        let mut pair = Message::default();
        pair.label(label.name(), label.value());
        message.message(field::METRIC_LABEL, &pair);
    }
    message
}

fn number(value: f64) -> Message {
    let mut message = Message::default();
    message.double(field::VALUE, value);
    message
}

fn histogram(histogram: &Histogram) -> Message {
    let totals = (histogram.get_sample_count(), histogram.get_sample_sum());
    let buckets = histogram.get_bucket().iter();
    let buckets = buckets.map(|bucket| (bucket.upper_bound(), bucket.cumulative_count()));
    classic(totals, buckets)
}

/// A histogram with classic buckets. The bucket without a bound is left out, as
/// everywhere: it is the count.
fn classic((count, sum): (u64, f64), buckets: impl Iterator<Item = (f64, u64)>) -> Message {
    let mut message = Message::default();
    message.number(field::HISTOGRAM_COUNT, count);
    message.double(field::HISTOGRAM_SUM, sum);
    for (bound, count) in buckets {
        let mut inner = Message::default();
        inner.number(field::BUCKET_COUNT, count);
        inner.double(field::BUCKET_BOUND, bound);
        message.message(field::HISTOGRAM_BUCKET, &inner);
    }
    message
}

impl Message {
    fn label(&mut self, name: &str, value: &str) {
        self.bytes(field::LABEL_NAME, name.as_bytes());
        self.bytes(field::LABEL_VALUE, value.as_bytes());
    }

    fn header(&mut self, name: &str, help: &str, family_type: FamilyType) {
        self.bytes(field::FAMILY_NAME, name.as_bytes());
        self.bytes(field::FAMILY_HELP, help.as_bytes());
        self.number(field::FAMILY_TYPE, family_type.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;
    use crate::exposition::output::Plain;
    use prometheus::{HistogramOpts, IntCounter, Registry};

    /// The encoding of `value` as the field `number`, after its length.
    fn nested(number: u8, value: &[u8]) -> Vec<u8> {
        let length = u8::try_from(value.len()).unwrap();
        assert!(length < 128, "one byte of length is enough for the test");
        [&[number << 3 | 2, length], value].concat()
    }

    #[test]
    fn names_survive() {
        let name = "a \"b\" \\c\nd äöü 日本";
        let mut writer = ProtobufWriter::<Plain>::default();
        for _ in 0..2 {
            writer.sample(
                &catalog::FLEET_CREATED,
                &["1", "", name],
                &[("e", "f")],
                0.5,
            );
        }
        writer.sample(&catalog::REFRESHES, &[], &[], 0.0);
        let written = writer.finish().concat();
        let label = |name: &str, value: &str| {
            let pair = [nested(1, name.as_bytes()), nested(2, value.as_bytes())].concat();
            nested(1, &pair)
        };
        let mut gauge = vec![1 << 3 | 1];
        gauge.extend(0.5_f64.to_le_bytes());
        let metric = [
            label("aws_account_id", "1"),
            label("aws_region", ""),
            label("fleet", name),
            label("e", "f"),
            nested(2, &gauge),
        ]
        .concat();
        let family = [
            nested(1, catalog::FLEET_CREATED.name.as_bytes()),
            nested(2, catalog::FLEET_CREATED.help.as_bytes()),
            vec![3 << 3, 1],
            nested(4, &metric),
            nested(4, &metric),
        ]
        .concat();
        let length = family.len();
        assert!((128..16_384).contains(&length));
        let length = [length % 128 + 128, length / 128].map(|byte| u8::try_from(byte).unwrap());
        let rest = written
            .strip_prefix(&[&length[..], &family].concat()[..])
            .expect("the first family");
        let second = [
            nested(1, catalog::REFRESHES.name.as_bytes()),
            nested(2, catalog::REFRESHES.help.as_bytes()),
            vec![3 << 3, 0],
            nested(4, &nested(3, &[9, 0, 0, 0, 0, 0, 0, 0, 0])),
        ]
        .concat();
        assert_eq!(rest[0] as usize, second.len());
        assert_eq!(&rest[1..], second);
    }

    #[test]
    fn families_of_the_crate() {
        let registry = Registry::new();
        let counter = IntCounter::new("c_total", "C.").unwrap();
        counter.inc_by(2);
        let options = HistogramOpts::new("h", "H.").buckets(vec![1.0]);
        let histogram = prometheus::Histogram::with_opts(options).unwrap();
        histogram.observe(0.5);
        histogram.observe(300.0);
        registry.register(Box::new(counter)).unwrap();
        registry.register(Box::new(histogram)).unwrap();
        let double = |number: u8, value: f64| {
            let mut field = vec![number << 3 | 1];
            field.extend(value.to_le_bytes());
            field
        };
        let counter = [
            nested(1, b"c_total"),
            nested(2, b"C."),
            vec![3 << 3, 0],
            nested(4, &nested(3, &double(1, 2.0))),
        ]
        .concat();
        let bucket = [vec![1 << 3, 1], double(2, 1.0)].concat();
        let value = [vec![1 << 3, 2], double(2, 300.5), nested(3, &bucket)].concat();
        let histogram = [
            nested(1, b"h"),
            nested(2, b"H."),
            vec![3 << 3, 4],
            nested(4, &nested(7, &value)),
        ]
        .concat();
        let mut expected = Vec::new();
        for family in [counter, histogram] {
            expected.push(u8::try_from(family.len()).unwrap());
            expected.extend(family);
        }
        assert_eq!(families(&registry.gather()), expected);
    }
}
