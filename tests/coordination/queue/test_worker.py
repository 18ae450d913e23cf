"""What a worker does with the tasks of a queue, on real servers."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.dead_letters import DeadLetters
from cortex.coordination.queue.health import look
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Producer
from cortex.coordination.queue.results import Results
from cortex.coordination.queue.task import (
    Cancelled,
    Done,
    Expired,
    Failed,
    Lane,
    Outcome,
    Task,
    encode,
)
from cortex.coordination.queue.work.desk import Desk
from cortex.coordination.queue.work.performing import Progress
from cortex.coordination.queue.worker import Policy, Worker
from cortex.errors import Malformed, NotAllowed, Unavailable
from tests.coordination.queue.working import POLICY, WITHIN_S, echo, task, until, working

pytestmark = pytest.mark.anyio


RAISED: dict[str, BaseException] = {
    "cancelling": asyncio.CancelledError(),
    "late": TimeoutError(),
    "forbidden": NotAllowed("viewers do not block"),
    "broken": ZeroDivisionError("hunter2"),
}


class Performer:
    """Counts what it performs, and ends each task as its kind says."""

    def __init__(self) -> None:
        self.seen: list[Task] = []
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def perform(self, asked: Task, progress: Progress) -> Outcome:
        """Perform a task."""
        self.seen.append(asked)
        self.begun.set()
        if asked.kind in RAISED:
            raise RAISED[asked.kind]
        if asked.kind == "held":
            progress({"done": 0.5})
            await self.go_on.wait()
        match asked.kind:
            case "flaky" if asked.attempt < 3:
                return Failed("not yet")
            case "throttled" if asked.attempt < 2:
                return Failed("too many calls", "limited", 0.01)
            case "vague":
                return Done(object())
            case "failing":
                return Failed("never", "permanent")
            case _:
                return Done(asked.arguments)


@pytest.fixture
def performer() -> Performer:
    return Performer()


async def test_a_task_is_performed_and_its_result_reaches_whoever_waits(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results
) -> None:
    asked = task(arguments={"mac": "aa:bb"})
    await producer.enqueue(asked)
    async with working(redis, keys):
        assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done({"mac": "aa:bb"})
    assert [await redis.call("XLEN", lane) for lane in keys.lanes] == [0, 0, 0]


async def test_tasks_from_before_the_first_worker_are_not_skipped(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results
) -> None:
    asked = [task(priority=lane) for lane in ("low", "normal", "high", "critical") * 20]
    await producer.enqueue_many(asked)
    async with working(redis, keys):
        ended = [await results.wait(one.id, timeout_s=WITHIN_S) for one in asked]
    assert ended == [Done({})] * 80


@pytest.mark.parametrize("kind", ["flaky", "throttled"])
async def test_what_may_succeed_later_is_tried_again(
    kind: str,
    redis: RedisClient,
    keys: Keys,
    producer: Producer,
    results: Results,
    performer: Performer,
) -> None:
    asked = task(kind)
    await producer.enqueue(asked)
    async with working(redis, keys, performer.perform):
        assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done({})
    attempts = [one.attempt for one in performer.seen]
    assert attempts == list(range(1, len(attempts) + 1))
    assert len(attempts) > 1


@pytest.mark.parametrize(
    "case",
    [
        ("failing", 1, "never"),
        ("forbidden", 1, "viewers do not block"),
        ("broken", 3, "ZeroDivisionError was raised"),
        ("cancelling", 3, "it was cancelled from within"),
        ("late", 3, "it took too long"),
        (
            "vague",
            1,
            "the outcome cannot be stored: Encoding objects of type object is unsupported",
        ),
    ],
)
async def test_what_cannot_succeed_is_given_up_and_becomes_a_dead_letter(
    case: tuple[str, int, str],
    redis: RedisClient,
    keys: Keys,
    producer: Producer,
    results: Results,
    performer: Performer,
) -> None:
    kind, attempts, reason = case
    asked = task(kind, idempotency_key="k")
    await producer.enqueue(asked)
    async with working(redis, keys, performer.perform):
        ended = await results.wait(asked.id, timeout_s=WITHIN_S)
    assert isinstance(ended, Failed)
    assert ended.reason == reason
    [letter] = await DeadLetters(redis, keys).page()
    assert (letter.reason, letter.attempts) == (reason, attempts)
    assert letter.task is not None
    assert letter.task.id == asked.id
    assert len(performer.seen) == attempts
    assert await redis.call("EXISTS", keys.idempotency(asked.id, "k")) == 0


async def test_an_entry_that_cannot_be_read_blocks_nothing(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results
) -> None:
    for lane in keys.lanes:
        await redis.call("XADD", lane, "*", "payload", "{not ours}", b"\xff", b"\xfe")
        await redis.call("XADD", lane, "*", "task", '{"id":1}')
    asked = task()
    await producer.enqueue(asked)
    async with working(redis, keys):
        assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done({})
    letters = await DeadLetters(redis, keys).page()
    assert len(letters) == 6
    assert all(one.task is None and "entry" in one.reason and one.raw for one in letters)
    health = await look(redis, keys)
    assert {one.length for one in health.lanes.values()} == {0}


async def test_a_task_put_there_by_hand_is_performed(
    redis: RedisClient, keys: Keys, results: Results
) -> None:
    asked = task()
    await redis.call("XADD", keys.lanes[0], "*", "task", encode(asked))
    async with working(redis, keys):
        await until(lambda: _ended(results, asked.id))


async def test_two_entries_of_one_task_are_performed_once(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results, performer: Performer
) -> None:
    asked = task("held")
    await producer.enqueue(asked)
    async with working(redis, keys, performer.perform):
        await performer.begun.wait()
        await redis.call("XADD", keys.lanes[1], "*", "task", encode(asked))
        await until(lambda: _lengths_are(redis, keys, 1))
        performer.go_on.set()
        assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done({})
        await redis.call("XADD", keys.lanes[1], "*", "task", encode(asked))
        await until(lambda: _lengths_are(redis, keys, 0))
    assert len(performer.seen) == 1


async def test_a_task_whose_key_another_took_gets_the_result_of_that_one(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results, performer: Performer
) -> None:
    first, second = (
        task("held", idempotency_key="block aa:bb", arguments={"n": n}) for n in (1, 2)
    )
    await producer.enqueue(first)
    await redis.call("DEL", keys.idempotency(first.id, "block aa:bb"))
    await producer.enqueue(second)
    await redis.call("SET", keys.idempotency(second.id, "block aa:bb"), first.id)
    async with working(redis, keys, performer.perform):
        await performer.begun.wait()
        performer.go_on.set()
        ended = [await results.wait(one.id, timeout_s=WITHIN_S) for one in (first, second)]
    assert ended == [Done({"n": 1})] * 2
    assert [one.id for one in performer.seen] == [first.id]


async def test_a_task_waits_for_its_time(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results
) -> None:
    now_ms = await _now_ms(redis)
    sooner, later = task(not_before_ms=now_ms + 300), task(not_before_ms=now_ms + 3_600_000)
    await producer.enqueue_many([sooner, later])
    async with working(redis, keys):
        await results.wait(sooner.id, timeout_s=WITHIN_S)
        assert await _now_ms(redis) >= now_ms + 300
    health = await look(redis, keys)
    assert (health.delayed, health.overdue_s) == (1, 0.0)


async def test_a_task_past_its_deadline_is_not_performed(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results, performer: Performer
) -> None:
    asked = task(deadline_ms=await _now_ms(redis) - 1)
    await producer.enqueue(asked)
    async with working(redis, keys, performer.perform):
        assert await results.wait(asked.id, timeout_s=WITHIN_S) == Expired()
    assert not performer.seen


async def test_a_task_is_broken_off_at_its_deadline(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results, performer: Performer
) -> None:
    asked = task("held", deadline_ms=await _now_ms(redis) + 500)
    await producer.enqueue(asked)
    async with working(redis, keys, performer.perform):
        assert await results.wait(asked.id, timeout_s=WITHIN_S) == Expired()
    assert len(performer.seen) == 1


async def test_a_task_at_work_tells_its_progress_and_can_be_cancelled(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results, performer: Performer
) -> None:
    asked = task("held", idempotency_key="k")
    await producer.enqueue(asked)
    async with working(redis, keys, performer.perform):
        await until(lambda: _progressed(results, asked.id))
        assert await results.cancel(asked.id) == "asked"
        assert await results.wait(asked.id, timeout_s=WITHIN_S) == Cancelled()
    assert await results.cancel(asked.id) == "cancelled"


async def test_progress_that_is_no_json_is_refused() -> None:
    progress = Progress(1)
    with pytest.raises(Malformed, match="no JSON"):
        progress(object())
    progress([1])
    assert (progress.news(), progress.news()) == (b"[1]", b"")


async def test_a_task_that_is_cancelled_before_it_begins_is_not_performed(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results, performer: Performer
) -> None:
    asked = task()
    await producer.enqueue(asked)
    await redis.call("HSET", keys.record(asked.id), "cancel", 1)
    async with working(redis, keys, performer.perform):
        assert await results.wait(asked.id, timeout_s=WITHIN_S) == Cancelled()
    assert not performer.seen


async def test_a_task_whose_key_is_held_by_one_that_is_gone_takes_it_over(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results
) -> None:
    asked = task(idempotency_key="k")
    await producer.enqueue(asked)
    await redis.call("SET", keys.idempotency(asked.id, "k"), "long gone")
    async with working(redis, keys):
        assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done({})
    assert await redis.call("GET", keys.idempotency(asked.id, "k")) == asked.id.encode()


async def test_a_consumer_that_holds_nothing_is_forgotten_and_one_that_holds_a_task_is_not(
    redis: RedisClient, keys: Keys, producer: Producer
) -> None:
    await producer.enqueue(task())
    holding, idle = Desk(redis, keys, "holding"), Desk(redis, keys, "idle")
    await holding.open()
    share: dict[Lane, int] = {"high": 1, "normal": 1, "low": 1}
    assert len(await holding.take(share)) == 1
    assert await idle.take(share) == []
    begun = await _now_ms(redis)
    await until(lambda: _passed(redis, begun + 10))
    await idle.forget(silent_ms=5)
    reply: Any = await redis.call("XINFO", "CONSUMERS", keys.lanes[1], "workers")
    assert [one[1] for one in reply] == [b"holding"]


async def test_a_long_task_keeps_its_lease(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results, performer: Performer
) -> None:
    asked = task("held")
    await producer.enqueue(asked)
    async with working(redis, keys, performer.perform), working(redis, keys, performer.perform):
        await performer.begun.wait()
        begun = await _now_ms(redis)
        await until(lambda: _passed(redis, begun + 2_500))
        performer.go_on.set()
        assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done({})
    assert len(performer.seen) == 1


async def test_at_most_so_many_tasks_are_at_work_at_once(
    redis: RedisClient, keys: Keys, producer: Producer, performer: Performer
) -> None:
    await producer.enqueue_many([task("held") for _ in range(10)])
    async with working(
        redis, keys, performer.perform, policy=Policy(concurrency=3, grace=timedelta(0))
    ):
        await until(lambda: _began(performer, 3))
        await until(lambda: _pending_is(redis, keys, 3))
    assert len(performer.seen) == 3
    health = await look(redis, keys)
    assert (health.lanes["normal"].length, health.lanes["normal"].lag) == (10, 10)


async def test_what_is_not_done_in_time_is_handed_back_as_if_never_begun(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results, performer: Performer
) -> None:
    asked = task("held")
    await producer.enqueue(asked)
    async with working(redis, keys, performer.perform):
        await performer.begun.wait()
    standing = await results.peek(asked.id)
    assert standing is not None
    assert (standing.state, standing.attempts) == ("queued", 0)
    async with working(redis, keys, echo):
        assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done({})


async def test_a_worker_that_is_cancelled_hands_back_what_it_was_at(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results, performer: Performer
) -> None:
    asked = task("held")
    await producer.enqueue(asked)
    working = asyncio.create_task(
        Worker(redis, keys, performer.perform, policy=POLICY).until_cancelled()
    )
    await performer.begun.wait()
    working.cancel()
    async with asyncio.timeout(WITHIN_S):
        await asyncio.wait({working})
    standing = await results.peek(asked.id)
    assert working.cancelled()
    assert standing is not None
    assert (standing.state, standing.attempts) == ("queued", 0)


async def test_no_lane_starves_under_load_and_the_urgent_one_goes_first(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results, performer: Performer
) -> None:
    lanes: tuple[Any, ...] = ("low", "normal", "high")
    asked = [task(priority=lane) for lane in lanes for _ in range(100)]
    await producer.enqueue_many(asked)
    async with working(redis, keys, performer.perform):
        for one in asked:
            await results.wait(one.id, timeout_s=WITHIN_S)
    early = Counter(one.priority for one in performer.seen[:50])
    assert early["high"] > early["normal"] > early["low"] > 0


async def test_whoever_asks_hears_of_tasks_that_ended_undone_and_stops_nobody_by_failing(
    redis: RedisClient, keys: Keys
) -> None:
    told: list[tuple[str, str]] = []

    async def hear(ended: Task, outcome: Outcome) -> None:
        told.append((ended.id, type(outcome).__name__))
        if len(told) == 1:
            message = "away"
            raise Unavailable(message)

    one = Performer()
    asked = [
        *(task("forbidden"), task("echo"), task("broken"), task("echo", deadline_ms=1)),
        task("forbidden"),
    ]
    await Producer(redis, keys).enqueue_many(asked)
    async with working(redis, keys, one.perform, on_undone=hear):

        async def heard() -> bool:
            return len(told) == 4

        await until(heard)
    assert sorted(told) == sorted(
        [
            *((asked[0].id, "Failed"), (asked[2].id, "Failed")),
            *((asked[3].id, "Expired"), (asked[4].id, "Failed")),
        ]
    )


async def test_a_queue_that_was_flushed_takes_tasks_again(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results
) -> None:
    async with working(redis, keys):
        for _ in range(3):
            asked = task()
            await producer.enqueue(asked)
            assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done({})
            await redis.call("FLUSHALL")


async def test_work_whose_task_was_flushed_away_ends_without_a_trace(
    redis: RedisClient, keys: Keys, producer: Producer, results: Results, performer: Performer
) -> None:
    await producer.enqueue(task("held"))
    async with working(redis, keys, performer.perform):
        await performer.begun.wait()
        await redis.call("FLUSHALL")
        performer.go_on.set()
        asked = task()
        await producer.enqueue(asked)
        assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done({})


async def _now_ms(redis: RedisClient) -> int:
    reply: Any = await redis.call("TIME")
    return int(reply[0]) * 1000 + int(reply[1]) // 1000


async def _passed(redis: RedisClient, moment_ms: int) -> bool:
    return await _now_ms(redis) >= moment_ms


async def _ended(results: Results, task_id: str) -> bool:
    standing = await results.peek(task_id)
    return standing is not None and standing.outcome is not None


async def _progressed(results: Results, task_id: str) -> bool:
    standing = await results.peek(task_id)
    return standing is not None and standing.progress == {"done": 0.5}


async def _lengths_are(redis: RedisClient, keys: Keys, expected: int) -> bool:
    health = await look(redis, keys)
    return sum(lane.length for lane in health.lanes.values()) == expected


async def _began(performer: Performer, least: int) -> bool:
    return len(performer.seen) >= least


async def _pending_is(redis: RedisClient, keys: Keys, expected: int) -> bool:
    return (await look(redis, keys)).lanes["normal"].pending == expected
