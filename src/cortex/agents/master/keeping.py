"""Keep the registry and the queues healthy: sweep silent agents, look at queues, report.

Dead letters that came, and tasks that nobody takes, are told on `cortex.events`.
"""

import asyncio

import structlog

from cortex.agents.master.metrics import Metrics
from cortex.clients.redis import RedisClient
from cortex.coordination.escalations import QUEUE
from cortex.coordination.queue.health import QueueHealth, look
from cortex.coordination.queue.keys import Keys
from cortex.coordination.registry import Registry
from cortex.coordination.streams import EVENTS, add
from cortex.errors import CortexError

_log = structlog.get_logger()
_EVERY_S = 5.0
_STALE_S = 60.0
"""Seconds after which a task that nobody takes is told of."""
QUEUES = ("network", QUEUE, "timers")


class Keeping:
    """What the leader looks after."""

    def __init__(self, redis: RedisClient, metrics: Metrics, *, prefix: str) -> None:
        self._redis = redis
        self._metrics = metrics
        self._prefix = prefix
        self._registry = Registry(redis, prefix=prefix)

    async def run(self) -> None:
        """Look every few seconds until cancelled, also past a server that is away."""
        while True:
            try:
                await self.look()
            except CortexError as error:
                _log.warning("queues cannot be looked after", reason=error.message)
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> None:
        """Look once."""
        for agent_id in await self._registry.sweep():
            _log.warning("agent fell silent", agent=agent_id)
        self._metrics.agents.set(len(await self._registry.agents()))
        for queue in QUEUES:
            health = await look(self._redis, Keys(queue, self._prefix))
            self._metrics.show(queue, health)
            await self._report(queue, health)

    async def _report(self, queue: str, health: QueueHealth) -> None:
        await self._report_one(f"{queue}:dead", "queue.dead_letters", queue, health.dead_letters)
        oldest_s = max((one.oldest_s or 0.0 for one in health.lanes.values()), default=0.0)
        waits = sum(one.lag for one in health.lanes.values())
        stale = waits if oldest_s > _STALE_S else 0
        await self._report_one(f"{queue}:stale", "queue.stale", queue, stale)

    async def _report_one(self, name: str, event: str, queue: str, count: int) -> None:
        """Tell of a number that grew since it was told last, whoever told it."""
        key = f"{self._prefix}:reported:{name}"
        reply = await self._redis.call("GET", key)
        before = int(reply) if isinstance(reply, bytes) else 0
        if count == before:
            return
        await self._redis.call("SET", key, count)
        if count > before:
            _log.warning("queue is unwell", event_name=event, queue=queue, count=count)
            told = {"event": event, "queue": queue, "count": str(count)}
            await add(self._redis, EVENTS, told)
