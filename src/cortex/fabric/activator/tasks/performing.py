"""Perform a task of the queue: ask as its sender may, keep what came of it, and tell it once.

A task that was answered is never performed again: it is told again what it was told. A write that
a crash interrupted keeps its nonce, so that the layer reads back instead of writing twice.
"""

import asyncio
import hashlib
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from cortex.coordination.answers import Place, Results
from cortex.coordination.queue.task import Done, Outcome, Task
from cortex.coordination.queue.work.performing import Progress
from cortex.errors import NotAllowed
from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.answer.asked import Asked, Once, Trail, trail_of
from cortex.fabric.activator.answer.asked import Progress as Stage
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.answering import answer_of, failure
from cortex.fabric.activator.tasks.ledger import Ledger
from cortex.fabric.activator.tasks.reading import NetworkTask
from cortex.fabric.activator.tasks.senders import Senders
from cortex.fabric.messages import QueryResponse
from cortex.fabric.messages.failures import body_of

KIND = "network"
_QUERY_S = 60.0
Ask = Callable[[Trail, NetworkTask], Awaitable[QueryResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Performing:
    """What performing a task needs."""

    coordination: Coordination
    place: Place
    ask: Ask
    accounts: Accounts
    senders: Senders
    ledger: Ledger
    name: str
    """What this fabric is called among the agents."""

    async def __call__(self, task: Task, progress: Progress) -> Outcome:
        """Perform one task; it is answered when this returns."""
        results = Results(self.coordination.redis, prefix=self.coordination.prefix)
        asked = msgspec.convert(task.arguments["task"], NetworkTask)
        entry = str(task.arguments["entry"])
        answer = await results.kept(task.id)
        fresh = not answer
        if fresh:
            answer = dict(await self._answer(task, asked, progress))
        told = await results.tell(task.id, answer, place=self.place, entry=entry)
        if fresh and not told:
            # A dead letter that was put back: its entry was let go of when it was given up.
            await results.tell(task.id, answer)
        return Done({"status": answer.get("status", "")})

    async def _answer(self, task: Task, asked: NetworkTask, progress: Progress) -> dict[str, str]:
        now = time.time()
        try:
            trail = self._trail(task, asked, progress)
        except NotAllowed as error:
            body = body_of(error)
            return dict(failure(asked.task_id, body, sender=self.name, now=now))
        response = await self.accounts.settle(trail, self.ask(trail, asked))
        if response.confirmation is not None:
            await self.ledger.pause(task.id, response.confirmation)
        return dict(answer_of(response, task_id=asked.task_id, sender=self.name, now=time.time()))

    def _trail(self, task: Task, asked: NetworkTask, progress: Progress) -> Trail:
        began = asyncio.get_running_loop().time()

        def tell(stage: Stage) -> None:
            progress({"stage": stage.stage, "message": stage.message})

        return trail_of(
            Asked(
                query_id=uuid.uuid4().hex,
                text=asked.query,
                principal=self.senders.principal_of(asked.sender),
                address="",
                site=asked.site,
                began=began,
                deadline=began + _QUERY_S,
                context_size=len(msgspec.json.encode(asked.context)) if asked.context else 0,
                once=_once(task),
                conversation_id=asked.conversation_id,
            ),
            tell,
        )


def _once(task: Task) -> Once:
    """Give a task's write the nonce that it always has, for as long as it may be performed."""
    nonce = hashlib.sha256(b"task\0" + task.id.encode()).hexdigest()[:32]
    return Once(nonce=nonce, until=(task.deadline_ms or 0) / 1000 + _QUERY_S)
