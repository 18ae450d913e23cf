"""Put tasks into a queue, each once, and refuse them when it is full.

What becomes of a task afterwards is told by `results`.
"""

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from cortex.clients.redis import RedisClient, Word
from cortex.coordination.queue.keys import Keys, number
from cortex.coordination.queue.lua import script, unreadable
from cortex.coordination.queue.task import Task, encode, ulid
from cortex.errors import LostReply, QueueFull

_ENQUEUE = script("enqueue")
_AT_ONCE = 500
_FULL_RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The task is in the queue, and stays there until it ended."""

    id: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The idempotency key is taken: the task of this id stands for both."""

    id: str


@dataclass(frozen=True, slots=True)
class Full:
    """The lane, or what waits for its time, holds as much as it may."""

    id: str
    length: int


def fresh_id() -> str:
    """Draw an id for a task of this moment."""
    return ulid(time.time_ns() // 1_000_000, secrets.token_bytes(10))


class Producer:
    """What puts tasks into one queue."""

    def __init__(self, redis: RedisClient, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def enqueue(self, task: Task) -> Accepted | Duplicate:
        """Put one task into the queue; it is there, on disk if the server says so, on return.

        Raises:
            Malformed: the task cannot be stored.
            QueueFull: its lane holds as much as it may.
            Unavailable: the server is away; after `LostReply` the same task may be sent again.

        """
        [answer] = await self.enqueue_many((task,))
        match answer:
            case Accepted() | Duplicate():
                return answer
            case Full():
                message = f"the queue {self._keys.name!r} is full: {answer.length} tasks"
                hint = "wait until some are done, or start more workers"
                raise QueueFull(message, hint=hint, retry_after=_FULL_RETRY_S)
            case _:
                assert_never(answer)

    async def enqueue_many(self, tasks: Sequence[Task]) -> list[Accepted | Duplicate | Full]:
        """Put tasks into the queue and tell of each what came of it.

        Raises:
            Malformed: one of them cannot be stored; none of its five hundred was.
            Unavailable: the server is away; those before may be stored, and may be sent again.

        """
        answers: list[Accepted | Duplicate | Full] = []
        for start in range(0, len(tasks), _AT_ONCE):
            answers += await self._enqueue(tasks[start : start + _AT_ONCE])
        return answers

    async def _enqueue(self, tasks: Sequence[Task]) -> list[Accepted | Duplicate | Full]:
        keeping = self._keys.keeping
        named = (*self._keys.lanes, self._keys.delayed, self._keys.bodies)
        keys = (*named, *(name for task in tasks for name in self._keys.of(task)))
        told = [word for task in tasks for word in _told(task)]
        arguments: tuple[Word, ...] = (keeping.lane_limit, keeping.idempotency_ms, *told)
        try:
            reply: Any = await self._redis.run(_ENQUEUE, keys=keys, arguments=arguments)
        except LostReply:
            # A task that is there already is found by its id and not put twice.
            reply = await self._redis.run(_ENQUEUE, keys=keys, arguments=arguments)
        return [_answer(one, task) for one, task in zip(reply, tasks, strict=True)]


def _told(task: Task) -> Iterator[Word]:
    yield from (number(task.lane), task.id, encode(task))
    yield from (task.not_before_ms or 0, task.idempotency_key)


def _answer(answer: Any, task: Task) -> Accepted | Duplicate | Full:
    match answer:
        case [b"accepted", bytes()]:
            return Accepted(task.id)
        case [b"duplicate", bytes(first)]:
            return Accepted(task.id) if first.decode() == task.id else Duplicate(first.decode())
        case [b"full", int(length)]:
            return Full(task.id, length)
        case _:
            raise unreadable(answer, "enqueue")
