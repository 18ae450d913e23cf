"""What cannot be read, or was not put there by Cortex, hides nothing, is told, and can be dropped."""

from pathlib import Path
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from tests.fabric.activator.desk import Desk
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.watch import put, seals_of, timers, watched

pytestmark = pytest.mark.anyio


async def unreadable(one: Desk) -> dict[str, str]:
    """List what is taken for no timer, with the reason."""
    rows: list[dict[str, Any]] = (await one.http.get("/v1/timers")).json()["unreadable"]
    return {row["id"]: row["reason"] for row in rows}


@pytest.mark.parametrize("body", [b"{}", b"[" * 100_000, b"\xff"])
async def test_a_timer_that_cannot_be_read_hides_no_other_and_is_dropped_by_an_admin(
    tmp_path: Path, redis: RedisClient, body: bytes
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        await one.ask(f"block client {online(bench)} for 2 hours")
        await put(redis, seals_of(tmp_path), "spoilt", body)
        assert len(await timers(one)) == 1
        assert list(await unreadable(one)) == ["spoilt"]
        other = one.token("other", "read", "operate")
        theirs = (await one.http.get("/v1/timers", headers=other)).json()
        assert theirs == {"timers": [], "unreadable": []}
        reply = await one.http.delete("/v1/timers/spoilt", headers=other)
        assert reply.status_code == 403
        reply = await one.http.delete("/v1/timers/spoilt")
        assert reply.status_code == 200, reply.text
        assert "nothing is done" in reply.json()["answer"]
        assert await unreadable(one) == {}
        assert await redis.call("EXISTS", "cortex:timers:spoilt") == 0
        assert len(await timers(one)) == 1


async def test_what_is_no_record_at_all_is_named_and_dropped(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, _):
        await redis.call("SET", "cortex:timers:text", "x")
        await redis.call("HSET", "cortex:timers:half", "rev", 1)
        await redis.call("SET", "cortex:timers:a/../b c", "x")
        await redis.call("SET", "cortex:timers:", "x")
        names = ("text", "half", "a/../b c")
        pairs = [word for name in (*names, "", b"\xff") for word in (1, name)]
        await redis.call("ZADD", "cortex:timers", *pairs)
        assert set(await unreadable(one)) == set(names)
        for name in ("text", "half", "a%2F..%2Fb%20c"):
            assert (await one.http.delete(f"/v1/timers/{name}")).status_code == 200
        assert await unreadable(one) == {}
        assert (await one.http.delete("/v1/timers/half")).status_code == 409
