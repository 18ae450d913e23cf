"""Remember in the data folder which paused calls were answered, until they expire.

A call that is sealed once is sealed until it expires: this is what one is told by that somebody put
back into Redis, or whose mark they took away there.
"""

import math
import os
import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from cortex.fabric.activator.answer.confirmations import Reference
from cortex.files import append_private, write_private

_log = structlog.get_logger()
FILE = "confirmations-past"
_MOST = 10_000
"""Lines after which the file is written anew, without what has expired."""
_OPEN = 0


class Answered:
    """The paused calls that were answered here; a line is a reference, and until when it counts."""

    def __init__(self, home: Path, *, now: Callable[[], float], most: int = _MOST) -> None:
        self._file = home / FILE
        self._now = now
        self._most = most
        self._turn = threading.Lock()
        """Calls are noted in threads, several at once."""
        self._until: dict[str, int] = {}
        self._seen = (0, 0)

    def knows(self, reference: Reference) -> bool:
        """Tell whether a call was answered, here or by another that shares the folder."""
        with self._turn:
            self._catch_up()
            return self._until.get(reference, _OPEN) != _OPEN

    def note(self, reference: Reference, expires_at: float) -> None:
        """Remember that a call is answered; it expires at a moment in Unix seconds."""
        self._keep(reference, math.ceil(expires_at))

    def reopen(self, reference: Reference) -> None:
        """Remember that nothing came of an answer, so that it may be given again."""
        self._keep(reference, _OPEN)

    def _keep(self, reference: Reference, until: int) -> None:
        """Write it down; what cannot be written is known until this process ends."""
        with self._turn:
            try:
                append_private(self._file, f"{reference} {until}\n".encode())
            except OSError as error:
                _log.warning("that a call was answered is not kept", reason=error.strerror)
            self._until[reference] = until

    def _catch_up(self) -> None:
        try:
            found = self._file.stat()
            if (found.st_ino, found.st_size) == self._seen:
                return
            lines = self._file.read_text(encoding="ascii", errors="replace").splitlines()
            for line in lines:
                self._learn(line)
            if len(lines) > self._most:
                found = self._written_anew()
            self._seen = (found.st_ino, found.st_size)
        except FileNotFoundError:
            return
        except OSError as error:
            _log.warning("which calls were answered cannot be read", reason=error.strerror)

    def _learn(self, line: str) -> None:
        """Read a line; one that a crash cut off tells nothing."""
        reference, _, until = line.partition(" ")
        if until.isascii() and until.isdecimal():
            self._until[reference] = int(until)

    def _written_anew(self) -> os.stat_result:
        now = self._now()
        self._until = {name: until for name, until in self._until.items() if until > now}
        lines = "".join(f"{name} {until}\n" for name, until in self._until.items())
        write_private(self._file, lines.encode())
        return self._file.stat()
