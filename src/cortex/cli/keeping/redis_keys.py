"""Queues, timers, what was asked with its answers, and unread events: out of Redis, and back.

Left out is what proves nothing later: leases, agents, conversations, paused calls. Values travel
as Redis itself writes them (DUMP), with their moment of expiry.
"""

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

from cortex.cli.keeping.archive import damaged
from cortex.clients.redis import RedisClient, Script
from cortex.coordination.bundled import started
from cortex.coordination.connecting import client_of
from cortex.errors import Malformed, Rejected, Unavailable
from cortex.settings.knobs import Redis

_PATTERNS = (
    *("cortex:queue:*", "cortex:timers*", "cortex:asked*", "cortex:answer:*"),
    *("cortex.network.tasks", "cortex.results", "cortex.outcomes"),
)
SNAPSHOT = Script("""
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = {}
for _, pattern in ipairs(ARGV) do
  for _, name in ipairs(redis.call('KEYS', pattern)) do
    local left = redis.call('PTTL', name)
    found[#found + 1] = {name, left < 0 and 0 or now + left, redis.call('DUMP', name)}
  end
end
return found
""")
"""All of it in one step, so that no task is between its lane and its record."""
_PROBE = "cortex:restoring"
_AT_ONCE = 100
_TIMEOUT_S = 120.0


class _Key(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    expires_ms: int
    """Unix time; 0 never."""
    value: bytes


@contextlib.asynccontextmanager
async def opened(knobs: Redis, home: Path) -> AsyncIterator[RedisClient]:
    """Give a client; the bundled server is started for as long, when nobody has."""
    async with contextlib.AsyncExitStack() as stack:
        redis = client_of(knobs, home)
        stack.push_async_callback(redis.close)
        try:
            await redis.call("PING")
        except Unavailable:
            if knobs.url:
                raise
            server = await started(home)
            stack.push_async_callback(server.stop)
            await redis.close()
            redis = client_of(knobs, home)
            stack.push_async_callback(redis.close)
        yield redis


async def save(redis: RedisClient, file: Path) -> int:
    """Write all keys into a file and tell how many there are."""
    found: Any = await redis.run(SNAPSHOT, arguments=_PATTERNS, timeout_s=_TIMEOUT_S)
    with file.open("wb") as target:
        for name, expires_ms, value in found:
            key = _Key(name=name.decode(), expires_ms=expires_ms, value=value)
            target.write(msgspec.json.encode(key) + b"\n")
    return len(found)


async def check(redis: RedisClient, file: Path) -> None:
    """Find out that this server can read what was saved, before anything is changed.

    Raises:
        Malformed: another version of Redis wrote it, or there is something else in it.

    """
    try:
        foreign = next((one.name for one in _keys(file) if not _is_kept(one.name)), "")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        problem = f"what Redis held cannot be read ({error})"
        raise damaged(problem) from error
    if foreign:
        problem = f"{foreign!r:.100} is no key that is kept"
        raise damaged(problem)
    for keys in _some(_keys(file)):
        tried = [("RESTORE", _PROBE, 1000, one.value, "REPLACE") for one in keys]
        replies = await redis.pipeline([*tried, ("DEL", _PROBE)], timeout_s=_TIMEOUT_S)
        for key, reply in zip(keys, replies, strict=False):
            if isinstance(reply, Rejected):
                message = f"this Redis cannot read {key.name!r:.100} of the backup: {reply.reason}"
                hint = "restore it into a Redis as new as the first, with room for it"
                raise Malformed(message, hint=hint) from reply


async def load(redis: RedisClient, file: Path) -> int:
    """Replace all keys by those of a file and tell how many there are."""
    for pattern in _PATTERNS:
        names: Any = await redis.call("KEYS", pattern)
        for some in _some(names):
            await redis.call("UNLINK", *some)
    count = 0
    for keys in _some(_keys(file)):
        replies = await redis.pipeline(
            [("RESTORE", one.name, one.expires_ms, one.value, *_words(one)) for one in keys],
            timeout_s=_TIMEOUT_S,
        )
        for reply in replies:
            if isinstance(reply, Rejected):
                raise reply
        count += len(keys)
    return count


def _is_kept(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _PATTERNS)


def _words(key: _Key) -> tuple[str, ...]:
    return ("REPLACE", "ABSTTL") if key.expires_ms else ("REPLACE",)


def _keys(file: Path) -> Iterator[_Key]:
    with file.open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=_Key)


def _some(items: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(items)
    while some := list(itertools.islice(left, _AT_ONCE)):
        yield some
