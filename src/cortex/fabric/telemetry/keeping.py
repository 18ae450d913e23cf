"""Keep events: in the audit log first, then in the figures, which are saved from time to time.

Blocks on the disk: callers run it in a thread. Which events come, and when they are acknowledged,
is decided by `consuming`.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from cortex.errors import Unavailable
from cortex.fabric.messages.outcomes import OutcomeEvent
from cortex.fabric.telemetry import standing
from cortex.fabric.telemetry.audit.anchor import Guard, Trace
from cortex.fabric.telemetry.audit.log import AuditLog
from cortex.settings.knobs import Telemetry

LAYER: Final = "cortex-telemetry"
_SAVED_EVERY: Final = 2_000
"""Events after which the figures are saved: at most so many are counted again after a crash."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of what is kept."""

    log: Path
    anchor: Path
    figures: Path
    guard: Guard | None = None
    """What guards the anchor; none takes it at its word."""


def places_of(settings: Telemetry) -> Places:
    """Name the folders of an installation; creates nothing."""
    home = settings.home
    return Places(
        log=settings.log_folder or home / "audit",
        anchor=settings.anchor_folder or home / "anchor",
        figures=home / LAYER,
        guard=Guard(key=home / "keys" / "audit", trace=home / "audit-trace.json"),
    )


class Keeper:
    """An open log with its figures; after it raised, it is closed and another one opened.

    Raises:
        Conflict: another process writes the log.
        Tampered: the log is not as it was written.
        Unavailable: its folder or the anchor's cannot be used.

    """

    def __init__(self, places: Places) -> None:
        self._places = places
        # Closing waits for an append that nobody waits for any more.
        self._turn = threading.Lock()
        self._log = AuditLog(places.log, places.anchor, guard=places.guard)
        try:
            self.figures = standing.restored(places.figures, places.log)
        except OSError as error:
            self._log.close()
            message = f"the audit log in {str(places.log)!r} cannot be read: {error.strerror}"
            raise Unavailable(message, retry_after=10.0) from error
        self._unsaved = 0
        self._sound = True
        self._closed = False

    @property
    def records(self) -> int:
        """The number of the last record."""
        return self._log.head.seq

    @property
    def end(self) -> Trace:
        """What is remembered of the end of the log in other places."""
        return self._log.end

    def latest(self) -> tuple[str, ...]:
        """Return the ids of the latest events on record."""
        with self._turn:
            return self._log.latest

    def compare(self, trace: Trace) -> None:
        """Hold the log against a trace of it that was kept elsewhere.

        Raises:
            Tampered: the log does not hold what it names.
            Unavailable: the log cannot be read.

        """
        with self._turn:
            self._log.compare(trace)

    def settle_doubts(self) -> int:
        """Decide on what a crash left, once the stream came again; return what did not come.

        Raises:
            Unavailable: what is to be said of it cannot be written.

        """
        with self._turn:
            left = self._log.doubtful
            self._log.settle_doubts()
        return left

    def keep(self, events: Sequence[OutcomeEvent]) -> int:
        """Append the events that are new and count them; return how many were.

        Raises:
            Unavailable: not all are on the disk; they must be delivered again.
            Tampered: somebody changed the log since.

        """
        with self._turn:
            if self._closed:
                message = "the audit log is closed"
                raise Unavailable(message, retry_after=1.0)
            # Until it is through, the log may hold what the figures do not.
            self._sound = False
            fresh = self._log.append(events).events
            for event in fresh:
                self.figures.count(event)
            self._sound = True
            self._unsaved += len(fresh)
            if self._unsaved >= _SAVED_EVERY:
                self._save()
        return len(fresh)

    def close(self) -> None:
        """Save the figures, unless they may miss what the log holds, and let another writer in."""
        with self._turn:
            if self._sound and not self._closed and self._unsaved:
                self._save()
            self._closed = True
            self._log.close()

    def _save(self) -> None:
        try:
            standing.save(self._places.figures, self.figures, self._log.head)
        except OSError as error:
            # They are counted again from the log, which takes longer.
            _log.warning("the figures were not saved", reason=error.strerror)
        self._unsaved = 0
