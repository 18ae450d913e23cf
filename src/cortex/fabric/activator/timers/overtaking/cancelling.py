"""Cancel a timer for somebody who may: nothing is done or undone by it from then on.

How it is asked for, and what is said when it cannot be, is left to `views` and `records`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cortex.errors import Conflict, NotAllowed
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.timers import record
from cortex.fabric.activator.timers.overtaking.matching import stays
from cortex.fabric.activator.timers.overtaking.waiting import Waiting
from cortex.fabric.activator.timers.record import Timer
from cortex.fabric.activator.timers.store import ChangedError, Held, TimerStore

_TRIES = 3


class BeingDoneError(ChangedError):
    """It is being done just now, and was until nobody waited any longer."""

    code = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelling:
    """What cancels timers."""

    store: TimerStore
    tell: Callable[[Timer], None]
    now: Callable[[], float]
    sent: Waiting
    waits_s: float = 8.0
    """Seconds that somebody who cancels waits for what is being sent."""

    async def cancel(self, timer_id: str, principal: Principal) -> tuple[Timer, str]:
        """Cancel one, and say what it leaves behind; what is being sent is waited for.

        Raises:
            ChangedError: it is being done just now.
            Conflict: there is none of this id, or it is over.
            NotAllowed: it is somebody else's.
            UnreadableError: it cannot be read.

        """
        for _ in range(_TRIES - 1):
            try:
                return await self._cancelled(timer_id, principal)
            except BeingDoneError:
                raise
            except ChangedError:
                continue
        return await self._cancelled(timer_id, principal)

    async def _cancelled(self, timer_id: str, principal: Principal) -> tuple[Timer, str]:
        await self._found(timer_id, principal)
        await self.sent.ended(timer_id, seconds=self.waits_s)
        held = await self._found(timer_id, principal)
        if record.is_sending(held.timer, self.now()):
            message = f"the timer {timer_id!r} is being done just now; nothing was cancelled"
            raise BeingDoneError(message, hint="ask again once that is over")
        left = stays([held.timer])
        why = f"cancelled by {principal.name}. {left}"
        timer = record.noted(held.timer, why, now=self.now(), state="cancelled")
        await self.store.save(held, timer)
        await self.store.unqueue(held.timer)
        self.tell(timer)
        return timer, left

    async def _found(self, timer_id: str, principal: Principal) -> Held:
        held = await self.store.find(timer_id)
        if held is None:
            message = f"there is no timer {timer_id[:40]!r}"
            raise Conflict(message, hint="`cortex timers list` shows them")
        if not record.may_handle(held.timer, principal):
            message = f"the timer {timer_id!r} is not {principal.name}'s"
            raise NotAllowed(message, hint="whoever asked for it cancels it, or an admin")
        if held.timer.over:
            message = f"the timer {timer_id!r} is over: {held.timer.result}"
            raise Conflict(message)
        return held
