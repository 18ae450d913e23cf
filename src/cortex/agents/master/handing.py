"""Hand an escalation to the agent that can take it and has least to do, and wait for its reply.

Who has it is kept in Redis, so that another leader goes on where this one ended. From an agent that
vanished it is taken away and given to another; what the first one replies later counts no more.
"""

import asyncio
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import msgspec
import structlog

from cortex.clients.redis import RedisClient
from cortex.coordination.answers import Results
from cortex.coordination.escalations import (
    KIND,
    MASTER,
    REPLIES,
    REPLIES_GROUP,
    Escalation,
    Reply,
    agent_stream,
    decode_reply,
)
from cortex.coordination.queue.task import Done, Failed, Outcome, Task
from cortex.coordination.queue.work.performing import Progress
from cortex.coordination.registry import Agent, Registry
from cortex.coordination.streams import (
    Entry,
    acknowledge,
    add,
    ensure_group,
    entries_of,
    read_group,
)
from cortex.errors import CortexError, Malformed

_log = structlog.get_logger()
_KEPT_S = 86_400
_LOOK_S = 0.5
_BLOCK_S = 1.0
_AWAY_S = 1.0
_WORKS = frozenset({"ready", "idle", "busy", "starting"})


class _Handed(msgspec.Struct, frozen=True):
    """Who has an escalation, and where on its stream."""

    agent_id: str
    stream: str
    entry: str


class Handing:
    """Performs the tasks of the queue of escalations."""

    def __init__(self, redis: RedisClient, *, prefix: str, patience: timedelta) -> None:
        self._redis = redis
        self._prefix = prefix
        self._patience_s = patience.total_seconds()
        self._registry = Registry(redis, prefix=prefix)
        self._results = Results(redis, prefix=prefix)
        self._out: Counter[str] = Counter()
        """How many of the escalations waited for here each agent has, whoever handed them out."""
        self._news: dict[str, asyncio.Event] = {}

    async def __call__(self, task: Task, progress: Progress) -> Outcome:
        """Have one escalation answered by an agent."""
        escalation = msgspec.convert(task.arguments["escalation"], Escalation)
        self._news[task.id] = asyncio.Event()
        try:
            async with asyncio.timeout(self._patience_s):
                reply = await self._replied(task, escalation, progress)
        except TimeoutError:
            said = "No agent answered in time. " + " ".join(escalation.tried)
            await self._tell(escalation, said.strip(), success=False, sender=MASTER)
            return Failed("no agent answered in time", "permanent")
        finally:
            del self._news[task.id]
        await self._tell(escalation, reply.response, success=reply.success, sender=reply.agent_id)
        return Done({"agent": reply.agent_id, "success": reply.success})

    async def listen(self) -> None:
        """Keep what agents reply until cancelled, also past a server that is away."""
        while True:
            try:
                await ensure_group(self._redis, REPLIES, REPLIES_GROUP)
                while True:
                    await self._heard()
            except CortexError as error:
                _log.warning("replies cannot be read", reason=error.message)
                await asyncio.sleep(_AWAY_S)

    async def _heard(self) -> None:
        # One leader reads at a time, so a name of its own would only leave entries behind.
        left: Any = await self._redis.call(
            *("XREADGROUP", "GROUP", REPLIES_GROUP, MASTER, "COUNT", 64, "STREAMS", REPLIES, "0")
        )
        for entry in _entries(left):
            await self._keep(entry)
        for entry in await read_group(
            self._redis,
            REPLIES,
            group=REPLIES_GROUP,
            consumer=MASTER,
            count=64,
            block_s=_BLOCK_S,
        ):
            await self._keep(entry)

    async def _keep(self, entry: Entry) -> None:
        try:
            reply = decode_reply(entry.fields.get(b"payload", b""))
        except Malformed as error:
            _log.warning("reply is unreadable", entry=entry.id, reason=error.message)
        else:
            body = msgspec.json.encode(reply)
            handed = await self._handed(reply.task_id)
            if handed is not None and handed.agent_id == reply.agent_id:
                key = self._key("reply", reply.task_id)
                await self._redis.call("SET", key, body, "NX", "EX", _KEPT_S)
                if reply.task_id in self._news:
                    self._news[reply.task_id].set()
            else:
                _log.warning("reply of another", task=reply.task_id, agent=reply.agent_id)
        await acknowledge(self._redis, REPLIES, REPLIES_GROUP, [entry.id])

    async def _replied(self, task: Task, escalation: Escalation, progress: Progress) -> Reply:
        handed = await self._handed(task.id)
        if handed is not None:
            self._out[handed.agent_id] += 1
        try:
            while (found := await self._redis.call("GET", self._key("reply", task.id))) is None:
                if handed is None or not await self._alive(handed.agent_id):
                    handed = await self._hand_over(task, escalation, progress, handed)
                await self._wait(task.id)
        finally:
            if handed is not None:
                self._out[handed.agent_id] -= 1
        return decode_reply(found if isinstance(found, bytes) else b"")

    async def _wait(self, task_id: str) -> None:
        news = self._news[task_id]
        try:
            async with asyncio.timeout(_LOOK_S):
                await news.wait()
        except TimeoutError:
            return
        news.clear()

    async def _hand_over(
        self, task: Task, escalation: Escalation, progress: Progress, last: _Handed | None
    ) -> _Handed | None:
        """Give it to another agent; None while there is none."""
        able = await self._registry.find(escalation.capability)
        if not able:
            return last
        chosen = min(able, key=self._load)
        if last is not None:
            await self._redis.call("XDEL", last.stream, last.entry)
            _log.warning("agent vanished", agent=last.agent_id, task=task.id, now=chosen.agent_id)
        entry = await add(
            self._redis, _stream(chosen), _message(task, escalation, chosen, progress)
        )
        handed = _Handed(chosen.agent_id, _stream(chosen), entry)
        key = self._key("handed", task.id)
        await self._redis.call("SET", key, msgspec.json.encode(handed), "EX", _KEPT_S)
        self._out[chosen.agent_id] += 1
        if last is not None:
            self._out[last.agent_id] -= 1
        progress({"agent": chosen.agent_id})
        return handed

    def _load(self, agent: Agent) -> tuple[int, str]:
        return max(agent.task_count, self._out[agent.agent_id]), agent.agent_id

    async def _alive(self, agent_id: str) -> bool:
        agents = await self._registry.agents()
        return any(one.agent_id == agent_id and one.status in _WORKS for one in agents)

    async def _handed(self, task_id: str) -> _Handed | None:
        found = await self._redis.call("GET", self._key("handed", task_id))
        return msgspec.json.decode(found, type=_Handed) if isinstance(found, bytes) else None

    async def _tell(self, about: Escalation, text: str, *, success: bool, sender: str) -> None:
        answer = {
            "task_id": about.task_id,
            "success": "true" if success else "false",
            "response": text,
            "fabric": "unifi",
            "tool_calls": "0",
            "execution_time_ms": "0",
            "sender": sender,
            "timestamp": f"{time.time():.3f}",
            "status": "done" if success else "failed",
            "error": "" if success else "escalation",
            "hint": "",
            "query_id": about.query_id,
            "data": "{}",
        }
        await self._results.follow_up(about.answer_id, answer)

    def _key(self, what: str, task_id: str) -> str:
        return f"{self._prefix}:escalation:{what}:{task_id}"


def _stream(agent: Agent) -> str:
    return agent.stream or agent_stream(agent.agent_id)


def _message(
    task: Task, escalation: Escalation, agent: Agent, progress: Progress
) -> dict[str, str]:
    payload = msgspec.to_builtins(escalation) | {"task_id": task.id, "fence": progress.fence}
    return {
        "sender": MASTER,
        "recipient": agent.agent_id,
        "task_type": KIND,
        "payload": msgspec.json.encode(payload).decode(),
        "priority": task.priority,
        "timestamp": f"{time.time():.3f}",
        "metadata": "{}",
    }


def _entries(reply: Any) -> list[Entry]:
    return [entry for _, entries in reply or () for entry in entries_of(entries)]
