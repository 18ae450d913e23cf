"""Take from each answer what it teaches; nothing waits for it.

Says what is remembered: outcomes of routes, verified writes, and for this process the routes that
came off. What an outcome means for a route is decided by `routing.experience`.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.learning.ledger import Entry, Ledger, Written
from cortex.fabric.activator.learning.lessons import Told, concealed_route, outcomes_of, tells
from cortex.fabric.activator.learning.projection import iso
from cortex.fabric.activator.learning.remembrance import Remembrance
from cortex.fabric.activator.learning.tiers.cache import RouteCache
from cortex.fabric.activator.learning.wordings import wording_of
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.memory.store import Point
from cortex.fabric.messages import Plan, QueryResponse
from cortex.fabric.routing.cascade import Tier

_CACHED: frozenset[Tier] = frozenset({"cache", "similarity", "classifier"})


def new_id() -> str:
    """Make the id of a point."""
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Where answers are learned from."""

    memory: Remembrance
    ledger: Ledger
    cache: RouteCache
    digest_of: Callable[[str], str]
    now: Callable[[], float]

    def note(self, trail: Trail, response: QueryResponse) -> None:
        """Learn from an answer that took a route, after the fact."""
        came_of = tells(response)
        if came_of is None or trail.asked.dry_run or trail.lesson.proposal is None:
            return
        success, error_type, counts = came_of
        plan = trail.lesson.performed
        told = Told(
            lesson=trail.lesson,
            query_id=trail.asked.query_id,
            site=trail.asked.site,
            at=self.now(),
            principal=self.digest_of(trail.lesson.asker),
            vouched=trail.asked.principal.may("operate"),
            success=success,
            error_type=error_type,
            counts=counts,
            latency_ms=round(response.timings_ms.total),
            targets=tuple(one.name for one in plan.targets) if plan else (),
        )
        self.ledger.add(Entry(outcomes=partial(_made, told)))
        self._keep(told)
        if success and plan is not None:
            self.ledger.add(Entry(written=self._operation(plan, response, trail)))

    def _keep(self, told: Told) -> None:
        """Answer exactly this question from the cache the next time, if it came off."""
        lesson = told.lesson
        if self.memory.state == "off" or lesson.frame is None or lesson.proposal is None:
            return
        if lesson.proposal.tier not in _CACHED or not told.counts:
            return
        route = concealed_route(
            lesson.proposal,
            lesson.frame,
            told.targets,
            encoder=self.memory.encoder_id,
            site=told.site,
        )
        if route is None:
            return
        if told.success:
            self.cache.put(told.principal, route, lesson.proposal.confidence)
        else:
            self.cache.drop(wording_of(route))

    def _operation(self, plan: Plan, response: QueryResponse, trail: Trail) -> Written:
        at, lesson = self.now(), trail.lesson
        names = ", ".join(one.name for one in plan.targets)
        payload = {
            "tool": plan.tool,
            "arguments": _shown(plan),
            "target_ids": [one.id for one in plan.targets],
            "target_names": [one.name for one in plan.targets],
            "site": plan.site,
            "principal": lesson.asker,
            "timestamp": iso(at),
            "at": at,
            "result": response.status,
            "answer": response.answer,
            "undo": msgspec.to_builtins(response.undo),
            "query_id": trail.asked.query_id,
        }
        text = f"{resolve_tool(plan.tool).summary} {names}".strip()
        point = Point(id=new_id(), payload=payload)
        return Written(collection="operations", text=text, point=point)


def _made(told: Told, encoder: str) -> tuple[Any, ...]:
    return outcomes_of(told, encoder, new_id)


def _shown(plan: Plan) -> dict[str, Any]:
    """Show a call's arguments, its secrets hidden."""
    tool = resolve_tool(plan.tool)
    secret = {one.name for one in tool.arguments if one.kind == "secret"}
    return {name: "…" if name in secret else one for name, one in plan.arguments.items()}
