"""Whoever waits for a task that ends otherwise than it should hears of it at once."""

import asyncio
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.escalations import INVESTIGATION, UNDERSTANDING
from cortex.coordination.queue.keys import Keys
from cortex.coordination.registry import Agent, Registry
from tests.fabric.activator.pretend import PretendLayer
from tests.fabric.activator.tasks.sending import served

pytestmark = pytest.mark.anyio
_AT_ONCE_S = 8.0
"""Less than the silence after which left entries are looked for."""


async def test_a_task_that_is_cancelled_while_it_waits_is_answered_at_once(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer(hold=asyncio.Event())
    assert layer.hold is not None
    async with served(tmp_path, redis, layer, task_concurrency=1) as (one, sending):
        await sending.task("first", "list all clients")
        async with asyncio.timeout(20):
            await layer.reached.wait()
        entry = await sending.task("next", "list all clients")
        await sending.noted("chat:next", entry)
        await sending.until(Keys("network").record("chat:next"), b"queued")
        async with asyncio.timeout(_AT_ONCE_S):
            reply = await one.http.post("/v1/tasks/chat:next/cancel")
            [told] = await sending.results(1)
        layer.hold.set()
        await sending.results(2)
        await sending.settled()
    assert reply.json()["cancel"] == "cancelled"
    assert (told["task_id"], told["success"], told["error"]) == ("next", "false", "cancelled")


async def test_a_task_that_is_cancelled_at_work_is_answered_at_once(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer(hold=asyncio.Event())
    async with served(tmp_path, redis, layer) as (one, sending):
        await sending.task("t1", "list all clients")
        async with asyncio.timeout(20):
            await layer.reached.wait()
        async with asyncio.timeout(_AT_ONCE_S):
            reply = await one.http.post("/v1/tasks/chat:t1/cancel")
            [told] = await sending.results(1)
            await sending.settled()
    assert reply.json()["cancel"] == "asked"
    assert (told["task_id"], told["error"]) == ("t1", "cancelled")


async def test_a_task_that_is_too_old_is_answered_at_once(
    tmp_path: Path, redis: RedisClient
) -> None:
    await redis.call("XADD", "cortex.network.tasks", "1000-1", "task_id", "old", "query", "list")
    async with served(tmp_path, redis) as (_, sending), asyncio.timeout(_AT_ONCE_S):
        [told] = await sending.results(1)
        await sending.settled()
    assert (told["task_id"], told["status"], told["error"]) == ("old", "failed", "expired")


async def test_a_task_that_is_given_up_is_answered_at_once_and_may_be_put_back(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with served(tmp_path, redis) as (one, sending):
        record = Keys("network").record("chat:t1")
        # As workers leave it that died over it again and again.
        await redis.call("HSET", record, "attempts", 50)
        await redis.call("EVAL", _QUEUED, 2, record, Keys("network").lanes[1], _BODY)
        async with asyncio.timeout(_AT_ONCE_S):
            [told] = await sending.results(1)
        [letter] = (await one.http.get("/v1/dead-letters")).json()["dead_letters"]
        await one.http.post(f"/v1/dead-letters/network/{letter['id']}/requeue")
        _, again = await sending.results(2)
    assert (told["task_id"], told["error"]) == ("t1", "given_up")
    assert (again["task_id"], again["status"]) == ("t1", "done")


_QUEUED = """
local entry = redis.call('XADD', KEYS[2], '*', 'task', ARGV[1])
redis.call('HSET', KEYS[1], 'state', 'queued', 'lane', 2, 'entry', entry, 'key', '')
return entry
"""
_BODY = (
    '{"id":"chat:t1","kind":"network","arguments":{"entry":"1-1","owner":"sender:chat",'
    '"task":{"sender":"chat","task_id":"t1","query":"list all clients"}}}'
)


async def test_a_task_that_is_cancelled_with_the_agents_is_answered_at_once(
    tmp_path: Path, redis: RedisClient
) -> None:
    expert = Agent("expert", "expert", "expert", "ready", (INVESTIGATION, UNDERSTANDING))
    async with served(tmp_path, redis) as (one, sending):
        await Registry(redis).beat(expert)
        await sending.task("hard", "investigate why the office AP keeps dropping clients")
        [told] = await sending.results(1)
        await one.http.post("/v1/tasks/chat:hard/cancel")
        _, after = await sending.results(2)
    assert told["status"] == "accepted"
    assert (after["task_id"], after["error"]) == ("hard", "cancelled")
