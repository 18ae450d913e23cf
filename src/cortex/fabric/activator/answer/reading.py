"""Understand a query: its frame, how hard it is, and which mode it is taken in.

It also says of an answer that did not come off why a reasoning tier would be asked next, if there
were one; nothing is handed on here. What speaks of a password may hold one, so nothing of its words
leaves in an answer.
"""

from typing import Any

import msgspec

from cortex.errors import BadAnswer, LayerNotReady, LostReply, SchemaChanged, Unreachable
from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.timers.schedule import parted
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import ComplexityBody, QueryResponse
from cortex.fabric.routing.complexity import DEFAULT_WEIGHTS, Complexity, Weights, score
from cortex.fabric.routing.extraction import unused
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.language import read
from cortex.fabric.routing.language.nouns import speaks_of_secret
from cortex.fabric.routing.mode import Attempt, choose, escalation
from cortex.fabric.routing.unheeded import unheeded

_NO_ROUTE = frozenset({"not_understood", "needs_reasoning"})
_OUT_OF_ORDER = frozenset(
    kind.code for kind in (LayerNotReady, Unreachable, LostReply, BadAnswer, SchemaChanged)
)

_DOUBTED = (
    "Somebody corrected an earlier answer to these words; memory cannot tell now what was meant,"
    " so this may be the same answer again."
)


def understand(trail: Trail, weights: Weights = DEFAULT_WEIGHTS) -> tuple[Frame, Complexity]:
    """Read the query and note on the trail what was read."""
    trail.stage("route", "finding out what is meant")
    frame, trail.time = parted(read(trail.asked.text))
    trail.frame = _shown(frame)
    trail.lesson.frame, trail.lesson.asker = frame, trail.asked.principal.name
    asked = trail.asked
    complexity = score(asked.text, frame, context_size=asked.context_size, weights=weights)
    trail.complexity = ComplexityBody(
        score=complexity.score, level=complexity.level, factors=dict(complexity.factors)
    )
    trail.mode = asked.mode or choose(frame, complexity).mode
    return frame, complexity


def note_onward(response: QueryResponse, frame: Frame, complexity: Complexity) -> None:
    """Add the reason for which a query that found no route, or failed, would go on."""
    error = response.error
    if error is None or error.reason:
        return
    if error.code in _NO_ROUTE:
        reason = escalation(frame, complexity) or escalation(frame, complexity, Attempt())
    elif response.status == "failed":
        attempt = Attempt(
            confidence=response.route.confidence if response.route else None,
            failed=True,
            timed_out=error.code == "timeout",
            broken=error.code in _OUT_OF_ORDER,
        )
        reason = escalation(frame, complexity, attempt)
    else:
        return
    response.error = msgspec.structs.replace(error, reason=reason or "")


def noted(response: QueryResponse, trail: Trail) -> QueryResponse:
    """Add to the answer of a read what makes it less than certain."""
    if response.status == "done":
        notes = (_left_out(trail), _untimed(trail), _DOUBTED if trail.doubted else "")
        response.answer = " ".join(filter(None, (response.answer, *notes)))
    return response


def _left_out(trail: Trail) -> str:
    """Say which name of the query an answer for the whole site leaves out of account.

    A rule takes every word of a query into account; a tier that has learned may not.
    """
    frame, proposal = trail.lesson.frame, trail.lesson.proposal
    if frame is None or proposal is None or proposal.tier == "keyword":
        return ""
    left_out = unused(resolve_tool(proposal.tool), proposal.arguments, frame)
    if not left_out or speaks_of_secret(frame.text):
        return ""
    return f'This is for the whole site: I did not use "{left_out[0]}".'


def _untimed(trail: Trail) -> str:
    """Say which time of the query the call takes no account of."""
    frame, proposal = trail.lesson.frame, trail.lesson.proposal
    if frame is None or proposal is None or speaks_of_secret(frame.text):
        return ""
    words = unheeded(resolve_tool(proposal.tool), proposal.arguments, frame)
    return f'I did not take "{words}" into account.' if words else ""


def _shown(frame: Frame) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(frame)
    if speaks_of_secret(frame.text):
        hidden = dict.fromkeys(
            ("text", "object", "template", "plain"), "(hidden: it may hold a password)"
        )
        shown |= hidden | {"mentions": [], "clauses": []}
    return shown
