"""Perform a plan: reads answer at once; a write is granted, recorded, sent once, and read back.

The order is what keeps the promises. The intent is on the disk before the request leaves, so a
nonce seen again only reads back. A lost reply is never answered by sending again. "Done" is said
only of what was seen to hold, and "failed" never of what may have been sent unanswered.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Final, Generic, Protocol

import msgspec
import structlog

from cortex.errors import BrokenContract, Conflict, CortexError, LostReply, Malformed, NotAllowed
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import check_arguments
from cortex.fabric.execution.change import Change
from cortex.fabric.execution.means import C, Means
from cortex.fabric.execution.perform.apart import Apart, BusyError, things_of
from cortex.fabric.execution.perform.intents import Intents
from cortex.fabric.execution.perform.outcomes import (
    MARGIN_S,
    ended,
    failed,
    late,
    of_answer,
    refused,
    timed,
    unchanged,
    unknown,
    unsent,
)
from cortex.fabric.execution.perform.settling import watch
from cortex.fabric.execution.plan.guard import judge
from cortex.fabric.messages import Asker, ErrorBody, ExecuteRequest, Grant, Outcome, Plan
from cortex.fabric.messages.failures import body_of
from cortex.fabric.messages.grants import WRITES_STOPPED, digest_of_plan, flaw_of
from cortex.fabric.messages.intents import UNSETTLED, Ending, Intent
from cortex.files import LONGEST_S
from cortex.settings.knobs import Guard

_STOPPED: Final = ErrorBody(
    code="writes_stopped",
    message="the operator has stopped all writes; nothing was sent",
    hint="an operator can allow them again",
)
_SAID_S: Final = 0.05
"""Left of the time to say that a thing is busy, or that nothing can be sent."""
_NOTE_S: Final = MARGIN_S / 2
"""How long a note of an outcome may take that comes when the time is over."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Granted:
    """A write with its leave, when it began, and the loop time at which its answer is due."""

    request: ExecuteRequest
    grant: Grant
    due: float
    began: float
    """By the performance counter."""


class Writing(Protocol):
    """What the settings of a layer say of its writes."""

    @property
    def home(self) -> Path:
        """The data folder, where the operator stops all writes."""

    @property
    def guard(self) -> Guard:
        """What no write may touch."""

    @property
    def settle_poll(self) -> timedelta:
        """First pause between two read-backs of a post-condition."""


class Performer(Generic[C]):
    """Performs plans by the means of one layer."""

    def __init__(
        self,
        means: Means[C],
        *,
        intents: Intents,
        settings: Writing,
        clock: Callable[[], float],
        apart: Apart,
    ) -> None:
        self._means = means
        self._served = means.served
        self._intents = intents
        self._guard = settings.guard
        self._poll_s = settings.settle_poll.total_seconds()
        self._stop = settings.home / WRITES_STOPPED
        self._clock = clock
        self._turns: dict[str, asyncio.Lock] = {}
        self._apart = apart
        self._under_way: set[asyncio.Task[Outcome | None]] = set()

    async def execute(self, request: ExecuteRequest, *, grant_key: bytes) -> Outcome:
        """Perform a plan and return what came of it.

        Raises:
            NotAllowed: A write has no leave, or one that was not signed for this call.
            Conflict: The leave has expired, or its nonce was used for another call.
            Malformed: The plan is not one that this layer made.

        """
        tool, began = _checked(self._served.named(request.plan.tool), request.plan), perf_counter()
        due = asyncio.get_running_loop().time() + request.deadline_ms / 1000 - MARGIN_S
        if not tool.writes:
            outcome = await self._read(tool, request, due)
            return timed(outcome, execute_ms=_since(began), verify_ms=0.0)
        grant = _signed(request, grant_key, self._clock())
        await self._intents.refresh()
        self._check_use(grant)
        try:
            return await self._write(tool, _Granted(request, grant, due, began))
        except BusyError as busy:
            outcome = Outcome(status="failed", answer=busy.body.message, error=busy.body)
            return timed(outcome, execute_ms=_since(began), verify_ms=0.0)
        except (CortexError, TimeoutError) as error:
            outcome = self._broken_off(grant, error)
            return timed(outcome, execute_ms=_since(began), verify_ms=0.0)

    def sent(self, nonce: str) -> bool:
        """Tell whether a request may have left under this nonce."""
        intent = self._intents.known(nonce)
        return intent is not None and intent.sends and self._refusal(nonce) is None

    def _check_use(self, grant: Grant) -> None:
        """Check a leave against its time and its nonce; a known nonce may always be read back.

        Raises:
            Conflict: It has expired unused, or was used for another call.

        """
        intent = self._intents.known(grant.nonce)
        if intent is None and self._clock() >= grant.expires_at:
            message = "the grant has expired; nothing was sent"
            raise Conflict(message, hint="ask again and confirm in time")
        if intent is not None and intent.digest != grant.digest:
            message = "the nonce of this grant was used for another call; nothing was sent"
            raise Conflict(message)

    def _refusal(self, nonce: str) -> Ending | None:
        """Return how an intent ended, if it ended without effect."""
        ending = self._intents.ending(nonce)
        return ending if ending is not None and ending.status in {"failed", "refused"} else None

    def _broken_off(self, grant: Grant, error: CortexError | TimeoutError) -> Outcome:
        """Say what an error means: after sending never that it failed."""
        intent = self._intents.known(grant.nonce)
        if intent is None and isinstance(error, Conflict | Malformed):
            raise error
        if ending := self._refusal(grant.nonce):
            return _again(ending)
        sends = intent is not None and intent.sends
        if isinstance(error, CortexError):
            return unknown(body_of(error)) if sends else failed(error)
        message = f"{self._served.asked} did not answer in time"
        return unknown(late(message).error) if sends else late(f"{message}; nothing was sent")

    async def _call(self, tool: Tool, request: ExecuteRequest) -> C:
        plan = request.plan
        scene = await self._means.scene(plan.site, fresh=False, known=request.known)
        return scene.call(tool, plan.arguments, plan.targets, now=self._clock())

    async def _read(self, tool: Tool, request: ExecuteRequest, due: float) -> Outcome:
        try:
            async with asyncio.timeout_at(due):
                call = await self._call(tool, request)
                return of_answer(call, await self._served.reads[tool.name](call))
        except CortexError as error:
            return failed(error)
        except TimeoutError:
            return late(f"{self._served.asked} did not answer within the deadline")

    async def _write(self, tool: Tool, granted: _Granted) -> Outcome:
        change, nonce = self._served.changes[tool.name], granted.grant.nonce
        async with AsyncExitStack() as held:
            async with asyncio.timeout_at(granted.due):
                await held.enter_async_context(self._intents.holding(nonce))
                known = self._intents.known(nonce)
                if known is None:
                    things = things_of(tool.name, granted.request.plan.targets)
                    alone = self._apart.alone(things, tool, until=granted.due - _SAID_S)
                    await held.enter_async_context(alone)
                call = await self._call(tool, granted.request)
                ready = known or await self._prepare(change, call, granted)
            if isinstance(ready, Outcome):
                return timed(ready, execute_ms=_since(granted.began), verify_ms=0.0)
            if known is None and await self._claimed(ready, granted.due):
                return _since_then(ready, await self._carry_out(change, call, ready, granted))
            self._check_use(granted.grant)
            intent = self._intents.known(nonce) or ready
            return _since_then(intent, await self._read_back(change, call, intent, granted))

    async def _claimed(self, intent: Intent, due: float) -> bool:
        left = due - _SAID_S - asyncio.get_running_loop().time()
        return await self._intents.claim(intent, wait_s=min(left, LONGEST_S))

    async def _noted(self, intent: Intent, *, status: str, answer: str, due: float) -> None:
        """Note what came of an intent, without letting the answer be late for that."""
        left = due - asyncio.get_running_loop().time()
        wait_s = max(_NOTE_S, min(left, LONGEST_S))
        await self._intents.end(intent.nonce, status=status, answer=answer, wait_s=wait_s)

    async def _prepare(self, change: Change[C], call: C, granted: _Granted) -> Outcome | Intent:
        """Judge and look once more; return what to write down, or the outcome that ends it here."""
        plan, grant = granted.request.plan, granted.grant
        asker = Asker(principal=grant.principal, address=grant.address)
        guard = self._means.guarding(self._guard)
        verdict = await judge(guard, plan, asker, call.inventory)
        if verdict.error is not None:
            return refused(verdict.error)
        before = await change.look(call)
        if objection := change.objection(call, before):
            return refused(ErrorBody(code="premise", message=objection))
        sends = plan.preview.again or not change.held_before(call, before)
        if sends and plan.preview.unchanged:
            return refused(_OTHERWISE)
        return Intent(
            nonce=grant.nonce,
            digest=grant.digest,
            tool=plan.tool,
            site=plan.site,
            targets=tuple(target.id for target in plan.targets),
            names=tuple(target.name for target in plan.targets),
            principal=grant.principal,
            query_id=granted.request.query_id,
            recorded_at=self._clock(),
            expires_at=grant.expires_at,
            sends=sends,
            before=dict(before),
        )

    async def _carry_out(
        self, change: Change[C], call: C, intent: Intent, granted: _Granted
    ) -> Outcome:
        """Send the one request of a write that was written down, and read back what came of it."""
        if not intent.sends:
            outcome = unchanged(change, call)
            return timed(outcome, execute_ms=_since(granted.began), verify_ms=0.0)
        try:
            lost = await self._send(change, call, granted.due)
            execute_ms, looking = _since(granted.began), perf_counter()
            if isinstance(lost, Outcome):
                outcome = timed(lost, execute_ms=execute_ms, verify_ms=0.0)
            else:
                outcome = await self._settled(
                    change, call, before=intent.before, due=granted.due, lost=lost
                )
                outcome = timed(outcome, execute_ms=execute_ms, verify_ms=_since(looking))
        finally:
            self._means.forget(call)
        said = outcome.answer
        await self._noted(intent, status=outcome.status, answer=said, due=granted.due)
        return outcome

    async def _send(self, change: Change[C], call: C, due: float) -> Outcome | bool:
        """Send a request in its turn; return whether its reply was lost, or why there is none.

        A request that is under way when the time is over keeps its turn until it has ended, so
        that the next change of the same list, or thing, does not read what this one is about to
        replace.
        """
        begun = asyncio.Event()
        sending = asyncio.create_task(self._in_turn(change, call, begun))
        self._under_way.add(sending)
        sending.add_done_callback(self._under_way.discard)
        try:
            await asyncio.wait({sending}, timeout=due - asyncio.get_running_loop().time())
            if not begun.is_set() and not sending.done():
                return late("other writes took too long; nothing was sent")
            if not sending.done():
                sending.add_done_callback(_note_late)
                return True
            return sending.result() or False
        except (LostReply, BrokenContract) as error:
            _log.warning("the reply was lost", tool=call.tool.name, error=error.message)
            return True
        except CortexError as error:
            return failed(error)
        finally:
            if not begun.is_set():
                sending.cancel()

    async def _in_turn(self, change: Change[C], call: C, begun: asyncio.Event) -> Outcome | None:
        async with self._turns.setdefault(call.site_name, asyncio.Lock()):
            if self._stop.exists():
                return refused(_STOPPED)
            begun.set()
            _log.info("sending", tool=call.tool.name, targets=[one.id for one in call.targets])
            with self._apart.longer(things_of(call.tool.name, call.targets)):
                await change.send(call)
            return None

    async def _settled(
        self, change: Change[C], call: C, *, before: dict[str, object], due: float, lost: bool
    ) -> Outcome:
        left = max(0.0, due - asyncio.get_running_loop().time())
        settle = float(call.tool.settles_in_s)
        watched = await watch(change, call, before, seconds=min(settle, left), poll_s=self._poll_s)
        whole, asked = settle <= left, self._served.asked
        return await ended(change, watched, asked=asked, lost=lost, whole=whole, until=due)

    async def _read_back(
        self, change: Change[C], call: C, intent: Intent, granted: _Granted
    ) -> Outcome:
        """Answer a nonce that was seen before, without sending anything."""
        if refusal := self._refusal(intent.nonce):
            return _again(refusal)
        began, ending = perf_counter(), self._intents.ending(intent.nonce)
        if not intent.sends:
            watched = await watch(change, call, intent.before, seconds=0.0, poll_s=self._poll_s)
            return timed(unsent(change, watched), execute_ms=0.0, verify_ms=_since(began))
        lost = ending is None or ending.status == UNSETTLED
        due = granted.due if lost else 0.0
        outcome = await self._settled(change, call, before=intent.before, due=due, lost=lost)
        if ending is None or (lost and outcome.status == "done"):
            status = "done" if outcome.status == "done" else UNSETTLED
            await self._noted(intent, status=status, answer=outcome.answer, due=granted.due)
        return timed(outcome, execute_ms=0.0, verify_ms=_since(began))


_OTHERWISE: Final = ErrorBody(
    code="premise",
    message="this was planned as already so, and is not so any more; nothing was sent",
    hint="ask again",
)


def _note_late(sending: asyncio.Task[Outcome | None]) -> None:
    """Note how a request ended whose answer nobody waits for any more."""
    error = None if sending.cancelled() else sending.exception()
    _log.info("a late request has ended", error=type(error).__name__ if error else "")


def _again(ending: Ending) -> Outcome:
    """Return the end without effect that a nonce came to before."""
    body = ErrorBody(code=Conflict.code, message=ending.answer)
    return Outcome(status="failed", answer=ending.answer, error=body)


def _signed(request: ExecuteRequest, key: bytes, now: float) -> Grant:
    """Return the leave for a write.

    Raises:
        NotAllowed: There is none, or it was not signed for this call.

    """
    grant = request.grant
    if grant is None:
        message = f"{request.plan.tool} changes the network and comes without a grant"
        raise NotAllowed(message)
    flaw = flaw_of(grant, request.plan, key=key, now=now)
    if flaw in {"forged", "altered"}:
        message = f"the grant is not for this call: it is {flaw}; nothing was sent"
        raise NotAllowed(message)
    return grant


def _checked(tool: Tool, plan: Plan) -> Tool:
    """Return a plan's tool, once the plan is seen to be whole and canonical.

    Raises:
        Malformed: It is not.

    """
    if plan.digest != digest_of_plan(plan) or plan.tool != tool.name:
        message = f"the plan of {plan.tool!r} does not have the digest that it should"
        raise Malformed(message, hint="plan the call again")
    if check_arguments(tool, plan.arguments) != plan.arguments:
        message = f"the arguments of the plan of {plan.tool!r} are not in canonical form"
        raise Malformed(message, hint="plan the call again")
    return tool


def _since_then(intent: Intent, outcome: Outcome) -> Outcome:
    """Add how the target was before, which says what takes the change back."""
    return msgspec.structs.replace(outcome, before=intent.before)


def _since(began: float) -> float:
    return (perf_counter() - began) * 1000
