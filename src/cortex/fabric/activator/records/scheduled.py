"""Answer `list_timers` and `cancel_timer` from Redis, in the way a layer answers its tools.

Which timers are meant is decided by id, or by the names and ids of what they are about. People see
and cancel their own, admins also those of others; all at once, only one's own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cortex.errors import Conflict, NotAllowed, Unavailable
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.answer.execution import Work
from cortex.fabric.activator.records.called import is_called, is_called_in_full
from cortex.fabric.activator.records.choosing import MOST
from cortex.fabric.activator.records.deeds import (
    ask_whether,
    does,
    instead,
    named,
    nothing_waits,
)
from cortex.fabric.activator.records.operations import checked_call, planned
from cortex.fabric.activator.timers import record
from cortex.fabric.activator.timers.overtaking.cancelling import Cancelling
from cortex.fabric.activator.timers.overtaking.matching import stays, undone, until
from cortex.fabric.activator.timers.record import Timer, may_handle
from cortex.fabric.activator.timers.store import ChangedError, TimerStore
from cortex.fabric.catalogue.record import CANCEL_TIMER, LIST_TIMERS
from cortex.fabric.catalogue.tool import Table
from cortex.fabric.messages import Choice, ErrorBody, Outcome, Plan, PlanReply, Preview, Target
from cortex.fabric.messages.grants import digest_of
from cortex.fabric.routing.agreement import Reason
from cortex.fabric.routing.cascade import Proposal

_MOST_CHOICES = 12
_UNKNOWN = (
    "I read that as a wish not to do it, so nothing was done. Whether a timer waits that would do"
    " it cannot be told now: Redis is away."
)


@dataclass(frozen=True, slots=True)
class TimerRecords:
    """What is to happen later, told and cancelled in words."""

    store: TimerStore
    cancelling: Cancelling
    now: Callable[[], float]

    async def plan(self, proposal: Proposal, trail: Trail) -> PlanReply:
        """Find the timers that a call is about.

        Raises:
            Unavailable: Redis is away.

        """
        checked = checked_call(proposal, trail)
        if isinstance(checked, PlanReply):
            return checked
        principal = trail.asked.principal
        if checked.arguments.get("unwanted"):
            return await self._unwanted(checked.arguments, principal)
        live = await self._live(principal)
        if checked.tool == CANCEL_TIMER.name:
            return self._cancelling(checked, live, principal)
        found = _meant(live, checked.arguments)
        targets = tuple({one.id: one for timer in found for one in timer.targets}.values())
        return planned(msgspec.structs.replace(checked, targets=targets))

    async def perform(self, work: Work, trail: Trail) -> Outcome:
        """List timers, or cancel those that were found.

        Raises:
            Unavailable: Redis is away.

        """
        principal, plan = trail.asked.principal, work.plan
        if plan.tool == LIST_TIMERS.name:
            return self._listed(await self._live(principal), plan, principal)
        said = [await self._cancelled(one, principal) for one in plan.targets]
        return Outcome(status="done", answer=" ".join(said))

    async def _live(self, principal: Principal) -> list[Timer]:
        timers, _ = await self.store.listed()
        mine = [one for one in timers if not one.over and may_handle(one, principal)]
        return sorted(mine, key=lambda one: one.due or 0.0)

    def _listed(self, live: Sequence[Timer], plan: Plan, principal: Principal) -> Outcome:
        found = _meant(live, plan.arguments)
        now, shown = self.now(), found[: plan.arguments.get("limit") or MOST]
        layout = LIST_TIMERS.layout
        columns = layout.columns if isinstance(layout, Table) else ()
        body = {
            "columns": [{"key": one.key, "title": one.title} for one in columns],
            "rows": [_row(one, now) for one in shown],
            "total": len(found),
            "complete": len(shown) == len(found),
            "sources": ["timers"],
        }
        answer = _told(found, now) or self._none(live, plan.arguments, principal)
        return Outcome(status="done", answer=answer, data=body)

    def _none(
        self, live: Sequence[Timer], arguments: Mapping[str, Any], principal: Principal
    ) -> str:
        """Say that no timer is meant, and which there are of those that this principal may see."""
        waiting = [_line(one, self.now()) for one in live]
        if start := arguments.get("timer"):
            others = f" These wait: {'; '.join(waiting)}." if waiting else ""
            return f"No timer waits whose id begins with {start!r}.{others}"
        return nothing_waits(arguments, waiting, own=not principal.may("admin"))

    def _cancelling(self, plan: Plan, live: Sequence[Timer], principal: Principal) -> PlanReply:
        now, arguments = self.now(), plan.arguments
        found, every = _meant(live, arguments), bool(arguments.get("which"))
        if not (arguments.get("timer") or named(arguments)):
            found = _own(found, principal)
        if not found:
            answer, choices = self._none(live, arguments, principal), instead(arguments)
            return PlanReply(status="clarify", answer=answer, choices=choices, binds="none")
        if len(found) > 1 and not every:
            return PlanReply(
                status="clarify",
                answer="Which timer?",
                choices=_choices(found, now),
                binds="several",
            )
        targets = tuple(_target(one) for one in found)
        what = f"Cancel: {'; '.join(_line(one, now) for one in found)}. {stays(found)}"
        digest = digest_of(tool=plan.tool, site=plan.site, arguments=arguments, targets=targets)
        preview = Preview(
            what=what,
            on=tuple(one.name for one in targets),
            blast_radius=CANCEL_TIMER.blast_radius,
            undo=CANCEL_TIMER.undo,
            warnings=_partly(found, named(arguments)),
        )
        return planned(
            msgspec.structs.replace(plan, targets=targets, preview=preview, digest=digest)
        )

    async def _unwanted(self, arguments: Mapping[str, Any], principal: Principal) -> PlanReply:
        """Ask whether to cancel what waits and is unwanted; nothing is cancelled by that."""
        try:
            live = await self._live(principal)
        except Unavailable:
            answer = _UNKNOWN
        else:
            found = _meant(live, arguments)
            if not (arguments.get("deed") or named(arguments)):
                found = _own(found, principal)
            if found:
                now = self.now()
                answer = ask_whether([_line(one, now) for one in found])
                choices = _choices(found, now)
                return PlanReply(status="clarify", answer=answer, choices=choices, binds="several")
            answer = self._none(live, arguments, principal)
        error = ErrorBody(code=Reason.NEGATED.value, message=answer)
        return PlanReply(status="refused", answer=answer, error=error, binds="none")

    async def _cancelled(self, target: Target, principal: Principal) -> str:
        called = f"The timer {target.id} for {target.name}"
        try:
            timer, left = await self.cancelling.cancel(target.id, principal)
        except ChangedError:
            return f"{called} is being done just now: it was not cancelled."
        except (Conflict, NotAllowed):
            return f"{called} was over already."
        return f"Cancelled: {_line(timer, self.now())}. {left}"


def _meant(timers: Sequence[Timer], arguments: Mapping[str, Any]) -> list[Timer]:
    start, about = str(arguments.get("timer") or "").lower(), named(arguments)
    deed = str(arguments.get("deed") or "")
    return [
        one
        for one in timers
        if one.id.startswith(start)
        and (not deed or does(one, deed))
        and (not about or is_called(one, about))
    ]


def _own(found: Sequence[Timer], principal: Principal) -> list[Timer]:
    return [one for one in found if one.owner.identity == principal.identity]


def _choices(found: Sequence[Timer], now: float) -> tuple[Choice, ...]:
    """Offer each timer to be cancelled."""
    return tuple(
        Choice(label=f"Cancel: {_line(one, now)}", query=f"cancel timer {one.id}")
        for one in found[:_MOST_CHOICES]
    )


def _target(timer: Timer) -> Target:
    """Return a timer as what a call is about, under the name of its thing."""
    first = timer.targets[0] if timer.targets else None
    return Target(
        kind="timer",
        id=timer.id,
        name=first.name if first else timer.what,
        mac=first.mac or first.id if first else "",
    )


def _row(timer: Timer, now: float) -> dict[str, Any]:
    undoes = timer.phase == "undo"
    return {
        "what": timer.what,
        "next": undone(timer.undo) if undoes else "done",
        "when": _when(timer, now),
        "by": timer.principal,
        "timer": timer.id,
    }


def _when(timer: Timer, now: float) -> str:
    return until(timer, now) if timer.phase == "undo" else record.schedule_of(timer).words(now)


def _line(timer: Timer, now: float) -> str:
    what, when = timer.what.rstrip("."), _when(timer, now)
    doing = f", {undone(timer.undo)} {when}" if timer.phase == "undo" else f", {when}"
    return f"{what}{doing} (timer {timer.id})"


def _told(found: Sequence[Timer], now: float) -> str:
    if len(found) > 1:
        return f"{len(found)} timers wait; the next one: {_line(found[0], now)}."
    return f"{_line(found[0], now)}." if found else ""


def _partly(found: Sequence[Timer], about: str) -> tuple[str, ...]:
    """Say that a name is not the whole one of what it is taken for."""
    if not about or all(is_called_in_full(one, about) for one in found):
        return ()
    return (f"{about!r} is not the whole name of what it is taken for.",)
