"""Tell tied proposals apart by what the inventory made of each.

Pure. The only one that binds is meant; when several bind, or none, people are asked.
"""

from dataclasses import dataclass

from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.messages import Choice, ErrorBody, Plan, PlanReply, Status
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.timing.when import When

_MOST_CHOICES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A proposal that agrees with the frame; `exact` when it may even run without a yes."""

    proposal: Proposal
    tool: Tool
    exact: bool
    when: When | None = None
    """When it is to be done and taken back; none is at once and for good."""


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
