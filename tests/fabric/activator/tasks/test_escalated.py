"""A task that was passed on to agents is looked for where it waits now."""

from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.escalations import INVESTIGATION, UNDERSTANDING
from cortex.coordination.registry import Agent, Registry
from tests.fabric.activator.tasks.sending import served

pytestmark = pytest.mark.anyio
_EXPERT = Agent("expert", "expert", "expert", "ready", (INVESTIGATION, UNDERSTANDING))


async def test_a_task_that_waits_for_an_agent_can_be_cancelled(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with served(tmp_path, redis) as (one, sending):
        await Registry(redis).beat(_EXPERT)
        await sending.task("hard", "investigate why the office AP keeps dropping clients")
        [told] = await sending.results(1)
        waiting = (await one.http.get("/v1/tasks/chat:hard")).json()
        reply = (await one.http.post("/v1/tasks/chat:hard/cancel")).json()
        shown = (await one.http.get("/v1/tasks/chat:hard")).json()
    assert told["status"] == "accepted"
    assert waiting["state"] == "queued"
    assert reply == {"id": "chat:hard", "cancel": "cancelled"}
    assert shown["state"] == "cancelled"


async def test_what_redis_takes_slowly_is_said_to_be_passed_on_when_it_is(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with served(tmp_path, redis) as (one, sending):
        await sending.task("ready", "list all clients")
        await sending.results(1)
        await Registry(redis).beat(_EXPERT)
        await redis.call("CLIENT", "PAUSE", 900, "WRITE")
        told = await one.ask("investigate why the office AP keeps dropping clients")
        shown = (await one.http.get(f"/v1/tasks/{told['data']['task_id']}")).json()
    assert told["status"] == "accepted"
    assert shown["state"] == "queued"
