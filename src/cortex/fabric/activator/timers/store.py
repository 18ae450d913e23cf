"""Keep timers in Redis: one hash each, an index by when they are due, and the tasks that wake them.

A record is only ever replaced by whoever saw its latest revision, so that two activators, or a
person who cancels, never undo each other's step. Each is sealed together with its id and revision:
what somebody else put there, or put back after its end, is never taken for a timer.
"""

import asyncio
import contextlib
import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import structlog

from cortex.clients.redis import RedisClient, Reply, Script, Word
from cortex.coordination.queue.keys import Keeping, Keys
from cortex.coordination.queue.producer import Producer
from cortex.coordination.queue.results import Results
from cortex.coordination.queue.task import Task
from cortex.errors import Conflict, CortexError, LostReply, Rejected, Unavailable
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.timers import record
from cortex.fabric.activator.timers.record import Phase, Timer
from cortex.fabric.activator.timers.trust.endings import Endings
from cortex.fabric.activator.timers.trust.promises import Promise, Promises
from cortex.fabric.activator.timers.trust.unreadable import UnreadableError
from cortex.fabric.messages import ErrorBody

_log = structlog.get_logger()
QUEUE = "timers"
KIND = "timer"
_MOST = 10_000
"""Timers that wait at most."""
_REMEMBERED_S = 7 * 86_400
"""Seconds that a timer can be read after it is over."""
_SEEN_AGAIN_S = 86_400
"""Seconds after which it is noted that what is promised was seen again."""
_ID_BYTES = 5
_FAR = 9_999_999_999.0
_SAVE = Script("""
local held = redis.call('HGET', KEYS[1], 'rev') or '0'
if held ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'rev', ARGV[7], 'timer', ARGV[3], 'seal', ARGV[6])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
if ARGV[5] ~= '0' then redis.call('EXPIRE', KEYS[1], ARGV[5]) end
return 1
""")
_DECODER = msgspec.json.Decoder(Timer)
SEALED = "timer"
"""What a timer is called where it is sealed."""
_WRONG_TYPE = "WRONGTYPE"
_UNSEALED = (
    "it is not sealed with this Cortex's key: it was not put there by this Cortex, was changed "
    "since, or keys/grant was replaced"
)
_PUT_BACK = "it was over, and an older state of it was put back"


@dataclass(frozen=True, slots=True)
class Held:
    """A timer as it was read."""

    timer: Timer
    revision: int
    """What Redis holds."""
    reached: int = 0
    """What it is known to have come to, where Redis holds an older state of it, or none."""


class ChangedError(Conflict):
    """Somebody else changed the timer in the meantime."""


_Found = Held | UnreadableError | None


class TimerStore:
    """The timers of all activators on one Redis."""

    def __init__(
        self,
        coordination: Coordination,
        *,
        place: str,
        seals: Seals,
        endings: Endings,
        promises: Promises,
    ) -> None:
        """Keep them; `place` stands for the data folder, in which layers remember nonces."""
        self._coordination = coordination
        self._seals = seals
        self._endings = endings
        self._promises = promises
        self.place = place
        keeping = Keeping(lane_limit=_MOST, results=timedelta(hours=1))
        self.keys = Keys(QUEUE, prefix=coordination.prefix, keeping=keeping)

    def away(self) -> ErrorBody | None:
        """Say why what is kept now would not outlast this process, if it would not."""
        try:
            _ = self._redis
        except Unavailable as error:
            message = f"What ends or happens later is kept in Redis, so nothing was done: {error}"
            hint = "ask again once Redis is there, or ask without the time"
            return ErrorBody(
                code=error.code, message=message, hint=hint, retry_after=error.retry_after
            )
        return None

    @property
    def off(self) -> bool:
        """Whether there is no Redis by choice, and so no timer."""
        return self._coordination.state == "off"

    async def enqueue(self, timer: Timer, phase: Phase, at: float) -> None:
        """Have a phase of the timer done at a moment; the same phase twice is one task.

        Raises:
            Unavailable: Redis is away.

        """
        task = Task(
            id=timer.task_id(phase, at),
            kind=KIND,
            arguments={"timer": timer.id, "occurrence": timer.occurrence, "phase": phase},
            not_before_ms=int(at * 1000),
            actor=timer.principal,
        )
        await Producer(self._redis, self.keys).enqueue(task)

    async def unqueue(self, timer: Timer) -> None:
        """Let go of the tasks of a timer that is over; what stays does nothing at its moment."""
        moments: tuple[tuple[Phase, float | None], ...] = (
            ("start", timer.starts_at),
            ("undo", timer.undo_at),
        )
        names = [timer.task_id(phase, at) for phase, at in moments if at is not None]
        with contextlib.suppress(CortexError):
            for name in names:
                # One that is worked on is left to see for itself what became of its timer.
                if await self._redis.call("ZSCORE", self.keys.delayed, name) is not None:
                    await Results(self._redis, self.keys).cancel(name)

    async def create(self, timer: Timer) -> Held:
        """Keep a new timer.

        Raises:
            LostReply: whether it is kept is not known.
            Unavailable: Redis is away.

        """
        return await self.save(Held(timer, 0), timer)

    async def save(self, held: Held, timer: Timer) -> Held:
        """Replace a timer by its next version.

        Raises:
            ChangedError: somebody else did in the meantime.
            LostReply: whether it is replaced is not known.
            Unavailable: Redis is away.

        """
        keep_s = _REMEMBERED_S if timer.over else 0
        body, revision = msgspec.json.encode(timer), max(held.revision, held.reached) + 1
        arguments = (
            timer.id,
            held.revision,
            body,
            timer.due or _FAR,
            keep_s,
            sealed(self._seals, timer.id, revision, body),
            revision,
        )
        try:
            saved = await self._save(timer.id, arguments)
        except LostReply as lost:
            saved = await self._saved_again(held, timer, arguments, lost)
        if not saved:
            message = f"the timer {timer.id} was changed in the meantime"
            raise ChangedError(message, hint="look at it again")
        await self._note(timer)
        await self._promise(timer, revision)
        return Held(timer, revision)

    async def find(self, timer_id: str) -> Held | None:
        """Read a timer; none when there is none of this id.

        Raises:
            UnreadableError: it cannot be read, or was not put there by this Cortex.
            Unavailable: Redis is away.

        """
        [found] = await self._read([timer_id])
        if isinstance(found, UnreadableError):
            raise found
        return found

    async def drop(self, timer_id: str) -> None:
        """Let go of what lies under an id, whatever it is.

        Raises:
            Unavailable: Redis is away.

        """
        await asyncio.to_thread(self._promises.note, Promise(id=timer_id))
        steps = [("DEL", self._key(timer_id)), ("ZREM", self._index, timer_id)]
        for reply in await self._redis.pipeline(steps):
            if isinstance(reply, CortexError):
                raise reply

    def outrun(self, timer: Timer) -> int:
        """Tell the occurrence that a timer is known to have come to, where it has fallen behind."""
        reached = self._endings.reached(timer.id)
        return reached if timer.occurrence < reached else 0

    async def listed(self) -> tuple[list[Timer], list[UnreadableError]]:
        """Read every timer that is known still, the next one first, and those unreadable.

        Raises:
            Unavailable: Redis is away.

        """
        names = await self._redis.call("ZRANGE", self._index, 0, -1)
        listed = [one for one in names if isinstance(one, bytes)] if isinstance(names, list) else []
        ids = [one.decode("utf-8", "replace") for one in listed]
        known = set(ids)
        lost = [one.id for one in self._promises.all() if one.id not in known]
        found = await self._read([*ids, *lost])
        if gone := [name for name, one in zip(listed, found, strict=False) if one is None]:
            await self._redis.call("ZREM", self._index, *gone)
        unreadable = [one for one in found if isinstance(one, UnreadableError)]
        return [one.timer for one in found if isinstance(one, Held)], unreadable

    async def _saved_again(
        self, held: Held, timer: Timer, arguments: Sequence[Word], lost: LostReply
    ) -> bool:
        """Save once more what may be saved; a server that is away now says nothing of the first."""
        try:
            saved = await self._save(timer.id, arguments)
            return saved or (await self.find(timer.id) or held).timer == timer
        except Unavailable as error:
            raise lost from error

    async def _save(self, timer_id: str, arguments: Sequence[Word]) -> bool:
        keys = (self._key(timer_id), self._index)
        return await self._redis.run(_SAVE, keys=keys, arguments=arguments) == 1

    async def _read(self, ids: list[str]) -> list[_Found]:
        asked = [("HMGET", self._key(one), "rev", "timer", "seal") for one in ids]
        replies = await self._redis.pipeline(asked)
        pairs = zip(ids, replies, strict=True)
        found = [self._kept_to(one, self._held(one, reply)) for one, reply in pairs]
        for one in found:
            if isinstance(one, Held) and one.timer.over:
                # Also what another activator ended: seen once, it is known here as well.
                await self._note(one.timer)
                await self._promise(one.timer, one.revision)
            elif isinstance(one, Held) and self._seen_long_ago(one.timer.id):
                await self._promise(one.timer, max(one.revision, one.reached))
        return found

    def _seen_long_ago(self, timer_id: str) -> bool:
        promise = self._promises.of(timer_id)
        return promise is not None and time.time() - promise.at > _SEEN_AGAIN_S

    async def _promise(self, timer: Timer, revision: int) -> None:
        """Remember outside Redis what is needed to make an undo, until it is made."""
        promised = timer if record.promises_undo(timer) else None
        noted = Promise(id=timer.id, revision=revision, at=time.time(), timer=promised)
        if promised is not None or self._promises.of(timer.id) is not None:
            await asyncio.to_thread(self._promises.note, noted)

    def _kept_to(self, timer_id: str, found: _Found) -> _Found:
        """Take a timer for what it was known to be, where an older state of it was put back."""
        promise = self._promises.of(timer_id)
        if promise is None or promise.timer is None or isinstance(found, UnreadableError):
            return found
        if found is None:
            # One that others ended in the meantime would still be there to be read.
            lost = time.time() - promise.at < _REMEMBERED_S
            return Held(promise.timer, 0, promise.revision) if lost else None
        behind = found.revision < promise.revision
        return Held(promise.timer, found.revision, promise.revision) if behind else found

    async def rearm(self) -> None:
        """Have every undo that is promised done at its moment, also if its task was lost.

        Raises:
            Unavailable: Redis is away.

        """
        for promise in self._promises.all():
            [held] = await self._read([promise.id])
            if isinstance(held, Held) and record.promises_undo(held.timer):
                await self.enqueue(held.timer, "undo", held.timer.undo_at or 0.0)

    async def _note(self, timer: Timer) -> None:
        """Remember what must not be done again, should an older state be put back."""
        occurrence = None if timer.over else timer.occurrence
        if occurrence == 0 or (timer.over and self._endings.over(timer.id)):
            return
        await asyncio.to_thread(self._endings.note, timer.id, occurrence)

    def _held(self, timer_id: str, reply: Reply | Exception) -> _Found:
        match reply:
            case _ if not timer_id:
                return None
            case Rejected() if reply.reason == _WRONG_TYPE:
                return UnreadableError(timer_id, "it is no hash")
            case Exception():
                raise reply
            case [None, None, None]:
                return None
            case [bytes(revision), bytes(body), bytes(seal)]:
                return self._opened(timer_id, revision, body, seal)
            case _:
                return UnreadableError(timer_id, _UNSEALED)

    def _opened(
        self, timer_id: str, revision: bytes, body: bytes, seal: bytes
    ) -> Held | UnreadableError:
        try:
            number = int(revision)
            if not self._seals.holds(seal, timer_id, framed(number, body)):
                return UnreadableError(timer_id, _UNSEALED)
            timer = _DECODER.decode(body)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            return UnreadableError(timer_id, str(error))
        if not timer.over and self._endings.over(timer_id):
            return UnreadableError(timer_id, _PUT_BACK)
        return Held(timer, number)

    @property
    def _redis(self) -> RedisClient:
        return self._coordination.redis

    @property
    def _index(self) -> str:
        return f"{self._coordination.prefix}:timers"

    def _key(self, timer_id: str) -> str:
        return f"{self._coordination.prefix}:timers:{timer_id}"


def sealed(seals: Seals, timer_id: str, revision: int, body: bytes) -> bytes:
    """Return the seal of a revision of a timer."""
    return seals.over(timer_id, framed(revision, body))


def framed(revision: int, body: bytes) -> bytes:
    """Return what is sealed of a timer, beside its id."""
    return b"%d\n%b" % (revision, body)


def fresh_id() -> str:
    """Draw an id that people can type."""
    return secrets.token_hex(_ID_BYTES)


def id_of_yes(yes: str) -> str:
    """Return the id of the timer that a yes asks for: the same each time that it is given."""
    return hashlib.sha256(f"timer\0{yes}".encode()).hexdigest()[: 2 * _ID_BYTES]
