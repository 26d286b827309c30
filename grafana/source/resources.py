"""Builders, images and quotas: what costs money unseen, gets old, or runs out."""

from . import kit, promql as q
from .kit import BLUE, GREY, ORANGE, VERMILION, YELLOW
from .shared import ACCOUNT, LINKS, NONE_IS_GOOD, REGION, RESOURCES, account_and_region, data_age_of

PLACE = "aws_account_id, aws_region"
# An account can have these without a fleet.
SHOWN = (
    "appstream_(image_builder|app_block_builder|image|directory_config)_info|appstream_quota_limit"
    "|appstream_usage_report_last_generated_timestamp_seconds"
)
IMAGE = f"{PLACE}, image, visibility"
QUOTA = f"{PLACE}, quota_code, quota"
STATES = kit.texts((3, "Running", BLUE), (2, "Failed", VERMILION), (1, "Stopped", GREY), (0, "Busy", YELLOW))
LATEST = kit.texts((1, "latest", "text"), (0, "old", ORANGE))
QUOTA_STEPS = kit.steps((q.QUOTA, ORANGE), (1, VERMILION))


def family(name, by, more=""):
    """A family of this account and region, one series for each of these labels."""
    matchers = ", ".join(part for part in (q.PLACE, more) if part)
    return f"max by ({by}) ({name}{{{matchers}}})"


def errors(name, by):
    """Errors that AWS reports, over all codes."""
    return f"sum by ({by}) ({family(name, f'{by}, error_code')})"


class Builders:
    """Image builders or app block builders."""

    def __init__(self, label, title):
        self.prefix, self.label, self.title = f"appstream_{label}_", label, title
        self.by = f"{PLACE}, {label}"

    def family(self, name, more=""):
        return family(self.prefix + name, self.by, more)

    def running(self):
        return self.family("state", 'state="RUNNING"')

    def exists(self):
        return self.family("state")

    def ran(self):
        """Seconds of the past day in which each was running, seen every five minutes."""
        return q.or_zero(f"300 * sum_over_time({self.running()}[1d:5m])", self.exists())

    def state(self):
        """Its state as a number of STATES."""
        numbers = ((3, "RUNNING"), (2, "FAILED"), (1, "STOPPED"))
        states = "\nor ".join(
            f"{number} * " + family(self.prefix + "state", f"{self.by}, state", f'state="{name}"')
            for number, name in numbers
        )
        return f"max by ({self.by}) (\n{states}\n)"

    def table(self, info, columns, fields):
        """One row for each builder."""
        return kit.table(
            f"{self.title}s",
            f"Each {self.title.lower()}, how long it was running in the past 24 hours, and when it was created. A "
            "running builder costs money even if it is not used.",
            [
                kit.column("state", q.one_of(self.by, "state", f"{self.prefix}state{{{q.PLACE}}}")),
                kit.column("ran", self.ran()),
                kit.column("info", family(self.prefix + "info", f"{self.by}, {info}")),
                kit.column("errors", q.or_zero(errors(self.prefix + "errors", self.by), self.exists())),
                kit.column("created", self.family("created_timestamp_seconds") + " * 1000"),
                *columns,
            ],
            [
                (self.label, kit.label("Builder")),
                ("state", kit.label("State")),
                ("Value #ran", kit.filled(
                    "Ran in 24 hours", "s", thresholds=kit.steps((q.BUILDER, ORANGE), base="transparent")
                )),
                ("display_name", kit.label("Display name")),
                ("instance_type", kit.label("Instance type")),
                ("platform", kit.label("Platform")),
                *fields,
                ("Value #errors", kit.filled(
                    "Errors", thresholds=kit.steps((1, VERMILION), base="transparent")
                )),
                ("Value #created", kit.plain("Created", "dateTimeAsIso")),
                REGION,
                ACCOUNT,
            ],
            sort=[("Ran in 24 hours", True)],
            empty=f"No {self.title.lower()}",
        )


IMAGE_BUILDERS = Builders("image_builder", "Image builder")
APP_BLOCK_BUILDERS = Builders("app_block_builder", "App block builder")
BOTH = (IMAGE_BUILDERS, APP_BLOCK_BUILDERS)
ANY_BUILDER = f"count({' or '.join(builders.exists() for builders in BOTH)})"
BASE_AGE = f"time() - {family('appstream_image_base_released_timestamp_seconds', IMAGE)}"
AGENT_LATEST = family("appstream_image_agent_latest", IMAGE)
USED = f"{family('appstream_quota_usage', QUOTA)}\n/ ({family('appstream_quota_limit', QUOTA)} > 0)"


def first_row():
    running = " or ".join(f"{builders.running()} == 1" for builders in BOTH)
    long = " or ".join(f"({builders.ran()}) > {q.BUILDER}" for builders in BOTH)
    return 4, [
        (4, kit.stat(
            "Running builders",
            "Running image builders and app block builders, which cost money.",
            "none",
            kit.now(q.or_zero(f"count({running})", ANY_BUILDER), "Builders"),
            kit.steps(),
            empty="No builder",
        )),
        (4, kit.stat(
            f"Builders that ran for {q.BUILDER // 3600} hours",
            f"Builders that were running for more than {q.BUILDER // 3600} of the past 24 hours.",
            "none",
            kit.now(q.or_zero(f"count({long})", ANY_BUILDER), "Builders"),
            kit.steps((1, ORANGE)),
            empty="No builder",
        )),
        (4, kit.stat(
            "Images with an old agent",
            "Images that fleets and image builders use and that do not have the latest AppStream agent.",
            "none",
            kit.now(q.or_zero(f"count({AGENT_LATEST} == 0)", f"count({AGENT_LATEST})"), "Images"),
            kit.steps((1, ORANGE)),
            empty="No image",
        )),
        (4, kit.stat(
            "Oldest base image",
            "Age of the oldest base image of the images in use, since AWS released it.",
            "s",
            kit.now(f"max({BASE_AGE})", "Age"),
            kit.steps((q.BASE_IMAGE, ORANGE)),
            decimals=0,
            empty="No image",
        )),
        (4, kit.stat(
            "Fullest quota",
            "Usage of the fullest quota. At 100 %, AWS rejects requests for more.",
            "percentunit",
            kit.now(f"max({USED})", "Used"),
            QUOTA_STEPS,
            decimals=0,
            empty="No usage is known",
        )),
        (4, data_age_of("appstream_(builders|images|account)|quotas")),
    ]


def image_builder_row():
    latest = kit.column("latest", IMAGE_BUILDERS.family("agent_latest"))
    return 8, [(24, IMAGE_BUILDERS.table(
        "instance_type, platform, image, agent_version, display_name",
        [latest],
        [
            ("image", kit.label("Image")),
            ("agent_version", kit.label("Agent")),
            ("Value #latest", kit.filled("Agent is", mappings=LATEST)),
        ],
    ))]


def app_block_builder_row():
    names = "{{image_builder}}{{app_block_builder}} · {{aws_region}} · {{aws_account_id}}"
    return 8, [
        (14, APP_BLOCK_BUILDERS.table("instance_type, platform, display_name", [], [])),
        (10, kit.timeline(
            "State of builders",
            "Each builder over time. Busy means any other state, such as starting, updating its agent or creating an "
            "image.",
            kit.series(" or ".join(builders.state() for builders in BOTH), names),
            STATES,
            empty="No builder",
        )),
    ]


def image_row():
    info = "platform, agent_version, base_image, image_type, display_name"
    return 9, [(24, kit.table(
        "Images in use",
        "Images that fleets and image builders use. The age of the base image is the time since AWS released it.",
        [
            kit.column("state", q.one_of(IMAGE, "state", f"appstream_image_state{{{q.PLACE}}}")),
            kit.column("age", BASE_AGE),
            kit.column("latest", AGENT_LATEST),
            kit.column("info", family("appstream_image_info", f"{IMAGE}, {info}")),
            kit.column(
                "errors", q.or_zero(errors("appstream_image_errors", IMAGE), family("appstream_image_state", IMAGE))
            ),
            kit.column("created", family("appstream_image_created_timestamp_seconds", IMAGE) + " * 1000"),
        ],
        [
            ("image", kit.label("Image")),
            ("visibility", kit.label("Visibility")),
            ("state", kit.label("State")),
            ("base_image", kit.label("Base image")),
            ("Value #age", kit.filled(
                "Age of base image", "s", decimals=0,
                thresholds=kit.steps((q.BASE_IMAGE, ORANGE), base="transparent"),
            )),
            ("agent_version", kit.label("Agent")),
            ("Value #latest", kit.filled("Agent is", mappings=LATEST)),
            ("platform", kit.label("Platform")),
            ("image_type", kit.label("Type")),
            ("display_name", kit.label("Display name")),
            ("Value #errors", kit.filled("Errors", thresholds=kit.steps((1, VERMILION), base="transparent"))),
            ("Value #created", kit.plain("Created", "dateTimeAsIso")),
            REGION,
            ACCOUNT,
        ],
        sort=[("Age of base image", True)],
        empty="No image",
    ))]


def quota_row():
    return 9, [
        (13, kit.table(
            "Quotas, fullest first",
            "Usage counted by the exporter, and the limit from Service Quotas. No usage is shown while a counted "
            "fleet is starting or stopping.",
            [
                kit.column("part", USED),
                kit.column("usage", family("appstream_quota_usage", QUOTA)),
                kit.column("limit", family("appstream_quota_limit", QUOTA)),
            ],
            [
                ("quota", kit.label("Quota")),
                ("Value #part", kit.bar("Used", QUOTA_STEPS)),
                ("Value #usage", kit.plain("Usage")),
                ("Value #limit", kit.plain("Limit")),
                ("quota_code", kit.label("Code")),
                REGION,
                ACCOUNT,
            ],
            sort=[("Used", True)],
            empty="No quota",
        )),
        (11, kit.graph(
            "Quota usage",
            "Usage of each quota as a share of its limit.",
            "percentunit",
            [kit.series(USED, "{{quota}} · {{aws_region}} · {{aws_account_id}}")],
            color=kit.BY_VALUE,
            thresholds=kit.steps((q.QUOTA, ORANGE)),
            empty="No usage is known",
        )),
    ]


def account_row():
    directory = f"{PLACE}, directory, certificate_based_auth"
    report = family("appstream_usage_report_last_generated_timestamp_seconds", f"{PLACE}, schedule")
    kinds = [
        ("Image builder", "appstream_image_builder_errors", VERMILION),
        ("App block builder", "appstream_app_block_builder_errors", YELLOW),
        ("Image", "appstream_image_errors", ORANGE),
        ("Usage report", "appstream_usage_report_errors", BLUE),
    ]
    labels = ("image_builder, ", "app_block_builder, ", "image, visibility, ", "")
    return 8, [
        (8, kit.table(
            "Directory configs",
            "Active Directory domains that fleets and image builders can join, and whether users sign in by "
            "certificate.",
            [kit.column("directory", family("appstream_directory_config_info", directory))],
            [
                ("directory", kit.label("Directory")),
                ("certificate_based_auth", kit.label("Sign-in by certificate")),
                REGION,
                ACCOUNT,
            ],
            sort=[("Directory", False)],
            labels=["Value"],
            empty="No directory config",
        )),
        (8, kit.table(
            "Usage reports",
            "When AWS last wrote a usage report to S3.",
            [kit.column("age", f"time() - {report}"), kit.column("at", f"{report} * 1000")],
            [
                ("schedule", kit.label("Schedule")),
                ("Value #age", kit.plain("Time since", "s", decimals=1)),
                ("Value #at", kit.plain("Last report", "dateTimeAsIso")),
                REGION,
                ACCOUNT,
            ],
            sort=[("Time since", True)],
            empty="No usage report",
        )),
        (8, kit.graph(
            "Errors that AWS reports",
            "Errors of builders, images and usage reports, by code.",
            "none",
            [
                kit.series(
                    f"sum by (error_code) ({family(name, f'{PLACE}, {label}error_code')})", f"{kind}: {{{{error_code}}}}", ref
                )
                for ref, label, (kind, name, _) in zip("ABCD", labels, kinds)
            ],
            overrides=[kit.paint_like(f"{kind}: .*", color) for kind, _, color in kinds],
            bars=True,
            stacked=True,
            empty="No error is known",
        )),
    ]


def build():
    return kit.dashboard(
        RESOURCES,
        "AppStream / Builders, images and quotas",
        "Running builders, old images, nearly used quotas, and account health.",
        account_and_region("", SHOWN),
        LINKS,
        [
            first_row(),
            image_builder_row(),
            app_block_builder_row(),
            image_row(),
            quota_row(),
            account_row(),
        ],
    )
