"""Verify a whole log against its anchor, also while it is being written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cortex.fabric.telemetry.audit.anchor import Unreadable, read_anchor
from cortex.fabric.telemetry.audit.chain import Flaw, Head, Torn, walk
from cortex.fabric.telemetry.audit.parts import Lines, Part, parts_in

_LOOKS: Final = 100
"""Times to look for a moment in which nothing is appended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What verifying found."""

    records: int
    """Records, from the first on, that are as they were written."""
    anchored: int
    """The number of the record that the anchor names."""
    flaw: Flaw | None = None
    begun: bool = True
    """Whether there is a log, or an anchor of one, at all."""
    place: str = ""
    """The file, and the line in it, where the chain breaks."""
    unfinished: int = 0
    """Bytes of a last line that is being written, or was when a crash came."""


def verify(folder: Path, anchor: Path) -> Report:
    """Read every record of a log and say whether each is as it was written."""
    try:
        head, parts = _moment(folder, anchor)
    except Unreadable as error:
        return Report(records=0, anchored=0, flaw=Flaw("unanchored", 1, str(error)))
    if head is None and any(one.size for one in parts):
        flaw = Flaw("unanchored", 1, f"there is no anchor in {str(anchor)!r}")
        return Report(records=0, anchored=0, flaw=flaw)
    if head is None and not parts:
        return Report(records=0, anchored=0, begun=False)
    lines = Lines(parts)
    walked = walk(lines, anchor=head)
    anchored = head.seq if head else 0
    match walked.end:
        case Flaw() as flaw:
            place = "" if flaw.kind in {"cut off", "unanchored"} else lines.place(walked.head.seq)
            return Report(records=walked.head.seq, anchored=anchored, flaw=flaw, place=place)
        case Torn(size):
            return Report(records=walked.head.seq, anchored=anchored, unfinished=size)
        case None:
            return Report(records=walked.head.seq, anchored=anchored)


def _moment(folder: Path, anchor: Path) -> tuple[Head | None, tuple[Part, ...]]:
    """Return an anchor and the files as they stood beside it."""
    head, parts = read_anchor(anchor), parts_in(folder)
    for _ in range(_LOOKS):
        again = read_anchor(anchor)
        if again == head:
            break
        head, parts = again, parts_in(folder)
    return head, parts
