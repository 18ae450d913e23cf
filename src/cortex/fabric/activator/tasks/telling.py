"""Tell what came of a task: to every entry that waits for it, each once, as soon as it is known."""

import time
from dataclasses import dataclass

from cortex.coordination.answers import Answer, Place, Results
from cortex.coordination.queue.task import Outcome, Task
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.answering import failure, why_undone
from cortex.fabric.activator.tasks.ledger import TaskLedger
from cortex.fabric.messages import ErrorBody


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Where answers are told, and who tells them."""

    coordination: Coordination
    place: Place
    ledger: TaskLedger
    name: str
    """What this fabric is called among the agents."""

    @property
    def results(self) -> Results:
        """Where answers are kept."""
        return Results(self.coordination.redis, prefix=self.coordination.prefix)

    async def tell(self, task_id: str, answer: Answer, *, entry: str = "") -> bool:
        """Keep an answer unless there is one, and tell it; False when no entry waited for it."""
        waiting = await self.ledger.entries(task_id)
        told = False
        for one in dict.fromkeys((*waiting, entry) if entry else waiting):
            if await self.results.tell(task_id, answer, place=self.place, entry=one):
                told = True
            await self.ledger.answered(task_id, one)
        return told

    async def anyhow(self, task_id: str, answer: Answer, *, entry: str = "") -> None:
        """Do the same, and tell it also when no entry waits: some are let go of by others."""
        if not await self.tell(task_id, answer, entry=entry):
            await self.results.tell(task_id, answer)

    async def undone(self, task: Task, outcome: Outcome) -> None:
        """Tell that a task ended without being done, and why; nothing when it has its answer.

        Raises:
            CortexError: Redis is away.

        """
        if not await self.results.kept(task.id):
            entry = str(task.arguments.get("entry", ""))
            await self.anyhow(task.id, self.failed(task.id, why_undone(outcome)), entry=entry)

    def failed(self, task_id: str, error: ErrorBody) -> Answer:
        """Write that a task was not performed, and why; its sender knows it by the id's end."""
        called = task_id.partition(":")[2]
        return failure(called, error, sender=self.name, now=time.time())
