"""Exporter health: can these numbers be trusted?"""

from . import kit, promql as q
from .kit import BLUE, DEEP_BLUE, GREY, ORANGE, PINK, TEAL, VERMILION, YELLOW
from .shared import EXPORTER, LINKS, NONE_IS_GOOD, data_age, exporters_down

X = "appstream_exporter_"
COLLECTOR = "target, aws_region, collector"
OF_COLLECTOR = "{{collector}} · {{aws_region}} · {{target}}"
OF_SERVICE = "{{aws_service}} · {{aws_region}} · {{target}}"
# These counters move once in a refresh, which comes each minute unless refresh.interval says otherwise. A rate over
# less shows nothing, or too much.
OF_REFRESHES = "1m"
SUCCESS = kit.texts((1, "Succeeded", BLUE), (0, "Failed", VERMILION))

# By operation, in every region the same colour.
OPERATIONS = [
    kit.paint(name, color)
    for name, color in (
        ("DescribeFleets", DEEP_BLUE),
        ("DescribeSessions", BLUE),
        ("DescribeStacks", TEAL),
        ("ListAssociatedStacks", ORANGE),
        ("ListTagsForResource", GREY),
        ("DescribeTags", YELLOW),
        # There are more operations than colours: these are few calls.
        ("DescribeImageBuilders", TEAL),
        ("DescribeAppBlockBuilders", ORANGE),
        ("DescribeImages", PINK),
        ("DescribeDirectoryConfigs", GREY),
        ("DescribeUsageReportSubscriptions", GREY),
        ("DescribeScalableTargets", YELLOW),
        ("DescribeScheduledActions", GREY),
        ("DescribeScalingPolicies", GREY),
        ("DescribeScalingActivities", ORANGE),
        ("GetMetricData", TEAL),
        ("ListServiceQuotas", GREY),
        ("ListAWSDefaultServiceQuotas", GREY),
        ("DescribeWorkspacesPools", VERMILION),
        ("DescribeWorkspacesPoolSessions", PINK),
    )
]

SUCCEEDED = f"min by ({COLLECTOR}) ({q.site(X + 'collector_success')})"
AGE = f"time() - max by ({COLLECTOR}) ({q.site(X + 'collector_last_success_timestamp_seconds')})"
BUDGET = (
    f"max by (target, aws_region, aws_service) ({q.site(X + 'refresh_calls_needed')})\n"
    f"/ max by (target, aws_region, aws_service) ({q.site(X + 'refresh_calls_budget')})"
)


def first_row():
    requests = q.site(X + "aws_requests_total")
    throttled = q.site(X + "aws_request_failures_total", q.THROTTLED)
    return 4, [
        # Whatever instances are chosen: one that is down for longer than the time range is not to choose from.
        (4, exporters_down("$job", " Other programs of the same job count as well.")),
        (4, kit.stat(
            "Failing collectors",
            "Collectors whose last refresh had a failure. The exporter's status page shows the error.",
            "none",
            kit.now(f"sum({SUCCEEDED} == bool 0)", "Collectors"),
            NONE_IS_GOOD,
            empty="No exporter",
        )),
        (4, data_age("Oldest data", f"{{{q.SITE}}}")),
        (4, kit.stat(
            "Budget used",
            "API calls that a refresh needs as a share of the calls that the rate limit allows, for the busiest "
            "service. Above 100 %, refreshes are incomplete and values get older.",
            "percentunit",
            kit.now(f"max({BUDGET})", "Used"),
            kit.steps((0.8, ORANGE), (1, VERMILION)),
            decimals=0,
            empty="No exporter",
        )),
        (4, kit.stat(
            "Throttled requests",
            "Requests that AWS throttled within the time range. All clients of the account share the limit. The "
            "exporter reduces its rate automatically.",
            "none",
            kit.now(
                q.or_zero(f"sum(increase({throttled}[$__range]))", f"sum({requests})"), "Requests"
            ),
            kit.steps((1, ORANGE)),
            decimals=0,
            empty="No request sent",
        )),
        (4, kit.stat(
            "Configuration",
            "Whether the last load of the configuration file succeeded. If it failed, the previous configuration is "
            "active.",
            "none",
            kit.now(f"min({q.exporter(X + 'config_last_reload_successful')})", "File"),
            kit.steps(base=GREY),
            mappings=kit.texts((1, "Active", BLUE), (0, "Not reloaded", VERMILION)),
            empty="No exporter",
        )),
    ]


def collectors():
    return [
        (9, [
            (12, kit.timeline(
                "Success of collectors",
                "Whether each refresh of a collector had no failure. One failed part, such as one fleet's sessions, "
                "counts as Failed; other parts stay fresh.",
                kit.series(SUCCEEDED, OF_COLLECTOR),
                SUCCESS,
                empty="No exporter",
            )),
            (12, kit.table(
                "Collectors, failing ones and oldest data first",
                "Result of each collector in the last refresh, and the time of its last success.",
                [
                    kit.column("success", SUCCEEDED),
                    kit.column("age", AGE),
                    kit.column(
                        "at",
                        f"max by ({COLLECTOR}) ({q.site(X + 'collector_last_success_timestamp_seconds')}) * 1000",
                    ),
                    kit.column("duration", f"max by ({COLLECTOR}) ({q.site(X + 'collector_duration_seconds')})"),
                ],
                [
                    ("Value #success", kit.filled("Last refresh", mappings=SUCCESS)),
                    ("collector", kit.label("Collector")),
                    ("Value #age", kit.plain("Age", "s", decimals=1)),
                    ("Value #at", kit.plain("Last success", "dateTimeAsIso")),
                    ("Value #duration", kit.plain("Took", "s", decimals=3)),
                    ("aws_region", kit.label("Region")),
                    ("target", kit.label("Target")),
                ],
                # One that has never succeeded has no age, and would come last.
                sort=[("Last refresh", False), ("Age", True)],
                empty="No exporter",
            )),
        ]),
        (9, [
            (12, kit.graph(
                "Age of the data",
                "Time since each collector last succeeded, with the refresh interval. Normal values are between zero "
                "and one interval.",
                "s",
                [
                    kit.series(AGE, OF_COLLECTOR, "A"),
                    kit.series(f"max({q.exporter(X + 'refresh_interval_seconds')})", "Refresh interval", "B"),
                ],
                color=kit.BY_VALUE,
                overrides=[kit.line("Refresh interval", ORANGE)],
                smooth=True,
                empty="Never succeeded",
            )),
            (12, kit.graph(
                "Duration of refreshes by collector",
                "Time that the last refresh spent on each collector. It should stay well below the refresh interval.",
                "s",
                [
                    kit.series(
                        f"max by ({COLLECTOR}) ({q.site(X + 'collector_duration_seconds')})", OF_COLLECTOR
                    )
                ],
                color=kit.BY_VALUE,
                empty="No exporter",
            )),
        ]),
    ]


def calls():
    def rate(family, more=""):
        return f"rate({q.site(X + family, more)}[$__rate_interval])"

    duration = X + "aws_request_duration_seconds"
    wait = f"sum by (target, aws_region, aws_service) ({rate('aws_rate_limit_wait_seconds_total')})"
    return [
        (9, [
            (8, kit.graph(
                "Requests to AWS by operation",
                "Requests sent, including retries.",
                "reqps",
                [kit.series(f"sum by (operation) ({rate('aws_requests_total')})", "{{operation}}")],
                overrides=OPERATIONS,
                stacked=True,
                smooth=True,
                interval=OF_REFRESHES,
                empty="No request sent",
            )),
            (8, kit.graph(
                "Failed requests by operation and error",
                "Failed requests, including retries, by AWS error code, or timeout, connect or decode.",
                "reqps",
                [
                    kit.series(
                        f"sum by (operation, error_code) ({rate('aws_request_failures_total')})",
                        "{{operation}}: {{error_code}}",
                    )
                ],
                color=kit.ORANGE_SHADES,
                bars=True,
                stacked=True,
                interval=OF_REFRESHES,
                empty="No failed request is known",
            )),
            (8, kit.graph(
                "Throttled share of requests",
                "Throttled requests as a share of all requests, by operation.",
                "percentunit",
                [
                    kit.series(
                        f"sum by (operation) ({rate('aws_request_failures_total', q.THROTTLED)})\n"
                        f"/ sum by (operation) ({rate('aws_requests_total')})\n"
                        f"or 0 * sum by (operation) ({rate('aws_requests_total')})",
                        "{{operation}}",
                    )
                ],
                overrides=OPERATIONS,
                smooth=True,
                interval=OF_REFRESHES,
                empty="No request sent",
            )),
        ]),
        (9, [
            (6, kit.graph(
                "Response time of AWS",
                "95th percentile of the time from sending a request to the end of its response, by operation.",
                "s",
                [
                    kit.series(
                        "histogram_quantile(0.95, sum by (operation, le) "
                        f"(rate({duration}_bucket{{{q.EXPORTER}}}[$__rate_interval]))) > 0",
                        "{{operation}}",
                    )
                ],
                overrides=OPERATIONS,
                smooth=True,
                interval=OF_REFRESHES,
                empty="No request sent",
            )),
            (6, kit.graph(
                "Waiting for the rate limit",
                "Average number of requests that wait for the exporter's own rate limit. High values mean that the "
                "rate limit, not AWS, makes refreshes slow.",
                "none",
                [kit.series(wait, OF_SERVICE)],
                color=kit.SHADES,
                smooth=True,
                interval=OF_REFRESHES,
                empty="No request sent",
            )),
            (6, kit.graph(
                "Calls needed and allowed",
                "API calls that an average refresh needs as a share of the calls that the rate limit allows within "
                "the timeout. The share rises when AWS throttles, because the exporter reduces its rate.",
                "percentunit",
                [kit.series(BUDGET, OF_SERVICE)],
                color=kit.BY_VALUE,
                thresholds=kit.steps((1, ORANGE)),
                empty="No exporter",
            )),
            (6, kit.graph(
                "CloudWatch metrics per hour",
                "Metrics requested with GetMetricData in the past hour, as AWS bills them: $0.01 per 1,000.",
                "none",
                [kit.series(
                    f"sum by (target, aws_region) (increase({q.site(X + 'cloudwatch_metrics_requested_total')}[1h]))",
                    "{{aws_region}} · {{target}}",
                )],
                color=kit.SHADES,
                empty="The collector cloudwatch is off",
            )),
        ]),
    ]


def process():
    return [
        (9, [
            (8, kit.graph(
                "Refreshes",
                "Refreshes that ended, and refreshes that were skipped because the previous refresh was still "
                "running. If refreshes are skipped, raise refresh.interval.",
                "ops",
                [
                    kit.series(f"sum(rate({q.site(X + 'refreshes_total')}[$__rate_interval]))", "Ended", "A"),
                    kit.series(
                        f"sum(rate({q.site(X + 'refreshes_skipped_total')}[$__rate_interval]))", "Left out", "B"
                    ),
                ],
                overrides=[kit.paint("Ended", BLUE), kit.paint("Left out", VERMILION)],
                smooth=True,
                interval=OF_REFRESHES,
                empty="No refresh yet",
            )),
            (8, kit.graph(
                "HTTP requests answered",
                "Requests to the exporter by handler and status code. /metrics should return 200 at each Prometheus "
                "scrape.",
                "reqps",
                [
                    kit.series(
                        f"sum by (handler, code) (rate({q.exporter(X + 'http_requests_total')}[$__rate_interval]))",
                        "{{handler}} {{code}}",
                    )
                ],
                overrides=[
                    kit.paint_like(".* 2..", BLUE), kit.paint_like(".* 3..", GREY),
                    kit.paint_like(".* 4..", ORANGE), kit.paint_like(".* 5..", VERMILION),
                ],
                stacked=True,
                smooth=True,
                empty="No exporter",
            )),
            (8, kit.graph(
                "Memory",
                "Resident memory of each exporter. It depends on the number of fleets and sessions.",
                "bytes",
                [kit.series(q.exporter("process_resident_memory_bytes"), "{{instance}}")],
                color=kit.SHADES,
                smooth=True,
                empty="No exporter, or not on Linux",
            )),
        ]),
        (8, [
            (8, kit.graph(
                "CPU",
                "Share of one core that each exporter uses.",
                "percentunit",
                [
                    kit.series(
                        f"rate({q.exporter('process_cpu_seconds_total')}[$__rate_interval])", "{{instance}}"
                    )
                ],
                color=kit.SHADES,
                smooth=True,
                empty="No exporter, or not on Linux",
            )),
            (8, kit.graph(
                "Open files",
                "Open file descriptors, including connections, and the limit of the process.",
                "percentunit",
                [
                    kit.series(
                        f"{q.exporter('process_open_fds')} / {q.exporter('process_max_fds')}", "{{instance}}"
                    )
                ],
                color=kit.SHADES,
                smooth=True,
                empty="No exporter, or not on Linux",
            )),
            (8, kit.graph(
                "Threads",
                "Operating system threads of each exporter.",
                "none",
                [kit.series(q.exporter("process_threads"), "{{instance}}")],
                color=kit.SHADES,
                empty="No exporter, or not on Linux",
            )),
        ]),
        (7, [(24, builds())]),
    ]


def builds():
    by = "job, instance"
    return kit.table(
        "Exporters",
        "Version and configuration of each exporter, and other targets of the job that are down. Exporters that "
        "share targets should have the same configuration hash.",
        [
            kit.column(
                "up", f'max by ({by}) ({q.exporter("up")} or up{{job=~"$job"}} == 0)'
            ),
            kit.column("build", f"max by ({by}, version, revision, rustversion) ({q.exporter(X + 'build_info')})"),
            kit.column("hash", f"max by ({by}) ({q.exporter(X + 'config_hash')})"),
            kit.column("good", f"max by ({by}) ({q.exporter(X + 'config_last_reload_successful')})"),
            kit.column(
                "read",
                f"max by ({by}) ({q.exporter(X + 'config_last_reload_success_timestamp_seconds')}) * 1000",
            ),
            kit.column("interval", f"max by ({by}) ({q.exporter(X + 'refresh_interval_seconds')})"),
            kit.column("started", f"max by ({by}) ({q.exporter('process_start_time_seconds')}) * 1000"),
        ],
        [
            ("Value #up", kit.filled("Scrape", mappings=kit.texts((1, "Up", BLUE), (0, "Down", VERMILION)))),
            ("instance", kit.label("Instance")),
            ("job", kit.label("Job")),
            ("version", kit.label("Version")),
            ("revision", kit.label("Revision")),
            ("rustversion", kit.label("Compiler")),
            ("Value #hash", kit.plain("Configuration hash", "none", decimals=0)),
            ("Value #good", kit.filled(
                "Configuration", mappings=kit.texts((1, "Active", BLUE), (0, "Not reloaded", VERMILION))
            )),
            ("Value #read", kit.plain("Configuration read", "dateTimeAsIso")),
            ("Value #interval", kit.plain("Refresh interval", "s")),
            ("Value #started", kit.plain("Started", "dateTimeAsIso")),
        ],
        sort=[("Scrape", False), ("Instance", False)],
        empty="No exporter",
    )


def variables():
    # Job and instance have no .* for All: other programs have up and process_* too.
    build = X + "build_info"
    success = X + "collector_success"
    return [
        kit.variable("job", "Job", f"label_values({build}, job)", all_value=None),
        kit.variable("instance", "Instance", f'label_values({build}{{job=~"$job"}}, instance)', all_value=None),
        kit.variable("target", "Target", f"label_values({success}{{{q.EXPORTER}}}, target)"),
        kit.variable(
            "region", "Region", f'label_values({success}{{{q.EXPORTER}, target=~"$target"}}, aws_region)'
        ),
    ]


def build():
    return kit.dashboard(
        EXPORTER,
        "AppStream / Exporter health",
        "Freshness of the data on the other dashboards, and the exporter's requests to AWS.",
        variables(),
        LINKS,
        [
            first_row(),
            kit.section("Collectors"),
            *collectors(),
            kit.section("Calls to AWS"),
            *calls(),
            kit.section("Process"),
            *process(),
        ],
    )
