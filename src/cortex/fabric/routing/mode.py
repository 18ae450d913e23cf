"""Which way of answering fits a query, and when it must go to the Cortex master.

`llm` answers from what is known, `agent` acts with tools, `hybrid` does both. Decides the way and
the reason to escalate; deadlines and the cascade's start are the activator's.
"""

from dataclasses import dataclass
from typing import Literal

from cortex.fabric.catalogue.tool import Verb
from cortex.fabric.routing.complexity import Complexity
from cortex.fabric.routing.frame import Frame, Mood
from cortex.fabric.routing.language.lexicon import READING
from cortex.fabric.routing.language.text import wordset

Mode = Literal["llm", "agent", "hybrid"]
Escalation = Literal[
    "error", "timeout", "previous_failure", "low_confidence", "investigation", "multi_step",
    "explicit_complexity",
]  # fmt: skip

CONFIDENT_FROM = 0.5
"""Confidence of the best proposal below which a query is worth a second opinion."""

_HARD = frozenset({"complex", "expert"})
_EXPLAINING = wordset("explain describe summarize summarise mean means meaning define definition")
_STEPS = 2


@dataclass(frozen=True, slots=True)
class ModeChoice:
    """The way to answer, and why, for people."""

    mode: Mode
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What became of trying to answer so far."""

    confidence: float | None = None
    """Of the best proposal; none when no tier made one."""
    failed: bool = False
    """The call was made and failed, or its post-condition did not hold."""
    timed_out: bool = False
    broken: bool = False
    """A tier or a layer could not be used."""


def choose(frame: Frame, complexity: Complexity) -> ModeChoice:
    """Return the way of answering that fits a query."""
    changes = frame.verb is not None and frame.verb not in READING
    if frame.language != "en" or frame.verb is None:
        return ModeChoice("llm", "names no action that a tool has")
    if changes and frame.mood is Mood.QUESTION:
        return ModeChoice("llm", "asks about an action, orders none")
    if complexity.level in _HARD:
        return ModeChoice("hybrid", f"{complexity.level}: needs tools and reasoning")
    if frame.verb is Verb.DIAGNOSE:
        return ModeChoice("hybrid", "needs evidence and a finding")
    if not changes and not _EXPLAINING.isdisjoint(frame.template.split()):
        return ModeChoice("hybrid", "wants facts explained")
    return ModeChoice("agent", "one action" if changes else "facts that a tool has")


def escalation(
    frame: Frame, complexity: Complexity, attempt: Attempt | None = None
) -> Escalation | None:
    """Return why a query should go on to the Cortex master, hard facts before soft ones."""
    tried = attempt or Attempt(confidence=1.0)
    reasons: tuple[tuple[bool, Escalation], ...] = (
        (tried.broken, "error"),
        (tried.timed_out, "timeout"),
        (tried.failed, "previous_failure"),
        (tried.confidence is None or tried.confidence < CONFIDENT_FROM, "low_confidence"),
        (_investigates(frame, complexity), "investigation"),
        (len(frame.clauses) >= _STEPS or "sequence" in complexity.factors, "multi_step"),
        (complexity.level == "expert", "explicit_complexity"),
    )
    return next((reason for holds, reason in reasons if holds), None)


def _investigates(frame: Frame, complexity: Complexity) -> bool:
    asked = {"investigate", "troubleshoot"} & complexity.factors.keys()
    return bool(asked) or (frame.verb is Verb.DIAGNOSE and complexity.level in _HARD)
