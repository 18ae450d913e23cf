"""The store of vectors on a Qdrant server, over REST.

Makes the collections and indexes that are missing, also later, should somebody remove them while
Cortex runs. Several stores may share a server: a put or a delete has taken effect for all of them
once it returns. Whether the server's disk keeps what it took is the server's affair.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import httpx

from cortex.clients.qdrant import NOT_FOUND, Described, QdrantClient, Record
from cortex.errors import BadAnswer, Misconfigured, Refused, Rejected, Unavailable
from cortex.fabric.memory.collections import COLLECTIONS, DIMENSIONS, CollectionName
from cortex.fabric.memory.limits import (
    check_id,
    check_ids,
    check_limit,
    check_points,
    check_vector,
    check_where,
)
from cortex.fabric.memory.store import Hit, Page, Point, Where

_DISTANCE = "Cosine"

_Answer = TypeVar("_Answer")


async def open_server(
    url: str,
    *,
    api_key: str = "",
    timeout_s: float,
    transport: httpx.AsyncBaseTransport | None = None,
    prefix: str = "",
) -> "QdrantStore":
    """Open the store on a server; `prefix` begins the names of its collections there.

    Raises:
        Misconfigured: the address or the key is none, or a collection of ours is there and made
            for other vectors.
        Refused: the server does not let us, as with a wrong key.
        Unavailable: the server does not answer in time.
        BadAnswer: what answers is no Qdrant.

    """
    client = QdrantClient(url, api_key=api_key, timeout_s=timeout_s, transport=transport)
    store = QdrantStore(client, prefix)
    try:
        for name in COLLECTIONS:
            await store.prepare(name)
    except BaseException:
        await store.close()
        raise
    return store


class QdrantStore:
    """The `Store` on a Qdrant server; made by `open_server`."""

    def __init__(self, client: QdrantClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    async def prepare(self, collection: CollectionName) -> None:
        """Make a collection and its indexes where they are missing."""
        name = self._prefix + collection
        made = await self._client.describe(name) or await self._make(name)
        if (made.size, made.distance) != (DIMENSIONS, _DISTANCE):
            raise self._other_vectors(name, made)
        for field, kind in COLLECTIONS[collection].indexes.items():
            if field not in made.indexes:
                await self._client.index(name, field, kind)

    async def put(self, collection: CollectionName, points: Sequence[Point]) -> None:
        """Add points, or replace those with the same id; once it returns, everybody sees them."""
        check_points(points)
        # Of two points with one id the last stays: the server does not promise which.
        latest = {point.id: point for point in points}
        written = [
            {"id": one.id, "vector": [float(x) for x in one.vector], "payload": one.payload}
            for one in latest.values()
        ]
        await self._on(collection, lambda name: self._client.upsert(name, written))

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
        asked, condition = [float(x) for x in vector], _condition(where)
        found = await self._on(
            collection,
            lambda name: self._client.query(name, asked, limit=limit, condition=condition),
        )
        return tuple(
            Hit(id=str(one.id), score=one.score, payload=one.payload or {}) for one in found
        )

    async def fetch(
        self, collection: CollectionName, ids: Sequence[str], *, vectors: bool = False
    ) -> tuple[Point, ...]:
        """Return the points with these ids that exist."""
        check_ids(ids)
        found = await self._on(
            collection, lambda name: self._client.retrieve(name, ids, vectors=vectors)
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
        if after:
            check_id(after)
        condition = _condition(where)
        page = await self._on(
            collection,
            lambda name: self._client.scroll(
                name, limit=limit, offset=after or None, condition=condition, vectors=vectors
            ),
        )
        on = page.next_page_offset
        if on is not None and str(on) == after:
            message = f"Qdrant at {self._client.url} goes in circles in {collection!r}"
            raise BadAnswer(message, service="qdrant")
        return Page(tuple(map(_point, page.points)), "" if on is None else str(on))

    async def count(self, collection: CollectionName, where: Where | None = None) -> int:
        """Count the points that fulfil the conditions."""
        condition = _condition(where)
        return await self._on(collection, lambda name: self._client.count(name, condition))

    async def delete(self, collection: CollectionName, ids: Sequence[str]) -> None:
        """Remove points; ids that do not exist are no error."""
        check_ids(ids)
        if ids:
            await self._on(collection, lambda name: self._client.delete(name, ids))

    async def close(self) -> None:
        """Let go of the connections; closing twice is no error."""
        await self._client.close()

    async def _on(
        self, collection: CollectionName, call: Callable[[str], Awaitable[_Answer]]
    ) -> _Answer:
        """Make a call on a collection, which is made anew when somebody removed it."""
        if self._client.is_closed:
            message = f"the store on {self._client.url} is closed; open it again"
            raise Unavailable(message)
        try:
            return await call(self._prefix + collection)
        except Rejected as error:
            if error.reason != NOT_FOUND:
                raise
        await self.prepare(collection)
        return await call(self._prefix + collection)

    async def _make(self, name: str) -> Described:
        refused: Refused | None = None
        try:
            await self._client.create(name, size=DIMENSIONS, distance=_DISTANCE)
        except Refused as error:
            # Another store may have made it in the same moment.
            refused = error
        made = await self._client.describe(name)
        if made is None:
            message = f"Qdrant at {self._client.url} made {name!r} and does not have it"
            raise refused or Unavailable(message)
        return made

    def _other_vectors(self, name: str, made: Described) -> Misconfigured:
        found = f"{made.size} numbers, {made.distance}" if made.size else "named vectors"
        message = (
            f"collection {name!r} of Qdrant at {self._client.url} is made for {found};"
            f" Cortex needs {DIMENSIONS} numbers, {_DISTANCE}"
        )
        hint = "give Cortex a server of its own, or move that collection away"
        return Misconfigured(message, setting="memory.url", hint=hint)


def _condition(where: Where | None) -> dict[str, Any] | None:
    """Write conditions as Qdrant's filter; none become no filter."""
    check_where(where)
    if where is None:
        return None
    must: list[dict[str, Any]] = [
        {"key": name, "match": {"value": value}} for name, value in where.equals.items()
    ]
    between = {"gte": where.since, "lt": where.until}
    bounds = {side: _time(time) for side, time in between.items() if time}
    if bounds:
        must.append({"key": "timestamp", "range": bounds})
    return {"must": must} if must else None


def _time(iso: str) -> str:
    """Write a time as RFC 3339 does, which takes fewer spellings than ISO 8601."""
    return datetime.fromisoformat(iso).isoformat()


def _point(record: Record) -> Point:
    return Point(id=str(record.id), vector=record.vector or (), payload=record.payload or {})
