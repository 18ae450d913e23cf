"""A name or an id that is given anew stands for something new, and for nothing of the old."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from cortex.fabric.activator.access import tokens
from tests.fabric.activator.pretend import PRINTER, PretendLayer
from tests.fabric.activator.tasks.sending import Sending, served
from tests.fabric.activator.tasks.test_tasks import _operator

pytestmark = pytest.mark.anyio
_BLOCK = "block the printer"


def given_anew(home: Path) -> None:
    tokens.revoke(home, "ops", now=2)
    tokens.create(home, "ops", scopes=("read", "operate", "confirm"), now=3)


async def forgotten(sending: Sending, task_id: str) -> None:
    """Have what is known of a task gone, as it is after a day."""
    names: Any = await sending.redis.call("KEYS", f"*{task_id}*")
    await sending.redis.call("DEL", *names)


async def test_a_task_in_the_queue_is_not_performed_under_a_later_token_of_the_name(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer(hold=asyncio.Event())
    assert layer.hold is not None
    knobs = {"task_senders": _operator(tmp_path), "task_concurrency": 1}
    async with served(tmp_path, redis, layer, **knobs) as (_, sending):
        await sending.task("first", "list all clients")
        async with asyncio.timeout(20):
            await layer.reached.wait()
        entry = await sending.task("w1", _BLOCK)
        await sending.noted("chat:w1", entry)
        given_anew(tmp_path)
        layer.hold.set()
        told = {one["task_id"]: one for one in await sending.results(2)}
    assert (told["first"]["status"], told["w1"]["error"]) == ("done", "not_allowed")
    assert "another token" in told["w1"]["response"]
    assert layer.sent == []


async def test_a_later_token_of_the_name_is_not_told_what_the_earlier_one_was(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer, task_senders=_operator(tmp_path)) as (_, sending):
        await sending.task("w1", _BLOCK)
        assert (await sending.results(1))[0]["status"] == "done"
        given_anew(tmp_path)
        await sending.task("w1", _BLOCK)
        told = (await sending.results(2))[1]
    assert (told["task_id"], told["error"]) == ("w1", "conflict")
    assert len(layer.sent) == 1


async def test_a_task_that_is_forgotten_and_comes_again_is_a_new_one(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer, task_senders=_operator(tmp_path)) as (_, sending):
        for count in (1, 2):
            await sending.task("daily", _BLOCK)
            assert (await sending.results(count))[-1]["status"] == "done"
            await sending.settled()
            await forgotten(sending, "chat:daily")
    assert layer.sent == [f"block_client {PRINTER.id}"] * 2
