"""Which entries of `cortex.events` are worth telling people: pure.

The activator looks here whether to wake `cortex-master`, which looks here what to tell. How often
it tells, and in which words, is the master's.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from cortex.decoding import read_json
from cortex.errors import Malformed

Kind = Literal["undone", "approval", "failed", "outage"]
MARK = "notices:mark"
"""Behind the prefix: the key of the id of the last entry that the master looked at."""
_NEWS_S = 300.0
"""Seconds for which an event is news to a reader that comes to the stream first."""
_FAILED = frozenset({"failed", "unverified"})
_GIVEN_UP = frozenset({"queue.dead_letters"})
_OUT = frozenset({"queue.stale"})
_ANY = msgspec.json.Decoder[Any]()
TIMER = "timer-"
"""What the id of a query that a timer asks begins with."""


def start_of(now_s: float) -> str:
    """Return where a first reader begins, in Unix seconds: what is past is no news to anybody."""
    return str(int((now_s - _NEWS_S) * 1000))


def kind_of(fields: Mapping[bytes, bytes]) -> Kind | None:
    """Tell as what people would be told of an entry; None when they would not."""
    event = fields.get(b"event", b"").decode("utf-8", "replace")
    if event in _GIVEN_UP:
        return "failed"
    if event in _OUT:
        return "outage"
    return _kind_of_outcome(event, outcome_of(fields)) if event.startswith("outcome.") else None


def notable(fields: Mapping[bytes, bytes]) -> bool:
    """Tell whether people are told of an entry at all."""
    return kind_of(fields) is not None


def outcome_of(fields: Mapping[bytes, bytes]) -> Mapping[str, Any]:
    """Read the outcome in an entry; empty when there is none that can be read."""
    try:
        found = read_json(fields.get(b"outcome", b"{}"), _ANY, what="the outcome")
    except Malformed:
        return {}
    return found if isinstance(found, dict) else {}


def _kind_of_outcome(event: str, outcome: Mapping[str, Any]) -> Kind | None:
    status = str(outcome.get("status", ""))
    if event == "outcome.query" and status == "confirm":
        return "approval"
    if event == "outcome.write" and status in _FAILED:
        return "failed"
    if event == "outcome.write" and str(outcome.get("query_id", "")).startswith(TIMER):
        return "undone"
    if event in {"outcome.wake", "outcome.outage"} and status == "failed":
        return "outage"
    return None
