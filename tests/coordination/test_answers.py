"""An entry that cannot be worked on is kept as a dead letter and answered, whatever it holds."""

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.answers import Place, Results
from cortex.coordination.queue.dead_letters import DeadLetters
from cortex.coordination.queue.keys import Keys
from cortex.coordination.streams import RESULTS, TASKS, Entry, add, ensure_group, read_group
from cortex.errors import Rejected

pytestmark = pytest.mark.anyio
PLACE = Place(stream=TASKS, group="tasks", dead=Keys("network").dead)


async def _taken(redis: RedisClient, fields: dict[str, str]) -> Entry:
    await ensure_group(redis, TASKS, PLACE.group)
    await add(redis, TASKS, fields)
    [entry] = await read_group(
        redis, TASKS, group=PLACE.group, consumer="one", count=1, block_s=1.0
    )
    return entry


async def _bury(redis: RedisClient, entry: Entry) -> bool:
    return await Results(redis).bury(entry, {"task_id": "a"}, place=PLACE, reason="no task")


@pytest.mark.parametrize(
    ("fields", "size", "kept"),
    [
        ({f"f{n:05}": "0123" for n in range(6_000)}, 60_000, 640),
        ({"sender": "x", "payload": "x" * 3_000_000}, 3_000_014, 4_096),
        ({"n" * 100_000: "x"}, 100_001, 4_096),
    ],
    ids=["fields", "payload", "name"],
)
async def test_a_huge_entry_is_answered_and_only_its_beginning_and_its_size_are_kept(
    redis: RedisClient, fields: dict[str, str], size: int, kept: int
) -> None:
    entry = await _taken(redis, fields)
    assert await _bury(redis, entry)
    assert not await _bury(redis, entry)
    [letter] = await DeadLetters(redis, Keys("network")).page()
    told = f"the first {kept} of {size} bytes in {len(fields)} fields are kept"
    assert (letter.reason, letter.raw["…"]) == ("no task", told)
    assert sum(len(name) + len(value) for name, value in letter.raw.items()) < 5_000
    assert [await redis.call("XLEN", one) for one in (TASKS, RESULTS)] == [0, 1]


async def test_a_small_entry_is_kept_whole(redis: RedisClient) -> None:
    assert await _bury(redis, await _taken(redis, {"sender": "x", "payload": "{"}))
    [letter] = await DeadLetters(redis, Keys("network")).page()
    assert letter.raw == {"sender": "x", "payload": "{"}


async def test_an_entry_that_could_not_be_buried_is_not_let_go_of(redis: RedisClient) -> None:
    entry = await _taken(redis, {"sender": "x"})
    await redis.call("SET", PLACE.dead, "not a stream")
    with pytest.raises(Rejected):
        await _bury(redis, entry)
    assert await redis.call("XLEN", TASKS) == 1
    await redis.call("DEL", PLACE.dead)
    assert await _bury(redis, entry)


async def test_an_entry_of_a_group_that_is_gone_is_left_alone(redis: RedisClient) -> None:
    entry = await _taken(redis, {"sender": "x"})
    await redis.call("FLUSHALL")
    assert not await _bury(redis, entry)
    assert await redis.call("XLEN", RESULTS) == 0


async def test_an_entry_that_is_declined_is_told_once_and_nothing_of_it_is_kept(
    redis: RedisClient,
) -> None:
    entry = await _taken(redis, {"sender": "x", "payload": "words"})
    results = Results(redis)
    assert await results.decline(entry, {"task_id": "a", "status": "rejected"}, place=PLACE)
    assert not await results.decline(entry, {"task_id": "a"}, place=PLACE)
    assert await results.kept("x:a") == {}
    assert [await redis.call("XLEN", one) for one in (TASKS, RESULTS)] == [0, 1]
    assert await redis.call("EXISTS", PLACE.dead) == 0


async def test_a_task_that_is_answered_counts_no_more_where_it_was_counted(
    redis: RedisClient,
) -> None:
    place = Place(stream=TASKS, group="g", dead="d", counted=lambda name: (f"of:{name[0]}", "all"))
    await redis.call("ZADD", "of:x", 1, "x:a", 2, "x:b")
    await redis.call("ZADD", "all", 1, "x:a")
    assert await Results(redis).tell("x:a", {"task_id": "a"}, place=place)
    assert await redis.call("ZRANGE", "of:x", 0, -1) == [b"x:b"]
    assert await redis.call("EXISTS", "all") == 0


async def test_what_a_task_is_called_makes_it_no_part_of_another(redis: RedisClient) -> None:
    results = Results(redis)
    for name in ("x:a", "x:a:final"):
        assert await results.tell(name, {"task_id": name})
    assert await results.follow_up("x:a", {"task_id": "x:a", "status": "done"})
    assert await results.kept("x:a:final") == {"task_id": "x:a:final"}
    assert not await results.follow_up("x:a", {"task_id": "x:a"})


async def test_what_comes_later_is_told_by_whoever_takes_it_out_of_the_index_and_kept(
    redis: RedisClient,
) -> None:
    results = Results(redis)
    await results.tell("x:a", {"task_id": "a", "status": "done", "hint": "h"})
    await redis.call("ZADD", "waiting", 1, "m", 2, "n")
    later = {"task_id": "a", "status": "failed"}
    assert await results.later("x:a", later, index="waiting", member="m")
    assert not await results.later("x:a", later, index="waiting", member="m")
    assert await results.kept("x:a") == later
    assert await results.later("x:gone", later, index="waiting", member="n")
    assert await results.kept("x:gone") == {}
    assert await redis.call("XLEN", RESULTS) == 3
