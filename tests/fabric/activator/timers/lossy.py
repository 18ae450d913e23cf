"""A Redis whose reply to one command is lost, and which is away for a while from then on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cortex.clients.redis import RedisClient

_PORTION_BYTES = 1 << 16
_ONE = b":1\r\n"


@dataclass
class Lossy:
    """What stands between an activator and Redis."""

    url: str
    losing: bytes = b""
    """What a script is told whose reply, a 1, is to be lost; empty for none."""
    sent: bool = False
    """Whether it was told so."""
    away: bool = False
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    def hang_up(self) -> None:
        """Be away until told otherwise."""
        self.losing, self.sent, self.away = b"", False, True
        for writer in self.open:
            writer.close()


@asynccontextmanager
async def lossy(folder: Path, redis: RedisClient) -> AsyncIterator[Lossy]:
    """Open one."""
    path = folder / "lossy.sock"
    one = Lossy(f"unix://{path}")
    server = await asyncio.start_unix_server(partial(_serve, one, redis), path)
    try:
        yield one
    finally:
        one.hang_up()
        server.close()


async def _serve(
    one: Lossy, redis: RedisClient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    if one.away:
        writer.close()
        return
    server, to_server = await asyncio.open_unix_connection(redis.url.removeprefix("unix://"))
    one.open.add(writer)
    with suppress(ConnectionError):
        async with asyncio.TaskGroup() as group:
            back = group.create_task(_answered(one, server, writer))
            while portion := await reader.read(_PORTION_BYTES):
                one.sent = one.sent or (bool(one.losing) and one.losing in portion)
                to_server.write(portion)
                await to_server.drain()
            back.cancel()
    one.open.discard(writer)
    to_server.close()
    writer.close()


async def _answered(one: Lossy, server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while portion := await server.read(_PORTION_BYTES):
        if one.sent and portion.endswith(_ONE):
            one.hang_up()
            return
        writer.write(portion)
        await writer.drain()
