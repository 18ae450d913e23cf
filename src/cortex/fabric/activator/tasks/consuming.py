"""Take entries of the stream `cortex.network.tasks` into the queue, and let go of them answered.

An entry stays pending in the stream's group until its answer is written. One whose taker died is
taken over; one that is none becomes a dead letter with the reason, and blocks nobody.
"""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from cortex.clients.redis import RedisClient
from cortex.coordination.answers import Place, Results
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Full, Producer
from cortex.coordination.queue.results import Results as Standings
from cortex.coordination.queue.task import FINAL, Task
from cortex.coordination.streams import Entry, ensure_group, entries_of, read_group
from cortex.errors import CortexError, Malformed
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.answering import failure, unperformed
from cortex.fabric.activator.tasks.ledger import Ledger
from cortex.fabric.activator.tasks.performing import KIND
from cortex.fabric.activator.tasks.reading import NetworkTask, named, read
from cortex.fabric.activator.web.bodies import check_query
from cortex.fabric.messages import ErrorBody
from cortex.fabric.messages.failures import body_of

_log = structlog.get_logger()
_AT_ONCE = 64
_BLOCK_S = 1.0
_SILENT_S = 20.0
_AWAY_S = 0.5
_REUSED = ErrorBody(
    code="conflict",
    message="The task's id was used for another task.",
    hint="give each task an id of its own",
)


def _fresh_name() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


@dataclass(kw_only=True)
class Consumer:
    """One reader of the stream."""

    coordination: Coordination
    place: Place
    keys: Keys
    ledger: Ledger
    age: timedelta
    """How old a task may be when it is performed."""
    name: str
    """What this fabric is called among the agents."""
    silent_s: float = _SILENT_S
    """After how long a silence another reader's entries are taken over."""
    _consumer: str = field(default_factory=_fresh_name)
    _look_at: float = 0.0

    async def run(self) -> None:
        """Take entries until cancelled, also past a server that is away."""
        opened = False
        while True:
            redis = await self.coordination.readied()
            try:
                if not opened:
                    await ensure_group(redis, self.place.stream, self.place.group)
                    opened = True
                await self._round(redis)
            except CortexError as error:
                opened = False
                _log.warning("tasks cannot be taken", reason=error.message)
                await asyncio.sleep(_AWAY_S)

    async def _round(self, redis: RedisClient) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._look_at:
            self._look_at = now + self.silent_s / 2
            await self._reclaim(redis)
        entries = await read_group(
            redis,
            self.place.stream,
            group=self.place.group,
            consumer=self._consumer,
            count=_AT_ONCE,
            block_s=_BLOCK_S,
        )
        await self._take(redis, entries)

    async def _reclaim(self, redis: RedisClient) -> None:
        """Take over what was taken and not answered for a while: its taker may be dead."""
        cursor, place = b"0-0", self.place
        while True:
            words = ("XAUTOCLAIM", place.stream, place.group, self._consumer)
            silent_ms = int(self.silent_s * 1000)
            reply: Any = await redis.call(*words, silent_ms, cursor, "COUNT", _AT_ONCE)
            cursor = reply[0]
            await self._take(redis, list(entries_of(reply[1])))
            if cursor == b"0-0":
                break
        await self._forget(redis)

    async def _forget(self, redis: RedisClient) -> None:
        """Let go of readers that are gone and hold nothing."""
        place = self.place
        for told in await _consumers(redis, place):
            if told["pending"] == 0 and told["idle"] > self.silent_s * 3000:
                name = told["name"]
                await redis.call("XGROUP", "DELCONSUMER", place.stream, place.group, name)

    async def _take(self, redis: RedisClient, entries: Sequence[Entry]) -> None:
        """Put entries into the queue; answer those that ended, and those that are none."""
        found: list[tuple[Entry, NetworkTask]] = []
        for entry in entries:
            try:
                task = read(entry.fields, entry=entry.id)
                check_query(task.query, site=task.site)
            except Malformed as error:
                await self._bury(redis, entry, body_of(error))
            else:
                found.append((entry, task))
        if not found:
            return
        digests = await self.ledger.note([(task, _at(entry)) for entry, task in found])
        for (entry, task), digest in zip(found, digests, strict=True):
            if digest != task.digest:
                await self._bury(redis, entry, _REUSED)
            elif not await self._ended(redis, entry, task):
                await self._take_up(redis, entry, task)

    async def _take_up(self, redis: RedisClient, entry: Entry, task: NetworkTask) -> None:
        try:
            await self._enqueue(redis, entry, task)
        except Malformed as error:  # it can be read, and not be written down
            await self._bury(redis, entry, body_of(error))

    async def _ended(self, redis: RedisClient, entry: Entry, task: NetworkTask) -> bool:
        """Tell a task that ended before what it was told, or why it was not performed."""
        standing = await Standings(redis, self.keys).peek(task.id)
        results = Results(redis, prefix=self.coordination.prefix)
        kept = await results.kept(task.id)
        if not kept and (standing is None or standing.outcome is None):
            return False
        if not kept and standing is not None and standing.outcome is not None:
            if standing.state not in FINAL:
                return False
            body = unperformed(standing.outcome)
            kept = dict(failure(task.task_id, body, sender=self.name, now=time.time()))
        await results.tell(task.id, kept, place=self.place, entry=entry.id)
        return True

    async def _enqueue(self, redis: RedisClient, entry: Entry, task: NetworkTask) -> None:
        """Put a task into the queue; where that is full its entry waits, and is looked at again."""
        queued = Task(
            id=task.id,
            kind=KIND,
            arguments={"task": task, "entry": entry.id},
            priority=task.priority,
            deadline_ms=int(_at(entry) * 1000) + int(self.age / timedelta(milliseconds=1)),
            actor=task.sender,
        )
        [answer] = await Producer(redis, self.keys).enqueue_many((queued,))
        if isinstance(answer, Full):
            _log.warning("task waits, the queue is full", task=task.id, length=answer.length)

    async def _bury(self, redis: RedisClient, entry: Entry, error: ErrorBody) -> None:
        called = named(entry.fields, entry=entry.id)
        _log.warning("entry is no task", entry=entry.id, reason=error.message)
        answer = failure(called, error, sender=self.name, now=time.time())
        results = Results(redis, prefix=self.coordination.prefix)
        await results.bury(entry, answer, place=self.place, reason=error.message)


def _at(entry: Entry) -> float:
    """Read when an entry came, in Unix seconds by the server's clock."""
    return int(entry.id.partition("-")[0]) / 1000


async def _consumers(redis: RedisClient, place: Place) -> list[dict[str, Any]]:
    reply: Any = await redis.call("XINFO", "CONSUMERS", place.stream, place.group)
    told = [
        {name.decode(): value for name, value in zip(one[::2], one[1::2], strict=True)}
        for one in reply
    ]
    return [one | {"name": one["name"].decode()} for one in told]
