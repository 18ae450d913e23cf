"""Wake `cortex-master` while there is something for it to do, and let it sleep again.

It has something to do while an escalation waits or is with an agent, and when something happened
that people are to be told. Where the master is no layer of ours, it runs always.
"""

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import structlog

from cortex.clients.redis import RedisClient
from cortex.coordination.escalations import MASTER, QUEUE
from cortex.coordination.notable import MARK, notable, start_of
from cortex.coordination.queue.health import look
from cortex.coordination.queue.keys import Keys
from cortex.coordination.streams import EVENTS, entries_of
from cortex.errors import CortexError
from cortex.fabric.activator.layers.processes import Awake, Sight

_log = structlog.get_logger()
_LOOK_S = 1.0
_START_S = 30.0
_AFTER_FAILURE_S = 10.0
_PAGE = 500


class Handover(Protocol):
    """Where the Redis is that the master is given its work over."""

    @property
    def prefix(self) -> str:
        """What every key of ours begins with, before a colon."""

    async def readied(self) -> RedisClient:
        """Wait until it is there; for ever when it is off."""


class Layers(Protocol):
    """Where the master is woken."""

    def claim(self, layer: str, deadline: float) -> AbstractAsyncContextManager[Awake]:
        """Hold a layer, woken if it sleeps, until the block ends."""

    def look(self) -> tuple[Sight, ...]:
        """Show every layer that this installation can start."""


class Waking:
    """Looks whether the master is needed."""

    def __init__(self, coordination: Handover, layers: Layers, *, notifies: bool) -> None:
        self._coordination = coordination
        self._layers = layers
        self._notifies = notifies
        self._seen = ""

    async def run(self) -> None:
        """Look once a second until cancelled."""
        while any(one.layer == MASTER for one in self._layers.look()):
            redis = await self._coordination.readied()
            try:
                await self._round(redis)
                await asyncio.sleep(_LOOK_S)
            except CortexError as error:
                _log.warning("the master is not woken", reason=error.message)
                await asyncio.sleep(_AFTER_FAILURE_S)

    async def _round(self, redis: RedisClient) -> None:
        if not await self._needed(redis):
            return
        deadline = asyncio.get_running_loop().time() + _START_S
        async with self._layers.claim(MASTER, deadline):
            while await self._needed(redis):  # noqa: ASYNC110  # the condition lies in Redis
                await asyncio.sleep(_LOOK_S)

    async def _needed(self, redis: RedisClient) -> bool:
        health = await look(redis, Keys(QUEUE, self._coordination.prefix))
        if any(lane.length for lane in health.lanes.values()) or health.delayed:
            return True
        return self._notifies and await self._news(redis)

    async def _news(self, redis: RedisClient) -> bool:
        """Tell whether people are to be told of something that the master has not read."""
        mark = await redis.call("GET", f"{self._coordination.prefix}:{MARK}")
        self._seen = max(self._seen, mark.decode() if isinstance(mark, bytes) else "", key=_place)
        while True:
            start = f"({self._seen}" if self._seen else start_of(time.time())
            reply: Any = await redis.call("XRANGE", EVENTS, start, "+", "COUNT", _PAGE)
            page = list(entries_of(reply))
            for entry in page:
                if notable(entry.fields):
                    return True
                self._seen = entry.id
            if len(page) < _PAGE:
                return False


def _place(entry: str) -> tuple[int, int]:
    milliseconds, _, number = entry.partition("-")
    return int(milliseconds or 0), int(number or 0)
