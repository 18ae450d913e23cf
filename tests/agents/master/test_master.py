"""Who leads, who gets an escalation, and what becomes of one whose agent vanishes."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cortex.agents.master.app import build
from cortex.agents.master.keeping import Keeping
from cortex.agents.master.metrics import Metrics
from cortex.clients.redis import RedisClient
from cortex.coordination.escalations import REPLIES, agent_stream
from cortex.coordination.queue.dead_letters import DeadLetters
from cortex.coordination.queue.keys import Keys
from cortex.coordination.streams import EVENTS, add, entries_of
from cortex.errors import Misconfigured
from cortex.settings.knobs import CortexMaster, Redis
from tests.agents.master.company import Worker, escalate, leads, master, results, until

pytestmark = pytest.mark.anyio


async def test_an_escalation_goes_to_the_least_busy_agent_and_its_reply_is_told_once(
    tmp_path: Path, redis: RedisClient
) -> None:
    busy, free = Worker(redis, "busy", load=3), Worker(redis, "free")
    await busy.beat()
    await free.beat()
    async with master(tmp_path, redis):
        await escalate(redis, "t1")
        handed = await free.handed()
        assert (handed["query"], handed["may_write"]) == ("why is it slow?", False)
        await free.reply(handed["task_id"])
        await free.reply(handed["task_id"], "another answer")
        await until(_heard(redis))
        await results(redis, 1)
    [told] = await results(redis, 1)
    assert (told["task_id"], told["success"], told["sender"]) == ("t1", "true", "free")
    assert told["response"] == "found it"
    assert await redis.call("XLEN", agent_stream("busy")) == 0


async def test_an_escalation_of_an_agent_that_vanished_goes_to_another(
    tmp_path: Path, redis: RedisClient
) -> None:
    first, second = Worker(redis, "a"), Worker(redis, "b", load=5)
    await first.beat()
    async with master(tmp_path, redis):
        await escalate(redis, "t1")
        handed = await first.handed()
        await second.beat()
        await first.vanish()
        again = await second.handed()
        await first.reply(handed["task_id"], "too late")
        await second.reply(again["task_id"])
        [told] = await results(redis, 1)
    assert (told["sender"], told["response"]) == ("b", "found it")
    assert await redis.call("XLEN", agent_stream("a")) == 0


async def test_an_escalation_that_no_agent_takes_is_answered_and_kept_as_a_dead_letter(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with master(tmp_path, redis, patience=timedelta(seconds=1)):
        await escalate(redis, "t1")
        [told] = await results(redis, 1)

        async def buried() -> bool:
            return await DeadLetters(redis, Keys("escalations")).count() == 1

        await until(buried)
    assert told["success"] == "false"
    assert "No tier knew." in told["response"]


async def test_of_two_masters_one_leads_and_the_other_goes_on_when_it_ends(
    tmp_path: Path, redis: RedisClient
) -> None:
    agent = Worker(redis, "a")
    await agent.beat()
    async with master(tmp_path, redis) as second:
        await until(_leading(second))
        async with master(tmp_path, redis) as third:
            await escalate(redis, "t1")
            handed = await agent.handed()
            assert (await leads(second), await leads(third)) == (True, False)
            await agent.reply(handed["task_id"])
            assert len(await results(redis, 1)) == 1
    async with master(tmp_path, redis) as fourth:
        await until(_leading(fourth))
        await escalate(redis, "t2")
        await agent.beat()

        async def handed_again() -> bool:
            return await redis.call("XLEN", agent_stream("a")) == 2

        await until(handed_again)
    async with master(tmp_path, redis):
        await agent.reply("chat:t2")
        told = await results(redis, 2)
    assert [one["task_id"] for one in told] == ["t1", "t2"]
    assert await redis.call("XLEN", agent_stream("a")) == 2


async def test_a_reply_that_is_none_blocks_nobody(tmp_path: Path, redis: RedisClient) -> None:
    agent = Worker(redis, "a")
    await agent.beat()
    async with master(tmp_path, redis):
        await add(redis, REPLIES, {"nonsense": "yes"})
        await add(redis, REPLIES, {"payload": '{"other": ' + "[" * 100_000})
        await escalate(redis, "t1")
        await agent.reply((await agent.handed())["task_id"])
        assert (await results(redis, 1))[0]["success"] == "true"


@pytest.mark.parametrize("queue", ["network", "escalations", "timers"])
async def test_dead_letters_are_told_once(tmp_path: Path, redis: RedisClient, queue: str) -> None:
    await redis.call("XADD", Keys(queue).dead, "*", "reason", "spoilt")

    async def told() -> bool:
        return bool(await _events(redis, b"queue.dead_letters"))

    async with master(tmp_path, redis):
        await until(told)
    for _ in range(2):
        await Keeping(redis, Metrics(), prefix="cortex").look()
    assert len(await _events(redis, b"queue.dead_letters")) == 1
    await redis.call("XADD", Keys("network").dead, "*", "reason", "spoilt as well")
    await Keeping(redis, Metrics(), prefix="cortex").look()
    assert len(await _events(redis, b"queue.dead_letters")) == 2


async def test_what_an_earlier_leader_handed_out_counts_once_for_its_agent(
    tmp_path: Path, redis: RedisClient
) -> None:
    first, second = Worker(redis, "a"), Worker(redis, "b")
    await first.beat()
    async with master(tmp_path, redis):
        await escalate(redis, "t1")
        await first.handed()
    await second.beat()
    async with master(tmp_path, redis):
        await first.reply("chat:t1")
        await results(redis, 1)
        for number in (2, 3):
            await escalate(redis, f"t{number}")
            await until(_handed_out(redis, number))
        out = [await redis.call("XLEN", agent_stream(name)) for name in ("a", "b")]
    assert out == [2, 1]


def test_a_master_without_redis_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"redis\.enabled"):
        build(CortexMaster(home=tmp_path, redis=Redis(enabled=False)))


def _heard(redis: RedisClient) -> Any:
    async def heard() -> bool:
        return await redis.call("XLEN", REPLIES) == 0

    return heard


def _handed_out(redis: RedisClient, count: int) -> Any:
    async def handed_out() -> bool:
        lengths: Any = [await redis.call("XLEN", agent_stream(name)) for name in ("a", "b")]
        return bool(sum(lengths) == count)

    return handed_out


def _leading(app: Any) -> Any:
    async def leading() -> bool:
        return await leads(app)

    return leading


async def _events(redis: RedisClient, name: bytes) -> list[Any]:
    reply: Any = await redis.call("XRANGE", EVENTS, "-", "+")
    return [one for one in entries_of(reply) if one.fields.get(b"event") == name]
