"""Keep the success figures beside the log they were counted from: few records are counted again.

The log is what counts: figures that do not stand at one of its records are counted anew from it.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from cortex.errors import Malformed
from cortex.fabric.telemetry.audit.chain import START, Head
from cortex.fabric.telemetry.audit.parts import Lines, parts_after, parts_in
from cortex.fabric.telemetry.audit.records import Record, event_of, parsed
from cortex.fabric.telemetry.figures import Figures
from cortex.files import write_private

FILE: Final = "figures.json"


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    hash: str
    figures: msgspec.Raw


def save(folder: Path, figures: Figures, head: Head) -> None:
    """Write the figures down as those of a log that ends at this record."""
    whole = _Standing(seq=head.seq, hash=head.hash, figures=msgspec.Raw(figures.snapshot()))
    write_private(folder / FILE, msgspec.json.encode(whole))


def restored(folder: Path, log: Path) -> Figures:
    """Return the figures of a log: those that were saved, and what was appended since."""
    kept, head = _kept(folder)
    found = _continued(kept, head, log)
    return found if found is not None else _continued(Figures(), START, log) or Figures()


def _kept(folder: Path) -> tuple[Figures, Head]:
    with contextlib.suppress(OSError, msgspec.DecodeError, UnicodeDecodeError, Malformed):
        whole = msgspec.json.decode((folder / FILE).read_bytes(), type=_Standing)
        return Figures.restored(bytes(whole.figures)), Head(whole.seq, whole.hash)
    return Figures(), START


def _continued(figures: Figures, head: Head, log: Path) -> Figures | None:
    """Count the records after a head; none when the log does not hold that head."""
    held = head == START
    for record in _records(log, head.seq):
        if record.seq <= head.seq:
            held = held or (record.seq, record.hash) == (head.seq, head.hash)
            continue
        held = held or (record.seq, record.prev) == (head.seq + 1, head.hash)
        if not held:
            return None
        if event := event_of(record):
            figures.count(event)
    return figures if held else None


def _records(log: Path, seq: int) -> Iterator[Record]:
    # From the part that holds the head itself, which shows that it is of this log.
    for line in Lines(parts_after(parts_in(log), seq - 1)):
        if record := parsed(line):
            yield record
