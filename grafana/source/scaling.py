"""How far fleets or pools can scale, when they did, and when they refused: panels for both."""

from . import kit, promql as q
from .kit import ORANGE
from .shared import ACCOUNT, REGION


def rows(prefix, by, chosen, named, hidden=()):
    """Panels of the families with this prefix; `named` is the column with the name, `hidden` has labels without one."""

    def family(name, *more):
        return f"max by ({', '.join([by, *more])}) ({prefix}{name}{{{q.PLACE}, {chosen}}})"

    def table(title, description, columns, fields, *, sort, empty):
        return kit.table(
            title, description, columns, [named, *fields, REGION, ACCOUNT], sort=sort, labels=hidden, empty=empty
        )

    def moments(title, description, moment, column, *, empty):
        """When something last happened, by a label."""
        return table(
            title,
            description,
            [kit.column("age", f"time() - {moment}"), kit.column("at", f"{moment} * 1000")],
            [
                column,
                ("Value #age", kit.plain("Time since", "s", decimals=1)),
                ("Value #at", kit.plain("At", "dateTimeAsIso")),
            ],
            sort=[("Time since", False)],
            empty=empty,
        )

    return [
        (8, [
            (11, table(
                "Scaling limits",
                "Minimum and maximum of Application Auto Scaling, its policies, and the number of suspended "
                "activities: scale-in, scale-out, scheduled.",
                [
                    kit.column("min", family("scaling_min_capacity")),
                    kit.column("max", family("scaling_max_capacity")),
                    kit.column("policies", f"sum by ({by}) ({family('scaling_policies', 'policy_type')})"),
                    kit.column("suspended", f"sum by ({by}) ({family('scaling_suspended', 'activity')})"),
                ],
                [
                    ("Value #min", kit.plain("Minimum")),
                    ("Value #max", kit.plain("Maximum")),
                    ("Value #policies", kit.plain("Policies")),
                    ("Value #suspended", kit.filled(
                        "Suspended", thresholds=kit.steps((1, ORANGE), base="transparent")
                    )),
                ],
                sort=[("Suspended", True)],
                empty="No scalable target",
            )),
            (13, table(
                "Scheduled actions",
                "Scheduled changes of the scaling limits. A limit that an action does not change is empty.",
                [
                    kit.column("info", family("scheduled_action_info", "scheduled_action", "schedule", "timezone")),
                    kit.column("min", family("scheduled_action_min_capacity", "scheduled_action")),
                    kit.column("max", family("scheduled_action_max_capacity", "scheduled_action")),
                ],
                [
                    ("scheduled_action", kit.label("Action")),
                    ("schedule", kit.label("Schedule")),
                    ("timezone", kit.label("Time zone")),
                    ("Value #min", kit.plain("Minimum")),
                    ("Value #max", kit.plain("Maximum")),
                ],
                sort=[("Action", False)],
                empty="No scheduled action",
            )),
        ]),
        (7, [
            (12, moments(
                "Scaling activities",
                "Time of the last scaling activity, by status.",
                family("scaling_last_activity_timestamp_seconds", "status"),
                ("status", kit.label("Status")),
                empty="No scaling activity",
            )),
            (12, moments(
                "Refused scaling",
                "Time of the last change that Application Auto Scaling did not make, by reason, such as "
                "AlreadyAtMaxCapacity.",
                family("scaling_last_not_scaled_timestamp_seconds", "reason"),
                ("reason", kit.label("Reason")),
                empty="Scaling was never refused",
            )),
        ]),
    ]
