"""A yes whose record was kept or not, nobody knows, is one order however often it is given."""

from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.lossy import lossy
from tests.fabric.activator.timers.watch import HASTE_S, timers, until, watched

pytestmark = pytest.mark.anyio
_RECORD = b'"created_at"'


async def test_a_record_whose_reply_is_lost_is_one_timer_and_no_second_yes(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with (
        lossy(tmp_path, redis) as way,
        watched(tmp_path, redis, url=way.url) as (one, bench),
    ):
        one.clock.seconds -= HASTE_S
        name = online(bench)
        token = (await one.ask(f"block client {name} in 10 seconds"))["confirmation"]["token"]
        way.losing = _RECORD
        reply = (await one.confirm(token)).json()
        assert reply["status"] == "unverified", reply
        assert reply["error"]["code"] == "lost_reply"
        way.away = False
        found = await until(
            lambda: one.http.get("/v1/timers"), lambda reply: reply.status_code == 200
        )
        [row] = found.json()["timers"]
        assert reply["data"]["facts"]["timer"] == row["id"]
        assert (await one.confirm(token)).status_code == 409
        one.clock.seconds = row["due"]
        await until(lambda: timers(one), lambda rows: rows[0]["state"] == "done")
        assert len(bench.sent()) == 1


async def test_a_yes_that_was_not_carried_out_goes_on_with_its_own_timer(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with (
        lossy(tmp_path, redis) as way,
        watched(tmp_path, redis, url=way.url) as (one, bench),
    ):
        name = online(bench)
        query = f"block client {name} until 7"
        token = (await one.ask(query))["confirmation"]["token"]
        way.losing = _RECORD
        reply = (await one.confirm(token)).json()
        assert reply["status"] == "failed", reply
        assert bench.sent() == []
        way.away = False
        await until(lambda: one.http.get("/v1/timers"), lambda reply: reply.status_code == 200)
        again = await until(
            lambda: one.confirm(token), lambda reply: reply.json().get("status") == "done"
        )
        [row] = await timers(one)
        assert again.json()["data"]["facts"]["timer"] == row["id"]
        assert row["next"] == "undo"
        assert len(bench.sent()) == 1
