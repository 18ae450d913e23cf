"""Remember in the data folder which timers are over, and how far repeated ones are.

A record that was sealed once is sealed for good: this is what an old one that is put back into
Redis is told by. It knows what this data folder has seen; the oldest are forgotten in time.
"""

import threading
from collections import OrderedDict
from pathlib import Path

import structlog

from cortex.files import append_private, write_private

_log = structlog.get_logger()
FILE = "timers-past"
_MOST = 20_000
"""Timers that are remembered: years of a household, in a few megabytes."""
_OVER = "over"


class Endings:
    """How far each timer is known to be; a line of the file is an id, and its occurrence or end."""

    def __init__(self, home: Path, *, most: int = _MOST) -> None:
        """Read what is known; a line that a crash cut off tells nothing."""
        self._file = home / FILE
        self._most = most
        self._turn = threading.Lock()
        """Timers are noted in threads, several at once."""
        self._known: OrderedDict[str, str] = OrderedDict()
        lines = self._lines()
        for line in lines:
            name, _, reached = line.partition(" ")
            if reached == _OVER or (reached.isascii() and reached.isdecimal()):
                self._learn(name, reached)
        self._crowded = len(lines) > 2 * most

    def over(self, timer_id: str) -> bool:
        """Tell whether a timer is known to be over."""
        return self._known.get(timer_id) == _OVER

    def reached(self, timer_id: str) -> int:
        """Tell the latest occurrence that a repeated timer is known to have come to."""
        known = self._known.get(timer_id, "0")
        return 0 if known == _OVER else int(known)

    def note(self, timer_id: str, occurrence: int | None) -> None:
        """Remember the occurrence that a timer came to, or with none that it is over.

        What cannot be written is known until this process ends: no timer waits for that.
        """
        with self._turn:
            passed = occurrence is not None and occurrence <= self.reached(timer_id)
            if passed or self.over(timer_id):
                return
            reached = _OVER if occurrence is None else str(occurrence)
            self._learn(timer_id, reached)
            try:
                self._write(f"{timer_id} {reached}\n")
            except OSError as error:
                reason = error.strerror
                _log.warning("how far a timer is is not kept", timer=timer_id, reason=reason)

    def _learn(self, timer_id: str, reached: str) -> None:
        self._known[timer_id] = reached
        self._known.move_to_end(timer_id)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def _lines(self) -> list[str]:
        try:
            return self._file.read_text(encoding="ascii", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            _log.warning("which timers are over cannot be read", reason=error.strerror)
            return []

    def _write(self, line: str) -> None:
        if self._crowded:
            lines = "".join(f"{name} {reached}\n" for name, reached in self._known.items())
            write_private(self._file, lines.encode())
            self._crowded = False
            return
        append_private(self._file, line.encode())
