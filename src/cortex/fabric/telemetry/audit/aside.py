"""Begin a log anew: what was there is put aside whole, and its traces count no more."""

from pathlib import Path

from cortex.errors import Unavailable
from cortex.fabric.messages.outcomes import OutcomeEvent, Touched
from cortex.fabric.telemetry.audit.anchor import (
    Guard,
    Trace,
    Unreadable,
    begun,
    made_key,
    put_ends,
    sealed,
    written,
)
from cortex.fabric.telemetry.audit.log import AuditLog, held, put_aside


def set_aside(
    folder: Path, anchor: Path, *, at: float, why: str, guard: Guard | None = None
) -> Path:
    """Move a log that is not as it was written into a folder of its own, and begin a new one.

    The first record of the new log names that folder and why.

    Raises:
        Conflict: a writer has the log.

    """
    with held(folder):
        aside = put_aside(folder, at=at)
        adopt(anchor, guard, begun(at))
    note = OutcomeEvent(
        id=aside.name,
        at=at,
        kind="audit",
        status="done",
        tool="audit_set_aside",
        targets=(Touched(id=aside.name, name=why[:256]),),
    )
    with AuditLog(folder, anchor, guard=guard) as log:
        log.append((note,))
    return aside


def adopt(anchor: Path, guard: Guard | None, trace: Trace) -> None:
    """Remember another log than before: one that is begun, or was put in place, at `trace.since`.

    What is remembered of logs before it counts no more.
    """
    put_ends(anchor, guard, _sealed(trace, guard))


def as_own(kept: Trace | None, guard: Guard | None, *, at: float) -> bytes:
    """Write the anchor of a log that is put in place here, for the anchor and the second trace.

    Without an anchor of its own, that of a log without a record.

    Raises:
        Unavailable: the key cannot be read.

    """
    trace = kept or begun(at)
    own = Trace(seq=trace.seq, hash=trace.hash, at=trace.at, since=at)
    return written(_sealed(own, guard))


def _sealed(trace: Trace, guard: Guard | None) -> Trace:
    try:
        return sealed(trace, made_key(guard) if guard else b"")
    except Unreadable as error:
        raise Unavailable(str(error), retry_after=10.0) from error
