"""What was promised to be taken back is: past refusals, past days, and told while it waits."""

from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys
from cortex.errors import CortexError, Rejected, UnknownTool
from cortex.fabric.activator.timers.store import QUEUE
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.test_firing import deliver
from tests.fabric.activator.timers.watch import over, timers, until, watched

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("why", [Rejected("the disk is full"), UnknownTool("no such tool")])
async def test_an_undo_that_is_refused_says_so_and_is_tried_until_it_comes_off(
    tmp_path: Path, redis: RedisClient, why: CortexError
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await one.ask(f"block client {name} for 2 hours")
        [row] = await timers(one)
        one.clock.seconds = row["due"] + 1
        one.layers.refusals += [why] * 2
        await deliver(redis, row, "undo")
        told = await until(lambda: timers(one), lambda rows: "not undone yet" in rows[0]["result"])
        assert why.message in told[0]["result"]
        assert told[0]["state"] == "waiting"
        assert (await over(one))["state"] == "done"
        events = (await one.http.get("/v1/events")).json()["events"]
        said = [event["facts"].get("result") for event in events]
        assert said.count(told[0]["result"]) == 1
        assert not bench.client(name).blocked
        assert await redis.call("XLEN", Keys(QUEUE).dead) == 0


async def test_an_undo_is_done_however_late_it_comes(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await one.ask(f"block client {name} for 2 hours")
        [row] = await timers(one)
        one.clock.seconds = row["due"] + 3 * 86_400
        await deliver(redis, row, "undo")
        ended = await over(one)
        assert ended["state"] == "done"
        assert "late by 3 days" in ended["result"]
        assert not bench.client(name).blocked
