"""The endpoints about timers: what is to come, what came of it, and how to cancel it."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from cortex.errors import NotAllowed
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.timers import record
from cortex.fabric.activator.timers.overtaking.cancelling import Cancelling
from cortex.fabric.activator.timers.store import TimerStore
from cortex.fabric.activator.timers.trust.unreadable import UnreadableError
from cortex.fabric.activator.web.bodies import UnreadableRow, json_answer
from cortex.fabric.activator.web.gate import Gate

_DROPPED = "It is gone: nothing is done or undone by it."


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerViews:
    """The endpoints about timers."""

    gate: Gate
    store: TimerStore
    cancelling: Cancelling
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
        try:
            timer, left = await self.cancelling.cancel(timer_id, principal)
        except UnreadableError as error:
            return await self._dropped(error, principal)
        return json_answer({"cancelled": timer_id, "what": timer.what, "answer": left})

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
