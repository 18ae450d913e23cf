"""The store of vectors inside this process: the embedded Qdrant engine, one folder per collection.

One process owns the folder, by a lock held on it for as long as the store is open, and one thread
makes every call of the engine, which is synchronous. A put returns once it is in the write-ahead
log: a kill loses none. Vectors are compared one by one, without a graph (HNSW): at 10,000 points
that takes about a millisecond, is exact, and needs no rebuilding.
"""

import asyncio
import fcntl
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import qdrant_edge as engine

from cortex.errors import BadAnswer, CortexError, Unavailable
from cortex.fabric.memory.collections import COLLECTIONS, CollectionName
from cortex.fabric.memory.conditions import as_filter
from cortex.fabric.memory.limits import (
    check_id,
    check_ids,
    check_limit,
    check_points,
    check_vector,
    check_where,
)
from cortex.fabric.memory.resident import give_back
from cortex.fabric.memory.shards import SERVICE, open_shard, translated
from cortex.fabric.memory.store import Hit, Page, Point, Where

_Answer = TypeVar("_Answer")

SPARE_BYTES = 64 * 1024 * 1024
"""Free space below which nothing is written.

The engine writes through memory maps of files with holes: on a full disk that is no error that
could be caught but the end of the process (SIGBUS). It takes new room 32 MiB at a time.
"""


FLUSH_AFTER = 64
"""Points written to a collection between two flushes.

Only a flush lets the engine drop old log, and an opening replays what came after the last one. A
flush holds the interpreter for about 25 ms after 64 points, and for half a second after 5,000.
"""

DAMAGED_S = 30.0
"""Seconds for which a damaged collection is refused with the same words, without another look.

Opening a damaged one can hold the interpreter, and with it every other query, for seconds. It is
looked at again now and then, as somebody may have moved its folder away.
"""


@dataclass(frozen=True, slots=True)
class _Damaged:
    """What a damaged collection is refused with; the error itself would keep the engine alive."""

    until: float
    message: str
    hint: str


def free_bytes(folder: Path) -> int:
    """Return how much may still be written to the disk that holds the folder."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


async def open_embedded(
    folder: Path,
    *,
    free: Callable[[Path], int] = free_bytes,
    clock: Callable[[], float] = time.monotonic,
) -> "EmbeddedStore":
    """Open the store in a folder, which is made when it is not there.

    Raises `Unavailable` when another store has it open or the disk does not let it, and
    `BadAnswer` when its files are damaged.
    """
    store = EmbeddedStore(folder, free=free, clock=clock)
    await store.start()
    return store


class EmbeddedStore:
    """The `Store` on the embedded engine; made by `open_embedded`."""

    def __init__(
        self, folder: Path, *, free: Callable[[Path], int], clock: Callable[[], float]
    ) -> None:
        self._folder = folder
        self._free = free
        self._clock = clock
        self._damaged: dict[CollectionName, _Damaged] = {}
        self._unflushed: Counter[CollectionName] = Counter()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="memory")
        self._shards: dict[CollectionName, engine.EdgeShard] = {}
        self._lock: int | None = None
        self._open = False

    async def start(self) -> None:
        """Take the folder and open every collection in it."""
        try:
            await self._on_thread(self._start)
        except BaseException:
            await self._on_thread(self._stop)
            self._thread.shutdown(wait=False)
            raise
        self._open = True

    async def put(self, collection: CollectionName, points: Sequence[Point]) -> None:
        """Add points, or replace those with the same id; once it returns, a kill loses none."""
        check_points(points)
        if not points:
            return
        entries = [
            engine.Point(one.id, [float(x) for x in one.vector], dict(one.payload))
            for one in points
        ]
        change = engine.UpdateOperation.upsert_points(entries)
        await self._update(collection, change, len(points))

    async def search(
        self,
        collection: CollectionName,
        vector: Sequence[float],
        *,
        limit: int,
        where: Where | None = None,
    ) -> tuple[Hit, ...]:
        """Find the points nearest to a vector, best first."""
        check_vector(vector)
        check_limit(limit)
        check_where(where)
        request = engine.SearchRequest(
            query=engine.Query.Nearest([float(x) for x in vector]),
            limit=limit,
            filter=as_filter(where),
            params=engine.SearchParams(exact=True),
            with_payload=True,
        )
        found = await self._ask(collection, lambda shard: shard.search(request))
        return tuple(
            Hit(id=str(one.id), score=one.score, payload=one.payload or {}) for one in found
        )

    async def fetch(
        self, collection: CollectionName, ids: Sequence[str], *, vectors: bool = False
    ) -> tuple[Point, ...]:
        """Return the points with these ids that exist."""
        check_ids(ids)
        wanted: list[engine.PointId] = list(ids)
        found = await self._ask(
            collection,
            lambda shard: shard.retrieve(wanted, with_payload=True, with_vector=vectors),
        )
        return tuple(map(_point, found))

    async def scroll(
        self,
        collection: CollectionName,
        *,
        where: Where | None = None,
        limit: int = 256,
        after: str = "",
        vectors: bool = False,
    ) -> Page:
        """Go through points page by page."""
        check_limit(limit)
        check_where(where)
        if after:
            check_id(after)
        request = engine.ScrollRequest(
            offset=after or None,
            limit=limit,
            filter=as_filter(where),
            with_payload=True,
            with_vector=vectors,
        )
        found, on = await self._ask(collection, lambda shard: shard.scroll(request))
        return Page(tuple(map(_point, found)), "" if on is None else str(on))

    async def count(self, collection: CollectionName, where: Where | None = None) -> int:
        """Count the points that fulfil the conditions."""
        check_where(where)
        request = engine.CountRequest(exact=True, filter=as_filter(where))
        return await self._ask(collection, lambda shard: shard.count(request))

    async def delete(self, collection: CollectionName, ids: Sequence[str]) -> None:
        """Remove points; ids that do not exist are no error."""
        check_ids(ids)
        if ids:
            change = engine.UpdateOperation.delete_points(list(ids))
            await self._update(collection, change, len(ids))

    async def close(self) -> None:
        """Let go of the store; calls under way end first, and closing twice is no error."""
        if self._open:
            self._open = False
            await self._on_thread(self._stop)
            self._thread.shutdown(wait=False)

    async def _update(
        self, collection: CollectionName, change: engine.UpdateOperation, size: int
    ) -> None:
        def update(shard: engine.EdgeShard) -> None:
            shard.update(change)
            self._unflushed[collection] += size
            if self._unflushed[collection] >= FLUSH_AFTER:
                shard.flush()
                self._unflushed[collection] = 0

        await self._ask(collection, update, writes=True)

    async def _ask(
        self,
        collection: CollectionName,
        call: Callable[[engine.EdgeShard], _Answer],
        *,
        writes: bool = False,
    ) -> _Answer:
        if not self._open:
            message = f"the store in {self._folder} is closed; open it again"
            raise Unavailable(message)

        def ask() -> _Answer:
            if writes:
                self._check_space()
            return self._call(collection, call)

        return await self._on_thread(ask)

    async def _on_thread(self, call: Callable[[], _Answer]) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def _start(self) -> None:
        with translated(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = _take(self._folder)
        for name in COLLECTIONS:
            self._shard(name)

    def _shard(self, name: CollectionName) -> engine.EdgeShard:
        if name not in self._shards:
            self._check_space()
            self._shards[name] = open_shard(self._folder, COLLECTIONS[name])
            give_back(self._folder / name)
        return self._shards[name]

    def _call(self, name: CollectionName, call: Callable[[engine.EdgeShard], _Answer]) -> _Answer:
        self._refuse_damaged(name)
        try:
            shard = self._shard(name)
            with translated(self._folder / name):
                return call(shard)
        except (Unavailable, BadAnswer) as error:
            # An engine that failed once fails from then on, with the same words, until the
            # collection is opened again: by the next call, or later when it is damaged.
            self._let_go(name)
            if isinstance(error, BadAnswer):
                until = self._clock() + DAMAGED_S
                self._damaged[name] = _Damaged(until, error.message, error.hint)
            raise

    def _refuse_damaged(self, name: CollectionName) -> None:
        known = self._damaged.get(name)
        if known is None:
            return
        if self._clock() < known.until:
            raise BadAnswer(known.message, service=SERVICE, hint=known.hint)
        del self._damaged[name]

    def _let_go(self, name: CollectionName) -> None:
        shard = self._shards.pop(name, None)
        if shard is None:
            return
        with suppress(CortexError), translated(self._folder / name):
            shard.close()

    def _check_space(self) -> None:
        free = self._free(self._folder)
        if free < SPARE_BYTES:
            message = (
                f"the disk that holds {self._folder} is full: {free >> 20} MiB are free, and memory"
                f" is written only while there are {SPARE_BYTES >> 20}; free some space"
            )
            raise Unavailable(message, retry_after=60.0)

    def _stop(self) -> None:
        for name in tuple(self._shards):
            self._let_go(name)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _take(folder: Path) -> int:
    """Lock the folder for as long as the returned file descriptor is open."""
    held = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        message = f"another Cortex has {folder} open"
        hint = "stop it, or ask it over /v1/memory"
        raise Unavailable(message, hint=hint) from None
    return held


def _point(record: engine.Record) -> Point:
    vector = record.vector if isinstance(record.vector, list) else []
    return Point(
        id=str(record.id),
        vector=[x for x in vector if isinstance(x, float)],
        payload=record.payload or {},
    )
