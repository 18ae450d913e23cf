"""What callers get from a server that works."""

import pytest

from cortex.clients.redis import RedisClient, Script
from cortex.errors import Rejected

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
