"""The client: one connection that all callers share, others for commands that block.

Opens a connection at the first call and again after a loss. What the commands mean, and whether
one whose reply got lost may be sent again, is decided by the caller.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from cortex.clients.redis.address import Address, read_address
from cortex.clients.redis.connection import Connection
from cortex.clients.redis.opening import Opening
from cortex.clients.redis.words import (
    Refusal,
    Reply,
    Script,
    Word,
    named,
    pack,
    rejected,
    translated,
)
from cortex.errors import Rejected, Unreachable

_IDLE = 4
"""How many connections for blocking commands are kept for the next one."""


class RedisClient:
    """One Redis server and database. Connects at the first call.

    Every method raises `CortexError`: `Rejected` for an error reply (its `reason` is the first
    word, such as `WRONGTYPE`), `Unauthenticated` for a missing or wrong password, `Unavailable`
    for a server that asks to wait, `Unreachable` when nothing was sent, `LostReply` when a command
    may have taken effect, and `BadAnswer` when it is not Redis that answers.

    All callers share one connection: commands that change what it is (SELECT, MONITOR, SUBSCRIBE,
    a MULTI without its EXEC in the same pipeline) do not belong here.
    """

    def __init__(self, address: Address, *, password: str, username: str, timeout_s: float) -> None:
        self._url = address.shown
        self._called = address.called
        self._timeout_s = timeout_s
        self._opening = Opening(address, password=password, username=username)
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._closed = False

    @classmethod
    def of(
        cls,
        url: str,
        *,
        password: str = "",
        username: str = "",
        ca_file: Path | None = None,
        timeout_s: float = 2.0,
    ) -> "RedisClient":
        """Make a client for `redis://host:port/db`, `rediss://…` (TLS) or `unix:///path?db=1`.

        Raises:
            Misconfigured: the address or the CA file cannot be used.

        """
        address = read_address(url, ca_file=ca_file)
        return cls(address, password=password, username=username, timeout_s=timeout_s)

    @property
    def url(self) -> str:
        """The server's address."""
        return self._url

    @property
    def connected(self) -> bool:
        """Whether the connection for ordinary commands is open."""
        return self._connection is not None and self._connection.usable

    async def call(self, *words: Word, timeout_s: float | None = None) -> Reply:
        """Send one command and return its reply; one that blocks belongs to `blocking`."""
        until = self._until(timeout_s)
        [reply] = await (await self._ready(until)).ask((pack(words),), until=until)
        return self._checked(reply, words)

    async def pipeline(
        self, commands: Sequence[Sequence[Word]], *, timeout_s: float | None = None
    ) -> list[Reply | Rejected]:
        """Send commands together and return their replies in order, refusals among them.

        No command of another caller comes in between, so MULTI and EXEC may stand around them.
        """
        if not commands:
            return []
        packed = [pack(words) for words in commands]
        until = self._until(timeout_s)
        replies = await (await self._ready(until)).ask(packed, until=until)
        return [
            rejected(reply, named(words), url=self._called) if isinstance(reply, Refusal) else reply
            for reply, words in zip(replies, commands, strict=True)
        ]

    async def run(
        self,
        script: Script,
        *,
        keys: Sequence[str] = (),
        arguments: Sequence[Word] = (),
        timeout_s: float | None = None,
    ) -> Reply:
        """Run a script by its digest; a server that does not know it gets its source."""
        rest = (len(keys), *keys, *arguments)
        try:
            return await self.call("EVALSHA", script.digest, *rest, timeout_s=timeout_s)
        except Rejected as error:
            if error.reason != "NOSCRIPT":
                raise
        return await self.call("EVAL", script.source, *rest, timeout_s=timeout_s)

    async def blocking(self, *words: Word, block_s: float) -> Reply:
        """Send a command that waits on the server, on a connection of its own.

        `block_s` is the wait that the words ask for. A caller that leaves closes the connection,
        and so gives up its place; what the server gave it in that moment is lost to it.
        """
        packed = pack(words)
        connection = await self._taken()
        try:
            until = asyncio.get_running_loop().time() + block_s + self._timeout_s
            [reply] = await connection.ask((packed,), until=until)
        except BaseException:
            connection.end()
            raise
        finally:
            self._busy.discard(connection)
        self._kept(connection)
        return self._checked(reply, words)

    async def close(self) -> None:
        """Close every connection; callers that wait learn that their replies are lost."""
        self._closed = True
        shared = [self._connection] if self._connection else []
        ending = [*shared, *self._idle, *self._busy]
        self._idle.clear()
        for connection in ending:
            connection.end()
        for connection in ending:
            await connection.ended()

    def _until(self, timeout_s: float | None) -> float:
        allowed = self._timeout_s if timeout_s is None else timeout_s
        return asyncio.get_running_loop().time() + allowed

    async def _ready(self, until: float) -> Connection:
        connection = self._connection
        if connection is not None and connection.usable:
            return connection
        return await self._shared(until)

    async def _shared(self, until: float) -> Connection:
        """Open the connection of all callers; those that come meanwhile share the attempt."""
        seen = self._opening.attempts
        try:
            async with asyncio.timeout_at(until):
                await self._connecting.acquire()
        except TimeoutError:
            raise self._opening.late() from None
        try:
            if self._connection is not None and self._connection.usable:
                return self._connection
            if self._opening.attempts != seen:
                self._opening.refuse_again()
            self._connection = await self._opened(until)
            return self._connection
        finally:
            self._connecting.release()

    async def _taken(self) -> Connection:
        self._idle = [one for one in self._idle if one.usable]
        connection = self._idle.pop() if self._idle else await self._opened(self._until(None))
        self._busy.add(connection)
        return connection

    async def _opened(self, until: float) -> Connection:
        if not self._closed:
            connection = await self._opening.opened(until)
            if not self._closed:
                return connection
            connection.end()
        message = f"the client of Redis at {self._called} is closed"
        raise Unreachable(message, hint="make a new one")

    def _kept(self, connection: Connection) -> None:
        if len(self._idle) < _IDLE and not self._closed:
            self._idle.append(connection)
        else:
            connection.end()

    def _checked(self, reply: Reply | Refusal, words: Sequence[Word]) -> Reply:
        if not isinstance(reply, Refusal):
            return reply
        error = translated(rejected(reply, named(words), url=self._called))
        if reply.reason == "READONLY" and self._connection is not None:
            # The address may lead to another server by now.
            self._connection.end()
        raise error
