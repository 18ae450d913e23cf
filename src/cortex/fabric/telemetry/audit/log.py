"""Append to the log: one writer, every batch on the disk before its anchor, each event once.

A crash leaves at most one batch that the anchor does not know, and at most one unfinished line;
both are mended at the next opening, and told. Whatever else does not fit is never written over.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import structlog

from cortex.errors import Conflict, Unavailable
from cortex.fabric.messages.outcomes import OutcomeEvent, Touched
from cortex.fabric.telemetry.audit.anchor import Unreadable, put_anchor, read_anchor, settle
from cortex.fabric.telemetry.audit.chain import AHEAD, START, Flaw, Head, Torn, Walk, link, walk
from cortex.fabric.telemetry.audit.parts import Lines, Part, part_path, parts_in, tail_of
from cortex.fabric.telemetry.audit.records import fields_of, id_in

LARGEST: Final = 8 * 1_048_576
"""Bytes after which a new file is begun."""
REMEMBERED: Final = 10_000
"""Events, the latest, that are known again when they are delivered again."""
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
    """Records that the anchor did not know."""


class AuditLog:
    """The one writer of a log; use it as a context manager, from one thread at a time.

    Raises:
        Conflict: another process writes it.
        Tampered: it is not as it was written.
        Unavailable: its folder or the anchor's cannot be used.

    """

    def __init__(self, folder: Path, anchor: Path, *, largest: int = LARGEST) -> None:
        self._folder = folder
        self._anchor = anchor
        self._largest = largest
        self._lock = _locked(folder)
        self._head = START
        self._seen: dict[str, None] = {}
        self._number = 1
        self._sound = False
        self.mended = Mended()
        try:
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
            if not self._sound:
                self._look()
            fresh = tuple({one.id: one for one in events if one.id not in self._seen}.values())
            for at in range(0, len(fresh), AHEAD):
                self._write(fresh[at : at + AHEAD])
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
        put_anchor(self._anchor, head)
        self._head, self._sound = head, True
        self._remember(one.id for one in events)

    def _extend(self, content: bytes) -> None:
        file = part_path(self._folder, self._number)
        if file.exists() and file.stat().st_size >= self._largest:
            self._number += 1
            file = part_path(self._folder, self._number)
        is_new = not file.exists()
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            settle(self._folder)

    def _look(self) -> None:
        """Find the end of the log, and mend what a crash left there."""
        parts = parts_in(self._folder)
        anchor = self._anchored(parts)
        tail, start = tail_of(parts, anchor)
        self._seen.clear()
        walked = walk(self._noting(Lines(tail)), start, anchor=anchor)
        if isinstance(walked.end, Flaw):
            raise Tampered(walked.end)
        self._mend(walked, anchor, parts)
        self._head, self._number = walked.head, parts[-1].number if parts else 1
        self._sound = True

    def _anchored(self, parts: Sequence[Part]) -> Head:
        try:
            anchor = read_anchor(self._anchor)
        except Unreadable as error:
            raise Tampered(Flaw("unanchored", 1, str(error))) from error
        if anchor:
            return anchor
        if any(one.size for one in parts):
            raise Tampered(Flaw("unanchored", 1, f"there is no anchor in {str(self._anchor)!r}"))
        put_anchor(self._anchor, START)
        return START

    def _mend(self, walked: Walk, anchor: Head, parts: Sequence[Part]) -> None:
        cut = walked.end.size if isinstance(walked.end, Torn) else 0
        ahead = walked.head.seq - anchor.seq
        if cut:
            _cut(parts[-1], cut)
        if ahead:
            put_anchor(self._anchor, walked.head)
        if cut or ahead:
            self.mended = Mended(cut, ahead)
            _log.warning("the audit log was mended after a crash", cut_bytes=cut, ahead=ahead)

    def _noting(self, lines: Lines) -> Iterator[bytes]:
        """Pass lines on, and remember the events that they tell of."""
        for line in lines:
            if line.endswith(b"\n"):
                self._remember((id_in(line),))
            yield line

    def _remember(self, names: Iterator[str] | Sequence[str]) -> None:
        for name in names:
            self._seen[name] = None
        while len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]


def set_aside(folder: Path, anchor: Path, *, at: float, why: str) -> Path:
    """Move a log that is not as it was written into a folder of its own, and begin a new one.

    The first record of the new log names that folder and why.

    Raises:
        Conflict: a writer has the log.

    """
    with held(folder):
        aside = put_aside(folder, at=at)
        put_anchor(anchor, START)
    note = OutcomeEvent(
        id=aside.name,
        at=at,
        kind="audit",
        status="done",
        tool="audit_set_aside",
        targets=(Touched(id=aside.name, name=why[:256]),),
    )
    with AuditLog(folder, anchor) as log:
        log.append((note,))
    return aside


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
    for part in parts_in(folder):
        part.file.rename(aside / part.file.name)
    settle(aside)
    settle(folder)
    return aside


def _cut(part: Part, size: int) -> None:
    with part.file.open("r+b") as file:
        file.truncate(part.size - size)
        os.fsync(file.fileno())


def _unwritable(folder: Path, error: OSError) -> Unavailable:
    message = f"the audit log in {str(folder)!r} cannot be written: {error.strerror}"
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
