"""Where the bundled server keeps its files and its socket, and that only one of them runs there.

There are two locks, both the kernel's. The starter's goes with the process that starts a server.
The server's is inherited by the server itself: a server that outlives its starter by a moment, to
write its last changes, keeps the next one off its files.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cortex.clients.redis.address import socket_url
from cortex.errors import Conflict, Misconfigured

_SOCKET = "redis.sock"
_LONGEST_SOCKET = 100
"""Bytes that every system's socket addresses hold; Linux has 107, macOS 103."""
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one data folder's server."""

    folder: Path
    """Its working folder, with what it keeps."""
    socket: Path

    @property
    def url(self) -> str:
        """The address that a client connects to."""
        return socket_url(self.socket)

    @property
    def log(self) -> Path:
        """What the server prints."""
        return self.folder / "redis.log"

    @property
    def changes(self) -> Path:
        """The log of changes as Redis 6 keeps it: one file."""
        return self.folder / "appendonly.aof"

    @property
    def many_changes(self) -> Path:
        """The log of changes as Redis 7 keeps it: a folder."""
        return self.folder / "appendonlydir"


def places_of(home: Path) -> Places:
    """Say where the server of a data folder has its files; creates nothing."""
    folder = home.absolute() / "redis"
    socket = folder / _SOCKET
    if len(os.fsencode(socket)) > _LONGEST_SOCKET:
        # Not $TMPDIR: it may be as long, and another in the next process.
        short = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        socket = Path("/tmp") / f"cortex-{os.getuid()}-{short}" / _SOCKET  # noqa: S108  # checked below
    return Places(folder, socket)


def bundled_url(home: Path) -> str:
    """Say where the server of a data folder listens, when it runs."""
    return places_of(home).url


def prepare(places: Places) -> None:
    """Make the folders, for their owner alone.

    Raises:
        Misconfigured: one cannot be made, or is not ours alone.

    """
    for folder in {places.folder, places.socket.parent}:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = folder.lstat()
        except OSError as error:
            message = f"the folder {str(folder)!r} for Redis cannot be made: {error.strerror}"
            raise Misconfigured(message, setting="home") from error
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
        if not ours or found.st_mode & 0o077:
            message = f"the folder {str(folder)!r} for Redis is not ours alone"
            hint = f"remove it, or make it yours with mode 700: chmod 700 '{folder}'"
            raise Misconfigured(message, setting="home", hint=hint)


class Locks:
    """The two locks on a data folder's server, held from `taken` until `let_go`."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._starter = _opened(places.folder / "starter.lock")
        self.server = _opened(places.folder / "server.lock")
        """The descriptor that the server inherits."""

    async def take(self, *, until: float) -> None:
        """Keep others off; wait for a server whose starter is gone until `until` (loop's clock).

        Raises:
            Conflict: somebody else started one, or the one left behind does not end.

        """
        if not _locked(self._starter):
            message = f"a Redis server runs already on {str(self._places.folder)!r}"
            raise Conflict(message, hint=f"use that one, at {self._places.url}")
        loop = asyncio.get_running_loop()
        while not _locked(self.server):
            if loop.time() > until:
                message = f"a Redis server that nobody watches keeps {str(self._places.folder)!r}"
                hint = "find it with `pgrep -a redis-server`, and end it"
                raise Conflict(message, hint=hint)
            # The kernel tells nobody when a lock comes free.
            await asyncio.sleep(_LOOK_S)

    def let_go(self) -> None:
        """Give the locks back; the server's stays with the server as long as that lives."""
        if self._places.socket.parent != self._places.folder:
            with contextlib.suppress(OSError):
                self._places.socket.parent.rmdir()
        for descriptor in (self._starter, self.server):
            os.close(descriptor)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
