"""Append to the log: one writer, every batch on the disk before its anchor, each event once.

A crash leaves at most one batch that the anchor does not know, and at most one unfinished line. At
the next opening the line is cut off and the batch held back by `doubts`, until the stream has
brought it again. Whatever else does not fit is never written over.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import structlog

from cortex.errors import Conflict, Unavailable
from cortex.fabric.messages.outcomes import OutcomeEvent
from cortex.fabric.telemetry.audit.anchor import (
    Ends,
    Guard,
    Trace,
    Unreadable,
    begun,
    made_key,
    missing,
    put_ends,
    remembered,
    sealed,
)
from cortex.fabric.telemetry.audit.chain import (
    AHEAD,
    START,
    Flaw,
    Head,
    Torn,
    Walk,
    head_of,
    link,
    walk,
)
from cortex.fabric.telemetry.audit.doubts import FILE as HELD
from cortex.fabric.telemetry.audit.doubts import Doubts
from cortex.fabric.telemetry.audit.parts import (
    Lines,
    Part,
    Stamp,
    beyond,
    part_path,
    parts_after,
    parts_in,
    stamp,
    tail_of,
)
from cortex.fabric.telemetry.audit.records import fields_of, name_in
from cortex.files import append_private, settle

LARGEST: Final = 8 * 1_048_576
"""Bytes after which a new file is begun."""
REMEMBERED: Final = 10_000
"""Events, the latest, that are known again when they are delivered again.

What is not acknowledged is delivered again: one batch of 1,000, which is read after the one before
was acknowledged.
"""
_LOCK: Final = "audit.lock"

_log = structlog.get_logger(__name__)


class Tampered(Conflict):
    """The log is not as it was written, and nothing is appended to it."""

    code = "tampered"

    def __init__(self, flaw: Flaw) -> None:
        hint = "look at it with `verify`; set it aside to begin a new one"
        super().__init__(f"record {flaw.seq} of the audit log: {flaw.why}", hint=hint)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Appended:
    """What came of a delivery."""

    head: Head
    events: tuple[OutcomeEvent, ...]
    """Those that were new; the others are in the log already."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What a crash had left behind."""

    cut: int = 0
    """Bytes of an unfinished line."""
    ahead: int = 0
    """Records that the anchor did not know: they are held back."""


class AuditLog:
    """The one writer of a log; use it as a context manager, from one thread at a time.

    Raises:
        Conflict: another process writes it.
        Tampered: it is not as it was written.
        Unavailable: its folder or the anchor's cannot be used.

    """

    def __init__(
        self,
        folder: Path,
        anchor: Path,
        *,
        guard: Guard | None = None,
        largest: int = LARGEST,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._anchor = anchor
        self._guard = guard
        self._largest = largest
        self._now = now
        self._lock = _locked(folder)
        self._key = b""
        self._end = begun(0.0)
        self._head = START
        self._seen: dict[str, None] = {}
        self._number = 1
        self._sound = False
        self._left: tuple[Stamp | None, ...] = ()
        self.mended = Mended()
        try:
            self._doubts = Doubts(folder)
            self._look()
        except OSError as error:
            self.close()
            raise _unwritable(folder, error) from error
        except Tampered:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def head(self) -> Head:
        """The last record."""
        return self._head

    @property
    def end(self) -> Trace:
        """What is remembered of the end of the log in other places."""
        return self._end

    @property
    def latest(self) -> tuple[str, ...]:
        """The ids of the latest events, as far as they are known again."""
        return tuple(self._seen)

    @property
    def doubtful(self) -> int:
        """How many records are held back until they come again from the stream."""
        return len(self._doubts)

    def compare(self, trace: Trace) -> None:
        """Hold the log against a trace of it that was kept elsewhere.

        Raises:
            Tampered: the trace is of this log, which does not hold what it names.
            Unavailable: the log cannot be read.

        """
        if trace.since != self._end.since or trace.head in {START, self._head}:
            return
        if not self._head.seq and (flaw := missing(Ends((trace,)), self._anchor, empty=True)):
            raise Tampered(flaw)
        if trace.seq > self._head.seq:
            why = f"the log ends before it; {trace.seq} records were there"
            raise Tampered(Flaw("cut off", self._head.seq + 1, why))
        try:
            lines = Lines(parts_after(parts_in(self._folder), trace.seq - 1))
            found = any(head_of(one) == trace.head for one in lines)
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        if not found:
            raise Tampered(Flaw("changed", trace.seq, "it is not the record that was anchored"))

    def settle_doubts(self) -> tuple[OutcomeEvent, ...]:
        """Decide on what was held back, once all of the stream has come that was left there.

        Returns what the log says of itself.

        Raises:
            Unavailable: it cannot be written.

        """
        try:
            verdict = self._doubts.verdict(at=self._now())
            said = self.append((verdict,)).events if verdict else ()
            self._doubts.close(verdict)
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        return said

    def close(self) -> None:
        """Let another writer in."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def append(self, events: Sequence[OutcomeEvent]) -> Appended:
        """Append the events that are new, in their order; after this, they are on the disk.

        Raises:
            Unavailable: they cannot all be written; delivered again, none is written twice.
            Tampered: somebody changed the log since.

        """
        try:
            # Nobody else may write it, so what is otherwise than it was left is looked at.
            if not self._sound or self._stamps() != self._left:
                self._look()
            fresh = tuple({one.id: one for one in events if one.id not in self._seen}.values())
            for at in range(0, len(fresh), AHEAD):
                self._write(fresh[at : at + AHEAD])
            self._doubts.heard(fresh)
        except OSError as error:
            # What is on the disk now is looked at before the next append.
            self._sound = False
            raise _unwritable(self._folder, error) from error
        return Appended(self._head, fresh)

    def _write(self, events: Sequence[OutcomeEvent]) -> None:
        head, lines = self._head, list[bytes]()
        for event in events:
            line, head = link(fields_of(event), head)
            lines.append(line)
        self._sound = False
        self._extend(b"".join(lines))
        self._anchor_at(head)
        self._head, self._left, self._sound = head, self._stamps(), True
        self._remember(one.id for one in events)

    def _anchor_at(self, head: Head) -> None:
        """Have the end remembered in all places, before anything is acknowledged."""
        trace = Trace(seq=head.seq, hash=head.hash, at=self._now(), since=self._end.since)
        self._end = sealed(trace, self._key)
        put_ends(self._anchor, self._guard, self._end)

    def _extend(self, content: bytes) -> None:
        file = part_path(self._folder, self._number)
        if file.exists() and file.stat().st_size >= self._largest:
            self._number += 1
            file = part_path(self._folder, self._number)
        append_private(file, content)

    def _stamps(self) -> tuple[Stamp | None, ...]:
        """Tell by what it is known whether the last file, or a later one, is touched by others."""
        return tuple(stamp(part_path(self._folder, self._number + more)) for more in (0, 1))

    def _look(self) -> None:
        """Find the end of the log, and mend what a crash left there."""
        parts = parts_in(self._folder)
        newest, also = self._anchored(parts)
        tail, start = tail_of(parts, newest.head)
        self._seen.clear()
        lines = self._noting(Lines(tail), newest.seq)
        walked = walk(lines, start, anchor=newest.head, also=also)
        if isinstance(walked.end, Flaw):
            raise Tampered(walked.end)
        self._mend(walked, newest.seq, parts)
        self._head, self._number = newest.head, parts[-1].number if parts else 1
        self._left, self._sound = self._stamps(), True

    def _anchored(self, parts: Sequence[Part]) -> tuple[Trace, Sequence[Head]]:
        """Return where the log ended, the newest first, and the earlier ends to hold it against."""
        empty = not any(one.size for one in parts)
        try:
            ends = remembered(self._anchor, self._guard)
            if flaw := missing(ends, self._anchor, empty=empty):
                raise Tampered(flaw)
            self._key = made_key(self._guard) if self._guard else b""
        except Unreadable as error:
            raise Tampered(Flaw("unanchored", 1, str(error))) from error
        newest = ends.newest or begun(0.0)
        also = tuple(one.head for one in ends.current if one is not newest)
        self._end = newest
        if len(ends.traces) < self._places or (self._key and not newest.seal):
            self._end = sealed(newest, self._key)
            put_ends(self._anchor, self._guard, self._end)
        return newest, also

    @property
    def _places(self) -> int:
        return 2 if self._guard else 1

    def _mend(self, walked: Walk, seq: int, parts: Sequence[Part]) -> None:
        cut = walked.end.size if isinstance(walked.end, Torn) else 0
        ahead = walked.head.seq - seq
        if cut:
            _cut(parts[-1], parts[-1].size - cut)
        if ahead:
            left = beyond(parts, seq)
            self._doubts.put(line for one in left for line in one.lines)
            # From the end on: a crash in between leaves a shorter tail, and no hole.
            for one in reversed(left):
                _cut(one.part, one.begin)
        if cut or ahead:
            self.mended = Mended(cut, ahead)
            _log.warning("the audit log was mended after a crash", cut_bytes=cut, held_back=ahead)

    def _noting(self, lines: Lines, upto: int) -> Iterator[bytes]:
        """Pass lines on, and remember the events that they tell of, as far as they are anchored."""
        for line in lines:
            name = name_in(line)
            if line.endswith(b"\n") and name.seq <= upto:
                self._remember((name.id,))
                self._doubts.found(line)
            yield line

    def _remember(self, names: Iterator[str] | Sequence[str]) -> None:
        for name in names:
            self._seen[name] = None
        while len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep every writer out of a log until the block ends.

    Raises:
        Conflict: a writer has the log.

    """
    lock = _locked(folder)
    try:
        yield
    finally:
        os.close(lock)


def put_aside(folder: Path, *, at: float) -> Path:
    """Move the files of a log that is held into a folder of their own."""
    aside = folder / f"set-aside-{at:.0f}"
    aside.mkdir(mode=0o700)
    for file in (*folder.glob("audit-*.jsonl"), *folder.glob(HELD)):
        file.rename(aside / file.name)
    settle(aside)
    settle(folder)
    return aside


def _cut(part: Part, size: int) -> None:
    with part.file.open("r+b") as file:
        file.truncate(size)
        os.fsync(file.fileno())


def _unwritable(folder: Path, error: OSError) -> Unavailable:
    place = str(error.filename or folder)
    message = f"the audit log in {str(folder)!r} cannot be written: {place!r}: {error.strerror}"
    hint = "make room, or fix the rights of its folder and of the anchor's"
    return Unavailable(message, hint=hint, retry_after=10.0)


def _locked(folder: Path) -> int:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        message = f"another process writes the audit log in {str(folder)!r}"
        raise Conflict(message, hint="stop it first; a log has one writer") from error
    return descriptor
