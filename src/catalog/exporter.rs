//! Families that the exporter keeps about itself.

use super::section;

section! {
    /// The exporter's own families.
    EXPORTER = "The exporter itself",
    "The label `target` is the target's name (default: `default`). The label `collector` is the collector's key under `collectors` in the configuration. Disabled collectors have no series. Collector metrics, and metrics about API calls per refresh, appear after the first refresh.";

    COLLECTOR_SUCCESS: Gauge "appstream_exporter_collector_success", Collector, "the exporter",
        "Whether the collector's last refresh had no failures.";
    COLLECTOR_LAST_SUCCESS: Gauge "appstream_exporter_collector_last_success_timestamp_seconds", Collector, "the exporter",
        "End time of the collector's last refresh without failures; absent until there is one.";
    COLLECTOR_DURATION: Gauge "appstream_exporter_collector_duration_seconds", Collector, "the exporter",
        "Time that the last refresh spent on the collector.";
    REFRESH_CALLS_NEEDED: Gauge "appstream_exporter_refresh_calls_needed", Service, "the exporter",
        "Average API calls per refresh to read everything on schedule; resources not read yet count in full.";
    REFRESH_CALLS_BUDGET: Gauge "appstream_exporter_refresh_calls_budget", Service, "the exporter",
        "API calls that the rate limit allows within refresh.timeout; lower while AWS throttles requests.";
    BUILD_INFO: Gauge "appstream_exporter_build_info", Process ["version", "revision", "rustversion"], "the exporter",
        "Version, revision and compiler version of the exporter.";
    REFRESH_INTERVAL: Gauge "appstream_exporter_refresh_interval_seconds", Process, "the exporter",
        "Time between the starts of two refreshes (refresh.interval).";
    CONFIG_RELOAD_SUCCESSFUL: Gauge "appstream_exporter_config_last_reload_successful", Process, "the exporter",
        "Whether the last load of the configuration file succeeded.";
    CONFIG_RELOAD_TIMESTAMP: Gauge "appstream_exporter_config_last_reload_success_timestamp_seconds", Process, "the exporter",
        "Time at which the active configuration was loaded.";
    CONFIG_HASH: Gauge "appstream_exporter_config_hash", Process, "the exporter",
        "Hash of the active configuration file; equal files have equal hashes.";
    REFRESHES: Counter "appstream_exporter_refreshes_total", Target, "the exporter",
        "Refreshes that ended, with or without failures.";
    REFRESHES_SKIPPED: Counter "appstream_exporter_refreshes_skipped_total", Target, "the exporter",
        "Refreshes skipped because the previous refresh was still running.";
    AWS_REQUESTS: Counter "appstream_exporter_aws_requests_total", Service ["operation"], "the exporter",
        "Requests sent to AWS, including retries and excluding STS.";
    AWS_REQUEST_FAILURES: Counter "appstream_exporter_aws_request_failures_total", Service ["operation", "error_code"], "the exporter",
        "Failed AWS requests, including retries, by AWS error code, or timeout, connect or decode; other after 32 codes per operation.";
    AWS_REQUEST_DURATION: Histogram "appstream_exporter_aws_request_duration_seconds", Process ["aws_service", "operation"], "the exporter",
        "Duration of each AWS request and each retry, excluding rate limit waits.";
    AWS_RATE_LIMIT_WAIT: Counter "appstream_exporter_aws_rate_limit_wait_seconds_total", Service, "the exporter",
        "Time that requests waited for the exporter's own rate limit.";
    CLOUDWATCH_METRICS_REQUESTED: Counter "appstream_exporter_cloudwatch_metrics_requested_total", Target, "the exporter",
        "Metrics requested with GetMetricData, as AWS bills them: all statistics of a metric in one request count once.";
    HTTP_REQUESTS: Counter "appstream_exporter_http_requests_total", Process ["handler", "code"], "the exporter",
        "HTTP responses by handler and status code.";
}
