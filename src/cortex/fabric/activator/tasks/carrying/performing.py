"""Perform a task of the queue: ask as its sender may, keep what came of it, and tell it once.

A task that was answered is never performed again: it is told again what it was told. A write that
a crash interrupted keeps its nonce, so that the layer reads back instead of writing twice. Rights
are those of the token that it came under; a later token of that name has none of them.
"""

import asyncio
import hashlib
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from cortex.coordination.queue.task import Done, Outcome, Task
from cortex.coordination.queue.work.performing import Progress
from cortex.errors import NotAllowed
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.answer.asked import Asked, Once, Trail, trail_of
from cortex.fabric.activator.answer.asked import Progress as Stage
from cortex.fabric.activator.answer.judgement import SECRET
from cortex.fabric.activator.tasks.answering import answer_of
from cortex.fabric.activator.tasks.intake.reading import NetworkTask
from cortex.fabric.activator.tasks.intake.secrecy import speaks
from cortex.fabric.activator.tasks.intake.senders import Senders
from cortex.fabric.activator.tasks.later.timed import TimedTasks
from cortex.fabric.activator.tasks.ledger import Call, TaskLedger
from cortex.fabric.activator.tasks.telling import Telling
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import QueryResponse
from cortex.fabric.messages.failures import body_of

KIND = "network"
_QUERY_S = 60.0
Ask = Callable[[Trail, NetworkTask], Awaitable[QueryResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Performing:
    """What performing a task needs."""

    telling: Telling
    ask: Ask
    accounts: Accounts
    senders: Senders
    ledger: TaskLedger
    timed: TimedTasks

    async def __call__(self, task: Task, progress: Progress) -> Outcome:
        """Perform one task; it is answered when this returns."""
        asked = msgspec.convert(task.arguments["task"], NetworkTask)
        entry = str(task.arguments["entry"])
        answer = await self.telling.results.kept(task.id)
        if answer:
            await self.telling.tell(task.id, answer, entry=entry)
        else:
            answer = dict(await self._answer(task, asked, progress))
            # Of a dead letter that was put back no entry is left: it was let go of before.
            await self.telling.anyhow(task.id, answer, entry=entry)
        if answer.get("error") == SECRET.code:
            await self.ledger.forget(task.id)
        return Done({"status": answer.get("status", "")})

    async def _answer(self, task: Task, asked: NetworkTask, progress: Progress) -> dict[str, str]:
        try:
            trail = self._trail(task, asked, progress)
        except NotAllowed as error:
            body = body_of(error)
            return dict(self.telling.failed(task.id, body))
        response = await self.accounts.settle(trail, self.ask(trail, asked))
        if _about_secret(response):
            return dict(self.telling.failed(task.id, SECRET))
        if response.confirmation is not None:
            await self.ledger.pause(task.id, response.confirmation, _call_of(trail))
        await self.timed.note(task.id, response)
        name, now = self.telling.name, time.time()
        return dict(answer_of(response, task_id=asked.task_id, sender=name, now=now))

    def _trail(self, task: Task, asked: NetworkTask, progress: Progress) -> Trail:
        began = asyncio.get_running_loop().time()

        def tell(stage: Stage) -> None:
            progress({"stage": stage.stage, "message": stage.message})

        return trail_of(
            Asked(
                query_id=uuid.uuid4().hex,
                text=asked.query,
                principal=self._principal(task, asked),
                address="",
                site=asked.site,
                began=began,
                deadline=began + _QUERY_S,
                context_size=asked.context_size,
                once=_once(task, asked),
                conversation_id=asked.conversation_id,
                secrets=False,
            ),
            tell,
        )

    def _principal(self, task: Task, asked: NetworkTask) -> Principal:
        """Find as whom it runs: who its sender was when it came, and still is.

        Raises:
            NotAllowed: the sender's token is not in use, or is another than it was.

        """
        principal = self.senders.principal_of(asked.sender)
        if principal.identity != task.arguments.get("owner"):
            message = f"the sender {asked.sender!r} stands for another token than when it sent this"
            raise NotAllowed(message, hint="send it again, under an id of its own")
        return principal


def _call_of(trail: Trail) -> Call | None:
    """Return what an answer waits to do, also if it goes another way than its tool's own."""
    plan, route = trail.plan, trail.route
    if plan is None or route is None:
        return None
    return Call(query_id=trail.asked.query_id, layer=route.layer, plan=plan, route=route)


def _about_secret(response: QueryResponse) -> bool:
    """Tell whether a query turned out to set a secret, or is asked back with one in it."""
    route, choices = response.route, response.choices
    sets = route is not None and bool(resolve_tool(route.tool).secrets)
    return sets or speaks(*(text for one in choices for text in (one.label, one.query)))


def _once(task: Task, asked: NetworkTask) -> Once:
    """Give a task's write the nonce that it always has, for as long as it may be performed.

    Another task that is given its id, once it is forgotten, has another nonce.
    """
    told = (task.id, asked.digest, task.arguments.get("owner"), task.arguments.get("first"))
    nonce = hashlib.sha256(b"task\0" + msgspec.json.encode(told)).hexdigest()[:32]
    return Once(nonce=nonce, until=(task.deadline_ms or 0) / 1000 + _QUERY_S)
