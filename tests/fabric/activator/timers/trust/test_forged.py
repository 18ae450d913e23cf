"""Whoever can write to Redis has nothing done: not as another, not again, not before its time."""

import json
from pathlib import Path
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.notable import notable
from cortex.coordination.queue.keys import Keys
from cortex.coordination.streams import EVENTS, entries_of
from cortex.fabric.activator.timers.store import QUEUE
from cortex.fabric.activator.timers.trust.endings import FILE
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.test_firing import changed, deliver, kept, queued
from tests.fabric.activator.timers.test_unreadable import unreadable
from tests.fabric.activator.timers.watch import over, timers, until, watched

pytestmark = pytest.mark.anyio


async def record(redis: RedisClient, timer_id: str) -> dict[bytes, bytes]:
    """Read what lies in Redis for a timer."""
    reply: Any = await redis.call("HGETALL", f"cortex:timers:{timer_id}")
    return dict(zip(reply[::2], reply[1::2], strict=True))


async def lay(redis: RedisClient, timer_id: str, fields: dict[bytes, bytes]) -> None:
    """Put something there in its stead."""
    key = f"cortex:timers:{timer_id}"
    words = [word for pair in fields.items() for word in pair]
    await redis.call("DEL", key)
    await redis.call("HSET", key, *words)
    await redis.call("ZADD", "cortex:timers", 1, timer_id)


async def told(redis: RedisClient, code: str) -> list[dict[str, Any]]:
    """List the events with an error's code that people would be told of."""
    entries = list(entries_of(await redis.call("XRANGE", EVENTS, "-", "+")))
    worth = (one for one in entries if notable(one.fields))
    found = [json.loads(one.fields.get(b"outcome", b"{}")) for one in worth]
    return [one for one in found if one.get("error_code") == code]


def _forgeries(fields: dict[bytes, bytes]) -> dict[str, dict[bytes, bytes]]:
    """Make what somebody who can write to Redis could lay there."""
    as_another = fields[b"timer"].replace(b'"owner":{"name":"kid"', b'"owner":{"name":"admin"')
    assert as_another != fields[b"timer"]
    return {
        "unsealed": {name: one for name, one in fields.items() if name != b"seal"},
        "as another": fields | {b"timer": as_another},
        "of another revision": fields | {b"rev": b"7"},
        "with a seal of its own": fields | {b"seal": b"0" * 64},
        "with a seal that is none": fields | {b"seal": b"\xff"},
        "of no revision": fields | {b"rev": b"x"},
        "moved": fields,
    }


@pytest.mark.parametrize("way", list(_forgeries({b"timer": b'"owner":{"name":"kid"'})))
async def test_what_was_not_sealed_here_is_never_done_and_is_told_once(
    tmp_path: Path, redis: RedisClient, way: str
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        admin = dict(one.http.headers)
        one.http.headers.update(one.token("kid", "read", "operate", "confirm"))
        row = await kept(one, f"block client {online(bench)} at 22:00")
        one.http.headers.update({"authorization": admin["authorization"]})
        fields = _forgeries(await record(redis, row["id"]))[way]
        name = row["id"] if way != "moved" else "moved"
        await lay(redis, name, fields)
        one.clock.seconds = row["due"] + 1
        await deliver(redis, {"id": name}, times=3)
        await until(lambda: told(redis, "timer_unreadable"), bool)
        await until(lambda: redis.call("ZCARD", Keys(QUEUE).delayed), lambda count: count >= 3)
        assert len(await told(redis, "timer_unreadable")) == 1
        reasons = await unreadable(one)
        assert list(reasons) == [name]
        assert "this Cortex" in reasons[name] or way == "of no revision"
        assert bench.sent() == []
        assert (await one.http.delete(f"/v1/timers/{name}")).status_code == 200
        assert await unreadable(one) == {}


async def test_a_cancelled_timer_that_is_put_back_is_not_done_also_after_a_restart(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await one.ask(f"block client {name} for 2 hours")
        [row] = await timers(one)
        before = await record(redis, row["id"])
        assert (await one.http.delete(f"/v1/timers/{row['id']}")).status_code == 200
    async with watched(tmp_path, redis, bench=bench) as (one, _):
        await lay(redis, row["id"], before)
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row, "undo")
        await until(lambda: told(redis, "timer_unreadable"), bool)
        assert "put back" in (await unreadable(one))[row["id"]]
        assert bench.client(name).blocked
        assert len(bench.sent()) == 1


async def test_what_another_activator_ended_is_known_to_whoever_saw_it_over(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        await one.ask(f"block client {online(bench)} for 2 hours")
        [row] = await timers(one)
        before = await record(redis, row["id"])
        await one.http.delete(f"/v1/timers/{row['id']}")
        (tmp_path / FILE).unlink()
    async with watched(tmp_path, redis, bench=bench) as (one, _):
        assert [each["state"] for each in await timers(one)] == ["cancelled"]
        await lay(redis, row["id"], before)
        assert list(await unreadable(one)) == [row["id"]]


async def test_an_older_occurrence_that_is_put_back_goes_on_where_it_was(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await kept(one, f"block client {name} every day from 22:00 to 07:00")
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row)
        begun = await changed(one, row)
        before = await record(redis, row["id"])
        one.clock.seconds = begun["due"] + 1
        await deliver(redis, row, "undo")
        following = await changed(one, begun)
        assert (await one.ask(f"block client {name}"))["status"] == "done"
        await lay(redis, row["id"], before)
        await deliver(redis, row, "undo")
        after = await changed(one, begun)
        assert "put back" in after["result"]
        assert (after["next"], after["due"]) == ("do", following["due"])
        assert bench.client(name).blocked


async def test_a_task_that_comes_before_the_moment_waits_for_it(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await one.ask(f"block client {name} for 2 hours")
        [row] = await timers(one)
        one.clock.seconds = row["due"] - 2
        await deliver(redis, row, "undo")
        await queued(redis)
        assert bench.client(name).blocked
        assert (await timers(one))[0]["result"] == row["result"]
        assert (await over(one))["state"] == "done"
        assert not bench.client(name).blocked


async def test_tasks_that_name_no_timer_change_nothing(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        row = await kept(one, f"block client {online(bench)} at 22:00")
        for odd in ({"id": "no\nsuch"}, {"id": ""}, {"id": row["id"] + "\0"}):
            await deliver(redis, odd, "undo")
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row)
        assert (await over(one))["state"] == "done"
        assert len(bench.sent()) == 1
