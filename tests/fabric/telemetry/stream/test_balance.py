"""Events that somebody took out of the stream before they were read are missed, and counted."""

from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient, Script
from cortex.coordination.streams import OUTCOMES
from cortex.fabric.messages.outcomes import COUNTED, FIELD, SENT, OutcomeEvent, encode
from cortex.fabric.telemetry.audit.records import Record, Wanted
from cortex.fabric.telemetry.audit.showing import show
from cortex.fabric.telemetry.audit.verifying import verify
from cortex.fabric.telemetry.keeping import Places, places_of
from cortex.fabric.telemetry.metrics import Metrics
from cortex.fabric.telemetry.stream.balance import Gap
from cortex.fabric.telemetry.stream.distant import told_of
from cortex.settings.knobs import Telemetry
from tests.fabric.telemetry.events import events
from tests.fabric.telemetry.running import drained, publish, until
from tests.fabric.telemetry.stream.reader import reading

_SEND = Script("""
for place = 3, #ARGV do
  redis.call('XADD', KEYS[1], '*', ARGV[1], ARGV[place], ARGV[2], place)
  redis.call('INCR', KEYS[2])
end
""")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return places_of(Telemetry(home=tmp_path))


async def send(redis: RedisClient, sent: list[OutcomeEvent]) -> None:
    """Add events to the stream as the activator does, and count them."""
    await redis.run(_SEND, keys=(OUTCOMES, SENT), arguments=(FIELD, COUNTED, *map(encode, sent)))


def gaps(places: Places) -> list[Record]:
    return list(show(places.log, Wanted(tool="events_lost"), limit=100).records)


async def until_told(places: Places, count: int) -> None:
    async def told() -> bool:
        return len(gaps(places)) >= count

    await until(told)


@pytest.mark.anyio
async def test_trimmed_events_become_one_gap_on_record(places: Places, redis: RedisClient) -> None:
    metrics = Metrics()
    await send(redis, events(10))
    await redis.call("XTRIM", OUTCOMES, "MAXLEN", 4)

    async def counted() -> bool:
        return 'cortex_telemetry_events_total{result="lost"} 6.0' in metrics.page().decode()

    async def remembered() -> bool:
        distant = await told_of(redis, places)
        return distant is not None and distant.trace.seq == 5

    async with reading(places, redis, metrics):
        await until(counted)
        await until(remembered)
    (gap,) = gaps(places)
    assert (gap.kind, gap.status, gap.targets[0].id) == ("gap", "failed", "6")
    report = verify(places.log, places.anchor, guard=places.guard)
    assert (report.intact, report.records, report.gaps) == (True, 5, 1)


@pytest.mark.anyio
async def test_each_gap_is_told_once_over_restarts_also_when_all_of_it_was_taken(
    places: Places, redis: RedisClient
) -> None:
    for first in (1, 11):
        await send(redis, events(10, first=first))
        await redis.call("DEL", OUTCOMES)
        for _ in range(2):
            async with reading(places, redis):
                await publish(redis, events(1, first=1_000 + first))
                await drained(redis)
                await until_told(places, 1 if first == 1 else 2)
    assert [one.targets[0].id for one in gaps(places)] == ["10", "10"]


@pytest.mark.anyio
async def test_a_server_that_was_emptied_counts_anew(places: Places, redis: RedisClient) -> None:
    for number in (1, 2):
        await send(redis, events(10))
        await redis.call("DEL", OUTCOMES)
        async with reading(places, redis):
            await until_told(places, number)
        await redis.call("FLUSHDB")
    assert [one.targets[0].id for one in gaps(places)] == ["10", "10"]


@pytest.mark.anyio
async def test_what_was_read_and_taken_before_it_was_let_go_of_is_no_gap(
    places: Places, redis: RedisClient
) -> None:
    await send(redis, events(3))
    async with reading(places, redis):
        await drained(redis)
        await send(redis, events(3, first=4))
        await drained(redis)
        # Entries that nobody counted, and more read than sent: no loss either.
        await publish(redis, events(3, first=7))
        await redis.call("SET", SENT, 2)
        await drained(redis)
    async with reading(places, redis):
        await send(redis, events(2, first=10))
        await drained(redis)
    assert gaps(places) == []
    assert verify(places.log, places.anchor, guard=places.guard).records == 11


def test_of_a_gap_that_was_told_in_part_before_a_crash_the_rest_is_told() -> None:
    gap = Gap(20, -3, "ab")
    assert gap.untold([]) == gap
    assert gap.untold(["e1", "gap-ab--3-7", "gap-ab-0-20", "gap-x-1"]) == Gap(10, 7, "ab")
    assert gap.untold(["gap-ab-7-17", gap.told(at=1.0).id]) is None
    assert gap.untold(["gap-ab-7-17", "gap-ab--3-7"]) is None
    assert gap.untold(["gap-ab--3--3", "gap-ab--3-90"]) == gap
    assert gap.untold(["gap-cd--3-17"]) == gap
