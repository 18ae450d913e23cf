"""Keep the points of routes in step with their outcomes, and know in this process which there are.

Every change of a route's point goes through here: it is projected anew from all its outcomes, so
that nothing is lost when two processes, or a kill, come between.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cortex.fabric.activator import metrics
from cortex.fabric.activator.learning.projection import (
    Projected,
    evidence_from,
    iso,
    projected,
    route_in,
)
from cortex.fabric.activator.learning.remembrance import Remembrance
from cortex.fabric.activator.learning.tiers.cache import RouteCache
from cortex.fabric.activator.learning.wordings import Others, Wordings, wording_of
from cortex.fabric.activator.metrics import Metrics
from cortex.fabric.memory.collections import CollectionName
from cortex.fabric.memory.store import Point, Store, Where
from cortex.fabric.routing.experience.evidence import Policy
from cortex.fabric.routing.experience.routes import Route, route_from

_PAGE = 256
"""Points that are read at once where no vectors come along."""
_BATCH = 64
"""Routes that are asked for at once by their ids."""
_STEADY_AFTER = 20
"""Outcomes in a row that came off, after which one more says nothing new."""
_STEADY_MOST = 10_000
"""Routes that are known to be steady in this process, some 100 bytes each."""
_OVERLAP_S = 3_600.0
"""How far before the newest projection outcomes are looked through at start."""


@dataclass(slots=True, kw_only=True)
class RouteBook:
    """The routes, in the store and in this process."""

    memory: Remembrance
    wordings: Wordings
    cache: RouteCache
    metrics: Metrics
    policy: Policy
    learned: Others
    _steady: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def steady_since(self, route_id: str) -> float | None:
        """Say when a route that comes off every time was last written down; none for others."""
        return self._steady.get(route_id)

    async def load(self, *, now: float) -> None:
        """Learn which routes there are, and project what a kill left unprojected.

        Raises:
            CortexError: memory cannot be read or written.

        """
        through = dict[str, float]()
        async for point in every(self.memory.store, "routing_queries"):
            route, evidence = route_from(point.payload), evidence_from(point.payload)
            if route is not None and evidence is not None:
                taught = bool(point.payload.get("taught_by"))
                self.wordings.put(point.id, route, evidence, taught=taught)
                through[point.id] = float(point.payload.get("through") or 0.0)
        newest = max(through.values(), default=0.0)
        since = iso(newest - _OVERLAP_S) if newest > _OVERLAP_S else ""
        await self.reproject(await self.touched(since, beyond=through), now=now)

    async def touched(
        self, since: str, *, beyond: Mapping[str, float] = MappingProxyType({})
    ) -> dict[str, Route]:
        """Find the routes with which anything happened since a time.

        Those for which all of it lies before their time in `beyond` are left out.
        """
        found: dict[str, Route] = {}
        async for point in every(self.memory.store, "routing_outcomes", Where(since=since)):
            told = point.payload
            route_id, route = str(told.get("route_id")), route_in(told)
            news = float(told.get("at") or 0.0) > beyond.get(route_id, -1.0)
            if route is not None and news:
                found[route_id] = route
        return found

    async def outcomes(self, route_id: str) -> list[Mapping[str, Any]]:
        """List what happened with a route.

        Raises:
            CortexError: memory cannot be read.

        """
        where = Where(equals={"route_id": route_id})
        return [one.payload async for one in every(self.memory.store, "routing_outcomes", where)]

    async def reproject(
        self,
        routes: Mapping[str, Route],
        *,
        now: float,
        vectors: Mapping[str, Sequence[float]] = MappingProxyType({}),
    ) -> None:
        """Make the points of routes anew from their outcomes; `vectors` are known already.

        Raises:
            CortexError: memory cannot be read or written.

        """
        for some in _pieces(list(routes)):
            await self._renew({one: routes[one] for one in some}, now, vectors)

    async def _renew(
        self, routes: Mapping[str, Route], now: float, vectors: Mapping[str, Sequence[float]]
    ) -> None:
        store = self.memory.store
        before = await store.fetch("routing_queries", list(routes), vectors=True)
        known = {one.id: one for one in before}
        vectors = {**vectors, **{one.id: one.vector for one in before}}
        points, gone = list[Point](), list[str]()
        for route_id, route in routes.items():
            told = await self.outcomes(route_id)
            made = projected(route, told, now=now, policy=self.policy)
            if made.empty:
                gone.append(route_id)
            else:
                points.append(await self._point(route_id, made, vectors.get(route_id, ())))
            self._noticed(route_id, route, made, told)
        if points:
            await store.put("routing_queries", points)
        if gone := [one for one in gone if one in known]:
            await store.delete("routing_queries", gone)
        for point in points:
            if point.id not in known:
                tier = str(point.payload.get("route_type") or "feedback")
                self.metrics.count(metrics.ROUTING_STORED, tier)

    async def _point(self, route_id: str, made: Projected, vector: Sequence[float]) -> Point:
        if not len(vector):
            vector = await self.memory.embed(str(made.payload["template"]))
        return Point(id=route_id, vector=vector, payload=made.payload)

    def _noticed(
        self, route_id: str, route: Route, made: Projected, told: Sequence[Mapping[str, Any]]
    ) -> None:
        """Let this process know at once what changes for the queries to come."""
        digest = wording_of(route).digest
        if made.empty:
            self.wordings.drop(route_id, route)
            self.learned.tell("gone", wording=digest, route=route_id)
        else:
            taught = bool(made.payload["taught_by"])
            if self.wordings.put(route_id, route, made.evidence, taught=taught):
                marked = self.wordings.marked(wording_of(route))
                self.learned.tell("route", wording=digest, route=route_id, marked=marked)
        last = sorted(told, key=lambda one: float(one.get("at") or 0.0))[-_STEADY_AFTER:]
        good = [one for one in last if one.get("kind") == "ran" and one.get("success")]
        self._steady.pop(route_id, None)
        if len(good) == _STEADY_AFTER:
            self._steady[route_id] = float(last[-1].get("at") or 0.0)
            if len(self._steady) > _STEADY_MOST:
                self._steady.popitem(last=False)
        if last and _unsettles(last[-1]):
            self.cache.drop(wording_of(route))
            self.learned.tell("dropped", wording=digest)


def _unsettles(outcome: Mapping[str, Any]) -> bool:
    """Tell whether an outcome may have changed which call a wording leads to."""
    kind = outcome.get("kind")
    return kind in _UNSETTLING or (kind == "ran" and not outcome.get("success"))


_UNSETTLING = frozenset({"feedback", "forgotten", "rolled_back"})


async def every(
    store: Store, collection: CollectionName, where: Where | None = None
) -> AsyncIterator[Point]:
    """Go through all points that fulfil the conditions."""
    after = ""
    while True:
        page = await store.scroll(collection, where=where, limit=_PAGE, after=after)
        for point in page.points:
            yield point
        if not (after := page.after):
            return


def _pieces(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(ids), _BATCH):
        yield ids[at : at + _BATCH]
