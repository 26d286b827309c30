//! OpenMetrics as text, version 1.0.0.
//!
//! Differs from the text format in the names of counter families, the escaping of help texts, the
//! bucket bounds and the end marker. The caller that joins the parts adds the end marker.

use prometheus::proto::{Histogram, LabelPair, Metric, MetricFamily, MetricType};

use super::lines::Lines;
use super::output::{Output, Plain};
use crate::catalog::{Family, Kind};

/// The last line, without which a scrape counts as cut off.
pub(super) const END: &str = "# EOF\n";

/// The lines before the samples of a family.
pub(super) fn header(lines: &mut Lines<impl Output>, family: &Family) {
    let is_counter = family.kind == Kind::Counter;
    let kind = family.kind.as_str();
    write_header(lines, family.name, is_counter, kind, family.help);
}

/// Families of the `prometheus` crate.
pub(super) fn families(families: &[MetricFamily]) -> Vec<u8> {
    let mut lines = Lines::<Plain>::default();
    for family in families {
        let (is_counter, kind) = match family.get_field_type() {
            MetricType::COUNTER => (true, "counter"),
            MetricType::GAUGE => (false, "gauge"),
            MetricType::HISTOGRAM => (false, "histogram"),
            // Nothing makes one of these.
            MetricType::SUMMARY | MetricType::UNTYPED => continue,
        };
        write_header(&mut lines, family.name(), is_counter, kind, family.help());
        for metric in family.get_metric() {
            let value = match family.get_field_type() {
                MetricType::HISTOGRAM => {
                    histogram(&mut lines, family.name(), metric, metric.get_histogram());
                    continue;
                }
                MetricType::COUNTER => metric.get_counter().get_value(),
                _ => metric.get_gauge().get_value(),
            };
            lines.sample(family.name(), "", labels(metric), value);
        }
    }
    lines.finish().concat()
}

/// A counter's family is called what its samples are called before `_total`;
/// without that ending it must not be called a counter.
fn write_header(
    lines: &mut Lines<impl Output>,
    name: &str,
    is_counter: bool,
    kind: &str,
    help: &str,
) {
    let (name, kind) = match name.strip_suffix("_total") {
        Some(name) if is_counter => (name, kind),
        None if is_counter => (name, "unknown"),
        _ => (name, kind),
    };
    lines
        .push("# TYPE ")
        .push(name)
        .push(" ")
        .push(kind)
        .push("\n# HELP ")
        .push(name)
        .push(" ")
        .escaped(help, true)
        .push("\n");
}

fn histogram(lines: &mut Lines<impl Output>, name: &str, metric: &Metric, histogram: &Histogram) {
    let totals = (histogram.get_sample_count(), histogram.get_sample_sum());
    let buckets = histogram.get_bucket().iter();
    let finite = buckets
        .map(|bucket| (bucket.upper_bound(), bucket.cumulative_count()))
        .filter(|(bound, _)| bound.is_finite());
    lines.histogram(name, labels(metric), totals, finite, canonical);
}

fn labels(metric: &Metric) -> impl Iterator<Item = (&str, &str)> + Clone {
    fn of(label: &LabelPair) -> (&str, &str) {
        (label.name(), label.value())
    }
    metric.get_label().iter().map(of)
}

/// A number as it must be written in a label, so that equal buckets of different
/// exporters are equal: always with a point or an exponent, the exponent from a
/// million and below a ten-thousandth, with two digits at least.
pub(super) fn canonical(number: f64) -> String {
    if number == f64::INFINITY {
        return "+Inf".to_owned();
    }
    let scientific = format!("{number:e}");
    let parts = scientific
        .split_once('e')
        .and_then(|(digits, exponent)| Some((digits, exponent.parse::<i32>().ok()?)));
    match parts {
        Some((digits, exponent)) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => format!("{number:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;
    use crate::collector::Sink as _;
    use crate::exposition::lines::LineWriter;
    use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntGauge, Registry};

    #[test]
    fn names_survive() {
        let mut writer = LineWriter::<Plain>::new(header, canonical);
        let labels = ["1", "eu-west-1", "a \"b\" \\c\nd äöü 日本"];
        writer.sample(&catalog::FLEET_CREATED, &labels, &[("env", "a \"b\"")], 0.5);
        writer.sample(&catalog::FLEET_CREATED, &["1", "", ""], &[], 0.0);
        writer.sample(&catalog::REFRESHES, &["default", "eu-west-1"], &[], 3.0);
        let text = String::from_utf8(writer.finish().concat()).unwrap();
        let lines: Vec<_> = text
            .lines()
            .filter(|line| !line.starts_with("# HELP"))
            .collect();
        assert_eq!(
            lines,
            [
                "# TYPE appstream_fleet_created_timestamp_seconds gauge",
                r#"appstream_fleet_created_timestamp_seconds{aws_account_id="1",aws_region="eu-west-1",fleet="a \"b\" \\c\nd äöü 日本",env="a \"b\""} 0.5"#,
                r#"appstream_fleet_created_timestamp_seconds{aws_account_id="1",aws_region="",fleet=""} 0"#,
                "# TYPE appstream_exporter_refreshes counter",
                r#"appstream_exporter_refreshes_total{target="default",aws_region="eu-west-1"} 3"#,
            ]
        );
    }

    #[test]
    fn families_of_the_crate() {
        let registry = Registry::new();
        let counter = IntCounter::new("c_total", "Says \"c\" \\\n.").unwrap();
        counter.inc_by(2);
        let nameless = IntCounter::new("n", "N.").unwrap();
        let gauge = IntGauge::new("g", "G.").unwrap();
        gauge.set(-1);
        let options = HistogramOpts::new("h", "H.").buckets(vec![0.005, 1.0, 2e6]);
        let histograms = HistogramVec::new(options, &["l"]).unwrap();
        histograms.with_label_values(&["a\"\\\nä"]).observe(0.5);
        registry.register(Box::new(counter)).unwrap();
        registry.register(Box::new(nameless)).unwrap();
        registry.register(Box::new(gauge)).unwrap();
        registry.register(Box::new(histograms)).unwrap();
        let text = String::from_utf8(families(&registry.gather())).unwrap();
        assert_eq!(
            text,
            r#"# TYPE c counter
# HELP c Says \"c\" \\\n.
c_total 2
# TYPE g gauge
# HELP g G.
g -1
# TYPE h histogram
# HELP h H.
h_bucket{l="a\"\\\nä",le="0.005"} 0
h_bucket{l="a\"\\\nä",le="1.0"} 1
h_bucket{l="a\"\\\nä",le="2e+06"} 1
h_bucket{l="a\"\\\nä",le="+Inf"} 1
h_sum{l="a\"\\\nä"} 0.5
h_count{l="a\"\\\nä"} 1
# TYPE n unknown
# HELP n N.
n 0
"#
        );
    }

    #[test]
    fn canonical_numbers() {
        let cases = [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (0.005, "0.005"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (2.5, "2.5"),
            (100_000.0, "100000.0"),
            (1e6, "1e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (1e100, "1e+100"),
            (f64::INFINITY, "+Inf"),
        ];
        for (number, expected) in cases {
            assert_eq!(canonical(number), expected);
        }
    }
}
