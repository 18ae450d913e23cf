"""Understand a query: its frame, how hard it is, and which mode it is taken in.

It also says of an answer that did not come off why a reasoning tier would be asked next, if there
were one; nothing is handed on here. What speaks of a password may hold one, so nothing of its words
leaves in an answer.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from cortex.errors import BadAnswer, LayerNotReady, LostReply, SchemaChanged, Unreachable
from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.answer.choosing import Candidate
from cortex.fabric.activator.schedule import parted
from cortex.fabric.catalogue.record import CANCEL_TIMER
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import ComplexityBody, QueryResponse
from cortex.fabric.routing.complexity import DEFAULT_WEIGHTS, Complexity, Weights, score
from cortex.fabric.routing.extraction import unused
from cortex.fabric.routing.frame import Frame, Mood
from cortex.fabric.routing.language import read
from cortex.fabric.routing.language.lexicon import READING
from cortex.fabric.routing.language.nouns import speaks_of_secret
from cortex.fabric.routing.mode import Attempt, choose, escalation
from cortex.fabric.routing.timing.spoken import timing_of
from cortex.fabric.routing.timing.undoing import holdable
from cortex.fabric.routing.timing.when import At, Every, In, Timed, Unclear
from cortex.fabric.routing.unheeded import unheeded

_TIMES = frozenset({"duration", "time"})
_ORDERS = frozenset({Mood.COMMAND, Mood.REQUEST})
_NO_ROUTE = frozenset({"not_understood", "needs_reasoning"})
_HEEDING = frozenset({"since", "day", "duration", "schedule"})
"""Arguments by which a call heeds a time."""
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
    frame, trail.time = _parted(read(trail.asked.text))
    trail.frame = _shown(frame)
    trail.lesson.frame, trail.lesson.asker = frame, trail.asked.principal.name
    asked = trail.asked
    complexity = score(asked.text, frame, context_size=asked.context_size, weights=weights)
    trail.complexity = ComplexityBody(
        score=complexity.score, level=complexity.level, factors=dict(complexity.factors)
    )
    trail.mode = asked.mode or choose(frame, complexity).mode
    return frame, complexity


def _parted(frame: Frame) -> tuple[Frame, Timed | Unclear | None]:
    """Take the time out of an order, also one that the mood of its words does not show.

    A length of time that the frame knows, and that puts nothing off, is the tool's own.
    """
    frame, time = parted(frame)
    told = any(one.kind in _TIMES for one in frame.mentions)
    if time is not None or told or frame.mood not in _ORDERS or frame.verb in READING:
        return frame, time
    found = timing_of(frame.text)
    return (read(found.rest), found) if isinstance(found, Timed) else (frame, None)


def unread_time(candidate: Candidate, frame: Frame) -> Unclear | None:
    """Find the words about time in an order that its call does not take account of."""
    tool = candidate.tool
    if not tool.writes:
        return None
    own = candidate.proposal.arguments.get("duration") is not None and not holdable(tool.name)
    names_it = (
        tool.name == CANCEL_TIMER.name and frame.plain
    )  # "the nightly reboot" says which timer
    match timing_of(frame.plain if names_it else frame.text):
        case Timed(words=words) if not own:
            return Unclear("it is not clear what that time is for", " … ".join(words))
        case Unclear() as unclear:
            return unclear
    return None


def note_onward(response: QueryResponse, frame: Frame, complexity: Complexity) -> None:
    """Add the reason for which a query that found no route, or failed, would go on."""
    error = response.error
    if error is None or (error.reason and error.code not in _OUT_OF_ORDER):
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
    response.error = msgspec.structs.replace(error, reason=reason or error.reason)


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
    tool, given = resolve_tool(proposal.tool), proposal.arguments
    words = unheeded(tool, given, frame) or _put_off(given, frame)
    return f'I did not take "{words}" into account.' if words else ""


def _put_off(given: Mapping[str, Any], frame: Frame) -> str:
    """Return the words by which a question is for later: it is answered now."""
    if any(given.get(name) is not None for name in _HEEDING):
        return ""
    time = timing_of(frame.text)
    if not isinstance(time, Timed):
        return ""
    later = isinstance(time.when, Every) or (
        isinstance(time.when, At) and isinstance(time.when.moment, In)
    )
    return " … ".join(time.words) if later else ""


def _shown(frame: Frame) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(frame)
    if speaks_of_secret(frame.text):
        hidden = dict.fromkeys(
            ("text", "object", "template", "plain"), "(hidden: it may hold a password)"
        )
        shown |= hidden | {"mentions": [], "clauses": []}
    return shown
