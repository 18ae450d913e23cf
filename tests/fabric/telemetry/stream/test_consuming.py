"""The reader keeps what it can, and begins anew after trouble with the disk."""

from pathlib import Path
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.streams import OUTCOMES
from cortex.fabric.messages.outcomes import FIELD, GROUP, encode
from cortex.fabric.telemetry.audit.log import AuditLog
from cortex.fabric.telemetry.audit.verifying import verify
from cortex.fabric.telemetry.figures import counted
from cortex.fabric.telemetry.keeping import Places
from cortex.fabric.telemetry.metrics import Metrics
from tests.fabric.telemetry.events import events
from tests.fabric.telemetry.running import drained, pending, publish, until
from tests.fabric.telemetry.stream.reader import reading

pytestmark = pytest.mark.anyio


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(log=tmp_path / "log", anchor=tmp_path / "anchor", figures=tmp_path / "figures")


async def test_what_another_reader_was_given_is_taken_over_and_its_name_let_go_of(
    places: Places, redis: RedisClient
) -> None:
    await redis.call("XGROUP", "CREATE", OUTCOMES, GROUP, "0", "MKSTREAM")
    await publish(redis, events(30))
    await redis.call("XREADGROUP", "GROUP", GROUP, "gone", "COUNT", 20, "STREAMS", OUTCOMES, ">")
    async with reading(places, redis):
        await drained(redis)
    assert await pending(redis) == 0
    assert verify(places.log, places.anchor).records == 30
    readers: Any = await redis.call("XINFO", "CONSUMERS", OUTCOMES, GROUP)
    assert [one[1] for one in readers] == [b"telemetry"]


async def test_a_disk_that_takes_nothing_loses_nothing_and_counts_nothing_twice(
    places: Places, redis: RedisClient
) -> None:
    async with reading(places, redis) as consumer:
        await publish(redis, events(10))
        await drained(redis)
        places.anchor.rename(places.anchor.with_name("away"))
        places.anchor.touch()
        await publish(redis, events(10, first=11))

        async def troubled() -> bool:
            return consumer.trouble is not None and consumer.keeper is None

        await until(troubled)
        places.anchor.unlink()
        places.anchor.with_name("away").rename(places.anchor)
        await drained(redis)
        assert consumer.keeper is not None
        assert consumer.keeper.figures.snapshot() == counted(events(20)).snapshot()
    report = verify(places.log, places.anchor)
    assert (report.flaw, report.records) == (None, 20)


async def test_a_log_that_another_writes_is_waited_for(places: Places, redis: RedisClient) -> None:
    await publish(redis, events(3))
    with AuditLog(places.log, places.anchor):
        async with reading(places, redis) as consumer:

            async def refused() -> bool:
                return consumer.trouble is not None

            await until(refused)
            assert "another process" in str(consumer.trouble)
    async with reading(places, redis):
        await drained(redis)


async def test_an_event_that_cannot_be_read_is_counted_and_passed_over_with_its_batch_kept(
    places: Places, redis: RedisClient
) -> None:
    metrics = Metrics()
    body = encode(events(1)[0])[:-1] + b',"other":' + b"[" * 100_000
    await publish(redis, events(2))
    for payload in (body, b"[" * 100_000, b"\xff"):
        await redis.call("XADD", OUTCOMES, "*", FIELD, payload)
    await publish(redis, events(2, first=3))
    async with reading(places, redis, metrics):
        await drained(redis)
    page = metrics.page().decode()
    for result, count in (("kept", 4), ("malformed", 3)):
        assert f'cortex_telemetry_events_total{{result="{result}"}} {count}.0' in page
    assert (await pending(redis), verify(places.log, places.anchor).records) == (0, 4)


async def test_without_redis_the_log_is_open_and_nothing_is_read(places: Places) -> None:
    async with reading(places, None) as consumer:

        async def opened() -> bool:
            return consumer.keeper is not None

        await until(opened)
        assert consumer.trouble is None


async def test_figures_go_on_from_where_they_were_saved(places: Places, redis: RedisClient) -> None:
    for first in (1, 11, 21):
        async with reading(places, redis) as consumer:
            await publish(redis, events(10, first=first))
            await drained(redis)
            assert consumer.keeper is not None
            assert consumer.keeper.figures.overall.tried == first + 9
