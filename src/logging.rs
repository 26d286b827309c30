//! The log: where it goes, what a line looks like, and which messages are in it.

use std::io::{self, Write};

use tracing::Span;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{FilterExt as _, ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::{LogFormat, LogLevel};

/// The header of a signed request that carries the session token.
const TOKEN_HEADER: &[u8] = b"x-amz-security-token";

/// Sends messages to standard error from now on. A second call changes nothing.
///
/// `rust_log` is the value of `RUST_LOG`. Where it is set, it decides alone which
/// messages there are. Otherwise there are those of this program from `level` on, and
/// none of other crates: the AWS SDK warns about missing credentials at every call.
pub fn start(level: LogLevel, format: LogFormat, rust_log: Option<&str>) {
    let (filter, wrong) = filter(level, rust_log);
    let layer = match format {
        LogFormat::Logfmt => tracing_logfmt::builder()
            .with_target(false)
            .with_span_name(false)
            .with_span_path(false)
            .layer()
            .with_writer(|| WithoutTokens(io::stderr()))
            .log_internal_errors(false)
            .boxed(),
        LogFormat::Json => json_subscriber::fmt::layer()
            .flatten_event(true)
            .with_target(false)
            .with_current_span(false)
            .flatten_span_list_on_top_level(true)
            .with_writer(|| WithoutTokens(io::stderr()))
            .log_internal_errors(false)
            .boxed(),
    };
    // The AWS SDK writes whole requests and responses at `trace`, credentials among them.
    let filter = filter.and(LevelFilter::DEBUG);
    // Fails only when a log was started before, which then goes on.
    let _ = tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .try_init();
    if let Some(error) = wrong {
        tracing::warn!(%error, "RUST_LOG is invalid, so --log.level applies");
    }
}

/// The span of one region of a target: its log lines carry both names.
///
/// It has no parent, so that each line names one region. It has the highest level, so that it
/// exists at any log level.
#[must_use]
pub fn region_span(target: &str, aws_region: &str) -> Span {
    tracing::error_span!(parent: None, "region", target, aws_region)
}

/// Which messages there are, and what is wrong with `RUST_LOG` where it is left aside.
fn filter(level: LogLevel, rust_log: Option<&str>) -> (Targets, Option<ParseError>) {
    let level = match level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Error => LevelFilter::ERROR,
    };
    let own = Targets::new()
        .with_target(env!("CARGO_CRATE_NAME"), level)
        // It runs in this process with `--demo`.
        .with_target("appstream_simulator", level);
    match rust_log.filter(|text| !text.is_empty()).map(str::parse) {
        None => (own, None),
        // The spans of regions are declared in this module.
        Some(Ok(targets)) => (
            Targets::with_target(targets, module_path!(), LevelFilter::ERROR),
            None,
        ),
        Some(Err(error)) => (own, Some(error)),
    }
}

/// Drops lines that quote a signed request, each of which comes in one write.
///
/// AWS quotes it in its response to a wrong signature, and the AWS SDK logs that
/// response at several places and levels.
struct WithoutTokens<W>(W);

impl<W: Write> Write for WithoutTokens<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut parts = line.windows(TOKEN_HEADER.len());
        if parts.any(|part| part.eq_ignore_ascii_case(TOKEN_HEADER)) {
            return Ok(line.len());
        }
        self.0.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
