"""Answers to the tasks of `cortex.network.tasks`, on the stream `cortex.results`.

An answer is kept, told, and the entry that asked for it let go of in one step, so that no crash
lies in between. What is kept first stays: the same task asked again is told the same again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from cortex.clients.redis import RedisClient, Script, Word
from cortex.coordination.streams import CAP, RESULTS, Entry, excerpt

_KEPT = timedelta(hours=24)
# What is written comes before what lets go: a command that fails undoes nothing before it.
_TELL = Script("""
local entry, tells = ARGV[2], true
if entry ~= '' then
  local held = redis.pcall('XPENDING', KEYS[3], ARGV[1], entry, entry, 1)
  tells = not held.err and #held > 0
end
if tells then
  if redis.call('EXISTS', KEYS[1]) == 0 then
    redis.call('HSET', KEYS[1], unpack(ARGV, 6))
  end
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  local kept = redis.call('HGETALL', KEYS[1])
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', unpack(kept))
end
for place = 4, #KEYS do redis.call('ZREM', KEYS[place], ARGV[5]) end
if entry ~= '' then
  redis.call('XACK', KEYS[3], ARGV[1], entry)
  redis.call('XDEL', KEYS[3], entry)
end
return tells and 1 or 0
""")
_REPLACE = Script("""
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', unpack(ARGV, 3))
redis.call('SET', KEYS[3], '1', 'PX', ARGV[1])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
""")
_LATER = Script("""
if redis.call('ZREM', KEYS[3], ARGV[3]) == 0 then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', unpack(ARGV, 4))
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], unpack(ARGV, 4))
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 1
""")
_DECLINE = Script("""
local held = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)
if held.err or #held == 0 then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', unpack(ARGV, 4))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
return 1
""")
_BURY = Script("""
local held = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)
if held.err or #held == 0 then return 0 end
local letter, answer = {'reason', ARGV[3], 'entry', ARGV[2]}, {}
for place = 6, 5 + 2 * tonumber(ARGV[5]) do answer[#answer + 1] = ARGV[place] end
for place = 6 + 2 * tonumber(ARGV[5]), #ARGV, 2 do
  letter[#letter + 1] = 'raw:' .. ARGV[place]
  letter[#letter + 1] = ARGV[place + 1]
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', unpack(letter))
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', unpack(answer))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
return 1
""")
Answer = Mapping[str, str]
"""The fields of an entry of the stream of results, all of them text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where entries are taken from."""

    stream: str
    group: str
    dead: str
    """The stream of dead letters."""
    counted: Callable[[str], tuple[str, ...]] = field(default=lambda _: ())
    """Names the sets that a task is in, by its id, until it is answered."""


class Results:
    """Where the answers of one prefix are kept and told."""

    def __init__(self, redis: RedisClient, *, prefix: str = "cortex") -> None:
        self._redis = redis
        self._prefix = prefix

    async def kept(self, task_id: str) -> dict[str, str]:
        """Give the answer that a task has; empty when it has none yet."""
        reply = await self._redis.call("HGETALL", self._key(task_id))
        told = reply if isinstance(reply, list) else []
        words = [one.decode() for one in told if isinstance(one, bytes)]
        return dict(zip(words[::2], words[1::2], strict=True))

    async def tell(
        self, task_id: str, answer: Answer, *, place: Place | None = None, entry: str = ""
    ) -> bool:
        """Keep an answer unless there is one, and tell the one that is kept.

        With an `entry` of a place it is told only by whoever lets go of that: False when another
        has.
        """
        keys = (self._key(task_id), RESULTS, place.stream if place else RESULTS)
        group, counted = (place.group, place.counted(task_id)) if place else ("", ())
        words = _words(answer)
        arguments: tuple[Word, ...] = (group, entry, _ms(_KEPT), CAP, task_id, *words)
        return await self._redis.run(_TELL, keys=(*keys, *counted), arguments=arguments) == 1

    async def forget(self, task_id: str) -> None:
        """Let go of an answer, so that the task may be performed once more."""
        await self._redis.call("DEL", self._key(task_id), self._final(task_id))

    async def decline(self, entry: Entry, answer: Answer, *, place: Place) -> bool:
        """Tell why an entry is not taken, and keep nothing of it; False once it was told."""
        arguments: tuple[Word, ...] = (place.group, entry.id, CAP, *_words(answer))
        keys = (place.stream, RESULTS)
        return await self._redis.run(_DECLINE, keys=keys, arguments=arguments) == 1

    async def bury(self, entry: Entry, answer: Answer, *, place: Place, reason: str) -> bool:
        """Make an entry that cannot be worked on a dead letter, and tell why; False once it was.

        Of a large entry the letter keeps the beginning, and says how large it was.
        """
        raw = excerpt(entry.fields)
        told = _words(answer)
        arguments: tuple[Word, ...] = (place.group, entry.id, reason, CAP, len(answer))
        keys = (place.stream, place.dead, RESULTS)
        return await self._redis.run(_BURY, keys=keys, arguments=(*arguments, *told, *raw)) == 1

    async def follow_up(self, task_id: str, answer: Answer) -> bool:
        """Tell what became of a task that was answered for the time being; False once it was."""
        arguments: tuple[Word, ...] = (_ms(_KEPT), CAP, *_words(answer))
        keys = (self._key(task_id), RESULTS, self._final(task_id))
        return await self._redis.run(_REPLACE, keys=keys, arguments=arguments) == 1

    async def later(self, task_id: str, answer: Answer, *, index: str, member: str | bytes) -> bool:
        """Tell what came after the last answer; only who takes the member out of the index does."""
        arguments: tuple[Word, ...] = (_ms(_KEPT), CAP, member, *_words(answer))
        keys = (self._key(task_id), RESULTS, index)
        return await self._redis.run(_LATER, keys=keys, arguments=arguments) == 1

    def _final(self, task_id: str) -> str:
        # No id begins so, and what one ends in could be part of another.
        return self._key(f"/final:{task_id}")

    def _key(self, task_id: str) -> str:
        return f"{self._prefix}:answer:{task_id}"


def _words(answer: Answer) -> tuple[str, ...]:
    return tuple(word for pair in answer.items() for word in pair)


def _ms(span: timedelta) -> int:
    return int(span / timedelta(milliseconds=1))
