"""Read a moment that a person wrote: a time, or how long ago."""

import re
from datetime import UTC, datetime

from cortex.errors import Malformed
from cortex.settings.values import Unreadable, duration

_AGO = re.compile(r"(.+?)\s+ago", re.IGNORECASE)
_SPELLED = re.compile(
    r"(?<=\d)\s*(d|h|m|s)(?:ays?|ours?|rs?|in(?:ute)?s?|ec(?:ond)?s?)?(?![a-z])[\s,]*",
    re.IGNORECASE,
)
"""A unit of time, short or spelled out, with the spaces around it."""


def when(said: str, now: datetime) -> str:
    """Read a moment, absolute or so long ago, as ISO 8601 in UTC; a bare time is a local one.

    Raises:
        Malformed: it is neither.

    """
    plain = said.strip()
    try:
        if ago := _AGO.fullmatch(plain):
            moment = now - duration(_SPELLED.sub(r"\1", ago[1]))
        else:
            moment = datetime.fromisoformat(plain)
        return moment.astimezone(UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, Unreadable) as error:
        message = f"{said!r} is no time"
        raise Malformed(message, hint='write 2026-11-22T18:00, or "2h ago"') from error
