"""The questions, as PromQL.

Every series is reduced to the labels that identify it before it is used, so two
exporters of one account, or one that moved to another address, do not count twice.

A slot is capacity for one session. Its unit depends on the type of the fleet:

- an instance of a fleet whose instances take one session each,
- a session slot of a fleet whose instances take several,
- one of the concurrent sessions of an elastic fleet.

Utilisation is the share of slots in use, as CloudWatch's CapacityUtilization.
"""

import pathlib
import re

RULES = pathlib.Path(__file__).resolve().parents[2] / "deploy/prometheus/rules/recording.yaml"


def threshold(name):
    """A threshold of the alerts. Colours take no expression, so what it is now is written into the dashboards."""
    found = re.search(rf"record: appstream:threshold_{name}\n +expr: vector\(([0-9.]+)\)", RULES.read_text("utf-8"))
    if not found:
        raise ValueError(f"{RULES} has no threshold {name}")
    value = float(found[1])
    return int(value) if value.is_integer() else value


# From this share of slots in use on, a fleet or pool is called nearly full.
NEARLY_FULL = threshold("busy:ratio")
# Less than this before it is cut off, a session's user should be told.
CUTOFF = threshold("cutoff:seconds")
# A builder that runs for longer is one that somebody forgot.
BUILDER = threshold("builder:seconds")
# A base image that is older lacks updates.
BASE_IMAGE = threshold("base_image:seconds")
# From this part on, a quota is nearly used up.
QUOTA = threshold("quota:ratio")
# Data that is so many refresh intervals old is late.
STALE = threshold("stale:intervals")

FLEET = "aws_account_id, aws_region, fleet"
POOL = "aws_account_id, aws_region, pool_id, pool_name"
PLACE = 'aws_account_id=~"$account", aws_region=~"$region"'
FLEET_CHOSEN = 'fleet=~"$fleet"'
STACK_CHOSEN = 'stack=~"$stack"'
POOL_CHOSEN = 'pool_name=~"$pool"'

# These errors say no more than the state does.
NOT_STOPPED = 'error_code!~"FLEET_STOPPED|WORKSPACES_POOL_STOPPED"'

# Errors by which AWS says that it was asked too fast.
THROTTLED = 'error_code=~".*Thrott.*|TooManyRequests.*|.*LimitExceeded.*|SlowDown"'


def _matchers(*parts):
    return "{" + ", ".join(part for part in parts if part) + "}"


def fleet(family, more=""):
    """A family of fleets, one series for each fleet."""
    return f"max by ({FLEET}) ({family}{_matchers(PLACE, FLEET_CHOSEN, more)})"


def fleet_peak(family):
    """The highest value of the past day, one series for each fleet."""
    return f"max by ({FLEET}) (max_over_time({family}{_matchers(PLACE, FLEET_CHOSEN)}[1d]))"


def pool(family, more=""):
    """A family of pools, one series for each pool."""
    return f'max by ({POOL}) ({family}{_matchers(PLACE, POOL_CHOSEN, more)})'


def pairs(family, more=""):
    """A family of fleets in stacks, one series for each pair."""
    return f'max by ({FLEET}, stack) ({family}{_matchers(PLACE, FLEET_CHOSEN, STACK_CHOSEN, more)})'


def pairs_hourly(family):
    """The increase of a counter of fleets in stacks in an hour, one series for each pair."""
    return f"max by ({FLEET}, stack) (increase({family}{_matchers(PLACE, FLEET_CHOSEN, STACK_CHOSEN)}[1h]))"


def pools_hourly(family):
    """The same of pools, one series for each pool."""
    return f"max by ({POOL}) (increase({family}{_matchers(PLACE, POOL_CHOSEN)}[1h]))"


def fleets_hourly(family, by=""):
    """The same of fleets, one series for each fleet and each value of further labels."""
    return f"max by ({FLEET}{by}) (increase({family}{_matchers(PLACE, FLEET_CHOSEN)}[1h]))"


def sessions(by, more="", stack=STACK_CHOSEN):
    """Streaming sessions, summed by these labels."""
    each = f"{FLEET}, stack, authentication_type, state, connection_state"
    counted = f'max by ({each}) (appstream_sessions{_matchers(PLACE, FLEET_CHOSEN, stack, more)})'
    return f"sum by ({by}) ({counted})" if by else f"sum({counted})"


def pool_sessions(by, more=""):
    """Sessions of pools, summed by these labels."""
    each = f"{POOL}, authentication_type, connection_state"
    counted = f'max by ({each}) (workspaces_pool_sessions{_matchers(PLACE, POOL_CHOSEN, more)})'
    return f"sum by ({by}) ({counted})" if by else f"sum({counted})"


# Capacity of fleets, in slots

FLEET_EXISTS = fleet("appstream_fleet_state")
_ELASTIC = fleet("appstream_fleet_max_concurrent_sessions")
_OPEN = sessions(FLEET, 'state!="EXPIRED"', stack="")
_IN_USE = fleet("appstream_fleet_instances_in_use")
_AVAILABLE = fleet("appstream_fleet_instances_available")

USED = f"""(
  ({_OPEN} and {_ELASTIC})
  or {fleet("appstream_fleet_user_sessions_active")}
  or {_IN_USE}
)"""
FREE = f"""(
  clamp_min({_ELASTIC} - {_OPEN}, 0)
  or {fleet("appstream_fleet_user_sessions_available")}
  or {_AVAILABLE}
)"""
CAPACITY = f"""(
  {_ELASTIC}
  or {fleet("appstream_fleet_user_sessions_actual")}
  or ({_AVAILABLE} + {_IN_USE})
)"""
DESIRED = f"""(
  {_ELASTIC}
  or {fleet("appstream_fleet_user_sessions_desired")}
  or {fleet("appstream_fleet_instances_desired")}
)"""
PREPARED = f"clamp_min({DESIRED} - {CAPACITY}, 0)"
UTILISATION = f"{USED} / ({CAPACITY} > 0)"

# The limits of Application Auto Scaling are in slots too. Without a scalable target, the
# maximum is the most that a fleet was asked to have in the past day. Elastic fleets have a
# limit of their own.
MINIMUM = fleet("appstream_fleet_scaling_min_capacity")
MAXIMUM = f"""(
  {_ELASTIC}
  or {fleet("appstream_fleet_scaling_max_capacity")}
  or ({fleet_peak("appstream_fleet_user_sessions_desired")} and {FLEET_EXISTS})
  or ({fleet_peak("appstream_fleet_instances_desired")} and {FLEET_EXISTS})
)"""

RUNNING = fleet("appstream_fleet_state", 'state="RUNNING"')
NO_FREE = f"({FREE} <= 0 and {RUNNING} == 1 unless {DESIRED} == 0)"
CHANGING = fleet("appstream_fleet_state", 'state=~"STARTING|STOPPING"')
FLEET_ERRORS = (
    f'sum by ({FLEET}) (max by ({FLEET}, error_code) '
    f'(appstream_fleet_errors{_matchers(PLACE, FLEET_CHOSEN, NOT_STOPPED)}))'
)
STACK_ERRORS = (
    'sum by (aws_account_id, aws_region, stack) (max by (aws_account_id, aws_region, stack, error_code) '
    f'(appstream_stack_errors{_matchers(PLACE, STACK_CHOSEN)}))'
)

# Capacity of pools

POOL_USED = pool("workspaces_pool_user_sessions_active")
POOL_FREE = pool("workspaces_pool_user_sessions_available")
POOL_CAPACITY = pool("workspaces_pool_user_sessions_actual")
POOL_DESIRED = pool("workspaces_pool_user_sessions_desired")
POOL_UTILISATION = f"{POOL_USED} / ({POOL_CAPACITY} > 0)"
POOL_MINIMUM = pool("workspaces_pool_scaling_min_capacity")
POOL_MAXIMUM = pool("workspaces_pool_scaling_max_capacity")
POOL_PREPARED = f"clamp_min({POOL_DESIRED} - {POOL_CAPACITY}, 0)"
POOL_EXISTS = pool("workspaces_pool_state")
POOL_RUNNING = pool("workspaces_pool_state", 'state="RUNNING"')
POOL_NO_FREE = f"({POOL_FREE} <= 0 and {POOL_RUNNING} == 1 unless {POOL_DESIRED} == 0)"
POOL_CHANGING = pool("workspaces_pool_state", 'state!~"RUNNING|STOPPED"')
POOL_ERRORS = (
    f'sum by ({POOL}) (max by ({POOL}, error_code) '
    f'(workspaces_pool_errors{_matchers(PLACE, POOL_CHOSEN, NOT_STOPPED)}))'
)

# What needs attention: the first that is true.
NO_SLOT, ERRORS, NEARLY, CHANGES, FINE, EMPTY, STOPPED = 4, 3, 2, 1, 0, -1, -2


def _attention(no_free, desired, running, errors, utilisation, changing, exists):
    return f"""(
  {NO_SLOT} + 0 * {no_free}
  or {ERRORS} + 0 * ({errors} > 0)
  or {NEARLY} + 0 * ({utilisation} >= {NEARLY_FULL} and {running} == 1)
  or {CHANGES} + 0 * ({changing} == 1)
  or {EMPTY} + 0 * ({desired} == 0 and {running} == 1)
  or {FINE} * ({running} == 1)
  or {STOPPED} + 0 * {exists}
)"""


ATTENTION = _attention(NO_FREE, DESIRED, RUNNING, FLEET_ERRORS, UTILISATION, CHANGING, FLEET_EXISTS)
POOL_ATTENTION = _attention(
    POOL_NO_FREE, POOL_DESIRED, POOL_RUNNING, POOL_ERRORS, POOL_UTILISATION, POOL_CHANGING, POOL_EXISTS
)


def or_zero(expr, exists):
    """`expr`, or 0 where it has no series but `exists` has: what is not known is not 0."""
    return f"{expr} or 0 * {exists}"


def one_of(by, label, family):
    """Which value of a set of states holds. Two exporters may differ for a moment: one of theirs."""
    return f"topk by ({by}) (1, max by ({by}, {label}) ({family}) == 1)"


def age(matchers):
    """Age of the oldest collector, in refresh intervals of its exporter."""
    last = f"appstream_exporter_collector_last_success_timestamp_seconds{matchers}"
    interval = "max by (job, instance) (appstream_exporter_refresh_interval_seconds)"
    each = f"(time() - {last}) / on (job, instance) group_left () {interval}"
    return f"max(min by (target, aws_region, collector) ({each}))"


# The exporter itself

EXPORTER = 'job=~"$job", instance=~"$instance"'
SITE = f'{EXPORTER}, target=~"$target", aws_region=~"$region"'


def site(family, more=""):
    """A family of the exporter that has a target and a region."""
    return f"{family}{_matchers(SITE, more)}"


def exporter(family, more=""):
    """A family of the process."""
    return f"{family}{_matchers(EXPORTER, more)}"
