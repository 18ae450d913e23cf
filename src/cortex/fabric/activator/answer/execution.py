"""Have calls planned and performed by the layers, whatever happens to a layer or a reply.

A write carries a grant with a nonce: a fresh one, or that of a write which may be asked for again.
When its reply is lost the same request goes out again with the same nonce, which makes the layer
read back instead of writing; a second nonce is never made for one yes.

What `flow` needs of others beside this way stands here too, as `Timing` and `Traces`: those who do
what has a time, and who account for answers. Neither is done here.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import msgspec

from cortex.errors import BadAnswer, Conflict, CortexError, LostReply, Unavailable, Unreachable
from cortex.fabric.activator.access.leave import WriteLeave
from cortex.fabric.activator.answer.asked import Once, Trail
from cortex.fabric.activator.answer.choosing import Candidate
from cortex.fabric.activator.layers.calls import LayerCalls
from cortex.fabric.activator.layers.processes import Awake
from cortex.fabric.activator.schedule import Schedule
from cortex.fabric.messages import (
    ErrorBody,
    ExecuteRequest,
    Grant,
    Known,
    Outcome,
    Plan,
    PlanReply,
    PlanRequest,
    QueryResponse,
    Status,
)
from cortex.fabric.messages.grants import sign
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.timing.when import Timed

_TRIES = 4
_PAUSE_S = 0.2
_KEEP_BACK_S = 0.5
"""Kept of the time that is left, so that the layer's own "unverified" arrives before we give up."""
_GRANT_SLACK_S = 60.0
_LOST = ErrorBody(
    code="lost_reply",
    message="The call was sent and its reply never came: it may have taken effect.",
    hint="it was not sent again; look how things are before you ask once more",
)

_RECORDED = frozenset({Conflict.code, "not_applied"})
"""The codes of failures that tell how the call itself ended, not how looking for it did."""


class Layers(Protocol):
    """Where layers come from."""

    def claim(self, layer: str, deadline: float) -> AbstractAsyncContextManager[Awake]:
        """Hold a layer, woken if it sleeps, until the block ends."""

    def wait_for(self, layer: str) -> float | None:
        """Guess how many seconds a claim would wait; None when it need not wait."""


@dataclass(frozen=True, slots=True)
class Leave:
    """A nonce, which only reads back when used again, and until when it may be used first."""

    nonce: str
    expires_at: float
    """Unix seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A plan to perform, and on which layer; a write needs leave."""

    plan: Plan
    layer: str
    writes: bool
    schedule: Schedule | None = None
    """When it is done and taken back, where that is not at once and for good."""
    leave: Leave | None = None
    """The leave to use, where a fresh one is not meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a layer is given for a call besides the call."""

    known: Known | None = None
    """What is remembered of the site."""
    share: float = 1.0
    """The part of the time left that it may take, so that some is left for another way."""


_ALL = Terms()


class Way(Protocol):
    """The way to those who answer tools."""

    async def plan(self, proposal: Proposal, trail: Trail) -> PlanReply:
        """Have one proposed call planned."""

    async def perform(self, work: Work, trail: Trail) -> Outcome:
        """Perform a plan, and say what came of it."""


class Timing(Protocol):
    """What does orders that have a time, and knows what is promised for later."""

    async def timed(
        self, candidates: tuple[Candidate, ...], time: Timed, trail: Trail
    ) -> tuple[Candidate, ...] | ErrorBody:
        """Return calls with their time.

        Raises:
            Malformed: the moment is past, too soon or too far away.

        """

    async def work(self, candidate: Candidate, plan: Plan, trail: Trail) -> Work:
        """Return what is to be done, with every moment said in its preview.

        Raises:
            Malformed: a moment is past, too soon or too far away.

        """

    async def perform(self, work: Work, schedule: Schedule, trail: Trail) -> Outcome:
        """Do what has a time, or keep it for later."""

    async def standing(self, plan: Plan) -> str:
        """Say what is so already, and what will end it."""

    async def after(self, plan: Plan, outcome: Outcome, who: str) -> Outcome:
        """Let go of what waits for the same thing, once it was changed by hand."""


class Traces(Protocol):
    """Where an answer leaves its traces."""

    async def settle(self, trail: Trail, answering: Awaitable[QueryResponse]) -> QueryResponse:
        """Wait for an answer and account for it, also when it is an error."""

    def wrote(self, trail: Trail, plan: Plan, *, status: Status, error: str) -> None:
        """Note what came of a write."""


def asked_again(plan: Plan, layer: str, why: str) -> Proposal:
    """Return the call of a plan as one to plan anew, of the site that it was planned for."""
    return Proposal(
        tier="keyword",
        tool=plan.tool,
        layer=layer,
        arguments={**plan.arguments, "site": plan.site},
        confidence=1.0,
        why=why,
    )


class _NoLeave(Exception):
    """Nothing may be written any more."""

    def __init__(self, why: ErrorBody) -> None:
        super().__init__(why.message)
        self.why = why


class Execution:
    """The way to the layers."""

    def __init__(
        self,
        layers: Layers,
        calls: LayerCalls,
        *,
        leave: WriteLeave,
        grant_key: bytes,
        now: Callable[[], float],
    ) -> None:
        self._layers = layers
        self._calls = calls
        self._leave = leave
        self._grant_key = grant_key
        self._now = now

    async def plan(self, proposal: Proposal, trail: Trail, terms: Terms = _ALL) -> PlanReply:
        """Have one proposed call planned.

        Raises:
            Unavailable: the layer did not wake, or went away each time it was asked.
            BrokenContract: its answer makes no sense.

        """
        asked = trail.asked
        arguments = dict(proposal.arguments)
        request = PlanRequest(
            query_id=asked.query_id,
            tool=proposal.tool,
            site=str(arguments.pop("site", "") or asked.site),
            arguments=arguments,
            asker=asked.asker,
            known=terms.known,
        )
        turn = 1
        while True:
            try:
                return await self._ask(proposal.layer, request, trail, terms.share)
            except (LostReply, Unreachable) as error:
                if turn == _TRIES or trail.left_s() <= _pause_after(error):
                    raise
                await asyncio.sleep(_pause_after(error))
                turn += 1

    async def perform(self, work: Work, trail: Trail, terms: Terms = _ALL) -> Outcome:
        """Perform a plan, and say what came of it.

        Raises:
            Unavailable: nothing was sent: the layer did not wake, or is gone.
            BrokenContract: a read's answer makes no sense.

        """
        grant = self._grant(work, trail) if work.writes else None
        sent, turn = False, 1
        while True:
            try:
                outcome = await self._send(work, grant, trail, terms)
                return _doubted(outcome) if sent else outcome
            except _NoLeave as stop:
                return _unknown() if sent else _refused(stop.why)
            except (BadAnswer, Unavailable) as error:
                sent = sent or (work.writes and isinstance(error, BadAnswer | LostReply))
                pause = _pause_after(error)
                again = sent or isinstance(error, LostReply | Unreachable)
                if not again or turn == _TRIES or trail.left_s() <= pause:
                    if sent:
                        return _unknown()
                    raise
                await asyncio.sleep(pause)
                turn += 1

    async def _ask(self, layer: str, request: PlanRequest, trail: Trail, share: float) -> PlanReply:
        async with self._held(layer, trail) as awake:
            trail.stage("plan", f"looking up what {request.tool} is about", layer=layer)
            left = trail.left_s() * share
            request = msgspec.structs.replace(request, deadline_ms=_layers_share_ms(left))
            return await self._calls.plan(awake.url, request, timeout_s=left)

    async def _send(self, work: Work, grant: Grant | None, trail: Trail, terms: Terms) -> Outcome:
        async with self._held(work.layer, trail) as awake:
            # The last moment: between here and the sending nothing is awaited.
            if work.writes and (why := self._leave.why_not()):
                raise _NoLeave(why)
            left = trail.left_s() * terms.share
            request = ExecuteRequest(
                query_id=trail.asked.query_id,
                plan=work.plan,
                grant=grant,
                deadline_ms=_layers_share_ms(left),
                known=terms.known,
            )
            trail.stage("execute", f"carrying out {work.plan.tool}", layer=work.layer)
            return await self._calls.execute(awake.url, request, timeout_s=left)

    @asynccontextmanager
    async def _held(self, layer: str, trail: Trail) -> AsyncIterator[Awake]:
        if (wait := self._layers.wait_for(layer)) is not None:
            usually = f" (about {wait:.1f} s)" if wait else ""
            trail.stage("wake", f"waking {layer}{usually}", layer=layer)
        async with self._layers.claim(layer, trail.asked.deadline) as awake:
            if awake.woke:
                trail.woke(layer, waited_ms=awake.wake_ms)
            yield awake

    def _grant(self, work: Work, trail: Trail) -> Grant:
        leave = work.leave or self._leave_of(trail)
        unsigned = Grant(
            digest=work.plan.digest,
            nonce=leave.nonce,
            principal=trail.asked.principal.name,
            address=trail.asked.address,
            expires_at=leave.expires_at,
            signature="",
        )
        return sign(unsigned, self._grant_key)

    def _leave_of(self, trail: Trail) -> Leave:
        once = trail.asked.once or Once(
            nonce=secrets.token_hex(16), until=self._now() + trail.left_s()
        )
        return Leave(once.nonce, once.until + _GRANT_SLACK_S)


def _pause_after(error: CortexError) -> float:
    """Wait as long as a layer that cannot be had asks for; a lost one is tried again soon."""
    if isinstance(error, LostReply | Unreachable) or not isinstance(error, Unavailable):
        return _PAUSE_S
    return error.retry_after


def _layers_share_ms(left_s: float) -> int:
    """Give a layer nearly all the time that is left."""
    return int(max(left_s - _KEEP_BACK_S, left_s / 2) * 1000)


def _doubted(outcome: Outcome) -> Outcome:
    """Take a failure of the second asking for what it is: it says nothing about the first."""
    error = outcome.error
    if outcome.status != "failed" or (error is not None and error.code in _RECORDED):
        return outcome
    answer = f"{_LOST.message} Looking for it failed: {outcome.answer}"
    return msgspec.structs.replace(outcome, status="unverified", answer=answer, error=_LOST)


def _unknown() -> Outcome:
    return Outcome(status="unverified", answer=_LOST.message, error=_LOST)


def _refused(why: ErrorBody) -> Outcome:
    return Outcome(status="refused", answer=why.message, error=why)
