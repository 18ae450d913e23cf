"""What one activator learned the others know at once, as far as they share the memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from cortex.clients.redis import RedisClient
from cortex.fabric.activator.learning.tiers.cache import RouteCache
from cortex.fabric.activator.learning.tiers.marks import Marks
from cortex.fabric.activator.learning.wordings import Wording, Wordings, wording_of
from cortex.fabric.activator.peers.learned import STREAM, Learned, Lore
from cortex.fabric.routing.experience.routes import Route
from tests.fabric.activator.peers.rooms import coordinated, until

pytestmark = pytest.mark.anyio
ROUTE = Route(
    template="who hogs the air",
    polarity="affirmed",
    tool="list_devices",
    layer="l",
    arguments={},
    schema="s",
    encoder="e",
    site="",
)
WORDING: Wording = wording_of(ROUTE)
ROUTE_ID = str(UUID(int=7))


@dataclass
class Mind:
    """What one activator knows, and how often it read everything again."""

    learned: Learned
    cache: RouteCache
    marks: Marks
    wordings: Wordings = field(default_factory=Wordings)
    reloads: int = 0

    async def reload(self) -> None:
        """Count it."""
        self.reloads += 1


@asynccontextmanager
async def mind(home: Path, url: str, *, memory: str = "http://one") -> AsyncIterator[Mind]:
    async with coordinated(home, url) as coordination:
        learned = Learned(coordination, memory=memory)
        one = Mind(learned, RouteCache(10), Marks(home, fresh=True))
        lore = Lore(cache=one.cache, marks=one.marks, wordings=one.wordings, reload=one.reload)
        running = asyncio.create_task(learned.run(lore))

        async def listens() -> bool:
            return learned.listening

        await until(listens)
        try:
            yield one
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_correction_at_one_holds_for_the_next_query_at_another(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with mind(tmp_path / "a", redis.url) as one, mind(tmp_path / "b", redis.url) as other:
        other.cache.put("who", ROUTE, 0.9)
        one.learned.tell("dropped", wording=WORDING.digest)
        one.learned.tell("objected", wording=WORDING.digest)
        one.learned.tell("route", wording=WORDING.digest, route=ROUTE_ID, marked=True)
        await one.learned.told(within_s=10)
        await other.learned.fresh()
        assert other.cache.get("who", WORDING) is None
        assert other.marks.told(WORDING.digest)
        assert other.wordings.ids(WORDING) == (ROUTE_ID,)
        assert other.wordings.marked(WORDING)
        assert not one.wordings.ids(WORDING), "what was told here is known here already"
        one.learned.tell("gone", wording=WORDING.digest, route=ROUTE_ID)
        await one.learned.told(within_s=10)
        await other.learned.fresh()
        assert other.wordings.ids(WORDING) == ()


async def test_who_has_another_memory_hears_objections_and_no_routes(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with (
        mind(tmp_path / "a", redis.url) as one,
        mind(tmp_path / "b", redis.url, memory="") as other,
    ):
        one.learned.tell("route", wording=WORDING.digest, route=ROUTE_ID, marked=True)
        one.learned.tell("objected", wording=WORDING.digest)
        await one.learned.told(within_s=10)
        await other.learned.fresh()
        assert not other.wordings.marked(WORDING)
        assert other.marks.told(WORDING.digest)


async def test_a_note_that_cannot_be_read_makes_everything_be_read_again(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with mind(tmp_path / "a", redis.url) as one:
        one.cache.put("who", ROUTE, 0.9)
        await redis.call("XADD", STREAM, "*", "note", '{"by":"x","kind":"of tomorrow"}')
        await one.learned.fresh()
        assert (one.reloads, len(one.cache)) == (1, 0)


async def test_who_missed_notes_forgets_its_cache_and_reads_the_routes_again(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with mind(tmp_path / "a", redis.url) as one:
        one.cache.put("who", ROUTE, 0.9)
        note = ("XADD", STREAM, "*", "note", '{"by":"x","kind":"dropped"}')
        # Cut off, two notes are added, and the first is dropped before the connection is back.
        cut = ("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await redis.pipeline(
            [("MULTI",), cut, note, note, ("XTRIM", STREAM, "MAXLEN", 1), ("EXEC",)]
        )

        async def again() -> bool:
            return one.reloads > 0

        await until(again)
        assert len(one.cache) == 0
