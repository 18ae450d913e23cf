"""The way out for events: what came of queries, to `cortex.outcomes` and `cortex.events`.

Nobody waits for it: an event is put into a bounded row, and one task sends what is in it. Each is
sent until Redis has it, and by one process never twice; while Redis is away the oldest are dropped
when the row is full. What is left at the end is written to a file, and sent after the next start.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from pathlib import Path

import structlog

from cortex.clients.redis import RedisClient, Script, Word
from cortex.coordination.streams import CAP, EVENTS, OUTCOMES
from cortex.coordination.supervision import kept_up
from cortex.errors import CortexError, Malformed
from cortex.fabric.activator.metrics import OUTBOX_DROPPED, OUTBOX_WAITING, Metrics
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.messages.outcomes import (
    COUNTED,
    FIELD,
    SENT,
    OutcomeEvent,
    decode,
    encode,
)
from cortex.files import append_private

_log = structlog.get_logger()
_MOST = 10_000
"""Events that wait at most: 5 MB of half a kilobyte each."""
_BATCH = 200
_PAUSE_S = 0.25
_CLOSING_S = 1.0
_MARK_S = 86_400
"""Seconds that Redis remembers how far a process got."""
_FILE = "outbox.jsonl"
_SEND = Script("""
local sent = tonumber(redis.call('GET', KEYS[1]) or ARGV[5])
for place = 7, #ARGV, 3 do
  local own = tonumber(ARGV[place])
  if own > sent then
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*',
      ARGV[4], ARGV[place + 2], ARGV[6], ARGV[place])
    redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], '*',
      'event', 'outcome.' .. ARGV[place + 1], 'outcome', ARGV[place + 2])
    redis.call('INCRBY', KEYS[4], string.format('%.0f', own - sent))
    sent = own
  end
end
redis.call('SET', KEYS[1], string.format('%.0f', sent), 'EX', ARGV[1])
return sent
""")
"""Sent again after a lost reply, it adds only what it had not added. Dropped events leave holes in
the numbers, and are counted as sent: what counts them as read finds them missing."""


async def send_one(redis: RedisClient, event: OutcomeEvent, *, kept: int) -> None:
    """Send the one event of a process that has no outbox, as a command line; `kept` events stay.

    Raises:
        CortexError: Redis is away, or its reply was lost.

    """
    keys = (f"cortex:outbox:{event.id}", OUTCOMES, EVENTS, SENT)
    known: tuple[Word, ...] = (_MARK_S, kept, CAP, FIELD, 0, COUNTED)
    await redis.run(_SEND, keys=keys, arguments=(*known, 1, event.kind, encode(event)))


def leave(home: Path, event: OutcomeEvent) -> None:
    """Leave an event for the next start of an activator.

    Raises:
        OSError: the disk does not take it.

    """
    append_private(home / _FILE, encode(event) + b"\n")


class Outbox:
    """The events of this process that Redis does not have yet."""

    def __init__(
        self,
        coordination: Coordination,
        *,
        home: Path,
        counts: Metrics,
        kept: int,
        most: int = _MOST,
    ) -> None:
        self._coordination = coordination
        self._file = home / _FILE
        self._metrics = counts
        self._kept = kept
        self._most = most
        self._waiting: deque[tuple[int, str, bytes]] = deque()
        self._last = 0
        self._sent = 0
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._mark = f"{coordination.prefix}:outbox:{coordination.writer}"
        self.dropped = 0
        """How many events were dropped because too many waited."""

    @property
    def waiting(self) -> int:
        """How many events wait."""
        return len(self._waiting)

    def put(self, event: OutcomeEvent) -> None:
        """Have an event sent; nothing where there is no Redis to send it to."""
        if self._coordination.state != "off":
            self._add(event.kind, encode(event))

    async def emptied(self) -> None:
        """Wait until Redis has all that was put here; not at all where there is none."""
        await self._empty.wait()

    async def run(self) -> None:
        """Send what waits, until cancelled; then what is left goes to the file."""
        self._restore()
        try:
            await kept_up(self._over_and_over, name="sending events", pause_s=_PAUSE_S)
        finally:
            await self._close()

    async def _over_and_over(self) -> None:
        while True:
            await self._news.wait()
            await self._coordination.readied()
            await self._send()

    async def _send(self) -> None:
        """Send one batch, and let go of it once Redis has it."""
        batch = [self._waiting[place] for place in range(min(_BATCH, len(self._waiting)))]
        if batch:
            words = (word for one in batch for word in one)
            known: tuple[Word, ...] = (_MARK_S, self._kept, CAP, FIELD, self._sent, COUNTED)
            keys = (self._mark, OUTCOMES, EVENTS, SENT)
            await self._coordination.redis.run(_SEND, keys=keys, arguments=(*known, *words))
            self._sent = last = batch[-1][0]
            while self._waiting and self._waiting[0][0] <= last:
                self._waiting.popleft()
        if not self._waiting:
            self._news.clear()
            self._empty.set()
        self._metrics.show(OUTBOX_WAITING, self.waiting)

    def _add(self, kind: str, payload: bytes) -> None:
        if len(self._waiting) >= self._most:
            self._waiting.popleft()
            self.dropped += 1
            self._metrics.count(OUTBOX_DROPPED)
        self._last += 1
        self._waiting.append((self._last, kind, payload))
        self._metrics.show(OUTBOX_WAITING, self.waiting)
        self._news.set()
        self._empty.clear()

    async def _close(self) -> None:
        """Send what goes quickly, and write the rest down."""
        try:
            async with asyncio.timeout(_CLOSING_S):
                while self._waiting and self._coordination.ready:
                    await self._send()
        except (CortexError, TimeoutError) as error:
            _log.warning("events are kept for the next start", reason=str(error))
        await asyncio.to_thread(self._written)

    def _written(self) -> None:
        if not self._waiting:
            return
        lines = b"".join(payload + b"\n" for _, _, payload in self._waiting)
        try:
            append_private(self._file, lines)
        except OSError as error:
            _log.error("events are lost", count=self.waiting, reason=error.strerror)  # no trace

    def _restore(self) -> None:
        """Take up what an earlier run left behind, before anything can stop us."""
        if self._coordination.state != "off":
            for event in self._left_behind():
                self.put(event)

    def _left_behind(self) -> list[OutcomeEvent]:
        taken = self._file.with_name(f"{_FILE}.{self._coordination.writer}")
        try:
            self._file.replace(taken)
            lines = taken.read_bytes().splitlines()
            taken.unlink()
        except FileNotFoundError:
            return []
        except OSError as error:
            _log.warning("events of the last run cannot be read", reason=error.strerror)
            return []
        return list(_readable(lines[-self._most :]))


def _readable(lines: Iterable[bytes]) -> Iterable[OutcomeEvent]:
    for line in lines:
        try:
            yield decode(line)
        except Malformed as error:
            _log.warning("an event of the last run is lost", reason=error.message)
