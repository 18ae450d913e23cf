"""What was given up is seen and put back, whichever queue it was in."""

from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.task import Failed, Task, encode, encode_outcome
from tests.fabric.activator.tasks.sending import served

pytestmark = pytest.mark.anyio


async def test_a_timer_that_was_given_up_is_listed_and_put_back(
    tmp_path: Path, redis: RedisClient
) -> None:
    task = Task(id="t.0.undo", kind="timer", arguments={"timer": "t", "occurrence": 0})
    reason = encode_outcome(Failed("it may end its worker", "permanent"))
    dead = Keys("timers").dead
    await redis.call("XADD", dead, "*", "task", encode(task), "reason", reason, "attempts", 9)
    async with served(tmp_path, redis) as (one, sending):
        await sending.task("t1", "list all clients")
        await sending.results(1)
        [letter] = (await one.http.get("/v1/dead-letters")).json()["dead_letters"]
        queues = (await one.http.get("/v1/tasks")).json()["queues"]
        place = f"/v1/dead-letters/{letter['queue']}/{letter['id']}"
        assert (await one.http.post(f"{place}/requeue")).json() == {"task": "t.0.undo"}
        await sending.until(Keys("timers").record("t.0.undo"), b"done")
    assert (letter["queue"], letter["reason"]) == ("timers", "it may end its worker")
    assert queues["timers"]["dead_letters"] == 1
