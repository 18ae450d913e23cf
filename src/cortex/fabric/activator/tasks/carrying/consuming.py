"""Take entries of the stream `cortex.network.tasks` into the queue, and let go of them answered.

An entry stays pending in the stream's group until its answer is written. One whose taker died is
taken over; one that is none becomes a dead letter with the reason, and blocks nobody.
"""

import asyncio
import os
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from cortex.clients.redis import RedisClient
from cortex.coordination.answers import Place
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Full, Producer
from cortex.coordination.queue.results import Results as Standings
from cortex.coordination.queue.task import FINAL, Priority, Task
from cortex.coordination.streams import (
    Entry,
    ensure_group,
    forget_consumers,
    read_group,
    take_over,
)
from cortex.errors import Conflict, CortexError, Malformed
from cortex.fabric.activator.answer.judgement import SECRET
from cortex.fabric.activator.tasks.answering import failure, why_undone
from cortex.fabric.activator.tasks.carrying.performing import KIND
from cortex.fabric.activator.tasks.intake.rations import Rations
from cortex.fabric.activator.tasks.intake.reading import NetworkTask, named, read, texts_in
from cortex.fabric.activator.tasks.intake.secrecy import names_secret, speaks
from cortex.fabric.activator.tasks.ledger import Came, TaskLedger
from cortex.fabric.activator.tasks.telling import Telling
from cortex.fabric.activator.web.bodies import check_query
from cortex.fabric.messages import ErrorBody
from cortex.fabric.messages.failures import body_of

_log = structlog.get_logger()
_AT_ONCE = 64
_BLOCK_S = 1.0
_SILENT_S = 20.0
_AWAY_S = 0.5
_REUSED = ErrorBody(
    code=Conflict.code,
    message="The task's id was used for another task, or under another token of its sender.",
    hint="give each task an id of its own",
)


_SPEAKS = ErrorBody(
    code="malformed",
    message="the entry is no task, and speaks of a secret: nothing of it was kept",
    hint="see docs/tasks.md for its fields; neither its id nor its sender may look like a secret",
)
_SENDERS = (b"sender", b"source")
_WITHHELD = {"…".encode(): b"withheld: it speaks of a secret"}


@dataclass(frozen=True, slots=True)
class _Found:
    """A task as it was read, whose it is, and with which priority it waits."""

    entry: Entry
    task: NetworkTask
    owner: str
    """The identity of the token that its sender stands for; empty when none is in use."""
    priority: Priority
    again: bool = False
    """Whether the same task came before."""
    first: str = ""
    """The entry that it came as then."""

    @property
    def at(self) -> float:
        """When it came, in Unix seconds by the server's clock."""
        return int(self.entry.id.partition("-")[0]) / 1000

    @property
    def came(self) -> Came:
        """Say what is noted of it."""
        return Came(self.task, self.at, self.owner, self.entry.id)


def _fresh_name() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


@dataclass(kw_only=True)
class Consumer:
    """One reader of the stream."""

    telling: Telling
    keys: Keys
    rations: Rations
    age: timedelta
    """How old a task may be when it is performed."""
    owner_of: Callable[[str], str]
    """Tells the identity of the token that a sender stands for now."""
    silent_s: float = _SILENT_S
    """After how long a silence another reader's entries are taken over."""
    _consumer: str = field(default_factory=_fresh_name)
    _look_at: float = 0.0

    @property
    def place(self) -> Place:
        """Where entries are taken from."""
        return self.telling.place

    @property
    def ledger(self) -> TaskLedger:
        """Where tasks are noted."""
        return self.telling.ledger

    async def run(self) -> None:
        """Take entries until cancelled, also past a server that is away."""
        opened = False
        while True:
            redis = await self.telling.coordination.readied()
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
        names = (self.place.stream, self.place.group, self._consumer)
        async for entries in take_over(redis, *names, silent_s=self.silent_s, count=_AT_ONCE):
            await self._take(redis, entries)
        await forget_consumers(redis, *names, silent_s=3 * self.silent_s)

    async def _take(self, redis: RedisClient, entries: Sequence[Entry]) -> None:
        """Put entries into the queue; answer those that ended, and those that are none."""
        found = [one for entry in entries if (one := await self._read(entry))]
        known = await self.ledger.digests([one.task for one in found])
        new: list[_Found] = []
        for one, digest in zip(found, known, strict=True):
            if digest and digest != one.came.digest:
                await self._bury(one.entry, _REUSED)
            elif not await self._ended(redis, one):
                new.append(replace(one, again=bool(digest)))
        await self._take_up(redis, await self._admitted(new))

    async def _read(self, entry: Entry) -> _Found | None:
        """Read a task that may be taken; answer what is none, and what speaks of a secret."""
        try:
            task = read(entry.fields, entry=entry.id)
            check_query(task.query, site=task.site)
        except Malformed as error:
            await self._bury(entry, body_of(error))
            return None
        if names_secret(task.sender, task.task_id):
            await self._bury(entry, _SPEAKS)
            return None
        if speaks(task.query, task.site, task.conversation_id):
            _log.warning("task speaks of a secret", entry=entry.id, sender=task.sender)
            await self._decline(entry, task, SECRET)
            return None
        return _Found(entry, task, self.owner_of(task.sender), task.priority)

    async def _admitted(self, found: Sequence[_Found]) -> list[_Found]:
        """Weigh tasks against what their senders may send; answer those that are too many."""
        admitted: list[_Found] = []
        surplus: Counter[str] = Counter()
        weighed = await self.rations.admit([one.task for one in found])
        for one, verdict in zip(found, weighed, strict=True):
            if isinstance(verdict, ErrorBody):
                surplus[one.task.sender] += 1
                await self._decline(one.entry, one.task, verdict)
            else:
                admitted.append(replace(one, priority=verdict.priority))
        for sender, count in surplus.items():
            _log.warning("tasks are too many, and not taken", sender=sender, count=count)
        return admitted

    async def _take_up(self, redis: RedisClient, found: Sequence[_Found]) -> None:
        """Note tasks and put them into the queue."""
        known = await self.ledger.note([one.came for one in found])
        same: list[_Found] = []
        for one, noted in zip(found, known, strict=True):
            if noted.digest == one.came.digest:
                same.append(replace(one, first=noted.first))
            else:
                await self._bury(one.entry, _REUSED)
        await self.ledger.waits([(one.task.id, one.entry.id) for one in same])
        for one in same:
            try:
                await self._enqueue(redis, one)
            except Malformed as error:  # it can be read, and not be written down
                await self._bury(one.entry, body_of(error))
            else:
                if one.again:  # it may have ended just before this entry was noted
                    await self._ended(redis, one)

    async def _ended(self, redis: RedisClient, one: _Found) -> bool:
        """Tell a task that ended before what it was told, or why it was not performed."""
        task_id, results = one.task.id, self.telling.results
        standing = await Standings(redis, self.keys).peek(task_id)
        kept = await results.kept(task_id)
        if not kept and (standing is None or standing.outcome is None):
            return False
        if not kept and standing is not None and standing.outcome is not None:
            if standing.state not in FINAL:
                return False
            kept = dict(self.telling.failed(task_id, why_undone(standing.outcome)))
        await self.telling.tell(task_id, kept, entry=one.entry.id)
        return True

    async def _enqueue(self, redis: RedisClient, one: _Found) -> None:
        """Put a task into the queue; where that is full its entry waits, and is looked at again."""
        task = one.task
        whose = {"owner": one.owner, "first": one.first}
        queued = Task(
            id=task.id,
            kind=KIND,
            arguments={"task": task, "entry": one.entry.id} | whose,
            priority=one.priority,
            deadline_ms=int(one.at * 1000) + int(self.age / timedelta(milliseconds=1)),
            actor=task.sender,
        )
        [answer] = await Producer(redis, self.keys).enqueue_many((queued,))
        if isinstance(answer, Full):
            _log.warning("task waits, the queue is full", task=task.id, length=answer.length)

    async def _decline(self, entry: Entry, task: NetworkTask, why: ErrorBody) -> None:
        """Tell why a task is not taken, and keep nothing of it."""
        name, now = self.telling.name, time.time()
        answer = failure(task.task_id, why, sender=name, now=now, status="rejected")
        await self.telling.results.decline(entry, answer, place=self.place)

    async def _bury(self, entry: Entry, error: ErrorBody) -> None:
        """Make an entry a dead letter; of one that speaks of a secret no word is kept."""
        called = named(entry.fields, entry=entry.id)
        senders = [entry.fields.get(one, b"").decode("utf-8", "replace") for one in _SENDERS]
        if names_secret(called, *senders):
            called, withheld = entry.id, True
        else:
            withheld = speaks(*texts_in(entry.fields))
        if withheld:
            entry = Entry(entry.id, _WITHHELD)
            error = _REUSED if error is _REUSED else _SPEAKS
        _log.warning("entry is no task", entry=entry.id, reason=error.message)
        answer = failure(called, error, sender=self.telling.name, now=time.time())
        await self.telling.results.bury(entry, answer, place=self.place, reason=error.message)
