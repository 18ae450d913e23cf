"""Say what an answer teaches: outcomes of the route that it took, and of the routes near it.

Pure. What the network or a layer is to blame for is kept and is no evidence; what speaks of a
secret leaves nothing at all.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from cortex.fabric.activator.answer.asked import Lesson, Near
from cortex.fabric.activator.learning.projection import Outcome
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import ErrorBody, QueryResponse
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.experience.evidence import Happening
from cortex.fabric.routing.experience.routes import (
    Route,
    proposal_of,
    route_of,
    schema_digest,
)
from cortex.fabric.routing.experience.templates import conceal, masked
from cortex.fabric.routing.frame import Frame

_BLAMELESS = frozenset(
    {
        "layer_not_ready", "unreachable", "lost_reply", "bad_answer", "schema_changed", "timeout",
        "throttled", "queue_full", "unavailable", "broken_contract", "misconfigured", "internal",
        "unauthenticated", "not_allowed", "writes_stopped", "read_only", "conflict", "not_applied",
        "busy",
    }
)  # fmt: skip
"""Failures that say nothing about whether the call was meant."""
_OF_THE_WORLD = frozenset(
    {
        "host-key-changed", "host-key-unknown", "host-key-old", "auth", "exec", "exit-status",
        "no-command", "no-address", "not-remembered", "not-adopted", "no-discovery",
        "no-inform-url", "nothing-known", "none-known", "not-seen", "needs-controller",
    }
)  # fmt: skip
"""Reasons of a `rejected` that say something of a device or of an outage, not of the call."""
_OWN_WORD = frozenset({"cache", "similarity"})
"""Tiers that answer from memory, which must not be its own witness."""
_PRIVATE = frozenset({"client", "device", "port", "wlan", "network", "site", "rule", "forward",
                      "profile", "text", "ip", "mac", "secret"})  # fmt: skip
"""Kinds of arguments whose values name something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of one query, as far as it teaches anything."""

    lesson: Lesson
    query_id: str
    site: str
    at: float
    principal: str
    """A digest."""
    vouched: bool
    success: bool
    error_type: str = ""
    counts: bool = True
    latency_ms: int = 0
    targets: tuple[str, ...] = ()


def tells(response: QueryResponse) -> tuple[bool, str, bool] | None:
    """Say of an answer: did it come off, what went wrong, and does that count; or nothing."""
    code = response.error.code if response.error else ""
    match response.status:
        case "done":
            return True, "", True
        case "unverified":
            return False, code or "unverified", False
        case "failed":
            return False, code or "failed", not _is_blameless(response.error)
        case "refused" if code == "declined":
            return False, code, True
        case _:
            return None


def _is_blameless(error: ErrorBody | None) -> bool:
    """Tell whether a failure says nothing about whether the call was meant."""
    if error is None:
        return False
    return error.code in _BLAMELESS or (error.code == "rejected" and error.reason in _OF_THE_WORLD)


def outcomes_of(told: Told, encoder: str, new_id: Callable[[], str]) -> tuple[Outcome, ...]:
    """Return what a query leaves behind: its own outcome, and what it witnessed near itself."""
    lesson = told.lesson
    if lesson.frame is None or lesson.proposal is None:
        return ()
    route = concealed_route(
        lesson.proposal, lesson.frame, told.targets, encoder=encoder, site=told.site
    )
    if route is None:
        return ()
    happening = Happening(
        at=told.at,
        kind="ran",
        success=told.success,
        principal=told.principal,
        vouched=told.vouched,
        similarity=lesson.similarity,
    )
    own = Outcome(
        id=new_id(),
        query_id=told.query_id,
        route=route,
        happening=happening,
        error_type=told.error_type,
        counts=told.counts,
        tier=lesson.proposal.tier,
        latency_ms=told.latency_ms,
        vector=lesson.vector if route.template == masked(lesson.frame).template else (),
    )
    return (own, *_witnessed(told, lesson.frame, lesson.proposal, new_id))


def _witnessed(
    told: Told, frame: Frame, proposal: Proposal, new_id: Callable[[], str]
) -> Iterator[Outcome]:
    """Tell the routes near a query whether it ended with their call, if others found that out."""
    if not told.success or proposal.tier in _OWN_WORD:
        return
    for near in told.lesson.near:
        call = proposal_of(near.route, frame, tier="similarity", confidence=0.0, why="")
        if call is not None:
            agreed = (call.tool, dict(call.arguments)) == (proposal.tool, dict(proposal.arguments))
            yield witness(told, near, agreed=agreed, new_id=new_id)


def witness(told: Told, near: Near, *, agreed: bool, new_id: Callable[[], str]) -> Outcome:
    """Return what a query tells a route near it."""
    happening = Happening(
        at=told.at,
        kind="witness",
        principal=told.principal,
        vouched=told.vouched,
        similarity=near.similarity,
        agreed=agreed,
    )
    return Outcome(id=new_id(), query_id=told.query_id, route=near.route, happening=happening)


def concealed_route(
    proposal: Proposal, frame: Frame, targets: Iterable[str], *, encoder: str, site: str
) -> Route | None:
    """Return the route of a call with nothing readable in its wording that names a target."""
    route = route_of(proposal, frame, encoder=encoder, site=site)
    if route is None:
        return None
    names = [*_named(proposal), *targets]
    return replace(route, template=conceal(route.template, names))


def barring_route(proposal: Proposal, frame: Frame, *, encoder: str, site: str) -> Route | None:
    """Return a route on which a complaint can be kept although the call cannot be replayed.

    Nothing ever comes off on it, so that it is never served.
    """
    if route := concealed_route(proposal, frame, (), encoder=encoder, site=site):
        return route
    template = conceal(masked(frame).template, _named(proposal))
    if not template:
        return None
    tool = resolve_tool(proposal.tool)
    return Route(
        template=template,
        polarity=frame.polarity,
        tool=tool.name,
        layer=proposal.layer,
        arguments={},
        schema=schema_digest(tool),
        encoder=encoder,
        site=site,
    )


def _named(proposal: Proposal) -> Iterator[str]:
    tool = resolve_tool(proposal.tool)
    private = {one.name for one in tool.arguments if one.kind in _PRIVATE and one.name != "site"}
    for name, value in proposal.arguments.items():
        if name in private and isinstance(value, str):
            yield value
