"""What was asked by other systems, in Redis: by its id, and the latest of all.

Beside the queue, which knows how far a task is, and the answers, which say what came of it. The
token of a paused call is sealed with a key of the activators: whoever reads Redis learns none.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from cortex.clients.redis import RedisClient, Word
from cortex.errors import CortexError
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.reading import NetworkTask
from cortex.fabric.messages import Confirmation, Preview

_KEPT_MS = int(timedelta(hours=24) / timedelta(milliseconds=1))
_LISTED = 1_000


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


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A paused call whose token only activators can read."""

    token: str
    expires_at: float
    preview: Preview
    principal: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A task, and its paused call if it waits for a yes."""

    asked: Asked
    sealed: Sealed | None


class Ledger:
    """The tasks of one prefix."""

    def __init__(self, coordination: Coordination, *, key: bytes) -> None:
        self._coordination = coordination
        self._key = key

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

    async def find(self, name: str) -> Kept | None:
        """Look a task up, by its id or by what its sender calls it; the latest of that name."""
        if kept := await self._look(name):
            return kept
        ids = await self._latest()
        same = (one for one in ids if one.partition(":")[2] == name)
        for one in same:
            return await self._look(one)
        return None

    async def latest(self, most: int) -> list[Kept]:
        """List the latest tasks, newest first."""
        ids = (await self._latest())[:most]
        found = [await self._look(one) for one in ids]
        return [one for one in found if one is not None]

    async def pause(self, task_id: str, confirmation: Confirmation, principal: str) -> None:
        """Keep what a task waits for, for whoever may say yes."""
        sealed = Sealed(
            token=self._masked(task_id, confirmation.token.encode()).hex(),
            expires_at=confirmation.expires_at,
            preview=confirmation.preview,
            principal=principal,
        )
        body = msgspec.json.encode(sealed)
        await self._redis.call("HSET", self._name(task_id), "confirmation", body)

    async def settle(self, task_id: str) -> None:
        """Let go of what a task waited for."""
        await self._redis.call("HDEL", self._name(task_id), "confirmation")

    def token(self, kept: Kept) -> str:
        """Open the token of a paused call; empty when there is none."""
        if kept.sealed is None:
            return ""
        return self._masked(kept.asked.id, bytes.fromhex(kept.sealed.token)).decode()

    async def _look(self, task_id: str) -> Kept | None:
        reply: Any = await self._redis.call("HMGET", self._name(task_id), "asked", "confirmation")
        asked, sealed = reply
        if asked is None:
            return None
        return Kept(
            msgspec.json.decode(asked, type=Asked),
            msgspec.json.decode(sealed, type=Sealed) if sealed else None,
        )

    async def _latest(self) -> list[str]:
        reply: Any = await self._redis.call("ZREVRANGE", self._index, 0, _LISTED)
        return [one.decode() for one in reply]

    def _masked(self, task_id: str, text: bytes) -> bytes:
        """Mask a token with a pad that no other task has; masked twice it is itself again."""
        pad = hmac.new(self._key, b"task\0" + task_id.encode(), "sha256").digest()
        stream = hashlib.shake_256(pad).digest(len(text))
        return bytes(one ^ other for one, other in zip(text, stream, strict=True))

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
