"""The streams that processes share: add with a cap, read as a group, acknowledge, and the lag.

What an entry means is decided by who writes and reads it. The queue of tasks has its own lanes.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cortex.clients.redis import RedisClient, Script, Word
from cortex.errors import Rejected

TASKS = "cortex.network.tasks"
RESULTS = "cortex.results"
OUTCOMES = "cortex.outcomes"
EVENTS = "cortex.events"
CAP = 10_000
"""About how many entries a stream keeps."""
_MOST_KEPT = 4_096
"""How many bytes of an unreadable entry, names and values together, its dead letter keeps."""
_MOST_FIELDS = 64
"""A script cannot hand a few thousand words to one command at once."""
_LEFT_OUT = "…".encode()

_FINISH = Script("""
local gone = redis.call('XACK', KEYS[1], unpack(ARGV))
redis.call('XDEL', KEYS[1], unpack(ARGV, 2))
return gone
""")
_LAG = Script("""
local last
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local told = {}
  for place = 1, #group, 2 do told[group[place]] = group[place + 1] end
  if told.name == ARGV[1] then last = told['last-delivered-id'] end
end
if not last then return -1 end
local lag, most = 0, tonumber(ARGV[2])
while lag < most do
  local page = redis.call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', math.min(1000, most - lag))
  if #page == 0 then break end
  lag, last = lag + #page, page[#page][1]
end
return lag
""")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a stream."""

    id: str
    fields: Mapping[bytes, bytes]


async def ensure_group(redis: RedisClient, stream: str, group: str) -> None:
    """Create a group that reads a stream from its first entry on, and the stream with it.

    From `0` and not from `$`: what was added before the first reader came must not be skipped.
    """
    try:
        await redis.call("XGROUP", "CREATE", stream, group, "0", "MKSTREAM")
    except Rejected as error:
        if error.reason != "BUSYGROUP":
            raise


async def add(
    redis: RedisClient, stream: str, fields: Mapping[str, Word], *, cap: int = CAP
) -> str:
    """Add an entry, let go of the oldest beyond about `cap`, and return the entry's id."""
    words = (word for pair in fields.items() for word in pair)
    reply = await redis.call("XADD", stream, "MAXLEN", "~", cap, "*", *words)
    return reply.decode() if isinstance(reply, bytes) else ""


async def read_group(
    redis: RedisClient, stream: str, *, group: str, consumer: str, count: int, block_s: float
) -> list[Entry]:
    """Read entries that no consumer of the group was given, and wait for the first of them.

    A stream or group that is gone, as after a flush, is created again.
    """
    words: tuple[Word, ...] = ("XREADGROUP", "GROUP", group, consumer, "COUNT", count)
    blocks = ("BLOCK", max(1, int(block_s * 1000)), "STREAMS", stream, ">")
    try:
        reply = await redis.blocking(*words, *blocks, block_s=block_s)
    except Rejected as error:
        if not is_gone(error):
            raise
        await ensure_group(redis, stream, group)
        return []
    streams: list[Any] = reply if isinstance(reply, list) else []
    return [entry for _, entries in streams for entry in entries_of(entries)]


async def take_over(
    redis: RedisClient, stream: str, group: str, consumer: str, *, silent_s: float, count: int
) -> AsyncIterator[list[Entry]]:
    """Give a consumer what others were given so long ago and did not acknowledge, in portions."""
    words = ("XAUTOCLAIM", stream, group, consumer, int(silent_s * 1000))
    cursor = "0-0"
    while True:
        reply: Any = await redis.call(*words, cursor, "COUNT", count)
        yield list(entries_of(reply[1]))
        cursor = reply[0].decode()
        if cursor == "0-0":
            return


async def forget_consumers(
    redis: RedisClient, stream: str, group: str, consumer: str, *, silent_s: float
) -> None:
    """Let go of the consumers beside this one that hold nothing and are silent for so long."""
    reply: Any = await redis.call("XINFO", "CONSUMERS", stream, group)
    for words in reply:
        told = dict(zip(words[::2], words[1::2], strict=True))
        rests = told[b"pending"] == 0 and told[b"idle"] >= silent_s * 1000
        if rests and told[b"name"] != consumer.encode():
            await redis.call("XGROUP", "DELCONSUMER", stream, group, told[b"name"])


async def acknowledge(redis: RedisClient, stream: str, group: str, ids: Iterable[str]) -> int:
    """Let go of entries that were dealt with and delete them; tell how many were pending.

    For a stream with one group: others would never see what is deleted here.
    """
    words = tuple(ids)
    if not words:
        return 0
    reply = await redis.run(_FINISH, keys=(stream,), arguments=(group, *words))
    return reply if isinstance(reply, int) else 0


async def lag(redis: RedisClient, stream: str, group: str, *, most: int = CAP) -> int | None:
    """Count the entries that the group was not given yet, up to `most`; None without the group.

    Counted entry by entry: Redis 6.2 tells no lag, and 7 none after a deletion.
    """
    try:
        reply = await redis.run(_LAG, keys=(stream,), arguments=(group, most))
    except Rejected as error:
        if "no such key" in error.message:
            return None
        raise
    return reply if isinstance(reply, int) and reply >= 0 else None


def excerpt(fields: Mapping[bytes, bytes]) -> list[bytes]:
    """Cut an unreadable entry to what its dead letter keeps: names and values in turn.

    Of a large one that is the beginning, and a last field that says how large it was.
    """
    words: list[bytes] = []
    left = _MOST_KEPT
    for name, value in fields.items():
        if not left or len(words) == 2 * _MOST_FIELDS:
            break
        short = name[:left]
        words += (short, value[: left - len(short)])
        left -= len(short) + len(words[-1])
    kept, size = sum(map(len, words)), sum(len(name) + len(one) for name, one in fields.items())
    if kept < size:
        told = f"the first {kept} of {size} bytes in {len(fields)} fields are kept"
        words += (_LEFT_OUT, told.encode())
    return words


def is_gone(error: Rejected) -> bool:
    """Tell the refusal of a stream or group that no longer is, as after a flush.

    Redis 6.2 puts words of its own before the reason when a script met it.
    """
    return error.reason == "UNBLOCKED" or "NOGROUP" in error.message


def entries_of(reply: Any) -> Iterator[Entry]:
    """Read entries from a reply; those that were deleted meanwhile are left out."""
    for one in reply or ():
        if one is None or one[1] is None:
            continue
        name, words = one
        yield Entry(name.decode(), dict(zip(words[::2], words[1::2], strict=True)))
