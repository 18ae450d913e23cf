"""Say how what is so already, and has no end, is given one: with the very words that order it.

Pure. Nothing is promised here: the words are an order of their own, with a yes of their own.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from cortex.fabric.activator.schedule import Schedule
from cortex.fabric.messages import Plan
from cortex.fabric.routing.timing.phrasing import length
from cortex.fabric.routing.timing.spoken import timing_of
from cortex.fabric.routing.timing.when import Timed

NO_UNDO: Final = "Nothing will be undone later."
_ENDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "block_client": "unblock client {id}",
        "unblock_client": "block client {id}",
        "set_wlan_enabled": "turn {other} wifi {name}",
        "set_firewall_rule_enabled": "turn {other} firewall rule {name}",
        "set_port_forward_enabled": "turn {other} port forward {name}",
    }
)
_QUOTE: Final = '"'


def no_end(plan: Plan, schedule: Schedule) -> str:
    """Say that what is as wanted stays so, and which words end it at the moment that was meant."""
    order = _order(plan)
    if not order or schedule.undo_at is None:
        return NO_UNDO
    query = f"{order} {_moment(schedule, order, schedule.undo_at)}"
    return f'It has no end: nothing will be undone later. To end it then, ask "{query}".'


def _order(plan: Plan) -> str:
    """Order the opposite of a call on the same thing; empty where no words say exactly that."""
    words = _ENDS.get(plan.tool, "")
    if len(plan.targets) != 1 or _QUOTE in plan.targets[0].name:
        return ""
    [target] = plan.targets
    other = "off" if plan.arguments.get("enabled") else "on"
    return words.format(id=target.mac or target.id, name=target.name, other=other)


def _moment(schedule: Schedule, order: str, undo_at: float) -> str:
    """Say when, so that it is read as it was meant."""
    if schedule.lasts_s is not None:
        words = f"in {length(schedule.lasts_s)}"
        if isinstance(timing_of(f"{order} {words}"), Timed):
            return words
    # Words tell minutes: the end comes rather later than sooner.
    end = datetime.fromtimestamp(undo_at, UTC) + timedelta(seconds=59)
    local = end.astimezone(ZoneInfo(schedule.zone))
    if (local.hour, local.minute) == (0, 0):
        # Midnight may begin or end its day, so that it is asked about and not done.
        local = local.replace(minute=1)
    return f"on {local:%Y-%m-%d at %H:%M}"
