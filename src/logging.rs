//! The log: where it goes and what a line looks like.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use crate::cli::{LogFormat, LogLevel};

/// Sends messages of this crate to standard error from now on. A second call changes nothing.
///
/// Messages of other crates are dropped: the AWS SDK warns about missing
/// credentials at every call, and at finer levels it writes whole requests.
pub fn start(level: LogLevel, format: LogFormat) {
    let level = match level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Error => LevelFilter::ERROR,
    };
    let layer = match format {
        LogFormat::Logfmt => tracing_logfmt::builder()
            .with_target(false)
            .with_span_name(false)
            .with_span_path(false)
            .layer()
            .with_writer(std::io::stderr)
            .log_internal_errors(false)
            .boxed(),
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_target(false)
            .with_span_list(false)
            .with_writer(std::io::stderr)
            .log_internal_errors(false)
            .boxed(),
    };
    let ours = Targets::new()
        .with_target(env!("CARGO_CRATE_NAME"), level)
        // It runs in this process with `--demo`.
        .with_target("appstream_simulator", level);
    // Fails only when a log was started before, which then goes on.
    let _ = tracing_subscriber::registry()
        .with(layer.with_filter(ours))
        .try_init();
}
