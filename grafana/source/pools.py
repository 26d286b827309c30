"""WorkSpaces Pools."""

from . import kit, over_time, promql as q, scaling
from .kit import BLUE, GREY, ORANGE, VERMILION
from .shared import (
    ACCOUNT, ATTENTION, ATTENTION_TEXT, AUTHENTICATIONS, CAPACITY, LINKS, NONE_IS_GOOD, POOLS, REGION,
    UTILISATION_STEPS, account_and_region, data_age_of, exporters_down_of_rules, tags,
)

NAME = "{{pool_name}} · {{aws_region}} · {{aws_account_id}} · {{pool_id}}"
CHOSEN = f"{{{q.PLACE}, {q.POOL_CHOSEN}}}"
SLOT = "A slot is capacity for one session."


def first_row():
    return 4, [
        (4, kit.stat(
            "Pools without a free slot",
            "Running pools that cannot start another session now, without pools that are scaled to zero. "
            f"{SLOT}",
            "none",
            kit.now(q.or_zero(f"count({q.POOL_NO_FREE})", f"count({q.POOL_FREE})"), "Pools"),
            NONE_IS_GOOD,
            empty="No pools",
        )),
        (3, kit.stat(
            "Free slots",
            f"Sessions that can start now in the selected running pools. {SLOT}",
            "none",
            kit.now(f"sum({q.POOL_FREE} * {q.POOL_RUNNING})", "Slots"),
            kit.steps((1, BLUE), base=VERMILION),
            empty="No running pool",
        )),
        (3, kit.stat(
            "Utilisation",
            "Share of the slots in use over the selected pools.",
            "percentunit",
            kit.now(f"sum({q.POOL_USED}) / (sum({q.POOL_CAPACITY}) > 0)", "In use"),
            UTILISATION_STEPS,
            decimals=0,
            empty="No capacity",
        )),
        (3, kit.stat(
            "Connected sessions",
            "Sessions with a connected user.",
            "none",
            kit.now(q.pool_sessions("", 'connection_state="CONNECTED"'), "Sessions"),
            kit.steps(),
            empty="No sessions read",
        )),
        (4, kit.stat(
            "Errors that AWS reports",
            "Entries of Errors in DescribeWorkspacesPools, except that a pool is stopped.",
            "none",
            kit.now(q.or_zero(f"sum({q.POOL_ERRORS})", f"count({q.POOL_EXISTS})"), "Errors"),
            NONE_IS_GOOD,
            empty="No pools",
        )),
        (4, data_age_of("workspaces_.*", empty="Not read", missing=GREY)),
        (3, exporters_down_of_rules()),
    ]


def by_attention():
    only = kit.link(
        "Only this pool",
        f"/d/{POOLS}?${{datasource:queryparam}}&var-account=${{__data.fields.aws_account_id}}"
        "&var-region=${__data.fields.aws_region}&var-pool=${__data.fields.pool_name}&${__url_time_range}",
    )
    return kit.table(
        "Pools, by need for attention",
        f"{ATTENTION_TEXT} {SLOT} Click a pool to see only that one.",
        [
            kit.column("attention", q.POOL_ATTENTION),
            kit.column("state", q.one_of(q.POOL, "state", f"workspaces_pool_state{CHOSEN}")),
            kit.column("utilisation", q.POOL_UTILISATION),
            kit.column("free", q.POOL_FREE),
            kit.column("used", q.POOL_USED),
            kit.column("capacity", q.POOL_CAPACITY),
            kit.column("prepared", q.POOL_PREPARED),
            kit.column("away", q.pool_sessions(q.POOL, 'connection_state="NOT_CONNECTED"')),
            kit.column("users", q.pool("workspaces_pool_session_users")),
            kit.column("oldest", "time() - " + q.pool("workspaces_pool_sessions_oldest_start_timestamp_seconds")),
            kit.column("errors", q.or_zero(q.POOL_ERRORS, q.POOL_EXISTS)),
        ],
        [
            ("Value #attention", kit.filled("Attention", mappings=ATTENTION, custom__width=160)),
            ("pool_name", kit.label("Pool", links=[only])),
            ("state", kit.label("State")),
            ("Value #utilisation", kit.bar("Utilisation", UTILISATION_STEPS)),
            ("Value #free", kit.plain("Free slots")),
            ("Value #used", kit.plain("In use")),
            ("Value #capacity", kit.plain("Slots")),
            ("Value #prepared", kit.plain("Being prepared")),
            ("Value #away", kit.plain("Not connected")),
            ("Value #users", kit.plain("Users")),
            ("Value #oldest", kit.plain("Oldest session", "s", decimals=1)),
            ("Value #errors", kit.plain("Errors")),
            ("pool_id", kit.label("Id")),
            REGION,
            ACCOUNT,
        ],
        sort=[("Attention", True), ("Utilisation", True)],
        empty="No pools",
    )


def capacity_row():
    return 9, [
        (12, kit.graph(
            "Slots",
            f"{SLOT} In use and free slots add up to the current capacity; the difference to desired is being "
            "prepared. Minimum and maximum are the scaling limits. Sum of the selected pools.",
            "none",
            [
                kit.series(f"sum({q.POOL_USED})", "In use", "A"),
                kit.series(f"sum({q.POOL_FREE})", "Free", "B"),
                kit.series(f"sum({q.POOL_DESIRED})", "Desired", "C"),
                kit.series(f"sum({q.POOL_MINIMUM})", "Minimum", "D"),
                kit.series(f"sum({q.POOL_MAXIMUM})", "Maximum", "E"),
            ],
            overrides=CAPACITY,
            stacked=True,
            empty="No pools",
        )),
        (12, kit.graph(
            "Utilisation by pool",
            "Share of each pool's slots in use. The colour shows the last value, from blue (low) to red (high). "
            "Pools without capacity are not shown.",
            "percentunit",
            [kit.series(q.POOL_UTILISATION, NAME)],
            color=kit.BY_VALUE,
            maximum=1,
            thresholds=kit.steps((q.NEARLY_FULL, ORANGE)),
            empty="No pool has capacity",
        )),
    ]


def session_row():
    states = [
        ("Connected", 'connection_state="CONNECTED"', BLUE),
        ("Not connected", 'connection_state="NOT_CONNECTED"', ORANGE),
        ("Unknown", 'connection_state!~"CONNECTED|NOT_CONNECTED"', GREY),
    ]
    return 9, [
        (8, kit.graph(
            "Sessions by connection",
            "Sessions with and without a connected user. Those without one hold a slot until the disconnect timeout "
            "ends them.",
            "none",
            [kit.series(q.pool_sessions("", more), name, ref) for ref, (name, more, _) in zip("ABC", states)],
            overrides=[kit.paint(name, color) for name, _, color in states],
            stacked=True,
            empty="No sessions read",
        )),
        (8, kit.graph(
            "Sessions by authentication type",
            "Authentication types of the sessions.",
            "none",
            [kit.series(q.pool_sessions("authentication_type"), "{{authentication_type}}")],
            overrides=AUTHENTICATIONS,
            stacked=True,
            empty="No sessions read",
        )),
        (8, kit.graph(
            "Users by pool",
            "Distinct users with a session.",
            "none",
            [kit.series(q.pool("workspaces_pool_session_users"), NAME)],
            color=kit.SHADES,
            stacked=True,
            empty="No sessions read",
        )),
    ]


def over_time_row():
    return over_time.row(
        lambda family: "sum(" + q.pools_hourly(family) + ")",
        q.POOL_CHOSEN,
        "workspaces_pool_sessions_started_total",
        "workspaces_pool_sessions_ended_total",
        "workspaces_pool_session_duration_seconds",
        [(8, kit.graph(
            "Rejected sessions per hour",
            "Session requests that AWS rejected in the past hour for lack of capacity. From CloudWatch, minutes late.",
            "none",
            [kit.series(f"sum({q.pools_hourly('workspaces_pool_rejected_sessions_total')})", "Rejected")],
            overrides=[kit.paint("Rejected", VERMILION)],
            empty="The collector cloudwatch is off",
        ))],
    )


def trouble_row():
    return 7, [
        (14, kit.timeline(
            "Attention over time",
            f"Each pool over time. {ATTENTION_TEXT}",
            kit.series(q.POOL_ATTENTION, NAME),
            ATTENTION,
            empty="No pools",
        )),
        (10, kit.table(
            "Errors reported by AWS",
            "Pools with an error code in Errors of DescribeWorkspacesPools, except that a pool is stopped.",
            [
                kit.column(
                    "errors",
                    f"max by ({q.POOL}, error_code) "
                    f"(workspaces_pool_errors{{{q.PLACE}, {q.POOL_CHOSEN}, {q.NOT_STOPPED}}})",
                )
            ],
            [
                ("error_code", kit.label("Error")),
                ("pool_name", kit.label("Pool")),
                ("Value #errors", kit.plain("Entries")),
                ("Value", kit.plain("Entries")),
                REGION,
                ACCOUNT,
            ],
            sort=[("Error", False)],
            labels=["pool_id"],
            empty="No error is known",
        )),
    ]


def settings_row():
    info = "bundle_id, directory_id, running_mode"
    return 6, [
        (24, kit.table(
            "Settings",
            "Properties and session limits of the pools. Empty if AWS returns no value.",
            [
                kit.column("info", f"max by ({q.POOL}, {info}) (workspaces_pool_info{CHOSEN})"),
                kit.column("duration", q.pool("workspaces_pool_max_user_duration_seconds")),
                kit.column("disconnect", q.pool("workspaces_pool_disconnect_timeout_seconds")),
                kit.column("idle", q.pool("workspaces_pool_idle_disconnect_timeout_seconds")),
                kit.column("created", q.pool("workspaces_pool_created_timestamp_seconds") + " * 1000"),
            ],
            [
                ("pool_name", kit.label("Pool")),
                ("pool_id", kit.label("Id")),
                ("running_mode", kit.label("Running mode")),
                ("bundle_id", kit.label("Bundle")),
                ("directory_id", kit.label("Directory")),
                ("Value #duration", kit.plain("Longest session", "s")),
                ("Value #disconnect", kit.plain("Disconnect timeout", "s")),
                ("Value #idle", kit.plain("Idle timeout", "s")),
                ("Value #created", kit.plain("Created", "dateTimeAsIso")),
                REGION,
                ACCOUNT,
            ],
            sort=[("Pool", False)],
            empty="No pools",
        )),
    ]


def tags_row():
    return 6, [(24, tags("Tags", f"(workspaces_pool_tags{CHOSEN})", "pool_name", "Pool", hidden=["pool_id"]))]


def build():
    return kit.dashboard(
        POOLS,
        "AppStream / WorkSpaces Pools",
        "Capacity, sessions, errors and settings of WorkSpaces Pools.",
        [
            *account_and_region("workspaces_pool_info"),
            kit.variable("pool", "Pool", f"label_values(workspaces_pool_info{{{q.PLACE}}}, pool_name)"),
        ],
        LINKS,
        [
            first_row(),
            (7, [(24, by_attention())]),
            capacity_row(),
            session_row(),
            over_time_row(),
            *scaling.rows(
                "workspaces_pool_", q.POOL, q.POOL_CHOSEN, ("pool_name", kit.label("Pool")), hidden=["pool_id"]
            ),
            trouble_row(),
            settings_row(),
            tags_row(),
        ],
    )
