"""The files of the log: `audit-000001.jsonl` and so on, each going on where the one before ends.

Reads only; `log` writes them. Opens without waiting, and only what is a file: a pipe or a device
under such a name would wait for ever.
"""

import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cortex.fabric.telemetry.audit.chain import LONGEST, START, Head, before, number_in

_NAMED = re.compile(r"audit-([0-9]{6,})\.jsonl")
_HASHED = re.compile(rb'"hash":"([0-9a-f]{64})"\}\n\Z')
_ENDING = 128
"""Bytes at the end of a line within which its hash stands."""
_ODD = "it is no regular file"
Stamp = tuple[int, int, int]
"""Which file it is, its size, and when it was changed last."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the log, and how much of it is read."""

    number: int
    file: Path
    size: int


def parts_in(folder: Path) -> tuple[Part, ...]:
    """List the files of a log in their order, with what they hold now.

    Raises:
        OSError: one is no file, or cannot be looked at.

    """
    named = [(found, file) for file in folder.glob("audit-*.jsonl") if (found := _number(file))]
    return tuple(Part(number, file, size_of(file)) for number, file in sorted(named))


def part_path(folder: Path, number: int) -> Path:
    """Return where a part of a log lies."""
    return folder / f"audit-{number:06d}.jsonl"


class Lines:
    """The lines of parts, one part after the other."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._begun: list[tuple[int, Path]] = []

    def __iter__(self) -> Iterator[bytes]:
        """Read each line once, with its line feed if it has one; of one too long, the beginning."""
        count = 0
        for part in self._parts:
            self._begun.append((count, part.file))
            left = part.size
            with opened(part.file) as file:
                while line := file.readline(min(left, LONGEST + 1)):
                    left -= len(line)
                    count += 1
                    yield line
                    if len(line) > LONGEST:
                        left -= _skipped(file, left)

    def place(self, index: int) -> str:
        """Name the file, and the line in it, of the line with an index, counted from 0."""
        found = [(first, file) for first, file in self._begun if first <= index]
        first, file = found[-1]
        return f"{file.name}, line {index - first + 1}"


def tail_of(parts: Sequence[Part], anchor: Head) -> tuple[Sequence[Part], Head]:
    """Return the last parts, from before the one with the anchor on, and what comes before them."""
    for at in range(len(parts) - 1, 1, -1):
        head, earlier = _before(parts[at]), _before(parts[at - 1])
        if head and earlier and head.seq < anchor.seq:
            return parts[at - 1 :], earlier
    return parts, START


def parts_after(parts: Sequence[Part], seq: int) -> Sequence[Part]:
    """Return the last parts, from the one in which the record after number `seq` stands on."""
    for at in range(len(parts) - 1, 0, -1):
        head = _before(parts[at])
        if head and head.seq <= seq:
            return parts[at:]
    return parts


@dataclass(frozen=True, slots=True)
class Beyond:
    """What a part holds beyond a record: from which byte on, and the lines."""

    part: Part
    begin: int
    lines: tuple[bytes, ...]


def beyond(parts: Sequence[Part], seq: int) -> tuple[Beyond, ...]:
    """Return what whole parts hold beyond a record, part by part; unfinished lines are left out."""
    found = list[Beyond]()
    for part in parts_after(parts, seq):
        begin, lines = 0, list[bytes]()
        for line in Lines((part,)):
            if number_in(line) > seq:
                lines.append(line)
            elif not lines:
                begin += len(line)
        if lines:
            found.append(Beyond(part, begin, tuple(lines)))
    return tuple(found)


def last_hash(parts: Sequence[Part]) -> str:
    """Return the hash that ends the last whole line of parts, unchecked; empty when none does."""
    for part in reversed(parts):
        if part.size:
            with opened(part.file) as file:
                file.seek(max(0, part.size - _ENDING))
                found = _HASHED.search(file.read(min(_ENDING, part.size)))
            return found[1].decode() if found else ""
    return ""


def opened(file: Path) -> BinaryIO:
    """Open a regular file for reading.

    Raises:
        OSError: it cannot be read, or is something else.

    """
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _odd(file)
    return os.fdopen(descriptor, "rb")


def content_of(file: Path) -> bytes:
    """Read a regular file.

    Raises:
        OSError: it cannot be read, or is something else.

    """
    with opened(file) as found:
        return found.read()


def size_of(file: Path) -> int:
    """Return how many bytes a regular file holds.

    Raises:
        OSError: it is not there, or is something else.

    """
    told = file.stat()
    if not stat.S_ISREG(told.st_mode):
        raise _odd(file)
    return told.st_size


def stamp(file: Path) -> Stamp | None:
    """Return by what a change of a file is noticed; none when it is not there."""
    try:
        told = file.stat()
    except FileNotFoundError:
        return None
    return told.st_ino, told.st_size, told.st_ctime_ns


def _before(part: Part) -> Head | None:
    with opened(part.file) as file:
        return before(file.readline(LONGEST + 1))


def _skipped(file: BinaryIO, left: int) -> int:
    """Pass over the rest of a line, and return its length."""
    length, piece = 0, b""
    while not piece.endswith(b"\n"):
        piece = file.readline(min(left - length, LONGEST))
        if not piece:
            break
        length += len(piece)
    return length


def _number(file: Path) -> int:
    found = _NAMED.fullmatch(file.name)
    return int(found[1]) if found else 0


def _odd(file: Path) -> OSError:
    return OSError(errno.EINVAL, _ODD, str(file))
