"""What a data folder tells about the Cortex that runs on it: one at a time, and where.

The lock belongs to the kernel and goes with the process that holds it, so a crash leaves nothing
behind that would stop the next start or pass for a running one. The note beside it,
`activator.json`, only says where the holder listens: without a held lock it counts for nothing.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cortex.errors import Conflict
from cortex.files import write_private

NOTE = "activator.json"
_LOCK = "activator.lock"
_GLANCES_S = 2.0
"""How long those that only look at the lock may come in between when it is taken."""


@dataclass(frozen=True, slots=True)
class Found:
    """A running activator: its address, process and data folder."""

    url: str
    pid: int
    home: Path


@contextlib.contextmanager
def held(home: Path) -> Iterator[None]:
    """Keep a data folder to ourselves while the block runs.

    Raises:
        Conflict: another Cortex runs on it.

    """
    descriptor = os.open(home / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _taken_alone(descriptor):
            raise _conflict(home)
        # What a crashed one left here would pass for ours until we write down our own.
        forget(home)
        yield
        forget(home)
    finally:
        os.close(descriptor)


def refuse_second(home: Path) -> None:
    """Find out before starting anything that no other Cortex runs on this data folder.

    Raises:
        Conflict: another one runs.

    """
    if _is_held(home):
        raise _conflict(home)


def note(home: Path, url: str) -> None:
    """Write down where this process listens, in one step that no reader sees half."""
    write_private(home / NOTE, json.dumps({"url": url, "pid": os.getpid()}).encode())


def forget(home: Path) -> None:
    """Take the note away."""
    (home / NOTE).unlink(missing_ok=True)


def running(home: Path) -> Found | None:
    """Tell where the Cortex of this data folder listens, if one runs and says so."""
    if not _is_held(home):
        return None
    try:
        body = json.loads((home / NOTE).read_text(encoding="utf-8"))
        return Found(url=str(body["url"]), pid=int(body["pid"]), home=home)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_held(home: Path) -> bool:
    try:
        descriptor = os.open(home / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _locked(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _taken_alone(descriptor: int) -> bool:
    """Take the lock, unless a process holds it: one that only looks at it is gone at once."""
    deadline = time.monotonic() + _GLANCES_S
    while not _locked(descriptor, fcntl.LOCK_EX):
        if not _locked(descriptor, fcntl.LOCK_SH) or time.monotonic() > deadline:
            return False
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.sched_yield()
    return True


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _conflict(home: Path) -> Conflict:
    found = running(home)
    where = f" at {found.url} (process {found.pid})" if found else ""
    message = f"Cortex already runs on {home}{where}"
    return Conflict(message, hint="ask that one, stop it first, or choose another --home")
