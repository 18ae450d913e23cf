"""The files of the log: `audit-000001.jsonl` and so on, each going on where the one before ends.

Reads only; `log` writes them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cortex.fabric.telemetry.audit.chain import START, Head, before

_NAMED = re.compile(r"audit-([0-9]{6,})\.jsonl")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the log, and how much of it is read."""

    number: int
    file: Path
    size: int


def parts_in(folder: Path) -> tuple[Part, ...]:
    """List the files of a log in their order, with what they hold now."""
    named = [(found, file) for file in folder.glob("audit-*.jsonl") if (found := _number(file))]
    return tuple(Part(number, file, file.stat().st_size) for number, file in sorted(named))


def part_path(folder: Path, number: int) -> Path:
    """Return where a part of a log lies."""
    return folder / f"audit-{number:06d}.jsonl"


class Lines:
    """The lines of parts, one part after the other."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._begun: list[tuple[int, Path]] = []

    def __iter__(self) -> Iterator[bytes]:
        """Read each line once, with its line feed if it has one."""
        count = 0
        for part in self._parts:
            self._begun.append((count, part.file))
            left = part.size
            with part.file.open("rb") as opened:
                for whole in opened:
                    line = whole[:left]
                    if not line:
                        break
                    left -= len(line)
                    count += 1
                    yield line

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


def _before(part: Part) -> Head | None:
    with part.file.open("rb") as opened:
        return before(opened.readline())


def _number(file: Path) -> int:
    found = _NAMED.fullmatch(file.name)
    return int(found[1]) if found else 0
