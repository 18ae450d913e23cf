"""What is kept for a moment is previewed, done once at that moment, and not much later."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Producer, fresh_id
from cortex.coordination.queue.task import Task
from cortex.fabric.activator.access.principal import Holder
from cortex.fabric.activator.access.tokens import revoke
from cortex.fabric.activator.timers import record
from cortex.fabric.activator.timers.record import Timer
from cortex.fabric.activator.timers.store import KIND, QUEUE
from cortex.fabric.routing.timing.when import Clock, Every
from tests.fabric.activator.desk import Desk
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.watch import HASTE_S, over, put, seals_of, timers, until, watched
from tests.fabric.execution.bench import Bench

pytestmark = pytest.mark.anyio


async def kept(one: Desk, query: str, **more: Any) -> dict[str, Any]:
    """Have an order kept for later: by its preview and a yes."""
    answer = await one.ask(query, **more)
    assert answer["status"] == "confirm", answer
    reply = (await one.confirm(answer["confirmation"]["token"])).json()
    assert reply["status"] == "accepted", reply
    [row] = await timers(one)
    return row


@asynccontextmanager
async def past_due(
    home: Path, redis: RedisClient, when: str = "at 22:00", *, by_s: float = 1.0
) -> AsyncIterator[tuple[Desk, Bench, dict[str, Any]]]:
    """Have a client to be blocked, and let our clock pass the moment; nothing is delivered yet."""
    async with watched(home, redis) as (one, bench):
        row = await kept(one, f"block client {online(bench)} {when}")
        one.clock.seconds = row["due"] + by_s
        yield one, bench, row


async def test_an_order_for_later_is_previewed_in_full_kept_and_done_once(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        one.clock.seconds -= HASTE_S
        name = online(bench)
        row = await kept(one, f"block client {name} in 10 seconds")
        assert row["next"] == "do"
        assert bench.sent() == []
        ended = await over(one)
        assert ended["state"] == "done", ended
        assert bench.client(name).blocked
        assert len(bench.sent()) == 1


async def test_the_preview_of_a_repeated_order_says_day_time_zone_and_end(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        answer = await one.ask(f"block client {name} every day from 22:00 to 07:00")
        assert answer["status"] == "confirm", answer
        what = answer["confirmation"]["preview"]["what"]
        assert "every day at 22:00, undone at 07:00 (Europe/Berlin), first on" in what
        assert answer["confirmation"]["preview"]["undo"] == "It is undone by itself."
        assert bench.sent() == []


async def test_an_order_for_later_says_what_it_touches_also_where_it_is_so_already(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        fresh = await one.ask(f"block client {name} at 22:00", dry_run=True)
        assert (await one.ask(f"block client {name}"))["status"] == "done"
        again = await one.ask(f"block client {name} at 22:00", dry_run=True)
        assert again["data"]["facts"] == fresh["data"]["facts"]
        assert again["data"]["facts"]["blast_radius"]
        plain = await one.ask(f"block client {name}", dry_run=True)
        assert set(plain["data"]["facts"]) == {"what", "on"}


async def test_an_assumed_half_of_the_day_asks_for_a_yes(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        answer = await one.ask(f"block client {online(bench)} until 7")
        assert answer["status"] == "confirm", answer
        assert "if I read the time right" in answer["answer"]


async def test_a_question_with_a_time_of_its_own_is_no_timer(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, _):
        assert (await one.ask("list all clients"))["status"] == "done"
        assert await timers(one) == []


async def test_a_start_that_is_much_too_late_is_not_done_and_noted(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with past_due(tmp_path, redis, by_s=3600) as (one, bench, row):
        await deliver(redis, row)
        ended = await over(one)
        assert ended["state"] == "failed"
        assert ended["result"] == "not done: late by 1 hour"
        assert bench.sent() == []


async def test_a_missed_occurrence_is_skipped_to_the_next(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with past_due(tmp_path, redis, "every day from 22:00 to 07:00", by_s=3600) as (
        one,
        bench,
        row,
    ):
        await deliver(redis, row)
        after = await changed(one, row)
        assert after["state"] == "waiting"
        assert after["due"] == pytest.approx(row["due"] + 86_400, abs=3_601)
        assert "late by 1 hour" in after["result"]
        assert bench.sent() == []


async def test_a_repeated_order_is_done_undone_and_waits_for_the_next_day(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await kept(one, f"block client {name} every day from 22:00 to 07:00")
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row)
        begun = await changed(one, row)
        assert begun["next"] == "undo"
        assert bench.client(name).blocked
        one.clock.seconds = begun["due"] + 1
        await deliver(redis, row, "undo")
        after = await changed(one, begun)
        assert not bench.client(name).blocked
        assert after["next"] == "do"
        assert after["due"] > one.clock.seconds
        assert len(bench.sent()) == 2


async def test_the_same_task_delivered_many_times_at_once_is_one_change(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with past_due(tmp_path, redis) as (one, bench, row):
        await deliver(redis, row, times=16)
        assert (await over(one))["state"] == "done"
        assert len(bench.sent()) == 1


async def test_a_void_token_starts_nothing(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        owner = one.token("kid", "read", "operate", "confirm")
        one.http.headers.update(owner)
        row = await kept(one, f"block client {online(bench)} at 22:00")
        one.http.headers.update(one.token("other", "read", "operate", "admin"))
        revoke(one.home, "kid", now=one.clock())
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row)
        after = await changed(one, row)
        assert after["state"] == "failed"
        assert "void" in after["result"]
        assert bench.sent() == []


async def test_a_start_while_changes_are_stopped_comes_again(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with past_due(tmp_path, redis) as (one, bench, row):
        await one.http.post("/v1/writes", json={"allowed": False})
        await deliver(redis, row)
        await queued(redis)
        assert bench.sent() == []
        await one.http.post("/v1/writes", json={"allowed": True})
        assert (await over(one))["state"] == "done"
        assert len(bench.sent()) == 1


async def test_a_yes_that_comes_after_the_moment_does_nothing(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis, confirm_ttl=timedelta(hours=1)) as (one, bench):
        answer = await one.ask(f"block client {online(bench)} in 10 seconds")
        one.clock.seconds += 60
        reply = (await one.confirm(answer["confirmation"]["token"])).json()
        assert reply["status"] == "refused", reply
        assert "past" in reply["answer"]
        assert await timers(one) == []


async def deliver(
    redis: RedisClient, row: dict[str, Any], phase: str = "start", *, times: int = 1
) -> None:
    """Deliver a task of the first occurrence now, as the queue does at its moment."""
    arguments = {"timer": row["id"], "occurrence": 0, "phase": phase}
    tasks = [Task(id=fresh_id(), kind=KIND, arguments=arguments) for _ in range(times)]
    await Producer(redis, Keys(QUEUE)).enqueue_many(tasks)


async def queued(redis: RedisClient) -> None:
    """Wait until the task came back to wait for another try, beside the one of its moment."""
    await until(lambda: redis.call("ZCARD", Keys(QUEUE).delayed), lambda count: count == 2)


async def changed(one: Desk, row: dict[str, Any]) -> dict[str, Any]:
    """Wait until the only timer has another result than before, and give it."""
    rows = await until(lambda: timers(one), lambda rows: rows[0]["result"] != row["result"])
    found: dict[str, Any] = rows[0]
    return found


async def test_what_is_cancelled_leaves_no_task_behind(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await one.ask(f"block client {name} for 2 hours")
        await one.ask(f"unblock client {name}")
        token = (await one.ask(f"block client {name} at 22:00"))["confirmation"]["token"]
        row = (await one.confirm(token)).json()["data"]["facts"]["timer"]
        assert await redis.call("ZCARD", Keys(QUEUE).delayed) == 1
        assert (await one.http.delete(f"/v1/timers/{row}")).status_code == 200
        assert await redis.call("ZCARD", Keys(QUEUE).delayed) == 0
        assert await redis.call("HLEN", Keys(QUEUE).bodies) == 0


async def test_one_token_has_so_many_timers_and_no_more(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await kept(one, f"block client {name} at 22:00")
        reply = await redis.call("HGET", f"cortex:timers:{row['id']}", "timer")
        assert isinstance(reply, bytes)
        for number in range(199):
            timer_id = f"t{number}"
            body = reply.replace(row["id"].encode(), timer_id.encode())
            await put(redis, seals_of(tmp_path), timer_id, body)
        answer = await one.ask(f"block client {name} at 23:00")
        refused = (await one.confirm(answer["confirmation"]["token"])).json()
        assert refused["status"] == "refused", refused
        assert "200 timers of 'admin' wait already" in refused["answer"]
        assert len(await timers(one)) == 200


def test_what_ends_when_the_next_one_starts_is_done_that_time_too() -> None:
    timer = Timer(
        id="a",
        owner=Holder("admin", "i"),
        site="default",
        layer="x",
        tool="block_client",
        arguments={},
        what="",
        zone="UTC",
        created_at=0.0,
        every=Every(days=frozenset(range(7)), at=Clock(0), until=Clock(0)),
        phase="undo",
        starts_at=0.0,
        undo_at=86_400.0,
    )
    following = record.forward(timer, 86_403.0)
    assert (following.starts_at, following.undo_at) == (86_400.0, 2 * 86_400.0)
    assert record.forward(timer, 90_000.0).starts_at == 2 * 86_400.0
