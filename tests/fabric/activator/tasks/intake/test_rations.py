"""A sender gets so much and no more, and nobody waits for what another sends."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.answers import Place, Results
from cortex.coordination.queue.dead_letters import DeadLetters
from cortex.coordination.queue.keys import Keys
from cortex.errors import Unavailable
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.intake.rations import Admitted, Rations, waiting_keys
from cortex.fabric.activator.tasks.intake.reading import NetworkTask
from cortex.fabric.messages import ErrorBody
from tests.fabric.activator.peers.rooms import NOWHERE, coordinated
from tests.fabric.activator.pretend import PretendLayer
from tests.fabric.activator.tasks.sending import dump, served

pytestmark = pytest.mark.anyio


def rations(
    coordination: Coordination, *, per_minute: int = 1_000, outstanding: int = 1_000
) -> Rations:
    return Rations(
        coordination=coordination,
        per_minute=per_minute,
        outstanding=outstanding,
        age=timedelta(hours=1),
    )


def task(name: str, sender: str = "chat", priority: str = "normal") -> NetworkTask:
    return NetworkTask(sender=sender, task_id=name, query="list", priority=priority)  # type: ignore[arg-type]  # from a test's table


async def test_what_goes_beyond_what_may_wait_is_refused_until_something_is_answered(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as here:
        ours = rations(here, outstanding=2)
        first, second, third = await ours.admit([task("a"), task("b", priority="high"), task("c")])
        assert (first, second) == (Admitted("normal"), Admitted("high"))
        assert isinstance(third, ErrorBody)
        assert (third.code, third.reason) == ("throttled", "task_quota")
        assert third.retry_after > 0
        assert "'chat'" in third.message
        place = Place(stream="s", group="g", dead="d", counted=lambda _: _counted())
        await Results(redis).tell("chat:a", {"x": "y"}, place=place)
        assert await ours.admit([task("c"), task("d")]) == [
            Admitted("normal"),
            third,
        ]


def _counted() -> tuple[str, ...]:
    return waiting_keys("cortex", "chat")


async def test_the_same_task_is_let_in_again_and_charged_once(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as here:
        ours = rations(here, outstanding=1, per_minute=1)
        assert await ours.admit([task("a"), task("a"), task("a")]) == [Admitted("normal")] * 3
        assert await ours.admit([task("a")]) == [Admitted("normal")]
        assert isinstance((await ours.admit([task("b")]))[0], ErrorBody)
        assert await ours.admit([]) == []


async def test_a_sender_that_sends_too_fast_is_told_when_to_send_again_and_others_are_not(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as here, coordinated(tmp_path, redis.url) as there:
        answers = await rations(here, per_minute=5).admit([task(str(one)) for one in range(8)])
        assert [isinstance(one, Admitted) for one in answers] == [True] * 5 + [False] * 3
        # Wherever it comes in.
        [late, other] = await rations(there, per_minute=5).admit([task("9"), task("9", "another")])
        assert isinstance(late, ErrorBody)
        assert 0 < late.retry_after <= 12
        assert other == Admitted("normal")


async def test_only_the_first_few_tasks_of_a_sender_wait_in_the_lane_that_they_ask_for(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as here:
        ours = rations(here)
        much = await ours.admit([task(str(one)) for one in range(30)])
        urgent = await ours.admit([task("now", priority="critical")])
        other = await ours.admit([task("1", "another")])
    assert much == [Admitted("normal")] * 8 + [Admitted("low")] * 22
    assert urgent == [Admitted("critical")]
    assert other == [Admitted("normal")]


async def test_what_was_let_in_and_never_answered_counts_no_more_once_it_is_too_old(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as here:
        ours = rations(here, outstanding=1)
        await redis.call("ZADD", "cortex:sender:chat:normal", 1, "chat:lost")
        assert await ours.admit([task("a")]) == [Admitted("normal")]
        names = await redis.call("KEYS", "cortex:sender:*")
        assert isinstance(names, list)
        assert len(names) == 2
        for name in names:
            assert isinstance(name, bytes)
            left = await redis.call("PTTL", name)
            assert isinstance(left, int)
            assert left > 0


async def test_without_redis_nobody_is_let_in_or_turned_away(tmp_path: Path) -> None:
    async with coordinated(tmp_path, NOWHERE) as here:
        with pytest.raises(Unavailable):
            await rations(here).admit([task("a")])


async def test_the_surplus_is_answered_as_rejected_and_may_be_sent_again(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer(hold=asyncio.Event())
    assert layer.hold is not None
    async with served(tmp_path, redis, layer, task_outstanding=3) as (one, sending):
        for number in range(5):
            await sending.task(f"t{number}", "list all clients")
        refused = await sending.results(2)
        listed = (await one.http.get("/v1/tasks")).json()["tasks"]
        layer.hold.set()
        await sending.results(5)
        # A task is answered before its place is free again.
        await sending.settled()
        for told in refused:
            await sending.task(told["task_id"], "list all clients")
        told_after = (await sending.results(7))[5:]
        await sending.settled()
        letters = await DeadLetters(redis, Keys("network")).page()
        assert "sender:chat:normal" not in await dump(redis)
    for told in refused:
        assert (told["success"], told["status"], told["error"]) == (
            "false",
            "rejected",
            "throttled",
        )
        assert float(told["retry_after"]) > 0
        assert "3 may" in told["response"]
    assert {told["task_id"] for told in refused} == {"t3", "t4"}
    assert {row["id"] for row in listed} == {"chat:t0", "chat:t1", "chat:t2"}
    assert [told["status"] for told in told_after] == ["done", "done"]
    assert letters == []


async def test_one_task_of_another_overtakes_the_many_of_one_sender(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer(hold=asyncio.Event())
    assert layer.hold is not None
    async with served(tmp_path, redis, layer, task_concurrency=1) as (_, sending):
        for number in range(60):
            await sending.task(f"t{number}", "list all clients", sender="greedy")
        entry = await sending.task("mine", "list all clients", sender="modest")
        await sending.noted("modest:mine", entry)
        layer.hold.set()
        told = [one["task_id"] for one in await sending.results(61)]
    assert told.index("mine") < 20
