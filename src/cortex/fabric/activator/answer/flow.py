"""Lead one query from its text to its answer.

The shell around what `routing` decides: it awaits tiers and layers, and after each step asks a pure
part what comes next. A write that was begun is seen through even when its caller leaves.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar, assert_never

import msgspec

from cortex.errors import BrokenContract, CortexError, Malformed, QueueFull, Unavailable
from cortex.fabric.activator.access.leave import WriteLeave
from cortex.fabric.activator.access.principal import Holder
from cortex.fabric.activator.answer.asked import Trail, shown_arguments, would_be
from cortex.fabric.activator.answer.candidates import sift
from cortex.fabric.activator.answer.choosing import (
    Candidate,
    Chosen,
    Open,
    Planned,
    about_time,
    choose,
    turned,
    with_time,
)
from cortex.fabric.activator.answer.confirmations import (
    DECLINED,
    Confirmations,
    Paused,
    Reference,
    nonce_of,
    reference_of,
)
from cortex.fabric.activator.answer.conversing.conversation import (
    Conversing,
    held,
    recalled,
    strayed,
)
from cortex.fabric.activator.answer.execution import Leave, Timing, Traces, Way, Work
from cortex.fabric.activator.answer.judgement import (
    SECRET,
    may_go_unasked,
    needs_yes,
    objection,
    objection_to_targets,
)
from cortex.fabric.activator.answer.offers.readings import ask_back
from cortex.fabric.activator.answer.reading import note_onward, noted, understand, unread_time
from cortex.fabric.activator.answer.tiers import Tiers, routes
from cortex.fabric.activator.schedule import objection_to_time, unclear, untimed
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import Confirmation, ErrorBody, Outcome, Plan, QueryResponse
from cortex.fabric.messages.failures import body_of
from cortex.fabric.routing.complexity import DEFAULT_WEIGHTS, Weights
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.timing.when import Timed, Unclear

_Result = TypeVar("_Result")
_CLOSING_S = 10.0
_ANSWERS_ONLY = ErrorBody(
    code="mode",
    message="In the mode llm I only answer, so nothing was done.",
    hint="leave `mode` out, or ask in the mode agent",
)


async def _nothing() -> None:
    """Have nothing to give back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """When a write waits for a yes, where and for how long; and what makes a query hard."""

    unasked: bool
    confirm_ttl_s: float
    confirmations: Confirmations
    conversing: Conversing
    own: Mapping[str, Way]
    """What answers the tools of the activator itself, by layer."""
    timers: Timing
    weights: Weights = DEFAULT_WEIGHTS


class Answers:
    """Everything that answering needs, wired once."""

    def __init__(
        self,
        *,
        tiers: Tiers,
        execution: Way,
        leave: WriteLeave,
        accounts: Traces,
        asking: Asking,
        now: Callable[[], float],
    ) -> None:
        self._tiers = tiers
        self._execution = execution
        self._leave = leave
        self._accounts = accounts
        self._asking = asking
        self._now = now
        self._confirmations = asking.confirmations
        self._writing: set[asyncio.Task[Any]] = set()

    async def query(self, trail: Trail) -> QueryResponse:
        """Answer a query.

        Raises:
            QueueFull: too many wait for the layer that it needs.

        """
        question = await self._asking.conversing.fill_in(trail)
        frame, complexity = understand(trail, self._asking.weights)
        response = _opened(question, trail) if question else await self._answer(frame, trail)
        note_onward(response, frame, complexity)
        await self._asking.conversing.keep(trail, response)
        return response

    async def confirm(self, token: str, *, yes: bool, trail: Trail) -> QueryResponse:
        """Replay a paused call exactly, or drop it.

        Raises:
            Conflict: the token is unknown, was used, or has expired.
            NotAllowed: somebody else asked.
            Unavailable: it cannot be told now what the token stands for; it stays good.
            QueueFull: too many wait for the layer; the token stays good.

        """
        return await self.confirm_kept(reference_of(token), yes=yes, trail=trail)

    async def confirm_kept(self, reference: Reference, *, yes: bool, trail: Trail) -> QueryResponse:
        """Do the same for a call that is known by what it is kept under, and raise the same."""
        paused = await self._confirmations.take(reference, trail.asked.principal)
        trail.asked = replace(
            trail.asked,
            query_id=paused.query_id,
            conversation_id=paused.conversation_id,
            asked_by=Holder(paused.principal, paused.identity),
            yes=reference,
        )
        trail.route, trail.lesson, trail.plan = paused.route, paused.lesson, paused.plan
        response = await self._answered_yes(reference, paused, trail) if yes else None
        response = response or trail.refuse(DECLINED)
        await self._asking.conversing.keep(trail, response)
        return response

    async def _answered_yes(
        self, reference: Reference, paused: Paused, trail: Trail
    ) -> QueryResponse:
        if objected := self._objection(paused.plan, trail):
            return trail.refuse(objected)
        leave = Leave(nonce_of(reference), paused.expires_at + trail.left_s())
        when = paused.schedule
        work = Work(plan=paused.plan, layer=paused.layer, writes=True, schedule=when, leave=leave)
        give_back = partial(self._confirmations.restore, reference, paused)
        try:
            return await self._write(work, trail, give_back)
        except QueueFull:
            raise
        except Unavailable as error:
            return trail.fail(error)

    async def explain(self, trail: Trail) -> QueryResponse:
        """Say which way a query would take; nothing is planned, done or learned."""
        question = await self._asking.conversing.fill_in(trail)
        frame, complexity = understand(trail, self._asking.weights)
        if question:
            return _opened(question, trail)
        candidates = await self._candidates(frame, trail)
        if isinstance(candidates, QueryResponse):
            note_onward(candidates, frame, complexity)
            return candidates
        calls = [_described(one, unasked=self._asking.unasked) for one in candidates]
        would = would_be([one.proposal for one in candidates])
        time = trail.time.words if isinstance(trail.time, Timed) else ()
        said = " ".join((would, *(f"({one})" for one in time)))
        return trail.answer("done", f"{said}.", body={"proposals": calls, "time": list(time)})

    async def close(self) -> None:
        """Give every write that was begun a little time to come to its end.

        What takes longer was sent, and the layer has it on its disk.
        """
        if self._writing:
            await asyncio.wait(self._writing, timeout=_CLOSING_S)

    async def _answer(self, frame: Frame, trail: Trail) -> QueryResponse:
        try:
            candidates = await self._candidates(frame, trail)
            if isinstance(candidates, QueryResponse):
                return candidates
            return await self._settle(candidates, frame, trail)
        except QueueFull:
            raise
        except Malformed as error:
            return trail.refuse(body_of(error))
        except (Unavailable, BrokenContract) as error:
            return trail.fail(error)

    async def _candidates(
        self, frame: Frame, trail: Trail
    ) -> tuple[Candidate, ...] | QueryResponse:
        """Find the calls that the query may mean and that may be asked for, or answer it."""
        if isinstance(trail.time, Unclear):
            return trail.refuse(unclear(trail.time))
        sifted = recalled(frame, trail) or await self._routed(frame, trail)
        trail.timings.route = trail.elapsed_ms()
        if isinstance(sifted, Open):
            return _opened(sifted, trail)
        candidates = held(sifted, trail)
        for candidate in reversed(candidates):
            trail.follow(candidate.proposal)
            if objected := self._unfit(candidate, frame, trail):
                return trail.refuse(objected)
        return candidates

    async def _routed(self, frame: Frame, trail: Trail) -> tuple[Candidate, ...] | Open:
        found = await routes(frame, trail, self._tiers)
        return ask_back(found.readings, self._tiers.rules.propose, frame) or sift(frame, found)

    def _unfit(self, candidate: Candidate, frame: Frame, trail: Trail) -> ErrorBody | None:
        asked = trail.asked
        if not asked.secrets and candidate.tool.secrets:
            return SECRET
        if asked.mode == "llm" and candidate.tool.writes:
            return _ANSWERS_ONLY
        if trail.time is not None and (untimely := objection_to_time(candidate.tool, trail.time)):
            return untimely
        if unread := unread_time(candidate, frame):
            return unclear(unread)
        return objection(
            candidate.tool,
            asked.principal,
            no_leave=self._no_leave(candidate.tool),
            dry_run=asked.dry_run,
        )

    def _no_leave(self, tool: Tool) -> ErrorBody | None:
        """Say why nothing of the network may be changed; our own tools change nothing of it."""
        return None if tool.layer in self._asking.own else self._leave.why_not()

    def _way(self, layer: str) -> Way:
        return self._asking.own.get(layer, self._execution)

    async def _settle(
        self, candidates: tuple[Candidate, ...], frame: Frame, trail: Trail
    ) -> QueryResponse:
        if isinstance(trail.time, Timed):
            timed = await self._asking.timers.timed(candidates, trail.time, trail)
            if isinstance(timed, ErrorBody):
                return trail.refuse(timed, choices=untimed(trail.time))
            candidates = timed
        planned = [
            Planned(one, await self._way(one.proposal.layer).plan(one.proposal, trail))
            for one in candidates
        ]
        match choose(tuple(planned), frame):
            case Open() as unsettled:
                if unread := about_time(unsettled, frame):
                    return trail.refuse(unclear(unread))
                return _opened(unsettled, trail)
            case Chosen(candidate, plan):
                trail.follow(candidate.proposal)
                trail.plan = plan
                return await self._act(turned(candidate, plan, trail), plan, trail)
            case unexpected:
                assert_never(unexpected)

    async def _act(self, candidate: Candidate, plan: Plan, trail: Trail) -> QueryResponse:
        if error := objection_to_targets(plan, trail.asked.principal) or strayed(plan, trail):
            return trail.refuse(error)
        work = await self._asking.timers.work(candidate, plan, trail)
        trail.plan = plan = work.plan
        if trail.asked.dry_run:
            return trail.preview(plan)
        if not work.writes:
            return noted(trail.conclude(await self._way(work.layer).perform(work, trail)), trail)
        if plan.preview.unchanged:
            # Answered from the plan, so that nothing is sent even if things change just now.
            return trail.answer("done", await self._as_wanted(plan, trail))
        seen = work.schedule is not None and work.schedule.waits_for_yes
        if seen or needs_yes(candidate, plan, unasked=self._asking.unasked):
            return await self._pause(work, trail)
        return await self._write(work, trail)

    async def _pause(self, work: Work, trail: Trail) -> QueryResponse:
        expires_at = self._now() + self._asking.confirm_ttl_s
        plan, asked = work.plan, trail.asked
        token = await self._confirmations.pause(
            Paused(
                query_id=asked.query_id,
                principal=asked.principal.name,
                identity=asked.principal.identity,
                layer=work.layer,
                plan=plan,
                route=trail.route,
                lesson=trail.lesson,
                conversation_id=asked.conversation_id,
                schedule=work.schedule,
                expires_at=expires_at,
            )
        )
        confirmation = Confirmation(token=token, expires_at=expires_at, preview=plan.preview)
        return trail.answer("confirm", f"{plan.preview.what} Shall I?", confirmation=confirmation)

    async def _write(
        self, work: Work, trail: Trail, give_back: Callable[[], Awaitable[None]] = _nothing
    ) -> QueryResponse:
        """Perform a write to its end, also when its caller leaves: it is accounted for then too.

        `give_back` is called when nothing was sent, so that a yes can be given again.
        """
        writing = self._kept(self._performed(work, trail, give_back))
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            self._kept(self._unheard(trail, writing))
            raise

    async def _performed(
        self, work: Work, trail: Trail, give_back: Callable[[], Awaitable[None]]
    ) -> QueryResponse:
        try:
            response = trail.conclude(await self._carried_out(work, trail))
        except Unavailable as error:
            await give_back()
            self._accounts.wrote(trail, work.plan, status="failed", error=error.code)
            raise
        if work.schedule is not None and work.schedule.later:
            return response
        trail.lesson.performed = work.plan
        error_code = response.error.code if response.error else ""
        self._accounts.wrote(trail, work.plan, status=response.status, error=error_code)
        return response

    async def _as_wanted(self, plan: Plan, trail: Trail) -> str:
        timed = isinstance(trail.time, Timed)
        return plan.preview.what if timed else await self._asking.timers.standing(plan)

    async def _carried_out(self, work: Work, trail: Trail) -> Outcome:
        if work.layer in self._asking.own:
            return await self._way(work.layer).perform(work, trail)
        if work.schedule is None:
            outcome = await self._execution.perform(work, trail)
            who = trail.asked.principal.name
            return await self._asking.timers.after(work.plan, outcome, who)
        return await self._asking.timers.perform(work, work.schedule, trail)

    async def _unheard(self, trail: Trail, writing: asyncio.Future[QueryResponse]) -> None:
        """Account for an answer that nobody waits for any more."""
        with contextlib.suppress(CortexError):
            await self._accounts.settle(trail, writing)

    def _kept(self, work: Coroutine[Any, Any, _Result]) -> asyncio.Task[_Result]:
        """Start what closing waits for."""
        task = asyncio.ensure_future(work)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return task

    def _objection(self, plan: Plan, trail: Trail) -> ErrorBody | None:
        principal, tool = trail.asked.principal, resolve_tool(plan.tool)
        objected = objection(tool, principal, no_leave=self._no_leave(tool), dry_run=False)
        return objected or objection_to_targets(plan, principal)


def _described(candidate: Candidate, *, unasked: bool) -> dict[str, Any]:
    tool, proposal = candidate.tool, candidate.proposal
    return {
        "tool": tool.name,
        "risk": tool.risk,
        "layer": proposal.layer,
        "arguments": shown_arguments(proposal),
        "confidence": proposal.confidence,
        "why": proposal.why,
        "needs_yes": tool.writes and not may_go_unasked(candidate, unasked=unasked),
    }


def _opened(unsettled: Open, trail: Trail) -> QueryResponse:
    if isinstance(trail.time, Timed):
        unsettled = with_time(unsettled, trail.time)
    if unsettled.proposal is not None:
        trail.follow(unsettled.proposal)
    error = unsettled.error
    if error is not None and trail.passed:
        hint = "; ".join(filter(None, (error.hint, *trail.passed)))
        error = msgspec.structs.replace(error, hint=hint)
    return trail.answer(unsettled.status, unsettled.text, error=error, choices=unsettled.choices)
