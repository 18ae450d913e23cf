"""What a leader does goes on for as long as it leads, whatever breaks."""

import asyncio
from datetime import timedelta

import pytest

from cortex.agents.master.leading import Leading, Work
from cortex.clients.redis import RedisClient
from cortex.coordination.lease import Lease

pytestmark = pytest.mark.anyio
_WITHIN_S = 20.0


async def test_a_leader_whose_work_breaks_begins_it_again(redis: RedisClient) -> None:
    begun: list[str] = []
    again = asyncio.Event()

    async def breaks() -> None:
        begun.append("breaks")
        if begun.count("breaks") > 2:
            again.set()
            await asyncio.Event().wait()
        message = "nobody foresaw it"
        raise RuntimeError(message)

    async def goes_on() -> None:
        begun.append("goes on")
        await asyncio.Event().wait()

    lease = Lease(redis, "leading", lasts=timedelta(seconds=5))
    leading = Leading(lease, (Work("breaks", breaks), Work("goes on", goes_on)))
    running = asyncio.create_task(leading.run())
    async with asyncio.timeout(_WITHIN_S):
        await again.wait()
    assert leading.leads
    told = ("breaks broke 2 times lately: RuntimeError, see the log",)
    assert leading.breakages.told() == told
    running.cancel()
    await asyncio.wait({running})
    assert sorted(begun) == ["breaks", "breaks", "breaks", "goes on"]
    assert await lease.acquire()
