"""How a queue fares: what waits, what is at work, how old the oldest is, what was given up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import GROUP, Keys
from cortex.coordination.queue.lua import script
from cortex.coordination.queue.task import LANES, Lane

_HEALTH = script("health")


@dataclass(frozen=True, slots=True)
class LaneHealth:
    """How one lane fares."""

    length: int
    """How many tasks it holds, waiting or at work."""
    pending: int
    """How many of them a worker holds."""
    oldest_s: float | None
    """How long the oldest of them is there, in seconds; None when it is empty."""
    consumers: int

    @property
    def lag(self) -> int:
        """How many tasks no worker was given yet.

        Counted by us: Redis 6.2 tells no lag. What ended is deleted, so the rest is what waits.
        """
        return max(0, self.length - self.pending)


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """How a queue fares."""

    lanes: Mapping[Lane, LaneHealth]
    delayed: int
    overdue_s: float
    """How long the first delayed task is past its time, in seconds: more than a breath means that
    no worker runs."""
    dead_letters: int


async def look(redis: RedisClient, keys: Keys) -> QueueHealth:
    """Measure a queue, all of it at one moment."""
    names = (*keys.lanes, keys.delayed, keys.dead)
    reply: Any = await redis.run(_HEALTH, keys=names, arguments=(GROUP,))
    *lanes, delayed, overdue_ms, dead = reply
    return QueueHealth(
        lanes={lane: _lane(told) for lane, told in zip(LANES, lanes, strict=True)},
        delayed=delayed,
        overdue_s=overdue_ms / 1000,
        dead_letters=dead,
    )


def _lane(told: Any) -> LaneHealth:
    length, pending, age_ms, consumers = told
    return LaneHealth(length, pending, None if age_ms < 0 else age_ms / 1000, consumers)
