"""Tell tied proposals apart by what the inventory made of each.

Pure. The only one that binds is meant; when several bind, or none, people are asked. One that was
planned for another way is turned there, and waits for a yes.
"""

import re
from dataclasses import dataclass, replace

import msgspec

from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.catalogue.tool import REFERENCE_KINDS, Tool
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import Choice, ErrorBody, Plan, PlanReply, Status
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.timing.spoken import timing_of
from cortex.fabric.routing.timing.when import ForGood, Timed, Unclear, When

_MOST_CHOICES = 12
_MAYBE_A_TIME = re.compile(
    r" (?:for (?!good\b|ever\b)|(?:at|in) (?!the |a |an |my |our |your |this )|until |till )"
    r"[^,;\"]{1,80}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A proposal that agrees with the frame; `exact` when it may even run without a yes."""

    proposal: Proposal
    tool: Tool
    exact: bool
    when: When | ForGood | None = None
    """When it is to be done and taken back; none is at once, and until somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A candidate and what its layer made of it."""

    candidate: Candidate
    reply: PlanReply


@dataclass(frozen=True, slots=True)
class Chosen:
    """The one call that is meant."""

    candidate: Candidate
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """No one call is meant: what to answer instead."""

    status: Status
    text: str
    choices: tuple[Choice, ...] = ()
    error: ErrorBody | None = None
    proposal: Proposal | None = None


def with_time(unsettled: Open, time: Timed) -> Open:
    """Return what is asked back with the time of the order in each of its choices.

    Whoever picks one has said the time already. What would be read differently then is no choice,
    nor is one of several orders in one text: the time may be for another of them.
    """
    code = unsettled.error.code if unsettled.error else ""
    if unsettled.status != "clarify" or code == "not_understood":
        return unsettled
    if code == "compound":
        return replace(unsettled, choices=())
    timed = (_timed(one, time) for one in unsettled.choices)
    return replace(unsettled, choices=tuple(one for one in timed if one is not None))


def _timed(choice: Choice, time: Timed) -> Choice | None:
    found = timing_of(choice.query)
    if found is None:
        choice = msgspec.structs.replace(choice, query=" ".join((choice.query, *time.words)))
        found = timing_of(choice.query)
    return choice if isinstance(found, Timed) and found.when == time.when else None


def about_time(unsettled: Open, frame: Frame) -> Unclear | None:
    """Find words that may be a time and that no choice for an unknown name would heed."""
    proposal = unsettled.proposal
    tail = _MAYBE_A_TIME.search(frame.text)
    if proposal is None or tail is None or not resolve_tool(proposal.tool).writes:
        return None
    words = tail[0].strip()
    if not any(one.endswith(words) for one in _names(proposal)):
        return None
    known = [one.target.name if one.target else one.query for one in unsettled.choices]
    if any(words.casefold() in one.casefold() for one in known):
        return None
    return Unclear("I can tell no time and no name from it", words)


def _names(proposal: Proposal) -> list[str]:
    """Return what a call names things by."""
    naming = [one for one in resolve_tool(proposal.tool).arguments if one.kind in REFERENCE_KINDS]
    return [str(proposal.arguments.get(one.name, "")) for one in naming]


def choose(planned: tuple[Planned, ...], frame: Frame) -> Chosen | Open:
    """Name the one call that is meant, or what to ask."""
    bound = [
        Chosen(one.candidate, one.reply.plan)
        for one in planned
        if one.reply.status == "planned" and one.reply.plan is not None
    ]
    if len(bound) == 1:
        return bound[0]
    if bound:
        choices = tuple(_choice(one, frame) for one in bound)
        return Open(status="clarify", text="That can mean more than one thing.", choices=choices)
    several = tuple(one for one in planned if one.reply.binds == "several")
    return _unbound(several or planned)


def _unbound(planned: tuple[Planned, ...]) -> Open:
    """Answer with what the layer said; of several, with what it said first."""
    first = planned[0]
    choices = {choice.query: choice for one in planned for choice in one.reply.choices}
    error = first.reply.error
    status = first.reply.status
    return Open(
        status="clarify" if status == "planned" else status,
        text=first.reply.answer or (error.message if error else "It cannot be done."),
        choices=tuple(choices.values())[:_MOST_CHOICES],
        error=error,
        proposal=first.candidate.proposal,
    )


def _choice(chosen: Chosen, frame: Frame) -> Choice:
    plan, tool = chosen.plan, chosen.candidate.tool
    target = plan.targets[0] if plan.targets else None
    label = plan.preview.what or tool.summary
    if target is None:
        return Choice(label=label, query=tool.examples[0] if tool.examples else frame.text)
    named = _with_kind(frame.text, frame.object, target.kind)
    return Choice(label=f"{label} ({target.kind})", query=named, target=target)


def _with_kind(text: str, named: str, kind: str) -> str:
    """Say the kind before the name: `rename office` becomes `rename device office`."""
    if not named or named not in text:
        return f"{text} ({kind})"
    return text.replace(named, f"{kind} {named}", 1)


def turned(candidate: Candidate, plan: Plan, trail: Trail) -> Candidate:
    """Return the candidate as its plan was made; what was learned of it stays with its own layer.

    A change that goes round the controller is never made without a yes.
    """
    if (detour := trail.detours.get(plan.digest)) is None:
        return candidate
    trail.turn(detour)
    return replace(candidate, proposal=replace(candidate.proposal, layer=detour.layer), exact=False)
