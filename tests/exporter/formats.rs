//! Promise: every client gets the format that it requests, and all formats have the same values.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a malformed exposition fails the test that reads it"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use crate::common::{ACCOUNT, Answer, Exporter, Metrics, REGION, simulator};
use appstream_simulator::{Fleet, Pool, PoolSession, Region, Session, Stack, World};
use hyper::StatusCode;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
const OPENMETRICS: &str =
    "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores";
const PROTOBUF: &str = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores";
/// The three formats: the request header, and the content type of the response.
const FORMATS: [(&str, &str); 3] = [
    ("text/plain;version=0.0.4", TEXT),
    ("application/openmetrics-text;version=1.0.0", OPENMETRICS),
    (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
        PROTOBUF,
    ),
];
/// Request headers for encodings, and the encoding of the response.
const ENCODINGS: [(Option<&str>, Option<&str>); 5] = [
    (None, None),
    (Some("identity"), None),
    (Some("gzip"), Some("gzip")),
    (Some("zstd"), None),
    (Some("br, zstd, gzip;q=0.1"), Some("gzip")),
];
/// All that a label must survive.
const NAME: &str = "many \"seats\" \\ \\n Büro\n東京 🚀";

fn world() -> World {
    let mut region = Region::new()
        .fleet(Fleet::new(NAME))
        .fleet(Fleet::new("plain").error("CODE", "\"Quoted\" \\ and\nbroken."))
        .stack(Stack::new("stack \"s\""))
        .associate(NAME, "stack \"s\"")
        .pool(Pool::new("wspool-aaaaaaaaa", NAME))
        .pool_session(PoolSession::new("p1", "wspool-aaaaaaaaa"));
    for number in 0..30 {
        let session = Session::new(format!("s{number}"), NAME, "stack \"s\"").saml();
        region.put_session(session.started_at(1e9 + 0.25 * f64::from(number)));
    }
    World::new(ACCOUNT).region(REGION, region)
}

/// An exporter that has read the world and makes no calls for a while.
async fn settled() -> (appstream_simulator::Simulator, Exporter) {
    let simulator = simulator(world()).await;
    let config = "refresh: {interval: 1h}\ntargets: [{regions: [eu-west-1], labels: {team: 'a \"b\" \\ ä'}}]\n";
    let exporter = Exporter::start(&simulator, config).await;
    exporter
        .eventually("a refresh", |metrics| {
            metrics.has("appstream_fleet_info", &[])
                && metrics.sum("appstream_exporter_refreshes_total", &[]) > 0.0
        })
        .await;
    (simulator, exporter)
}

async fn get(exporter: &Exporter, accept: &str, encoding: Option<&str>) -> Answer {
    let mut headers = vec![("accept", accept)];
    headers.extend(encoding.map(|encoding| ("accept-encoding", encoding)));
    let answer = exporter.request("GET", "/metrics", &headers).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer
}

/// The body before it was compressed.
fn plain(answer: &Answer) -> Vec<u8> {
    let mut body = &*answer.body;
    match answer.header("content-encoding") {
        None => body.to_vec(),
        Some("gzip") => {
            let mut plain = Vec::new();
            flate2::bufread::GzDecoder::new(&mut body)
                .read_to_end(&mut plain)
                .expect("gzip");
            assert!(body.is_empty(), "it is one member, and no more");
            plain
        }
        Some(other) => panic!("nobody asked for {other}"),
    }
}

/// Families and samples, independent of the format.
#[derive(Clone, Debug, Default, PartialEq)]
struct Known {
    /// Type and help by the name that the family has in the text format.
    families: BTreeMap<String, (String, String)>,
    /// Values by name and labels. Bounds of buckets are numbers written in one way.
    samples: BTreeMap<(String, BTreeMap<String, String>), f64>,
}

impl Known {
    fn of(content_type: &str, body: &[u8]) -> Self {
        let text = || std::str::from_utf8(body).expect("UTF-8");
        let mut known = if content_type.starts_with("text/plain") {
            Self::of_lines(text(), false)
        } else if content_type.starts_with("application/openmetrics-text") {
            let lines = text()
                .strip_suffix("# EOF\n")
                .expect("OpenMetrics has an end");
            assert!(!lines.contains("# EOF"), "it ends once");
            Self::of_lines(lines, true)
        } else {
            protobuf::families(body)
        };
        // Values that change between two scrapes of one refresh.
        let changes = |name: &str| name.starts_with("process_") || name.contains("_http_requests_");
        known.families.retain(|name, _| !changes(name));
        known.samples.retain(|(name, _), _| !changes(name));
        known
    }

    fn of_lines(text: &str, openmetrics: bool) -> Self {
        let mut known = Self::default();
        for line in text.lines().filter(|line| line.starts_with('#')) {
            let mut words = line.splitn(4, ' ').skip(1);
            let [Some(kind), Some(name), Some(rest)] = [words.next(), words.next(), words.next()]
            else {
                panic!("what is this? {line}");
            };
            let (kinds, helps): (&mut String, &mut String) = {
                let entry = known.families.entry(name.to_owned()).or_default();
                (&mut entry.0, &mut entry.1)
            };
            match kind {
                "TYPE" => *kinds = rest.to_owned(),
                "HELP" if openmetrics => *helps = rest.replace("\\\"", "\""),
                "HELP" => *helps = rest.to_owned(),
                _ => panic!("what is this? {line}"),
            }
        }
        if openmetrics {
            let families = std::mem::take(&mut known.families).into_iter();
            let renamed = families.map(|(name, family)| match family.0.as_str() {
                "counter" => (name + "_total", family),
                _ => (name, family),
            });
            known.families = renamed.collect();
        }
        for series in Metrics::parse(text).series() {
            known.put(&series.name, series.labels.clone(), series.value);
        }
        known
    }

    fn put(&mut self, name: &str, mut labels: BTreeMap<String, String>, value: f64) {
        if let Some(bound) = labels.get_mut("le") {
            let number: f64 = bound.parse().expect("a number");
            *bound = number.to_string();
        }
        let before = self.samples.insert((name.to_owned(), labels), value);
        assert_eq!(before, None, "{name} is there twice");
    }
}

/// A reader of the protobuf format that has nothing in common with the writer.
mod protobuf {
    use super::*;

    enum Value<'a> {
        Number(u64),
        Double(f64),
        Bytes(&'a [u8]),
    }

    impl<'a> Value<'a> {
        fn bytes(&self) -> &'a [u8] {
            match self {
                Value::Bytes(bytes) => bytes,
                _ => panic!("this field has a length"),
            }
        }

        fn text(&self) -> String {
            String::from_utf8(self.bytes().to_vec()).expect("UTF-8")
        }

        fn double(&self) -> f64 {
            match self {
                Value::Double(number) => *number,
                _ => panic!("this field is a double"),
            }
        }

        fn number(&self) -> u64 {
            match self {
                Value::Number(number) => *number,
                _ => panic!("this field is a number"),
            }
        }
    }

    fn varint(rest: &mut &[u8]) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, after) = rest.split_first().expect("a whole number");
            *rest = after;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return number;
            }
        }
        panic!("a number has ten bytes at most");
    }

    fn take<'a>(rest: &mut &'a [u8], length: u64) -> &'a [u8] {
        let (taken, after) = rest.split_at(usize::try_from(length).unwrap());
        *rest = after;
        taken
    }

    fn fields(mut rest: &[u8]) -> Vec<(u64, Value<'_>)> {
        let mut fields = Vec::new();
        while !rest.is_empty() {
            let key = varint(&mut rest);
            let value = match key % 8 {
                0 => Value::Number(varint(&mut rest)),
                1 => Value::Double(f64::from_le_bytes(take(&mut rest, 8).try_into().unwrap())),
                2 => {
                    let length = varint(&mut rest);
                    Value::Bytes(take(&mut rest, length))
                }
                other => panic!("no field has the wire type {other}"),
            };
            fields.push((key / 8, value));
        }
        fields
    }

    /// The one field of this number.
    fn one<'v, 'a>(fields: &'v [(u64, Value<'a>)], number: u64) -> &'v Value<'a> {
        let mut found = fields.iter().filter(|(field, _)| *field == number);
        let (_, value) = found.next().expect("the field is there");
        assert!(found.next().is_none(), "it is there once");
        value
    }

    pub(super) fn families(mut rest: &[u8]) -> Known {
        let mut known = Known::default();
        while !rest.is_empty() {
            let length = varint(&mut rest);
            family(&fields(take(&mut rest, length)), &mut known);
        }
        known
    }

    fn family(family: &[(u64, Value<'_>)], known: &mut Known) {
        let name = one(family, 1).text();
        let (kind, place) = match one(family, 3).number() {
            0 => ("counter", 3),
            1 => ("gauge", 2),
            4 => ("histogram", 7),
            other => panic!("{name} has the type {other}"),
        };
        let description = (kind.to_owned(), one(family, 2).text());
        let before = known.families.insert(name.clone(), description);
        assert_eq!(before, None, "{name} comes in two pieces");
        for (_, metric) in family.iter().filter(|(field, _)| *field == 4) {
            let metric = fields(metric.bytes());
            let labels = metric.iter().filter(|(field, _)| *field == 1);
            let labels: BTreeMap<_, _> = labels
                .map(|(_, pair)| {
                    let pair = fields(pair.bytes());
                    (one(&pair, 1).text(), one(&pair, 2).text())
                })
                .collect();
            let value = fields(one(&metric, place).bytes());
            assert!(metric.iter().all(|(field, _)| [1, place].contains(field)));
            if kind != "histogram" {
                known.put(&name, labels, one(&value, 1).double());
                continue;
            }
            let count = one(&value, 1).number() as f64;
            for (_, bucket) in value.iter().filter(|(field, _)| *field == 3) {
                let bucket = fields(bucket.bytes());
                let bound = one(&bucket, 2).double().to_string();
                let labels = labels.clone().into_iter().chain([("le".to_owned(), bound)]);
                let count = one(&bucket, 1).number() as f64;
                known.put(&format!("{name}_bucket"), labels.collect(), count);
            }
            let all = labels.clone().into_iter();
            let all = all.chain([("le".to_owned(), "inf".to_owned())]);
            known.put(&format!("{name}_bucket"), all.collect(), count);
            known.put(&format!("{name}_count"), labels.clone(), count);
            known.put(&format!("{name}_sum"), labels, one(&value, 2).double());
        }
    }
}

#[tokio::test]
async fn all_formats_have_the_same_values() {
    let (_simulator, exporter) = settled().await;
    let expected = Known::of(TEXT, &plain(&get(&exporter, "*/*", None).await));
    let all_kinds: BTreeSet<_> = expected
        .families
        .values()
        .map(|(kind, _)| &**kind)
        .collect();
    assert_eq!(
        all_kinds.into_iter().collect::<Vec<_>>(),
        ["counter", "gauge", "histogram"]
    );
    for (accept, content_type) in FORMATS {
        for (accept_encoding, encoding) in ENCODINGS {
            let what = format!("{accept} and {accept_encoding:?}");
            let answer = get(&exporter, accept, accept_encoding).await;
            assert_eq!(answer.header("content-type"), Some(content_type), "{what}");
            assert_eq!(answer.header("content-encoding"), encoding, "{what}");
            assert_eq!(answer.header("vary"), Some("Accept, Accept-Encoding"));
            let length = answer.body.len().to_string();
            assert_eq!(answer.header("content-length"), Some(&*length), "{what}");
            let known = Known::of(content_type, &plain(&answer));
            assert_eq!(known.families, expected.families, "{what}");
            for (series, value) in &expected.samples {
                assert_eq!(known.samples.get(series), Some(value), "{what}: {series:?}");
            }
            assert_eq!(known.samples.len(), expected.samples.len(), "{what}");
        }
    }
}

#[tokio::test]
async fn the_headers_of_prometheus_are_understood() {
    let (_simulator, exporter) = settled().await;
    let protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    let second = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let third = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
    let allowing = |content_type: &str| content_type.replace("underscores", "allow-utf-8");
    let cases = [
        (second.to_owned(), OPENMETRICS.to_owned()),
        (
            format!("{protobuf},{}", second.replace("1.0.0,", "1.0.0;q=0.8,")),
            PROTOBUF.to_owned(),
        ),
        (third.to_owned(), allowing(OPENMETRICS)),
        (
            format!("{protobuf};escaping=allow-utf-8;q=0.6,{third}"),
            allowing(PROTOBUF),
        ),
        ("*/*".to_owned(), TEXT.to_owned()),
        ("rubbish".to_owned(), TEXT.to_owned()),
    ];
    for (accept, content_type) in cases {
        let answer = get(&exporter, &accept, Some("gzip")).await;
        assert_eq!(
            answer.header("content-type"),
            Some(&*content_type),
            "{accept}"
        );
        let known = Known::of(&content_type, &plain(&answer));
        assert!(known.families.contains_key("appstream_fleet_info"));
    }
    let answer = exporter.get("/metrics").await;
    assert_eq!(answer.header("content-type"), Some(TEXT));
}

#[tokio::test]
async fn names_survive_in_every_format() {
    let (_simulator, exporter) = settled().await;
    for (accept, content_type) in FORMATS {
        let known = Known::of(content_type, &plain(&get(&exporter, accept, None).await));
        for (family, label) in [
            ("appstream_fleet_info", "fleet"),
            ("workspaces_pool_info", "pool_name"),
        ] {
            let named = known.samples.keys().any(|(name, labels)| {
                name == family
                    && labels.get(label).map(String::as_str) == Some(NAME)
                    && labels.get("team").map(String::as_str) == Some("a \"b\" \\ ä")
            });
            assert!(named, "{content_type}: {family}");
        }
    }
}

#[tokio::test]
async fn head_says_what_get_would_say() {
    let (_simulator, exporter) = settled().await;
    for (accept, _) in FORMATS {
        for encoding in ["identity", "gzip"] {
            let headers = [("accept", accept), ("accept-encoding", encoding)];
            let get = exporter.request("GET", "/metrics", &headers).await;
            let head = exporter.request("HEAD", "/metrics", &headers).await;
            assert!(head.body.is_empty());
            for header in ["content-type", "content-encoding", "vary"] {
                assert_eq!(head.header(header), get.header(header), "{header}");
            }
            let length = |answer: &Answer| answer.header("content-length").unwrap().parse::<i64>();
            // Counters have gone on in between.
            let difference = length(&head).unwrap() - length(&get).unwrap();
            assert!(difference.abs() < 100, "{accept}, {encoding}: {difference}");
        }
    }
}

#[tokio::test]
async fn what_was_counted_before_a_scrape_is_in_it() {
    let (_simulator, exporter) = settled().await;
    let mut expected = 0.0;
    for _ in 0..5 {
        for (accept, content_type) in FORMATS {
            for encoding in ["identity", "gzip"] {
                exporter.get("/-/healthy").await;
                expected += 1.0;
                let body = plain(&get(&exporter, accept, Some(encoding)).await);
                let counted = if content_type == PROTOBUF {
                    protobuf::families(&body)
                } else {
                    Known::of_lines(
                        std::str::from_utf8(&body)
                            .unwrap()
                            .trim_end_matches("# EOF\n"),
                        content_type == OPENMETRICS,
                    )
                };
                let healthy = counted.samples.iter().find(|((name, labels), _)| {
                    name == "appstream_exporter_http_requests_total"
                        && labels["handler"] == "/-/healthy"
                });
                assert_eq!(
                    healthy.map(|(_, value)| *value),
                    Some(expected),
                    "{content_type}, {encoding}"
                );
            }
        }
    }
    let before = exporter.metrics().await;
    let failed = "appstream_exporter_config_last_reload_successful";
    before.assert(failed, &[], 1.0);
    exporter.write_config("nonsense: true");
    exporter.signal("HUP");
    exporter
        .eventually("the refusal shows", |metrics| {
            metrics.value(failed, &[]) == Some(0.0)
        })
        .await;
}
