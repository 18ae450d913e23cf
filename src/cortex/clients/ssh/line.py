"""The way to one device: its connection, made once for all who ask at the same time.

Whether there is room for one more connection, and when an unused one goes, is decided by
`sessions`.
"""

import asyncio
from collections.abc import Awaitable, Callable

from cortex.clients.ssh import refusals
from cortex.clients.ssh.connection import Connection
from cortex.clients.ssh.door import Door


class Line:
    """One device, who uses it now, and its connection while it has one."""

    def __init__(self, door: Door, connect: Callable[["Line"], Awaitable[Connection]]) -> None:
        self.door = door
        self.users = 0
        self.idle_since = 0.0
        """When the last user left, on the loop's clock."""
        self.stage = refusals.CROWDED
        """What a caller waits for while there is no connection."""
        self.timer: asyncio.TimerHandle | None = None
        """What closes the connection if nobody comes back."""
        self._connect = connect
        self._connection: Connection | None = None
        self._opening: asyncio.Task[Connection] | None = None
        self._waiting = 0

    @property
    def live(self) -> Connection | None:
        """The connection, if there is one that works for all that is known."""
        return self._connection if self._connection and self._connection.usable else None

    @property
    def connected(self) -> bool:
        """Whether there is a connection that works, for all that is known."""
        return self.live is not None

    async def connection(self, until: float) -> Connection:
        """Return the connection, made for all callers together if there is none.

        `until` is the deadline on the loop's clock. A caller that leaves does not take it from the
        others; the last one to leave ends the making of it.

        Raises:
            Unavailable: There was no room, or no connection, in time.
            CortexError: Whatever making it raises.

        """
        if self._connection is not None and self._connection.usable:
            return self._connection
        if self._opening is None:
            self._opening = asyncio.create_task(self._made())
        opening = self._opening
        self._waiting += 1
        try:
            async with asyncio.timeout_at(until):
                await asyncio.wait({opening})
        except TimeoutError:
            raise refusals.late(self.door, self.stage) from None
        finally:
            self._waiting -= 1
            if not self._waiting:
                opening.cancel()
                self._opening = None
        if opening.cancelled():
            raise refusals.closing(self.door)
        return opening.result()

    def close(self) -> None:
        """Close the connection, or give up making it."""
        if self.timer:
            self.timer.cancel()
        if self._opening:
            self._opening.cancel()
        if self._connection:
            self._connection.close()

    async def closed(self) -> None:
        """Wait until nothing is being made any more."""
        if self._opening:
            await asyncio.wait({self._opening})

    async def _made(self) -> Connection:
        connection = await self._connect(self)
        self._connection = connection
        return connection
