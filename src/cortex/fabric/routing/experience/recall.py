"""What memory proposes for a query, given the routes that were found near it.

Decides who is served by which route, and from how near; every proposal has agreed with the
frame, and binding and the yes come later. When in doubt it proposes nothing.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.routing.agreement import Agreed, agree, hopeless
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.experience.beta import lower_bound
from cortex.fabric.routing.experience.evidence import Evidence, Policy, Stage, Standing, stage_for
from cortex.fabric.routing.experience.routes import Route, proposal_of
from cortex.fabric.routing.experience.templates import masked
from cortex.fabric.routing.experience.threshold import FLOOR
from cortex.fabric.routing.frame import Frame

_TIER: Final = "similarity"
_SEVERAL, _APART = 3, 0.05
_LENIENCE = 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class Recollection:
    """A route that was found for a query, and how near it lies."""

    id: str
    route: Route
    evidence: Evidence
    similarity: float
    """Cosine of the two wordings; 1.0 when they are the same."""
    exact: bool = False
    """Whether the wordings are the same."""
    taught: bool = False
    """Whether a correction that counts for whoever asks taught it."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: an opaque digest."""

    principal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """What memory proposes: at most one call."""

    proposals: tuple[Proposal, ...] = ()
    similarity: float = 0.0
    """Of the nearest route that speaks for it."""


@dataclass(slots=True)
class _Call:
    """The routes near a query that stand for one call, the nearest first."""

    proposal: Proposal
    routes: list[Recollection] = field(default_factory=list)

    @property
    def nearest(self) -> Recollection:
        """Return the route that is nearest to the query."""
        return self.routes[0]

    @property
    def taught(self) -> bool:
        """Whether exactly these words were said to mean it."""
        return any(one.exact and one.taught for one in self.routes)


def recall(
    frame: Frame,
    recollections: Sequence[Recollection],
    *,
    asker: Asker,
    policy: Policy,
    day: Callable[[float], str],
) -> Recall:
    """Return the call that memory proposes for a query; `day` writes a time for people."""
    template = masked(frame).template
    if not template or hopeless(frame):
        return Recall()
    calls = _calls(frame, [one for one in recollections if _serves(one, frame, asker)])
    if not calls or not _alone(calls, policy) or not _fits(calls[0], frame):
        return Recall()
    stage, bound = _pooled(calls[0].routes, asker, policy)
    if not _near_enough(calls, stage, policy):
        return Recall()
    return _recalled(calls, bound, day)


def barred_tools(
    frame: Frame, recollections: Iterable[Recollection], *, asker: Asker
) -> frozenset[str]:
    """Return the tools that no tier may propose to this asker for this wording.

    `recollections` are of the query's own template. A tool of which another route is in good
    standing stays: only one of its argument maps was wrong.
    """
    template = masked(frame).template
    own = [
        one
        for one in recollections
        if one.route.template == template
        and one.route.polarity == frame.polarity
        and (not one.route.rest or _replayed(one, frame))
    ]
    barred = {one.route.tool for one in own if one.evidence.barred(asker.principal)}
    good = {one.route.tool for one in own if _in_standing(one, asker)}
    return frozenset(barred - good)


def _serves(one: Recollection, frame: Frame, asker: Asker) -> bool:
    return one.route.polarity == frame.polarity and _in_standing(one, asker)


def _in_standing(one: Recollection, asker: Asker) -> bool:
    """Tell whether a route counts for somebody: seen to come off, and not barred."""
    who = asker.principal
    counts = one.evidence.open_to(who) and not one.evidence.barred(who)
    return counts and one.evidence.standing(who).stage >= Stage.NEW


def _replayed(one: Recollection, frame: Frame) -> Proposal | None:
    return proposal_of(one.route, frame, tier=_TIER, confidence=0.0, why="")


def _calls(frame: Frame, found: Iterable[Recollection]) -> list[_Call]:
    """Gather routes by the call that they make of this query, the nearest call first.

    A route that cannot be replayed here, because the query names less or more than its own
    wording did, is no meaning that the query could have.
    """
    calls = dict[str, _Call]()
    for one in sorted(found, key=lambda one: (-one.similarity, one.id)):
        proposal = _replayed(one, frame)
        if proposal is not None:
            meant = json.dumps([proposal.tool, dict(proposal.arguments)], sort_keys=True)
            calls.setdefault(meant, _Call(proposal)).routes.append(one)
    return list(calls.values())


def _alone(calls: Sequence[_Call], policy: Policy) -> bool:
    """Tell whether no other call is about as near as the nearest."""
    near = [call.nearest.similarity for call in calls[:2]]
    return len(near) == 1 or near[0] - near[1] >= policy.margin


def _fits(call: _Call, frame: Frame) -> bool:
    tool = resolve_tool(call.proposal.tool)
    verdict = agree(tool, call.proposal.arguments, frame, learned=True, taught=call.taught)
    return isinstance(verdict, Agreed)


def _pooled(routes: Sequence[Recollection], asker: Asker, policy: Policy) -> tuple[Stage, float]:
    """Return the stage and bound of several routes to one call, each as much as it is near."""
    successes = failures = 0.0
    samples = 0
    for one in routes:
        standing = one.evidence.standing(asker.principal)
        failures += standing.failures * one.similarity
        if one.similarity >= FLOOR and not _held_down(standing, policy):
            successes += standing.successes * one.similarity
            samples += standing.samples
    return stage_for(successes, failures, samples, policy), lower_bound(successes, failures)


def _held_down(standing: Standing, policy: Policy) -> bool:
    """Tell whether complaints keep a route below what its counts reach."""
    reached = stage_for(standing.successes, standing.failures, standing.samples, policy)
    return reached > standing.ceiling


def _near_enough(calls: Sequence[_Call], stage: Stage, policy: Policy) -> bool:
    """Tell whether the nearest call may be proposed from this near, at this stage."""
    call = calls[0]
    writes = call.proposal.needs_confirmation
    if call.nearest.exact:
        return stage >= (Stage.LEARNED if writes and not call.taught else Stage.NEW)
    if stage < Stage.LEARNED:
        return False
    if any(one.similarity >= one.evidence.threshold for one in call.routes):
        return True
    own = call.nearest.evidence.threshold
    lowered = own - _lenience(calls) if own <= policy.similarity else own
    return call.nearest.similarity >= max(lowered, FLOOR)


def _lenience(calls: Sequence[_Call]) -> float:
    """Return how much farther away a call may be, for what else speaks for it.

    A write has the reading of the query on its side, and waits for a yes; a read needs several
    wordings that agree and no other call near. Measured on the classifier's utterances.
    """
    call = calls[0]
    if call.proposal.needs_confirmation:
        return _LENIENCE
    several = sum(one.similarity >= FLOOR for one in call.routes) >= _SEVERAL
    apart = len(calls) == 1 or call.nearest.similarity - calls[1].nearest.similarity >= _APART
    return _LENIENCE if several and apart else 0.0


def _recalled(calls: Sequence[_Call], bound: float, day: Callable[[float], str]) -> Recall:
    call = calls[0]
    why = _provenance(calls, day)
    similarity = min(max(call.nearest.similarity, 0.0), 1.0)
    sure = bound * similarity
    proposal = replace(call.proposal, confidence=sure, why=why, taught=call.taught)
    return Recall(proposals=(proposal,), similarity=similarity)


def _provenance(calls: Sequence[_Call], day: Callable[[float], str]) -> str:
    """Say where a call comes from: how often it was asked, when, and what else was near."""
    known = [one.evidence for one in calls[0].routes]
    nearest = calls[0].nearest
    asked = sum(one.asked for one in known)
    times = "never asked before, but taught" if not asked else _times(asked)
    first = f"first on {day(min(one.first_at for one in known))}"
    last = f"last worked on {day(max(one.worked_at for one in known))}"
    how = "in these words" if nearest.exact else f"in words like these ({nearest.similarity:.2f})"
    other = calls[1:2]
    contrary = [f"{one.proposal.tool} ({one.nearest.similarity:.2f})" for one in other]
    return f"{times} {how}, {first}, {last}; nearest other: {', '.join(contrary) or 'none'}"


def _times(asked: int) -> str:
    return f"asked {'once' if asked == 1 else f'{asked} times'} before"
