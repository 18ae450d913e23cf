"""Two workers and one task: only the one with the newest fence keeps it and completes it."""

from collections.abc import Sequence
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Producer
from cortex.coordination.queue.results import Results
from cortex.coordination.queue.task import Done, Lane, Task, decode, encode
from cortex.coordination.queue.work.desk import Begun, Desk, Ending, Go, Kept, Over, Taken, Verdict
from tests.coordination.queue.working import task

pytestmark = pytest.mark.anyio
SHARES: dict[Lane, int] = {"high": 1, "normal": 1, "low": 1}


@pytest.fixture
async def slow(redis: RedisClient, keys: Keys, producer: Producer) -> Desk:
    """Give the place of a worker that is slow, with one task in the queue."""
    await producer.enqueue(task(idempotency_key="k"))
    desk = Desk(redis, keys, "slow")
    await desk.open()
    return desk


@pytest.fixture
def quick(redis: RedisClient, keys: Keys) -> Desk:
    return Desk(redis, keys, "quick")


async def test_whoever_was_overtaken_neither_keeps_nor_completes_the_task(
    redis: RedisClient, keys: Keys, results: Results, slow: Desk, quick: Desk
) -> None:
    first, old = await _begun(slow, await slow.take(SHARES))
    second, new = await _begun(quick, await quick.reclaim(5, silent_ms=0))
    assert (first.entry, old.fence, new.fence) == (second.entry, 1, 2)
    asked = decode(first.fields)
    kept = Kept(first, asked.id, old.fence, b'"late"')
    assert await slow.attend([kept], renew=True) == ["lost"]
    assert await slow.finish([_ending(first, asked, old, "slow")]) == [False]
    assert await _holder(redis, keys) == b"quick"
    standing = await results.peek(asked.id)
    assert standing is not None
    assert (standing.state, standing.progress) == ("working", None)
    assert await quick.attend([Kept(second, asked.id, new.fence)], renew=True) == ["held"]
    ending = _ending(second, asked, new, "quick")
    assert await quick.finish([ending]) == await quick.finish([ending]) == [True]
    assert await slow.finish([_ending(first, asked, old, "slow")]) == [False]
    standing = await results.peek(asked.id)
    assert standing is not None
    assert standing.outcome == Done("quick")


async def test_whoever_lost_an_entry_before_it_began_does_not_begin_it(
    slow: Desk, quick: Desk
) -> None:
    taken = await slow.take(SHARES)
    again = await quick.reclaim(5, silent_ms=0)
    await _begun(quick, again)
    assert await _answers(slow, taken) == [Over()]
    await slow.postpone(taken[0], decode(taken[0].fields), body=b"{}", delay_ms=1)
    assert await quick.promote() is None


@pytest.mark.parametrize("verdict", ["again", "back"])
async def test_a_task_that_was_passed_on_twice_is_in_the_queue_once(
    verdict: Verdict, redis: RedisClient, keys: Keys, slow: Desk
) -> None:
    taken, go = await _begun(slow, await slow.take(SHARES))
    asked = decode(taken.fields)
    ending = Ending(taken, asked, go.fence, verdict, Done(), body=encode(asked))
    assert await slow.finish([ending, ending]) == [True, True]
    await slow.promote()
    assert await redis.call("XLEN", keys.lanes[1]) == 1
    assert await redis.call("ZCARD", keys.delayed) == 0
    _, next_go = await _begun(slow, await slow.take(SHARES))
    assert (next_go.fence, next_go.attempt) == (2, 2 if verdict == "again" else 1)
    assert await slow.finish([ending]) == [False]


async def test_what_was_taken_and_not_begun_is_handed_back_when_the_worker_leaves(
    redis: RedisClient, keys: Keys, slow: Desk, quick: Desk
) -> None:
    assert len(await slow.take(SHARES)) == 1
    assert await slow.leave() == 1
    assert await redis.call("XINFO", "CONSUMERS", keys.lanes[1], "workers") == []
    _, go = await _begun(quick, await quick.take(SHARES))
    assert go.attempt == 1


async def _answers(desk: Desk, taken: Sequence[Taken]) -> list[Begun]:
    return await desk.begin([(one, decode(one.fields)) for one in taken])


async def _begun(desk: Desk, taken: Sequence[Taken]) -> tuple[Taken, Go]:
    [answer] = await _answers(desk, taken)
    assert isinstance(answer, Go)
    return taken[0], answer


def _ending(taken: Taken, asked: Task, go: Go, result: str) -> Ending:
    return Ending(taken, asked, go.fence, "end", Done(result))


async def _holder(redis: RedisClient, keys: Keys) -> bytes:
    reply: Any = await redis.call("XPENDING", keys.lanes[1], "workers", "-", "+", 10)
    [[_, consumer, *_]] = reply
    return bytes(consumer)
