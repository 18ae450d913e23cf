"""One leader at a time: a lease that is renewed, and a fencing token that only grows.

A lease alone proves nothing after a pause or a failover: what the leader changes elsewhere carries
the token, and a destructive step looks again at the real state first.
"""

import asyncio
import random
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import structlog

from cortex.clients.redis import RedisClient, Script
from cortex.errors import CortexError

_log = structlog.get_logger()
_ACQUIRE = Script("""
local taken = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
if not taken and redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local fence = math.max(now, 1 + (tonumber(redis.call('GET', KEYS[2])) or 0))
redis.call('SET', KEYS[2], string.format('%.0f', fence))
return fence
""")
"""The token is at least the time in microseconds, so it grows even past a flush."""
_RENEW = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
""")
_RELEASE = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
""")
_DRIFT = 0.05
"""The part of the lease by which our clock may run slower than the server's."""


async def is_taken(redis: RedisClient, name: str, *, prefix: str = "cortex") -> bool:
    """Tell whether anybody holds the lease of this name."""
    return await redis.call("EXISTS", _key(name, prefix)) == 1


class Lease:
    """A claim to be the one that does something, of this name, for a while."""

    def __init__(
        self,
        redis: RedisClient,
        name: str,
        *,
        lasts: timedelta = timedelta(seconds=15),
        prefix: str = "cortex",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = redis
        self._name = name
        key = _key(name, prefix)
        self._keys = (key, f"{key}:fence")
        self._lasts_s = lasts.total_seconds()
        self._clock = clock
        self._token = secrets.token_hex(16)
        self._until = float("-inf")
        self._fence = 0

    @property
    def held(self) -> bool:
        """Whether it is certainly ours: by our own clock, from before each request was sent."""
        return self._clock() < self._until

    @property
    def fence(self) -> int:
        """The token of the latest acquisition: larger than that of any earlier holder."""
        return self._fence

    async def acquire(self) -> bool:
        """Take it if it is free.

        Raises:
            Unavailable: the server is away. After `LostReply` it may be ours without our knowing;
                asking again finds that out.

        """
        asked = self._clock()
        fence = await self._redis.run(
            _ACQUIRE, keys=self._keys, arguments=(self._token, self._lasts_ms)
        )
        if not isinstance(fence, int) or fence == 0:
            return False
        self._fence = fence
        self._extend(asked)
        return True

    async def renew(self) -> bool:
        """Hold it for another while; False when it is lost, and then for good."""
        asked = self._clock()
        arguments = (self._token, self._lasts_ms)
        if await self._redis.run(_RENEW, keys=self._keys[:1], arguments=arguments) == 1:
            self._extend(asked)
            return True
        self._until = float("-inf")
        return False

    async def release(self) -> None:
        """Give it up, so that another need not wait for its end."""
        self._until = float("-inf")
        await self._redis.run(_RELEASE, keys=self._keys[:1], arguments=(self._token,))

    async def campaign(self) -> None:
        """Take it whenever it is free and keep it, until cancelled; then give it up."""
        try:
            while True:
                await self._step()
                apart = random.uniform(0.8, 1.0)  # noqa: S311  # keeps rivals apart, no secret
                await asyncio.sleep(self._lasts_s / 3 * apart)
        finally:
            with suppress(CortexError):
                await self.release()

    async def _step(self) -> None:
        was = self.held
        try:
            now = (was and await self.renew()) or await self.acquire()
        except CortexError as err:
            _log.warning("lease is out of reach", lease=self._name, error=err.message)
            return
        if now != was:
            _log.info("lease changed hands", lease=self._name, held=now, fence=self._fence)

    def _extend(self, asked: float) -> None:
        self._until = asked + self._lasts_s * (1 - _DRIFT)

    @property
    def _lasts_ms(self) -> int:
        return int(self._lasts_s * 1000)


def _key(name: str, prefix: str) -> str:
    return f"{prefix}:lease:{{{name}}}"
