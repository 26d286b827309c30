"""Rows about sessions that start and end, of fleets and of pools."""

from . import kit, promql as q
from .kit import BLUE, ORANGE, PINK, TEAL


def row(hourly, chosen, started, ended, duration, more=()):
    """Starts and ends in an hour, and how long sessions last, of the fleets or pools that are chosen.

    `hourly` gives the increase of a counter in an hour; `started`, `ended` and `duration` are families.
    """
    def quantile(number):
        def of(family, le):
            ended = f"increase({family}{{{q.PLACE}, {chosen}}}[6h])"
            return f"histogram_quantile({number}, sum{le} ({ended}))"
        return f"({of(duration, '')} or {of(f'{duration}_bucket', ' by (le)')}) >= 0"

    width = (24 - sum(size for size, _ in more)) // 2
    return 8, [
        (width, kit.graph(
            "Session starts and ends per hour",
            "Sessions that started or ended within the last hour.",
            "none",
            [kit.series(hourly(started), "Started", "A"), kit.series(hourly(ended), "Ended", "B")],
            overrides=[kit.paint("Started", BLUE), kit.paint("Ended", ORANGE)],
            empty="No sessions read",
        )),
        (width, kit.graph(
            "Session duration",
            "Median and 95th percentile of the duration of sessions that ended within the last six hours.",
            "s",
            [kit.series(quantile(0.5), "Median", "A"), kit.series(quantile(0.95), "95th percentile", "B")],
            overrides=[kit.paint("Median", TEAL), kit.paint("95th percentile", PINK)],
            empty="No session has ended",
        )),
        *more,
    ]
