"""What callers get from a server that works."""

import asyncio
from typing import Any

import pytest

from cortex.clients.redis import RedisClient, Script
from cortex.errors import LostReply, Malformed, Rejected, Unreachable

pytestmark = pytest.mark.anyio


async def test_a_command_gets_its_reply(redis: RedisClient) -> None:
    assert await redis.call("SET", "name", b"\x00\xff", "EX", 100) == b"OK"
    assert await redis.call("GET", "name") == b"\x00\xff"
    assert await redis.call("GET", "nothing") is None
    assert await redis.call("INCRBY", "count", 2**40) == 2**40
    assert await redis.call("INCRBYFLOAT", "part", 0.1) == b"0.1"
    assert await redis.call("LRANGE", "nothing", 0, -1) == []


async def test_a_refusal_names_its_reason_and_the_command_without_its_words(
    redis: RedisClient,
) -> None:
    await redis.call("SET", "word", "of mouth")
    with pytest.raises(Rejected, match="refused LPUSH: WRONGTYPE") as caught:
        await redis.call("LPUSH", "word", "sesame")
    assert caught.value.reason == "WRONGTYPE"
    assert "sesame" not in str(caught.value)


async def test_a_script_runs_by_its_digest_and_by_its_source_after_the_server_forgot_it(
    redis: RedisClient,
) -> None:
    script = Script("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}")
    for count in (1, 2):
        assert await redis.run(script, keys=["n"], arguments=["x"]) == [b"n", b"x", count]
    await redis.call("SCRIPT", "FLUSH")
    assert await redis.run(script, keys=["n"], arguments=["x"]) == [b"n", b"x", 3]


async def test_a_pipeline_returns_replies_and_refusals_in_order(redis: RedisClient) -> None:
    got = await redis.pipeline([("SET", "a", 1), ("LPUSH", "a", 2), ("NONSENSE",), ("GET", "a")])
    assert [getattr(one, "reason", one) for one in got] == [b"OK", "WRONGTYPE", "ERR", b"1"]
    assert await redis.pipeline([]) == []


async def test_a_refusal_inside_a_transaction_stands_for_its_whole_reply(
    redis: RedisClient,
) -> None:
    got = await redis.pipeline([("MULTI",), ("SET", "a", 1), ("LPUSH", "a", 2), ("EXEC",)])
    assert [getattr(one, "reason", one) for one in got] == [
        b"OK",
        b"QUEUED",
        b"QUEUED",
        "WRONGTYPE",
    ]
    assert await redis.call("GET", "a") == b"1"


async def test_no_command_of_another_caller_gets_into_a_large_transaction(
    redis: RedisClient,
) -> None:
    large = b"x" * 100_000
    transaction = [("MULTI",), *(("SET", f"k{n}", large) for n in range(50)), ("EXEC",)]
    got = await asyncio.gather(
        redis.pipeline(transaction, timeout_s=30),
        *(redis.call("INCR", "n", timeout_s=30) for _ in range(20)),
        redis.pipeline(transaction, timeout_s=30),
    )
    assert got[1:-1] == list(range(1, 21))
    for replies in (got[0], got[-1]):
        assert isinstance(replies, list)
        assert replies[-1] == [b"OK"] * 50


async def test_many_callers_at_once_each_get_their_own_reply(redis: RedisClient) -> None:
    got = await asyncio.gather(*(redis.call("ECHO", n) for n in range(500)))
    assert got == [str(n).encode() for n in range(500)]


async def test_a_reply_of_many_megabytes_arrives_whole(redis: RedisClient) -> None:
    large = bytes(range(256)) * 4 * 10_000
    await redis.call("SET", "large", large, timeout_s=30)
    assert await redis.call("GET", "large", timeout_s=30) == large
    await redis.pipeline([("RPUSH", "list", *range(1000)) for _ in range(50)], timeout_s=30)
    elements = await redis.call("LRANGE", "list", 0, -1, timeout_s=30)
    assert isinstance(elements, list)
    assert len(elements) == 50_000


async def test_a_blocking_command_keeps_nobody_else_waiting(redis: RedisClient) -> None:
    waiting = asyncio.create_task(redis.blocking("BLPOP", "queue", 20, block_s=20))
    await _until_blocked(redis, wanted=True)
    await redis.call("RPUSH", "queue", "x")
    assert await waiting == [b"queue", b"x"]


async def test_a_blocking_command_without_an_outcome_returns_nothing_and_keeps_its_connection(
    redis: RedisClient,
) -> None:
    for _ in range(3):
        assert await redis.blocking("BLPOP", "queue", 0.01, block_s=0.01) is None
    assert _bytes(await redis.call("CLIENT", "LIST")).count(b"name=cortex") == 2


async def test_a_refused_blocking_command_keeps_its_connection_too(redis: RedisClient) -> None:
    await redis.call("SET", "word", "x")
    with pytest.raises(Rejected, match="WRONGTYPE"):
        await redis.blocking("BLPOP", "word", 1, block_s=1)
    assert _bytes(await redis.call("CLIENT", "LIST")).count(b"name=cortex") == 2


async def test_whoever_stops_waiting_for_a_blocking_command_takes_nothing_from_the_queue(
    redis: RedisClient,
) -> None:
    waiting = asyncio.create_task(redis.blocking("BLPOP", "queue", 0, block_s=30))
    await _until_blocked(redis, wanted=True)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await _until_blocked(redis, wanted=False)
    await redis.call("RPUSH", "queue", "x")
    assert await redis.call("LLEN", "queue") == 1


async def test_the_database_in_the_address_is_the_one_that_is_used(
    redis: RedisClient, redis_server: str
) -> None:
    other = RedisClient.of(f"{redis_server}?db=5")
    await other.call("SET", "here", 1)
    assert await redis.call("GET", "here") is None
    await redis.call("SELECT", 5)
    assert await redis.call("GET", "here") == b"1"
    await redis.call("SELECT", 0)
    await other.close()


async def test_a_database_that_the_server_does_not_have_is_refused(redis_server: str) -> None:
    client = RedisClient.of(f"{redis_server}?db=99")
    with pytest.raises(Rejected, match="refused SELECT"):
        await client.call("PING")
    await client.close()


@pytest.mark.parametrize("words", [(), ("SET", "key", "\ud800"), ("SET", "key", None)])
async def test_words_that_cannot_travel_are_refused_and_harm_nobody(
    redis: RedisClient, words: tuple[Any, ...]
) -> None:
    with pytest.raises(Malformed) as caught:
        await redis.call(*words)
    with pytest.raises(Malformed):
        await redis.pipeline([("SET", "a", 1), words])
    assert "key" not in str(caught.value)
    assert await redis.call("EXISTS", "a") == 0


async def test_a_client_says_whether_it_is_connected(redis_server: str) -> None:
    client = RedisClient.of(redis_server)
    assert not client.connected
    await client.call("PING")
    assert client.connected
    await client.close()
    assert not client.connected
    with pytest.raises(Unreachable, match="is closed"):
        await client.call("PING")


async def _until_blocked(redis: RedisClient, *, wanted: bool) -> None:
    """Wait until the server has, or has not, a client that blocks."""
    async with asyncio.timeout(20):
        while (b"cmd=blpop" in _bytes(await redis.call("CLIENT", "LIST"))) is not wanted:
            pass


def _bytes(reply: object) -> bytes:
    assert isinstance(reply, bytes)
    return reply


async def test_a_script_that_fails_is_not_run_again_by_its_source(redis: RedisClient) -> None:
    script = Script("redis.call('INCR', 'n') return redis.call('LPUSH', 'n', 1)")
    with pytest.raises(Rejected, match="EVAL"):
        await redis.run(script)
    with pytest.raises(Rejected, match="refused EVALSHA"):
        await redis.run(script)
    assert await redis.call("GET", "n") == b"2"


async def test_only_a_few_idle_connections_for_blocking_commands_are_kept(
    redis: RedisClient,
) -> None:
    waits = (redis.blocking("BLPOP", "queue", 0.2, block_s=0.2) for _ in range(12))
    assert await asyncio.gather(*waits) == [None] * 12
    async with asyncio.timeout(20):
        while _bytes(await redis.call("CLIENT", "LIST")).count(b"name=cortex") != 5:
            pass


async def test_closing_tells_those_who_wait_and_lets_nobody_in(redis_server: str) -> None:
    client = RedisClient.of(redis_server)
    await client.call("PING")
    waiting = asyncio.create_task(client.blocking("BLPOP", "nothing", 30, block_s=30))
    await _until_blocked(client, wanted=True)
    opening = asyncio.create_task(client.blocking("BLPOP", "nothing", 30, block_s=30))
    await asyncio.sleep(0)
    await client.close()
    await client.close()
    for result in await asyncio.gather(waiting, opening, return_exceptions=True):
        assert isinstance(result, LostReply | Unreachable)
