"""Names in the rules for Prometheus that values can refer to."""

import re


def names(texts):
    """Alerts, and recording rules that are thresholds."""
    text = "\n".join(texts)
    return {
        "alerts": sorted(re.findall(r"- alert: (\S+)", text)),
        "thresholds": sorted(re.findall(r"- record: (\S*:threshold_\S+)", text)),
    }
