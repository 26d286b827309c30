//! Cache of the exporter's own families, between two changes of them.
//!
//! Gathering, writing and compressing them costs more than sending an answer. So the result is
//! reused until a metric changes, for at most [`PROCESS_AGE`]. The HTTP request counts change with
//! each request, so they are written separately, at the end of each body.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use prometheus::proto::MetricFamily;

use super::output::{Forms, Output, Plain};
use super::{Format, openmetrics, protobuf, text};
use crate::catalog;
use crate::selfmetrics::SelfMetrics;

/// Maximum age of the kernel's figures about the process. Reading them takes a dozen system
/// calls, and shorter intervals add no information.
const PROCESS_AGE: Duration = Duration::from_millis(100);

/// The families that were gathered last. Readers take no lock: two of them may gather the same.
#[derive(Debug, Default)]
pub(super) struct SelfMetricsCache {
    current: ArcSwapOption<ExporterFamilies>,
}

/// The families after this number of changes.
#[derive(Debug)]
pub(super) struct ExporterFamilies {
    changes: u64,
    process: Arc<ProcessFamilies>,
    families: Vec<MetricFamily>,
    forms: Forms,
}

/// The families of the process, as the kernel gives them.
#[derive(Debug)]
struct ProcessFamilies {
    read_at: Instant,
    families: Vec<MetricFamily>,
}

impl SelfMetricsCache {
    /// The families as they are now.
    pub(super) fn current(&self, metrics: &SelfMetrics) -> Arc<ExporterFamilies> {
        // Before gathering: what is counted meanwhile shows at the next look.
        let changes = metrics.changes();
        let before = self.current.load_full();
        let process = match &before {
            Some(state) if state.process.read_at.elapsed() < PROCESS_AGE => {
                if state.changes == changes {
                    return Arc::clone(state);
                }
                Arc::clone(&state.process)
            }
            _ => Arc::new(ProcessFamilies {
                read_at: Instant::now(),
                families: metrics.gather_process(),
            }),
        };
        let mut families = metrics.gather();
        families.extend_from_slice(&process.families);
        let state = Arc::new(ExporterFamilies {
            changes,
            process,
            families,
            forms: Forms::default(),
        });
        self.current.store(Some(Arc::clone(&state)));
        state
    }
}

impl ExporterFamilies {
    pub(super) fn form<O: Output>(&self, format: Format) -> &O::Form {
        self.forms.get::<O>(format, || {
            let mut output = O::default();
            output.take(&write(&self.families, format));
            output.finish()
        })
    }
}

/// The count of HTTP requests, and what ends a body.
pub(super) fn tail(metrics: &SelfMetrics, format: Format) -> Vec<u8> {
    let mut tail = super::write_samples::<Plain>(format, |sink| {
        metrics.each_http_request(|handler, code, count| {
            sink.sample(&catalog::HTTP_REQUESTS, &[handler, code], &[], count as f64);
        });
    })
    .concat();
    if format == Format::OpenMetrics {
        tail.extend_from_slice(openmetrics::END.as_bytes());
    }
    tail
}

fn write(families: &[MetricFamily], format: Format) -> Vec<u8> {
    match format {
        Format::Text => text::families(families),
        Format::OpenMetrics => openmetrics::families(families),
        Format::Protobuf => protobuf::families(families),
    }
}
