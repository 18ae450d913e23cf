"""Choose among remembered operations those that a call asks for, and lay them out.

Pure: the time and its zone are arguments. Timers share what a name is about and how many are shown.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from cortex.fabric.catalogue.record import DEEDS
from cortex.fabric.catalogue.tools import TOOLS

MOST = 50
"""Rows that are shown when a call names no limit."""
_ARTICLES = frozenset({"the", "a", "an", "my", "our", "device", "client"})


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time in Unix seconds, its end not included; without an end when that is none."""

    since: float
    until: float | None = None


def window_of(arguments: Mapping[str, Any], now: float, zone: tzinfo | None) -> Window:
    """Say which time a call is about: a day at this zone, or so far back."""
    midnight = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    match arguments.get("day"):
        case "today":
            return Window(midnight.timestamp())
        case "yesterday":
            before = (midnight - timedelta(days=1)).timestamp()
            return Window(before, midnight.timestamp())
        case _:
            since = arguments.get("since")
            return Window(now - since if since else 0.0)


def span_of(window: Window, now: float, zone: tzinfo | None) -> str:
    """Say which time a window is, so that a wrong reading of the question is seen."""
    if not window.since:
        return "at any time"
    until = window.until if window.until is not None else now
    return f"from {_minute(window.since, zone)} to {_minute(until, zone)}"


def chosen(
    payloads: Iterable[Mapping[str, Any]], arguments: Mapping[str, Any], window: Window
) -> list[Mapping[str, Any]]:
    """Return the operations that were asked for, the latest first."""
    found = [one for one in payloads if _within(one, window) and _fits(one, arguments)]
    return sorted(found, key=lambda one: -float(one.get("at", 0.0)))


def row_of(payload: Mapping[str, Any], zone: tzinfo | None) -> dict[str, Any]:
    """Lay one operation out."""
    tool = TOOLS.get(str(payload.get("tool")))
    at = _local(float(payload.get("at", 0.0)), zone)
    undo = payload.get("undo")
    return {
        "time": at.isoformat(timespec="seconds"),
        "what": tool.summary if tool else str(payload.get("tool")),
        "on": ", ".join(map(str, payload.get("target_names") or ())),
        "by": _by(payload),
        "result": str(payload.get("result", "")),
        "undo": str(undo.get("query", "")) if isinstance(undo, Mapping) else "",
    }


def _by(payload: Mapping[str, Any]) -> str:
    """Say who did it: a timer does it for whom it belongs to."""
    principal, timer = str(payload.get("principal", "")), str(payload.get("timer") or "")
    return f"timer {timer} of {principal}" if timer else principal


def _local(seconds: float, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone)


def _minute(seconds: float, zone: tzinfo | None) -> str:
    return f"{_local(seconds, zone):%Y-%m-%d %H:%M %Z}"


def _within(payload: Mapping[str, Any], window: Window) -> bool:
    at = float(payload.get("at", 0.0))
    return at >= window.since and (window.until is None or at < window.until)


def _fits(payload: Mapping[str, Any], arguments: Mapping[str, Any]) -> bool:
    deed, by, about = (arguments.get(name) for name in ("deed", "by", "about"))
    if deed and payload.get("tool") not in DEEDS.get(deed, ()):
        return False
    if by and str(payload.get("principal", "")).casefold() != str(by).casefold():
        return False
    names, ids = (map(str, payload.get(key) or ()) for key in ("target_names", "target_ids"))
    return not about or is_about(str(about), names=names, ids=ids)


def is_about(about: str, *, names: Iterable[str], ids: Iterable[str]) -> bool:
    """Tell whether every word that was said is in one of the names, or is one of the ids."""
    wanted = _words(about) - _ARTICLES
    named = any(bool(wanted) and wanted <= _words(one) for one in names)
    return named or about.casefold() in {one.casefold() for one in ids}


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))
