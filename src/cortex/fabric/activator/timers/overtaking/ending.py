"""End the undo that waits for a thing once somebody changed the same thing otherwise.

Only a change that was seen to hold ends one, whoever asked for it: the undo would take back what
is not there any more. That is told in the answer, and as an event to whom the timer belongs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from cortex.errors import CortexError
from cortex.fabric.activator.timers import record
from cortex.fabric.activator.timers.overtaking.matching import concerns, given_up, let_go, waiting
from cortex.fabric.activator.timers.overtaking.waiting import Waiting
from cortex.fabric.activator.timers.record import Timer
from cortex.fabric.activator.timers.store import ChangedError, Held, TimerStore
from cortex.fabric.messages import Outcome, Plan
from cortex.fabric.routing.timing.undoing import holdable

_TRIES = 3
_UNKNOWN = "Redis cannot be asked now: an undo that waits for this, if there is one, still comes."

_SETTLES_S = 3.0
"""Seconds that an undo which is being sent may take to be heard of, after a later change."""
_LEFT = "It was being sent just then and may have left: look how things are."


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaking:
    """What ends undos that later changes overtake."""

    store: TimerStore
    tell: Callable[[Timer], None]
    now: Callable[[], float]
    sent: Waiting

    async def after(self, plan: Plan, outcome: Outcome, who: str, *, besides: str = "") -> Outcome:
        """Return what came of a change, with the undos that it ended in its answer.

        `besides` is the id of the timer that made the change.
        """
        if outcome.status != "done" or self.store.off or not holdable(plan.tool):
            return outcome
        try:
            timers = [one for one in await self.waiting(plan) if one.id != besides]
            for one in timers:
                await self.sent.ended(one.id, seconds=_SETTLES_S)
            why = f"cancelled, as {who} changed it: {outcome.answer}"
            said = await self.end(timers, who, why, changed=True)
        except CortexError:
            said = _UNKNOWN
        answer = " ".join(filter(None, (outcome.answer, said)))
        return msgspec.structs.replace(outcome, answer=answer)

    async def waiting(self, plan: Plan) -> list[Timer]:
        """List the timers whose undo waits for the very thing and switch of a plan.

        Raises:
            Unavailable: Redis is away.

        """
        if self.store.off or not holdable(plan.tool):
            return []
        timers, _ = await self.store.listed()
        now = self.now()
        return [one for one in timers if concerns(one, plan, now)]

    async def standing(self, plan: Plan) -> str:
        """Say what waits for a thing that is as wanted already; empty when nothing does."""
        try:
            now = self.now()
            return " ".join(waiting(one, now) for one in await self.waiting(plan))
        except CortexError:
            return _UNKNOWN

    async def end(
        self, timers: Sequence[Timer], who: str, why: str, *, changed: bool = False
    ) -> str:
        """Have undos not happen, and say which; one that is over by now is left as it is.

        So is one that is being sent, unless the thing was `changed` otherwise since: then it is
        not tried again, and may have left.

        Raises:
            Unavailable: Redis is away.

        """
        said = [await self._ended(one, who, why, changed=changed) for one in timers]
        return " ".join(filter(None, said))

    async def _ended(self, timer: Timer, who: str, why: str, *, changed: bool) -> str:
        for _ in range(_TRIES):
            held = await self.store.find(timer.id)
            if held is None or held.timer.over or held.timer.occurrence != timer.occurrence:
                return ""
            if not changed and record.is_sending(held.timer, self.now()):
                return ""
            try:
                after = await self._saved(held, why)
            except ChangedError:
                continue
            said = given_up(timer, after, who, self.now())
            return f"{said} {_LEFT}" if record.is_sending(held.timer, self.now()) else said
        return ""

    async def _saved(self, held: Held, why: str) -> Timer:
        after = let_go(held.timer, why, self.now())
        if not after.over:
            await self.store.enqueue(after, "start", after.due or self.now())
        await self.store.save(held, after)
        await self.store.unqueue(held.timer)
        self.tell(after)
        return after
