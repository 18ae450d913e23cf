"""Tell senders what came of the verdicts on their tasks.

Whoever gave one waits for one attempt. What Redis does not take is kept here and told as soon as it
does; where this process ends before, whoever recalls the verdict tells it.
"""

import asyncio
import time
from dataclasses import dataclass, field

import structlog

from cortex.errors import CortexError
from cortex.fabric.activator.tasks.answering import answer_of
from cortex.fabric.activator.tasks.later.timed import TimedTasks
from cortex.fabric.activator.tasks.ledger import TaskEntry
from cortex.fabric.activator.tasks.telling import Telling
from cortex.fabric.messages import QueryResponse

_log = structlog.get_logger()
_MOST = 1_000
"""Answers that wait to be told at most; the oldest goes."""
_AGAIN_S = 0.5


@dataclass(frozen=True, slots=True)
class _Came:
    """What came of a task, and when, in Unix seconds."""

    asked: TaskEntry
    response: QueryResponse
    at: float


@dataclass(kw_only=True)
class Following:
    """What follows the first answer to a task."""

    telling: Telling
    timed: TimedTasks
    _waiting: list[_Came] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    async def tell(self, asked: TaskEntry, response: QueryResponse) -> None:
        """Tell a sender what came of a verdict, or see to it that it is told later."""
        came = _Came(asked, response, time.time())
        try:
            await self._tell(came)
        except CortexError as error:
            _log.warning("a sender is told later", task=asked.id, reason=error.message)
            self._waiting = [*self._waiting[1 - _MOST :], came]
            self._more.set()

    async def run(self) -> None:
        """Tell what waits until cancelled, also past a server that is away."""
        while True:
            await self._more.wait()
            await self.telling.coordination.readied()
            await self._told_again()
            if self._waiting:
                await asyncio.sleep(_AGAIN_S)
            else:
                self._more.clear()

    async def _told_again(self) -> None:
        for came in tuple(self._waiting):
            try:
                await self._tell(came)
            except CortexError as error:
                _log.warning("a sender cannot be told", task=came.asked.id, reason=error.message)
                return
            self._waiting.remove(came)

    async def _tell(self, came: _Came) -> None:
        """Tell it, and only then let go of what the task waited for: told twice, it is one."""
        asked, name = came.asked, self.telling.name
        await self.timed.note(asked.id, came.response)
        answer = answer_of(came.response, task_id=asked.task_id, sender=name, now=came.at)
        await self.telling.results.follow_up(asked.id, answer)
        await self.telling.ledger.settle(asked.id)
