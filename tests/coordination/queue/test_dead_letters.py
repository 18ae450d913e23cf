"""Tasks that were given up can be listed, looked into, put back, and let go."""

from collections.abc import Sequence

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.dead_letters import DeadLetters
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Accepted, Producer
from cortex.coordination.queue.results import Results
from cortex.coordination.queue.task import Done, Failed, Outcome, Task, encode
from cortex.coordination.queue.work.performing import Progress
from cortex.errors import Conflict, Malformed
from tests.coordination.queue.working import WITHIN_S, task, working

pytestmark = pytest.mark.anyio


async def refuse(asked: Task, _: Progress) -> Outcome:
    return Failed(f"no client {asked.arguments.get('n')}", "permanent")


@pytest.fixture
async def given_up(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results
) -> Sequence[Task]:
    asked = [task(arguments={"n": n}, idempotency_key=f"k{n}") for n in range(3)]
    async with working(redis, keys, refuse):
        for one in asked:
            await producer.enqueue(one)
            await results.wait(one.id, timeout_s=WITHIN_S)
    return asked


@pytest.fixture
def letters(redis: RedisClient, keys: Keys) -> DeadLetters:
    return DeadLetters(redis, keys)


async def test_they_are_listed_oldest_first_and_page_by_page(
    given_up: Sequence[Task], letters: DeadLetters
) -> None:
    first, second = await letters.page(most=2)
    [third] = await letters.page(after=second.id, most=2)
    assert [one.reason for one in (first, second, third)] == [f"no client {n}" for n in range(3)]
    assert [one.task.id for one in (first, second, third) if one.task] == [
        one.id for one in given_up
    ]
    assert await letters.count() == 3
    assert await letters.inspect(second.id) == second


async def test_one_that_is_put_back_gets_all_its_attempts_again(
    redis: RedisClient,
    keys: Keys,
    given_up: Sequence[Task],
    letters: DeadLetters,
    results: Results,
) -> None:
    letter = (await letters.page())[0]
    assert await letters.requeue(letter.id) == given_up[0].id
    standing = await results.peek(given_up[0].id)
    assert standing is not None
    assert (standing.state, standing.attempts, standing.outcome) == ("queued", 0, None)
    async with working(redis, keys):
        assert await results.wait(given_up[0].id, timeout_s=WITHIN_S) == Done({"n": 0})
    assert await letters.count() == 2
    with pytest.raises(Conflict, match=letter.id):
        await letters.requeue(letter.id)


async def test_one_whose_key_another_took_is_not_put_back(
    given_up: Sequence[Task], letters: DeadLetters, producer: Producer
) -> None:
    other = task(idempotency_key=given_up[1].idempotency_key)
    assert isinstance(await producer.enqueue(other), Accepted)
    letter = (await letters.page())[1]
    with pytest.raises(Conflict, match=other.id):
        await letters.requeue(letter.id)


async def test_one_whose_task_is_in_the_queue_again_is_not_put_back_twice(
    redis: RedisClient, keys: Keys, given_up: Sequence[Task], letters: DeadLetters
) -> None:
    letter = (await letters.page())[0]
    body = encode(given_up[0])
    await redis.call("XADD", keys.dead, "*", "task", body, "reason", b'{"state":"expired"}')
    await letters.requeue(letter.id)
    twin = (await letters.page())[-1]
    assert twin.reason == "expired"
    with pytest.raises(Conflict, match="again"):
        await letters.requeue(twin.id)


async def test_one_that_is_dropped_is_gone(given_up: Sequence[Task], letters: DeadLetters) -> None:
    letter = (await letters.page())[0]
    await letters.drop(letter.id)
    assert await letters.count() == len(given_up) - 1
    for act in (letters.drop, letters.inspect, letters.requeue):
        with pytest.raises(Conflict, match=letter.id):
            await act(letter.id)


async def test_one_that_holds_no_task_is_not_put_back(
    redis: RedisClient, keys: Keys, letters: DeadLetters
) -> None:
    await redis.call("XADD", keys.dead, "*", "reason", "the entry is odd", "raw:x", b"\xff")
    [letter] = await letters.page()
    with pytest.raises(Malformed, match="odd"):
        await letters.requeue(letter.id)
