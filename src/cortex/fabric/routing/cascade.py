"""Decide the next step toward a route.

Pure: `advance` looks at what is known and names one step; `activator.answer` performs it,
adds what it learnt and asks again. Tiers run from cheap to dear; the first that knows a route wins.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Tier = Literal["cache", "keyword", "similarity", "classifier", "slm"]

CLASSIFIER_BELOW = 50
"""Complexity at which the classifier is no longer worth its cold start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One call that a tier puts forward; it still has to agree with the frame and be bound."""

    tier: Tier
    tool: str
    layer: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    confidence: float
    why: str
    needs_confirmation: bool = False
    taught: bool = False
    """Whether whoever asks, or somebody whose word counts for them, said that exactly these words
    mean it."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one tier says: proposals, best first and possibly none; or a later tier to go to."""

    proposals: tuple[Proposal, ...] = ()
    skip_to: Tier | None = None
    readings: tuple[Proposal, ...] = ()
    """Two or three calls that may be meant, none of them likely enough: people are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What one query has taught us so far."""

    complexity: int
    answers: Mapping[Tier, Opinion] = field(default_factory=dict)
    """A tier is present once it has been asked; an empty opinion means that it knows no route."""
    hopeless: bool = False
    """Whether the text's form rules every call out, so that no dearer tier need look at it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask this tier, waking its layer first if it sleeps."""

    tier: Tier


@dataclass(frozen=True, slots=True)
class Pursue:
    """Plan these proposals: one, or several that tie and that the inventory must tell apart."""

    proposals: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class AskBack:
    """Ask which of these is meant."""

    readings: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No tier knows a route."""


Step = Ask | Pursue | AskBack | GiveUp


def advance(known: Known) -> Step:
    """Name the one step that comes next."""
    for tier in _tiers(known):
        if tier not in known.answers:
            return Ask(tier)
        if proposals := known.answers[tier].proposals:
            return Pursue(_tied(proposals))
        if readings := known.answers[tier].readings:
            return AskBack(readings)
    return GiveUp()


def _tied(proposals: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
    best = max(one.confidence for one in proposals)
    return tuple(one for one in proposals if one.confidence == best)


def _tiers(known: Known) -> Iterator[Tier]:
    start = known.answers["keyword"].skip_to if "keyword" in known.answers else None
    yield "cache"
    yield "keyword"
    if known.hopeless:
        return
    if start is None:
        yield "similarity"
    if start == "classifier" or (start != "slm" and known.complexity < CLASSIFIER_BELOW):
        yield "classifier"
    yield "slm"
