"""The calls of Qdrant's REST interface that Cortex makes, each with its typed result.

What collections there are, and what is in them, is decided by the caller.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from cortex.clients.qdrant.answers import (
    NOT_FOUND,
    SERVICE,
    Counted,
    Described,
    Queried,
    Record,
    Scored,
    Scrolled,
    Updated,
    result_of,
)
from cortex.clients.qdrant.exchange import Call, Exchange
from cortex.errors import BadAnswer, Conflict, LostReply, Rejected

Filter = Mapping[str, Any]
_APPLIED = {"wait": "true"}
"""Asks for the answer to a change once it can be seen, not once it is in the server's log."""
_PORTION_BYTES = 8 * 1024 * 1024
"""A server refuses requests of more than 32 MiB unless told otherwise."""


class QdrantClient:
    """One Qdrant server. Every method raises `CortexError`; see `Exchange.send`."""

    def __init__(
        self,
        url: str,
        *,
        api_key: str = "",
        timeout_s: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._exchange = Exchange(url, api_key=api_key, timeout_s=timeout_s, transport=transport)

    @property
    def url(self) -> str:
        """The server's address."""
        return self._exchange.url

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._exchange.is_closed

    async def close(self) -> None:
        """Close every connection; closing twice is no error."""
        await self._exchange.close()

    async def describe(self, collection: str) -> Described | None:
        """Return how a collection is made, None when there is none."""
        try:
            body = await self._exchange.send(Call("GET", _path(collection)))
        except Rejected as error:
            if error.reason == NOT_FOUND:
                return None
            raise
        return result_of(body, Described, url=self.url)

    async def create(self, collection: str, *, size: int, distance: str) -> bool:
        """Make a collection of points with one unnamed vector; False when there is one already."""
        vectors = {"size": size, "distance": distance}
        call = Call("PUT", _path(collection), {"vectors": vectors}, changes=True)
        try:
            body = await self._exchange.send(call)
        except Conflict:
            return False
        return result_of(body, bool, url=self.url)

    async def index(self, collection: str, field: str, kind: str) -> None:
        """Index a field of the payloads; no error when it is indexed already."""
        wanted = {"field_name": field, "field_schema": kind}
        await self._change("PUT", collection, "/index", wanted)

    async def upsert(self, collection: str, points: Sequence[Mapping[str, Any]]) -> None:
        """Put points, each with `id`, `vector` and `payload`, and wait until they can be seen.

        Many points go in several requests; when one fails, those before it have taken effect.
        """
        for some in _portions(points):
            await self._change("PUT", collection, "/points", {"points": some})

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Remove points and wait until it can be seen; unknown ids are no error."""
        await self._change("POST", collection, "/points/delete", {"points": ids})

    async def query(
        self,
        collection: str,
        vector: Sequence[float],
        *,
        limit: int,
        condition: Filter | None = None,
    ) -> list[Scored]:
        """Return the nearest points with their payloads, best first; exact, without a graph."""
        asked: dict[str, Any] = {
            "query": vector,
            "limit": limit,
            "params": {"exact": True},
            "with_payload": True,
        }
        body = await self._ask(collection, "/points/query", asked | _filter(condition))
        return result_of(body, Queried, url=self.url).points

    async def retrieve(
        self, collection: str, ids: Sequence[str], *, vectors: bool = False
    ) -> list[Record]:
        """Return those of the points that exist, with their payloads."""
        asked = {"ids": ids, "with_payload": True, "with_vector": vectors}
        body = await self._ask(collection, "/points", asked)
        return result_of(body, list[Record], url=self.url)

    async def scroll(
        self,
        collection: str,
        *,
        limit: int,
        offset: str | None = None,
        condition: Filter | None = None,
        vectors: bool = False,
    ) -> Scrolled:
        """Return points in the order of their ids, from the id `offset` on, inclusive."""
        asked: dict[str, Any] = {"limit": limit, "with_payload": True, "with_vector": vectors}
        if offset is not None:
            asked["offset"] = offset
        body = await self._ask(collection, "/points/scroll", asked | _filter(condition))
        return result_of(body, Scrolled, url=self.url)

    async def count(self, collection: str, condition: Filter | None = None) -> int:
        """Return how many points fulfil the condition, exactly."""
        asked = {"exact": True} | _filter(condition)
        body = await self._ask(collection, "/points/count", asked)
        return result_of(body, Counted, url=self.url).count

    async def _ask(self, collection: str, tail: str, asked: Mapping[str, Any]) -> bytes:
        return await self._exchange.send(Call("POST", _path(collection) + tail, asked))

    async def _change(
        self, method: str, collection: str, tail: str, body: Mapping[str, Any]
    ) -> None:
        call = Call(method, _path(collection) + tail, body, _APPLIED, changes=True)
        status = result_of(await self._exchange.send(call), Updated, url=self.url).status
        match status:
            case "completed":
                return
            case "acknowledged" | "wait_timeout":
                message = f"Qdrant at {self.url} took a change of {collection!r} and is not done"
                raise LostReply(message, hint="it will take effect; it can be sent again")
            case _:
                message = f"Qdrant at {self.url} changed {collection!r} with result {status!r}"
                raise BadAnswer(message, service=SERVICE, hint="is its version supported?")


def _portions(points: Sequence[Mapping[str, Any]]) -> Iterator[list[msgspec.Raw]]:
    """Split points, so that no request is larger than a server takes."""
    portion: list[msgspec.Raw] = []
    size = 0
    for point in points:
        written = msgspec.json.encode(point)
        if portion and size + len(written) > _PORTION_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(msgspec.Raw(written))
        size += len(written)
    if portion:
        yield portion


def _path(collection: str) -> str:
    return f"/collections/{quote(collection, safe='')}"


def _filter(condition: Filter | None) -> dict[str, Any]:
    return {} if condition is None else {"filter": condition}
