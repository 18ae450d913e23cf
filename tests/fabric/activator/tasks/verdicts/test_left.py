"""A verdict on a task that nobody sees to any more comes to the end that it has, and is told once."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from cortex.clients.redis import RedisClient
from cortex.errors import Conflict
from cortex.fabric.activator.access import tokens
from cortex.fabric.activator.access.keys import sealing_key
from cortex.fabric.activator.access.principal import Holder
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.ledger import SEALED as WAITS
from cortex.fabric.activator.tasks.ledger import TaskLedger, Waiting
from cortex.fabric.activator.tasks.verdicts.noting import SEALED, Verdict, Verdicts
from cortex.fabric.activator.timers.running import place_of
from tests.fabric.activator.desk import Desk
from tests.fabric.activator.peers.rooms import coordinated
from tests.fabric.activator.tasks.sending import Sending
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.watch import timers, watched

pytestmark = pytest.mark.anyio
_TASK = "chat:w1"
_NOTHING = "nothing came of it"


class LeftError(Exception):
    """Whoever was given the verdict is gone."""


def operator(home: Path) -> dict[str, str]:
    tokens.ensure_admin(home, now=1)
    return {"chat": "admin"}


async def shown(sending: Sending, query: str) -> None:
    """Send a change that waits for a yes."""
    await sending.task("w1", query)
    [told] = await sending.results(1)
    assert told["status"] == "confirm", told


async def left(
    home: Path, redis: RedisClient, *, yes: bool = True, place: str = "", until: float = 0.0
) -> Waiting:
    """Note a verdict and be gone, as one who is killed."""
    async with coordinated(home, redis.url) as coordination:
        waiting = await waits(coordination, home)
        verdicts = verdicts_of(coordination, home)
        verdict = Verdict(
            waiting=waiting,
            yes=yes,
            by=Holder("ada", "id"),
            place=place or place_of(home),
            until=until,
        )
        with pytest.raises(LeftError):
            async with verdicts.given(_TASK, verdict):
                raise LeftError
    await redis.call("ZADD", "cortex:said", "XX", 0, _TASK)
    return waiting


def verdicts_of(coordination: Coordination, home: Path) -> Verdicts:
    return Verdicts(coordination, seals=Seals(sealing_key(home), SEALED), place=place_of(home))


async def waits(coordination: Coordination, home: Path) -> Waiting:
    ledger = TaskLedger(coordination, seals=Seals(sealing_key(home), WAITS))
    kept = await ledger.look(_TASK)
    assert kept is not None
    assert kept.waiting is not None
    return kept.waiting


async def told(one: Desk, sending: Sending) -> tuple[str, str]:
    """Wait for the end, and see that nothing waits any more."""
    found = (await sending.results(2))[1]
    async with asyncio.timeout(20):
        while "confirmation" in (await one.http.get(f"/v1/tasks/{_TASK}")).json():  # noqa: ASYNC110  # over HTTP
            await asyncio.sleep(0.02)
    assert await sending.redis.call("ZCARD", "cortex:said") == 0
    assert found["task_id"] == "w1"
    return found["status"], found["error"]


async def test_a_yes_that_never_took_effect_is_told_to_be_so_once_nothing_can_be_sent_any_more(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis, task_senders=operator(tmp_path)) as (one, bench):
        sending = Sending(redis)
        await shown(sending, f"can you block client {online(bench)}")
        await left(tmp_path, redis, until=one.clock.seconds + 60)
        await looked_at(redis)
        assert len(await sending.all_results()) == 1
        one.clock.seconds += 61
        await redis.call("ZADD", "cortex:said", "XX", 0, _TASK)
        assert await told(one, sending) == ("failed", "interrupted")
        assert bench.sent() == []


async def looked_at(redis: RedisClient) -> None:
    """Wait until somebody has taken the verdict over and ended that: only then comes a second."""
    for _ in range(2):
        await redis.call("ZADD", "cortex:said", "XX", 0, _TASK)
        async with asyncio.timeout(20):
            while await redis.call("ZSCORE", "cortex:said", _TASK) == b"0":  # noqa: ASYNC110  # on a server
                await asyncio.sleep(0.02)


async def test_a_no_is_told_as_one(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis, task_senders=operator(tmp_path)) as (one, bench):
        sending = Sending(redis)
        await shown(sending, f"can you block client {online(bench)}")
        await left(tmp_path, redis, yes=False)
        assert await told(one, sending) == ("refused", "declined")
        assert bench.sent() == []


@pytest.mark.parametrize(
    ("so_now", "end"), [(True, ("done", "")), (False, ("unverified", "interrupted"))]
)
async def test_what_another_data_folder_may_have_sent_is_judged_by_what_the_network_shows(
    tmp_path: Path, redis: RedisClient, end: tuple[str, str], *, so_now: bool
) -> None:
    async with watched(tmp_path, redis, task_senders=operator(tmp_path)) as (one, bench):
        sending, name = Sending(redis), online(bench)
        await shown(sending, f"can you block client {name}")
        if so_now:
            assert (await one.ask(f"block client {name}"))["status"] == "done"
        until = one.clock.seconds + 60 if so_now else 0.0
        await left(tmp_path, redis, place="elsewhere", until=until)
        assert await told(one, sending) == end
        assert len(bench.sent()) == int(so_now)


async def test_while_one_sees_to_a_verdict_no_other_is_taken(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis, task_senders=operator(tmp_path)) as (one, bench):
        sending = Sending(redis)
        await shown(sending, f"can you block client {online(bench)}")
        row = (await one.http.get(f"/v1/tasks/{_TASK}")).json()
        said = {"confirmation": row["confirmation"]["confirmation"]}
        async with coordinated(tmp_path, redis.url) as coordination:
            waiting = await waits(coordination, tmp_path)
            verdict = Verdict(
                waiting=waiting,
                yes=True,
                by=Holder("ada", "id"),
                place=place_of(tmp_path),
                until=0.0,
            )
            verdicts = verdicts_of(coordination, tmp_path)
            with contextlib.suppress(Conflict):
                async with verdicts.given(_TASK, verdict):
                    reply = await one.http.post(f"/v1/tasks/{_TASK}/confirm", json=said)
                    assert reply.status_code == 409
                    raise Conflict(_NOTHING)
        # It was let go of with the error, so the same yes is good again.
        reply = await one.http.post(f"/v1/tasks/{_TASK}/confirm", json=said)
        assert reply.json()["status"] == "done"
        assert await told(one, sending) == ("done", "")


@pytest.mark.parametrize("body", [b"{}", b"0" * 64 + b"{}"])
async def test_a_verdict_that_was_not_sealed_here_is_left_to_whose_it_is_and_nothing_is_told(
    tmp_path: Path, redis: RedisClient, body: bytes
) -> None:
    async with watched(tmp_path, redis, task_senders=operator(tmp_path)) as (_, bench):
        sending = Sending(redis)
        await shown(sending, f"can you block client {online(bench)}")
        await redis.call("HSET", f"cortex:asked:{_TASK}", "said", body, "said_by", "x")
        # What is no id, or no task any more, is let go of, and holds nobody up.
        await redis.call("ZADD", "cortex:said", 0, _TASK, 0, "chat:gone", 0, b"\xff\xfe")
        async with asyncio.timeout(20):
            while await redis.call("ZCARD", "cortex:said") != 1:  # noqa: ASYNC110  # on a server
                await asyncio.sleep(0.02)
        assert await redis.call("HGET", f"cortex:asked:{_TASK}", "said") == body
        assert len(await sending.all_results()) == 1
        assert bench.sent() == []


@pytest.mark.parametrize(("place", "at_once"), [("", True), ("elsewhere", False)])
async def test_a_verdict_is_left_for_a_while_to_the_data_folder_that_it_was_given_at(
    tmp_path: Path, redis: RedisClient, place: str, *, at_once: bool
) -> None:
    async with watched(tmp_path, redis, task_senders=operator(tmp_path)) as (_, bench):
        await shown(Sending(redis), f"can you block client {online(bench)}")
    await left(tmp_path, redis, place=place)
    clock: Any = await redis.call("TIME")
    async with coordinated(tmp_path, redis.url) as coordination:
        verdicts = verdicts_of(coordination, tmp_path)
        await redis.call("ZADD", "cortex:said", (int(clock[0]) - 2) * 1_000, _TASK)
        async with verdicts.taken_over(_TASK) as early:
            assert (early is not None) == at_once
        await redis.call("ZADD", "cortex:said", 0, _TASK)
        async with verdicts.taken_over(_TASK) as late:
            assert late is not None


async def test_a_yes_to_cancel_a_timer_that_still_waits_is_told_to_have_had_no_effect_in_the_end(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis, task_senders=operator(tmp_path)) as (one, bench):
        sending = Sending(redis)
        timer_id = await kept_for_later(one, online(bench))
        await shown(sending, f"can you cancel timer {timer_id}")
        await left(tmp_path, redis, until=one.clock.seconds + 60)
        await looked_at(redis)
        assert len(await sending.all_results()) == 1
        one.clock.seconds += 61
        await redis.call("ZADD", "cortex:said", "XX", 0, _TASK)
        assert await told(one, sending) == ("failed", "interrupted")
        [row] = await timers(one)
        assert row["state"] == "waiting"


async def test_a_yes_to_cancel_a_timer_is_done_once_the_timer_is_over(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis, task_senders=operator(tmp_path)) as (one, bench):
        sending = Sending(redis)
        timer_id = await kept_for_later(one, online(bench))
        await shown(sending, f"can you cancel timer {timer_id}")
        assert (await one.http.delete(f"/v1/timers/{timer_id}")).status_code == httpx.codes.OK
        await left(tmp_path, redis, until=one.clock.seconds + 60)
        assert await told(one, sending) == ("done", "")
        end = (await sending.all_results())[1]
        assert end["response"].startswith("Nothing of it waits any more.")


async def kept_for_later(one: Desk, name: str) -> str:
    """Have a change kept for later, and return the id of its timer."""
    answer = await one.ask(f"block client {name} at 22:00")
    await one.confirm(answer["confirmation"]["token"])
    [row] = await timers(one)
    return str(row["id"])


async def test_what_cannot_be_found_out_for_long_is_told_as_not_known(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis, task_senders=operator(tmp_path)) as (one, bench):
        sending = Sending(redis)
        await shown(sending, f"can you block client {online(bench)}")
        await one.http.post("/v1/writes", json={"allowed": False})
        await left(tmp_path, redis, until=one.clock.seconds)
        await looked_at(redis)
        assert len(await sending.all_results()) == 1
        one.clock.seconds += 601
        await redis.call("ZADD", "cortex:said", "XX", 0, _TASK)
        assert await told(one, sending) == ("unverified", "interrupted")
