"""Agents are known while they beat, found by what they can do, and missed once they are silent."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.registry import Agent, Presence, Registry
from cortex.coordination.streams import EVENTS, entries_of
from cortex.errors import Malformed, Rejected

pytestmark = pytest.mark.anyio
WITHIN_S = 20.0
AGENT = Agent(
    agent_id="unifi-1",
    agent_type="worker",
    name="UniFi",
    status="ready",
    capabilities=("network.query", "network.change"),
    stream="cortex.network.tasks",
    metadata={"site": "default"},
    version="0.1.0",
)


@pytest.fixture
def registry(redis: RedisClient) -> Registry:
    return Registry(redis)


async def test_an_agent_is_kept_as_a_hash_with_the_fields_that_others_read(
    redis: RedisClient, registry: Registry
) -> None:
    await registry.beat(AGENT)
    reply: Any = await redis.call("HGETALL", "cortex:agents:unifi-1")
    kept = dict(zip(reply[::2], reply[1::2], strict=True))
    assert kept[b"capabilities"] == b"network.query,network.change"
    assert kept[b"metadata"] == b'{"site":"default"}'
    assert set(kept) == {
        *(b"agent_id", b"agent_type", b"name", b"status", b"capabilities", b"stream"),
        *(b"metadata", b"registered_at", b"last_heartbeat", b"task_count", b"version"),
    }
    left = await redis.call("PTTL", "cortex:agents:unifi-1")
    assert isinstance(left, int)
    assert left > 0


async def test_an_agent_is_read_back_as_it_was_written(registry: Registry) -> None:
    dated = await registry.beat(AGENT)
    assert await registry.get("unifi-1") == dated
    assert replace(dated, registered_at="", last_heartbeat="") == AGENT
    assert datetime.fromisoformat(dated.registered_at).tzinfo == UTC
    assert await registry.get("nobody") is None


async def test_the_least_busy_of_those_that_can_and_may_is_first(registry: Registry) -> None:
    await registry.beat(replace(AGENT, agent_id="b", task_count=5))
    await registry.beat(replace(AGENT, agent_id="a", task_count=1, status="idle"))
    await registry.beat(replace(AGENT, agent_id="busy", status="busy"))
    await registry.beat(replace(AGENT, agent_id="other", capabilities=("blog",)))
    assert [one.agent_id for one in await registry.find("network.query")] == ["a", "b"]
    assert await registry.find("network") == []


async def test_who_joins_and_leaves_is_told_once(redis: RedisClient, registry: Registry) -> None:
    for _ in range(3):
        await registry.beat(AGENT)
    await registry.leave("unifi-1")
    await registry.leave("unifi-1")
    assert await _events(redis) == [b"agent.joined", b"agent.left"]
    assert await registry.agents() == []


async def test_after_a_flush_a_heartbeat_brings_the_whole_agent_back(
    redis: RedisClient, registry: Registry
) -> None:
    dated = await registry.beat(AGENT)
    await redis.call("FLUSHALL")
    assert await registry.agents() == []
    again = await registry.beat(dated)
    assert await registry.agents() == [again]
    assert again.registered_at == dated.registered_at


async def test_a_silent_agent_is_swept_once_whoever_sweeps(redis: RedisClient) -> None:
    registry = Registry(redis, stale_after=timedelta(milliseconds=50))
    await registry.beat(AGENT)
    assert await registry.sweep() == []
    await _until(lambda: _nobody(registry))
    swept = await asyncio.gather(*(registry.sweep() for _ in range(5)))
    assert sorted(swept) == [[], [], [], [], ["unifi-1"]]
    assert await _events(redis) == [b"agent.joined", b"agent.left"]


async def test_a_record_that_another_program_damaged_hides_nobody_else(
    redis: RedisClient, registry: Registry
) -> None:
    await registry.beat(AGENT)
    for agent_id, field, value in (
        ("odd", "status", "levitating"),
        ("loose", "metadata", "{'a': 1}"),
        ("deep", "metadata", "[" * 100_000),
    ):
        await registry.beat(replace(AGENT, agent_id=agent_id))
        await redis.call("HSET", f"cortex:agents:{agent_id}", field, value)
    assert [one.agent_id for one in await registry.agents()] == ["unifi-1"]


async def test_a_capability_with_a_comma_is_refused(registry: Registry) -> None:
    with pytest.raises(Malformed, match="a,b"):
        await registry.beat(replace(AGENT, capabilities=("a,b",)))


async def test_a_key_of_another_kind_in_the_way_is_told(
    redis: RedisClient, registry: Registry
) -> None:
    await redis.call("SET", "cortex:agents:unifi-1", "x")
    with pytest.raises(Rejected, match="WRONGTYPE"):
        await registry.beat(AGENT)


async def test_presence_beats_until_it_ends_and_then_leaves(
    redis: RedisClient, registry: Registry
) -> None:
    presence = Presence(registry, AGENT, every=timedelta(milliseconds=20))
    keeping = asyncio.create_task(presence.keep())
    await _until(lambda: _counts(registry, 0))
    presence.now(status="idle", task_count=7)
    await _until(lambda: _counts(registry, 7))
    await redis.call("FLUSHALL")
    await _until(lambda: _counts(registry, 7))
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert await registry.agents() == []


async def _events(redis: RedisClient) -> list[bytes]:
    return [
        entry.fields[b"event"] for entry in entries_of(await redis.call("XRANGE", EVENTS, "-", "+"))
    ]


async def _nobody(registry: Registry) -> bool:
    return not await registry.agents()


async def _counts(registry: Registry, expected: int) -> bool:
    return [one.task_count for one in await registry.agents()] == [expected]


async def _until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not await true():  # noqa: ASYNC110  # the condition lies on a server, not in here
            await asyncio.sleep(0.01)
