"""The endpoints about tasks and agents: what was asked, what came of it, and the yes to a write.

A caller sees the tasks that run as itself; an admin sees all of them. What a task
waits for is shown with the scope `confirm`; the token of a paused call is shown to nobody.
"""

import asyncio
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from cortex.coordination.answers import Answer, Results
from cortex.coordination.escalations import QUEUE
from cortex.coordination.queue.dead_letters import DeadLetter, DeadLetters
from cortex.coordination.queue.health import look
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.results import Results as Standings
from cortex.coordination.queue.results import Standing
from cortex.coordination.queue.task import FINAL, Cancelled
from cortex.coordination.registry import Registry
from cortex.errors import Conflict, Malformed
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.answer.asked import Asked, trail_of
from cortex.fabric.activator.answer.flow import Answers
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.answering import why_undone
from cortex.fabric.activator.tasks.carrying.performing import KIND
from cortex.fabric.activator.tasks.following import Following
from cortex.fabric.activator.tasks.ledger import Kept, TaskLedger, Waiting
from cortex.fabric.activator.tasks.telling import Telling
from cortex.fabric.activator.tasks.verdicts.noting import Verdict, Verdicts
from cortex.fabric.activator.timers.store import QUEUE as TIMERS
from cortex.fabric.activator.web.bodies import TaskConfirmRequest, json_answer, read_body
from cortex.fabric.activator.web.gate import Gate
from cortex.fabric.messages import QueryResponse

_MOST = 100
_CONFIRM_S = 300.0
_SLACK_S = 10.0
"""Seconds by which a leave may outlast the call and the time that a yes to it has."""
_QUEUES = (KIND, QUEUE, TIMERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskViews:
    """The endpoints about tasks and agents."""

    gate: Gate
    coordination: Coordination
    ledger: TaskLedger
    answers: Answers
    accounts: Accounts
    telling: Telling
    following: Following
    verdicts: Verdicts

    async def show_tasks(self, request: Request) -> Response:
        """Answer `GET /v1/tasks`: the latest, newest first."""
        principal = self.gate.enter(request, "operate")
        kept = await self.ledger.latest(_MOST)
        mine = [one for one in kept if _may_see(principal, one)]
        answers = await asyncio.gather(*(self._results.kept(one.asked.id) for one in mine))
        rows = await asyncio.gather(*map(self._row, mine, answers))
        return json_answer({"tasks": rows, "queues": await self._health()})

    async def show_task(self, request: Request) -> Response:
        """Answer `GET /v1/tasks/{id}`: how far it is, and what it waits for."""
        principal = self.gate.enter(request, "operate")
        kept = await self._found(request, principal)
        answer = await self._results.kept(kept.asked.id)
        row = await self._row(kept, answer) | {"answer": answer}
        if kept.waiting is not None and principal.may("confirm"):
            row["confirmation"] = {
                "confirmation": kept.waiting.mark,
                "expires_at": kept.waiting.expires_at,
                "preview": kept.waiting.preview,
            }
        return json_answer(row)

    async def cancel(self, request: Request) -> Response:
        """Answer `POST /v1/tasks/{id}/cancel`."""
        principal = self.gate.enter(request, "operate")
        kept = await self._found(request, principal)
        queue, _ = await self._standing(kept)
        standings = Standings(self.coordination.redis, self._keys(queue))
        state = await standings.cancel(kept.asked.id)
        if state == "cancelled":
            await self._tell_cancelled(kept, queue)
        return json_answer({"id": kept.asked.id, "cancel": state})

    async def confirm(self, request: Request) -> Response:
        """Answer `POST /v1/tasks/{id}/confirm`: the yes or no; the sender is told as well."""
        principal = self.gate.enter(request, "confirm")
        body = await read_body(request, TaskConfirmRequest)
        kept = await self._found(request, principal)
        if kept.waiting is None:
            message = f"the task {kept.asked.id!r} waits for no yes"
            raise Conflict(message, hint="`cortex tasks show` tells how far it is")
        if body.confirmation != kept.waiting.mark:
            raise _another(kept, body)
        verdict = self._verdict(kept.waiting, body, principal)
        async with self.verdicts.given(kept.asked.id, verdict):
            response = await self._taken(verdict, principal)
            await self.following.tell(kept.asked, response)
        return json_answer(response)

    async def _taken(self, verdict: Verdict, principal: Principal) -> QueryResponse:
        trail = trail_of(_asked(principal))
        reference = verdict.waiting.reference
        answering = self.answers.confirm_kept(reference, yes=verdict.yes, trail=trail)
        return await self.accounts.settle(trail, answering)

    def _verdict(self, waiting: Waiting, body: TaskConfirmRequest, principal: Principal) -> Verdict:
        return Verdict(
            waiting=waiting,
            yes=body.answer == "yes",
            by=principal.holder,
            place=self.verdicts.place,
            until=waiting.expires_at + _CONFIRM_S + _SLACK_S,
        )

    async def show_dead(self, request: Request) -> Response:
        """Answer `GET /v1/dead-letters`: what was given up, of every queue."""
        self.gate.enter(request, "admin")
        rows: list[dict[str, Any]] = []
        for queue in _QUEUES:
            letters = DeadLetters(self.coordination.redis, self._keys(queue))
            rows += [_letter(one, queue) for one in await letters.page(most=_MOST)]
        return json_answer({"dead_letters": rows})

    async def requeue(self, request: Request) -> Response:
        """Answer `POST /v1/dead-letters/{queue}/{id}/requeue`."""
        self.gate.enter(request, "admin")
        letters, letter_id = self._letters(request)
        letter = await letters.inspect(letter_id)
        if letter.task is not None:
            await self._results.forget(letter.task.id)
        return json_answer({"task": await letters.requeue(letter_id)})

    async def drop(self, request: Request) -> Response:
        """Answer `DELETE /v1/dead-letters/{queue}/{id}`."""
        self.gate.enter(request, "admin")
        letters, letter_id = self._letters(request)
        await letters.drop(letter_id)
        return json_answer({"dropped": letter_id})

    async def show_agents(self, request: Request) -> Response:
        """Answer `GET /v1/agents`: who is there, and what each can do."""
        self.gate.enter(request, "read")
        registry = Registry(self.coordination.redis, prefix=self.coordination.prefix)
        return json_answer({"agents": await registry.agents()})

    async def _found(self, request: Request, principal: Principal) -> Kept:
        name = str(request.path_params["task_id"])
        kept = await self.ledger.find(name, may_see=partial(_may_see, principal))
        if kept is None:
            message = f"no task {name[:80]!r} of yours is known"
            raise Conflict(message, hint="`cortex tasks list` shows the latest")
        return kept

    async def _row(self, kept: Kept, answer: Answer) -> dict[str, Any]:
        asked = kept.asked
        _, standing = await self._standing(kept)
        return {
            "id": asked.id,
            "sender": asked.sender,
            "query": asked.query,
            "priority": asked.priority,
            "at": asked.at,
            "state": standing.state if standing else "forgotten",
            "attempts": standing.attempts if standing else 0,
            "progress": standing.progress if standing else None,
            "status": answer.get("status", ""),
            "response": answer.get("response", ""),
        }

    async def _tell_cancelled(self, kept: Kept, queue: str) -> None:
        """Tell the sender at once; of a task at work whoever performs it does."""
        told = self.telling.failed(kept.asked.id, why_undone(Cancelled()))
        if queue == QUEUE:
            await self._results.follow_up(kept.asked.id, told)
        else:
            await self.telling.anyhow(kept.asked.id, told)

    async def _health(self) -> dict[str, Any]:
        healths = [await look(self.coordination.redis, self._keys(one)) for one in _QUEUES]
        return {
            queue: {
                "waiting": sum(one.lag for one in health.lanes.values()),
                "at_work": sum(one.pending for one in health.lanes.values()),
                "delayed": health.delayed,
                "dead_letters": health.dead_letters,
            }
            for queue, health in zip(_QUEUES, healths, strict=True)
        }

    def _letters(self, request: Request) -> tuple[DeadLetters, str]:
        queue = str(request.path_params["queue"])
        if queue not in _QUEUES:
            message = f"there is no queue {queue[:40]!r}"
            raise Malformed(message, hint=f"there are {', '.join(_QUEUES)}")
        letter_id = str(request.path_params["letter_id"])
        return DeadLetters(self.coordination.redis, self._keys(queue)), letter_id

    def _keys(self, queue: str) -> Keys:
        return Keys(queue, self.coordination.prefix)

    async def _standing(self, kept: Kept) -> tuple[str, Standing | None]:
        """Find the queue that a task is in: one that was passed on to agents waits with them."""
        known = []
        for queue in (QUEUE, KIND):
            standings = Standings(self.coordination.redis, self._keys(queue))
            if found := await standings.peek(kept.asked.id):
                known.append((queue, found))
        goes_on = (one for one in known if one[1].state not in FINAL)
        return next(goes_on, known[0] if known else (KIND, None))

    @property
    def _results(self) -> Results:
        return self.telling.results


def _may_see(principal: Principal, kept: Kept) -> bool:
    return principal.may_answer_for(kept.asked.owner)


def _another(kept: Kept, body: TaskConfirmRequest) -> Conflict:
    """Return the error of a verdict on something else than the task waits for."""
    if not body.confirmation:
        message = f"the yes or no to {kept.asked.id!r} does not say to what"
    else:
        message = f"the task {kept.asked.id!r} waits for a yes to something else than was shown"
    hint = "look at it again, and send the `confirmation` that it shows along with the answer"
    return Conflict(message, hint=hint)


def _letter(letter: DeadLetter, queue: str) -> dict[str, Any]:
    return {
        "id": letter.id,
        "queue": queue,
        "task": letter.task.id if letter.task else "",
        "reason": letter.reason,
        "attempts": letter.attempts,
        "raw": letter.raw,
    }


def _asked(principal: Principal) -> Asked:
    began = asyncio.get_running_loop().time()
    return Asked(
        query_id=uuid.uuid4().hex,
        text="",
        principal=principal,
        address="",
        site="",
        began=began,
        deadline=began + _CONFIRM_S,
    )
