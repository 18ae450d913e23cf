"""Show and export records of a log; what is damaged is counted, and `verifying` names it."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO, assert_never

from cortex.fabric.telemetry.audit.chain import LONGEST
from cortex.fabric.telemetry.audit.parts import Lines, Part, parts_in
from cortex.fabric.telemetry.audit.records import Record, Wanted, as_csv, as_jsonl, parsed

Format = Literal["jsonl", "csv"]


@dataclass(frozen=True, slots=True)
class Shown:
    """The records that were wanted, newest last, and how many lines could not be read."""

    records: tuple[Record, ...]
    damaged: int


@dataclass(frozen=True, slots=True)
class Exported:
    """How many records were written, and how many lines could not be read."""

    records: int
    damaged: int


class _Reader:
    """The wanted records of parts, one at a time; counts as it goes."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self.records = 0
        self.damaged = 0

    def read(self, *parts: Part) -> Iterator[Record]:
        for line in Lines(parts):
            record = parsed(line)
            if record is None:
                # A last line without its end is being written, and is none yet.
                self.damaged += line.endswith(b"\n") or len(line) > LONGEST
            elif self._wanted.admits(record):
                self.records += 1
                yield record


def show(folder: Path, wanted: Wanted, *, limit: int) -> Shown:
    """Return the latest records that are wanted, reading no older file than needed."""
    reader, found = _Reader(wanted), deque[Record]()
    for part in reversed(parts_in(folder)):
        room = limit - len(found)
        if room <= 0:
            break
        found.extendleft(reversed(deque(reader.read(part), maxlen=room)))
    return Shown(tuple(found), reader.damaged)


def export(folder: Path, wanted: Wanted, file: TextIO, *, form: Format) -> Exported:
    """Write the records that are wanted to a file; the same log gives the same text."""
    reader = _Reader(wanted)
    records = reader.read(*parts_in(folder))
    match form:
        case "jsonl":
            lines = as_jsonl(records)
        case "csv":
            lines = as_csv(records)
        case _:
            assert_never(form)
    file.writelines(lines)
    return Exported(reader.records, reader.damaged)
