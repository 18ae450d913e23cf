"""What was asked by other systems, in Redis: by its id, and the latest of all.

Beside the queue, which knows how far a task is, and the answers, which say what came of it. A
paused call lies where confirmations are kept; here is noted under what, and no token. That is
sealed, so that nobody who can write there has another call confirmed than the one that is shown.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from cortex.clients.redis import RedisClient, Reply, Word
from cortex.errors import Conflict, CortexError
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.answer.confirmations import Reference, mark_of, reference_of
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.intake.reading import NetworkTask
from cortex.fabric.messages import Confirmation, Plan, Preview, RouteBody

KEPT_MS = int(timedelta(hours=24) / timedelta(milliseconds=1))
"""Milliseconds that what is known of a task is kept."""
_LISTED = 1_000
_NAMED = 5
_ENTRY = "entry:"
SEALED = "task that waits"
"""What a task's paused call is called where it is sealed."""


class TaskEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A task as it came in; `at` is in Unix seconds."""

    id: str
    sender: str
    task_id: str
    query: str
    priority: str
    at: float
    digest: str
    owner: str = ""
    """The identity of the token that it came under; empty where its sender's was not in use."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is paused, as far as it takes to find out what came of it."""

    query_id: str
    layer: str
    plan: Plan
    route: RouteBody


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What a task waits for a yes to."""

    reference: Reference
    expires_at: float
    preview: Preview
    call: Call | None = None

    @property
    def mark(self) -> str:
        """What a yes quotes, so that it is good for this call and no other."""
        return mark_of(self.reference)


@dataclass(frozen=True, slots=True)
class Came:
    """A task, when it came, in Unix seconds, and the identity of the token that it came under."""

    task: NetworkTask
    at: float
    owner: str
    entry: str = ""
    """The entry that it came as; empty for one that came over HTTP."""

    @property
    def digest(self) -> str:
        """Stand for what is asked and for whom: the same id with another one is another task."""
        return hashlib.sha256(f"{self.task.digest}\0{self.owner}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Noted:
    """What a task is known by: what is asked and for whom, and the first entry that it came as."""

    digest: str
    first: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A task, and its paused call if it waits for a yes."""

    asked: TaskEntry
    waiting: Waiting | None


class TaskLedger:
    """The tasks of one prefix."""

    def __init__(self, coordination: Coordination, *, seals: Seals) -> None:
        self._coordination = coordination
        self._seals = seals

    async def note(self, came: Sequence[Came]) -> list[Noted]:
        """Note tasks, unless they are known; tell what each is known by."""
        commands: list[Sequence[Word]] = []
        for one in came:
            name, asked = self._name(one.task.id), _entry_of(one)
            commands += [
                ("HSETNX", name, "asked", msgspec.json.encode(asked)),
                ("HSETNX", name, "digest", one.digest),
                ("HSETNX", name, "first", one.entry),
                ("PEXPIRE", name, KEPT_MS),
                ("HMGET", name, "digest", "first"),
                ("ZADD", self._index, "NX", one.at, one.task.id),
                ("ZREMRANGEBYRANK", self._index, 0, -_LISTED - 1),
            ]
        replies: Any = (await self._all(commands))[4::7]
        return [Noted(_text(digest), _text(first)) for digest, first in replies]

    async def digests(self, tasks: Sequence[NetworkTask]) -> list[str]:
        """Tell the digest that each task has; empty for one that is not known."""
        found = await self._all([("HGET", self._name(one.id), "digest") for one in tasks])
        return [_text(one) for one in found]

    async def waits(self, entries: Sequence[tuple[str, str]]) -> None:
        """Note entries that wait for the answers to tasks: each task's id, and the entry's."""
        commands: list[Sequence[Word]] = []
        for task_id, entry in entries:
            name = self._name(task_id)
            commands += [("HSET", name, f"{_ENTRY}{entry}", 1), ("PEXPIRE", name, KEPT_MS)]
        await self._all(commands)

    async def entries(self, task_id: str) -> list[str]:
        """List the entries that wait for the answer to a task, or did."""
        reply: Any = await self._redis.call("HKEYS", self._name(task_id))
        names = (one.decode() for one in reply)
        return [one.removeprefix(_ENTRY) for one in names if one.startswith(_ENTRY)]

    async def answered(self, task_id: str, entry: str) -> None:
        """Let go of an entry that was answered."""
        await self._redis.call("HDEL", self._name(task_id), f"{_ENTRY}{entry}")

    async def forget(self, task_id: str) -> None:
        """Let go of all that is known of a task."""
        await self._all((("DEL", self._name(task_id)), ("ZREM", self._index, task_id)))

    async def find(self, name: str, *, may_see: Callable[[Kept], bool]) -> Kept | None:
        """Look a task up, by its id or by what its sender calls it.

        Raises:
            Conflict: several senders call a task so.

        """
        ids = [name, *(one for one in await self._latest() if one.partition(":")[2] == name)]
        found = [kept for one in ids if (kept := await self.look(one)) and may_see(kept)]
        if len(found) > 1 and found[0].asked.id != name:
            named = ", ".join(one.asked.id for one in found[:_NAMED])
            message = f"{len(found)} senders have a task {name[:80]!r}"
            raise Conflict(message, hint=f"name the one that you mean: {named}")
        return found[0] if found else None

    async def latest(self, most: int) -> list[Kept]:
        """List the latest tasks, newest first."""
        ids = (await self._latest())[:most]
        found = [await self.look(one) for one in ids]
        return [one for one in found if one is not None]

    async def pause(self, task_id: str, confirmation: Confirmation, call: Call | None) -> None:
        """Note what a task waits for, for whoever may say yes."""
        waiting = Waiting(
            reference=reference_of(confirmation.token),
            expires_at=confirmation.expires_at,
            preview=confirmation.preview,
            call=call,
        )
        body = self._seals.sealed(task_id, msgspec.json.encode(waiting))
        await self._redis.call("HSET", self._name(task_id), "confirmation", body)

    async def settle(self, task_id: str) -> None:
        """Let go of what a task waited for, and of the verdict on it."""
        name, verdicts = self._name(task_id), verdict_index(self._coordination.prefix)
        fields = ("confirmation", "said", "said_by")
        await self._all((("HDEL", name, *fields), ("ZREM", verdicts, task_id)))

    async def _all(self, commands: Sequence[Sequence[Word]]) -> list[Reply]:
        replies: list[Reply] = []
        for one in await self._redis.pipeline(commands):
            if isinstance(one, CortexError):
                raise one
            replies.append(one)
        return replies

    async def look(self, task_id: str) -> Kept | None:
        """Look a task up by its id."""
        reply: Any = await self._redis.call("HMGET", self._name(task_id), "asked", "confirmation")
        asked, waiting = reply
        try:
            known = msgspec.json.decode(asked or b"", type=TaskEntry)
        except (msgspec.DecodeError, RecursionError):
            return None
        return Kept(known, self._waiting(task_id, waiting or b""))

    def _waiting(self, task_id: str, payload: bytes) -> Waiting | None:
        """Read what a task waits for; what was not sealed here waits for nothing."""
        body = self._seals.opened(task_id, payload)
        if body is None:
            return None
        try:
            return msgspec.json.decode(body, type=Waiting)
        except msgspec.DecodeError:
            return None

    async def _latest(self) -> list[str]:
        reply: Any = await self._redis.call("ZREVRANGE", self._index, 0, _LISTED)
        return [one.decode() for one in reply]

    def _name(self, task_id: str) -> str:
        return name_of(self._coordination.prefix, task_id)

    @property
    def _index(self) -> str:
        return f"{self._coordination.prefix}:asked"

    @property
    def _redis(self) -> RedisClient:
        return self._coordination.redis


def name_of(prefix: str, task_id: str) -> str:
    """Name the hash of all that is known of a task."""
    return f"{prefix}:asked:{task_id}"


def verdict_index(prefix: str) -> str:
    """Name the index of the tasks that have a verdict, and whose senders were not told yet."""
    return f"{prefix}:said"


def _entry_of(came: Came) -> TaskEntry:
    task = came.task
    return TaskEntry(
        id=task.id,
        sender=task.sender,
        task_id=task.task_id,
        query=task.query,
        priority=task.priority,
        at=came.at,
        digest=came.digest,
        owner=came.owner,
    )


def _text(reply: Reply) -> str:
    return reply.decode() if isinstance(reply, bytes) else ""
