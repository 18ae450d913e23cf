"""Holds one port on loopback that can be open, shut or deaf, and stays ours in between.

A port that is shut refuses; a deaf one takes a connection and never answers.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final, Literal

HOST: Final = "127.0.0.1"
_BACKLOG: Final = 64

Welcome = Callable[[socket.socket], None]
State = Literal["open", "shut", "deaf"]


def bound(port: int) -> socket.socket:
    """Return a socket bound to a port of loopback, which refuses until it listens.

    Raises:
        OSError: the port is taken.

    """
    # asyncio turns off Nagle's delay only for sockets that say they speak TCP.
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.setblocking(False)
    try:
        held.bind((HOST, port))
    except OSError:
        held.close()
        raise
    return held


class Doorway:
    """A port, and who is welcomed there; shut until it is opened."""

    def __init__(self, welcome: Welcome, port: int = 0) -> None:
        self._welcome = welcome
        self._socket = bound(port)
        self._task: asyncio.Task[None] | None = None
        self.port: int = self._socket.getsockname()[1]

    @property
    def address(self) -> str:
        """Host and port, as one writes them."""
        return f"{HOST}:{self.port}"

    @property
    def is_open(self) -> bool:
        """Whether connections are taken."""
        return self._task is not None

    def open(self) -> None:
        """Take connections from now on."""
        if self._task is None:
            self._socket.listen(_BACKLOG)
            self._task = asyncio.get_running_loop().create_task(self._accept(self._socket))

    async def shut(self) -> None:
        """Refuse connections from now on; those there are stay."""
        if self._task is not None:
            await self._end()
            self._socket = bound(self.port)

    async def close(self) -> None:
        """Give the port away."""
        await self._end()

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._socket.close()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            taken, _ = await loop.sock_accept(listener)
            self._welcome(taken)
