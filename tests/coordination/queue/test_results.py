"""What became of a task: told to all who wait, in time, and cancelled when asked."""

import asyncio

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.health import look
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Accepted, Producer
from cortex.coordination.queue.results import Results
from cortex.coordination.queue.task import Cancelled, Done
from cortex.errors import BadAnswer, Conflict
from tests.coordination.queue.working import WITHIN_S, task, working

pytestmark = pytest.mark.anyio


async def test_everybody_who_waits_for_a_task_is_told(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results
) -> None:
    asked = [task(arguments={"n": n}) for n in range(50)]
    waiting = asyncio.gather(*(_told(results, one.id) for one in asked for _ in range(3)))
    await producer.enqueue_many(asked)
    async with working(redis, keys):
        answers = await waiting
    assert answers == [Done({"n": n}) for n in range(50) for _ in range(3)]


async def _told(results: Results, task_id: str) -> object:
    async with asyncio.timeout(WITHIN_S):
        while await results.peek(task_id) is None:  # noqa: ASYNC110  # it comes from elsewhere
            await asyncio.sleep(0.01)
    return await results.wait(task_id, timeout_s=WITHIN_S)


async def test_a_wait_ends_at_its_deadline(producer: Producer, results: Results) -> None:
    asked = task()
    await producer.enqueue(asked)
    assert await results.wait(asked.id, timeout_s=0.05) is None
    standing = await results.peek(asked.id)
    assert standing is not None
    assert (standing.state, standing.attempts, standing.outcome) == ("queued", 0, None)


async def test_nobody_waits_for_a_task_that_is_not_known(results: Results) -> None:
    assert await results.peek("01ARYZ6S410000000000000000") is None
    with pytest.raises(Conflict, match="01ARYZ6S410000000000000000"):
        await results.wait("01ARYZ6S410000000000000000", timeout_s=WITHIN_S)
    with pytest.raises(Conflict, match="no task"):
        await results.cancel("01ARYZ6S410000000000000000")


@pytest.mark.parametrize("not_before_ms", [None, 2**47])
async def test_a_task_that_waits_is_cancelled_at_once_and_frees_its_key(
    not_before_ms: int | None,
    redis: RedisClient,
    keys: Keys,
    producer: Producer,
    results: Results,
) -> None:
    asked = task(idempotency_key="k", not_before_ms=not_before_ms)
    await producer.enqueue(asked)
    waiting = asyncio.create_task(results.wait(asked.id, timeout_s=WITHIN_S))
    assert await results.cancel(asked.id) == "cancelled"
    assert await waiting == Cancelled()
    health = await look(redis, keys)
    assert (health.lanes["normal"].length, health.delayed) == (0, 0)
    again = task(idempotency_key="k")
    assert await producer.enqueue(again) == Accepted(again.id)


async def test_a_task_that_a_worker_took_and_did_not_begin_is_cancelled_all_the_same(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results
) -> None:
    asked = task()
    await producer.enqueue(asked)
    lane = keys.lanes[1]
    await redis.call("XGROUP", "CREATE", lane, "workers", "0")
    await redis.call("XREADGROUP", "GROUP", "workers", "gone", "STREAMS", lane, ">")
    assert await results.cancel(asked.id) == "cancelled"
    other = task()
    await producer.enqueue(other)
    async with working(redis, keys):
        assert await results.wait(other.id, timeout_s=WITHIN_S) == Done({})
        async with asyncio.timeout(WITHIN_S):
            while (await look(redis, keys)).lanes["normal"].pending:  # noqa: ASYNC110  # on a server
                await asyncio.sleep(0.01)
    assert await results.wait(asked.id, timeout_s=WITHIN_S) == Cancelled()


async def test_a_task_that_ended_cannot_be_cancelled(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results
) -> None:
    asked = task()
    await producer.enqueue(asked)
    async with working(redis, keys):
        await results.wait(asked.id, timeout_s=WITHIN_S)
    assert await results.cancel(asked.id) == "done"
    assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done({})


async def test_a_result_is_kept_for_a_limited_time(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results
) -> None:
    asked = task()
    await producer.enqueue(asked)
    assert await redis.call("PTTL", keys.record(asked.id)) == -1
    async with working(redis, keys):
        await results.wait(asked.id, timeout_s=WITHIN_S)
    left = await redis.call("PTTL", keys.record(asked.id))
    assert isinstance(left, int)
    assert 0 < left <= keys.keeping.results_ms


async def test_a_damaged_record_is_told_as_such(
    redis: RedisClient, keys: Keys, results: Results
) -> None:
    await redis.call("HSET", keys.record("a"), "state", "asleep")
    with pytest.raises(BadAnswer, match="damaged"):
        await results.peek("a")
