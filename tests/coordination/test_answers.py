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
