"""The tasks that were given up: list them, look into one, put it back, or let it go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys, number
from cortex.coordination.queue.lua import script, unreadable
from cortex.coordination.queue.task import FIELD, Failed, Task, decode, decode_outcome, encode
from cortex.coordination.streams import Entry, entries_of
from cortex.errors import Conflict, Malformed

_REQUEUE = script("requeue")
_RAW = b"raw:"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A task that was given up, or an entry that could not be read."""

    id: str
    """Of the letter, not of the task; its first part is the time in milliseconds."""
    task: Task | None
    """None when the entry could not be read."""
    reason: str
    attempts: int
    consumer: str
    """Who tried last; empty for an entry that could not be read."""
    raw: Mapping[str, str]
    """The fields of an entry that could not be read."""


class DeadLetters:
    """Those of one queue, oldest first."""

    def __init__(self, redis: RedisClient, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def count(self) -> int:
        """Count them."""
        reply = await self._redis.call("XLEN", self._keys.dead)
        return reply if isinstance(reply, int) else 0

    async def page(self, *, after: str = "", most: int = 50) -> list[DeadLetter]:
        """Page through them, from the one after the letter `after`."""
        start = f"({after}" if after else "-"
        return [_letter(entry) for entry in await self._range(start, "+", most)]

    async def inspect(self, letter_id: str) -> DeadLetter:
        """Look into one.

        Raises:
            Conflict: there is none of this id.

        """
        for entry in await self._range(letter_id, letter_id, 1):
            return _letter(entry)
        raise _gone(letter_id)

    async def requeue(self, letter_id: str) -> str:
        """Put its task back into the queue with all its attempts, and return the task's id.

        Raises:
            Conflict: there is no such letter, the task is in the queue again or done by now, or
                another task took its idempotency key.
            Malformed: the entry could not be read in the first place.

        """
        letter = await self.inspect(letter_id)
        if letter.task is None:
            message = f"dead letter {letter_id!r} holds no task: {letter.reason}"
            raise Malformed(message, hint="drop it, and enqueue what was meant")
        task = letter.task
        reply: Any = await self._redis.run(
            _REQUEUE,
            keys=(
                *(self._keys.lanes[number(task.lane) - 1], self._keys.dead),
                *self._keys.of(task),
            ),
            arguments=(
                *(letter_id, number(task.lane), task.id, encode(task), task.idempotency_key),
                self._keys.keeping.idempotency_ms,
            ),
        )
        return _requeued(reply, letter)

    async def drop(self, letter_id: str) -> None:
        """Let one go for good.

        Raises:
            Conflict: there is none of this id.

        """
        if await self._redis.call("XDEL", self._keys.dead, letter_id) != 1:
            raise _gone(letter_id)

    async def _range(self, start: str, end: str, most: int) -> Iterator[Entry]:
        reply = await self._redis.call("XRANGE", self._keys.dead, start, end, "COUNT", most)
        return entries_of(reply)


def _letter(entry: Entry) -> DeadLetter:
    fields = entry.fields
    said = fields.get(b"reason", b"")
    return DeadLetter(
        id=entry.id,
        task=decode(fields) if FIELD in fields else None,
        reason=_reason(said) if FIELD in fields else said.decode("utf-8", "replace"),
        attempts=int(fields.get(b"attempts", b"0")),
        consumer=fields.get(b"consumer", b"").decode("utf-8", "replace"),
        raw={
            name.removeprefix(_RAW).decode("utf-8", "replace"): value.decode("utf-8", "replace")
            for name, value in fields.items()
            if name.startswith(_RAW)
        },
    )


def _reason(said: bytes) -> str:
    outcome = decode_outcome(said)
    return outcome.reason if isinstance(outcome, Failed) else type(outcome).__name__.lower()


def _requeued(reply: Any, letter: DeadLetter) -> str:
    task_id = letter.task.id if letter.task else ""
    match reply:
        case b"queued":
            return task_id
        case b"gone":
            raise _gone(letter.id)
        case [b"other", bytes(owner)] if owner.decode() == task_id:
            message = f"task {task_id!r} is in the queue again, or done by now"
            raise Conflict(message, hint="drop the dead letter")
        case [b"other", bytes(owner)]:
            message = f"task {owner.decode()!r} took the idempotency key of {task_id!r}"
            raise Conflict(message, hint="look what became of that one first")
        case _:
            raise unreadable(reply, "requeue")


def _gone(letter_id: str) -> Conflict:
    message = f"there is no dead letter {letter_id!r}"
    return Conflict(message, hint="list them again: it may be requeued or dropped by now")
