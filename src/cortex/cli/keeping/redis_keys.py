"""Queues, timers, what was asked with its answers, and unread events: out of Redis, and back.

Left out is what proves nothing later: leases, agents, conversations, paused calls, what was told
to people; and what comes right by itself: how much a sender sent, which is over with the age of its
tasks, and how many events were sent and read, where more read than sent is no loss. The end of the
audit log is written anew with its next record. Values travel as Redis itself writes them (DUMP),
with their moment of expiry.
"""

import contextlib
import itertools
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import msgspec

from cortex.cli.keeping.archive import damaged
from cortex.clients.redis import CLOCK, RedisClient, Script
from cortex.coordination.bundled import started
from cortex.coordination.connecting import client_of
from cortex.decoding import UNREADABLE
from cortex.errors import CortexError, Malformed, Rejected, Unavailable
from cortex.settings.knobs import Redis

_PATTERNS = (
    *("cortex:queue:*", "cortex:timers*", "cortex:asked*", "cortex:answer:*"),
    *("cortex.network.tasks", "cortex.results", "cortex.outcomes"),
)
_QUEUE = re.escape("cortex:queue:{") + r"[^{}]+" + re.escape("}:")
_TYPES = tuple(
    (re.compile(name, re.DOTALL), kind)
    for name, kind in (
        (rf"{_QUEUE}(lane:[^:]+|dead|finished)", b"stream"),
        (rf"{_QUEUE}delayed", b"zset"),
        (rf"{_QUEUE}(bodies|task:.*)", b"hash"),
        (rf"{_QUEUE}idem:.*", b"string"),
        (r"cortex:(timers|asked)", b"zset"),
        (r"cortex:(timers|asked):.*", b"hash"),
        (r"cortex:answer:/final:.*", b"string"),
        (r"cortex:answer:.*", b"hash"),
        (r"cortex\.(network\.tasks|results|outcomes)", b"stream"),
    )
)
"""What lies under which name; the first that fits counts."""
SNAPSHOT = Script(
    CLOCK
    + """
local found = {}
for _, pattern in ipairs(ARGV) do
  for _, name in ipairs(redis.call('KEYS', pattern)) do
    local left = redis.call('PTTL', name)
    found[#found + 1] = {name, left < 0 and 0 or now + left, redis.call('DUMP', name)}
  end
end
return found
"""
)
"""All of it in one step, so that no task is between its lane and its record."""
_SWAP = Script("""
local stage, first = ARGV[1], tonumber(ARGV[2]) + 3
for at = first, #ARGV, 2 do
  if redis.call('EXISTS', stage .. ARGV[at]) == 0 then return 0 end
end
for at = 3, first - 1 do
  for _, name in ipairs(redis.call('KEYS', ARGV[at])) do redis.call('UNLINK', name) end
end
for at = first, #ARGV, 2 do
  redis.call('RENAME', stage .. ARGV[at], ARGV[at])
  if ARGV[at + 1] == '0' then
    redis.call('PERSIST', ARGV[at])
  else
    redis.call('PEXPIREAT', ARGV[at], ARGV[at + 1])
  end
end
return 1
""")
"""A script is not undone when it fails half-way: it looks whether all is there first."""
_STAGE = "cortex:restoring:"
_STAGED_MS = 3_600_000
"""After which Redis forgets what a restore that was killed had put aside."""
_AT_ONCE = 100
_TIMEOUT_S = 120.0


class _Key(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    expires_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
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


@contextlib.asynccontextmanager
async def staged(redis: RedisClient, file: Path) -> AsyncIterator[None]:
    """Hold all keys of a file under names aside, so that nothing is replaced that cannot be.

    Raises:
        Malformed: another version of Redis wrote it, or there is something else in it.

    """
    _check(file)
    try:
        await _stage(redis, file)
        yield
    finally:
        # What cannot be taken away now goes when its time is over.
        with contextlib.suppress(CortexError):
            await _discard(redis)


async def swap(redis: RedisClient, file: Path) -> int:
    """Replace all keys by those that are staged, in one step, and tell how many there are.

    Raises:
        Unavailable: some of them are no longer there; nothing was replaced.

    """
    wanted = [word for one in _keys(file) for word in (one.name, one.expires_ms)]
    words = (_STAGE, len(_PATTERNS), *_PATTERNS, *wanted)
    if not await redis.run(_SWAP, arguments=words, timeout_s=_TIMEOUT_S):
        message = "Redis lost what was to be put back; its own keys are as they were"
        raise Unavailable(message, hint="restore once more")
    return len(wanted) // 2


def _check(file: Path) -> None:
    seen: set[str] = set()
    try:
        for one in _keys(file):
            if not _is_kept(one.name) or one.name in seen:
                problem = f"{one.name!r:.100} is no key that is kept, or is there twice"
                raise damaged(problem)
            seen.add(one.name)
    except UNREADABLE as error:
        problem = f"what Redis held cannot be read ({error})"
        raise damaged(problem) from error


async def _stage(redis: RedisClient, file: Path) -> None:
    for keys in _some(_keys(file)):
        replies = await redis.pipeline(
            [("RESTORE", _STAGE + one.name, _STAGED_MS, one.value, "REPLACE") for one in keys],
            timeout_s=_TIMEOUT_S,
        )
        kinds = await redis.pipeline(
            [("TYPE", _STAGE + one.name) for one in keys], timeout_s=_TIMEOUT_S
        )
        for key, reply, kind in zip(keys, replies, kinds, strict=True):
            if isinstance(reply, Rejected):
                message = f"this Redis cannot read {key.name!r:.100} of the backup: {reply.reason}"
                hint = "restore it into a Redis as new as the first, with room for it"
                raise Malformed(message, hint=hint) from reply
            if isinstance(reply, CortexError):
                raise reply
            _check_type(key.name, kind)


def _check_type(name: str, kind: object) -> None:
    """Refuse a value that is read as another than what its name promises."""
    if isinstance(kind, CortexError):
        raise kind
    wanted = next((one for pattern, one in _TYPES if pattern.fullmatch(name)), kind)
    if kind != wanted:
        problem = f"{name!r:.100} holds a {_text(kind)} and not a {_text(wanted)}"
        raise damaged(problem)


async def _discard(redis: RedisClient) -> None:
    names: Any = await redis.call("KEYS", f"{_STAGE}*")
    for some in _some(names):
        await redis.call("UNLINK", *some)


def _text(kind: object) -> str:
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def _is_kept(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _PATTERNS)


def _keys(file: Path) -> Iterator[_Key]:
    with file.open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=_Key)


def _some(items: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(items)
    while some := list(itertools.islice(left, _AT_ONCE)):
        yield some
