"""Events reach the streams, each once, also past an outage and a restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.streams import EVENTS, OUTCOMES, entries_of
from cortex.fabric.activator.metrics import Metrics
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.peers.outbox import Outbox
from cortex.fabric.messages.outcomes import FIELD, SENT, OutcomeEvent, decode
from cortex.settings.knobs import Redis
from tests.fabric.activator.peers.rooms import NOWHERE, coordinated, until
from tests.redis_servers import serving

pytestmark = pytest.mark.anyio


def event(number: int) -> OutcomeEvent:
    return OutcomeEvent(id=f"e{number}", at=1.0, kind="query")


@asynccontextmanager
async def outbox(
    coordination: Coordination, home: Path, *, most: int = 1000
) -> AsyncIterator[Outbox]:
    one = Outbox(coordination, home=home, counts=Metrics(), kept=100_000, most=most)
    running = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        # Let it start, so that it also ends as it does in an activator.
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until_sent(one: Outbox) -> None:
    async def sent() -> bool:
        return not one.waiting

    await until(sent)


async def ids(redis: RedisClient) -> list[str]:
    entries = entries_of(await redis.call("XRANGE", OUTCOMES, "-", "+"))
    return [decode(one.fields[FIELD.encode()]).id for one in entries]


async def test_events_arrive_in_order_and_once_on_both_streams(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as one, outbox(one, tmp_path) as out:
        for number in range(500):
            out.put(event(number))
        await until_sent(out)
    assert await ids(redis) == [f"e{number}" for number in range(500)]
    shown = list(entries_of(await redis.call("XRANGE", EVENTS, "-", "+")))
    assert len(shown) == 500
    assert shown[0].fields[b"event"] == b"outcome.query"


async def test_what_was_put_while_redis_was_away_arrives_after_and_nothing_twice(
    tmp_path: Path,
) -> None:
    home = tmp_path / "redis"
    with serving("bundled", home) as url:
        pass
    coordination = Coordination(Redis(url=url), tmp_path)
    looking = asyncio.create_task(coordination.run())
    async with outbox(coordination, tmp_path) as out:
        out.put(event(0))
        with serving("bundled", home):
            await until_sent(out)
        for number in range(1, 50):
            out.put(event(number))
        with serving("bundled", home):
            await until_sent(out)
            client = RedisClient.of(url)
            arrived = await ids(client)
            await client.close()
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert arrived == [f"e{number}" for number in range(50)]


async def test_too_many_drop_the_oldest_and_that_is_counted(tmp_path: Path) -> None:
    async with coordinated(tmp_path, NOWHERE) as away, outbox(away, tmp_path, most=10) as out:
        for number in range(25):
            out.put(event(number))
        assert (out.waiting, out.dropped) == (10, 15)


async def test_what_is_left_at_the_end_is_sent_after_the_next_start(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, NOWHERE) as away, outbox(away, tmp_path) as out:
        out.put(event(1))
        out.put(event(2))
    file = tmp_path / "outbox.jsonl"
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(file.read_bytes() + b"damaged\n")
    async with coordinated(tmp_path, redis.url) as one, outbox(one, tmp_path):

        async def arrived() -> bool:
            return await redis.call("EXISTS", OUTCOMES) == 1 and len(await ids(redis)) == 2

        await until(arrived)
    assert await ids(redis) == ["e1", "e2"]
    assert not file.exists()


async def test_the_same_batch_sent_twice_is_added_once(tmp_path: Path, redis: RedisClient) -> None:
    async with coordinated(tmp_path, redis.url) as one:
        out = Outbox(one, home=tmp_path, counts=Metrics(), kept=1000)
        out.put(event(1))
        kept = tuple(out._waiting)  # noqa: SLF001  # what a lost reply leaves behind
        await out._send()  # noqa: SLF001  # one step of its loop
        out._waiting.extend(kept)  # noqa: SLF001  # as above
        await out._send()  # noqa: SLF001  # as above
    assert await ids(redis) == ["e1"]


async def test_what_was_dropped_is_counted_as_sent_so_that_it_is_missed(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as one, outbox(one, tmp_path, most=5) as out:
        for number in range(8):
            out.put(event(number))
        await until_sent(out)
        assert (out.dropped, await redis.call("GET", SENT)) == (3, b"8")
        # Redis forgets how far a process got when that says nothing for a day.
        await redis.call("DEL", f"cortex:outbox:{one.writer}")
        out.put(event(8))
        await until_sent(out)
    assert await redis.call("GET", SENT) == b"9"
    assert len(await ids(redis)) == 6
