"""Note in Redis each verdict on a task before it takes effect, so that no crash loses its end.

Beside the task lies who said yes or no to which call, sealed. Whoever sees to it holds a lease;
where that lapses another takes it over. `looking` finds out what came of it, and `recalling` tells
it.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import structlog

from cortex.clients.redis import CLOCK, Script
from cortex.coordination.supervision import beside
from cortex.errors import Conflict, CortexError
from cortex.fabric.activator.access.principal import Holder
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.ledger import KEPT_MS, Waiting, name_of, verdict_index

_log = structlog.get_logger()
SEALED = "verdict on a task"
"""What a verdict is called where it is sealed."""
_LEASE_MS = 15_000
_RENEW_S = 4.0
_OTHERS_MS = 10_000
"""For so long after the lease is over, only who has the data folder takes it: it knows most."""
_AT_ONCE = 64
_NOTE = Script(
    CLOCK
    + """
if redis.call('HEXISTS', KEYS[1], 'said') == 1 then return 0 end
redis.call('HSET', KEYS[1], 'said_by', ARGV[1], 'said', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], now + ARGV[4], ARGV[5])
return 1
"""
)
_EXTEND = Script(
    CLOCK
    + """
if redis.call('HGET', KEYS[1], 'said_by') ~= ARGV[1] then return 0 end
redis.call('ZADD', KEYS[2], 'XX', now + ARGV[2], ARGV[3])
return 1
"""
)
_DROP = Script("""
if redis.call('HGET', KEYS[1], 'said_by') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'said_by', 'said')
redis.call('ZREM', KEYS[2], ARGV[2])
return 1
""")
_LAPSED = Script(
    CLOCK
    + """
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
"""
)
_TAKE_OVER = Script(
    CLOCK
    + """
local lapses = redis.call('ZSCORE', KEYS[2], ARGV[3])
if not lapses or tonumber(lapses) > now - ARGV[4] then return 0 end
local said = redis.call('HGET', KEYS[1], 'said')
if not said then
  redis.call('ZREM', KEYS[2], ARGV[3])
  return 0
end
redis.call('HSET', KEYS[1], 'said_by', ARGV[1])
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[3])
return said
"""
)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A yes, or a no, to what a task waits for."""

    waiting: Waiting
    """What it is on."""
    yes: bool
    by: Holder
    place: str
    """Stands for the data folder whose layers know what was sent."""
    until: float
    """When nobody may send anything any more, in Unix seconds."""


class Verdicts:
    """The verdicts on tasks that have not come to their end."""

    def __init__(self, coordination: Coordination, *, seals: Seals, place: str) -> None:
        """Keep it; `place` stands for the data folder."""
        self._coordination = coordination
        self._seals = seals
        self._unread = set[str]()
        self.place = place

    @asynccontextmanager
    async def given(self, task_id: str, verdict: Verdict) -> AsyncIterator[None]:
        """Note a verdict and see to it while it takes effect; an error means that it took none.

        Whoever tells the task's sender what came of it lets go of it then.

        Raises:
            Conflict: the task has a verdict, and what came of that is not told yet.
            Unavailable: Redis is away.

        """
        holder = secrets.token_hex(8)
        body = self._seals.sealed(task_id, msgspec.json.encode(verdict))
        try:
            if not await self._run(_NOTE, task_id, holder, body, KEPT_MS, _LEASE_MS, task_id):
                message = f"the task {task_id!r} has its yes or no already"
                raise Conflict(message, hint="`cortex tasks show` tells what came of it")
            async with self._held(task_id, holder):
                yield
        except CortexError:
            with contextlib.suppress(CortexError):
                await self._run(_DROP, task_id, holder, task_id)
            raise

    async def lapsed(self) -> list[str]:
        """List tasks whose verdict nobody sees to.

        Raises:
            CortexError: Redis is away.

        """
        redis = self._coordination.redis
        reply: Any = await redis.run(_LAPSED, keys=(self._index,), arguments=(_AT_ONCE,))
        found = list[str]()
        for one in reply:
            try:
                found.append(one.decode())
            except UnicodeDecodeError:
                await redis.call("ZREM", self._index, one)
        return found

    @asynccontextmanager
    async def taken_over(self, task_id: str) -> AsyncIterator[Verdict | None]:
        """See to a verdict that nobody sees to; none where somebody does, or it cannot be read.

        Raises:
            CortexError: Redis is away.

        """
        holder = secrets.token_hex(8)
        lying: Any = await self._coordination.redis.call("HGET", self._name(task_id), "said")
        verdict = self._read(task_id, lying) if isinstance(lying, bytes) else None
        if lying is not None and verdict is None:
            self._warn(task_id)
            yield None
            return
        grace = 0 if verdict is None or verdict.place == self.place else _OTHERS_MS
        reply = await self._run(_TAKE_OVER, task_id, holder, _LEASE_MS, task_id, grace)
        if reply != lying:
            yield None
            return
        async with self._held(task_id, holder):
            yield verdict

    def _warn(self, task_id: str) -> None:
        """Say once of a verdict that it cannot be read; it may be another Cortex's, and stays."""
        if task_id in self._unread:
            return
        if len(self._unread) >= _AT_ONCE:
            self._unread.clear()
        self._unread.add(task_id)
        _log.warning("a verdict on a task is not sealed with this Cortex's key", task=task_id)

    @asynccontextmanager
    async def _held(self, task_id: str, holder: str) -> AsyncIterator[None]:
        async def extend() -> None:
            while True:
                await asyncio.sleep(_RENEW_S)
                await self._run(_EXTEND, task_id, holder, _LEASE_MS, task_id)

        async with beside(extend, name="seeing to a verdict"):
            yield

    async def _run(self, script: Script, task_id: str, *arguments: str | bytes | int) -> Any:
        keys = (self._name(task_id), self._index)
        return await self._coordination.redis.run(script, keys=keys, arguments=arguments)

    def _read(self, task_id: str, payload: bytes) -> Verdict | None:
        """Read a verdict; what was not sealed here is none."""
        body = self._seals.opened(task_id, payload)
        if body is None:
            return None
        try:
            return msgspec.json.decode(body, type=Verdict)
        except msgspec.DecodeError:
            return None

    def _name(self, task_id: str) -> str:
        return name_of(self._coordination.prefix, task_id)

    @property
    def _index(self) -> str:
        return verdict_index(self._coordination.prefix)
