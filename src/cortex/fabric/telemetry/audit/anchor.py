"""Remember the end of the log in other places, so that cutting it off or adding to it is noticed.

The anchor lies in another folder than the log, best on another disk; which one, the settings say.
A second trace of it lies in the data folder, and both are sealed with a key that is kept there:
who can write the log and the anchor alone can forge neither. Files are put in place as a whole.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from cortex.decoding import UNREADABLE
from cortex.errors import Misconfigured
from cortex.fabric.telemetry.audit.chain import START, Flaw, Head
from cortex.fabric.telemetry.audit.parts import content_of
from cortex.files import write_private
from cortex.settings.secret_files import read_secret

FILE: Final = "audit-anchor.json"
_KEY_BYTES: Final = 48


class Unreadable(Exception):
    """What remembers the end of a log is damaged or forged; the message holds the reason."""


class Trace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a log ended at a moment."""

    seq: int
    hash: str
    at: float = 0.0
    """Unix seconds; 0 where it was not written down."""
    since: float = 0.0
    """When the log before this one was put aside, in Unix seconds; 0 for the first."""
    seal: str = ""
    """HMAC-SHA256 over the rest, in hexadecimal; empty without a key."""

    @property
    def head(self) -> Head:
        """The record that it names."""
        return Head(self.seq, self.hash)


@dataclass(frozen=True, slots=True)
class Guard:
    """The files of the data folder that guard an anchor: its key, and the second trace."""

    key: Path
    trace: Path


@dataclass(frozen=True, slots=True)
class Ends:
    """What is remembered of the end of a log; the anchor's first."""

    traces: tuple[Trace, ...] = ()
    anchored: bool = False
    """Whether there is an anchor at all."""
    sealed: bool = False
    """Whether seals were checked."""

    @property
    def newest(self) -> Trace | None:
        """The one of them that knows most; those of an earlier log count no more."""
        return max(self.current, key=lambda one: one.seq, default=None)

    @property
    def current(self) -> tuple[Trace, ...]:
        """Those that are about this log."""
        since = max((one.since for one in self.traces), default=0.0)
        return tuple(one for one in self.traces if one.since == since)

    def joined(self, more: Sequence[Trace]) -> "Ends":
        """Take other traces into account."""
        return Ends((*self.traces, *more), self.anchored, self.sealed)


def remembered(anchor: Path, guard: Guard | None = None) -> Ends:
    """Read what is remembered of a log, and check the seals.

    Raises:
        Unreadable: something is damaged, or it is not what this installation wrote.

    """
    first = read_anchor(anchor)
    if guard is None:
        return Ends((first,) if first else (), anchored=first is not None)
    second, key = _read(guard.trace), key_in(guard)
    if second and not second.seal:
        message = f"{str(guard.trace)!r} has no seal"
        raise Unreadable(message)
    if first and second and not first.seal:
        message = f"the anchor in {str(anchor)!r} has no seal, and had one"
        raise Unreadable(message)
    found = [(first, anchor / FILE), (second, guard.trace)]
    for one, file in found:
        if one and one.seal and not is_sealed(one, key):
            why = f"is not sealed with the key {str(guard.key)!r}"
            message = f"{str(file)!r} {why}{'' if key else ', which is gone'}"
            raise Unreadable(message)
    traces = tuple(one for one, _ in found if one)
    return Ends(traces, first is not None, sealed=any(one.seal for one in traces))


def missing(ends: Ends, anchor: Path, *, empty: bool) -> Flaw | None:
    """Tell what is wrong before a record is read: the log is gone, or its anchor is."""
    newest = ends.newest
    if empty and newest and newest.seq:
        until = f" until {_moment(newest.at)}" if newest.at else ""
        return Flaw("gone", 1, f"the audit log is gone: {_many(newest.seq)} there{until}")
    if not empty and not ends.anchored:
        return Flaw("unanchored", 1, f"there is no anchor in {str(anchor)!r}")
    return None


def read_anchor(folder: Path) -> Trace | None:
    """Return what the anchor says, its seal unchecked; none when there is no anchor.

    Raises:
        Unreadable: it is damaged.

    """
    return _read(folder / FILE)


def put_anchor(folder: Path, head: Head | Trace) -> None:
    """Move the anchor to a head; after this, it is on the disk."""
    trace = head if isinstance(head, Trace) else Trace(seq=head.seq, hash=head.hash)
    write_private(folder / FILE, written(trace))


def put_ends(anchor: Path, guard: Guard | None, trace: Trace) -> None:
    """Write down in all places where a log ends: in the anchor first."""
    put_anchor(anchor, trace)
    if guard is not None:
        write_private(guard.trace, written(trace))


def key_in(guard: Guard) -> bytes:
    """Return the key of the seals; empty when there is none.

    Raises:
        Unreadable: others may read it, or it is none.

    """
    if not guard.key.exists():
        return b""
    try:
        return read_secret(guard.key, setting="keys/audit", source=str(guard.key)).encode()
    except Misconfigured as error:
        raise Unreadable(error.message) from error


def made_key(guard: Guard) -> bytes:
    """Return the key of the seals, made if there is none; for the one writer of a log."""
    if not guard.key.exists():
        write_private(guard.key, secrets.token_urlsafe(_KEY_BYTES).encode() + b"\n")
    return key_in(guard)


def sealed(trace: Trace, key: bytes) -> Trace:
    """Seal a trace; without a key it stays as it is."""
    return msgspec.structs.replace(trace, seal=_seal(trace, key)) if key else trace


def is_sealed(trace: Trace, key: bytes) -> bool:
    """Tell whether a trace carries the seal of a key."""
    return bool(key) and hmac.compare_digest(trace.seal.encode(), _seal(trace, key).encode())


def written(trace: Trace) -> bytes:
    """Write a trace as JSON."""
    return msgspec.json.encode(trace) + b"\n"


def trace_in(content: bytes) -> Trace:
    """Read a trace, its seal unchecked.

    Raises:
        Unreadable: it is none.

    """
    try:
        return msgspec.json.decode(content, type=Trace)
    except UNREADABLE as error:
        message = f"it is no trace of a log: {error}"
        raise Unreadable(message) from error


def begun(since: float) -> Trace:
    """Return the trace of a log without a record."""
    return Trace(seq=START.seq, hash=START.hash, since=since)


def _read(file: Path) -> Trace | None:
    try:
        return trace_in(content_of(file))
    except FileNotFoundError:
        return None
    except Unreadable as error:
        message = f"the anchor {str(file)!r} cannot be read: {error}"
        raise Unreadable(message) from error


def _seal(trace: Trace, key: bytes) -> str:
    told = f"cortex audit\n{trace.seq}\n{trace.hash}\n{trace.at!r}\n{trace.since!r}"
    return hmac.new(key, told.encode(), hashlib.sha256).hexdigest()


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _many(records: int) -> str:
    return "1 record was" if records == 1 else f"{records:,} records were"
