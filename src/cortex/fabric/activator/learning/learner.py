"""Take from each answer what it teaches; nothing waits for it.

Says what is remembered: outcomes of routes, verified writes, and for this process the routes that
came off. What an outcome means for a route is decided by `routing.experience`.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from cortex.fabric.activator.answer.asked import Clockwork, Trail
from cortex.fabric.activator.learning.ledger import Entry, Ledger, Written
from cortex.fabric.activator.learning.lessons import Told, concealed_route, outcomes_of, tells
from cortex.fabric.activator.learning.projection import iso
from cortex.fabric.activator.learning.remembrance import Remembrance
from cortex.fabric.activator.learning.tiers.cache import RouteCache
from cortex.fabric.activator.learning.wordings import wording_of
from cortex.fabric.catalogue.tools import TOOLS, resolve_tool
from cortex.fabric.memory.store import Point
from cortex.fabric.messages import Outcome, Plan, QueryResponse
from cortex.fabric.messages.intents import Intent
from cortex.fabric.routing.cascade import Tier

_CACHED: frozenset[Tier] = frozenset({"cache", "similarity", "classifier"})
_INTERRUPTED = "It may have been sent; what came of it is not known: Cortex ended meanwhile."


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
            payload = self._operation(plan, response, trail)
            self.ledger.add(Entry(written=_written(plan, payload, new_id())))

    def operated(self, trail: Trail, plan: Plan, outcome: Outcome, by: Clockwork) -> None:
        """Remember what a timer did, once however often that is told."""
        trail.lesson.asker = trail.asked.principal.name
        payload = {**self._operation(plan, outcome, trail), "timer": by.timer}
        self.ledger.add(Entry(written=_written(plan, payload, id_of(by.nonce))))

    def interrupted(self, intent: Intent) -> None:
        """Remember a write whose end nobody saw; what came of it replaces this where it is seen."""
        payload = {
            "tool": intent.tool,
            "arguments": {},
            "target_ids": list(intent.targets),
            "target_names": list(intent.names or intent.targets),
            "site": intent.site,
            "principal": intent.principal,
            "timestamp": iso(intent.recorded_at),
            "at": intent.recorded_at,
            "result": "unverified",
            "answer": _INTERRUPTED,
            "undo": None,
            "query_id": intent.query_id,
        }
        text = _found_by(intent.tool, intent.names)
        point = Point(id=id_of(intent.nonce), payload=payload)
        self.ledger.add(Entry(written=Written(collection="operations", text=text, point=point)))

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

    def _operation(
        self, plan: Plan, came_of: QueryResponse | Outcome, trail: Trail
    ) -> dict[str, Any]:
        at, lesson = self.now(), trail.lesson
        return {
            "tool": plan.tool,
            "arguments": _shown(plan),
            "target_ids": [one.id for one in plan.targets],
            "target_names": [one.name for one in plan.targets],
            "site": plan.site,
            "principal": lesson.asker,
            "timestamp": iso(at),
            "at": at,
            "result": came_of.status,
            "answer": came_of.answer,
            "undo": msgspec.to_builtins(came_of.undo),
            "query_id": trail.asked.query_id,
        }


def id_of(nonce: str) -> str:
    """Make the id of the point about one write from the nonce that it was sent with."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, nonce))


def _written(plan: Plan, payload: dict[str, Any], point_id: str) -> Written:
    text = _found_by(plan.tool, [one.name for one in plan.targets])
    return Written(collection="operations", text=text, point=Point(id=point_id, payload=payload))


def _found_by(tool: str, names: Sequence[str]) -> str:
    known = TOOLS.get(tool)
    return f"{known.summary if known else tool} {', '.join(names)}".strip()


def _made(told: Told, encoder: str) -> tuple[Any, ...]:
    return outcomes_of(told, encoder, new_id)


def _shown(plan: Plan) -> dict[str, Any]:
    """Show a call's arguments, its secrets hidden."""
    secrets = resolve_tool(plan.tool).secrets
    return {name: "…" if name in secrets else one for name, one in plan.arguments.items()}
