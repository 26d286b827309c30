"""Fleet detail: one fleet, or the sum of those chosen."""

from . import kit, over_time, promql as q, scaling
from .kit import BLUE, DEEP_BLUE, GREY, ORANGE, PINK, TEAL, VERMILION, YELLOW
from .shared import (
    ACCOUNT, ATTENTION, ATTENTION_TEXT, AUTHENTICATIONS, CAPACITY, FLEET, LINKS, NAME, REGION, SLOT,
    UTILISATION_STEPS, data_age_of, fleet_variables, sessions_by_state, tags,
)

STATES = kit.texts(
    (4, "Running", BLUE), (3, "Starting", YELLOW), (2, "Stopping", PINK), (1, "Stopped", GREY), (0, "Other", ORANGE)
)
OF_PAIR = "{{fleet}} in {{stack}} · {{aws_region}} · {{aws_account_id}}"
# As many as can be read in one panel.
MOST = 12
CHOSEN = f"{{{q.PLACE}, {q.FLEET_CHOSEN}}}"
STACKS_OF_FLEETS = (
    "max by (aws_account_id, aws_region, stack) "
    f"(appstream_stack_fleet_association{{{q.PLACE}, {q.FLEET_CHOSEN}, {q.STACK_CHOSEN}}})"
)


def first_row():
    return 4, [
        (6, kit.stat(
            "Now",
            f"{ATTENTION_TEXT} Shows at most the {MOST} most urgent fleets.",
            "none",
            kit.now(f"topk({MOST}, {q.ATTENTION})", NAME),
            kit.steps(base=GREY),
            mappings=ATTENTION,
            empty="No fleet chosen",
        )),
        (3, kit.stat(
            "Free slots",
            f"Sessions that can start now. {SLOT}",
            "none",
            kit.now(f"sum({q.FREE})", "Slots"),
            kit.steps((1, BLUE), base=VERMILION),
            empty="No fleet",
        )),
        (3, kit.stat(
            "Utilisation",
            "Share of the slots in use.",
            "percentunit",
            kit.now(f"sum({q.USED}) / (sum({q.CAPACITY}) > 0)", "In use"),
            UTILISATION_STEPS,
            decimals=0,
            empty="No capacity",
        )),
        (3, kit.stat(
            "Pending sessions",
            "Sessions that users have requested and that are not streaming yet.",
            "none",
            kit.now(q.sessions("", 'state="PENDING"'), "Sessions"),
            kit.steps(),
            empty="No sessions read",
        )),
        (3, kit.stat(
            "Oldest session",
            "Age of the oldest unexpired session.",
            "s",
            kit.now(f"time() - min({q.pairs('appstream_sessions_oldest_start_timestamp_seconds')})", "Age"),
            kit.steps(),
            decimals=1,
            empty="No session",
        )),
        (3, kit.stat(
            "Next cut off in",
            "Time until the first session reaches the maximum duration of its fleet. AWS then ends it, and unsaved "
            "work is lost. Below zero, AWS has not ended it yet, or the data is old.",
            "s",
            kit.now(f"min({q.pairs('appstream_sessions_next_expiration_timestamp_seconds')}) - time()", "Time left"),
            kit.steps((q.CUTOFF, ORANGE), (3600, BLUE), base=VERMILION),
            decimals=1,
            empty="No session",
        )),
        (3, data_age_of("appstream_.*")),
    ]


def capacity():
    return 10, [
        (14, kit.graph(
            "Slots",
            f"{SLOT} In use and free slots add up to the current capacity; the difference to desired is being "
            "prepared. Minimum and maximum are the scaling limits. Without a scalable target, the maximum is the "
            "highest desired capacity within a day; for an elastic fleet it is the limit of concurrent sessions.",
            "none",
            [
                kit.series(f"sum({q.USED})", "In use", "A"),
                kit.series(f"sum({q.FREE})", "Free", "B"),
                kit.series(f"sum({q.DESIRED})", "Desired", "C"),
                kit.series(f"sum({q.MINIMUM})", "Minimum", "D"),
                kit.series(f"sum({q.MAXIMUM})", "Maximum", "E"),
            ],
            overrides=CAPACITY,
            stacked=True,
            empty="No fleet chosen",
        )),
        (10, kit.graph(
            "Instances",
            "Instances as AppStream counts them, and instances with a session as the exporter counts them. An "
            "instance in use without a session for a long time is blocked by something else.",
            "none",
            [
                kit.series(f"sum({q.fleet('appstream_fleet_instances_desired')})", "Desired", "A"),
                kit.series(f"sum({q.fleet('appstream_fleet_instances_running')})", "Running", "B"),
                kit.series(f"sum({q.fleet('appstream_fleet_instances_in_use')})", "In use", "C"),
                kit.series(f"sum({q.fleet('appstream_session_instances')})", "With sessions", "D"),
                kit.series(f"sum({q.fleet('appstream_fleet_instances_available')})", "Available", "E"),
                kit.series(f"sum({q.fleet('appstream_fleet_instances_draining')})", "Draining", "F"),
            ],
            overrides=[
                kit.line("Desired", ORANGE),
                kit.paint("Running", BLUE), kit.paint("In use", DEEP_BLUE), kit.paint("With sessions", PINK),
                kit.paint("Available", TEAL), kit.paint("Draining", GREY),
            ],
            empty="No fleet chosen",
        )),
    ]


def session_row():
    return 9, [
        (8, sessions_by_state()),
        (8, kit.graph(
            "Sessions by authentication type",
            "Authentication types of the unexpired sessions.",
            "none",
            [kit.series(q.sessions("authentication_type", 'state!="EXPIRED"'), "{{authentication_type}}")],
            overrides=AUTHENTICATIONS,
            stacked=True,
            empty="No sessions read",
        )),
        (8, kit.graph(
            "Users",
            "Distinct users with an unexpired session, by fleet and stack. Do not add them up: a user of two stacks "
            "counts in both.",
            "none",
            [kit.series(q.pairs("appstream_session_users"), OF_PAIR)],
            color=kit.SHADES,
            empty="No sessions read",
        )),
    ]


def over_time_row():
    disconnected = q.pairs("appstream_sessions_disconnected_oldest_timestamp_seconds")
    return over_time.row(
        lambda family: "sum(" + q.pairs_hourly(family) + ")",
        q.FLEET_CHOSEN,
        "appstream_sessions_started_total",
        "appstream_sessions_ended_total",
        "appstream_session_duration_seconds",
        [(8, kit.graph(
            "Longest disconnection",
            "Time since the longest-disconnected session lost its user, by fleet and stack.",
            "s",
            [kit.series(f"time() - {disconnected}", OF_PAIR)],
            color=kit.SHADES,
            empty="No disconnected session",
        ))],
    )


def slot_row():
    slots = [
        ("Desired", "desired", ORANGE), ("Actual", "actual", BLUE), ("Active", "active", DEEP_BLUE),
        ("Available", "available", TEAL), ("Active while draining", "drain_active", PINK),
        ("Unused while draining", "drain_unused", GREY),
    ]
    return 9, [
        (8, kit.graph(
            "Session slots of multi-session fleets",
            "Slots as AppStream counts them. Draining instances accept no new sessions.",
            "none",
            [
                kit.series(f"sum({q.fleet(f'appstream_fleet_user_sessions_{family}')})", name, ref)
                for ref, (name, family, _) in zip("ABCDEF", slots)
            ],
            overrides=[kit.line("Desired", ORANGE)] + [kit.paint(name, color) for name, _, color in slots[1:]],
            empty="Not a multi-session fleet",
        )),
        (8, kit.graph(
            "Share of connected sessions",
            "Connected sessions as a share of the active sessions. If the share is low, disconnected sessions still "
            "use slots: a shorter disconnect timeout frees them sooner.",
            "percentunit",
            [
                kit.series(
                    q.sessions(q.FLEET, 'state="ACTIVE", connection_state="CONNECTED"')
                    + " / (" + q.sessions(q.FLEET, 'state="ACTIVE"') + " > 0)",
                    NAME,
                )
            ],
            color=kit.SHADES,
            maximum=1,
            empty="No active session",
        )),
        (8, kit.graph(
            "Errors that AWS reports",
            "Entries of FleetErrors, except FLEET_STOPPED, and of StackErrors of the fleets' stacks, by code.",
            "none",
            [
                kit.series(
                    f"sum by (error_code) (max by ({q.FLEET}, error_code) "
                    f"(appstream_fleet_errors{{{q.PLACE}, {q.FLEET_CHOSEN}, {q.NOT_STOPPED}}}))",
                    "Fleet: {{error_code}}",
                    "A",
                ),
                kit.series(
                    "sum by (error_code) (max by (aws_account_id, aws_region, stack, error_code) "
                    f"(appstream_stack_errors{{{q.PLACE}, {q.STACK_CHOSEN}}}) "
                    f"and on (aws_account_id, aws_region, stack) {STACKS_OF_FLEETS})",
                    "Stack: {{error_code}}",
                    "B",
                ),
            ],
            overrides=[kit.paint_like("Fleet: .*", VERMILION), kit.paint_like("Stack: .*", ORANGE)],
            bars=True,
            stacked=True,
            empty="No error is known",
        )),
    ]


def cloudwatch_rows():
    off = "The collector cloudwatch is off"

    def gauge(title, description, unit, family, width=6, maximum=None):
        average = q.fleet(family, 'stat="average"')
        highest = q.fleet(family, 'stat="maximum"')
        return (width, kit.graph(
            title,
            f"{description} From CloudWatch, minutes late.",
            unit,
            [kit.series(f"avg({average})", "Average", "A"), kit.series(f"max({highest})", "Maximum", "B")],
            overrides=[kit.paint("Average", BLUE), kit.line("Maximum", ORANGE)],
            maximum=maximum,
            empty=off,
        ))

    return [
        (8, [
            (6, kit.graph(
                "Rejected sessions per hour",
                "Session requests that AWS rejected in the past hour, by reason. From CloudWatch, minutes late.",
                "none",
                [
                    kit.series(
                        f"sum by (reason) ({q.fleets_hourly('appstream_fleet_rejected_sessions_total', ', reason')})",
                        "{{reason}}",
                    )
                ],
                overrides=[
                    kit.paint("insufficient_capacity", VERMILION), kit.paint("concurrency_limit", ORANGE),
                ],
                empty=off,
            )),
            gauge("Latency", "Time between an action of a user and its effect.", "s",
                  "appstream_fleet_session_latency_seconds"),
            gauge("UDP packet loss", "Share of UDP packets that are lost.", "percentunit",
                  "appstream_fleet_udp_packet_loss_ratio"),
            gauge("TCP retransmissions", "Share of TCP packets that are sent again.", "percentunit",
                  "appstream_fleet_tcp_retransmission_ratio"),
        ]),
        (8, [
            gauge("Frames per second", "Frames that users see in a second.", "none",
                  "appstream_fleet_frames_per_second", width=8),
            gauge("CPU of instances", "CPU utilization of instances.", "percentunit",
                  "appstream_fleet_cpu_utilization_ratio", width=8, maximum=1),
            gauge("Memory of instances", "Memory utilization of instances.", "percentunit",
                  "appstream_fleet_memory_utilization_ratio", width=8, maximum=1),
        ]),
    ]


def state_row():
    # Not their sum: two exporters of one fleet may differ for a moment.
    states = "\nor ".join(
        f"{number} * max by ({q.FLEET}, state) "
        f'(appstream_fleet_state{{{q.PLACE}, {q.FLEET_CHOSEN}, state="{name}"}})'
        for number, name in ((4, "RUNNING"), (3, "STARTING"), (2, "STOPPING"), (1, "STOPPED"))
    )
    state = f"max by ({q.FLEET}) (\n{states}\n)"
    pair = f"{q.FLEET}, stack"
    sessions = q.sessions(pair, 'state!="EXPIRED"') + " > 0"
    expiration = q.pairs("appstream_sessions_next_expiration_timestamp_seconds")
    return 8, [
        (8, kit.timeline(
            "State",
            "The fleet's State over time. Other is a state that AWS added later.",
            kit.series(state, NAME),
            STATES,
            empty="No fleet chosen",
        )),
        (16, kit.table(
            "Sessions of each fleet and stack",
            "Age of the oldest session, and the next expiration by maximum duration. Draining sessions are on "
            "instances that accept no new sessions. Fleets and stacks without sessions are not shown.",
            [
                kit.column("open", sessions),
                kit.column(
                    "connected",
                    q.sessions(pair, 'state="ACTIVE", connection_state="CONNECTED"') + f"\nand {sessions}",
                ),
                kit.column("users", q.pairs("appstream_session_users") + f"\nand {sessions}"),
                kit.column("draining", q.pairs("appstream_sessions_draining") + f"\nand {sessions}"),
                kit.column("oldest", "time() - " + q.pairs("appstream_sessions_oldest_start_timestamp_seconds")),
                kit.column(
                    "pending", "time() - " + q.pairs("appstream_sessions_pending_oldest_start_timestamp_seconds")
                ),
                kit.column("next", f"{expiration} - time()"),
                kit.column("at", f"{expiration} * 1000"),
            ],
            [
                ("fleet", kit.label("Fleet")),
                ("stack", kit.label("Stack")),
                ("Value #open", kit.plain("Sessions")),
                ("Value #connected", kit.plain("Connected")),
                ("Value #users", kit.plain("Users")),
                ("Value #draining", kit.plain("Draining")),
                ("Value #oldest", kit.plain("Oldest has lasted", "s", decimals=1)),
                ("Value #pending", kit.plain("Oldest pending for", "s", decimals=1)),
                ("Value #next", kit.filled(
                    "Next cut off in", "s", decimals=1,
                    thresholds=kit.steps((q.CUTOFF, ORANGE), (3600, "transparent"), base=VERMILION),
                )),
                ("Value #at", kit.plain("Next cut off at", "dateTimeAsIso")),
                REGION,
                ACCOUNT,
            ],
            sort=[("Next cut off in", False)],
            empty="No session",
        )),
    ]


def settings_row():
    info = "fleet_type, instance_type, platform, image, stream_view, display_name"
    return 8, [
        (24, kit.table(
            "Settings",
            "Properties and session limits of the fleets. Empty if AWS returns no value.",
            [
                kit.column("info", f"max by ({q.FLEET}, {info}) (appstream_fleet_info{CHOSEN})"),
                kit.column("duration", q.fleet("appstream_fleet_max_user_duration_seconds")),
                kit.column("disconnect", q.fleet("appstream_fleet_disconnect_timeout_seconds")),
                kit.column("idle", q.fleet("appstream_fleet_idle_disconnect_timeout_seconds")),
                kit.column("per_instance", q.fleet("appstream_fleet_max_sessions_per_instance")),
                kit.column("concurrent", q.fleet("appstream_fleet_max_concurrent_sessions")),
                kit.column("internet", q.fleet("appstream_fleet_default_internet_access")),
                kit.column("imdsv1", q.fleet("appstream_fleet_imdsv1_disabled")),
                kit.column("volume", q.fleet("appstream_fleet_root_volume_size_bytes")),
                kit.column("created", q.fleet("appstream_fleet_created_timestamp_seconds") + " * 1000"),
            ],
            [
                ("fleet", kit.label("Fleet")),
                ("display_name", kit.label("Display name")),
                ("fleet_type", kit.label("Type")),
                ("instance_type", kit.label("Instance type")),
                ("platform", kit.label("Platform")),
                ("image", kit.label("Image")),
                ("stream_view", kit.label("View")),
                ("Value #duration", kit.plain("Longest session", "s")),
                ("Value #disconnect", kit.plain("Disconnect timeout", "s")),
                ("Value #idle", kit.plain("Idle timeout", "s", mappings=kit.texts((0, "never", "text")))),
                ("Value #per_instance", kit.plain("Sessions per instance")),
                ("Value #concurrent", kit.plain("Concurrent sessions")),
                ("Value #internet", kit.plain(
                    "Internet access", mappings=kit.texts((0, "no", "text"), (1, "yes", "text"))
                )),
                ("Value #imdsv1", kit.plain("IMDSv1", mappings=kit.texts((0, "on", "text"), (1, "off", "text")))),
                ("Value #volume", kit.plain("Root volume", "bytes")),
                ("Value #created", kit.plain("Created", "dateTimeAsIso")),
                REGION,
                ACCOUNT,
            ],
            sort=[("Fleet", False)],
            empty="No fleet chosen",
        )),
    ]


def tags_row():
    stacks = (
        f"(appstream_stack_tags{{{q.PLACE}, {q.STACK_CHOSEN}}} "
        f"and on (aws_account_id, aws_region, stack) {STACKS_OF_FLEETS})"
    )
    return 6, [
        (12, tags("Tags of fleets", f"(appstream_fleet_tags{CHOSEN})", "fleet", "Fleet")),
        (12, tags("Tags of their stacks", stacks, "stack", "Stack")),
    ]


def build():
    return kit.dashboard(
        FLEET,
        "AppStream / Fleet detail",
        "Capacity, sessions, errors and settings of the selected fleets. Numbers without a name are sums.",
        fleet_variables(),
        LINKS,
        [
            first_row(),
            capacity(),
            session_row(),
            over_time_row(),
            slot_row(),
            *scaling.rows("appstream_fleet_", q.FLEET, q.FLEET_CHOSEN, ("fleet", kit.label("Fleet"))),
            *cloudwatch_rows(),
            state_row(),
            settings_row(),
            tags_row(),
        ],
    )
