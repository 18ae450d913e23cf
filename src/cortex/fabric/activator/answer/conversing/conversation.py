"""Carry a query through its conversation: fill in what it leaves out, and keep its turn.

What words mean after others is decided by `routing.context`; where turns are kept is for the store.
A change that was meant by such words always waits for a yes, with the name of the thing in it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, assert_never

from cortex.errors import Conflict
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.answer.candidates import sift
from cortex.fabric.activator.answer.choosing import Candidate, Open
from cortex.fabric.activator.answer.conversing.noted import turn_of
from cortex.fabric.activator.answer.tiers import Routes
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import Choice, ErrorBody, Plan, QueryResponse
from cortex.fabric.messages.conversation import Turn
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.context.resolving import Open as Unsettled
from cortex.fabric.routing.context.resolving import Recalled, Rewritten, resolve
from cortex.fabric.routing.context.whole import is_only_cancel, is_undo
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.language.text import normalise


class Turns(Protocol):
    """Where the turns of conversations are kept; what is not known is forgotten."""

    async def recent(self, conversation_id: str, principal: Principal) -> tuple[Turn, ...]:
        """List the last turns, oldest first; none without an id."""

    async def add(self, conversation_id: str, principal: Principal, turn: Turn) -> None:
        """Keep one turn more; nothing without an id."""


class Conversing:
    """The conversations of an activator."""

    def __init__(self, turns: Turns, now: Callable[[], float]) -> None:
        self._turns = turns
        self._now = now

    async def fill_in(self, trail: Trail) -> Open | None:
        """Put what earlier turns say into a query; return what to ask when that is uncertain."""
        asked = trail.asked
        if not asked.conversation_id:
            return _nothing_before(normalise(asked.text))
        turns = await self._turns.recent(asked.conversation_id, asked.principal)
        match resolve(normalise(asked.text), turns):
            case None:
                return None
            case Unsettled(question=question, choices=choices):
                error = ErrorBody(code="unclear_reference", message=question)
                offered = tuple(Choice(label=label, query=query) for label, query in choices)
                return Open(status="clarify", text=question, choices=offered, error=error)
            case Rewritten() as meant:
                text, site = meant.text, asked.site or meant.site
            case Recalled() as meant:
                text, site = meant.call.query or asked.text, asked.site or meant.site
            case unexpected:
                assert_never(unexpected)
        trail.meant, trail.asked = meant, replace(asked, text=text, site=site)
        return None

    async def keep(self, trail: Trail, response: QueryResponse) -> None:
        """Keep the turn for those after it."""
        asked = trail.asked
        if asked.conversation_id:
            turn = turn_of(trail, response, at=self._now())
            await self._turns.add(asked.conversation_id, asked.principal, turn)


def _nothing_before(text: str) -> Open | None:
    """Say what is missing where a text is nothing without the turn before it."""
    if is_undo(text):
        question, since = "That takes back a change of the same conversation", "the change"
    elif is_only_cancel(text):
        question, since = "That cancels what was asked for in the same conversation", "the order"
    else:
        return None
    question = (
        f"{question}, and this belongs to none: ask at a "
        "terminal, or name one (`--conversation NAME`, over HTTP `conversation_id`) from "
        f"{since} on."
    )
    error = ErrorBody(code="unclear_reference", message=question)
    return Open(status="clarify", text=question, error=error)


def recalled(frame: Frame, trail: Trail) -> tuple[Candidate, ...] | Open | None:
    """Return the call that a query asks for again, or takes back; None when it names its own."""
    if not isinstance(trail.meant, Recalled):
        return None
    call = trail.meant.call
    tool = resolve_tool(call.tool)
    proposal = Proposal(
        tier="cache",
        tool=tool.name,
        layer=tool.layer,
        arguments=call.arguments,
        confidence=1.0,
        why=trail.meant.why,
        needs_confirmation=tool.writes,
    )
    if tool.writes:
        return sift(frame, Routes((proposal,)))
    # The words mean this only here: they teach nothing.
    trail.lesson.frame = None
    return (Candidate(proposal=proposal, tool=tool, exact=False),)


def held(candidates: tuple[Candidate, ...], trail: Trail) -> tuple[Candidate, ...]:
    """Have changes wait for a yes that earlier turns had a part in."""
    meant = trail.meant
    if not isinstance(meant, Rewritten):
        return candidates
    return tuple(
        replace(
            one,
            proposal=replace(
                one.proposal, needs_confirmation=True, why=f"{meant.why}; {one.proposal.why}"
            ),
        )
        for one in candidates
    )


def strayed(plan: Plan, trail: Trail) -> ErrorBody | None:
    """Say why a plan is not about the thing that earlier turns were about."""
    meant = trail.meant
    if meant is None or resolve_tool(plan.tool).risk == "read":
        return None
    bound = meant.bound if isinstance(meant, Recalled) else tuple(filter(None, (meant.bound,)))
    known = {text for one in plan.targets for text in (one.id, one.mac, one.name)}
    lost = [one.name for one in bound if one.id not in known]
    if not lost:
        return None
    message = f"That would not be about {lost[0]!r}, which was spoken of: nothing was done."
    return ErrorBody(code=Conflict.code, message=message, hint="say it in full, with the name")
