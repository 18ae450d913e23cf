"""Find out what came of a verdict on a task whose taker was not heard of again; nothing is sent.

A layer that knows the nonce of the yes reads back. What has a time is told by its timer. Where
another data folder's layers know the nonce, only what the network shows by now can be said.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cortex.errors import BrokenContract, Conflict, Unavailable
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.answer.asked import Asked, Trail, trail_of
from cortex.fabric.activator.answer.confirmations import DECLINED, nonce_of
from cortex.fabric.activator.answer.execution import Leave, Way, Work, asked_again
from cortex.fabric.activator.tasks.ledger import Call
from cortex.fabric.activator.tasks.verdicts.noting import Verdict
from cortex.fabric.activator.timers.firing import Firing
from cortex.fabric.activator.timers.store import ChangedError, TimerStore, id_of_yes
from cortex.fabric.activator.timers.telling import told_again
from cortex.fabric.activator.timers.trying import NotNowError
from cortex.fabric.catalogue.record import CANCEL_TIMER
from cortex.fabric.messages import ErrorBody, Outcome, QueryResponse

_ALLOWED_S: Final = 60.0
_LONGEST_S: Final = 600.0
"""Seconds, from when nothing can be sent any more, for which it is tried to find out."""
_RECORDED: Final = frozenset({Conflict.code, "not_applied"})
"""The codes of failures that tell how the call itself ended, not how looking for it did."""
_UNSENT: Final = ErrorBody(
    code="interrupted",
    message="Cortex ended before the yes took effect: nothing was sent.",
    hint="send the task again, under an id of its own",
)
_UNSEEN: Final = ErrorBody(
    code="interrupted",
    message="Cortex ended while it was carried out, and what came of it cannot be seen.",
    hint="it may have taken effect: look how things are before you ask once more",
)
_SO_NOW: Final = "It is so now; Cortex ended before it was seen what came of it."


class NotYetError(Exception):
    """It cannot be told yet; it is looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """What finds out."""

    way: Way
    store: TimerStore
    firing: Firing
    accounts: Accounts
    now: Callable[[], float]

    async def outcome(self, verdict: Verdict) -> QueryResponse:
        """Return what came of a verdict.

        Raises:
            NotYetError: that cannot be told yet.

        """
        trail = _trail(verdict)
        call = verdict.waiting.call
        if not verdict.yes:
            return trail.refuse(DECLINED)
        if call is None:
            return trail.conclude(_unseen())
        trail.route, trail.plan = call.route, call.plan
        try:
            return trail.conclude(await self._found(verdict, call, trail))
        except (Unavailable, BrokenContract, ChangedError, NotNowError) as error:
            return trail.conclude(self._given_up(verdict, str(error)))

    async def _found(self, verdict: Verdict, call: Call, trail: Trail) -> Outcome:
        if call.plan.tool == CANCEL_TIMER.name:
            return await self._cancelled(verdict, call)
        timer_id = id_of_yes(verdict.waiting.reference)
        held = None if self.store.off else await self.store.find(timer_id)
        if held is not None:
            return told_again(await self.firing.found_out(held), self.now())
        if verdict.place != self.store.place:
            return await self._seen(verdict, call, trail)
        return await self._read_back(verdict, call, trail)

    async def _read_back(self, verdict: Verdict, call: Call, trail: Trail) -> Outcome:
        """Have the layer that knows the nonce look what became of it."""
        leave = Leave(nonce_of(verdict.waiting.reference), 0.0)
        work = Work(plan=call.plan, layer=call.layer, writes=True, leave=leave)
        outcome = await self.way.perform(work, trail)
        code = outcome.error.code if outcome.error else ""
        match outcome.status:
            case "refused" if code == Conflict.code:
                # The layer does not know the nonce, and its leave is over.
                return self._unsent(verdict)
            case "failed" | "refused" if code not in _RECORDED:
                return self._given_up(verdict, outcome.answer)
            case "unverified" if code:
                outcome = self._given_up(verdict, outcome.answer)
            case _:
                pass
        self.accounts.wrote(trail, call.plan, status=outcome.status, error=code)
        return outcome

    async def _seen(self, verdict: Verdict, call: Call, trail: Trail) -> Outcome:
        """Look whether things are as wanted by now, whoever made them so."""
        plan = call.plan
        proposal = asked_again(plan, call.layer, "a yes to a task")
        reply = await self.way.plan(proposal, trail)
        seen = reply.plan
        if seen is not None and seen.digest == plan.digest and seen.preview.unchanged:
            return Outcome(status="done", answer=f"{seen.preview.what} {_SO_NOW}")
        if self.now() < verdict.until:
            raise NotYetError
        return _unseen()

    async def _cancelled(self, verdict: Verdict, call: Call) -> Outcome:
        held = [await self.store.find(one.id) for one in call.plan.targets]
        if any(one is not None and not one.timer.over for one in held):
            return self._unsent(verdict)
        return Outcome(status="done", answer=f"Nothing of it waits any more. {_SO_NOW}")

    def _unsent(self, verdict: Verdict) -> Outcome:
        """Say that nothing was sent, once nothing can be."""
        if self.now() < verdict.until:
            raise NotYetError
        return Outcome(status="failed", answer=_UNSENT.message, error=_UNSENT)

    def _given_up(self, verdict: Verdict, why: str) -> Outcome:
        """Say that it cannot be found out, once that was tried for long enough."""
        if self.now() < verdict.until + _LONGEST_S:
            raise NotYetError(why)
        return _unseen()


def _unseen() -> Outcome:
    return Outcome(status="unverified", answer=_UNSEEN.message, error=_UNSEEN)


def _trail(verdict: Verdict) -> Trail:
    """Begin the trail of whoever gave it, without any right."""
    call, began = verdict.waiting.call, asyncio.get_running_loop().time()
    who = Principal(name=verdict.by.name, identity=verdict.by.identity, scopes=frozenset())
    asked = Asked(
        query_id=call.query_id if call else "",
        text="",
        principal=who,
        address="",
        site=call.plan.site if call else "",
        began=began,
        deadline=began + _ALLOWED_S,
    )
    return trail_of(asked)
