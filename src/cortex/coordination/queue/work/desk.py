"""Where a worker takes entries, begins them under a fence, keeps them, and hands in how they ended.

Speaks to the server on behalf of one consumer and decides nothing: what is performed, how often
and how long is the worker's affair.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cortex.clients.redis import RedisClient, Script, Word
from cortex.coordination.queue.keys import GROUP, Keys, number
from cortex.coordination.queue.lua import script, unreadable
from cortex.coordination.queue.task import LANES, Lane, Outcome, Task, encode_outcome, state_of
from cortex.coordination.streams import ensure_group, entries_of, excerpt

_TAKE = script("take")
_BEGIN = script("begin")
_ATTEND = script("attend")
_FINISH = script("finish")
_POSTPONE = script("postpone")
_BURY = script("bury")
_PROMOTE = script("promote")
_LEAVE = script("leave")
_FORGET = script("forget")
_PRUNE = script("prune")
_MOVED_AT_ONCE = 500

Held = Literal["held", "cancel", "lost"]
Verdict = Literal["end", "dead", "again", "back"]


@dataclass(frozen=True, slots=True)
class Taken:
    """An entry that was handed to this consumer."""

    lane: Lane
    entry: str
    fields: Mapping[bytes, bytes] = field(repr=False)

    @property
    def place(self) -> tuple[Lane, str]:
        """Where it lies; ids are unique within a lane only."""
        return self.lane, self.entry


@dataclass(frozen=True, slots=True)
class Go:
    """The entry may be worked on, under this fence."""

    fence: int
    attempt: int
    cancelled: bool
    now_ms: int
    """The server's clock."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another task holds the idempotency key."""

    id: str


@dataclass(frozen=True, slots=True)
class Over:
    """There is nothing to do: it is finished, at work under another entry, or another's now."""


Begun = Go | Other | Over


@dataclass(frozen=True, slots=True)
class Ending:
    """How the work on one entry ended."""

    taken: Taken
    task: Task
    fence: int
    verdict: Verdict
    outcome: Outcome
    body: bytes = b""
    """The task as it goes on, for every verdict but an end."""
    delay_ms: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry at work, and the progress to write down, as JSON, if there is news."""

    taken: Taken
    task_id: str
    fence: int
    progress: bytes = b""


class Desk:
    """One consumer's place at a queue."""

    def __init__(self, redis: RedisClient, keys: Keys, consumer: str) -> None:
        self._redis = redis
        self._keys = keys
        self._consumer = consumer

    async def open(self) -> None:
        """Create the group in every lane that has none, from the first entry on."""
        for lane in self._keys.lanes:
            await ensure_group(self._redis, lane, GROUP)

    async def take(self, shares: Mapping[Lane, int]) -> list[Taken]:
        """Take new entries, of each lane its share and then what places are left."""
        counts = (shares[lane] for lane in LANES)
        reply = await self._run(_TAKE, arguments=(GROUP, self._consumer, *counts))
        return [
            Taken(LANES[place - 1], entry.id, entry.fields)
            for place, name, fields in reply
            for entry in entries_of([[name, fields]])
        ]

    async def wait(self, block_s: float) -> list[Taken]:
        """Wait for new entries: at most one of each lane."""
        words: tuple[Word, ...] = ("XREADGROUP", "GROUP", GROUP, self._consumer, "COUNT", 1)
        block: tuple[Word, ...] = ("BLOCK", max(1, int(block_s * 1000)), "STREAMS")
        lanes = (*self._keys.lanes, ">", ">", ">")
        reply = await self._redis.blocking(*words, *block, *lanes, block_s=block_s)
        streams: list[Any] = reply if isinstance(reply, list) else []
        return [
            Taken(self._lane(name), entry.id, entry.fields)
            for name, entries in streams
            for entry in entries_of(entries)
        ]

    async def reclaim(self, room: int, *, silent_ms: int) -> list[Taken]:
        """Take over entries whose consumer was silent for so long, at most `room` of them."""
        found: list[Taken] = []
        for lane, key in zip(LANES, self._keys.lanes, strict=True):
            cursor = b"0-0"
            while len(found) < room:
                reply: Any = await self._redis.call(
                    *("XAUTOCLAIM", key, GROUP, self._consumer, silent_ms, cursor),
                    *("COUNT", room - len(found)),
                )
                cursor = reply[0]
                if None in reply[1]:
                    await self._run(_PRUNE, arguments=(GROUP, self._consumer))
                found += [Taken(lane, one.id, one.fields) for one in entries_of(reply[1])]
                if cursor == b"0-0":
                    break
        return found

    async def attempts(self, task_ids: Sequence[str]) -> list[int]:
        """Tell how often each task was begun so far."""
        names = [self._keys.record(one) for one in task_ids]
        replies = await self._redis.pipeline([("HGET", name, "attempts") for name in names])
        return [int(one) if isinstance(one, bytes) else 0 for one in replies]

    async def begin(self, work: Sequence[tuple[Taken, Task]], *, gone: str = "") -> list[Begun]:
        """Begin the work on entries; `gone` names a task whose hold on the key is void."""
        keys = [name for _, task in work for name in self._keys.of(task)]
        remember = self._keys.keeping.idempotency_ms
        words = [
            word
            for taken, task in work
            for word in (number(taken.lane), taken.entry, task.id, task.idempotency_key, gone)
        ]
        arguments = (GROUP, self._consumer, remember, *words)
        now_ms, *answers = await self._run(_BEGIN, keys, arguments)
        return [_begun(answer, now_ms) for answer in answers]

    async def attend(self, kept: Sequence[Kept], *, renew: bool) -> list[Held]:
        """Write progress down, renew the leases if asked, and tell what became of each entry."""
        keys = [self._keys.record(one.task_id) for one in kept]
        words = [
            word
            for one in kept
            for word in (number(one.taken.lane), one.taken.entry, one.fence, one.progress)
        ]
        answers = await self._run(_ATTEND, keys, (GROUP, self._consumer, int(renew), *words))
        return [_held(answer) for answer in answers]

    async def finish(self, endings: Sequence[Ending]) -> list[bool]:
        """Store how work ended; False where it is another's by now. May be called again."""
        keeping = self._keys.keeping
        named = (self._keys.delayed, self._keys.bodies, self._keys.dead, self._keys.finished)
        keys = (*named, *(name for one in endings for name in self._keys.of(one.task)))
        limits = (keeping.results_ms, keeping.after_success_ms, keeping.dead_letters)
        words = (word for one in endings for word in _told(one))
        answers = await self._run(_FINISH, keys, (GROUP, *limits, keeping.finished, *words))
        return [bool(answer) for answer in answers]

    async def postpone(self, taken: Taken, task: Task, *, body: bytes, delay_ms: int) -> None:
        """Put an entry that was not begun aside; it does not count as an attempt."""
        place = number(taken.lane)
        await self._redis.run(
            _POSTPONE,
            keys=(
                *(self._keys.lanes[place - 1], self._keys.delayed, self._keys.bodies),
                self._keys.record(task.id),
            ),
            arguments=(GROUP, self._consumer, place, taken.entry, task.id, body, delay_ms),
        )

    async def bury(self, taken: Taken, reason: str) -> None:
        """Move an entry that cannot be read to the dead letters; of a large one, its beginning."""
        limit = self._keys.keeping.dead_letters
        await self._redis.run(
            _BURY,
            keys=(self._keys.lanes[number(taken.lane) - 1], self._keys.dead),
            arguments=(GROUP, taken.entry, reason, limit, *excerpt(taken.fields)),
        )

    async def promote(self) -> float | None:
        """Move due tasks into their lanes; tell in how many seconds more are due, if any are."""
        keys = (self._keys.delayed, self._keys.bodies)
        left_ms: int = await self._run(_PROMOTE, keys, (_MOVED_AT_ONCE,))
        return None if left_ms < 0 else left_ms / 1000

    async def leave(self) -> int:
        """Hand back what was taken and not begun; tell how many entries that were."""
        reply = await self._redis.run(
            _LEAVE, keys=self._keys.lanes, arguments=(GROUP, self._consumer)
        )
        return int(reply) if isinstance(reply, int) else 0

    async def forget(self, *, silent_ms: int) -> None:
        """Forget consumers that hold nothing and were silent for so long."""
        await self._run(_FORGET, arguments=(GROUP, silent_ms))

    async def _run(
        self, code: Script, keys: Iterable[str] = (), arguments: Iterable[Any] = ()
    ) -> Any:
        words = tuple(arguments)
        return await self._redis.run(code, keys=(*self._keys.lanes, *keys), arguments=words)

    def _lane(self, name: bytes) -> Lane:
        return LANES[self._keys.lanes.index(name.decode())]


def _told(one: Ending) -> Iterator[Any]:
    task = one.task
    yield from (number(one.taken.lane), one.taken.entry, task.id, one.fence, one.verdict)
    yield from (state_of(one.outcome), encode_outcome(one.outcome), one.body, one.delay_ms)
    yield task.idempotency_key


def _begun(answer: Any, now_ms: int) -> Begun:
    match answer:
        case [b"go", int(fence), int(attempt), int(cancel)]:
            return Go(fence, attempt, bool(cancel), now_ms)
        case [b"other", bytes(owner)]:
            return Other(owner.decode())
        case [b"over"] | [b"gone"]:
            return Over()
        case _:
            raise unreadable(answer, "begin")


def _held(answer: Any) -> Held:
    match answer:
        case b"held":
            return "held"
        case b"cancel":
            return "cancel"
        case b"lost":
            return "lost"
        case _:
            raise unreadable(answer, "attend")
