"""Lead one query from its text to its answer.

The shell around what `routing` decides: it awaits tiers and layers, and after each step asks a pure
part what comes next. A write that was begun is seen through even when its caller leaves.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

import structlog

from cortex.errors import BrokenContract, QueueFull, Unavailable
from cortex.fabric.activator.access.leave import WriteLeave
from cortex.fabric.activator.answer.asked import Trail, shown_arguments
from cortex.fabric.activator.answer.candidates import Candidate, sift
from cortex.fabric.activator.answer.choosing import Chosen, Open, Planned, choose
from cortex.fabric.activator.answer.confirmations import Confirmations, Paused
from cortex.fabric.activator.answer.execution import Execution, Work
from cortex.fabric.activator.answer.judgement import needs_yes, objection, objection_to_targets
from cortex.fabric.activator.answer.reading import understand
from cortex.fabric.activator.answer.tiers import Adviser, routes
from cortex.fabric.activator.journal import Journal
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import Confirmation, ErrorBody, Plan, QueryResponse
from cortex.fabric.routing.cascade import Tier
from cortex.fabric.routing.frame import Frame

_log = structlog.get_logger()
_CLOSING_S = 10.0
_ANSWERS_ONLY = ErrorBody(
    code="mode",
    message="In the mode llm I only answer, so nothing was done.",
    hint="leave `mode` out, or ask in the mode agent",
)
_DECLINED = ErrorBody(code="declined", message="Nothing was changed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """When a write waits for a yes, and for how long."""

    unasked: bool
    confirm_ttl_s: float


class Answers:
    """Everything that answering needs, wired once."""

    def __init__(
        self,
        *,
        tiers: Mapping[Tier, Adviser],
        execution: Execution,
        leave: WriteLeave,
        journal: Journal,
        asking: Asking,
        now: Callable[[], float],
    ) -> None:
        self._tiers = tiers
        self._execution = execution
        self._leave = leave
        self._journal = journal
        self._asking = asking
        self._now = now
        self._confirmations = Confirmations(now)
        self._writing: set[asyncio.Task[QueryResponse]] = set()

    async def query(self, trail: Trail) -> QueryResponse:
        """Answer a query.

        Raises:
            QueueFull: too many wait for the layer that it needs.

        """
        try:
            return await self._query(trail)
        except QueueFull:
            raise
        except (Unavailable, BrokenContract) as error:
            return trail.fail(error)

    async def confirm(self, token: str, *, yes: bool, trail: Trail) -> QueryResponse:
        """Replay a paused call exactly, or drop it.

        Raises:
            Conflict: the token is unknown, was used, or has expired.
            NotAllowed: somebody else asked.
            QueueFull: too many wait for the layer; the token stays good.

        """
        paused = self._confirmations.take(token, trail.asked.principal)
        trail.asked = replace(trail.asked, query_id=paused.query_id)
        trail.route = paused.route
        if not yes:
            return trail.refuse(_DECLINED)
        if objected := self._objection(paused.plan, trail):
            return trail.refuse(objected)
        work = Work(plan=paused.plan, layer=paused.layer, writes=True)
        try:
            return await self._perform(work, trail)
        except Unavailable as error:
            self._confirmations.restore(token, paused)
            if isinstance(error, QueueFull):
                raise
            return trail.fail(error)

    async def explain(self, trail: Trail) -> QueryResponse:
        """Say which way a query would take; nothing is woken, looked up or done."""
        _, sifted = await self._routed(trail)
        if isinstance(sifted, Open):
            return _opened(sifted, trail)
        first = sifted[0]
        trail.follow(first.proposal)
        if objected := self._unfit(first, trail):
            return trail.refuse(objected)
        calls = [_described(one, unasked=self._asking.unasked) for one in sifted]
        names = " or ".join(one.tool.name for one in sifted)
        return trail.answer("done", f"That would be {names}.", body={"proposals": calls})

    async def close(self) -> None:
        """Give every write that was begun a little time to come to its end.

        What takes longer was sent, and the layer has it on its disk.
        """
        if self._writing:
            await asyncio.wait(self._writing, timeout=_CLOSING_S)

    async def _query(self, trail: Trail) -> QueryResponse:
        frame, sifted = await self._routed(trail)
        if isinstance(sifted, Open):
            return _opened(sifted, trail)
        for candidate in sifted:
            trail.follow(candidate.proposal)
            if objected := self._unfit(candidate, trail):
                return trail.refuse(objected)
        return await self._settle(sifted, frame, trail)

    async def _routed(self, trail: Trail) -> tuple[Frame, tuple[Candidate, ...] | Open]:
        frame = understand(trail)
        found = await routes(frame, complexity=trail.score, tiers=self._tiers)
        sifted = sift(frame, found)
        trail.timings.route = trail.elapsed_ms()
        return frame, sifted

    def _unfit(self, candidate: Candidate, trail: Trail) -> ErrorBody | None:
        asked = trail.asked
        if asked.mode == "llm" and candidate.tool.writes:
            return _ANSWERS_ONLY
        return objection(
            candidate.tool,
            asked.principal,
            no_leave=self._leave.why_not(),
            dry_run=asked.dry_run,
        )

    async def _settle(
        self, candidates: tuple[Candidate, ...], frame: Frame, trail: Trail
    ) -> QueryResponse:
        planned = [
            Planned(one.proposal, await self._execution.plan(one.proposal, trail))
            for one in candidates
        ]
        match choose(tuple(planned), frame):
            case Open() as unsettled:
                return _opened(unsettled, trail)
            case Chosen(proposal, plan):
                chosen = next(one for one in candidates if one.proposal is proposal)
                trail.follow(proposal)
                return await self._act(chosen, plan, trail)
            case unexpected:
                assert_never(unexpected)

    async def _act(self, candidate: Candidate, plan: Plan, trail: Trail) -> QueryResponse:
        if error := objection_to_targets(plan, trail.asked.principal):
            return trail.refuse(error)
        if trail.asked.dry_run:
            return trail.preview(plan)
        writes = candidate.tool.writes
        if writes and needs_yes(candidate, plan, unasked=self._asking.unasked):
            return self._pause(candidate, plan, trail)
        work = Work(plan=plan, layer=candidate.proposal.layer, writes=writes)
        return await self._perform(work, trail)

    def _pause(self, candidate: Candidate, plan: Plan, trail: Trail) -> QueryResponse:
        expires_at = self._now() + self._asking.confirm_ttl_s
        asked, route = trail.asked, trail.follow(candidate.proposal)
        token = self._confirmations.pause(
            Paused(
                query_id=asked.query_id,
                principal=asked.principal.name,
                layer=candidate.proposal.layer,
                plan=plan,
                route=route,
                expires_at=expires_at,
            )
        )
        confirmation = Confirmation(token=token, expires_at=expires_at, preview=plan.preview)
        return trail.answer("confirm", f"{plan.preview.what} Shall I?", confirmation=confirmation)

    async def _perform(self, work: Work, trail: Trail) -> QueryResponse:
        if not work.writes:
            return trail.conclude(await self._execution.perform(work, trail))
        # What was begun must be known to the end: a caller who leaves does not end it.
        task = asyncio.ensure_future(self._write(work, trail))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    async def _write(self, work: Work, trail: Trail) -> QueryResponse:
        response = trail.conclude(await self._execution.perform(work, trail))
        told = {
            "query_id": trail.asked.query_id,
            "principal": trail.asked.principal.name,
            "tool": work.plan.tool,
            "targets": [target.id for target in work.plan.targets],
            "status": response.status,
        }
        self._journal.add("write", **told)
        _log.info("write", **told)
        return response

    def _objection(self, plan: Plan, trail: Trail) -> ErrorBody | None:
        principal, tool = trail.asked.principal, resolve_tool(plan.tool)
        no_leave = self._leave.why_not()
        if no_leave or not principal.may_use(tool.name):
            return objection(tool, principal, no_leave=no_leave, dry_run=False)
        return objection_to_targets(plan, principal)


def _described(candidate: Candidate, *, unasked: bool) -> dict[str, Any]:
    tool, proposal = candidate.tool, candidate.proposal
    free = unasked and tool.unasked and candidate.exact and not proposal.needs_confirmation
    return {
        "tool": tool.name,
        "risk": tool.risk,
        "layer": proposal.layer,
        "arguments": shown_arguments(proposal),
        "confidence": proposal.confidence,
        "why": proposal.why,
        "needs_yes": tool.writes and not free,
    }


def _opened(unsettled: Open, trail: Trail) -> QueryResponse:
    if unsettled.proposal is not None:
        trail.follow(unsettled.proposal)
    return trail.answer(
        unsettled.status, unsettled.text, error=unsettled.error, choices=unsettled.choices
    )
