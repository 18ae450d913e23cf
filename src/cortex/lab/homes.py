"""What a data folder tells about the Cortex that runs on it: one at a time, and where.

The lock belongs to the kernel, so a crash leaves nothing behind that would stop the next start;
the note beside it, `activator.json`, says where the running one listens.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cortex.errors import Conflict

NOTE = "activator.json"
TOKEN = "admin-token"  # noqa: S105  # the name of a file, not a secret
_LOCK = "activator.lock"


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
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _taken(home) from error
        yield
        forget(home)
    finally:
        os.close(descriptor)


def refuse_second(home: Path) -> None:
    """Find out before starting anything that no other Cortex runs on this data folder.

    Raises:
        Conflict: another one runs.

    """
    if running(home):
        raise _taken(home)


def note(home: Path, url: str) -> None:
    """Write down where this process listens, in one step that no reader sees half."""
    path = home / f".{NOTE}.{os.getpid()}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"url": url, "pid": os.getpid()}, file)
    path.replace(home / NOTE)


def forget(home: Path) -> None:
    """Take the note away."""
    (home / NOTE).unlink(missing_ok=True)


def running(home: Path) -> Found | None:
    """Tell where the Cortex of this data folder listens, if one runs."""
    try:
        body = json.loads((home / NOTE).read_text(encoding="utf-8"))
        found = Found(url=str(body["url"]), pid=int(body["pid"]), home=home)
        os.kill(found.pid, 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found


def lab_home(environ: Mapping[str, str]) -> Path:
    """Name the data folder of the lab."""
    user = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    state = environ.get("XDG_STATE_HOME") or user / ".local" / "state"
    return Path(state).absolute() / "cortex-lab"


def _taken(home: Path) -> Conflict:
    found = running(home)
    where = f" at {found.url} (process {found.pid})" if found else ""
    message = f"Cortex already runs on {home}{where}"
    return Conflict(message, hint="ask that one, stop it first, or choose another --home")
