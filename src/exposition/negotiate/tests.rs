//! Formats and encodings for the headers of real and invalid clients.

use super::*;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const DRAFT: &str = "application/openmetrics-text; version=0.0.1; charset=utf-8";
const PROTOBUF: &str =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

#[test]
fn formats() {
    let cases = [
        // Prometheus 2.42.
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OPENMETRICS,
            "underscores",
        ),
        // The same with native histograms.
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            PROTOBUF,
            "underscores",
        ),
        // Prometheus 3.
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
            OPENMETRICS,
            "allow-utf-8",
        ),
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
            PROTOBUF,
            "allow-utf-8",
        ),
        // Prometheus 3, configured for the text format and legacy names.
        (
            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
            TEXT,
            "allow-utf-8",
        ),
        (
            "text/plain;version=1.0.0;escaping=underscores;q=0.5,*/*;q=0.1",
            TEXT,
            "underscores",
        ),
        // Prometheus 2.5 to 2.41, and 1.
        (
            "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            DRAFT,
            "underscores",
        ),
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
            PROTOBUF,
            "underscores",
        ),
        // A browser, and curl.
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
            TEXT,
            "underscores",
        ),
        ("*/*", TEXT, "underscores"),
        // Nothing, and nothing that there is.
        ("", TEXT, "underscores"),
        ("rubbish", TEXT, "underscores"),
        (",;=/,q=1;/;;,\"", TEXT, "underscores"),
        ("image/png", TEXT, "underscores"),
        (
            "application/openmetrics-text;version=2.0.0",
            TEXT,
            "underscores",
        ),
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
            TEXT,
            "underscores",
        ),
        (
            "application/vnd.google.protobuf;proto=other;encoding=delimited",
            TEXT,
            "underscores",
        ),
        ("text/plain", TEXT, "underscores"),
        ("text/*", TEXT, "underscores"),
        ("application/*", OPENMETRICS, "underscores"),
        ("application/openmetrics-text", DRAFT, "underscores"),
        (
            "Application/OpenMetrics-Text; Version=\"1.0.0\"; Q=1",
            OPENMETRICS,
            "underscores",
        ),
        // Escapings.
        ("text/plain;version=0.0.4;escaping=values", TEXT, "values"),
        (
            "application/openmetrics-text;version=1.0.0;escaping=dots",
            OPENMETRICS,
            "dots",
        ),
        ("text/plain;escaping=other", TEXT, "underscores"),
        // Qualities: the higher, then the order; 0 is a refusal.
        (
            "text/plain,application/openmetrics-text;version=1.0.0",
            TEXT,
            "underscores",
        ),
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.5",
            OPENMETRICS,
            "underscores",
        ),
        (
            "*/*;q=0.5,application/openmetrics-text;version=1.0.0;q=0.5",
            OPENMETRICS,
            "underscores",
        ),
        (
            "application/openmetrics-text;version=1.0.0;q=0,*/*",
            TEXT,
            "underscores",
        ),
        (
            "application/openmetrics-text;version=1.0.0;q=0.000",
            TEXT,
            "underscores",
        ),
        ("text/plain;q=0,*/*;q=0.1", OPENMETRICS, "underscores"),
        ("text/plain;q=0.2,*/*", OPENMETRICS, "underscores"),
        (
            "application/openmetrics-text;version=1.0.0;q=rubbish,text/plain;q=0.1",
            TEXT,
            "underscores",
        ),
        (
            "application/openmetrics-text;version=1.0.0;q=nan,text/plain;q=0.1",
            TEXT,
            "underscores",
        ),
        ("*/*;q=0", TEXT, "underscores"),
    ];
    for (accept, content_type, escaping) in cases {
        let expected = format!("{content_type}; escaping={escaping}");
        let chosen = format(std::iter::once(accept));
        assert_eq!(chosen.content_type, expected, "{accept}");
        let kind = match content_type {
            TEXT => Format::Text,
            PROTOBUF => Format::Protobuf,
            _ => Format::OpenMetrics,
        };
        assert_eq!(chosen.format, kind, "{accept}");
    }
    assert_eq!(format(std::iter::empty()).format, Format::Text);
    let two_lines = [
        "text/plain;q=0.5",
        "application/openmetrics-text;version=1.0.0",
    ];
    assert_eq!(format(two_lines.into_iter()).format, Format::OpenMetrics);
}

#[test]
fn encodings() {
    use Encoding::{Gzip, Identity};
    let cases = [
        ("", Identity),
        ("gzip", Gzip),
        ("GZIP", Gzip),
        ("x-gzip", Gzip),
        ("zstd", Identity),
        ("deflate, gzip;q=0.5", Gzip),
        ("gzip;q=0", Identity),
        ("gzip; q=0.000", Identity),
        ("gzip;q=rubbish", Identity),
        ("gzipped", Identity),
        ("zstd;q=0, gzip", Gzip),
        ("identity", Identity),
        ("*", Gzip),
        ("*;q=0", Identity),
        ("*;q=0, gzip;q=1", Gzip),
        ("*, gzip;q=0", Identity),
        ("*;q=0.1, zstd", Gzip),
        ("zstd, gzip", Gzip),
        ("gzip;q=0.5, zstd;q=0.9", Gzip),
        ("gzip, deflate, br, zstd", Gzip),
        ("identity;q=0.5, gzip;q=0.4", Identity),
        ("identity;q=0.4, gzip;q=0.5", Gzip),
        ("identity;q=0", Identity),
    ];
    for (value, expected) in cases {
        assert_eq!(encoding(std::iter::once(value)), expected, "{value:?}");
    }
    assert_eq!(encoding(std::iter::empty()), Identity);
    assert_eq!(encoding(["br", "gzip"].into_iter()), Gzip);
}
