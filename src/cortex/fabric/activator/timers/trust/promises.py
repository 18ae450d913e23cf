"""Remember in the data folder which undos are promised, and what is needed to make them.

Redis may be put back to an older state, or lose a timer; what was promised for a change that
stands is made all the same. It knows what this data folder has seen.
"""

import threading
from pathlib import Path

import msgspec
import structlog

from cortex.fabric.activator.timers.record import Timer
from cortex.files import append_private, write_private

_log = structlog.get_logger()
FILE = "timers-promised"
_LEAST_BYTES = 1 << 20
"""The size below which the file is not written afresh."""
_LEAVE = 4
"""How many times larger the file may be than what it was written afresh with."""


class Promise(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A timer as it was when its undo was last known to be promised; a line of the file."""

    id: str
    revision: int = 0
    at: float = 0.0
    """When this was seen, in Unix seconds."""
    timer: Timer | None = None
    """None once nothing is promised any more."""


_DECODER = msgspec.json.Decoder(Promise)


class Promises:
    """The undos that are promised."""

    def __init__(self, home: Path) -> None:
        """Read what is known; a line that a crash cut off tells nothing."""
        self._file = home / FILE
        self._turn = threading.Lock()
        """Timers are noted in threads, several at once."""
        self._known: dict[str, Promise] = {}
        self._most = _LEAST_BYTES
        for line in self._lines():
            try:
                self._learn(_DECODER.decode(line))
            except msgspec.MsgspecError:
                continue

    def of(self, timer_id: str) -> Promise | None:
        """Return what is promised by a timer."""
        return self._known.get(timer_id)

    def all(self) -> list[Promise]:
        """List what is promised."""
        return list(self._known.values())

    def note(self, promise: Promise) -> None:
        """Remember a promise, or that there is none any more.

        What cannot be written is known until this process ends: no timer waits for that.
        """
        with self._turn:
            if promise.timer is None and promise.id not in self._known:
                return
            self._learn(promise)
            try:
                self._write(_line(promise))
            except OSError as error:
                reason = error.strerror
                _log.warning("what is promised is not kept", timer=promise.id, reason=reason)

    def _learn(self, promise: Promise) -> None:
        if promise.timer is None:
            self._known.pop(promise.id, None)
        else:
            self._known[promise.id] = promise

    def _lines(self) -> list[bytes]:
        try:
            return self._file.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            _log.warning("what is promised cannot be read", reason=error.strerror)
            return []

    def _write(self, line: bytes) -> None:
        size = append_private(self._file, line)
        if size > self._most:
            lines = b"".join(_line(one) for one in self._known.values())
            write_private(self._file, lines)
            self._most = max(_LEAST_BYTES, _LEAVE * len(lines))


def _line(promise: Promise) -> bytes:
    # The end of the line comes first: it parts this one from one that a crash cut off.
    return b"\n" + msgspec.json.encode(promise)
