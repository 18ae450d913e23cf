"""What a record holds, which records are wanted, and how they are written for others.

Pure. A record is an outcome without where its time went, and with who did it as its `actor`.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from cortex.fabric.messages.outcomes import OutcomeEvent, Touched


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the log; the hashes are the chain's, and the digests those of the event."""

    seq: int
    at: float
    id: str
    kind: str
    query_id: str = ""
    actor: str = ""
    site: str = ""
    tier: str = ""
    tool: str = ""
    arguments_digest: str = ""
    targets: tuple[Touched, ...] = ()
    status: str = ""
    verified: bool = False
    confidence: float | None = None
    latency_ms: float = 0.0
    route_digest: str = ""
    error_code: str = ""
    prev: str
    hash: str


class Name(msgspec.Struct, frozen=True):
    """Which record a line is, and which event it tells of."""

    id: str = ""
    seq: int = 0
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records are wanted; what is empty narrows nothing."""

    since: float = 0.0
    """Unix seconds."""
    tool: str = ""
    actor: str = ""
    status: str = ""

    def admits(self, record: Record) -> bool:
        """Tell whether a record is one of them."""
        return (
            record.at >= self.since
            and self.tool in {"", record.tool}
            and self.actor in {"", record.actor}
            and self.status in {"", record.status}
        )


_DECODER = msgspec.json.Decoder(Record)
_NAMES = msgspec.json.Decoder(Name)
_KEPT: Final = (
    "at", "id", "kind", "query_id", "actor", "site", "tier", "tool", "arguments_digest",
    "targets", "status", "verified", "confidence", "latency_ms", "route_digest", "error_code",
)  # fmt: skip
_COLUMNS: Final = ("seq", "time", *_KEPT[1:], "prev", "hash")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that spreadsheets take for a formula; names of things are not ours."""


def fields_of(event: OutcomeEvent) -> bytes:
    """Write what is kept of an event as the inside of a JSON object, always in the same order."""
    told = msgspec.to_builtins(event)
    told["actor"] = told.pop("principal", "")
    kept = {name: told[name] for name in _KEPT if told.get(name) not in ("", None, [])}
    return msgspec.json.encode(kept)[1:-1]


def event_of(record: Record) -> OutcomeEvent | None:
    """Read an event back from its record; none when the record was written by another version."""
    told = msgspec.to_builtins(record)
    told["principal"] = told.pop("actor", "")
    try:
        return msgspec.convert(told, OutcomeEvent)
    except msgspec.ValidationError:
        return None


def parsed(line: bytes) -> Record | None:
    """Read a line of the log; none when it is damaged."""
    try:
        return _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def name_in(line: bytes) -> Name:
    """Return which record a line is, and of which event; nothing of it when it is damaged."""
    try:
        return _NAMES.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Name()


def as_jsonl(records: Iterable[Record]) -> Iterator[str]:
    """Write records as JSON, one a line."""
    for one in records:
        yield msgspec.json.encode(one).decode() + "\n"


def as_csv(records: Iterable[Record]) -> Iterator[str]:
    """Write records as CSV with a header; targets are JSON in their cell, times ISO 8601."""
    yield _row(_COLUMNS)
    for one in records:
        told = msgspec.to_builtins(one) | {"time": _iso(one.at)}
        yield _row(_cell(told.get(name, "")) for name in _COLUMNS)


def _row(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
