"""Redis remembers the end of the log when everything else of it is gone."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cortex.cli import exits, run
from cortex.clients.redis import RedisClient
from cortex.fabric.telemetry.audit.anchor import Trace, sealed, written
from cortex.fabric.telemetry.audit.aside import set_aside
from cortex.fabric.telemetry.audit.verifying import verify
from cortex.fabric.telemetry.keeping import Places, places_of
from cortex.fabric.telemetry.stream.consuming import Consumer
from cortex.fabric.telemetry.stream.distant import name_of, told_of
from cortex.settings.knobs import Telemetry
from tests.fabric.telemetry.events import events
from tests.fabric.telemetry.running import drained, publish, until
from tests.fabric.telemetry.stream.reader import reading

pytestmark = pytest.mark.anyio


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return places_of(Telemetry(home=tmp_path / "home"))


@pytest.fixture
def _settled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, redis_server: str) -> Iterator[None]:
    monkeypatch.setenv("CORTEX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CORTEX_REDIS_URL", redis_server)
    yield
    monkeypatch.undo()


async def kept(places: Places, redis: RedisClient, count: int = 5) -> None:
    async with reading(places, redis):
        await publish(redis, events(count))
        await drained(redis)


async def refused(consumer: Consumer, why: str) -> None:
    async def told() -> bool:
        return consumer.trouble is not None and why in consumer.trouble.message

    await until(told)
    assert consumer.keeper is None


async def test_redis_holds_the_sealed_end_of_what_was_acknowledged(
    places: Places, redis: RedisClient
) -> None:
    await kept(places, redis)
    distant = await told_of(redis, places)
    assert distant
    assert (distant.trace.seq, distant.genuine) == (5, True)
    await redis.call("SET", name_of(places.log), b"{")
    assert await told_of(redis, places) is None


async def test_a_log_is_missed_whose_whole_data_folder_is_gone(
    places: Places, redis: RedisClient
) -> None:
    await kept(places, redis)
    shutil.rmtree(places.log.parent)
    async with reading(places, redis) as consumer:
        await refused(consumer, "the audit log is gone: 5 records were there until 20")
    set_aside(places.log, places.anchor, at=2e9, why="it is gone", guard=places.guard)
    await kept(places, redis)
    assert verify(places.log, places.anchor, guard=places.guard).records == 6


@pytest.mark.usefixtures("_settled")
async def test_verifying_says_that_a_log_is_gone_which_only_redis_remembers(
    places: Places, redis: RedisClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await kept(places, redis)
    assert await asyncio.to_thread(run, ["audit", "verify"]) == exits.DONE
    assert "sealed with the key of this Cortex" in capsys.readouterr().out
    shutil.rmtree(places.log.parent)
    assert await asyncio.to_thread(run, ["audit", "verify"]) == exits.FAILED
    assert "the audit log is gone: 5 records were there until 20" in capsys.readouterr().out


async def test_a_false_trace_in_redis_stops_nothing(places: Places, redis: RedisClient) -> None:
    await kept(places, redis)
    false = sealed(Trace(seq=900, hash="0" * 64, at=1.0), b"somebody else's key")
    await redis.call("SET", name_of(places.log), written(false))
    await kept(places, redis, 6)
    assert verify(places.log, places.anchor, guard=places.guard).records == 6
