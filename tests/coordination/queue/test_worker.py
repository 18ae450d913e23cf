"""What a worker does with the tasks of a queue, on real servers."""

import asyncio

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Producer
from cortex.coordination.queue.results import Results
from cortex.coordination.queue.task import Done
from tests.coordination.queue.working import WITHIN_S, task, working

pytestmark = pytest.mark.anyio


async def test_a_task_is_performed_and_its_result_reaches_whoever_waits(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results
) -> None:
    asked = task(arguments={"mac": "aa:bb"})
    await producer.enqueue(asked)
    async with working(redis, keys):
        assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done({"mac": "aa:bb"})
    assert [await redis.call("XLEN", lane) for lane in keys.lanes] == [0, 0, 0]
