"""The time that a reading looks back over: a span that ends now, or one day of the site.

Days and moments are the site's own where its time zone can be read, else those of UTC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.wording import spelled

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, and how it is told."""

    since: datetime
    until: datetime
    words: str
    """As in `12 events <words>.`."""
    zone: tzinfo
    """In which its moments are told."""


async def window_of(call: Call, default: timedelta) -> Window:
    """Return the window of a call: its `day`, or the span `since` that ends now."""
    now = datetime.fromtimestamp(call.now, UTC)
    zone = await call.inventory.zone()
    if call.get("day"):
        return _day(call.get("day"), now.astimezone(zone))
    back = timedelta(seconds=call.get("since")) if call.get("since") else default
    return Window(now - back, now, f"in the last {_back(back)}", zone)


def _back(span: timedelta) -> str:
    return "24 hours" if span == _DAY else spelled(round(span.total_seconds()))


def _day(day: str, now: datetime) -> Window:
    date = now.date() - (_DAY if day == "yesterday" else timedelta())
    # Each midnight is taken for itself, because a day of a clock change has no 24 hours.
    start, end = (datetime.combine(one, time(), now.tzinfo) for one in (date, date + _DAY))
    last = min(end - timedelta(milliseconds=1), now)
    return Window(start, last, f"{day} ({date}, {now:%Z})", now.tzinfo or UTC)
