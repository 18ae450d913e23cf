"""Tasks are put into a queue once, and not into a full one."""

import asyncio
from datetime import timedelta

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.health import look
from cortex.coordination.queue.keys import Keeping, Keys
from cortex.coordination.queue.producer import Accepted, Duplicate, Full, Producer, fresh_id
from cortex.coordination.queue.results import Results
from cortex.coordination.queue.task import Done
from cortex.errors import Malformed, QueueFull
from tests.coordination.queue.working import WITHIN_S, task, working

pytestmark = pytest.mark.anyio


async def test_of_many_with_one_key_one_is_accepted_and_the_others_name_it(
    redis: RedisClient, keys: Keys, producer: Producer
) -> None:
    asked = [task(idempotency_key="block aa:bb") for _ in range(20)]
    answers = await asyncio.gather(*(producer.enqueue(one) for one in asked))
    [first] = [one for one in answers if isinstance(one, Accepted)]
    assert [one for one in answers if one != first] == [Duplicate(first.id)] * 19
    assert (await look(redis, keys)).lanes["normal"].length == 1


async def test_a_task_that_is_sent_again_is_not_put_twice(
    redis: RedisClient, keys: Keys, producer: Producer
) -> None:
    asked = task()
    assert await producer.enqueue(asked) == await producer.enqueue(asked) == Accepted(asked.id)
    assert (await look(redis, keys)).lanes["normal"].length == 1


async def test_a_key_holds_after_success_for_as_long_as_it_is_set_to(redis: RedisClient) -> None:
    for after, expected in ((None, Duplicate), (timedelta(0), Accepted)):
        keys = Keys(f"after-{after is None}".lower(), keeping=Keeping(after_success=after))
        producer, results = Producer(redis, keys), Results(redis, keys)
        asked = task(idempotency_key="k")
        await producer.enqueue(asked)
        async with working(redis, keys):
            assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done({})
        assert isinstance(await producer.enqueue(task(idempotency_key="k")), expected)
        await results.close()


async def test_a_full_lane_takes_no_more_and_the_others_still_do(redis: RedisClient) -> None:
    producer = Producer(redis, Keys("small", keeping=Keeping(lane_limit=2)))
    answers = await producer.enqueue_many([task() for _ in range(3)])
    assert [type(one) for one in answers] == [Accepted, Accepted, Full]
    with pytest.raises(QueueFull, match="2 tasks"):
        await producer.enqueue(task())
    assert isinstance(await producer.enqueue(task(priority="critical")), Accepted)
    later = [task(not_before_ms=2**47) for _ in range(3)]
    answers = await producer.enqueue_many(later)
    assert [type(one) for one in answers] == [Accepted, Accepted, Full]


async def test_a_key_that_was_refused_for_want_of_room_stays_free(redis: RedisClient) -> None:
    keys = Keys("small", keeping=Keeping(lane_limit=0))
    with pytest.raises(QueueFull):
        await Producer(redis, keys).enqueue(task(idempotency_key="k"))
    larger = Producer(redis, Keys("small"))
    assert isinstance(await larger.enqueue(task(idempotency_key="k")), Accepted)


async def test_many_tasks_are_put_with_few_round_trips(
    redis: RedisClient, keys: Keys, producer: Producer
) -> None:
    answers = await producer.enqueue_many([task() for _ in range(1_234)])
    assert len({one.id for one in answers if isinstance(one, Accepted)}) == 1_234
    assert (await look(redis, keys)).lanes["normal"].lag == 1_234


async def test_an_hour_old_queue_is_told_by_its_age(
    redis: RedisClient, keys: Keys, producer: Producer
) -> None:
    assert (await look(redis, keys)).lanes["low"].oldest_s is None
    await redis.call("XADD", keys.lanes[2], "1-1", "task", b"{}")
    await producer.enqueue(task(not_before_ms=1))
    health = await look(redis, keys)
    assert (health.lanes["low"].oldest_s or 0) > 3600
    assert health.lanes["low"].consumers == 0


async def test_two_queues_and_two_prefixes_do_not_meet(redis: RedisClient) -> None:
    asked = task(idempotency_key="k")
    for keys in (Keys("a"), Keys("b"), Keys("a", prefix="other")):
        assert isinstance(await Producer(redis, keys).enqueue(asked), Accepted)
        assert (await look(redis, keys)).lanes["normal"].length == 1


def test_all_keys_of_a_queue_lie_in_one_slot_of_a_cluster() -> None:
    keys = Keys("q")
    names = (*keys.lanes, keys.delayed, keys.bodies, keys.dead, keys.finished, *keys.of(task()))
    assert all(name.startswith("cortex:queue:{q}:") for name in names)


@pytest.mark.parametrize("name", ["", "a{b}", "A", "a b", "x" * 64])
def test_a_name_that_would_break_the_keys_is_refused(name: str) -> None:
    with pytest.raises(Malformed, match="named"):
        Keys(name)


def test_fresh_ids_differ() -> None:
    assert len({fresh_id() for _ in range(1_000)}) == 1_000
