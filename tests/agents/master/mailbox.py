"""Where notices arrive in tests: a web hook and a mail server, both on this machine."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

WITHIN_S = 20.0
_LISTS = b"250-cortex.test\r\n250 HELP\r\n"


@dataclass
class Hook:
    """A web hook that keeps what it is sent."""

    address: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    """What it answers."""


@dataclass
class Mailbox:
    """A mail server that keeps what it is sent."""

    address: str = ""
    mails: list[str] = field(default_factory=list)


@asynccontextmanager
async def hook() -> AsyncIterator[Hook]:
    """Run a web hook."""
    kept = Hook()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        body = await reader.readexactly(int(sizes[0].partition(b":")[2]))
        kept.taken.append(json.loads(body))
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % kept.status)
        await _ended(writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        kept.address = f"json://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        yield kept


@asynccontextmanager
async def mailbox() -> AsyncIterator[Mailbox]:
    """Run a mail server."""
    kept = Mailbox()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 cortex.test\r\n")
        while line := await reader.readline():
            match line.split()[0].upper() if line.split() else b"":
                case b"EHLO":
                    writer.write(_LISTS)
                case b"DATA":
                    writer.write(b"354 go on\r\n")
                    text = await reader.readuntil(b"\r\n.\r\n")
                    kept.mails.append(text.decode())
                    writer.write(b"250 taken\r\n")
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 fine\r\n")
        await _ended(writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        kept.address = (
            f"mailto://127.0.0.1:{port}?from=cortex@example.test&to=ops@example.test&mode=insecure"
        )
        yield kept


async def _ended(writer: asyncio.StreamWriter) -> None:
    await writer.drain()
    writer.close()
