"""Keep timers in Redis: one hash each, an index by when they are due, and the tasks that wake them.

A record is only ever replaced by whoever saw its latest revision, so that two activators, or a
person who cancels, never undo each other's step.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import structlog

from cortex.clients.redis import RedisClient, Reply, Script
from cortex.coordination.queue.keys import Keeping, Keys
from cortex.coordination.queue.producer import Producer
from cortex.coordination.queue.task import Task
from cortex.errors import BadAnswer, Conflict, LostReply, Unavailable
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.timers.record import Phase, Timer
from cortex.fabric.messages import ErrorBody

_log = structlog.get_logger()
QUEUE = "timers"
KIND = "timer"
_MOST = 10_000
"""Timers that wait at most."""
_REMEMBERED_S = 7 * 86_400
"""Seconds that a timer can be read after it is over."""
_FAR = 9_999_999_999.0
_SAVE = Script("""
local held = redis.call('HGET', KEYS[1], 'rev') or '0'
if held ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'rev', ARGV[2] + 1, 'timer', ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
if ARGV[5] ~= '0' then redis.call('EXPIRE', KEYS[1], ARGV[5]) end
return 1
""")
_DECODER = msgspec.json.Decoder(Timer)


@dataclass(frozen=True, slots=True)
class Held:
    """A timer as it was read."""

    timer: Timer
    revision: int


class ChangedError(Conflict):
    """Somebody else changed the timer in the meantime."""


class TimerStore:
    """The timers of all activators on one Redis."""

    def __init__(self, coordination: Coordination, *, place: str) -> None:
        """Keep them; `place` stands for the data folder, in which layers remember nonces."""
        self._coordination = coordination
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

    async def enqueue(self, timer: Timer, phase: Phase, at: float) -> None:
        """Have a phase of the timer done at a moment; the same phase twice is one task.

        Raises:
            Unavailable: Redis is away.

        """
        task = Task(
            id=timer.task_id(phase),
            kind=KIND,
            arguments={"timer": timer.id, "occurrence": timer.occurrence, "phase": phase},
            not_before_ms=int(at * 1000),
            actor=timer.principal,
        )
        await Producer(self._redis, self.keys).enqueue(task)

    async def create(self, timer: Timer) -> Held:
        """Keep a new timer.

        Raises:
            Unavailable: Redis is away.

        """
        return await self.save(Held(timer, 0), timer)

    async def save(self, held: Held, timer: Timer) -> Held:
        """Replace a timer by its next version.

        Raises:
            ChangedError: somebody else did in the meantime.
            Unavailable: Redis is away.

        """
        keep_s = _REMEMBERED_S if timer.over else 0
        arguments = (
            timer.id,
            held.revision,
            msgspec.json.encode(timer),
            timer.due or _FAR,
            keep_s,
        )
        try:
            saved = await self._save(timer.id, arguments)
        except LostReply:
            saved = await self._save(timer.id, arguments)
            if not saved and (await self.find(timer.id) or held).timer == timer:
                saved = True
        if not saved:
            message = f"the timer {timer.id} was changed in the meantime"
            raise ChangedError(message, hint="look at it again")
        return Held(timer, held.revision + 1)

    async def find(self, timer_id: str) -> Held | None:
        """Read a timer; none when there is none of this id.

        Raises:
            BadAnswer: it cannot be read.
            Unavailable: Redis is away.

        """
        [found] = await self._read([timer_id])
        if isinstance(found, BadAnswer):
            raise found
        return found

    async def listed(self) -> tuple[list[Timer], list[str]]:
        """Read every timer that is known still, the next one first, and name those unreadable.

        Raises:
            Unavailable: Redis is away.

        """
        names = await self._redis.call("ZRANGE", self._index, 0, -1)
        listed = names if isinstance(names, list) else []
        ids = [one.decode() for one in listed if isinstance(one, bytes)]
        found = dict(zip(ids, await self._read(ids), strict=True))
        if gone := [name for name, one in found.items() if one is None]:
            await self._redis.call("ZREM", self._index, *gone)
        spoilt = {name: one for name, one in found.items() if isinstance(one, BadAnswer)}
        for name, error in spoilt.items():
            _log.warning("a timer cannot be read", timer=name, reason=error.message)
        return [one.timer for one in found.values() if isinstance(one, Held)], list(spoilt)

    async def _save(self, timer_id: str, arguments: tuple[str | bytes | int | float, ...]) -> bool:
        keys = (self._key(timer_id), self._index)
        return await self._redis.run(_SAVE, keys=keys, arguments=arguments) == 1

    async def _read(self, ids: list[str]) -> list[Held | BadAnswer | None]:
        asked = [("HMGET", self._key(one), "rev", "timer") for one in ids]
        return [_held(one) for one in await self._redis.pipeline(asked)]

    @property
    def _redis(self) -> RedisClient:
        return self._coordination.redis

    @property
    def _index(self) -> str:
        return f"{self._coordination.prefix}:timers"

    def _key(self, timer_id: str) -> str:
        return f"{self._coordination.prefix}:timers:{timer_id}"


def fresh_id() -> str:
    """Draw an id that people can type."""
    return secrets.token_hex(5)


def _held(reply: Reply | Exception) -> Held | BadAnswer | None:
    match reply:
        case Exception():
            raise reply
        case [bytes(revision), bytes(body)]:
            try:
                return Held(_DECODER.decode(body), int(revision))
            except (msgspec.DecodeError, ValueError, RecursionError) as error:
                message = f"a timer in Redis cannot be read: {error}"
                return BadAnswer(message, service="redis")
        case _:
            return None
