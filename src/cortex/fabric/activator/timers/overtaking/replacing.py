"""Give an undo that waits another time, or none, where an order asks for what is so already.

The new undo is certain before the old one is let go; what was before the first change is kept.
"""

from dataclasses import dataclass

import msgspec

from cortex.errors import Conflict
from cortex.fabric.activator.schedule import facts, ways
from cortex.fabric.activator.timers.overtaking.ending import Overtaking
from cortex.fabric.activator.timers.overtaking.matching import same_call, undone, until
from cortex.fabric.activator.timers.overtaking.offering import NO_UNDO, no_end
from cortex.fabric.activator.timers.record import Timer, schedule_of
from cortex.fabric.messages import ErrorBody, Outcome, Plan

_TOO_LATE = "It was undone just now, or is being undone, so nothing was done."


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacing:
    """What replaces the time of an undo."""

    overtaking: Overtaking

    async def replaced(self, plan: Plan) -> list[Timer]:
        """List the timers whose time a new one for the same call replaces.

        Raises:
            Unavailable: Redis is away.

        """
        return [one for one in await self.overtaking.waiting(plan) if same_call(one, plan)]

    async def foretold(self, plan: Plan) -> str:
        """Say which time a new one replaces; empty when there is none.

        Raises:
            Unavailable: Redis is away.

        """
        now = self.overtaking.now()
        old = [f"{until(one, now)} (timer {one.id})" for one in await self.replaced(plan)]
        return f"instead of {' and '.join(old)}" if old else ""

    async def instead(self, timer: Timer, plan: Plan) -> Outcome:
        """Keep the undo of `timer`, which changes nothing itself, instead of those that wait.

        Raises:
            Unavailable: Redis is away.

        """
        premise, store, now = plan.preview.what, self.overtaking.store, self.overtaking.now()
        old = await self.replaced(plan)
        if not old:
            standing = await self.overtaking.standing(plan)
            stays = NO_UNDO if standing else no_end(plan, schedule_of(timer))
            answer = " ".join(filter(None, (premise, stays, standing)))
            return Outcome(status="done", answer=answer)
        first = old[0]
        timer = msgspec.structs.replace(
            timer,
            state="waiting",
            phase="undo",
            what=first.what,
            before=first.before,
            undo=first.undo,
            result=premise,
            result_at=now,
        )
        await store.enqueue(timer, "undo", timer.undo_at or now)
        held = await store.create(timer)
        why = f"replaced by the timer {timer.id}"
        said = await self.overtaking.end(old, timer.principal, why)
        if not said:
            gone = msgspec.structs.replace(timer, state="cancelled", result=_TOO_LATE)
            await store.save(held, gone)
            error = ErrorBody(code=Conflict.code, message=_TOO_LATE, hint="ask again")
            return Outcome(status="failed", answer=_TOO_LATE, error=error)
        self.overtaking.tell(timer)
        when = f"{undone(timer.undo)} {until(timer, now)}"
        answer = f"{premise} It will be {when}. {said} {ways(timer.id)}"
        return Outcome(status="done", answer=answer, data=facts(timer.id, when))

    async def none_instead(self, plan: Plan, who: str) -> Outcome:
        """Let those undos go that would end what is asked for without an end.

        Raises:
            Unavailable: Redis is away.

        """
        why = f"cancelled, as {who} said that it stays so"
        said = await self.overtaking.end(await self.overtaking.waiting(plan), who, why)
        answer = " ".join(filter(None, (plan.preview.what, said)))
        return Outcome(status="done", answer=answer)
