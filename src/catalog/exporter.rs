//! Families that the exporter keeps about itself.

use super::section;

section! {
    /// The exporter's own families.
    EXPORTER = "The exporter itself",
    "`target` is the name of a target in the configuration, `default` when none is configured. `collector` is one of `appstream_fleets`, `appstream_stacks`, `appstream_sessions`, `appstream_builders`, `appstream_images`, `appstream_account`, `workspaces_pools`, `workspaces_pool_sessions`, `scaling`, `quotas`, `cloudwatch`; collectors that are switched off have no series. Families about collectors and about calls of a refresh appear when the first refresh has ended.";

    COLLECTOR_SUCCESS: Gauge "appstream_exporter_collector_success", Collector, "the exporter",
        "Whether the last refresh of this collector had no failure in it: 1, or 0 when any part of it failed.";
    COLLECTOR_LAST_SUCCESS: Gauge "appstream_exporter_collector_last_success_timestamp_seconds", Collector, "the exporter",
        "When a refresh of this collector last ended without a failure (Unix time), absent until the first.";
    COLLECTOR_DURATION: Gauge "appstream_exporter_collector_duration_seconds", Collector, "the exporter",
        "Time that the last refresh spent on this collector.";
    REFRESH_CALLS_NEEDED: Gauge "appstream_exporter_refresh_calls_needed", Service, "the exporter",
        "API calls that a refresh needs on average for everything to be asked as often as it should be; what was never read counts in full.";
    REFRESH_CALLS_BUDGET: Gauge "appstream_exporter_refresh_calls_budget", Service, "the exporter",
        "API calls that the rate limit allows within the refresh timeout, fewer while AWS throttles.";
    BUILD_INFO: Gauge "appstream_exporter_build_info", Process ["version", "revision", "rustversion"], "the exporter",
        "The build of the exporter by version, revision and the compiler's version, always 1.";
    REFRESH_INTERVAL: Gauge "appstream_exporter_refresh_interval_seconds", Process, "the exporter: refresh.interval",
        "Time between the starts of two refreshes, from the configuration.";
    CONFIG_RELOAD_SUCCESSFUL: Gauge "appstream_exporter_config_last_reload_successful", Process, "the exporter",
        "Whether the configuration file was good when it was last read: 1, or 0 when what it says is not in force.";
    CONFIG_RELOAD_TIMESTAMP: Gauge "appstream_exporter_config_last_reload_success_timestamp_seconds", Process, "the exporter",
        "When the configuration that is in force was read (Unix time).";
    CONFIG_HASH: Gauge "appstream_exporter_config_hash", Process, "the exporter",
        "Hash of the configuration file that is in force, to be compared between exporters and over time.";
    REFRESHES: Counter "appstream_exporter_refreshes_total", Target, "the exporter",
        "Refreshes that have ended, well or badly.";
    REFRESHES_SKIPPED: Counter "appstream_exporter_refreshes_skipped_total", Target, "the exporter",
        "Refreshes left out because the one before had not ended when they were due.";
    AWS_REQUESTS: Counter "appstream_exporter_aws_requests_total", Service ["operation"], "the exporter",
        "Requests sent to AppStream and WorkSpaces, each retry counted.";
    AWS_REQUEST_FAILURES: Counter "appstream_exporter_aws_request_failures_total", Service ["operation", "error_code"], "the exporter",
        "Requests to AWS that failed, each retry counted, by AWS's error code or timeout, connect or decode; after 32 codes of an operation, other.";
    AWS_REQUEST_DURATION: Histogram "appstream_exporter_aws_request_duration_seconds", Process ["aws_service", "operation"], "the exporter",
        "Time from sending a request to AWS to the end of its answer, each retry on its own, without the wait for the rate limit.";
    AWS_RATE_LIMIT_WAIT: Counter "appstream_exporter_aws_rate_limit_wait_seconds_total", Service, "the exporter",
        "Time that requests waited for the exporter's own rate limit, summed over requests.";
    CLOUDWATCH_METRICS_REQUESTED: Counter "appstream_exporter_cloudwatch_metrics_requested_total", Target, "the exporter",
        "Metrics that GetMetricData was asked for, as AWS bills them: all statistics of a metric in one request count once.";
    HTTP_REQUESTS: Counter "appstream_exporter_http_requests_total", Process ["handler", "code"], "the exporter",
        "HTTP requests answered, by handler and status code.";
}
