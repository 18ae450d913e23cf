"""Telemetry is woken by what waits for it, and let go of when nothing does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.lease import Lease
from cortex.coordination.streams import OUTCOMES, acknowledge, ensure_group, read_group
from cortex.errors import LayerNotReady
from cortex.fabric.activator.layers.lag import Backlog, LagWatch, Patience, backlog_of
from cortex.fabric.activator.layers.processes import Awake
from cortex.fabric.messages.outcomes import GROUP, LEARNING
from tests.redis_servers import redis, redis_server

pytestmark = pytest.mark.anyio
__all__ = ["redis", "redis_server"]


class Bed:
    """A layer that notes when it is woken and let go of."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.woken: asyncio.Queue[str] = asyncio.Queue()
        self.released = asyncio.Event()

    @asynccontextmanager
    async def claim(self, layer: str, deadline: float) -> AsyncIterator[Awake]:
        assert deadline > asyncio.get_running_loop().time()
        self.woken.put_nowait(layer)
        if self.refusals:
            self.refusals -= 1
            message = "it does not start"
            raise LayerNotReady(message)
        yield Awake(url="", pid=0, woke=True, wake_ms=0.0)
        self.released.set()


@asynccontextmanager
async def watched(redis: RedisClient, bed: Bed, patience: Patience) -> AsyncIterator[None]:
    async def readied() -> RedisClient:
        return redis

    async with LagWatch(bed, readied, patience, look_s=0.02, pause_s=0.02).living():
        yield


async def fill(redis: RedisClient, count: int) -> None:
    for _ in range(count):
        await redis.call("XADD", OUTCOMES, "*", "event", b"{}")


async def take(redis: RedisClient) -> list[str]:
    entries = await read_group(redis, OUTCOMES, group=GROUP, consumer="c", count=100, block_s=0.05)
    return [one.id for one in entries]


@pytest.mark.parametrize(
    ("backlog", "ends"),
    [
        (Backlog(0, 0.0), False),
        (Backlog(9, 1.0), False),
        (Backlog(10, 0.0), True),
        (Backlog(1, 30.0), True),
    ],
)
def test_many_events_or_an_old_one_end_the_patience(backlog: Backlog, *, ends: bool) -> None:
    assert Patience(events=10, oldest_s=30.0).ends(backlog) is ends


async def test_the_backlog_counts_what_is_read_and_not_acknowledged(redis: RedisClient) -> None:
    assert (await backlog_of(redis)).events == 0
    await ensure_group(redis, OUTCOMES, GROUP)
    await fill(redis, 3)
    taken = await take(redis)
    assert (await backlog_of(redis)).events == 3
    await acknowledge(redis, OUTCOMES, GROUP, taken[:2])
    assert (await backlog_of(redis)).events == 1
    assert 0 <= (await backlog_of(redis)).oldest_s < 60


async def test_the_layer_is_held_until_nothing_waits(redis: RedisClient) -> None:
    bed = Bed()
    await ensure_group(redis, OUTCOMES, GROUP)
    async with asyncio.timeout(20), watched(redis, bed, Patience(events=3, oldest_s=600)):
        await fill(redis, 2)
        assert bed.woken.empty()
        await fill(redis, 1)
        assert await bed.woken.get() == "cortex-telemetry"
        assert not bed.released.is_set()
        await acknowledge(redis, OUTCOMES, GROUP, await take(redis))
        await bed.released.wait()


async def test_the_layer_is_held_while_it_learns_also_after_the_last_event(
    redis: RedisClient,
) -> None:
    bed, learning = Bed(), Lease(redis, LEARNING)
    await ensure_group(redis, OUTCOMES, GROUP)
    async with asyncio.timeout(20), watched(redis, bed, Patience(events=1, oldest_s=600)):
        assert await learning.acquire()
        assert await bed.woken.get() == "cortex-telemetry"
        await fill(redis, 1)
        await acknowledge(redis, OUTCOMES, GROUP, await take(redis))
        assert (await backlog_of(redis)).events == 0
        assert not bed.released.is_set()
        await learning.release()
        await bed.released.wait()
    assert bed.woken.empty()


async def test_one_of_two_activators_wakes_it(redis: RedisClient) -> None:
    one, other = Bed(), Bed()
    patience = Patience(events=1, oldest_s=600)
    await ensure_group(redis, OUTCOMES, GROUP)
    await fill(redis, 1)
    async with asyncio.timeout(20), watched(redis, one, patience):
        await one.woken.get()
        async with watched(redis, other, patience):
            await acknowledge(redis, OUTCOMES, GROUP, await take(redis))
            await one.released.wait()
    assert other.woken.empty()


async def test_a_layer_that_does_not_start_is_tried_again(redis: RedisClient) -> None:
    bed = Bed(refusals=2)
    await fill(redis, 1)
    async with asyncio.timeout(20), watched(redis, bed, Patience(events=1, oldest_s=600)):
        for _ in range(3):
            await bed.woken.get()
