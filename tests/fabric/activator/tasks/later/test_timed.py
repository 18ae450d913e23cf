"""Who sends an order with a time is told again once it was undone, or is over otherwise."""

import asyncio
import json
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.fabric.activator.access import tokens
from tests.fabric.activator.desk import Desk
from tests.fabric.activator.tasks.sending import Sending
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.watch import HASTE_S, over, timers, watched

pytestmark = pytest.mark.anyio
_TASK = "chat:w1"


def operator(home: Path) -> dict[str, str]:
    tokens.ensure_admin(home, now=1)
    return {"chat": "admin"}


async def noted(redis: RedisClient, count: int) -> None:
    """Wait until so many tasks wait for a timer."""
    async with asyncio.timeout(20):
        while await redis.call("ZCARD", "cortex:timed") != count:  # noqa: ASYNC110  # on a server
            await asyncio.sleep(0.02)


async def agreed(one: Desk) -> None:
    """Say yes to the task."""
    row = (await one.http.get(f"/v1/tasks/{_TASK}")).json()
    said = {"confirmation": row["confirmation"]["confirmation"]}
    reply = await one.http.post(f"/v1/tasks/{_TASK}/confirm", json=said)
    assert reply.json()["status"] in {"done", "accepted"}, reply.text


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("block client {} for 10 seconds", ["done"]),
        ("can you block client {} for 10 seconds", ["confirm", "done"]),
    ],
)
async def test_a_sender_is_told_when_what_it_had_done_for_a_time_is_undone(
    tmp_path: Path, redis: RedisClient, query: str, first: list[str]
) -> None:
    async with watched(tmp_path, redis, task_senders=operator(tmp_path)) as (one, bench):
        one.clock.seconds -= HASTE_S
        sending, name = Sending(redis), online(bench)
        await sending.task("w1", query.format(name))
        await sending.results(1)
        if len(first) > 1:
            await agreed(one)
        told = await sending.results(len(first))
        assert [each["status"] for each in told] == first
        assert "It is undone" in told[-1]["response"]
        ended = await over(one)
        last = (await sending.results(len(first) + 1))[-1]
        await noted(redis, 0)
        assert (last["task_id"], last["status"], last["success"]) == ("w1", "done", "true")
        assert (last["response"], last["error"]) == (ended["result"], "")
        told_of = {"timer": ended["id"], "state": "done", "last": "undo"}
        assert json.loads(last["data"]) == told_of
        row = (await one.http.get(f"/v1/tasks/{_TASK}")).json()
        assert (row["status"], row["response"]) == ("done", ended["result"])
        assert len(await sending.all_results()) == len(first) + 1


async def test_a_sender_is_told_that_its_timer_was_cancelled(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis, task_senders=operator(tmp_path)) as (one, bench):
        sending = Sending(redis)
        await sending.task("w1", f"block client {online(bench)} for 2 hours")
        await sending.results(1)
        [row] = await timers(one)
        await one.http.delete(f"/v1/timers/{row['id']}")
        one.clock.seconds += 61
        last = (await sending.results(2))[1]
        assert (last["status"], last["error"], last["success"]) == ("failed", "cancelled", "false")


async def test_a_timer_that_is_gone_or_cannot_be_read_is_waited_for_no_more(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis, task_senders=operator(tmp_path)):
        await redis.call("HSET", "cortex:timers:odd", "rev", 1, "timer", b"{}", "seal", b"x")
        await redis.call("ZADD", "cortex:timed", 0, f"odd {_TASK}", 0, b"\xff {_TASK}")
        await noted(redis, 0)
        assert await Sending(redis).all_results() == []
