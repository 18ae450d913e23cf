"""Holds the file in which one simulator keeps its world: replaced whole, never half written.

The lock belongs to the kernel and goes with the process, so a killed simulator leaves none behind.
"""

import contextlib
import fcntl
import os
import threading
import time
from pathlib import Path
from typing import Final

from cortex.simulators.unifi.keeping.snapshot import DamagedError, Snapshot, decoded, encoded

_LOOK_S: Final = 0.05


class StateError(ValueError):
    """A state file that cannot be used; the message says why and what to do."""

    def __init__(self, problem: str, *, hint: str) -> None:
        super().__init__(f"{problem}; {hint}")


class StateFile:
    """The open state of one simulator."""

    def __init__(self, path: Path, *, patience_s: float = 5.0) -> None:
        """Take the file for this process; one that was just told to end may yet let go of it.

        Raises:
            StateError: another simulator keeps its world there, or the folder does not let us.

        """
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(_beside(path, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _unusable(path, error) from error
        if not _locked(self._lock, time.monotonic() + patience_s):
            self.close()
            message = f"another simulator keeps its world in {path}"
            raise StateError(message, hint="stop that one, or name another file")

    def read(self) -> Snapshot | None:
        """Return what was kept, nothing if there is no file yet.

        Raises:
            StateError: it is damaged or cannot be read.

        """
        try:
            return decoded(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(self._path, error) from error
        except DamagedError as error:
            message = f"{self._path} is damaged: {error}"
            raise StateError(message, hint="remove it to begin with a new world") from error

    def write(self, snapshot: Snapshot) -> None:
        """Replace what was kept, durably.

        Raises:
            StateError: there is no room, or the folder is gone; what was kept before still is.

        """
        draft = _beside(self._path, "new")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(encoded(snapshot))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError as error:
            raise _unusable(self._path, error) from error

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._lock)


def _unusable(path: Path, error: OSError) -> StateError:
    problem = f"{path} cannot be used: {error.strerror}"
    return StateError(problem, hint="make room there, or name a file that may be written")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f".{path.name}.{suffix}")


def _locked(descriptor: int, deadline: float) -> bool:
    pause = threading.Event()
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if time.monotonic() > deadline:
            return False
        pause.wait(_LOOK_S)
