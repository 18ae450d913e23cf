"""Ask the tiers for a route, from cheap to dear, until one knows.

The loop around `routing.cascade`: it performs the step that `advance` names and asks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol, assert_never

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

    async def opine(self, frame: Frame) -> Opinion:
        """Say what it knows."""


class KeywordTier:
    """Tier 1: the rules."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def opine(self, frame: Frame) -> Opinion:
        """Propose what the rules propose."""
        return self._rules.propose(frame)


class AbsentTier:
    """A tier that this installation does not have: it knows no route."""

    async def opine(self, frame: Frame) -> Opinion:  # noqa: ARG002  # the protocol's
        """Have no opinion."""
        return Opinion()


def advisers(rules: Rules) -> dict[Tier, Adviser]:
    """List the tiers of this installation."""
    absent = AbsentTier()
    return {
        "cache": absent,
        "keyword": KeywordTier(rules),
        "similarity": absent,
        "classifier": absent,
        "slm": absent,
    }


@dataclass(frozen=True, slots=True)
class Routes:
    """What the tiers know: proposals, and the tier that a rule sent the query to, if any did."""

    proposals: tuple[Proposal, ...] = ()
    sent_to: Tier | None = None
    readings: tuple[Proposal, ...] = ()


async def routes(frame: Frame, *, complexity: int, tiers: Mapping[Tier, Adviser]) -> Routes:
    """Return the proposals of the first tier that has any; several when they tie."""
    known = Known(complexity=complexity)
    while True:
        match next_step(known):
            case Ask(tier):
                opinion = await tiers[tier].opine(frame)
                known = replace(known, answers={**known.answers, tier: opinion})
            case Pursue(proposals):
                return Routes(proposals)
            case AskBack(readings):
                return Routes(readings=readings)
            case GiveUp():
                return Routes(sent_to=known.answers["keyword"].skip_to)
            case unexpected:
                assert_never(unexpected)
