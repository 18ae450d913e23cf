"""Ask the tiers for a route, from cheap to dear, until one knows.

The loop around `routing.cascade`: it performs the step that `advance` names and asks again.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, assert_never

from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.routing.agreement import hopeless
from cortex.fabric.routing.cascade import (
    Ask,
    AskBack,
    GiveUp,
    Known,
    Opinion,
    Proposal,
    Pursue,
    Tier,
)
from cortex.fabric.routing.cascade import advance as next_step
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.rules import Rules


class Adviser(Protocol):
    """One tier: it knows a route for a frame, or it does not."""

    async def opine(self, frame: Frame, trail: Trail) -> Opinion:
        """Say what it knows; a tier that cannot be asked notes why, and knows nothing."""


class KeywordTier:
    """Tier 1: the rules."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def opine(self, frame: Frame, trail: Trail) -> Opinion:  # noqa: ARG002  # the protocol's
        """Propose what the rules propose."""
        return self._rules.propose(frame)


class AbsentTier:
    """A tier that this installation does not have: it knows no route."""

    async def opine(self, frame: Frame, trail: Trail) -> Opinion:  # noqa: ARG002  # the protocol's
        """Have no opinion."""
        return Opinion()


ABSENT = AbsentTier()


@dataclass(frozen=True, slots=True)
class Barred:
    """What must not be made of a query: these tools, and no change unasked while `unsure`."""

    tools: frozenset[str] = frozenset()
    unsure: bool = False
    """Whether more may be barred than can be told now."""
    corrected: bool = False
    """Whether somebody is known to have corrected something, and what cannot be told now."""


async def _nothing(_frame: Frame, _trail: Trail) -> Barred:
    return Barred()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """The tiers of an installation, and the tools that none of them may propose to an asker."""

    rules: Rules
    advisers: Mapping[Tier, Adviser]
    barred: Callable[[Frame, Trail], Awaitable[Barred]] = _nothing


@dataclass(frozen=True, slots=True)
class Routes:
    """What the tiers know: proposals, and the tier that a rule sent the query to, if any did."""

    proposals: tuple[Proposal, ...] = ()
    sent_to: Tier | None = None
    readings: tuple[Proposal, ...] = ()


async def routes(frame: Frame, trail: Trail, tiers: Tiers) -> Routes:
    """Return the proposals of the first tier that has any; several when they tie."""
    barred = await tiers.barred(frame, trail)
    if barred.tools:
        names = " and ".join(sorted(barred.tools))
        trail.passed.append(f"these words were said not to mean {names}")
    trail.doubted = barred.corrected
    known = Known(complexity=trail.score, hopeless=hopeless(frame) is not None)
    while True:
        match next_step(known):
            case Ask(tier):
                opinion = _without(await tiers.advisers[tier].opine(frame, trail), barred)
                known = replace(known, answers={**known.answers, tier: opinion})
            case Pursue(proposals):
                return Routes(proposals)
            case AskBack(readings):
                return Routes(readings=readings)
            case GiveUp():
                return Routes(sent_to=known.answers["keyword"].skip_to)
            case unexpected:
                assert_never(unexpected)


def _without(opinion: Opinion, barred: Barred) -> Opinion:
    return replace(
        opinion,
        proposals=_allowed(opinion.proposals, barred),
        readings=_allowed(opinion.readings, barred),
    )


def _allowed(proposals: tuple[Proposal, ...], barred: Barred) -> tuple[Proposal, ...]:
    return tuple(
        replace(one, needs_confirmation=True) if barred.unsure else one
        for one in proposals
        if one.tool not in barred.tools
    )
