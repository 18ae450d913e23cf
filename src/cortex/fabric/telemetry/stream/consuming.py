"""Read the stream of outcomes: each event is on the disk before it is acknowledged.

What a crash interrupts is delivered again, and the log passes over what it holds already. There is
one reader, because the log has one writer: whoever holds the log takes over every entry that was
given to a reader before.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Final, TypeVar

import structlog

from cortex.clients.redis import RedisClient
from cortex.coordination.streams import (
    OUTCOMES,
    Entry,
    ensure_group,
    forget_consumers,
    read_group,
    take_over,
)
from cortex.coordination.supervision import Breakages
from cortex.errors import CortexError, Malformed, Unavailable
from cortex.fabric.messages.outcomes import FIELD, GROUP, OutcomeEvent, decode
from cortex.fabric.telemetry.audit.anchor import written
from cortex.fabric.telemetry.keeping import Keeper, Places
from cortex.fabric.telemetry.metrics import Metrics
from cortex.fabric.telemetry.stream.balance import balanced, settle, told
from cortex.fabric.telemetry.stream.distant import name_of, told_of

_BATCH: Final = 1_000
_NAME: Final = "telemetry"
"""There is one reader, so a name for each process would only leave names behind."""
_WAIT_S: Final = 5.0
_PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_FIELD: Final = FIELD.encode()
_log = structlog.get_logger(__name__)
_T = TypeVar("_T")


class Consumer:
    """The reader of the stream and the only owner of the log, from `run` until its end."""

    def __init__(
        self,
        places: Places,
        redis: RedisClient | None,
        metrics: Metrics,
        *,
        pauses_s: Sequence[float] = _PAUSES_S,
    ) -> None:
        self._places = places
        self._redis = redis
        self._metrics = metrics
        self._pauses_s = pauses_s
        self._end_key = name_of(places.log)
        self._failures = 0
        self.breakages = Breakages()
        """What broke lately; it is begun again."""
        self._opening: asyncio.Task[None] | None = None
        self.keeper: Keeper | None = None
        """The log while it is open."""
        self.trouble: CortexError | None = None
        """Why nothing is read at present."""

    async def run(self) -> None:
        """Open the log and follow the stream, again after every trouble, until cancelled."""
        while True:
            await self._recover(await self._troubled())

    async def _troubled(self) -> CortexError:
        """Follow the stream until something comes in between, and tell what."""
        try:
            await self._open()
            await self._follow()
        except CortexError as error:
            return error
        except Exception:  # noqa: BLE001  # the process's loop: logged, and tried again
            _log.exception("reading the stream broke")
            await self._close_log()
        return CortexError("reading the stream broke", hint="the log has the details")

    async def close(self) -> None:
        """Let go of the log."""
        if self._opening is not None:
            await asyncio.wait({self._opening})
        await self._close_log()

    async def _open(self) -> None:
        if self.keeper is None:
            # Shielded: whoever leaves meanwhile must still find the log, to close it.
            self._opening = asyncio.create_task(self._opened())
            await asyncio.shield(self._opening)

    async def _opened(self) -> None:
        self.keeper = await asyncio.to_thread(Keeper, self._places)
        self._metrics.log_open.set(1)
        self._metrics.records.set(self.keeper.records)

    async def _close_log(self) -> None:
        keeper, self.keeper = self.keeper, None
        self._metrics.log_open.set(0)
        if keeper is not None:
            await asyncio.to_thread(keeper.close)

    async def _follow(self) -> None:
        redis = self._redis
        if redis is None:
            # Nothing can show what a crash left: it is put aside, and told.
            await self._kept(Keeper.settle_doubts)
            self.trouble = None
            await asyncio.Event().wait()
            return
        await self._compare(redis)
        await ensure_group(redis, OUTCOMES, GROUP)
        await self._take_over(redis)
        while True:
            self._settled()
            await self._balance(redis)
            entries = await read_group(
                redis, OUTCOMES, group=GROUP, consumer=_NAME, count=_BATCH, block_s=_WAIT_S
            )
            await self._keep(redis, entries)

    async def _compare(self, redis: RedisClient) -> None:
        """Hold the log against what Redis tells of its end."""
        distant = await told_of(redis, self._places)
        if distant is None or self.keeper is None:
            return
        if distant.counts(empty=not self.keeper.records):
            await self._kept(lambda keeper: keeper.compare(distant.trace))
        else:
            _log.warning("what Redis tells of the audit log has another seal, and is passed over")

    async def _balance(self, redis: RedisClient) -> None:
        """Once all that was sent was read: tell what never came, and what a crash left."""
        empty, gap = await balanced(redis)
        if not empty or self.keeper is None:
            return
        if left := await self._kept(Keeper.settle_doubts):
            _log.warning("records that a crash left are put aside", count=left)
        if gap is not None:
            _log.warning("events never reached the audit log", count=gap.events)
            if rest := gap.untold(await self._kept(Keeper.latest)):
                event = rest.told(at=time.time())
                await self._kept(lambda keeper: keeper.keep((event,)))
            await told(redis, gap)
            self._metrics.events.labels("lost").inc(gap.events)
        if left or gap:
            await redis.call("SET", self._end_key, written(self.keeper.end))
        self._metrics.records.set(self.keeper.records)

    async def _kept(self, doing: Callable[[Keeper], _T]) -> _T:
        """Do something with the log in a thread; where it fails, it is opened anew."""
        if self.keeper is None:
            message = "the audit log is closed"
            raise Unavailable(message, retry_after=1.0)
        try:
            return await asyncio.to_thread(doing, self.keeper)
        except CortexError:
            # The log may hold some events that the figures do not: both are opened anew.
            await self._close_log()
            raise

    async def _take_over(self, redis: RedisClient) -> None:
        """Keep what earlier readers were given and did not acknowledge."""
        names = (OUTCOMES, GROUP, _NAME)
        async for entries in take_over(redis, *names, silent_s=0.0, count=_BATCH):
            await self._keep(redis, entries)
        await forget_consumers(redis, *names, silent_s=0.0)

    async def _keep(self, redis: RedisClient, entries: Sequence[Entry]) -> None:
        if not entries or self.keeper is None:
            return
        events = [event for entry in entries if (event := self._event(entry))]
        began = perf_counter()
        kept = await self._kept(lambda keeper: keeper.keep(events))
        self._metrics.seconds.observe(perf_counter() - began)
        self._metrics.events.labels("kept").inc(kept)
        self._metrics.events.labels("repeated").inc(len(events) - kept)
        self._metrics.records.set(self.keeper.records)
        end = written(self.keeper.end)
        await settle(redis, entries, key=self._end_key, end=end)

    def _event(self, entry: Entry) -> OutcomeEvent | None:
        try:
            return decode(entry.fields.get(_FIELD, b""))
        except Malformed as error:
            # It would be delivered for ever: it is let go of, and told.
            _log.warning("an entry was passed over", entry=entry.id, reason=error.message)
            self._metrics.events.labels("malformed").inc()
            return None

    def _settled(self) -> None:
        if self._failures:
            _log.info("the stream is read again")
        self._failures, self.trouble = 0, None
        self._metrics.reading.set(1)

    async def _recover(self, error: CortexError) -> None:
        self.trouble = error
        self._metrics.reading.set(0)
        pause_s = self._pauses_s[min(self._failures, len(self._pauses_s) - 1)]
        self._failures += 1
        self.breakages.note("reading the stream", error.message)
        _log.warning("the stream is not read", reason=error.message, again_in_s=pause_s)
        await asyncio.sleep(pause_s)
