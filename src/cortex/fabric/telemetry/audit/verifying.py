"""Verify a whole log against its anchor, also while it is being written."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cortex.fabric.telemetry.audit.anchor import (
    Ends,
    Guard,
    Trace,
    Unreadable,
    missing,
    remembered,
)
from cortex.fabric.telemetry.audit.chain import Flaw, Head, Torn, Walk, walk
from cortex.fabric.telemetry.audit.doubts import held_in
from cortex.fabric.telemetry.audit.parts import Lines, Part, last_hash, parts_in
from cortex.fabric.telemetry.audit.records import name_in

_PATIENCE_S: Final = 0.3
_BETWEEN_S: Final = 0.01
_GAP: Final = b'"kind":"gap"'


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
    ahead: int = 0
    """Records that were written and are not anchored: nothing shows yet that Cortex wrote them."""
    sealed: bool = False
    """Whether the anchor carries the seal of this installation."""
    gaps: int = 0
    """Records of the log that tell of events that never reached it."""

    @property
    def intact(self) -> bool:
        """Whether there is a log, and every record of it is certainly as it was written."""
        return self.begun and self.flaw is None and not self.ahead


def verify(
    folder: Path,
    anchor: Path,
    *,
    guard: Guard | None = None,
    also: Sequence[Trace] = (),
    patience_s: float = _PATIENCE_S,
) -> Report:
    """Read every record of a log and say whether each is as it was written.

    `also` are traces of it that were kept elsewhere. For so many seconds a moment is looked for
    in which a writer has anchored all that is there.

    Raises:
        OSError: a part of it is no file, or cannot be read.

    """
    try:
        ends, parts = _moment(folder, anchor, guard, looks=1 + int(patience_s / _BETWEEN_S))
    except Unreadable as error:
        return Report(records=0, anchored=0, flaw=Flaw("unanchored", 1, str(error)))
    ends, empty = ends.joined(also), not any(one.size for one in parts)
    if flaw := missing(ends, anchor, empty=empty):
        return Report(records=0, anchored=ends.newest.seq if ends.newest else 0, flaw=flaw)
    if ends.newest is None and not parts:
        return Report(records=0, anchored=0, begun=False)
    return _walked(Lines(parts), ends, held=len(held_in(folder)))


def _walked(lines: Lines, ends: Ends, *, held: int) -> Report:
    newest, gaps = ends.newest, 0

    def noted() -> Iterator[bytes]:
        nonlocal gaps
        for line in lines:
            gaps += _GAP in line and name_in(line).kind == "gap"
            yield line

    also = tuple(one.head for one in ends.current if one is not newest)
    head = newest.head if newest else None
    walked = walk(noted(), anchor=head, also=also)
    anchored = head.seq if head else 0
    return Report(
        records=_certain(walked, head),
        anchored=anchored,
        flaw=walked.end if isinstance(walked.end, Flaw) else None,
        place=_place(walked, lines),
        unfinished=walked.end.size if isinstance(walked.end, Torn) else 0,
        ahead=max(0, walked.head.seq - anchored) + held,
        sealed=ends.sealed,
        gaps=gaps,
    )


def _certain(walked: Walk, anchor: Head | None) -> int:
    return min(walked.head.seq, anchor.seq) if anchor else walked.head.seq


def _place(walked: Walk, lines: Lines) -> str:
    named = isinstance(walked.end, Flaw) and walked.end.kind not in {"cut off", "unanchored"}
    return lines.place(walked.head.seq) if named else ""


def _moment(
    folder: Path, anchor: Path, guard: Guard | None, *, looks: int
) -> tuple[Ends, tuple[Part, ...]]:
    """Return what is remembered of a log and its files as they stood beside it."""
    pause = threading.Event()
    parts, ends = parts_in(folder), remembered(anchor, guard)
    for _ in range(looks - 1):
        newest = ends.newest
        if newest is None or newest.hash == last_hash(parts) or not any(one.size for one in parts):
            break
        pause.wait(_BETWEEN_S)
        parts, ends = parts_in(folder), remembered(anchor, guard)
    return ends, parts
