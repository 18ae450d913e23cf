"""Shared streams: nothing added before the first reader is skipped, and the lag is counted."""

from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.streams import (
    EVENTS,
    OUTCOMES,
    RESULTS,
    TASKS,
    Entry,
    acknowledge,
    add,
    ensure_group,
    forget_consumers,
    lag,
    read_group,
    take_over,
)
from cortex.errors import Rejected

pytestmark = pytest.mark.anyio


async def test_what_was_added_before_the_group_is_read(redis: RedisClient) -> None:
    added = [await add(redis, OUTCOMES, {"n": n}) for n in range(3)]
    await ensure_group(redis, OUTCOMES, "telemetry")
    await ensure_group(redis, OUTCOMES, "telemetry")
    entries = await _read(redis)
    assert [one.id for one in entries] == added
    assert [one.fields[b"n"] for one in entries] == [b"0", b"1", b"2"]


async def test_a_group_that_is_gone_is_made_again(redis: RedisClient) -> None:
    assert await _read(redis) == []
    await redis.call("FLUSHALL")
    assert await _read(redis) == []
    await add(redis, OUTCOMES, {"n": 1})
    assert len(await _read(redis)) == 1


async def test_what_others_hold_is_taken_over_in_portions_once_they_are_silent_and_they_are_forgotten(
    redis: RedisClient,
) -> None:
    names = (OUTCOMES, "telemetry", "b")
    await ensure_group(redis, OUTCOMES, "telemetry")
    added = [await add(redis, OUTCOMES, {"n": n}) for n in range(3)]
    for name in ("a", "b"):
        await read_group(redis, OUTCOMES, group="telemetry", consumer=name, count=2, block_s=0.01)
    await forget_consumers(redis, *names, silent_s=0.0)
    assert [one async for one in take_over(redis, *names, silent_s=600, count=2)] == [[]]
    portions = [one async for one in take_over(redis, *names, silent_s=0.0, count=2)]
    assert [one.id for entries in portions for one in entries] == added
    assert max(map(len, portions)) == 2
    await forget_consumers(redis, *names, silent_s=600)
    assert await _consumers(redis) == [b"a", b"b"]
    await forget_consumers(redis, *names, silent_s=0.0)
    assert await _consumers(redis) == [b"b"]


async def test_what_is_acknowledged_is_deleted(redis: RedisClient) -> None:
    await ensure_group(redis, OUTCOMES, "telemetry")
    for n in range(3):
        await add(redis, OUTCOMES, {"n": n})
    entries = await _read(redis)
    assert await acknowledge(redis, OUTCOMES, "telemetry", [one.id for one in entries[:2]]) == 2
    assert await acknowledge(redis, OUTCOMES, "telemetry", []) == 0
    assert await redis.call("XLEN", OUTCOMES) == 1


async def test_the_lag_is_what_the_group_was_not_given_yet(redis: RedisClient) -> None:
    assert await lag(redis, OUTCOMES, "telemetry") is None
    for n in range(2_500):
        await add(redis, OUTCOMES, {"n": n})
    assert await lag(redis, OUTCOMES, "telemetry") is None
    await ensure_group(redis, OUTCOMES, "telemetry")
    assert await lag(redis, OUTCOMES, "telemetry") == 2_500
    assert await lag(redis, OUTCOMES, "telemetry", most=1_200) == 1_200
    entries = await _read(redis)
    assert await lag(redis, OUTCOMES, "telemetry") == 2_500 - len(entries)
    await acknowledge(redis, OUTCOMES, "telemetry", [one.id for one in entries])
    assert await lag(redis, OUTCOMES, "telemetry") == 2_500 - len(entries)


async def test_a_stream_keeps_about_as_many_entries_as_its_cap(redis: RedisClient) -> None:
    for n in range(1_000):
        await add(redis, EVENTS, {"n": n}, cap=100)
    kept = await redis.call("XLEN", EVENTS)
    assert isinstance(kept, int)
    assert 100 <= kept < 400


async def test_a_key_that_is_no_stream_is_told(redis: RedisClient) -> None:
    await redis.call("SET", OUTCOMES, "x")
    with pytest.raises(Rejected, match="WRONGTYPE"):
        await _read(redis)
    with pytest.raises(Rejected, match="WRONGTYPE"):
        await lag(redis, OUTCOMES, "telemetry")


def test_the_streams_have_the_names_that_others_know() -> None:
    assert (TASKS, RESULTS) == ("cortex.network.tasks", "cortex.results")
    assert (OUTCOMES, EVENTS) == ("cortex.outcomes", "cortex.events")


async def _consumers(redis: RedisClient) -> list[bytes]:
    reply: Any = await redis.call("XINFO", "CONSUMERS", OUTCOMES, "telemetry")
    return sorted(words[words.index(b"name") + 1] for words in reply)


async def _read(redis: RedisClient) -> list[Entry]:
    return await read_group(
        redis, OUTCOMES, group="telemetry", consumer="one", count=100, block_s=0.01
    )
