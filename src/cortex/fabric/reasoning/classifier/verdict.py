"""Decide what to say of a text: go for one tool, ask which of two or three, or pass it on.

Pure: takes the scores of the head and answers. How likely a tool is, and how likely it is that a
text belongs to any tool at all, was calibrated on sentences of writers whom the head had not seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Literal, NamedTuple

AMBIGUOUS = "ambiguous"
REFUSALS: Mapping[str, str] = {
    AMBIGUOUS: "it does not say enough to choose",
    "informational": "it asks about something rather than for it",
    "negated": "it says that something should not be done",
    "other_domain": "it has nothing to do with the network",
    "other_language": "it is not in English",
    "unsupported": "it asks for something that no tool does",
}
"""The classes of refusal, and what each says of a text."""

CANDIDATES = 3
"""Tools that people are asked to choose among at most: more are not read."""
_LIKELY = 0.1
"""How likely a tool is that is worth asking about beside a better one."""
_TOGETHER = 0.5
"""How likely the best ones are together when asking about them is better than passing on."""
_THINKABLE = 0.45
"""Cosine to a tool's nearest sentence from which a vague text may mean it."""
_BELONGING_COUNTS = 2
"""How often belonging counts in the acceptance, beside the best tool's probability once: on
sentences of writers left out, once lets more in that no tool is for, and three times more of the
wrong tools."""


class Score(NamedTuple):
    """One class: its score (a margin, no probability), and the cosine to its nearest sentence."""

    score: float
    near: float


@dataclass(frozen=True, slots=True)
class Scores:
    """What the head says of one text, for every tool and every class of refusal."""

    tools: Mapping[str, Score]
    refusals: Mapping[str, Score]


class Signals(NamedTuple):
    """What tells whether a tool is meant: its score and nearness, and its lead in both."""

    score: float
    lead: float
    """Over the best other tool; below zero when it is not the best."""
    above_refusal: float
    near: float
    nearer: float
    """Than the nearest sentence of any other tool."""
    nearer_than_refusal: float


@dataclass(frozen=True, slots=True)
class Rule:
    """How signals become a probability: a weight for each of them, and the log-odds without any."""

    weights: tuple[float, ...]
    bias: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What signals say, and from where it is enough; found by `cortex train`."""

    meant: Rule
    """How likely a tool is meant, by its signals."""
    belongs: Rule
    """The gate: how likely any tool is meant, by the signals of the one with the best score."""
    route: float
    """The acceptance from which the likeliest tool is gone for."""
    outside: float
    """How likely it is that any tool is meant, below which people are not asked which."""
    far: float
    """Cosine to the nearest sentence below which a text is like nothing that was taught."""


@dataclass(frozen=True, slots=True)
class Likely:
    """A tool that may be meant, and how likely it is, 0 to 1."""

    tool: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """What calibration makes of a text: its likely tools, and how likely any is meant, 0 to 1."""

    likely: tuple[Likely, ...]
    belonging: float

    @property
    def acceptance(self) -> float:
        """How much speaks for going for the likeliest tool, 0 to 1; no probability."""
        best = self.likely[0].confidence if self.likely else 0.0
        return float(best * self.belonging**_BELONGING_COUNTS)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, with the tools it is about, best first, and why."""

    kind: Literal["route", "ask", "pass"]
    readings: tuple[Likely, ...] = ()
    why: str = ""


def judge(scores: Scores, calibration: Calibration) -> Verdict:
    """Decide what to say of a text."""
    return decide(scores, weigh(candidates(scores), calibration), calibration)


def decide(scores: Scores, weighed: Weighed, calibration: Calibration) -> Verdict:
    """Decide what to say of a text whose candidates are weighed."""
    likely = weighed.likely
    nearest = max(one.near for one in (*scores.tools.values(), *scores.refusals.values()))
    if nearest < calibration.far:
        return Verdict("pass", why="it is like no sentence that the classifier was taught")
    if likely and weighed.acceptance >= calibration.route:
        return Verdict("route", likely[:1], why="it is worded like other requests for this tool")
    refusal = max(scores.refusals, key=lambda name: scores.refusals[name].score)
    best = max((one.score for one in scores.tools.values()), default=-1.0)
    if scores.refusals[refusal].score > best:
        return _refused(refusal, likely, scores)
    if weighed.belonging < calibration.outside:
        return Verdict("pass", why="no tool seems to be meant")
    if len(likely) > 1 and sum(one.confidence for one in likely) >= _TOGETHER:
        return Verdict("ask", _worth_asking(likely), why="it may mean more than one thing")
    return Verdict("pass", why="no tool is likely enough")


def weigh(found: Mapping[str, Signals], calibration: Calibration) -> Weighed:
    """Tell how likely each candidate is, and any tool; together they are never above 1.

    The candidates come as `candidates` names them, that with the best score first.
    """
    if not found:
        return Weighed((), 0.0)
    alone = {tool: probability(signals, calibration.meant) for tool, signals in found.items()}
    total = max(1.0, sum(alone.values()))
    likely = (Likely(tool, one / total) for tool, one in alone.items())
    first = next(iter(found.values()))
    return Weighed(
        tuple(sorted(likely, key=lambda one: (-one.confidence, one.tool))),
        probability(first, calibration.belongs),
    )


def _refused(refusal: str, likely: tuple[Likely, ...], scores: Scores) -> Verdict:
    why = f"{refusal}: {REFUSALS[refusal]}"
    thinkable = tuple(one for one in likely if scores.tools[one.tool].near >= _THINKABLE)
    if refusal == AMBIGUOUS and len(thinkable) > 1:
        return Verdict("ask", thinkable, why=why)
    return Verdict("pass", why=why)


def _worth_asking(likely: tuple[Likely, ...]) -> tuple[Likely, ...]:
    return (*likely[:2], *(one for one in likely[2:] if one.confidence >= _LIKELY))


def candidates(scores: Scores) -> dict[str, Signals]:
    """Name the tools with the best scores, best first, each with its signals."""
    ranked = sorted(scores.tools, key=lambda name: (-scores.tools[name].score, name))
    refused = max(one.score for one in scores.refusals.values())
    near_refusal = max(one.near for one in scores.refusals.values())
    found = {}
    for tool in ranked[:CANDIDATES]:
        own = scores.tools[tool]
        others = [other for name, other in scores.tools.items() if name != tool]
        found[tool] = Signals(
            score=own.score,
            lead=own.score - max((one.score for one in others), default=-1.0),
            above_refusal=own.score - refused,
            near=own.near,
            nearer=own.near - max((one.near for one in others), default=0.0),
            nearer_than_refusal=own.near - near_refusal,
        )
    return found


def probability(signals: Signals, rule: Rule) -> float:
    """Tell how likely what the rule is about is, by these signals alone."""
    at = rule.bias + sum(
        weight * signal for weight, signal in zip(rule.weights, signals, strict=True)
    )
    return 1.0 / (1.0 + exp(-max(-60.0, min(60.0, at))))
