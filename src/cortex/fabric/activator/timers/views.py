"""The endpoints about timers: what is to come, what came of it, and how to cancel it."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cortex.errors import Conflict, NotAllowed
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.timers import record
from cortex.fabric.activator.timers.record import Timer
from cortex.fabric.activator.timers.store import ChangedError, Held, TimerStore, UnreadableError
from cortex.fabric.activator.web.bodies import json_answer
from cortex.fabric.activator.web.gate import Gate

_TRIES = 3
_DROPPED = "It is gone: nothing is done or undone by it."


class UnreadableRow(msgspec.Struct, frozen=True):
    """Something in Redis that is taken for no timer, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerViews:
    """The endpoints about timers."""

    gate: Gate
    store: TimerStore
    tell: Callable[[Timer], None]
    now: Callable[[], float]

    async def show(self, request: Request) -> Response:
        """Answer `GET /v1/timers`: one's own, the next one first; an admin sees all.

        One that cannot be read is told to admins, with the reason: nobody knows whose it is.
        """
        principal = self.gate.enter(request, "operate")
        timers, spoilt = await self.store.listed()
        mine = (one for one in timers if record.may_handle(one, principal))
        rows = [record.shown(one, self.now()) for one in mine]
        told = spoilt if principal.may("admin") else ()
        unreadable = [UnreadableRow(id=one.timer_id, reason=one.why) for one in told]
        return json_answer({"timers": rows, "unreadable": unreadable})

    async def cancel(self, request: Request) -> Response:
        """Answer `DELETE /v1/timers/{timer_id}`: what was done already stays as it is.

        What cannot be read is dropped, whatever it is, by an admin.
        """
        principal = self.gate.enter(request, "operate")
        timer_id = str(request.path_params["timer_id"])
        for _ in range(_TRIES - 1):
            try:
                return await self._cancelled(timer_id, principal)
            except ChangedError:
                continue
        return await self._cancelled(timer_id, principal)

    async def _cancelled(self, timer_id: str, principal: Principal) -> Response:
        try:
            held = await self._found(timer_id, principal)
        except UnreadableError as error:
            return await self._dropped(error, principal)
        timer = held.timer
        stays = timer.phase == "undo" or timer.state == "armed"
        text = "It stays as it is: nothing is undone." if stays else "Nothing will be done."
        timer = record.noted(
            timer, f"cancelled by {principal.name}. {text}", now=self.now(), state="cancelled"
        )
        await self.store.save(held, timer)
        self.tell(timer)
        return json_answer({"cancelled": timer_id, "what": timer.what, "answer": text})

    async def _dropped(self, error: UnreadableError, principal: Principal) -> Response:
        """Let go of what cannot be read.

        Raises:
            NotAllowed: nobody knows whose it is, so only an admin may.

        """
        if not principal.may("admin"):
            message = f"{error.message}; whose it is is not known"
            raise NotAllowed(message, hint="an admin can drop it")
        await self.store.drop(error.timer_id)
        what = f"what lay there as the timer {error.timer_id}: {error.why}"
        return json_answer({"cancelled": error.timer_id, "what": what, "answer": _DROPPED})

    async def _found(self, timer_id: str, principal: Principal) -> Held:
        """Find a timer that may be cancelled.

        Raises:
            Conflict: there is none of this id, or it is over.
            NotAllowed: it is somebody else's.
            UnreadableError: it cannot be read.

        """
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
