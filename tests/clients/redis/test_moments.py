"""The time of the server is read in one way."""

import pytest

from cortex.clients.redis import CLOCK, RedisClient, Script, server_now_ms
from cortex.clients.redis.moments import TIME, moment_of
from cortex.errors import BadAnswer, CortexError, Rejected

pytestmark = pytest.mark.anyio


async def test_the_time_of_the_server_is_that_of_its_streams(redis: RedisClient) -> None:
    before = await server_now_ms(redis)
    entry = await redis.call("XADD", "s", "*", "a", "b")
    [told] = await redis.pipeline((TIME,))
    assert isinstance(entry, bytes)
    assert before <= int(entry.partition(b"-")[0]) <= moment_of(told)


async def test_a_script_reads_the_same_clock(redis: RedisClient) -> None:
    before = await server_now_ms(redis)
    told = await redis.run(Script(f"{CLOCK}return now"), keys=(), arguments=())
    assert isinstance(told, int)
    assert before <= told <= await server_now_ms(redis)


@pytest.mark.parametrize("reply", [None, b"1", [], [b"1"], [b"1", b"x"], [b"-1", b"0"], [1, 2]])
def test_what_is_no_time_is_refused(reply: object) -> None:
    with pytest.raises(BadAnswer):
        moment_of(reply)  # type: ignore[arg-type]  # what a server should not send


def test_a_refusal_among_replies_is_raised() -> None:
    with pytest.raises(CortexError, match="no"):
        moment_of(Rejected("no"))
