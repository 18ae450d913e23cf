"""When a firewall rule applies: words such as `weekdays 22:00-06:00` as the controller's schedule.

Pure. Times are the controller's local times; a span that ends before it starts runs past midnight.
"""

import re
from typing import Any

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_GROUPS = {
    "weekday": _DAYS[:5],
    "weekdays": _DAYS[:5],
    "weekend": _DAYS[5:],
    "weekends": _DAYS[5:],
    "daily": _DAYS,
    "everyday": _DAYS,
    "night": _DAYS,
    "nights": _DAYS,
}
_CLOCK = r"(midnight|noon|\d{1,2}(?::[0-5]\d)?\s*(?:am|pm)?)"
_SPAN = re.compile(rf"(?:from|between)?\s*{_CLOCK}\s*(?:-|–|to|until|till|and)\s*{_CLOCK}")
_FILLERS = frozenset({"every", "each", "day", "days", "on", "and", "at", "from", "the", "only"})
_NOON, _DAY_HOURS, _DAY_MINUTES = 12, 24, 1440


def schedule_of(text: str) -> dict[str, Any] | None:
    """Return the schedule that a text means; None when it cannot be read as one."""
    words = text.casefold().strip()
    found = _SPAN.search(words)
    if found is None:
        return None
    start, end = _minutes(found[1]), _minutes(found[2])
    days = _days(words[: found.start()] + " " + words[found.end() :])
    if start is None or end is None or start == end or days is None:
        return None
    return {
        "mode": "EVERY_DAY" if len(days) == len(_DAYS) else "EVERY_WEEK",
        "time_all_day": False,
        "time_range_start": _clock(start),
        "time_range_end": _clock(end),
        "repeat_on_days": list(days) if len(days) < len(_DAYS) else [],
    }


def _minutes(text: str) -> int | None:
    """Read a time of day as minutes; None when there is no such time."""
    if text in {"midnight", "noon"}:
        return 0 if text == "midnight" else _NOON * 60
    digits = text.rstrip("apm ").strip()
    hours, _, minutes = digits.partition(":")
    hour = int(hours)
    half = text[len(digits) :].strip()
    if half and not 1 <= hour <= _NOON:
        return None
    if half:
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    total = hour * 60 + int(minutes or 0)
    return total % _DAY_MINUTES if total <= _DAY_HOURS * 60 else None


def _days(rest: str) -> tuple[str, ...] | None:
    """Read the days named around a span; all when none is named, None when a word is unknown."""
    named: set[str] = set()
    for word in re.findall(r"[a-z]+", rest):
        if word in _FILLERS:
            continue
        if word in _GROUPS:
            named.update(_GROUPS[word])
        elif word[:3] in _DAYS and _FULL[word[:3]].startswith(word.removesuffix("s")):
            named.add(word[:3])
        else:
            return None
    return tuple(day for day in _DAYS if day in named) or _DAYS


_FULL = dict(
    zip(
        _DAYS,
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        strict=True,
    )
)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
