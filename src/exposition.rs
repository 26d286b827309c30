//! Families as bytes: what a scrape is answered with.
//!
//! Owns the text format and its compression. The part that comes from AWS is
//! rendered once per refresh and compressed at most once; a scrape appends the
//! exporter's own counters, and waits for nobody.

mod gzip;
mod text;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use bytes::Bytes;
use prometheus::TextEncoder;

use crate::collector;
use crate::model::Site;
use crate::selfmetrics::SelfMetrics;
use gzip::Deflated;
use text::TextWriter;

/// Content type of the text format.
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// As one gzip member.
    Gzip,
}

/// What is known, in the form in which it is served.
#[derive(Debug)]
struct Rendered {
    sites: Arc<[Site]>,
    text: Bytes,
    deflated: OnceLock<Deflated>,
}

impl Rendered {
    fn new(sites: Arc<[Site]>) -> Self {
        let mut writer = TextWriter::default();
        collector::collect(&sites, &mut writer);
        Self {
            sites,
            text: Bytes::from(writer.into_bytes()),
            deflated: OnceLock::new(),
        }
    }
}

/// What `/metrics` shows. Readers never wait for a refresh, nor for each other.
#[derive(Debug)]
pub struct Exposition {
    rendered: ArcSwap<Rendered>,
    is_ready: AtomicBool,
    metrics: SelfMetrics,
}

impl Exposition {
    /// An exposition of these sites.
    #[must_use]
    pub fn new(sites: impl Into<Arc<[Site]>>, metrics: SelfMetrics) -> Self {
        let exposition = Self {
            rendered: ArcSwap::from_pointee(Rendered::new(Arc::default())),
            is_ready: AtomicBool::new(false),
            metrics,
        };
        exposition.publish(sites);
        exposition
    }

    /// Renders and shows what is known of all sites from now on.
    ///
    /// Takes some milliseconds for a large account: call it where that holds up nobody.
    pub fn publish(&self, sites: impl Into<Arc<[Site]>>) {
        let rendered = Rendered::new(sites.into());
        if rendered.sites.iter().all(|site| site.snapshot.is_some()) {
            self.is_ready.store(true, Ordering::Relaxed);
        }
        self.rendered.store(Arc::new(rendered));
    }

    /// Whether the first refresh of every site has ended, well or badly. A site
    /// that comes later takes nothing from those that are there.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed)
    }

    /// The sites that are shown, for those who want to say more about them.
    #[must_use]
    pub fn sites(&self) -> Arc<[Site]> {
        Arc::clone(&self.rendered.load().sites)
    }

    /// What the exporter counts and knows of itself.
    #[must_use]
    pub fn own(&self) -> &SelfMetrics {
        &self.metrics
    }

    /// Counts an answered HTTP request.
    pub fn http_request(&self, handler: &str, code: u16) {
        self.metrics.http_request(handler, code);
    }

    /// The body of a scrape, in pieces that belong together.
    ///
    /// The first pieces are shared by all scrapes of a refresh, not copied.
    #[must_use]
    pub fn body(&self, encoding: Encoding) -> Vec<Bytes> {
        let rendered = self.rendered.load();
        let own = self.own_families();
        match encoding {
            Encoding::Identity => vec![rendered.text.clone(), Bytes::from(own)],
            Encoding::Gzip => rendered
                .deflated
                .get_or_init(|| Deflated::new(&rendered.text))
                .with_tail(own.as_bytes()),
        }
    }

    fn own_families(&self) -> String {
        TextEncoder::new()
            .encode_to_string(&self.metrics.gather())
            .expect("gathered families are never empty")
    }
}
