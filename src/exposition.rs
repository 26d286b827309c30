//! Families as bytes: what a scrape is answered with.
//!
//! Owns the formats, their compression, and which of them a client is given. The
//! part that comes from AWS is written at most once per refresh, format and encoding.
//! A scrape appends the exporter's own families. It waits only while its form is
//! written for the first time.

mod demand;
mod gzip;
mod lines;
mod message;
mod native;
pub mod negotiate;
mod openmetrics;
mod output;
mod protobuf;
mod self_metrics;
mod text;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use bytes::Bytes;

use crate::catalog::Family;
use crate::collector::{self, ExtraLabels, Sink};
use crate::model::TargetRegion;
use crate::selfmetrics::SelfMetrics;
use demand::Demand;
use gzip::Deflater;
use lines::LineWriter;
use output::{Forms, Output, Plain};
use protobuf::ProtobufWriter;
use self_metrics::SelfMetricsCache;

/// The format of families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The Prometheus text format, version 0.0.4.
    Text,
    /// OpenMetrics as text, version 1.0.0.
    OpenMetrics,
    /// Messages `io.prometheus.client.MetricFamily`, each after its length.
    Protobuf,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Text, Self::OpenMetrics, Self::Protobuf];
}

/// The compression of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// As one gzip member.
    Gzip,
}

impl Encoding {
    /// All encodings.
    pub const ALL: [Self; 2] = [Self::Identity, Self::Gzip];

    /// The value of `Content-Encoding`, for a body that has one.
    #[must_use]
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
        }
    }
}

/// The current data in all requested forms.
#[derive(Debug, Default)]
struct Rendered {
    target_regions: Arc<[TargetRegion]>,
    forms: Forms,
}

impl Rendered {
    fn form<O: Output>(&self, format: Format) -> &O::Form {
        self.forms.get::<O>(format, || {
            write_samples::<O>(format, |sink| {
                collector::collect(&self.target_regions, sink);
            })
        })
    }
}

/// Writes the samples that `fill` hands to the sink, in this format.
fn write_samples<O: Output>(format: Format, fill: impl FnOnce(&mut dyn Sink)) -> O::Form {
    match format {
        Format::Text => {
            let mut writer = LineWriter::<O>::new(text::header, text::bound);
            fill(&mut writer);
            writer.finish()
        }
        Format::OpenMetrics => {
            let mut writer = LineWriter::<O>::new(openmetrics::header, openmetrics::canonical);
            fill(&mut writer);
            writer.finish()
        }
        Format::Protobuf => {
            let mut writer = ProtobufWriter::<O>::default();
            fill(&mut writer);
            writer.finish()
        }
    }
}

/// The content of `/metrics`. Readers never wait for a refresh, only for the first rendering of
/// the format and encoding that they request.
#[derive(Debug)]
pub struct Exposition {
    rendered: ArcSwap<Rendered>,
    demand: Demand,
    is_ready: AtomicBool,
    self_metrics_cache: SelfMetricsCache,
    metrics: SelfMetrics,
}

impl Exposition {
    /// An exposition of these target regions.
    #[must_use]
    pub fn new(target_regions: impl Into<Arc<[TargetRegion]>>, metrics: SelfMetrics) -> Self {
        let exposition = Self {
            rendered: ArcSwap::default(),
            demand: Demand::new(),
            is_ready: AtomicBool::new(false),
            self_metrics_cache: SelfMetricsCache::default(),
            metrics,
        };
        exposition.publish(target_regions);
        exposition
    }

    /// Shows these target regions from now on. Requested forms are rendered here, others on
    /// request.
    ///
    /// Takes some milliseconds for a large account: do not call it in an async task.
    pub fn publish(&self, target_regions: impl Into<Arc<[TargetRegion]>>) {
        let rendered = Rendered {
            target_regions: target_regions.into(),
            forms: Forms::default(),
        };
        // Data that is replaced within a second is rendered only on request.
        let is_partial = |region: &TargetRegion| {
            let snapshot = region.snapshot.as_ref();
            snapshot.is_some_and(|snapshot| snapshot.is_partial)
        };
        if !rendered.target_regions.iter().any(is_partial) {
            for (format, encoding) in self.demand.forms() {
                match encoding {
                    Encoding::Identity => {
                        rendered.form::<Plain>(format);
                    }
                    Encoding::Gzip => {
                        rendered.form::<Deflater>(format);
                    }
                }
            }
        }
        let mut regions = rendered.target_regions.iter();
        if regions.all(TargetRegion::has_been_refreshed) {
            self.is_ready.store(true, Ordering::Relaxed);
        }
        self.rendered.store(Arc::new(rendered));
    }

    /// Whether the first refresh of every target region has ended, well or badly.
    /// A target region that is added later does not make the exporter unready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed)
    }

    /// The target regions that are shown.
    #[must_use]
    pub fn target_regions(&self) -> Arc<[TargetRegion]> {
        Arc::clone(&self.rendered.load().target_regions)
    }

    /// The metrics of the exporter about itself, and its state.
    #[must_use]
    pub fn self_metrics(&self) -> &SelfMetrics {
        &self.metrics
    }

    /// Counts an answered HTTP request.
    pub fn http_request(&self, handler: &str, code: u16) {
        self.metrics.http_request(handler, code);
    }

    /// The body of a scrape, in chunks.
    ///
    /// All but the last are shared with other scrapes, not copied.
    #[must_use]
    pub fn body(&self, format: Format, encoding: Encoding) -> Vec<Bytes> {
        self.demand.ask(format, encoding);
        let rendered = self.rendered.load_full();
        let exporter_families = self.self_metrics_cache.current(&self.metrics);
        let tail = self_metrics::tail(&self.metrics, format);
        match encoding {
            Encoding::Identity => {
                let aws = rendered.form::<Plain>(format);
                let shared = aws.iter().chain(exporter_families.form::<Plain>(format));
                shared.cloned().chain([Bytes::from(tail)]).collect()
            }
            Encoding::Gzip => gzip::member(
                [
                    rendered.form::<Deflater>(format),
                    exporter_families.form::<Deflater>(format),
                ],
                &tail,
            ),
        }
    }
}

/// The labels of a sample, by name and value.
fn label_pairs<'a>(
    family: &Family,
    labels: &'a [&'a str],
    extra: ExtraLabels<'a>,
) -> impl Iterator<Item = (&'a str, &'a str)> + Clone {
    // Names are static, which is longer than a pair may say here.
    let names = family.label_names().map(|name| -> &'a str { name });
    names
        .zip(labels.iter().copied())
        .chain(extra.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Collector, Snapshot};
    use std::io::Read as _;

    fn target_region(reason: &str) -> TargetRegion {
        let (target, region): (Arc<str>, Arc<str>) = ("default".into(), "eu-west-1".into());
        let collectors = [Collector::AppstreamFleets].into_iter();
        let snapshot =
            Snapshot::refused(Arc::clone(&target), Arc::clone(&region), collectors, reason);
        TargetRegion {
            target,
            region,
            labels: Arc::default(),
            tag_labels: Arc::default(),
            snapshot: Some(Arc::new(snapshot)),
        }
    }

    fn forms() -> impl Iterator<Item = (Format, Encoding)> {
        let forms = Format::ALL.into_iter();
        forms.flat_map(|format| Encoding::ALL.map(|encoding| (format, encoding)))
    }

    #[test]
    fn what_comes_from_aws_is_shared_by_all_scrapes_of_a_refresh() {
        let exposition = Exposition::new([target_region("one")], SelfMetrics::new());
        for (format, encoding) in forms() {
            let aws = usize::from(encoding == Encoding::Gzip);
            let [first, second] = [(); 2].map(|()| exposition.body(format, encoding));
            assert!(!first[aws].is_empty());
            assert_eq!(first[aws].as_ptr(), second[aws].as_ptr());
        }
    }

    #[test]
    fn chunks_are_the_same_compressed_in_every_format() {
        let exposition = Exposition::new(
            vec![target_region(&"a long reason ".repeat(20)); 1000],
            SelfMetrics::new(),
        );
        let rendered = exposition.rendered.load();
        for format in Format::ALL {
            let plain = rendered.form::<Plain>(format);
            let length = |chunks: &[Bytes]| chunks.iter().map(Bytes::len).sum::<usize>();
            assert!(
                length(plain) > 100_000 && plain.len() > 1,
                "{format:?} {}",
                length(plain)
            );
            let member = gzip::member([rendered.form::<Deflater>(format)], b"end").concat();
            let mut inflated = Vec::new();
            flate2::read::GzDecoder::new(&*member)
                .read_to_end(&mut inflated)
                .unwrap();
            assert!(
                inflated == [&plain.concat()[..], b"end"].concat(),
                "{format:?}"
            );
        }
    }

    #[test]
    fn only_what_was_asked_for_is_made_ahead() {
        let exposition = Exposition::new([target_region("one")], SelfMetrics::new());
        let made = || -> Vec<_> {
            let rendered = exposition.rendered.load();
            forms()
                .filter(|(format, encoding)| match encoding {
                    Encoding::Identity => rendered.forms.has::<Plain>(*format),
                    Encoding::Gzip => rendered.forms.has::<Deflater>(*format),
                })
                .collect()
        };
        assert_eq!(made(), []);
        let _ = exposition.body(Format::OpenMetrics, Encoding::Gzip);
        for _ in 0..2 {
            exposition.publish([target_region("two")]);
            assert_eq!(made(), [(Format::OpenMetrics, Encoding::Gzip)]);
        }
    }

    #[test]
    fn every_count_is_in_the_next_scrape() {
        let metrics = SelfMetrics::new();
        let exposition = Exposition::new([], metrics.clone());
        let text = || {
            let body = exposition.body(Format::Text, Encoding::Identity).concat();
            String::from_utf8(body).unwrap()
        };
        let target = metrics.target("a", "b");
        let service = metrics.service("a", "b", "appstream");
        let labels = r#"{aws_region="b",aws_service="appstream",operation="O",target="a"}"#;
        for count in 1..=3 {
            target.skipped(1);
            service.sent("O");
            exposition.http_request("/", 200);
            let text = text();
            for line in [
                format!(
                    "appstream_exporter_refreshes_skipped_total{{aws_region=\"b\",target=\"a\"}} {count}\n"
                ),
                format!("appstream_exporter_aws_requests_total{labels} {count}\n"),
                format!(
                    "appstream_exporter_http_requests_total{{handler=\"/\",code=\"200\"}} {count}\n"
                ),
            ] {
                assert!(text.contains(&line), "{line}{text}");
            }
        }
        metrics.forget("a", "b");
        assert!(!text().contains("target=\"a\""));
    }
}
