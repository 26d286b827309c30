"""What several dashboards have in common."""

from . import kit
from .kit import BLUE, DEEP_BLUE, GREY, ORANGE, PINK, TEAL, VERMILLION, YELLOW
from .promql import CHANGES, ERRORS, FINE, NEARLY, NEARLY_FULL, NO_SLOT, STOPPED, age, sessions

FLEETS = "appstream-fleets"
FLEET = "appstream-fleet"
POOLS = "workspaces-pools"
EXPORTER = "appstream-exporter"

LINKS = (
    (FLEETS, "Fleets", "All fleets, by need for attention"),
    (FLEET, "Fleet detail", "Capacity, sessions and settings of fleets"),
    (POOLS, "Pools", "WorkSpaces Pools"),
    (EXPORTER, "Exporter health", "Whether these numbers can be trusted"),
)

ATTENTION = kit.texts(
    (NO_SLOT, "No free slot", VERMILLION),
    (ERRORS, "Error", ORANGE),
    (NEARLY, "Nearly full", YELLOW),
    (CHANGES, "Starting or stopping", PINK),
    (FINE, "Fine", BLUE),
    (STOPPED, "Stopped", GREY),
)
ATTENTION_TEXT = (
    f"No free slot: it is running and has no room for one more session. Error: AWS reports one. "
    f"Nearly full: {NEARLY_FULL:.0%} of the slots or more are in use. The first of these that is true is shown."
)
SLOT = (
    "A slot is room for one session: an instance, a session slot where instances take several sessions, "
    "or a concurrent session of an elastic fleet."
)

UTILISATION_STEPS = kit.steps((NEARLY_FULL, ORANGE), (1, VERMILLION))
NONE_IS_GOOD = kit.steps((1, VERMILLION))

# Enum values of AWS in their colours.
AUTHENTICATIONS = [
    kit.paint("SAML", BLUE),
    kit.paint("API", ORANGE),
    kit.paint("USERPOOL", PINK),
    kit.paint("AWS_AD", TEAL),
    kit.paint("UNKNOWN", GREY),
]
CAPACITY = [
    kit.paint("In use", DEEP_BLUE),
    kit.paint("Free", BLUE),
    kit.line("Desired", ORANGE),
    kit.line("Maximum", PINK),
]


def data_age(collectors, unlike=""):
    """How old the numbers are."""
    return kit.stat(
        "Age of the data",
        "Time since the collector that is furthest behind last read everything without a failure. "
        "The values of what fails stay for three refresh intervals and then vanish. "
        f"Exporter health says which collector it is and why.{unlike}",
        "s",
        kit.now(age(collectors), "Age"),
        kit.steps((180, ORANGE), (600, VERMILLION)),
        decimals=0,
        empty="No exporter",
        links=[kit.link("Exporter health", f"/d/{EXPORTER}?${{datasource:queryparam}}&${{region:queryparam}}&${{__url_time_range}}")],
    )


def account_and_region(family):
    return [
        kit.variable("account", "Account", f"label_values({family}, aws_account_id)"),
        kit.variable(
            "region", "Region", f'label_values({family}{{aws_account_id=~"$account"}}, aws_region)'
        ),
    ]


def fleet_variables():
    place = 'aws_account_id=~"$account", aws_region=~"$region"'
    return [
        *account_and_region("appstream_fleet_info"),
        kit.variable("fleet", "Fleet", f"label_values(appstream_fleet_info{{{place}}}, fleet)"),
        kit.variable(
            "stack",
            "Stack",
            f'label_values(appstream_stack_fleet_association{{{place}, fleet=~"$fleet"}}, stack)',
        ),
    ]


def sessions_by_state():
    """Streaming sessions, as users have them."""
    states = [
        ("Connected", 'state="ACTIVE", connection_state="CONNECTED"', BLUE),
        ("Not connected", 'state="ACTIVE", connection_state="NOT_CONNECTED"', ORANGE),
        ("Connection unknown", 'state="ACTIVE", connection_state!~"CONNECTED|NOT_CONNECTED"', YELLOW),
        ("Pending", 'state="PENDING"', PINK),
        ("Expired", 'state="EXPIRED"', GREY),
        ("Other", 'state!~"ACTIVE|PENDING|EXPIRED"', VERMILLION),
    ]
    return kit.graph(
        "Sessions by state and connection",
        "Active sessions with and without a connected user, sessions that do not stream yet, and expired ones, which "
        "have ended and are still listed by AWS. Clients that report no connection are unknown.",
        "none",
        [kit.series(sessions("", more), name, ref) for ref, (name, more, _) in zip("ABCDEF", states)],
        overrides=[kit.paint(name, color) for name, _, color in states],
        stacked=True,
        empty="No sessions read",
    )


# Columns that say which fleet or pool a row is about.
ACCOUNT = ("aws_account_id", kit.plain("Account"))
REGION = ("aws_region", kit.plain("Region"))
