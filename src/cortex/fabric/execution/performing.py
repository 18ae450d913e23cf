"""Perform a plan: reads answer at once; a write is granted, recorded, sent once, and read back.

The order is what keeps the promises. The intent is on the disk before the request leaves, so a
nonce seen again only reads back. A lost reply is never answered by sending again. "Done" is said
only of what was seen to hold.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import Final

import structlog

from cortex.errors import BrokenContract, Conflict, CortexError, LostReply, Malformed, NotAllowed
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import check_arguments
from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.api.change import Change
from cortex.fabric.execution.api.table import CHANGES, READS, tool_named
from cortex.fabric.execution.connection import Connection
from cortex.fabric.execution.intents import Intent, Intents
from cortex.fabric.execution.inventory import Shelf
from cortex.fabric.execution.outcomes import (
    ended,
    failed,
    of_answer,
    refused,
    timed,
    unchanged,
)
from cortex.fabric.execution.plan.guard import judge
from cortex.fabric.execution.settling import watch
from cortex.fabric.messages import Asker, ErrorBody, ExecuteRequest, Grant, Outcome, Plan
from cortex.fabric.messages.grants import digest_of_plan, flaw_of
from cortex.settings.knobs import Guard

_MARGIN_S: Final = 0.25
"""Left of the deadline for the answer itself."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Granted:
    """A write with its leave, and the loop time at which its answer is due."""

    request: ExecuteRequest
    grant: Grant
    due: float


class Performer:
    """Performs plans on the sites of one controller."""

    def __init__(
        self,
        connection: Connection,
        shelf: Shelf,
        *,
        intents: Intents,
        guard: Guard,
        poll: timedelta,
        clock: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._shelf = shelf
        self._intents = intents
        self._guard = guard
        self._poll_s = poll.total_seconds()
        self._clock = clock
        self._sending: dict[str, asyncio.Lock] = {}

    async def execute(self, request: ExecuteRequest, *, grant_key: bytes) -> Outcome:
        """Perform a plan and return what came of it.

        Raises:
            NotAllowed: A write has no leave, or one that was not signed for this call.
            Conflict: The leave has expired, or its nonce was used for another call.
            Malformed: The plan is not one that this layer made.

        """
        tool = _checked(request.plan)
        due = asyncio.get_running_loop().time() + request.deadline_ms / 1000 - _MARGIN_S
        granted = self._granted(request, grant_key, due) if tool.writes else None
        began = perf_counter()
        try:
            if granted is None:
                outcome = await self._read(tool, request.plan, due)
                return timed(outcome, execute_ms=_since(began), verify_ms=0.0)
            async with self._intents.holding(granted.grant.nonce):
                return await self._write(tool, granted, began)
        except (Conflict, Malformed):
            raise
        except CortexError as error:
            return timed(failed(error), execute_ms=_since(began), verify_ms=0.0)

    def sent(self, nonce: str) -> bool:
        """Tell whether a request may have left under this nonce."""
        intent = self._intents.known(nonce)
        return intent is not None and intent.sends

    def _granted(self, request: ExecuteRequest, key: bytes, due: float) -> _Granted:
        """Check the leave for a write; one that expired still reads back what it did."""
        grant = request.grant
        if grant is None:
            message = f"{request.plan.tool} changes the network and comes without a grant"
            raise NotAllowed(message)
        flaw = flaw_of(grant, request.plan, key=key, now=self._clock())
        if flaw == "expired" and self._intents.known(grant.nonce) is None:
            message = "the grant has expired; nothing was sent"
            raise Conflict(message, hint="ask again and confirm in time")
        if flaw in {"forged", "altered"}:
            message = f"the grant is not for this call: it is {flaw}; nothing was sent"
            raise NotAllowed(message)
        return _Granted(request, grant, due)

    async def _call(self, tool: Tool, plan: Plan, *, fresh: bool) -> Call:
        site = await self._connection.site(plan.site)
        inventory = self._shelf.inventory(site, fresh=fresh)
        return Call(
            tool=tool,
            arguments=plan.arguments,
            targets=plan.targets,
            inventory=inventory,
            now=self._clock(),
        )

    async def _read(self, tool: Tool, plan: Plan, due: float) -> Outcome:
        try:
            async with asyncio.timeout_at(due):
                call = await self._call(tool, plan, fresh=False)
                return of_answer(call, await READS[tool.name](call))
        except TimeoutError:
            return _too_late("the controller did not answer within the deadline")

    async def _write(self, tool: Tool, granted: _Granted, began: float) -> Outcome:
        change, nonce = CHANGES[tool.name], granted.grant.nonce
        call = await self._call(tool, granted.request.plan, fresh=False)
        if intent := self._intents.known(nonce):
            return await self._read_back(change, call, intent, granted)
        try:
            async with asyncio.timeout_at(granted.due):
                early = await self._prepare(change, call, granted)
        except TimeoutError:
            early = _too_late("the controller did not answer in time; nothing was sent")
        if isinstance(early, Outcome):
            return timed(early, execute_ms=_since(began), verify_ms=0.0)
        if isinstance(early, Intent):
            return await self._read_back(change, call, early, granted)
        outcome = await self._send(change, call, granted, began)
        self._shelf.forget(call.site)
        await self._intents.end(nonce, status=outcome.status, answer=outcome.answer)
        return outcome

    async def _prepare(
        self, change: Change, call: Call, granted: _Granted
    ) -> Outcome | Intent | None:
        """Judge and look once more, and write the intent down.

        Returns an outcome that ends it here, the intent of another process that has the nonce,
        or None when the way is free.
        """
        plan, grant = granted.request.plan, granted.grant
        asker = Asker(principal=grant.principal)
        verdict = await judge(self._guard, plan, asker, call.inventory)
        if verdict.error is not None:
            return refused(verdict.error)
        before = await change.look(call)
        if objection := change.objection(call, before):
            return refused(ErrorBody(code="premise", message=objection))
        sends = not change.held_before(call, before)
        intent = Intent(
            nonce=grant.nonce,
            digest=grant.digest,
            tool=plan.tool,
            site=plan.site,
            targets=tuple(target.id for target in plan.targets),
            principal=grant.principal,
            query_id=granted.request.query_id,
            recorded_at=self._clock(),
            expires_at=grant.expires_at,
            sends=sends,
            before=dict(before),
        )
        if not await self._intents.claim(intent):
            return self._intents.known(grant.nonce)
        return None if sends else unchanged(change, call)

    async def _send(self, change: Change, call: Call, granted: _Granted, began: float) -> Outcome:
        """Send the one request of a write, and read back what came of it."""
        lost = False
        async with self._sending.setdefault(call.site.ref.short_name, asyncio.Lock()):
            if asyncio.get_running_loop().time() > granted.due:
                return _too_late("other writes took too long; nothing was sent")
            _log.info("sending", tool=call.tool.name, targets=[one.id for one in call.targets])
            try:
                await change.send(call)
            except (LostReply, BrokenContract) as error:
                _log.warning("the reply was lost", tool=call.tool.name, error=error.message)
                lost = True
            except CortexError as error:
                return timed(failed(error), execute_ms=_since(began), verify_ms=0.0)
        execute_ms, looking = _since(began), perf_counter()
        intent = self._intents.known(granted.grant.nonce)
        outcome = await self._settled(
            change, call, before=intent.before if intent else {}, due=granted.due, lost=lost
        )
        return timed(outcome, execute_ms=execute_ms, verify_ms=_since(looking))

    async def _settled(
        self, change: Change, call: Call, *, before: dict[str, object], due: float, lost: bool
    ) -> Outcome:
        left = max(0.0, due - asyncio.get_running_loop().time())
        settle = float(call.tool.settles_in_s)
        watched = await watch(change, call, before, seconds=min(settle, left), poll_s=self._poll_s)
        return await ended(change, watched, lost=lost, whole=settle <= left)

    async def _read_back(
        self, change: Change, call: Call, intent: Intent, granted: _Granted
    ) -> Outcome:
        """Answer a nonce that was seen before, without sending anything."""
        if intent.digest != granted.grant.digest:
            message = "the nonce of this grant was used for another call; nothing was sent"
            raise Conflict(message)
        ending = self._intents.ending(intent.nonce)
        if ending is not None and ending.status in {"failed", "refused"}:
            body = ErrorBody(code="conflict", message=ending.answer)
            return Outcome(status="failed", answer=ending.answer, error=body)
        began = perf_counter()
        due = granted.due if ending is None else 0.0
        outcome = await self._settled(change, call, before=intent.before, due=due, lost=True)
        return timed(outcome, execute_ms=0.0, verify_ms=_since(began))


def _checked(plan: Plan) -> Tool:
    """Return a plan's tool, once the plan is seen to be whole and canonical.

    Raises:
        Malformed: It is not.

    """
    tool = tool_named(plan.tool)
    if plan.digest != digest_of_plan(plan) or plan.tool != tool.name:
        message = f"the plan of {plan.tool!r} does not have the digest that it should"
        raise Malformed(message, hint="plan the call again")
    if check_arguments(tool, plan.arguments) != plan.arguments:
        message = f"the arguments of the plan of {plan.tool!r} are not in canonical form"
        raise Malformed(message, hint="plan the call again")
    return tool


def _too_late(message: str) -> Outcome:
    error = ErrorBody(code="timeout", message=message, hint="allow more time", retry_after=1.0)
    return Outcome(status="failed", answer=message, error=error)


def _since(began: float) -> float:
    return (perf_counter() - began) * 1000
