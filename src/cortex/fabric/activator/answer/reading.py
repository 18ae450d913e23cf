"""Understand a query: its frame, how hard it is, and which mode it is taken in.

What speaks of a password may hold one, so nothing of its words leaves in an answer.
"""

from typing import Any

import msgspec

from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.messages import ComplexityBody
from cortex.fabric.routing.complexity import score
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.language import read
from cortex.fabric.routing.language.nouns import speaks_of_secret
from cortex.fabric.routing.mode import choose


def understand(trail: Trail) -> Frame:
    """Read the query and note on the trail what was read."""
    trail.stage("route", "finding out what is meant")
    frame = read(trail.asked.text)
    trail.frame = _shown(frame)
    asked = trail.asked
    complexity = score(asked.text, frame, context_size=asked.context_size)
    trail.complexity = ComplexityBody(
        score=complexity.score, level=complexity.level, factors=dict(complexity.factors)
    )
    trail.mode = asked.mode or choose(frame, complexity).mode
    return frame


def _shown(frame: Frame) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(frame)
    if speaks_of_secret(frame.text):
        hidden = dict.fromkeys(("text", "object", "template"), "(hidden: it may hold a password)")
        shown |= hidden | {"mentions": [], "clauses": []}
    return shown
