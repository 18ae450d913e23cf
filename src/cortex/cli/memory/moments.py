"""Read a moment that a person wrote: a time, a day, or how long ago."""

import re
from datetime import UTC, datetime, time, timedelta

from cortex.errors import Malformed
from cortex.settings.values import Unreadable, duration

_AGO = re.compile(r"(.+?)\s+ago", re.IGNORECASE)
_SPAN = re.compile(r"(\d+(?:\.\d+)?\s*[dhms].*)", re.IGNORECASE)
"""A span that says its unit."""
_SPELLED = re.compile(
    r"(?<=\d)\s*(d|h|m|s)(?:ays?|ours?|rs?|in(?:ute)?s?|ec(?:ond)?s?)?(?![a-z])[\s,]*",
    re.IGNORECASE,
)
"""A unit of time, short or spelled out, with the spaces around it."""


_DAYS = {"today": 0, "yesterday": 1}
"""Days by their names, and how many of them ago."""


def when(said: str, now: datetime) -> str:
    """Read a moment, absolute or so long ago, as ISO 8601 in UTC; a bare time is a local one.

    A day by its name is its first moment, and a bare span as `2h` is so long ago.

    Raises:
        Malformed: it is neither.

    """
    plain = said.strip()
    try:
        if (back := _DAYS.get(plain.lower())) is not None:
            moment = datetime.combine(now.astimezone().date() - timedelta(days=back), time())
        elif ago := _AGO.fullmatch(plain) or _SPAN.fullmatch(plain):
            moment = now - duration(_SPELLED.sub(r"\1", ago[1]))
        else:
            moment = datetime.fromisoformat(plain)
        return moment.astimezone(UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, Unreadable) as error:
        message = f"{said!r} is no time"
        hint = 'write today, yesterday, 2h or "2h ago", 3d, or 2026-11-22T18:00'
        raise Malformed(message, hint=hint) from error
