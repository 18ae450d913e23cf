"""A task is seen by the token that it came under, and a yes is for the call that is shown."""

from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.fabric.activator.access import tokens
from tests.fabric.activator.pretend import PretendLayer
from tests.fabric.activator.tasks.sending import served
from tests.fabric.activator.tasks.test_tasks import _RESTART, _operator

pytestmark = pytest.mark.anyio


async def test_a_name_that_is_given_anew_sees_no_task_of_the_one_before(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with served(tmp_path, redis, task_senders=_operator(tmp_path)) as (one, sending):
        await sending.task("old", "list all clients")
        await sending.results(1)
        tokens.revoke(tmp_path, "ops", now=2)
        ops = one.token("ops", "read", "operate", "confirm")
        assert (await one.http.get("/v1/tasks", headers=ops)).json()["tasks"] == []
        assert (await one.http.get("/v1/tasks/chat:old", headers=ops)).status_code == 409
        await sending.task("new", "list all clients")
        await sending.results(2)
        rows = (await one.http.get("/v1/tasks", headers=ops)).json()["tasks"]
        assert [row["id"] for row in rows] == ["chat:new"]
        assert len((await one.http.get("/v1/tasks")).json()["tasks"]) == 2


async def test_a_yes_is_never_for_a_call_that_somebody_laid_there_in_its_stead(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer, task_senders=_operator(tmp_path)) as (one, sending):
        for name in ("shown", "meant"):
            await sending.task(name, _RESTART)
        await sending.results(2)
        other = await redis.call("HGET", "cortex:asked:chat:meant", "confirmation")
        assert isinstance(other, bytes)
        await redis.call("HSET", "cortex:asked:chat:shown", "confirmation", other)
        shown = (await one.http.get("/v1/tasks/chat:shown")).json()
        assert "confirmation" not in shown
        meant = (await one.http.get("/v1/tasks/chat:meant")).json()["confirmation"]
        body = {"confirmation": meant["confirmation"]}
        reply = await one.http.post("/v1/tasks/chat:shown/confirm", json=body)
        assert reply.status_code == 409
        assert layer.sent == []


async def test_what_is_no_task_hides_no_other(tmp_path: Path, redis: RedisClient) -> None:
    async with served(tmp_path, redis, task_senders=_operator(tmp_path)) as (one, sending):
        await sending.task("mine", "list all clients")
        await sending.results(1)
        await redis.call("HSET", "cortex:asked:odd", "asked", "[" * 10_000)
        await redis.call("ZADD", "cortex:asked", 1, "odd")
        rows = (await one.http.get("/v1/tasks")).json()["tasks"]
        assert [row["id"] for row in rows] == ["chat:mine"]
