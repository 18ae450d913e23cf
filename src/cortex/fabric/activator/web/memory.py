"""The endpoints of memory: whether it works, and its collections for other processes and people.

Nobody else opens the embedded store. The routing collections are written by the activator's own
learning alone; layers write what they did and found.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cortex.errors import CortexError, Malformed, Misconfigured, NotAllowed
from cortex.fabric.activator.learning.ledger import Ledger
from cortex.fabric.activator.learning.remembrance import Remembrance, told
from cortex.fabric.activator.web.bodies import json_answer, read_body
from cortex.fabric.activator.web.gate import Gate
from cortex.fabric.memory.collections import COLLECTIONS, DIMENSIONS, CollectionName
from cortex.fabric.memory.store import Point, Where

_MOST = 500
_LARGEST_PAYLOAD = 64 * 1024
_MOST_POINTS = 256
_LONGEST_TEXT = 8 * 1024
_OPEN_TO_LAYERS: frozenset[CollectionName] = frozenset({"operations", "troubleshooting"})


class PointBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One point: found by its vector, or by a text that is embedded here."""

    id: str = ""
    """A UUID; made here when left out."""
    vector: list[float] = []
    text: str = ""
    payload: dict[str, Any] = {}


class PutRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points to add, or to replace where their ids are known."""

    points: list[PointBody]


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look for: the points nearest to a text or a vector."""

    text: str = ""
    vector: list[float] = []
    limit: int = 10
    equals: dict[str, str | int | bool] = {}


class MigrateRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The Qdrant server to copy everything to."""

    url: str
    api_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryViews:
    """The endpoints of memory."""

    gate: Gate
    memory: Remembrance
    ledger: Ledger

    async def show(self, request: Request) -> Response:
        """Answer `GET /v1/memory`: whether it works, and how much there is."""
        self.gate.enter(request, "read")
        counts: dict[str, int | None] = dict.fromkeys(COLLECTIONS)
        reason = self.memory.reason
        if self.memory.ready and self.ledger.halted:
            reason = "nothing is written down any more; start Cortex again"
        elif self.memory.ready:
            try:
                for name in COLLECTIONS:
                    counts[name] = await self.memory.store.count(name)
            except CortexError as error:
                reason = told(error)
        return json_answer(
            {
                "state": self.memory.state if reason == self.memory.reason else "unavailable",
                "reason": reason,
                "encoder": self.memory.encoder_id,
                "place": self.memory.place,
                **counts,
                "backlog": self.ledger.backlog,
                "lost": self.ledger.lost,
            }
        )

    async def page(self, request: Request) -> Response:
        """Answer `GET /v1/memory/{collection}`: its points, page by page."""
        self.gate.enter(request, "admin")
        asked = request.query_params
        equals = {name: asked[name] for name in ("site", "tool") if asked.get(name)}
        page = await self.memory.store.scroll(
            _collection(request),
            where=Where(
                equals=cast("dict[str, str | int | bool]", equals),
                since=asked.get("since", ""),
                until=asked.get("until", ""),
            ),
            limit=_limit(asked.get("limit", "")),
            after=asked.get("after", ""),
            vectors=asked.get("vectors", "") == "true",
        )
        points = [_shown(one) for one in page.points]
        return json_answer({"points": points, "after": page.after})

    async def put(self, request: Request) -> Response:
        """Answer `PUT /v1/memory/{collection}`: add points, or replace them."""
        self.gate.enter_layer(request)
        collection = _collection(request)
        if collection not in _OPEN_TO_LAYERS:
            message = f"{collection} is written by what Cortex learns itself alone"
            raise NotAllowed(message, hint="ask, and judge the answers")
        body = await read_body(request, PutRequest)
        if len(body.points) > _MOST_POINTS:
            message = f"{len(body.points)} points are more than {_MOST_POINTS} at a time"
            raise Malformed(message, hint="put them in several calls")
        points = [await self._point(one) for one in body.points]
        await self.memory.store.put(collection, points)
        return json_answer({"put": [one.id for one in points]})

    async def search(self, request: Request) -> Response:
        """Answer `POST /v1/memory/{collection}/search`: the nearest points, best first."""
        self.gate.enter_layer(request)
        collection = _collection(request)
        body = await read_body(request, SearchRequest)
        vector = await self._vector(body.vector, body.text)
        hits = await self.memory.store.search(
            collection, vector, limit=_limit(str(body.limit)), where=Where(equals=body.equals)
        )
        found = [{"id": one.id, "score": one.score, "payload": one.payload} for one in hits]
        return json_answer({"hits": found})

    async def migrate(self, request: Request) -> Response:
        """Answer `POST /v1/memory/migrate`: copy everything to a Qdrant server."""
        self.gate.enter(request, "admin")
        body = await read_body(request, MigrateRequest)
        _check_address(body.url)
        try:
            copied = await self.memory.copy_to(body.url, body.api_key or None)
        except Misconfigured as error:
            raise Malformed(error.message, hint=error.hint) from error
        return json_answer({"copied": copied})

    async def _point(self, body: PointBody) -> Point:
        if len(msgspec.json.encode(body.payload)) > _LARGEST_PAYLOAD:
            message = f"the payload is larger than {_LARGEST_PAYLOAD} bytes"
            raise Malformed(message, hint="keep a reference to it instead")
        vector = await self._vector(body.vector, body.text)
        return Point(id=_uuid(body.id), vector=vector, payload=body.payload)

    async def _vector(self, vector: list[float], text: str) -> list[float]:
        if bool(vector) == bool(text.strip()) or len(text) > _LONGEST_TEXT:
            message = f"either `vector` or `text` (of at most {_LONGEST_TEXT} characters) is needed"
            raise Malformed(message)
        if vector and len(vector) != DIMENSIONS:
            message = f"a vector has {DIMENSIONS} numbers, not {len(vector)}"
            raise Malformed(message)
        return vector or await self.memory.embed(text)


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = bool(parts.scheme and parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        message = f"{url[:200]!r} is no address of a Qdrant server"
        raise Malformed(message, hint="give one such as http://127.0.0.1:6333")


def _collection(request: Request) -> CollectionName:
    said = str(request.path_params["collection"])
    if said not in COLLECTIONS:
        message = f"there is no collection {said[:40]!r}"
        raise Malformed(message, hint=f"there are {', '.join(COLLECTIONS)}")
    return said


def _limit(said: str) -> int:
    if not said:
        return _MOST
    if said.isascii() and said.isdecimal() and len(said) < len(str(_MOST)) + 1 and int(said) > 0:
        return min(int(said), _MOST)
    message = f"limit {said[:9]!r} is no whole number from 1 to {_MOST}"
    raise Malformed(message)


def _uuid(said: str) -> str:
    if not said:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(said))
    except ValueError as error:
        message = f"the id {said[:40]!r} is no UUID"
        raise Malformed(message, hint="leave it out, and one is made") from error


def _shown(point: Point) -> Mapping[str, Any]:
    shown: dict[str, Any] = {"id": point.id, "payload": point.payload}
    return shown | {"vector": list(point.vector)} if len(point.vector) else shown
