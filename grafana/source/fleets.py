"""Fleets overview: is anyone waiting, and what needs attention?"""

from . import kit, promql as q
from .kit import BLUE, ORANGE, VERMILION
from .shared import (
    ACCOUNT, ATTENTION, ATTENTION_TEXT, FLEET, FLEETS, LINKS, NAME, NONE_IS_GOOD, REGION, SLOT,
    UTILISATION_STEPS, data_age_of, exporters_down_of_rules, fleet_variables, sessions_by_state,
)

DETAIL = kit.link(
    "Details of this fleet",
    f"/d/{FLEET}?${{datasource:queryparam}}&var-account=${{__data.fields.aws_account_id}}"
    "&var-region=${__data.fields.aws_region}&var-fleet=${__data.fields.fleet}&var-stack=$__all&${__url_time_range}",
)
DETAIL_OF_SERIES = kit.link(
    "Details of this fleet",
    f"/d/{FLEET}?${{datasource:queryparam}}&var-account=${{__field.labels.aws_account_id}}"
    "&var-region=${__field.labels.aws_region}&var-fleet=${__field.labels.fleet}&var-stack=$__all&${__url_time_range}",
)


def linked(panel):
    """A panel whose series are fleets, each with a link to its details."""
    panel["fieldConfig"]["defaults"]["links"] = [DETAIL_OF_SERIES]
    return panel


def first_row():
    return 4, [
        (4, kit.stat(
            "Fleets without a free slot",
            "Running fleets that cannot start another session now, without fleets that are scaled to zero. "
            f"{SLOT}",
            "none",
            kit.now(q.or_zero(f"count({q.NO_FREE})", f"count({q.FREE})"), "Fleets"),
            NONE_IS_GOOD,
            empty="No fleets",
        )),
        (3, kit.stat(
            "Pending sessions",
            "Sessions that users have requested and that are not streaming yet. A few are normal while users sign "
            "in; act if they stay. Rejected requests are not counted.",
            "none",
            kit.now(q.sessions("", 'state="PENDING"'), "Sessions"),
            kit.steps(),
            empty="No sessions read",
        )),
        (3, kit.stat(
            "Free slots",
            f"Sessions that can start now in the selected running fleets. {SLOT}",
            "none",
            kit.now(f"sum({q.FREE} * {q.RUNNING})", "Slots"),
            kit.steps((1, BLUE), base=VERMILION),
            empty="No running fleet",
        )),
        (3, kit.stat(
            "Utilisation",
            "Share of the slots in use over the selected fleets. A single fleet can be full while this share is low: "
            "see the table.",
            "percentunit",
            kit.now(f"sum({q.USED}) / (sum({q.CAPACITY}) > 0)", "In use"),
            UTILISATION_STEPS,
            decimals=0,
            empty="No capacity",
        )),
        (4, kit.stat(
            "Errors that AWS reports",
            "Entries of FleetErrors, except FLEET_STOPPED, and of StackErrors. See the table below.",
            "none",
            kit.now(
                q.or_zero(f"sum({q.FLEET_ERRORS} or {q.STACK_ERRORS})", f"count({q.FLEET_EXISTS})"), "Errors"
            ),
            NONE_IS_GOOD,
            empty="No fleets",
        )),
        (4, data_age_of("appstream_.*")),
        (3, exporters_down_of_rules()),
    ]


def by_attention():
    return kit.table(
        "Fleets, by need for attention",
        f"{ATTENTION_TEXT} {SLOT} Click a fleet for its details.",
        [
            kit.column("attention", q.ATTENTION),
            kit.column(
                "state", q.one_of(q.FLEET, "state", f"appstream_fleet_state{{{q.PLACE}, {q.FLEET_CHOSEN}}}")
            ),
            kit.column("utilisation", q.UTILISATION),
            kit.column("free", q.FREE),
            kit.column("used", q.USED),
            kit.column("capacity", q.CAPACITY),
            kit.column("prepared", q.PREPARED),
            kit.column("pending", q.sessions(q.FLEET, 'state="PENDING"')),
            kit.column("away", q.sessions(q.FLEET, 'state="ACTIVE", connection_state="NOT_CONNECTED"')),
            kit.column("errors", q.or_zero(q.FLEET_ERRORS, q.FLEET_EXISTS)),
        ],
        [
            ("Value #attention", kit.filled("Attention", mappings=ATTENTION, custom__width=160)),
            ("fleet", kit.label("Fleet", links=[DETAIL])),
            ("state", kit.label("State")),
            ("Value #utilisation", kit.bar("Utilisation", UTILISATION_STEPS)),
            ("Value #free", kit.plain("Free slots")),
            ("Value #used", kit.plain("In use")),
            ("Value #capacity", kit.plain("Slots")),
            ("Value #prepared", kit.plain("Being prepared")),
            ("Value #pending", kit.plain("Pending sessions")),
            ("Value #away", kit.plain("Not connected")),
            ("Value #errors", kit.plain("Errors")),
            REGION,
            ACCOUNT,
        ],
        sort=[("Attention", True), ("Utilisation", True)],
        empty="No fleets",
    )


def errors_now():
    return kit.table(
        "Errors reported by AWS",
        "Fleets and stacks with an error code in FleetErrors, except FLEET_STOPPED, or StackErrors. The error "
        "message is in the console, and in DescribeFleets and DescribeStacks.",
        [
            kit.column(
                "errors",
                f"max by ({q.FLEET}, error_code) "
                f"(appstream_fleet_errors{{{q.PLACE}, {q.FLEET_CHOSEN}, {q.NOT_STOPPED}}})\n"
                "or max by (aws_account_id, aws_region, stack, error_code) "
                f"(appstream_stack_errors{{{q.PLACE}, {q.STACK_CHOSEN}}})",
            )
        ],
        [
            ("error_code", kit.label("Error")),
            ("fleet", kit.label("Fleet", links=[DETAIL])),
            ("stack", kit.label("Stack")),
            ("Value #errors", kit.plain("Entries")),
            ("Value", kit.plain("Entries")),
            REGION,
            ACCOUNT,
        ],
        sort=[("Error", False)],
        empty="No error is known",
    )


def stacks():
    stack = "aws_account_id, aws_region, stack"
    chosen = f"{{{q.PLACE}, {q.STACK_CHOSEN}}}"
    info = f"max by ({stack}, display_name) (appstream_stack_info{chosen})"
    exists = f"max by ({stack}) (appstream_stack_info{chosen})"
    association = f"count by ({stack}) ({q.pairs('appstream_stack_fleet_association')})"
    return kit.table(
        "Stacks",
        "Stacks with their fleets. A stack without a fleet cannot start a session.",
        [
            kit.column("stack", info),
            kit.column("fleets", q.or_zero(association, exists)),
            kit.column("connected", q.sessions(stack, 'state="ACTIVE", connection_state="CONNECTED"')),
            kit.column("away", q.sessions(stack, 'state="ACTIVE", connection_state="NOT_CONNECTED"')),
            kit.column("pending", q.sessions(stack, 'state="PENDING"')),
            kit.column("errors", q.or_zero(q.STACK_ERRORS, exists)),
        ],
        [
            ("stack", kit.label("Stack")),
            ("display_name", kit.label("Display name")),
            ("Value #fleets", kit.plain("Fleets")),
            ("Value #connected", kit.plain("Connected")),
            ("Value #away", kit.plain("Not connected")),
            ("Value #pending", kit.plain("Pending")),
            ("Value #errors", kit.filled("Errors", thresholds=kit.steps((1, VERMILION), base="transparent"))),
            REGION,
            ACCOUNT,
        ],
        sort=[("Errors", True), ("Connected", True)],
        empty="No stacks",
    )


def build():
    return kit.dashboard(
        FLEETS,
        "AppStream / Fleets overview",
        "Is anyone waiting for a session, and which fleet needs attention?",
        fleet_variables(),
        LINKS,
        [
            first_row(),
            (10, [(24, by_attention())]),
            (8, [
                (14, linked(kit.timeline(
                    "Attention over time",
                    f"Each fleet over time. {ATTENTION_TEXT}",
                    kit.series(q.ATTENTION, NAME),
                    ATTENTION,
                    empty="No fleets",
                ))),
                (10, errors_now()),
            ]),
            (9, [
                (12, linked(kit.graph(
                    "Utilisation by fleet",
                    "Share of each fleet's slots in use; as CapacityUtilization in CloudWatch. The colour shows the "
                    "last value, from blue (low) to red (high). Fleets without capacity are not shown.",
                    "percentunit",
                    [kit.series(q.UTILISATION, NAME)],
                    color=kit.BY_VALUE,
                    maximum=1,
                    thresholds=kit.steps((q.NEARLY_FULL, ORANGE)),
                    empty="No fleet has capacity",
                ))),
                (12, linked(kit.graph(
                    "Free slots by fleet",
                    f"Sessions that can start in each fleet, yellow if few. {SLOT}",
                    "none",
                    [kit.series(q.FREE, NAME)],
                    color=kit.BY_ROOM,
                    empty="No fleets",
                ))),
            ]),
            (9, [
                (8, sessions_by_state()),
                (8, linked(kit.graph(
                    "Pending sessions by fleet",
                    "Requested sessions that are not streaming yet. They should decrease within minutes.",
                    "none",
                    [kit.series(q.sessions(q.FLEET, 'state="PENDING"'), NAME)],
                    color=kit.ORANGE_SHADES,
                    stacked=True,
                    empty="No sessions read",
                ))),
                (8, linked(kit.graph(
                    "Slots being prepared by fleet",
                    "Desired slots that do not exist yet: desired minus available minus in use. If the value stays "
                    "above zero for longer than an instance needs to start, instances fail to start.",
                    "none",
                    [kit.series(q.PREPARED, NAME)],
                    color=kit.SHADES,
                    stacked=True,
                    empty="No fleets",
                ))),
            ]),
            (8, [
                (10, linked(kit.graph(
                    "Sessions without a connected user, by fleet",
                    "Active sessions whose user is not connected. Each holds a slot until the fleet's disconnect "
                    "timeout ends it.",
                    "none",
                    [kit.series(q.sessions(q.FLEET, 'state="ACTIVE", connection_state="NOT_CONNECTED"'), NAME)],
                    color=kit.ORANGE_SHADES,
                    stacked=True,
                    empty="No sessions read",
                ))),
                (14, stacks()),
            ]),
        ],
    )
