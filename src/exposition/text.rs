//! The Prometheus text format, version 0.0.4.

use prometheus::TextEncoder;
use prometheus::proto::MetricFamily;

use super::lines::Lines;
use super::output::Output;
use crate::catalog::Family;

/// The lines before the samples of a family.
pub(super) fn header(lines: &mut Lines<impl Output>, family: &Family) {
    lines
        .push("# HELP ")
        .push(family.name)
        .push(" ")
        .escaped(family.help, false)
        .push("\n# TYPE ")
        .push(family.name)
        .push(" ")
        .push(family.kind.as_str())
        .push("\n");
}

/// The upper bound of a bucket, as the `prometheus` crate writes it.
pub(super) fn bound(number: f64) -> String {
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
    use crate::collector::Sink as _;
    use crate::exposition::lines::LineWriter;
    use crate::exposition::output::Plain;

    #[test]
    fn names_survive() {
        let mut writer = LineWriter::<Plain>::new(header, bound);
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
