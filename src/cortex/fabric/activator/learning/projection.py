"""Say how routes and outcomes are written into memory and read back from it.

Pure. An outcome is what came of one query, or what somebody said of it; a route's point is a
projection of its outcomes, and can be made again from them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

import msgspec

from cortex.fabric.activator.learning.wordings import Wording, wording_of
from cortex.fabric.memory.collections import DIMENSIONS
from cortex.fabric.memory.store import Point
from cortex.fabric.routing.experience.evidence import SECONDED, Evidence, Happening, Policy, project
from cortex.fabric.routing.experience.recall import Recollection
from cortex.fabric.routing.experience.routes import Route, identity, payload_of, route_from

_AXIS = (1.0, *(0.0 for _ in range(DIMENSIONS - 1)))
"""The vector of every outcome: they are found by their fields, and a point must have one."""
_HAPPENING = ("at", "kind", "success", "vouched", "similarity", "agreed", "back_to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One thing that happened with a route, as it is kept."""

    id: str
    query_id: str
    route: Route
    happening: Happening
    error_type: str = ""
    counts: bool = True
    """Whether it is evidence; what the network or a layer is to blame for is none."""
    tier: str = ""
    latency_ms: int = 0
    vector: Sequence[float] = ()
    """Of the route's wording, where it is known."""

    @property
    def route_id(self) -> str:
        """Name the route."""
        return identity(self.route)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A route as it was found, and who taught it by a correction."""

    recollection: Recollection
    taught_by: frozenset[str] = frozenset()
    taught_for_all: bool = False

    def taught_to(self, who: str) -> bool:
        """Tell whether a correction that counts for this principal taught it."""
        return self.taught_for_all or who in self.taught_by or len(self.taught_by) >= SECONDED

    def vouched_to(self, who: str) -> "Found":
        """Leave out what others say of it, unless they may operate: a rule weighs more."""
        evidence = self.recollection.evidence
        evidence = replace(evidence, barred_for_all=evidence.barred_by_vouched)
        return replace(
            self,
            recollection=replace(self.recollection, evidence=evidence),
            taught_by=self.taught_by & {who},
        )

    def corrects(self, who: str) -> bool:
        """Tell whether a correction that counts for this principal is about it."""
        return self.taught_to(who) or self.recollection.evidence.barred(who)


def iso(at: float) -> str:
    """Write Unix seconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def outcome_point(outcome: Outcome) -> Point:
    """Write an outcome."""
    happening = outcome.happening
    payload = {
        "query_id": outcome.query_id,
        "route_id": outcome.route_id,
        "kind": happening.kind,
        "success": bool(happening.success),
        "error_type": outcome.error_type,
        "user_feedback": happening.feedback,
        "timestamp": iso(happening.at),
        "at": happening.at,
        "verdict": happening.success,
        "counts": outcome.counts,
        "tool": outcome.route.tool,
        "principal": happening.principal,
        "vouched": happening.vouched,
        "similarity": happening.similarity,
        "agreed": happening.agreed,
        "back_to": happening.back_to,
        "latency_ms": outcome.latency_ms,
        "route_type": outcome.tier,
        "route": payload_of(outcome.route),
    }
    return Point(id=outcome.id, vector=_AXIS, payload=payload)


def happening_from(payload: Mapping[str, Any]) -> Happening | None:
    """Read the evidence of an outcome; none when it is no evidence, or damaged."""
    if not payload.get("counts", True):
        return None
    fields = {name: payload.get(name) for name in _HAPPENING} | {
        "success": payload.get("verdict"),
        "feedback": payload.get("user_feedback") or "",
        "principal": payload.get("principal") or "",
    }
    try:
        return msgspec.convert(fields, Happening)
    except msgspec.ValidationError:
        return None


def route_in(payload: Mapping[str, Any]) -> Route | None:
    """Read the route that an outcome is about."""
    described = payload.get("route")
    return route_from(described) if isinstance(described, Mapping) else None


@dataclass(frozen=True, slots=True)
class Projected:
    """What a route's outcomes amount to; nothing when none of them counts any more."""

    evidence: Evidence
    payload: dict[str, Any]

    @property
    def empty(self) -> bool:
        """Whether nothing speaks for the route or against it."""
        one = self.evidence
        barred = one.barred_for or one.barred_for_all
        return not one.successes and not one.failures and not barred


def projected(
    route: Route, outcomes: Iterable[Mapping[str, Any]], *, now: float, policy: Policy
) -> Projected:
    """Make a route's payload from its outcomes."""
    told = sorted(outcomes, key=lambda one: float(one.get("at") or 0.0))
    happenings = [one for payload in told if (one := happening_from(payload))]
    evidence = project(happenings, now=now, policy=policy)
    ran = [one for one in told if one.get("kind") == "ran"]
    last = ran[-1] if ran else {}
    forgotten = max((one.at for one in happenings if one.kind == "forgotten"), default=-math.inf)
    teaching = [
        one
        for one in happenings
        if one.feedback == "correction" and one.success and one.at > forgotten
    ]
    payload = payload_of(route) | {
        "route_type": last.get("route_type", ""),
        "success": bool(last.get("success", False)),
        "latency_ms": int(last.get("latency_ms") or 0),
        "timestamp": iso(now),
        "evidence": evidence_payload(evidence),
        "through": max((float(one.get("at") or 0.0) for one in told), default=0.0),
        "taught_by": sorted({one.principal for one in teaching}),
        "taught_for_all": any(one.vouched for one in teaching),
    }
    return Projected(evidence, payload)


def evidence_payload(evidence: Evidence) -> dict[str, Any]:
    """Write evidence."""
    return cast("dict[str, Any]", msgspec.to_builtins(asdict(evidence)))


def evidence_from(payload: Mapping[str, Any]) -> Evidence | None:
    """Read evidence back; none when it is damaged."""
    try:
        return msgspec.convert(payload.get("evidence"), Evidence)
    except msgspec.ValidationError:
        return None


def found_in(
    route_id: str, payload: Mapping[str, Any], similarity: float, *, wording: Wording
) -> Found | None:
    """Read a route that was found for a query of this wording; none when it is damaged."""
    route, evidence = route_from(payload), evidence_from(payload)
    if route is None or evidence is None:
        return None
    exact = wording_of(route) == wording
    one = Recollection(
        id=route_id,
        route=route,
        evidence=evidence,
        similarity=1.0 if exact else similarity,
        exact=exact,
    )
    taught_by = frozenset(str(who) for who in payload.get("taught_by") or ())
    return Found(
        recollection=one,
        taught_by=taught_by,
        taught_for_all=payload.get("taught_for_all") is True,
    )
