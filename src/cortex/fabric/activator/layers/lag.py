"""Wake `cortex-telemetry` when events wait for it, and hold it until none does and it has learned.

How long it stays up afterwards is its cooldown's. Nothing waits for it: what goes wrong here is
logged, and tried again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog

from cortex.clients.redis import RedisClient
from cortex.clients.redis.moments import TIME, moment_of
from cortex.coordination.lease import Lease, is_taken
from cortex.coordination.streams import OUTCOMES
from cortex.coordination.supervision import beside
from cortex.errors import CortexError
from cortex.fabric.activator.layers.processes import Awake
from cortex.fabric.activator.layers.table import TELEMETRY
from cortex.fabric.messages.outcomes import LEARNING
from cortex.settings.knobs import Activator

_LOOK_S: Final = 2.0
_HOLD_LOOK_S: Final = 0.5
_PAUSE_S: Final = 30.0
"""Seconds until a layer that could not be woken is tried again."""
_log = structlog.get_logger()


class Layers(Protocol):
    """Where the layer comes from."""

    def claim(self, layer: str, deadline: float) -> AbstractAsyncContextManager[Awake]:
        """Hold a layer, woken if it sleeps, until the block ends."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in the stream: how many events, and for how many seconds the oldest."""

    events: int
    oldest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """From what backlog on the layer is woken, and how long it may take to start."""

    events: int
    oldest_s: float
    start_s: float = 30.0

    def ends(self, backlog: Backlog) -> bool:
        """Tell whether a backlog is too much to wait with."""
        enough = backlog.events >= self.events or backlog.oldest_s >= self.oldest_s
        return backlog.events > 0 and enough


def patience_of(settings: Activator) -> Patience:
    """Read the patience from the settings."""
    return Patience(
        events=settings.telemetry_events,
        oldest_s=settings.telemetry_wait.total_seconds(),
        start_s=settings.start_timeout.total_seconds(),
    )


class LagWatch:
    """Looks at the stream as long as it runs; `readied` waits for Redis and gives the client."""

    def __init__(
        self,
        layers: Layers,
        readied: Callable[[], Awaitable[RedisClient]],
        patience: Patience,
        *,
        look_s: float = _LOOK_S,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._layers = layers
        self._readied = readied
        self._patience = patience
        self._look_s = look_s
        self._pause_s = pause_s

    @asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        """Watch while the block runs."""
        async with beside(self.run, name="waking telemetry", pause_s=self._pause_s):
            yield

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            redis = await self._readied()
            if self._patience.ends(await backlog_of(redis)) or await is_taken(redis, LEARNING):
                await self._wake(redis)
            await asyncio.sleep(self._look_s)

    async def _wake(self, redis: RedisClient) -> None:
        """Hold the layer until it has nothing to do, unless another activator does already."""
        lease = Lease(redis, "telemetry-wake")
        if not await lease.acquire():
            return
        try:
            deadline = asyncio.get_running_loop().time() + self._patience.start_s
            async with self._layers.claim(TELEMETRY, deadline):
                await self._drained(redis, lease)
        finally:
            await lease.release()

    async def _drained(self, redis: RedisClient, lease: Lease) -> None:
        # Redis tells nobody that a stream ran empty.
        while await _is_busy(redis) and await lease.renew():  # noqa: ASYNC110
            await asyncio.sleep(_HOLD_LOOK_S)


async def _is_busy(redis: RedisClient) -> bool:
    return (await backlog_of(redis)).events > 0 or await is_taken(redis, LEARNING)


async def backlog_of(redis: RedisClient) -> Backlog:
    """Count what the layer did not acknowledge: that is deleted, so the rest is what is there.

    Counts what was given to a reader too, which a crash may have left behind. Redis tells no lag of
    a stream from which something was deleted.

    Raises:
        CortexError: Redis is away, or it is no stream.

    """
    commands = (
        ("XLEN", OUTCOMES),
        ("XRANGE", OUTCOMES, "-", "+", "COUNT", 1),
        TIME,
    )
    replies: list[Any] = await redis.pipeline(commands)
    for reply in replies:
        if isinstance(reply, CortexError):
            raise reply
    length, first, now = replies
    if not first:
        return Backlog(0, 0.0)
    began_ms = int(bytes(first[0][0]).partition(b"-")[0])
    return Backlog(int(length), max(0.0, (moment_of(now) - began_ms) / 1000))
