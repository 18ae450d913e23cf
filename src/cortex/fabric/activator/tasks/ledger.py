"""What was asked by other systems, in Redis: by its id, and the latest of all.

Beside the queue, which knows how far a task is, and the answers, which say what came of it. A
paused call lies where confirmations are kept; here is noted under what, and no token.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from cortex.clients.redis import RedisClient, Word
from cortex.errors import Conflict, CortexError
from cortex.fabric.activator.answer.confirmations import Reference, reference_of
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.reading import NetworkTask
from cortex.fabric.messages import Confirmation, Preview

_KEPT_MS = int(timedelta(hours=24) / timedelta(milliseconds=1))
_LISTED = 1_000
_NAMED = 5


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A task as it came in; `at` is in Unix seconds."""

    id: str
    sender: str
    task_id: str
    query: str
    priority: str
    at: float
    digest: str
    principal: str = ""
    """Who asked over HTTP; empty for a task, whose sender tells."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What a task waits for a yes to."""

    reference: Reference
    expires_at: float
    preview: Preview


@dataclass(frozen=True, slots=True)
class Kept:
    """A task, and its paused call if it waits for a yes."""

    asked: Asked
    waiting: Waiting | None


class Ledger:
    """The tasks of one prefix."""

    def __init__(self, coordination: Coordination) -> None:
        self._coordination = coordination

    async def note(
        self, tasks: Sequence[tuple[NetworkTask, float]], *, principal: str = ""
    ) -> list[str]:
        """Note tasks and when they came, unless they are known; tell the digest that each has."""
        commands: list[Sequence[Word]] = []
        for task, at in tasks:
            name = self._name(task.id)
            commands += [
                ("HSETNX", name, "asked", msgspec.json.encode(_asked(task, at, principal))),
                ("HSETNX", name, "digest", task.digest),
                ("PEXPIRE", name, _KEPT_MS),
                ("HGET", name, "digest"),
                ("ZADD", self._index, "NX", at, task.id),
                ("ZREMRANGEBYRANK", self._index, 0, -_LISTED - 1),
            ]
        replies = await self._redis.pipeline(commands)
        for one in replies:
            if isinstance(one, CortexError):
                raise one
        return [one.decode() if isinstance(one, bytes) else "" for one in replies[3::6]]

    async def find(self, name: str, *, may_see: Callable[[Kept], bool]) -> Kept | None:
        """Look a task up, by its id or by what its sender calls it.

        Raises:
            Conflict: several senders call a task so.

        """
        ids = [name, *(one for one in await self._latest() if one.partition(":")[2] == name)]
        found = [kept for one in ids if (kept := await self._look(one)) and may_see(kept)]
        if len(found) > 1 and found[0].asked.id != name:
            named = ", ".join(one.asked.id for one in found[:_NAMED])
            message = f"{len(found)} senders have a task {name[:80]!r}"
            raise Conflict(message, hint=f"name the one that you mean: {named}")
        return found[0] if found else None

    async def latest(self, most: int) -> list[Kept]:
        """List the latest tasks, newest first."""
        ids = (await self._latest())[:most]
        found = [await self._look(one) for one in ids]
        return [one for one in found if one is not None]

    async def pause(self, task_id: str, confirmation: Confirmation) -> None:
        """Note what a task waits for, for whoever may say yes."""
        waiting = Waiting(
            reference=reference_of(confirmation.token),
            expires_at=confirmation.expires_at,
            preview=confirmation.preview,
        )
        body = msgspec.json.encode(waiting)
        await self._redis.call("HSET", self._name(task_id), "confirmation", body)

    async def settle(self, task_id: str) -> None:
        """Let go of what a task waited for."""
        await self._redis.call("HDEL", self._name(task_id), "confirmation")

    async def _look(self, task_id: str) -> Kept | None:
        reply: Any = await self._redis.call("HMGET", self._name(task_id), "asked", "confirmation")
        asked, waiting = reply
        if asked is None:
            return None
        return Kept(
            msgspec.json.decode(asked, type=Asked),
            _waiting(waiting) if waiting else None,
        )

    async def _latest(self) -> list[str]:
        reply: Any = await self._redis.call("ZREVRANGE", self._index, 0, _LISTED)
        return [one.decode() for one in reply]

    def _name(self, task_id: str) -> str:
        return f"{self._coordination.prefix}:asked:{task_id}"

    @property
    def _index(self) -> str:
        return f"{self._coordination.prefix}:asked"

    @property
    def _redis(self) -> RedisClient:
        return self._coordination.redis


def _asked(task: NetworkTask, at: float, principal: str) -> Asked:
    return Asked(
        id=task.id,
        sender=task.sender,
        task_id=task.task_id,
        query=task.query,
        priority=task.priority,
        at=at,
        digest=task.digest,
        principal=principal,
    )


def _waiting(payload: bytes) -> Waiting | None:
    """Read what a task waits for; what another version wrote otherwise waits for nothing here."""
    try:
        return msgspec.json.decode(payload, type=Waiting)
    except msgspec.DecodeError:
        return None
