"""Put what happened into words for people, not twice, not too often, and without addresses.

Pure: what kind an event is, and the time, are arguments. Notices leave the house: MAC and IP
addresses are hidden, and what a stranger may have named is cut to one short line.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from cortex.coordination.notable import TIMER

_HOUR_S = 3_600.0
_AGAIN_S = 900.0
"""Seconds for which the same notice is not sent again."""
_LONGEST = 60
_ADDRESS = re.compile(
    r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|(?:\d{1,3}\.){3}\d{1,3}|(?:[0-9A-Fa-f]{0,4}:){3,7}\w*"
)
_TITLES = {
    "undone": "Cortex put something back",
    "approval": "Cortex waits for a yes",
    "failed": "A change did not work",
    "outage": "Part of Cortex is out of order",
}
_CALLED = {"timer_unreadable": "something in Redis that is no timer of Cortex"}
"""What events without a call are about, by their error."""
_HINTS = {"approval": " `cortex tasks list` shows it."}
_OF_TIMERS = " `cortex timers list --all` says why."


class Notice(msgspec.Struct, frozen=True):
    """One message for people."""

    kind: str
    key: str
    """The same for the same news."""
    title: str
    body: str


class Sieve(msgspec.Struct, frozen=True):
    """What was sent lately, as (Unix seconds, key), and how many notices were kept back since."""

    sent: tuple[tuple[float, str], ...] = ()
    kept_back: int = 0


def notice_of(kind: str, event: str, told: Mapping[str, Any]) -> Notice:
    """Write a notice; `told` is what the event carries."""
    what = (
        _call(told)
        or _CALLED.get(str(told.get("error_code")))
        or _inert(event.replace(".", " ").replace("_", " "))
    )
    by = f", asked by {_inert(str(told['principal']))}" if told.get("principal") else ""
    code = f" ({_inert(str(told['error_code']))})" if told.get("error_code") else ""
    counted = (_inert(str(told[name])) for name in ("queue", "count") if told.get(name))
    extra = f": {', '.join(counted)}" if told.get("queue") else ""
    ids = ",".join(str(one.get("id", "")) for one in _targets(told))
    about = told.get("query_id", "") if kind == "approval" else ids
    key = f"{kind}|{event}|{told.get('tool', '')}|{about}|{told.get('queue', '')}"
    hint = _HINTS.get(kind, "")
    if kind == "failed" and str(told.get("query_id", "")).startswith(TIMER):
        hint = _OF_TIMERS
    return Notice(kind, key, _TITLES[kind], f"{what}{extra}{by}{code}.{hint}")


def sift(sieve: Sieve, notice: Notice, *, now: float, per_hour: int) -> tuple[Sieve, Notice | None]:
    """Decide whether a notice is sent, and say so of those that were kept back before."""
    recent = tuple((at, key) for at, key in sieve.sent if now - at < _HOUR_S)
    if any(key == notice.key and now - at < _AGAIN_S for at, key in recent):
        return Sieve(recent, sieve.kept_back), None
    if len(recent) >= per_hour:
        return Sieve(recent, sieve.kept_back + 1), None
    if sieve.kept_back:
        more = f"{notice.body} ({sieve.kept_back} more were not sent.)"
        notice = msgspec.structs.replace(notice, body=more)
    return Sieve((*recent, (now, notice.key))), notice


def _call(told: Mapping[str, Any]) -> str:
    tool = _inert(str(told.get("tool", "")).replace("_", " "))
    names = [_inert(str(one.get("name") or one.get("id", ""))) for one in _targets(told)]
    on = f" on {', '.join(names[:3])}" if names else ""
    return f"{tool}{on}" if tool else ""


def _targets(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = told.get("targets")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _inert(text: str) -> str:
    shown = "".join(one if one.isprintable() else " " for one in _ADDRESS.sub("…", text))
    return shown[:_LONGEST]
