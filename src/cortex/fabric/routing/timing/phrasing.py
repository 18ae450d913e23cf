"""A time as people read it: in a preview before the yes, and in the list of what is to come.

Every moment is said in full, day and zone included, so that a wrong reading is seen.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from cortex.fabric.routing.timing.when import Clock, Every, Plan

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_RUN = 3
_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def phrase(plan: Plan, now: datetime) -> str:
    """Say a plan in words: "until Tue 24 Nov 07:00 (Europe/Vienna)"."""
    zone = plan.zone
    starts = plan.starts_at and moment(plan.starts_at, zone, now)
    ends = plan.undo_at and moment(plan.undo_at, zone, now)
    if plan.every:
        said = f"{repetition(plan.every)} ({zone.key}), first on {starts}"
    elif starts and ends:
        said = f"from {starts} until {ends} ({zone.key})"
    else:
        said = f"on {starts} ({zone.key})" if starts else f"until {ends} ({zone.key})"
    return f"{said}, if I read the time right" if plan.assumed else said


def moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Say a moment in a zone: "Tue 24 Nov 07:00"; the year if it is another one than now."""
    local = at.astimezone(zone)
    year = f" {local.year}" if local.year != now.astimezone(zone).year else ""
    seconds = f":{local.second:02}" if local.second else ""
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    named = f" {local.tzname()}" if twice else ""
    day = f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}{year}"
    return f"{day} {local.hour:02}:{local.minute:02}{seconds}{named}"


def repetition(every: Every) -> str:
    """Say how an order is repeated: "every Sun–Thu at 21:30, undone at 07:00"."""
    said = f"every {_days(every.days)} at {_clock(every.at)}"
    if every.until:
        return f"{said}, undone at {_clock(every.until)}"
    return f"{said} for {length(every.seconds)}" if every.seconds else said


def length(seconds: int) -> str:
    """Say a length of time: "1 hour 30 minutes"."""
    parts = list[str]()
    for size, name in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}{'s' * (count > 1)}")
    return " ".join(parts)


def _clock(clock: Clock) -> str:
    return f"{clock.hour:02}:{clock.minute:02}"


def _days(days: frozenset[int]) -> str:
    """Say weekdays; three or more in a row as a range, which may pass Sunday."""
    if len(days) == len(_DAYS):
        return "day"
    for first in sorted(days):
        run = [(first + ahead) % 7 for ahead in range(len(days))]
        if len(days) >= _RUN and set(run) == days:
            return f"{_DAYS[run[0]]}–{_DAYS[run[-1]]}"
    return ", ".join(_DAYS[day] for day in sorted(days))
