"""One query under way: what was asked, what is known of it so far, and how it will be answered.

Carries; decides nothing. A `Trail` belongs to one query and is never shared.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cortex.errors import CortexError
from cortex.fabric.activator.access.principal import Holder, Principal
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import (
    Asker,
    Choice,
    ComplexityBody,
    Confirmation,
    ErrorBody,
    Mode,
    Outcome,
    Plan,
    QueryResponse,
    RouteBody,
    Status,
    Timings,
)
from cortex.fabric.messages.failures import body_of
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.context.resolving import Recalled, Rewritten
from cortex.fabric.routing.experience.routes import Route
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.timing.when import Timed, Unclear


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a query is."""

    stage: str
    message: str
    layer: str = ""
    elapsed_ms: float = 0.0


Notify = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """What makes a write that may be asked for again, after a crash, one and the same write."""

    nonce: str
    """The same each time."""
    until: float
    """When it may be asked for no more, in Unix seconds: the layer knows the nonce until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query as it came in; `began` and `deadline` are on the event loop's clock."""

    query_id: str
    text: str
    principal: Principal
    address: str
    site: str
    began: float
    deadline: float
    dry_run: bool = False
    mode: Mode | None = None
    context_size: int = 0
    """Characters of context that came along."""
    conversation_id: str = ""
    once: Once | None = None
    """None for a query that comes but once."""
    secrets: bool = True
    """Whether it may set one: not where its words lie open on their way."""
    asked_by: Holder | None = None
    """Who asked for what `principal` says yes to; none where nobody had to say yes."""
    yes: str = ""
    """What that yes is known by, the same each time it is given; empty where there is none."""

    @property
    def asker(self) -> Asker:
        """Say who asks, for the layers."""
        return Asker(principal=self.principal.name, address=self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A remembered route of another wording, and how near it is; a query bears witness to it."""

    route: Route
    similarity: float


@dataclass(slots=True, kw_only=True)
class Lesson:
    """What a query may teach once it is known what came of it; never leaves this process."""

    asker: str = ""
    """The name of whoever asked, who need not be the one who says yes."""
    frame: Frame | None = None
    proposal: Proposal | None = None
    """The call that it was taken for."""
    near: tuple[Near, ...] = ()
    similarity: float | None = None
    """The cosine at which memory served it."""
    vector: Sequence[float] = ()
    """The wording's, where it was computed."""
    performed: Plan | None = None
    """The write that was sent."""


@dataclass(frozen=True, slots=True)
class Clockwork:
    """A timer that did something, and the nonce under which it did: told twice, it is one."""

    timer: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Detour:
    """Another layer that a call goes over than its own, and why."""

    layer: str
    because: str


@dataclass(slots=True, kw_only=True)
class Trail:
    """What one query has left behind so far."""

    asked: Asked
    clock: Callable[[], float]
    notify: Notify
    route: RouteBody | None = None
    frame: dict[str, Any] = field(default_factory=dict)
    mode: Mode = "agent"
    complexity: ComplexityBody | None = None
    woken: list[str] = field(default_factory=list)
    timings: Timings = field(default_factory=Timings)
    lesson: Lesson = field(default_factory=Lesson)
    passed: list[str] = field(default_factory=list)
    """Why tiers that should have been asked could not tell, for people."""
    time: Timed | Unclear | None = None
    """The time that was taken out of an order, or why it cannot be."""
    doubted: bool = False
    """Whether somebody corrected an earlier answer, and what was meant cannot be told now."""
    meant: Rewritten | Recalled | None = None
    """What earlier turns of the conversation make of the query, where it needs them."""
    plan: Plan | None = None
    """The call that was settled on."""
    detours: dict[str, Detour] = field(default_factory=dict)
    """The plans that another layer made than their tool's own, by their digests."""

    def stage(self, stage: str, message: str, *, layer: str = "") -> None:
        """Tell whoever watches how far the query is."""
        self.notify(
            Progress(stage=stage, message=message, layer=layer, elapsed_ms=self.elapsed_ms())
        )

    def elapsed_ms(self) -> float:
        """Say how long the query has been under way."""
        return (self.clock() - self.asked.began) * 1000

    def left_s(self) -> float:
        """Say how much time is left."""
        return max(0.0, self.asked.deadline - self.clock())

    def woke(self, layer: str, *, waited_ms: float) -> None:
        """Note that a layer had to be woken for this query."""
        if layer not in self.woken:
            self.woken.append(layer)
        self.timings.wake += waited_ms

    @property
    def score(self) -> int:
        """Give the complexity, 0 before it is known."""
        return self.complexity.score if self.complexity else 0

    def follow(self, proposal: Proposal) -> None:
        """Note the call that the query is taken for."""
        self.lesson.proposal = proposal
        self.route = RouteBody(
            tier=proposal.tier,
            tool=proposal.tool,
            layer=proposal.layer,
            arguments=shown_arguments(proposal),
            confidence=proposal.confidence,
            why=proposal.why,
        )

    def turn(self, detour: Detour) -> None:
        """Note that the call goes another way."""
        if self.route is not None:
            why = f"{self.route.why}; over SSH, because {detour.because}"
            self.route = msgspec.structs.replace(self.route, layer=detour.layer, why=why)

    def answer(
        self,
        status: Status,
        text: str,
        *,
        error: ErrorBody | None = None,
        choices: tuple[Choice, ...] = (),
        confirmation: Confirmation | None = None,
        body: dict[str, Any] | None = None,
    ) -> QueryResponse:
        """Close the trail with an answer."""
        self.timings.total = self.elapsed_ms()
        return QueryResponse(
            query_id=self.asked.query_id,
            status=status,
            answer=text,
            data=body or {},
            route=self.route,
            frame=self.frame,
            mode=self.mode,
            complexity=self.complexity,
            confirmation=confirmation,
            choices=choices,
            layers_woken=tuple(self.woken),
            timings_ms=self.timings,
            error=error,
        )

    def refuse(self, error: ErrorBody, *, choices: tuple[Choice, ...] = ()) -> QueryResponse:
        """Close the trail with a refusal."""
        return self.answer("refused", error.message, error=error, choices=choices)

    def preview(self, plan: Plan) -> QueryResponse:
        """Close the trail with what would have been done."""
        would = msgspec.to_builtins(plan.preview)
        titles = (("what", "Would"), ("on", "On"), ("blast_radius", "Touches"), ("undo", "Undo"))
        shown = titles[:2] if plan.preview.unchanged else titles
        columns = [{"key": key, "title": title} for key, title in shown if would.get(key)]
        facts = {one["key"]: would[one["key"]] for one in columns}
        text = f"Dry run, nothing was done: {plan.preview.what or plan.tool}"
        return self.answer("done", text, body={"dry_run": True, "facts": facts, "columns": columns})

    def fail(self, error: CortexError) -> QueryResponse:
        """Close the trail with what went wrong; when the time is over, with that."""
        body = body_of(error)
        if self.left_s() <= 0:
            allowed_ms = (self.asked.deadline - self.asked.began) * 1000
            message = f"There was no answer within {allowed_ms:.0f} ms: {error.message}."
            body = ErrorBody(code="timeout", message=message, hint="allow more time for it")
        return self.answer("failed", body.message, error=body)

    def conclude(self, outcome: Outcome) -> QueryResponse:
        """Close the trail with what came of a call."""
        self.timings.execute += outcome.execute_ms
        self.timings.verify += outcome.verify_ms
        response = self.answer(
            outcome.status, outcome.answer, error=outcome.error, body=outcome.data
        )
        response.undo = outcome.undo
        return response


def unheard(_progress: Progress) -> None:
    """Tell nobody how far a query is."""


def trail_of(asked: Asked, notify: Notify = unheard) -> Trail:
    """Begin the trail of a query, on the clock of the event loop that runs."""
    return Trail(asked=asked, clock=asyncio.get_running_loop().time, notify=notify)


def shown_arguments(proposal: Proposal) -> dict[str, Any]:
    """Show a call's arguments, its secrets hidden."""
    secrets = resolve_tool(proposal.tool).secrets
    return {name: "…" if name in secrets else one for name, one in proposal.arguments.items()}


def would_be(proposals: Sequence[Proposal]) -> str:
    """Say what calls would do: a wish that something is not done looks for what waits to do it."""
    if all(one.arguments.get("unwanted") for one in proposals):
        return "Nothing would be done; that would look for timers that wait to do it"
    return f"That would be {' or '.join(one.tool for one in proposals)}"
