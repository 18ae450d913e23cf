"""Hold Redis: the server that the settings name, or the bundled one of the data folder.

Nobody waits for it and nothing depends on it: it is opened in the background, looked at once a
second, and opened again after it was away. What is kept there is decided by others.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import structlog

from cortex.clients.redis import RedisClient
from cortex.coordination.bundled import BundledServer, started
from cortex.coordination.connecting import client_of
from cortex.coordination.supervision import kept_up
from cortex.errors import Conflict, CortexError, LostReply, Misconfigured, Unavailable
from cortex.settings.knobs import Redis

_log = structlog.get_logger()
_LOOK_S = 1.0
"""Seconds between two looks while it is there; a loss is known that soon also when nobody asks."""
_AWAY_S = 0.1
"""Seconds between two looks while it is away; the client itself waits longer and longer."""
_MISCONFIGURED_S = 30.0
"""Seconds until a server that only a person can mend is tried again."""
State = Literal["off", "away", "ready"]
_Reply = TypeVar("_Reply")


async def within(seconds: float, asking: Awaitable[_Reply]) -> _Reply:
    """Wait no longer than that for a reply of Redis.

    A deadline given to the client itself would end the connection that everybody shares.

    Raises:
        LostReply: it did not come in time; what was sent may have taken effect.

    """
    try:
        async with asyncio.timeout(seconds):
            return await asking
    except TimeoutError:
        message = f"Redis did not answer within {seconds:g} s"
        raise LostReply(message, hint="what was sent may have taken effect") from None


class Coordination:
    """Redis, once it is there."""

    prefix = "cortex"
    """What every key of ours begins with, before a colon."""

    def __init__(self, knobs: Redis, home: Path) -> None:
        """Make it; nothing is opened yet.

        Raises:
            Misconfigured: the address or the CA file cannot be used.

        """
        self._knobs = knobs
        self._home = home
        self._client = client_of(knobs, home) if knobs.enabled else None
        self._server: BundledServer | None = None
        self._readied = asyncio.Event()
        self._left = asyncio.Event()
        self.writer = secrets.token_hex(8)
        """Stands for this process among the others, for as long as it runs."""
        self.state: State = "away" if knobs.enabled else "off"
        self.reason = (
            "it is being opened" if knobs.enabled else "it is switched off (redis.enabled)"
        )

    @property
    def ready(self) -> bool:
        """Whether it answered lately."""
        return self.state == "ready"

    @property
    def redis(self) -> RedisClient:
        """Give the client. Even so, each of its calls may find the server gone.

        Raises:
            Unavailable: it is switched off, or away.

        """
        if self._client is None or not self.ready:
            message = f"Redis is not available: {self.reason}"
            raise Unavailable(message, hint="look at `redis.url` and the log", retry_after=_LOOK_S)
        return self._client

    @property
    def place(self) -> str:
        """Say where it is; empty when it is off."""
        return self._client.url if self._client else ""

    async def readied(self) -> RedisClient:
        """Wait until it is there; for ever when it is off."""
        while True:
            await self._readied.wait()
            with contextlib.suppress(Unavailable):
                return self.redis

    async def left(self) -> None:
        """Wait until it is away."""
        await self._left.wait()

    async def run(self) -> None:
        """Keep it open until cancelled."""
        if self._client is None:
            return
        try:
            looking = partial(self._look_after, self._client)
            await kept_up(looking, name="looking after Redis", pause_s=_MISCONFIGURED_S)
        finally:
            await self._close(self._client)

    async def _look_after(self, client: RedisClient) -> None:
        while True:
            pause_s = await self._looked(client)
            await asyncio.sleep(pause_s)

    async def _looked(self, client: RedisClient) -> float:
        """Look once, and say after how many seconds to look again."""
        try:
            await client.call("PING", timeout_s=self._knobs.timeout.total_seconds())
        except CortexError as error:
            self._away(error)
            return await self._started()
        self._ready()
        return _LOOK_S

    async def _started(self) -> float:
        """Start the bundled server, unless another process of this data folder has."""
        if self._knobs.url or (self._server is not None and self._server.running):
            return _AWAY_S
        try:
            if self._server is not None:
                await self._server.stop()
            self._server = await started(self._home)
        except Conflict:
            return _AWAY_S
        except CortexError as error:
            self._away(error)
            return _MISCONFIGURED_S if isinstance(error, Misconfigured) else _LOOK_S
        return 0.0

    def _ready(self) -> None:
        if not self.ready:
            _log.info("Redis is ready", place=self.place)
        self.state, self.reason = "ready", ""
        self._left.clear()
        self._readied.set()

    def _away(self, error: CortexError) -> None:
        if self.ready or not self._left.is_set():
            _log.warning("Redis is away", reason=error.message)
        self.state = "away"
        self.reason = f"{error.message}; {error.hint}" if error.hint else error.message
        self._readied.clear()
        self._left.set()

    async def _close(self, client: RedisClient) -> None:
        self.state, self.reason = "away", "the activator is stopping"
        self._readied.clear()
        self._left.set()
        await client.close()
        if self._server is not None:
            await self._server.stop()
