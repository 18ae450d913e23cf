"""Holds one port on loopback that can be opened and shut and stays ours in between.

One socket is bound and never listens, so that the port refuses and nobody else gets it; another
one on the same port listens while the door is open.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

HOST: Final = "127.0.0.1"
_BACKLOG: Final = 64

Welcome = Callable[[socket.socket], None]


def bound(port: int) -> socket.socket:
    """Return a socket bound to a port of loopback, which refuses until one listens.

    Raises:
        OSError: the port is taken.

    """
    held = _socket()
    try:
        held.bind((HOST, port))
    except OSError:
        held.close()
        raise
    # Only now: two that both said so before would get the same port.
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return held


def beside(held: socket.socket) -> socket.socket:
    """Return another socket on the port of one that is bound, to listen on and to close."""
    other = _socket()
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    other.bind(held.getsockname())
    return other


def _socket() -> socket.socket:
    # asyncio turns off Nagle's delay only for sockets that say they speak TCP.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setblocking(False)
    return made


class Doorway:
    """A port, and who is welcomed there; shut until it is opened."""

    def __init__(self, welcome: Welcome) -> None:
        self._welcome = welcome
        self._held = bound(0)
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self.port: int = self._held.getsockname()[1]

    @property
    def address(self) -> str:
        """Host and port, as one writes them."""
        return f"{HOST}:{self.port}"

    @property
    def is_open(self) -> bool:
        """Whether connections are taken."""
        return self._listener is not None

    def open(self) -> None:
        """Take connections from now on."""
        if self._listener is None:
            self._listener = beside(self._held)
            self._listener.listen(_BACKLOG)
            accepting = self._accept(self._listener)
            self._accepting = asyncio.get_running_loop().create_task(accepting)

    async def shut(self) -> None:
        """Refuse connections from now on; those there are stay."""
        accepting, self._accepting = self._accepting, None
        listener, self._listener = self._listener, None
        if accepting is not None and listener is not None:
            accepting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await accepting
            listener.close()

    async def close(self) -> None:
        """Give the port away."""
        await self.shut()
        self._held.close()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            taken, _ = await loop.sock_accept(listener)
            self._welcome(taken)
