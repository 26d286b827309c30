"""What several dashboards have in common."""

from . import kit
from .kit import BLUE, DEEP_BLUE, GREY, ORANGE, PINK, TEAL, VERMILION, YELLOW
from .promql import (
    CHANGES, EMPTY, ERRORS, FINE, NEARLY, NEARLY_FULL, NO_SLOT, STALE, STOPPED, age, sessions,
)

FLEETS = "appstream-fleets"
FLEET = "appstream-fleet"
POOLS = "workspaces-pools"
RESOURCES = "appstream-resources"
EXPORTER = "appstream-exporter"

LINKS = (
    (FLEETS, "Fleets", "All fleets, by need for attention"),
    (FLEET, "Fleet detail", "Capacity, sessions and settings of fleets"),
    (POOLS, "Pools", "WorkSpaces Pools"),
    (RESOURCES, "Builders, images and quotas", "Running builders, old images, used quotas"),
    (EXPORTER, "Exporter health", "Whether these numbers can be trusted"),
)

ATTENTION = kit.texts(
    (NO_SLOT, "No free slot", VERMILION),
    (ERRORS, "Error", ORANGE),
    (NEARLY, "Nearly full", YELLOW),
    (CHANGES, "Starting or stopping", PINK),
    (FINE, "Fine", BLUE),
    (EMPTY, "Scaled to zero", TEAL),
    (STOPPED, "Stopped", GREY),
)
ATTENTION_TEXT = (
    "No free slot: running, with desired capacity but without a free slot. Error: AWS reports an error. "
    f"Nearly full: at least {NEARLY_FULL:.0%} of the slots are in use. Scaled to zero: running with desired capacity "
    "0. The first match is shown."
)
# Names are unique within an account and region only.
NAME = "{{fleet}} · {{aws_region}} · {{aws_account_id}}"
SLOT = (
    "A slot is capacity for one session: an instance, a session slot of a multi-session fleet, or a concurrent "
    "session of an elastic fleet."
)

UTILISATION_STEPS = kit.steps((NEARLY_FULL, ORANGE), (1, VERMILION))
NONE_IS_GOOD = kit.steps((1, VERMILION))

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
    kit.line("Minimum", TEAL),
    kit.line("Maximum", PINK),
]


TO_EXPORTER = kit.link(
    "Exporter health",
    f"/d/{EXPORTER}?${{datasource:queryparam}}&${{region:queryparam}}&${{__url_time_range}}",
)


def data_age(title, matchers, unlike="", *, empty="Never succeeded", missing=VERMILION, links=()):
    """How old the numbers are."""
    return kit.stat(
        title,
        "Refresh intervals since the last success of the collector that is furthest behind. "
        f"Below {STALE} is normal. Series of failed collectors are removed after 3 intervals by default "
        f"(refresh.max_age). A collector that has never succeeded has no age.{unlike}",
        "suffix:intervals",
        kit.now(age(matchers), "Intervals"),
        kit.steps((STALE, ORANGE), (3, VERMILION)),
        decimals=1,
        empty=empty,
        missing=missing,
        links=links,
    )


def data_age_of(collectors, **more):
    """The same on a dashboard of fleets or pools."""
    return data_age(
        "Age of the data",
        f'{{aws_region=~"$region", collector=~"{collectors}"}}',
        " See the dashboard Exporter health for the collector and the cause.",
        links=[TO_EXPORTER],
        **more,
    )


def exporters_down(jobs, more="", links=()):
    """Whether what is not shown may be there all the same."""
    return kit.stat(
        "Exporters down",
        "Exporters that Prometheus could not scrape. No dashboard shows the fleets and pools that only they "
        f"read.{more}",
        "none",
        kit.now(f'sum(up{{job=~"{jobs}"}} == bool 0)', "Exporters"),
        NONE_IS_GOOD,
        empty="No exporter",
        missing=VERMILION,
        links=links,
    )


def exporters_down_of_rules():
    """The exporters as the alerts find them, because these dashboards have no variable for the job."""
    return exporters_down(".*appstream.*", " The job must have appstream in its name.", [TO_EXPORTER])


def account_and_region(family, names=""):
    """Accounts and regions of a family, or of all families with such names."""
    matchers = f'__name__=~"{names}"' if names else ""
    chosen = ", ".join(filter(None, [matchers, 'aws_account_id=~"$account"']))
    return [
        kit.variable("account", "Account", f"label_values({family or f'{{{matchers}}}'}, aws_account_id)"),
        kit.variable("region", "Region", f"label_values({family}{{{chosen}}}, aws_region)"),
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
        ("Other", 'state!~"ACTIVE|PENDING|EXPIRED"', VERMILION),
    ]
    return kit.graph(
        "Sessions by state and connection",
        "Active sessions with and without a connected user, sessions that are not streaming yet, and expired "
        "sessions, which have ended but are still listed by AWS. Sessions without a connection state are unknown.",
        "none",
        [kit.series(sessions("", more), name, ref) for ref, (name, more, _) in zip("ABCDEF", states)],
        overrides=[kit.paint(name, color) for name, _, color in states],
        stacked=True,
        empty="No sessions read",
    )


# Columns that say which fleet or pool a row is about.
ACCOUNT = ("aws_account_id", kit.label("Account"))
REGION = ("aws_region", kit.label("Region"))

# What Prometheus may say of where it has found an exporter.
TARGET_LABELS = "job, instance, namespace, pod, container, service, endpoint, node"


def tags(title, series, name, heading, hidden=()):
    """The series of a family of tags, with a column for each tag."""
    return kit.table(
        title,
        "The tags selected by tags.labels in the exporter's configuration, one column each.",
        # The names of the tags are not known here, so all others are named.
        [kit.column("tags", f"max without ({TARGET_LABELS}) {series}")],
        [(name, kit.label(heading)), REGION, ACCOUNT],
        sort=[(heading, False)],
        labels=["Value", *hidden],
        overrides=[kit.like("tag_.*", unit="string", noValue=kit.BLANK)],
        empty="No tags: tags.labels is not configured",
    )
