"""One leader at a time, a token that only grows, and no belief in a lease that may be over."""

import asyncio
from datetime import timedelta

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.lease import Lease

pytestmark = pytest.mark.anyio
WITHIN_S = 20.0
LONG = timedelta(seconds=30)


async def test_of_many_that_want_it_one_gets_it(redis: RedisClient) -> None:
    rivals = [Lease(redis, "leader", lasts=LONG) for _ in range(20)]
    assert sum(await asyncio.gather(*(one.acquire() for one in rivals))) == 1
    [holder] = [one for one in rivals if one.held]
    assert holder.fence > 0
    assert await holder.renew()
    other = next(one for one in rivals if one is not holder)
    assert not await other.renew()
    await other.release()
    assert await holder.renew()


async def test_every_holder_has_a_larger_token_than_those_before_even_past_a_flush(
    redis: RedisClient,
) -> None:
    fences = []
    for flush in (False, False, True, False):
        lease = Lease(redis, "leader", lasts=LONG)
        if flush:
            await redis.call("FLUSHALL")
        assert await lease.acquire()
        fences.append(lease.fence)
        await lease.release()
        assert not lease.held
    assert fences == sorted(set(fences))


async def test_a_lease_is_not_believed_in_once_our_clock_says_it_may_be_over(
    redis: RedisClient,
) -> None:
    now = [100.0]
    lease = Lease(redis, "leader", lasts=LONG, clock=lambda: now[0])
    assert not lease.held
    assert await lease.acquire()
    now[0] += 28
    assert lease.held
    now[0] += 1
    assert not lease.held
    assert await lease.renew()
    assert lease.held


async def test_a_lease_that_another_took_meanwhile_is_lost(redis: RedisClient) -> None:
    first, second = Lease(redis, "leader", lasts=LONG), Lease(redis, "leader", lasts=LONG)
    assert await first.acquire()
    await redis.call("DEL", "cortex:lease:{leader}")
    assert await second.acquire()
    assert not await first.renew()
    assert not first.held
    assert second.fence > first.fence
    await first.release()
    assert await second.renew()


async def test_a_lease_whose_reply_was_lost_is_taken_by_asking_again(redis: RedisClient) -> None:
    lease = Lease(redis, "leader", lasts=LONG)
    assert await lease.acquire()
    first = lease.fence
    assert await lease.acquire()
    assert lease.fence > first


async def test_when_the_leader_steps_down_another_follows(redis: RedisClient) -> None:
    leases = [Lease(redis, "leader", lasts=timedelta(seconds=0.3)) for _ in range(2)]
    campaigns = [asyncio.create_task(one.campaign()) for one in leases]
    async with asyncio.timeout(WITHIN_S):
        while not any(one.held for one in leases):  # noqa: ASYNC110  # held by the clock
            await asyncio.sleep(0.01)
        leader = 0 if leases[0].held else 1
        campaigns[leader].cancel()
        while not leases[1 - leader].held:  # noqa: ASYNC110  # held by the clock
            await asyncio.sleep(0.01)
    assert leases[1 - leader].fence > leases[leader].fence
    assert not leases[leader].held
    for campaign in campaigns:
        campaign.cancel()
        with pytest.raises(asyncio.CancelledError):
            await campaign
