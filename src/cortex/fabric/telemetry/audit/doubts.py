"""Hold records that a crash left beyond the anchor until the stream has brought them again.

They are taken out of the log into a file of their own, for nothing shows that Cortex wrote them.
What comes again from the stream is appended anew. What does not is left in that file, for people,
and a record of the log says so.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cortex.fabric.messages.outcomes import OutcomeEvent, Touched
from cortex.fabric.telemetry.audit.chain import fields_in
from cortex.fabric.telemetry.audit.parts import content_of
from cortex.fabric.telemetry.audit.records import fields_of, name_in
from cortex.files import settle, write_private

FILE: Final = "unanchored.jsonl"
TOOL: Final = "audit_unconfirmed"
_SHOWN: Final = 16


class Doubts:
    """The records of a log that were written and not anchored; its writer's alone."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._lines = held_in(folder)
        self._open = {name_in(line).id: fields_in(line) for line in self._lines}

    def __len__(self) -> int:
        return len(self._open)

    def put(self, lines: Iterable[bytes]) -> None:
        """Take records up; after this, they are on the disk."""
        fresh = [line for line in lines if line not in self._lines]
        self._lines += fresh
        self._open |= {name_in(line).id: fields_in(line) for line in fresh}
        write_private(self._file, b"".join(self._lines))

    def heard(self, events: Iterable[OutcomeEvent]) -> None:
        """Let go of those that came again, word for word."""
        for event in events if self._open else ():
            if self._open.get(event.id) == fields_of(event):
                del self._open[event.id]

    def found(self, line: bytes) -> None:
        """Let go of one that stands in the log again."""
        name = name_in(line).id
        if self._open and self._open.get(name) == fields_in(line):
            del self._open[name]

    def verdict(self, *, at: float) -> OutcomeEvent | None:
        """Say what the log is to tell of those that did not come again; nothing if all did."""
        if not self._open:
            return None
        digest = hashlib.sha256(b"".join(self._lines)).hexdigest()
        of = f"{len(self._open)} of {len(self._lines)} records beyond the anchor"
        name = f"{of} did not come again from the stream; SHA-256 of the file {digest}"
        return OutcomeEvent(
            id=f"unconfirmed-{digest[:_SHOWN]}",
            at=at,
            kind="audit",
            status="failed",
            tool=TOOL,
            targets=(Touched(id=f"unanchored-{digest[:_SHOWN]}.jsonl", name=name),),
        )

    def close(self, verdict: OutcomeEvent | None) -> None:
        """Keep the file under the name that the log tells, or remove it where all came again."""
        if not self._lines:
            return
        if verdict is None:
            self._file.unlink()
        else:
            self._file.rename(self._file.with_name(verdict.targets[0].id))
        settle(self._file.parent)
        self._lines, self._open = [], {}


def held_in(folder: Path) -> list[bytes]:
    """Read the records that are held back from a log."""
    try:
        return content_of(folder / FILE).splitlines(keepends=True)
    except FileNotFoundError:
        return []
