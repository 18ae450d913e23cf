"""Pass on what could not be answered, where an agent is registered that takes such things.

The answer then says `accepted` and under which id what comes of it can be read. A query that names
its mode is answered in it or not at all: agents ask so, and nothing goes round in circles.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from cortex.clients.redis import RedisClient, server_now_ms
from cortex.coordination.escalations import INVESTIGATION, KIND, QUEUE, UNDERSTANDING, Escalation
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Accepted, Producer
from cortex.coordination.queue.task import Task
from cortex.coordination.registry import Agent, Registry
from cortex.errors import CortexError
from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.intake.reading import NetworkTask
from cortex.fabric.activator.tasks.intake.secrecy import speaks
from cortex.fabric.activator.tasks.ledger import Came, TaskLedger
from cortex.fabric.messages import QueryResponse

_log = structlog.get_logger()
_LOOK_S = 2.0
"""Seconds that looking for an agent may add to an answer: on a busy machine a look takes long, and
an answer that goes nowhere is worse than a late one."""
_NEEDS = {
    "low_confidence": UNDERSTANDING,
    "previous_failure": INVESTIGATION,
    "explicit_complexity": INVESTIGATION,
    "multi_step": INVESTIGATION,
    "investigation": INVESTIGATION,
    "timeout": INVESTIGATION,
    "error": INVESTIGATION,
}
"""What an agent must be able to, by the reason why a query goes on."""
_ASKED = "query"
"""What the sender of a query that came over HTTP is called among those of tasks."""
Answer = Callable[[Trail], Awaitable[QueryResponse]]


class Escalating:
    """Answers queries, and passes on those that have no answer."""

    def __init__(
        self, answer: Answer, coordination: Coordination, ledger: TaskLedger, *, enabled: bool
    ) -> None:
        self._answer = answer
        self._coordination = coordination
        self._ledger = ledger
        self._enabled = enabled

    async def query(self, trail: Trail, task: NetworkTask | None = None) -> QueryResponse:
        """Answer a query; `task` is the one that it came as, if it did."""
        response = await self._answer(trail)
        reason = response.error.reason if response.error else ""
        may = self._enabled and self._coordination.ready and trail.asked.mode is None
        # What is passed on lies in Redis, and with agents.
        if not may or trail.asked.dry_run or reason not in _NEEDS or speaks(trail.asked.text):
            return response
        try:
            async with asyncio.timeout(_LOOK_S):
                able = await self._able(_NEEDS[reason])
            if not able:
                return response
            if not any(one.status in {"ready", "idle"} for one in able):
                return _busy(response, [one.name for one in able])
            # Not cut short: what may have been put into the queue must be said to be there.
            return await self._pass_on(trail, response, reason, task)
        except (CortexError, TimeoutError) as error:
            _log.warning("a query is not passed on", reason=str(error) or "Redis is slow")
            return response

    async def _able(self, capability: str) -> list[Agent]:
        redis, prefix = self._coordination.redis, self._coordination.prefix
        agents = await Registry(redis, prefix=prefix).agents()
        return [one for one in agents if capability in one.capabilities]

    async def _pass_on(
        self, trail: Trail, response: QueryResponse, reason: str, task: NetworkTask | None
    ) -> QueryResponse:
        redis = self._coordination.redis
        asked = trail.asked
        task = task or NetworkTask(
            sender=_ASKED, task_id=asked.query_id, query=asked.text, site=asked.site
        )
        came = Came(task, await server_now_ms(redis) / 1000, asked.principal.identity)
        await self._ledger.note((came,))
        accepted = await self._enqueue(redis, _escalation(trail, response, reason, task))
        return _accepted(response, task) if accepted else response

    async def _enqueue(self, redis: RedisClient, escalation: Escalation) -> bool:
        queued = Task(
            id=escalation.answer_id,
            kind=KIND,
            arguments={"escalation": escalation},
            actor=escalation.principal,
        )
        keys = Keys(QUEUE, self._coordination.prefix)
        [answer] = await Producer(redis, keys).enqueue_many((queued,))
        return isinstance(answer, Accepted)


def _escalation(
    trail: Trail, response: QueryResponse, reason: str, task: NetworkTask
) -> Escalation:
    asked = trail.asked
    said = response.error.message if response.error else response.answer
    return Escalation(
        answer_id=task.id,
        task_id=task.task_id,
        query_id=asked.query_id,
        query=asked.text,
        site=asked.site,
        reason=reason,
        capability=_NEEDS[reason],
        principal=asked.principal.name,
        may_write=asked.principal.may("operate"),
        tried=tuple(filter(None, (said, *trail.passed))),
    )


def _accepted(response: QueryResponse, task: NetworkTask) -> QueryResponse:
    text = (
        f"{response.answer} I passed it on to an agent: `cortex tasks show {task.id}` tells what "
        "comes of it."
    )
    told = response.data | {"task_id": task.id}
    return msgspec.structs.replace(
        response, status="accepted", answer=text.strip(), data=told, error=None
    )


def _busy(response: QueryResponse, names: list[str]) -> QueryResponse:
    if response.error is None:
        return response
    busy = f"{', '.join(sorted(names))} could look into it and is busy: ask again later"
    hint = "; ".join(filter(None, (response.error.hint, busy)))
    error = msgspec.structs.replace(response.error, hint=hint)
    return msgspec.structs.replace(response, error=error)
