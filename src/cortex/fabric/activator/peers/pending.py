"""Show how many requests hold each layer, of all activators together.

Each activator writes its own numbers when they change, into a hash that goes when it falls silent.
What is made of them, such as more copies of a layer, is decided by others.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from cortex.clients.redis import RedisClient, server_now_ms
from cortex.errors import CortexError
from cortex.fabric.activator.layers.processes import Sight
from cortex.fabric.activator.peers.coordination import Coordination

_log = structlog.get_logger()
_LOOK_S = 0.5
_REFRESH_S = 10.0
"""Seconds between two writes of the same numbers: each of them is a write to the disk."""
_SILENT_MS = 25_000
"""Milliseconds after which the numbers of an activator that is gone count no more."""


class Watched(Protocol):
    """Layers that can be looked at."""

    def look(self) -> tuple[Sight, ...]:
        """Show every layer that this installation can start."""


class Pending:
    """The numbers of this activator, kept fresh."""

    def __init__(self, coordination: Coordination) -> None:
        self._coordination = coordination
        self._shown: dict[str, int] = {}
        self._due = 0.0

    async def run(self, layers: Watched) -> None:
        """Write them until cancelled."""
        while True:
            redis = await self._coordination.readied()
            try:
                await self._show(redis, {one.layer: one.claims for one in layers.look()})
            except CortexError as error:
                _log.info("claims are not shown to others now", reason=error.message)
                self._due = 0.0
            await asyncio.sleep(_LOOK_S)

    async def _show(self, redis: RedisClient, claims: dict[str, int]) -> None:
        now = asyncio.get_running_loop().time()
        if claims != self._shown or now >= self._due:
            await self._write(redis, claims)
            self._shown, self._due = claims, now + _REFRESH_S

    async def _write(self, redis: RedisClient, claims: Mapping[str, int]) -> None:
        index = index_of(self._coordination.prefix)
        mine = f"{index}:{self._coordination.writer}"
        words = [word for pair in claims.items() for word in pair]
        commands: list[tuple[Any, ...]] = [("ZADD", index, await server_now_ms(redis), mine)]
        if words:
            commands += [("HSET", mine, *words), ("PEXPIRE", mine, _SILENT_MS)]
        for reply in await redis.pipeline(commands):
            if isinstance(reply, CortexError):
                raise reply


async def pending(redis: RedisClient, prefix: str) -> tuple[int, dict[str, int]]:
    """Count the activators that were heard of lately, and the requests that hold each layer.

    Raises:
        CortexError: Redis is away, or refuses.

    """
    index = index_of(prefix)
    since = await server_now_ms(redis) - _SILENT_MS
    _, found = await redis.pipeline(
        [("ZREMRANGEBYSCORE", index, "-inf", f"({since}"), ("ZRANGE", index, 0, -1)]
    )
    if isinstance(found, CortexError):
        raise found
    alive: Any = found or ()
    total: Counter[str] = Counter()
    for reply in await redis.pipeline([("HGETALL", one) for one in alive]):
        words: list[Any] = reply if isinstance(reply, list) else []
        for layer, claims in zip(words[::2], words[1::2], strict=True):
            total[layer.decode()] += int(claims)
    return len(alive), dict(total)


def index_of(prefix: str) -> str:
    """Name the set of the activators, by the server's time of their last word."""
    return f"{prefix}:pending"
