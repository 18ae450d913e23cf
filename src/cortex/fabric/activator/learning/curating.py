"""Look at what was learned, and unlearn it: list, show, forget, roll back, export.

Nothing is taken out of the outcomes: forgetting and rolling back are outcomes too, and the routes
are projected anew from all of them.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cortex.errors import Conflict, Malformed, Unavailable
from cortex.fabric.activator.learning.learner import new_id
from cortex.fabric.activator.learning.ledger import Ledger
from cortex.fabric.activator.learning.projection import Outcome, evidence_from, happening_from
from cortex.fabric.activator.learning.remembrance import Remembrance
from cortex.fabric.activator.learning.routebook import RouteBook, every
from cortex.fabric.activator.learning.tiers.cache import RouteCache
from cortex.fabric.activator.learning.tiers.marks import Marks
from cortex.fabric.activator.learning.wordings import Wording, wording_of
from cortex.fabric.memory.store import Point
from cortex.fabric.routing.experience.evidence import Evidence, Happening, Stage, aged, project
from cortex.fabric.routing.experience.export import as_rules
from cortex.fabric.routing.experience.routes import Route, route_from

_WITHIN_S = 20.0
"""Seconds that a forgetting waits for all that waits before it: people who ask for one stand by."""
_HIDDEN = frozenset({"principal", "route"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Curating:
    """The routes, for whoever looks after them."""

    memory: Remembrance
    ledger: Ledger
    book: RouteBook
    cache: RouteCache
    marks: Marks
    now: Callable[[], float]

    async def load(self) -> None:
        """Learn which routes there are, once memory is open."""
        await self.book.load(now=self.now())
        await self._mark()

    async def reload(self) -> None:
        """Learn anew which routes there are, where memory is open; else that is still to come."""
        if self.memory.ready:
            await self.load()

    async def listed(self, most: int) -> tuple[list[dict[str, Any]], int]:
        """List the routes that were used last, by wording, and count all of them.

        None while memory is not there.
        """
        if not self.memory.ready:
            return [], 0
        latest = list[tuple[float, str, dict[str, Any]]]()
        async for route_id, route, evidence in self._routes():
            row = (evidence.last_at, route_id, _row(route_id, route, evidence))
            if len(latest) < most:
                heapq.heappush(latest, row)
            else:
                heapq.heappushpop(latest, row)
        total = await self.memory.store.count("routing_queries")
        rows = [row for _, _, row in latest]
        return sorted(rows, key=lambda row: (str(row["template"]), str(row["tool"]))), total

    async def shown(self, route_id: str) -> dict[str, Any]:
        """Show one route and all that it was learned from.

        Raises:
            Conflict: there is no such route.
            Unavailable: memory is not there.

        """
        route, evidence = await self._one(route_id)
        told = await self.book.outcomes(route_id)
        told.sort(key=lambda one: float(one.get("at") or 0.0))
        outcomes = [{k: v for k, v in one.items() if k not in _HIDDEN} for one in told]
        return _row(route_id, route, evidence) | {"outcomes": outcomes}

    async def forget(self, route_id: str) -> list[dict[str, Any]]:
        """Let a route count for nothing from now on; list what else these words may mean then.

        Raises:
            Conflict: there is no such route.
            Unavailable: memory is not there, or does not take it now.

        """
        route, _ = await self._one(route_id)
        await self._apply([(route, Happening(at=self.now(), kind="forgotten"))])
        return await self._left(wording_of(route))

    async def roll_back(self, to: str) -> int:
        """Let everything that happened after a time count for nothing; count what that changed.

        Raises:
            Malformed: that is no time.
            Unavailable: memory is not there, or does not take it now.

        """
        moment = _moment(to)
        now = self.now()
        if moment > now:
            message = f"{to!r} is still to come"
            raise Malformed(message, hint="name the time whose state shall hold again")
        since = datetime.fromtimestamp(moment, UTC).isoformat()
        # What waits to be written happened before: it is rolled back too.
        await self._written([])
        happening = Happening(at=now, kind="rolled_back", back_to=moment)
        touched = await self.book.touched(since)
        undone = [one for name, one in touched.items() if await self._changes(name, happening)]
        self.cache.clear()
        await self._apply([(route, happening) for route in undone])
        return len(undone)

    async def exported(self) -> dict[str, Any]:
        """Write the trusted routes as a document of rules, and name those that are left out.

        Raises:
            Unavailable: memory is not there.

        """
        found = [(route, evidence, route_id) async for route_id, route, evidence in self._routes()]
        rules, left_out = as_rules(found)
        words = {route_id: route.template for route, _, route_id in found}
        told = [f'"{words[one]}" ({one}): {why}' for one, why in left_out.items()]
        return {"rules": rules, "left_out": told}

    async def _routes(self) -> AsyncIterator[tuple[str, Route, Evidence]]:
        async for point in every(self.memory.store, "routing_queries"):
            if found := self._read(point):
                yield (point.id, *found)

    async def _one(self, route_id: str) -> tuple[Route, Evidence]:
        points = await self.memory.store.fetch("routing_queries", [route_id])
        found = self._read(points[0]) if points else None
        if found is None:
            message = f"no route {route_id!r} was learned"
            raise Conflict(message, hint="`cortex routes list` shows them")
        return found

    def _read(self, point: Point) -> tuple[Route, Evidence] | None:
        route, evidence = route_from(point.payload), evidence_from(point.payload)
        if route is None or evidence is None:
            return None
        return route, aged(evidence, now=self.now(), policy=self.book.policy)

    async def _left(self, wording: Wording) -> list[dict[str, Any]]:
        """List the routes that may serve a wording, the one that counts for most first."""
        ids = self.book.wordings.ids(wording)
        points = await self.memory.store.fetch("routing_queries", ids)
        known = [(point.id, *read) for point in points if (read := self._read(point))]
        serving = [one for one in known if one[2].stage > Stage.NONE and not one[2].barred_for_all]
        serving.sort(key=lambda one: (one[2].stage, one[2].bound, one[0]), reverse=True)
        return [_row(*one) for one in serving]

    async def _changes(self, route_id: str, happening: Happening) -> bool:
        """Tell whether something that happens to a route makes a difference to it."""
        told = await self.book.outcomes(route_id)
        before = [one for payload in told if (one := happening_from(payload))]
        now, policy = self.now(), self.book.policy
        after = project([*before, happening], now=now, policy=policy)
        return after != project(before, now=now, policy=policy)

    async def _apply(self, happenings: list[tuple[Route, Happening]]) -> None:
        made = [
            Outcome(id=new_id(), query_id="", route=route, happening=happening)
            for route, happening in happenings
        ]
        await self._written(made)
        await self._mark(wording_of(route).digest for route, _ in happenings)
        self.book.learned.tell("everything")

    async def _written(self, made: list[Outcome]) -> None:
        """Have outcomes written, after all that waits."""
        if not await self.ledger.apply(lambda _: made, within_s=_WITHIN_S):
            message = "memory cannot be written now; it takes effect as soon as it can"
            raise Unavailable(message, hint="`cortex memory show` tells more")

    async def _mark(self, settled: Iterable[bytes] = ()) -> None:
        marked = self.book.wordings.all_marked()
        await asyncio.to_thread(self.marks.keep, marked, tuple(settled))


def _row(route_id: str, route: Route, evidence: Evidence) -> dict[str, Any]:
    return {
        "id": route_id,
        "template": route.template,
        "polarity": route.polarity,
        "tool": route.tool,
        "layer": route.layer,
        "site": route.site,
        "arguments": _plain(route.arguments),
        "stage": evidence.stage.value,
        "successes": round(evidence.successes, 3),
        "failures": round(evidence.failures, 3),
        "bound": round(evidence.bound, 4),
        "threshold": round(evidence.threshold, 4),
        "asked": evidence.asked,
        "first": evidence.first_at,
        "last": evidence.last_at,
        "teachers": len(evidence.teachers),
        "barred": "all" if evidence.barred_for_all else len(evidence.barred_for),
        "encoder": route.encoder,
    }


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dict(source) for name, source in arguments.items()}


def _moment(said: str) -> float:
    try:
        moment = datetime.fromisoformat(said)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        message = f"{said!r} is no time in ISO 8601"
        raise Malformed(message, hint="write, for example, 2026-11-22T18:00:00+00:00") from error
    return moment.timestamp()
