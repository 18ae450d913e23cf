"""Write lessons down: the one owner of what is remembered, behind a bounded backlog.

Takes lessons as fast as they come and writes them in their order. What cannot be written now is
tried again; written twice, it is the same point. Nobody who asks waits for it.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog

from cortex.errors import CortexError, Malformed, Unavailable
from cortex.fabric.activator import metrics
from cortex.fabric.activator.learning.projection import Outcome, outcome_point
from cortex.fabric.activator.learning.remembrance import Remembrance
from cortex.fabric.activator.learning.routebook import RouteBook
from cortex.fabric.activator.metrics import Metrics
from cortex.fabric.memory.collections import CollectionName
from cortex.fabric.memory.store import Point

_log = structlog.get_logger()
_BACKLOG = 1_000
"""Lessons that wait for a store that is away, some kilobytes each; docs/running.md names it."""
_BATCH = 64
"""Lessons written at once; when one of them is refused they are written one by one."""
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
"""Between attempts at a store that is away: doubled from the first to the longest."""
_CLOSING_S = 5.0
"""Seconds in which what waits is still written at the end: half of what a restart waits for
requests."""
_STEADY_S = 3_600.0
"""How long the outcomes of a route that comes off every time are not written down."""
_STEADY_TIERS = frozenset({"keyword", "cache"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A point that is found by a text."""

    collection: CollectionName
    text: str
    point: Point
    """Without its vector."""


@dataclass(slots=True, kw_only=True)
class Entry:
    """What is to be written, made once it is known which encoder there is."""

    outcomes: Callable[[str], Iterable[Outcome]] | None = None
    written: Written | None = None
    done: asyncio.Future[None] | None = None
    made: Sequence[Outcome] | None = None
    """The outcomes, once they were made: tried again, they are the same."""
    counted: bool = False


class Ledger:
    """The backlog and the task that empties it."""

    def __init__(
        self,
        *,
        memory: Remembrance,
        book: RouteBook,
        counts: Metrics,
        now: Callable[[], float],
    ) -> None:
        self._memory = memory
        self._book = book
        self._metrics = counts
        self._now = now
        self._waiting: deque[Entry] = deque()
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._pause_s = _FIRST_PAUSE_S
        self._most = _BATCH
        self.halted = False
        """Whether the task that writes has ended."""
        self.lost = 0
        """How many entries were dropped: too many waited, or they could not be written ever."""

    @property
    def backlog(self) -> int:
        """How many entries wait to be written."""
        return len(self._waiting)

    def add(self, entry: Entry) -> None:
        """Have something written when it can be; the oldest is lost when too much waits."""
        if self._memory.state == "off":
            return
        if len(self._waiting) >= _BACKLOG:
            self._lose(self._waiting.popleft(), "too many wait to be written")
        self._waiting.append(entry)
        self._idle.clear()
        self._news.set()

    async def apply(self, outcomes: Callable[[str], Iterable[Outcome]], *, within_s: float) -> bool:
        """Have outcomes take effect at once; False when that must wait for memory.

        Raises:
            Unavailable: they are lost.

        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.add(Entry(outcomes=outcomes, done=done))
        if self._memory.ready:
            await asyncio.wait({done}, timeout=within_s)
        if done.cancelled():
            message = "memory could not keep it"
            raise Unavailable(message, hint="say it again; the log tells why it was lost")
        return done.done()

    async def run(self) -> None:
        """Write what waits, for ever."""
        try:
            while True:
                try:
                    await self._round()
                except Exception as error:  # noqa: BLE001  # the top of its task: it must go on
                    _log.error("lessons wait", count=self.backlog, exc_info=error)
                    await self._rest()
        finally:
            self.halted = True

    async def _round(self) -> None:
        """Write what waits once, as much of it as goes at a time."""
        await self._news.wait()
        # Not while memory is still being looked through: routes have one writer at a time.
        await self._memory.opened.wait()
        if not (batch := list(self._waiting)[: self._most]):
            self._news.clear()
            self._idle.set()
            return
        try:
            if not await self._could_write(batch):
                # Which of them it is, writing them one by one tells.
                self._most = 1
                return
        except CortexError as error:
            _log.warning("lessons wait", count=self.backlog, reason=error.message)
            await self._rest()
            return
        self._pause_s, self._most = _FIRST_PAUSE_S, _BATCH
        self._settle(batch)

    async def _could_write(self, batch: Sequence[Entry]) -> bool:
        """Write a batch; False when one of several can never be written. A single one is lost."""
        try:
            await self._write(batch)
        except Exception as error:
            # One lesson that cannot be written must not stop those behind it.
            if isinstance(error, CortexError) and not isinstance(error, Malformed):
                raise
            failure = error
        else:
            return True
        if len(batch) == 1:
            self._lose(batch[0], "it cannot be written", failure)
        return len(batch) == 1

    async def _rest(self) -> None:
        pause_s, self._pause_s = self._pause_s, min(2 * self._pause_s, _LONGEST_PAUSE_S)
        await asyncio.sleep(pause_s)

    async def drain(self) -> None:
        """Give what waits a little time to be written."""
        if self._waiting and self._memory.ready:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSING_S):
                    await self._idle.wait()
        if self._waiting:
            _log.warning("lessons are lost", count=self.backlog, reason="Cortex stops")

    async def _write(self, batch: Sequence[Entry]) -> None:
        store, encoder = self._memory.store, self._memory.encoder_id
        outcomes = [one for entry in batch for one in self._made(entry, encoder)]
        if outcomes:
            await store.put("routing_outcomes", [outcome_point(one) for one in outcomes])
        self._count(batch)
        routes = {one.route_id: one.route for one in outcomes}
        vectors = {one.route_id: one.vector for one in outcomes if len(one.vector)}
        await self._book.reproject(routes, now=self._now(), vectors=vectors)
        for entry in batch:
            if entry.written is not None:
                await self._put(entry.written)

    def _made(self, entry: Entry, encoder: str) -> Sequence[Outcome]:
        if entry.made is None:
            made = entry.outcomes(encoder) if entry.outcomes else ()
            entry.made = [one for one in made if not self._needless(one)]
        return entry.made

    def _needless(self, outcome: Outcome) -> bool:
        """Tell whether a route's standing would not change: it comes off all the time."""
        happening = outcome.happening
        good = happening.kind == "ran" and happening.success and outcome.tier in _STEADY_TIERS
        since = self._book.steady_since(outcome.route_id) if good else None
        # The store may give a time back that is a rounding step later than it was.
        return since is not None and abs(happening.at - since) < _STEADY_S

    def _count(self, batch: Sequence[Entry]) -> None:
        for entry in batch:
            for one in () if entry.counted else entry.made or ():
                if one.happening.kind == "ran":
                    success = "true" if one.happening.success else "false"
                    self._metrics.count(metrics.OUTCOMES_STORED, success)
            entry.counted = True

    async def _put(self, written: Written) -> None:
        point = written.point
        vector = await self._memory.embed(written.text)
        whole = Point(id=point.id, vector=vector, payload=point.payload)
        await self._memory.store.put(written.collection, [whole])

    def _settle(self, batch: Sequence[Entry]) -> None:
        for entry in batch:
            if self._waiting and self._waiting[0] is entry:
                self._waiting.popleft()
            if entry.done is not None and not entry.done.done():
                entry.done.set_result(None)

    def _lose(self, entry: Entry, reason: str, failure: Exception | None = None) -> None:
        self.lost += 1
        if entry.done is not None and not entry.done.done():
            entry.done.cancel()
        _log.warning("a lesson is lost", lost=self.lost, reason=reason, exc_info=failure)
