"""Wait for what timers send just now, so that nothing is decided while it may still change.

What is being sent is told by the records: one that is about to send says so before it does.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cortex.errors import Unavailable
from cortex.fabric.activator.timers.overtaking.matching import same_switch
from cortex.fabric.activator.timers.record import Timer, is_sending
from cortex.fabric.activator.timers.store import TimerStore
from cortex.fabric.messages import Plan
from cortex.fabric.routing.timing.undoing import holdable

KEPT_BACK_S: Final = 1.0
"""Seconds kept of an order's time, to look anew or to say that it is busy."""
_FIRST_S: Final = 0.02
_LONGEST_S: Final = 0.5


class BusyError(Unavailable):
    """A timer is changing the same thing just now; nothing was sent or cancelled."""

    code = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits for timers that are changing something."""

    store: TimerStore
    now: Callable[[], float]

    async def calm(self, plan: Plan, *, seconds: float, besides: str = "") -> bool:
        """Wait until no timer changes what a plan is about; tell whether one did.

        Raises:
            BusyError: one still did when the time was over.
            Unavailable: Redis is away.

        """
        if self.store.off or not holdable(plan.tool):
            return False
        loop = asyncio.get_running_loop()
        until, pause, waited = loop.time() + seconds, _FIRST_S, False
        while sending := await self._sending(plan, besides):
            if loop.time() >= until:
                raise _busy(sending)
            waited = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_S)
        return waited

    async def ended(self, timer_id: str, *, seconds: float) -> bool:
        """Wait until one timer sends nothing; false if it still did when the time was over.

        Raises:
            UnreadableError: it cannot be read.
            Unavailable: Redis is away.

        """
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + seconds, _FIRST_S
        while (held := await self.store.find(timer_id)) and is_sending(held.timer, self.now()):
            if loop.time() >= until:
                return False
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_S)
        return True

    async def _sending(self, plan: Plan, besides: str) -> Timer | None:
        timers, _ = await self.store.listed()
        now = self.now()
        about = (one for one in timers if one.id != besides and same_switch(one, plan))
        return next((one for one in about if is_sending(one, now)), None)


def _busy(timer: Timer) -> BusyError:
    message = (
        f"a change of the same thing (timer {timer.id}) is under way already; nothing was sent "
        "and nothing was cancelled"
    )
    return BusyError(message, hint="ask again once that is over", retry_after=5.0)
