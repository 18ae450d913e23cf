"""Where a Redis server is, and how to open a connection to it: TCP, TLS or a socket file.

Reads an address and refuses one that holds a secret; opens nothing before it is asked.
"""

import asyncio
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, parse_qs, quote, unquote_to_bytes, urlsplit

from cortex.errors import Misconfigured

_PORT = 6379
_HINT = "give one such as redis://127.0.0.1:6379/0, rediss://redis:6380 or unix:///run/redis.sock"

ConnectionProtocol = TypeVar("ConnectionProtocol", bound=asyncio.Protocol)


@dataclass(frozen=True, slots=True)
class Address:
    """One server and one of its numbered databases."""

    shown: str
    """The address for the operator; it holds no secret."""
    host: str = ""
    port: int = 0
    socket: str = ""
    """The path of a socket file; then host and port are empty."""
    database: int = 0
    trusted: ssl.SSLContext | None = None
    """Whom to believe over TLS; none speaks in the clear."""

    @property
    def called(self) -> str:
        """What errors call it, which go to callers far away: a path is not for them."""
        return "its socket" if self.socket else self.shown

    async def open(
        self, make: Callable[[], ConnectionProtocol]
    ) -> tuple[asyncio.Transport, ConnectionProtocol]:
        """Connect, and check the server's certificate where TLS is wanted.

        Raises:
            OSError: nothing listens there, or its certificate is not believed.

        """
        loop = asyncio.get_running_loop()
        if self.socket:
            return await loop.create_unix_connection(make, self.socket)
        return await loop.create_connection(make, self.host, self.port, ssl=self.trusted)


def read_address(url: str, *, ca_file: Path | None = None) -> Address:
    """Read `redis://host:port/db`, `rediss://…` (TLS) or `unix:///path?db=1`.

    In the path of a socket, `#`, `?`, `%` and control characters are written as `%23` and so on.

    Raises:
        Misconfigured: it is no such address, holds a secret, or its CA file cannot be used.

    """
    try:
        parts = urlsplit(url)
        found = parts.scheme, parts.hostname or "", parts.port or _PORT
    except ValueError:
        message = "the address of Redis cannot be read"
        raise _refused(message) from None
    scheme, host, port = found
    if parts.username is not None or parts.password is not None:
        message = "the address of Redis holds a user or a password"
        raise _refused(message, "name them apart from it, the password in a file of its own")
    if scheme == "unix" and not host and parts.path:
        if parts.fragment:
            message = f"{url!r} breaks off at its '#'"
            raise _refused(message, "write %23 for a # in the path of a socket, and %3F for a ?")
        path = os.fsdecode(unquote_to_bytes(parts.path))
        if "\0" in path:
            message = f"{url!r} names no file: there is a zero byte in it"
            raise _refused(message)
        return Address(url, socket=path, database=_asked_database(parts, url))
    if scheme not in {"redis", "rediss"} or not host or parts.query or parts.fragment:
        message = f"{url!r} is no address of a Redis server"
        raise _refused(message)
    database = _number(parts.path.strip("/") or "0", url)
    trusted = _trusted(ca_file) if scheme == "rediss" else None
    return Address(url, host=host, port=port, database=database, trusted=trusted)


def socket_url(path: Path) -> str:
    """Write the address of a socket file, whatever its path holds."""
    return f"unix://{quote(os.fsencode(path))}"


def _asked_database(parts: SplitResult, url: str) -> int:
    asked = parse_qs(parts.query)
    if set(asked) - {"db"}:
        message = f"{url!r} asks for more than a database"
        raise _refused(message)
    return _number(asked.get("db", ["0"])[-1], url)


def _number(text: str, url: str) -> int:
    if not (text.isascii() and text.isdigit()):
        message = f"{url!r} names no database: {text!r} is no number"
        raise _refused(message)
    return int(text)


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        message = f"the CA file {str(ca_file)!r} for Redis cannot be used: {error.strerror}"
        raise Misconfigured(message, setting="ca_file", hint="name a PEM file") from error


def _refused(message: str, hint: str = _HINT) -> Misconfigured:
    return Misconfigured(message, setting="url", hint=hint)
