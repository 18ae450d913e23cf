"""A yes to a task is a yes to what was shown of it, and to nothing else."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.streams import RESULTS
from cortex.fabric.activator.access import tokens
from cortex.fabric.activator.peers.answered import FILE
from tests.fabric.activator.pretend import GARAGE, PretendLayer
from tests.fabric.activator.tasks.sending import Sending, served

pytestmark = pytest.mark.anyio
_RESTART = "restart the garage ap"
_PLACE = "/v1/tasks/chat:w1/confirm"


def operator(home: Path) -> dict[str, str]:
    tokens.ensure_admin(home, now=1)
    tokens.create(home, "ops", scopes=("read", "operate", "confirm"), now=1)
    return {"chat": "ops"}


async def shown(sending: Sending) -> dict[str, Any]:
    """Send a change that needs a yes, and read what is shown of it."""
    await sending.task("w1", _RESTART)
    [told] = await sending.results(1)
    found: dict[str, Any] = json.loads(told["data"])
    return found


async def test_a_yes_that_quotes_what_was_shown_is_taken_once(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer, task_senders=operator(tmp_path)) as (one, sending):
        said = {"confirmation": (await shown(sending))["confirmation"]}
        replies = await asyncio.gather(*(one.http.post(_PLACE, json=said) for _ in range(8)))
    assert sorted(reply.status_code for reply in replies) == [200] + [409] * 7
    assert layer.sent == [f"restart_device {GARAGE.id}"]


@pytest.mark.parametrize("answer", ["yes", "no"])
@pytest.mark.parametrize("quoted", [{}, {"confirmation": ""}, {"confirmation": "0" * 32}])
async def test_a_yes_that_quotes_something_else_is_refused_and_the_call_waits_on(
    tmp_path: Path, redis: RedisClient, quoted: dict[str, str], answer: str
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer, task_senders=operator(tmp_path)) as (one, sending):
        confirmation = (await shown(sending))["confirmation"]
        refused = await one.http.post(_PLACE, json=quoted | {"answer": answer})
        assert refused.status_code == 409
        assert "`confirmation`" in refused.json()["error"]["hint"]
        assert layer.sent == []
        reply = await one.http.post(_PLACE, json={"confirmation": confirmation})
    assert reply.json()["status"] == "done"


async def test_what_a_yes_quotes_is_no_token(tmp_path: Path, redis: RedisClient) -> None:
    async with served(tmp_path, redis, task_senders=operator(tmp_path)) as (one, sending):
        confirmation = (await shown(sending))["confirmation"]
        assert (await one.confirm(confirmation)).status_code == 409


async def test_the_id_of_a_task_that_waits_for_a_yes_is_good_for_no_other_task(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer, task_senders=operator(tmp_path)) as (one, sending):
        confirmation = (await shown(sending))["confirmation"]
        await sending.task("w1", "restart the printer")
        assert (await sending.results(2))[1]["error"] == "conflict"
        kept = (await one.http.get("/v1/tasks/chat:w1")).json()
        assert kept["query"] == _RESTART
        reply = await one.http.post(_PLACE, json={"confirmation": confirmation})
    assert reply.json()["status"] == "done"
    assert layer.sent == [f"restart_device {GARAGE.id}"]


async def test_the_same_words_in_another_conversation_are_another_task(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with served(tmp_path, redis) as (_, sending):
        await sending.task("w1", "list all clients", conversation="a")
        await sending.results(1)
        await sending.task("w1", "list all clients", conversation="b")
        assert (await sending.results(2))[1]["error"] == "conflict"


async def test_the_same_task_sent_twice_while_it_waits_is_performed_once_and_answered_twice(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer(hold=asyncio.Event())
    assert layer.hold is not None
    async with served(tmp_path, redis, layer, task_senders=operator(tmp_path)) as (_, sending):
        await sending.task("w1", "block the printer")
        async with asyncio.timeout(20):
            await layer.reached.wait()
        again = await sending.task("w1", "block the printer")
        await sending.noted("chat:w1", again)
        layer.hold.set()
        first, second = await sending.results(2)
        await sending.settled()
    assert first == second
    assert len(layer.sent) == 1


async def test_a_yes_whose_call_is_put_back_is_refused_and_where_forgotten_only_looked_for(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer) as (one, sending):
        await sending.task("ready", "list all clients")
        await sending.results(1)
        token = (await one.ask(_RESTART))["confirmation"]["token"]
        assert (await one.confirm(token)).json()["status"] == "done"
        [key] = await keys(redis, "cortex:confirmation:*")
        await redis.call("HDEL", key, "taker")
        assert (await one.confirm(token)).status_code == 409
    (tmp_path / FILE).unlink()
    async with served(tmp_path, redis, layer) as (one, sending):
        await sending.task("back", "list all clients")
        await sending.results(2)
        assert (await one.confirm(token)).json()["status"] == "done"
    assert layer.sent == [f"restart_device {GARAGE.id}"]
    assert len({grant.nonce for grant in layer.grants}) == 1
    assert len(layer.grants) == 2


async def keys(redis: RedisClient, pattern: str) -> list[bytes]:
    found: Any = await redis.call("KEYS", pattern)
    return list(found)


async def test_a_yes_is_answered_with_the_outcome_also_when_its_sender_is_told_only_later(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer, task_senders=operator(tmp_path)) as (one, sending):
        said = {"confirmation": (await shown(sending))["confirmation"]}
        # As when Redis fails between the write and the word to its sender.
        await redis.call("SET", RESULTS, "odd")
        reply = await one.http.post(_PLACE, json=said)
        assert (reply.status_code, reply.json()["status"]) == (200, "done")
        await redis.call("DEL", RESULTS)
        [told] = await sending.results(1)
        async with asyncio.timeout(20):
            while "confirmation" in (await one.http.get("/v1/tasks/chat:w1")).json():  # noqa: ASYNC110  # over HTTP
                await asyncio.sleep(0.02)
    assert (told["task_id"], told["status"]) == ("w1", "done")
    assert layer.sent == [f"restart_device {GARAGE.id}"]
