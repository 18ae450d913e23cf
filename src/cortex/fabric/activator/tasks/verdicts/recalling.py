"""See verdicts on tasks to their end that nobody sees to: their taker was killed, or cut off.

Each activator looks for such now and then, and one of them tells the sender what came of it.
"""

import asyncio
from dataclasses import dataclass

import structlog

from cortex.errors import CortexError
from cortex.fabric.activator.tasks.following import Following
from cortex.fabric.activator.tasks.ledger import TaskLedger
from cortex.fabric.activator.tasks.verdicts.looking import Looking, NotYetError
from cortex.fabric.activator.tasks.verdicts.noting import Verdicts

_log = structlog.get_logger()
_EVERY_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalling:
    """What sees to verdicts that were left."""

    verdicts: Verdicts
    ledger: TaskLedger
    looking: Looking
    following: Following

    async def run(self) -> None:
        """Look until cancelled, also past a server that is away."""
        while True:
            await self.following.telling.coordination.readied()
            try:
                left = await self.verdicts.lapsed()
                await asyncio.gather(*map(self._recalled, left))
            except CortexError as error:
                _log.warning("verdicts on tasks cannot be looked at", reason=error.message)
            await asyncio.sleep(_EVERY_S)

    async def _recalled(self, task_id: str) -> None:
        async with self.verdicts.taken_over(task_id) as verdict:
            kept = await self.ledger.look(task_id) if verdict else None
            if verdict is None or kept is None:
                return
            try:
                response = await self.looking.outcome(verdict)
            except NotYetError as error:
                _log.info("the end of a verdict is not known yet", task=task_id, reason=str(error))
                return
            _log.warning("a verdict was interrupted", task=task_id, status=response.status)
            await self.following.tell(kept.asked, response)
