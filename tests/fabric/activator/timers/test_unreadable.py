"""One timer that cannot be read hides no other, and is named to admins."""

from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.watch import timers, watched

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("body", ["{}", "[" * 100_000, b"\xff"])
async def test_a_timer_that_cannot_be_read_hides_no_other(
    tmp_path: Path, redis: RedisClient, body: str | bytes
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        await one.ask(f"block client {online(bench)} for 2 hours")
        await redis.call("HSET", "cortex:timers:spoilt", "rev", 1, "timer", body)
        await redis.call("ZADD", "cortex:timers", 1, "spoilt")
        assert len(await timers(one)) == 1
        assert (await one.http.get("/v1/timers")).json()["unreadable"] == ["spoilt"]
        other = one.token("other", "read", "operate")
        theirs = (await one.http.get("/v1/timers", headers=other)).json()
        assert theirs == {"timers": [], "unreadable": []}
