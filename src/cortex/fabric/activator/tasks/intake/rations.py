"""Weigh what a sender sends against what it may: so many a minute, and so many that wait.

Counted in Redis for all activators together. What goes beyond is told so and not kept. The first
few of a sender's tasks wait in the lane that they ask for and the rest in the lowest, so that
whoever sends much holds nobody else up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cortex.clients.redis import CLOCK, Script, Word
from cortex.coordination.queue.task import LANES, Lane, Priority, lane_of
from cortex.errors import BadAnswer, LostReply
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.intake.reading import NetworkTask
from cortex.fabric.messages import ErrorBody

_FIRST = 8
"""How many tasks of one sender wait in the lane that they ask for."""
_FULL_RETRY_S = 5.0
_MARGIN = timedelta(minutes=5)
# The rate is a bucket that holds one minute's worth, kept as the moment at which it is full again.
_ADMIT = Script(
    CLOCK
    + """
local apart, minute, most, kept = 60000 / ARGV[1], 60000, tonumber(ARGV[2]), tonumber(ARGV[3])
local answers = {}
for at = 4, #ARGV, 2 do
  local first, id, lane = 2 * at - 7, ARGV[at], tonumber(ARGV[at + 1])
  local mine, known, all = KEYS[first + lane - 1], false, 0
  for place = first, first + 2 do
    redis.call('ZREMRANGEBYSCORE', KEYS[place], '-inf', now - kept)
    known = known or redis.call('ZRANK', KEYS[place], id)
    all = all + redis.call('ZCARD', KEYS[place])
  end
  local full = math.max(now, tonumber(redis.call('GET', KEYS[first + 3]) or '0')) + apart
  if known then
    answers[#answers + 1] = {'taken', known}
  elseif all >= most then
    answers[#answers + 1] = {'waiting', all}
  elseif full - now > minute then
    answers[#answers + 1] = {'rate', math.ceil(full - now - minute)}
  else
    redis.call('SET', KEYS[first + 3], string.format('%.3f', full), 'PX', minute)
    redis.call('ZADD', mine, now, id)
    redis.call('PEXPIRE', mine, kept)
    answers[#answers + 1] = {'taken', redis.call('ZCARD', mine) - 1}
  end
end
return answers
"""
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """The task may wait, with this priority."""

    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Rations:
    """What each sender may send."""

    coordination: Coordination
    per_minute: int
    outstanding: int
    age: timedelta
    """How long a task may wait: after that it counts no more, whatever became of it."""

    async def admit(self, tasks: Sequence[NetworkTask]) -> list[Admitted | ErrorBody]:
        """Say of each task whether it may wait, or why not; the same one again is let in again.

        Raises:
            CortexError: Redis is away.

        """
        if not tasks:
            return []
        keys = [key for task in tasks for key in self._keys(task)]
        kept_ms = int((self.age + _MARGIN) / timedelta(milliseconds=1))
        words = list(_words(tasks))
        arguments: tuple[Word, ...] = (self.per_minute, self.outstanding, kept_ms, *words)
        redis = self.coordination.redis
        try:
            reply: Any = await redis.run(_ADMIT, keys=keys, arguments=arguments)
        except LostReply:
            # What was let in is known by its id, and not charged twice.
            reply = await redis.run(_ADMIT, keys=keys, arguments=arguments)
        return [self._read(one, task) for one, task in zip(reply, tasks, strict=True)]

    def _keys(self, task: NetworkTask) -> tuple[str, ...]:
        prefix = self.coordination.prefix
        return (*waiting_keys(prefix, task.sender), f"{prefix}:sender:{task.sender}:rate")

    def _read(self, answer: Any, task: NetworkTask) -> Admitted | ErrorBody:
        match answer:
            case [b"taken", int(place)]:
                return Admitted(task.priority if place < _FIRST else "low")
            case [b"waiting", int(count)]:
                why = f"{count} of its tasks wait, and {self.outstanding} may"
                return _surplus(task, why, _FULL_RETRY_S)
            case [b"rate", int(after_ms)]:
                why = f"it may send {self.per_minute} tasks a minute"
                return _surplus(task, why, after_ms / 1000)
            case _:
                message = f"admitting a task was answered {answer!r:.80}"
                raise BadAnswer(message, service="redis")


def waiting_keys(prefix: str, sender: str) -> tuple[str, ...]:
    """Name the sets of the tasks of a sender that wait or are at work, one for each lane."""
    return tuple(f"{prefix}:sender:{sender}:{lane}" for lane in LANES)


def _words(tasks: Sequence[NetworkTask]) -> Iterator[Word]:
    for task in tasks:
        lane: Lane = lane_of(task.priority)
        yield from (task.id, LANES.index(lane) + 1)


def _surplus(task: NetworkTask, why: str, retry_after: float) -> ErrorBody:
    return ErrorBody(
        code="throttled",
        message=f"The task was not taken: {task.sender!r} sends too much; {why}.",
        hint="send it again after `retry_after` seconds",
        reason="task_quota",
        retry_after=retry_after,
    )
