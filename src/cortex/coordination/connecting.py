"""A client of whichever Redis the settings name: theirs, or the bundled one of the data folder.

Takes the values of the section `redis`; whether the bundled server is started here, or by another
process on the same data folder, is decided by the caller.
"""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from cortex.clients.redis import RedisClient
from cortex.coordination.bundled import bundled_url, started


class Wanted(Protocol):
    """Which Redis is wanted, as `settings.knobs.Redis` says it."""

    @property
    def url(self) -> str:
        """Its address; empty for the bundled one."""

    @property
    def username(self) -> str:
        """The ACL user; empty for the default one."""

    @property
    def password(self) -> str | None:
        """The password, when it wants one."""

    @property
    def ca_file(self) -> Path | None:
        """Whose certificates to believe over TLS; none believes the system's."""

    @property
    def timeout(self) -> timedelta:
        """The longest wait for one reply."""


def client_of(wanted: Wanted, home: Path) -> RedisClient:
    """Make a client; the bundled server is taken to run, or to be started by somebody.

    Raises:
        Misconfigured: the address or the CA file cannot be used.

    """
    if not wanted.url:
        return RedisClient.of(bundled_url(home), timeout_s=wanted.timeout.total_seconds())
    return RedisClient.of(
        wanted.url,
        username=wanted.username,
        password=wanted.password or "",
        ca_file=wanted.ca_file,
        timeout_s=wanted.timeout.total_seconds(),
    )


@contextlib.asynccontextmanager
async def connected(wanted: Wanted, home: Path) -> AsyncIterator[RedisClient]:
    """Start the bundled server where no other is named, and give a client while the block runs.

    Raises:
        CortexError: the bundled server cannot be started; see `started`.

    """
    server = None if wanted.url else await started(home)
    try:
        client = client_of(wanted, home)
        try:
            yield client
        finally:
            await client.close()
    finally:
        if server is not None:
            await server.stop()
