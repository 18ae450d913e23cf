"""Tell senders of orders with a time when their timer is over: that it was undone, or done at last.

Which task waits for which timer is noted in Redis before its answer is told, so that neither a kill
nor another activator comes between. Timers know nothing of it: they are looked at now and then, and
when they are due.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from cortex.coordination.answers import Answer
from cortex.errors import CortexError
from cortex.fabric.activator.tasks.telling import Telling
from cortex.fabric.activator.timers.record import Timer
from cortex.fabric.activator.timers.store import TimerStore
from cortex.fabric.activator.timers.trust.unreadable import UnreadableError
from cortex.fabric.messages import ErrorBody, QueryResponse

_log = structlog.get_logger()
_EVERY_S = 1.0
_SELDOM_S = 60.0
"""Seconds after which a timer that is not due is looked at: it may have been cancelled."""
_MOST = 10_000
_AT_ONCE = 64
_CODES = {"failed": "timer_failed", "cancelled": "cancelled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedTasks:
    """The tasks whose timers are not over."""

    telling: Telling
    store: TimerStore
    now: Callable[[], float]

    async def note(self, task_id: str, response: QueryResponse) -> None:
        """Note the timer that an answer names, if it goes on.

        Raises:
            CortexError: Redis is away.

        """
        timer_id = _timer_of(response)
        timer = await self._timer(timer_id) if timer_id else None
        if timer is None or timer.over:
            return
        redis, member = self._redis, f"{timer_id} {task_id}"
        await redis.call("ZADD", self._index, self._next(timer), member)
        await redis.call("ZREMRANGEBYRANK", self._index, 0, -_MOST - 1)

    async def run(self) -> None:
        """Look at timers that are due until cancelled, also past a server that is away."""
        while True:
            await self.telling.coordination.readied()
            try:
                for member in await self._due():
                    await self._looked_at(member)
            except CortexError as error:
                _log.warning("timers of tasks cannot be looked at", reason=error.message)
            await asyncio.sleep(_EVERY_S)

    async def _due(self) -> list[bytes]:
        words = ("ZRANGEBYSCORE", self._index, "-inf", self.now(), "LIMIT", 0, _AT_ONCE)
        reply: Any = await self._redis.call(*words)
        return list(reply)

    async def _looked_at(self, member: bytes) -> None:
        timer_id, _, task_id = member.decode("utf-8", "replace").partition(" ")
        timer = await self._timer(timer_id)
        if timer is None:
            await self._redis.call("ZREM", self._index, member)
        elif timer.over:
            answer = self._answer(task_id, timer)
            await self.telling.results.later(task_id, answer, index=self._index, member=member)
        else:
            await self._redis.call("ZADD", self._index, "XX", self._next(timer), member)

    async def _timer(self, timer_id: str) -> Timer | None:
        """Return a timer; none where there is none, or what lies there cannot be read."""
        try:
            held = await self.store.find(timer_id)
        except UnreadableError as error:
            _log.warning("the timer of a task cannot be read", reason=error.message)
            return None
        return held.timer if held else None

    def _next(self, timer: Timer) -> float:
        """Return when to look at a timer next."""
        now = self.now()
        return min(max(timer.due or 0.0, now + _EVERY_S), now + _SELDOM_S)

    def _answer(self, task_id: str, timer: Timer) -> Answer:
        """Write how a timer ended."""
        told = {"timer": timer.id, "state": timer.state, "last": timer.phase}
        error = ErrorBody(code=_CODES.get(timer.state, ""), message=timer.result)
        answer = dict(self.telling.failed(task_id, error))
        if timer.state == "done":
            answer |= {"success": "true", "status": "done"}
        return answer | {"data": msgspec.json.encode(told).decode()}

    @property
    def _redis(self) -> Any:
        return self.telling.coordination.redis

    @property
    def _index(self) -> str:
        return f"{self.telling.coordination.prefix}:timed"


def _timer_of(response: QueryResponse) -> str:
    """Return the id of the timer that an answer tells of; empty where it tells of none."""
    facts = response.data.get("facts")
    told = facts.get("timer") if isinstance(facts, dict) else None
    return told if isinstance(told, str) else ""
