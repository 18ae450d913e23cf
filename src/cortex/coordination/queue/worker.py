"""Perform the tasks of a queue: some at a time, under leases, until asked to stop.

Delivery is at least once; what is stored is stored once, by whoever holds the fence. A worker that
was paused past its lease finds its work with another, and what it then hands in is refused.
"""

import asyncio
import os
import random
import secrets
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import assert_never

import msgspec
import structlog

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.pace import Retries, delay_s, shares
from cortex.coordination.queue.results import Results
from cortex.coordination.queue.task import (
    Cancelled,
    Done,
    Expired,
    Failed,
    Lane,
    Outcome,
    Task,
    decode,
    encode,
    name_in,
)
from cortex.coordination.queue.work.desk import Begun, Desk, Ending, Go, Kept, Other, Over, Taken
from cortex.coordination.queue.work.performing import (
    Perform,
    Progress,
    Work,
    ending_of,
    performed,
)
from cortex.coordination.queue.work.suspects import Suspects
from cortex.coordination.streams import is_gone
from cortex.errors import CortexError, Malformed, Rejected

_log = structlog.get_logger()
_LOOK_S = 0.5
"""How long one wait for new entries lasts, and how often what others left is looked for."""
_ATTEND_S = 0.5
_PROMOTE_S = 0.5
_NEAR_S = 0.005
_BATCH = 256
_SILENT_MS = 3_600_000
_FORGET_S = 600.0
_PARTING_S = 5.0
_HELD_BACK = 0.8
"""The part of a lease for which what was taken over is kept back before others may have it."""
_AWAY = Retries(first_s=0.1, cap_s=2.0)
OnUndone = Callable[[Task, Outcome], Awaitable[None]]
"""Is told of each task that ended here without being done, once that is stored; a crash in between
leaves it untold."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a worker works."""

    concurrency: int = 8
    """How many tasks it performs at a time."""
    lease: timedelta = timedelta(seconds=30)
    """After how long a silence others take its tasks over; it renews three times as often."""
    grace: timedelta = timedelta(seconds=20)
    """How long it lets tasks end when it is asked to stop, before it hands them back."""
    retries: Retries = field(default_factory=Retries)

    @property
    def lease_s(self) -> float:
        """The lease in seconds."""
        return self.lease.total_seconds()

    @property
    def lease_ms(self) -> int:
        """The lease in milliseconds."""
        return int(self.lease_s * 1000)


class Worker:
    """One consumer of one queue."""

    def __init__(
        self,
        redis: RedisClient,
        keys: Keys,
        perform: Perform,
        *,
        policy: Policy | None = None,
        on_undone: OnUndone | None = None,
    ) -> None:
        self.consumer = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._policy = policy or Policy()
        self._perform = perform
        self._on_undone = on_undone
        self._desk = Desk(redis, keys, self.consumer)
        self._results = Results(redis, keys)
        self._open = False
        self._taken: list[tuple[Taken, Task]] = []
        self._at_work: dict[tuple[Lane, str], Work] = {}
        self._suspects = Suspects(patience_s=self._policy.lease_s * _HELD_BACK)
        self._ended: list[Ending] = []
        self._turn = 0
        self._look_at = 0.0
        self._renew_at = 0.0
        self._stopping = asyncio.Event()
        self._freed = asyncio.Event()
        self._handing = asyncio.Event()
        self._delayed = asyncio.Event()

    def stop(self) -> None:
        """Take nothing more; `run` returns once what is at work has ended or was handed back."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until `stop`. A server that is away is waited for."""
        try:
            async with asyncio.TaskGroup() as group:
                steps = (self._hand_in, self._attend, self._promote, self._forget)
                loops = [group.create_task(self._repeat(step)) for step in steps]
                await self._until_stopped()
                await self._drain()
                for one in loops:
                    one.cancel()
        finally:
            await self._abandon()

    async def until_cancelled(self) -> None:
        """Work until cancelled; what is at work then ends, or is handed back, first."""
        working = asyncio.create_task(self.run())
        try:
            await asyncio.shield(working)
        finally:
            self.stop()
            await asyncio.wait({working}, timeout=self._policy.grace.total_seconds() + _PARTING_S)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def _until_stopped(self) -> None:
        feeding = asyncio.create_task(self._repeat(self._feed))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({feeding, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            feeding.cancel()
            with suppress(asyncio.CancelledError):
                await feeding

    async def _repeat(self, step: Callable[[], Awaitable[None]]) -> None:
        """Take a step over and over; wait longer and longer while the server is away."""
        failures = 0
        while True:
            try:
                if not self._open:
                    await self._desk.open()
                    self._open = True
                await step()
                failures = 0
            except CortexError as err:
                if isinstance(err, Rejected) and is_gone(err):
                    self._open = False
                failures += 1
                if failures == 1:
                    _log.warning("queue is out of reach", error=err.message, hint=err.hint)
                await asyncio.sleep(delay_s(failures, _AWAY, random.random))

    async def _feed(self) -> None:
        """Begin as many tasks as there are free places, or wait for either."""
        room = self._policy.concurrency - len(self._at_work)
        if room <= 0:
            self._freed.clear()
            await self._freed.wait()
            return
        if not self._taken:
            await self._read(await self._next(min(room, _BATCH)))
        if self._taken:
            answers = await self._desk.begin(self._taken)
            begun, self._taken = self._taken, []
            for (taken, task), answer in zip(begun, answers, strict=True):
                await self._begun(taken, task, answer)

    async def _next(self, room: int) -> list[Taken]:
        now = asyncio.get_running_loop().time()
        if now >= self._look_at:
            self._look_at = now + min(_LOOK_S, self._policy.lease_s / 4)
            left = await self._desk.reclaim(room, silent_ms=self._policy.lease_ms)
            left = [one for one in left if one.place not in self._at_work]
            begun = await self._desk.attempts([name_in(one.fields) for one in left])
            if left := self._suspects.sift(zip(left, begun, strict=True), now=now):
                return left
        if suspect := self._suspects.next(self._at_work, now=now):
            return [suspect]
        counts, turn = shares(room, self._turn)
        if taken := await self._desk.take(counts):
            self._turn = turn
            return taken
        return await self._desk.wait(min(_LOOK_S, self._policy.lease_s / 4))

    async def _read(self, entries: list[Taken]) -> None:
        """Read what was taken; what cannot be read becomes a dead letter and blocks nothing."""
        unreadable: list[tuple[Taken, str]] = []
        for taken in entries:
            try:
                self._taken.append((taken, decode(taken.fields)))
            except Malformed as err:
                unreadable.append((taken, err.message))
        for taken, reason in unreadable:
            _log.warning("entry is unreadable", lane=taken.lane, entry=taken.entry, reason=reason)
            await self._desk.bury(taken, reason)

    async def _begun(self, taken: Taken, task: Task, answer: Begun) -> None:
        match answer:
            case Go():
                self._go(taken, task, answer)
            case Other(owner):
                await self._stand_in(taken, task, owner)
            case Over():
                _log.info("task is done or at work elsewhere", task=task.id, entry=taken.entry)
            case _:
                assert_never(answer)

    async def _stand_in(self, taken: Taken, task: Task, owner: str) -> None:
        """Give a task the outcome of the one that took its idempotency key, once there is one."""
        first = await self._results.peek(owner)
        if first is not None and first.state in {"queued", "working"}:
            delay_ms = self._policy.lease_ms // 2
            await self._desk.postpone(taken, task, body=encode(task), delay_ms=delay_ms)
            return
        [answer] = await self._desk.begin([(taken, task)], gone=owner)
        if isinstance(answer, Go):
            done = first.outcome if first is not None else None
            self._go(taken, task, answer, known=done if isinstance(done, Done) else None)

    def _go(self, taken: Taken, task: Task, go: Go, *, known: Outcome | None = None) -> None:
        left_s = None if task.deadline_ms is None else (task.deadline_ms - go.now_ms) / 1000
        task = msgspec.structs.replace(task, attempt=go.attempt)
        work = Work(taken, task, go.fence, Progress(go.fence), left_s)
        self._at_work[taken.place] = work
        if settled := known or self._settled(work, go):
            self._end(work, settled)
        else:
            work.running = asyncio.create_task(self._performed(work))

    def _settled(self, work: Work, go: Go) -> Outcome | None:
        """Say how a task ends that need not be performed."""
        if go.cancelled:
            return Cancelled()
        if work.left_s is not None and work.left_s <= 0:
            return Expired()
        if go.attempt > self._policy.retries.attempts:
            reason = f"it was begun {go.attempt - 1} times and never ended: it may end its worker"
            return Failed(reason, "permanent")
        return None

    async def _performed(self, work: Work) -> None:
        try:
            outcome = await performed(work, self._perform)
        except asyncio.CancelledError:
            outcome = Cancelled() if work.leaving else Failed("it was cancelled from within")
        self._end(work, outcome)

    def _end(self, work: Work, outcome: Outcome) -> None:
        self._ended.append(ending_of(work, outcome, self._policy.retries))
        self._handing.set()

    async def _hand_in(self) -> None:
        """Store how tasks ended, all that wait for it together."""
        await self._handing.wait()
        batch = self._ended[:_BATCH]
        stored = await self._desk.finish(batch)
        del self._ended[: len(batch)]
        for ending, held in zip(batch, stored, strict=True):
            self._at_work.pop(ending.taken.place, None)
            if ending.verdict == "again":
                self._delayed.set()
            if not held:
                _log.warning("task is another worker's by now", task=ending.task.id)
        self._freed.set()
        if not self._ended:
            self._handing.clear()
        await self._tell([one for one, held in zip(batch, stored, strict=True) if held])

    async def _tell(self, endings: list[Ending]) -> None:
        """Say which tasks ended for good that were not done."""
        if self._on_undone is None:
            return
        for one in endings:
            if one.verdict in {"end", "dead"} and not isinstance(one.outcome, Done):
                try:
                    await self._on_undone(one.task, one.outcome)
                except CortexError as err:
                    _log.warning(
                        "the end of a task is not told", task=one.task.id, error=err.message
                    )

    async def _attend(self) -> None:
        """Renew leases in time, write progress down, and break off what is cancelled or lost."""
        await asyncio.sleep(min(_ATTEND_S, self._policy.lease_s / 3))
        now = asyncio.get_running_loop().time()
        renew = now >= self._renew_at
        works = list(self._at_work.values())
        if not works:
            return
        kept = [Kept(one.taken, one.task.id, one.fence, one.progress.news()) for one in works]
        answers = await self._desk.attend(kept, renew=renew)
        if renew:
            self._renew_at = now + self._policy.lease_s / 3
        for work, answer in zip(works, answers, strict=True):
            if answer != "held":
                work.break_off("lost" if answer == "lost" else "cancelled")

    async def _promote(self) -> None:
        """Move tasks whose time has come into their lanes."""
        self._delayed.clear()
        due_s = await self._desk.promote()
        wait_s = _PROMOTE_S if due_s is None else min(_PROMOTE_S, max(_NEAR_S, due_s))
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._delayed.wait()

    async def _forget(self) -> None:
        await self._desk.forget(silent_ms=_SILENT_MS)
        await asyncio.sleep(_FORGET_S)

    async def _drain(self) -> None:
        """Let what is at work end, and hand back what does not in time."""
        await self._emptied(self._policy.grace.total_seconds())
        for work in self._at_work.values():
            work.break_off("handed back")
        await self._emptied(_PARTING_S)
        with suppress(CortexError):
            await self._desk.leave()

    async def _emptied(self, within_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._at_work:
                    self._freed.clear()
                    await self._freed.wait()

    async def _abandon(self) -> None:
        """Break off what is still performed; others take it over once its lease is over."""
        running = [one.running for one in self._at_work.values() if one.running is not None]
        for work in self._at_work.values():
            work.break_off("lost")
        await asyncio.gather(*running, return_exceptions=True)
        await self._results.close()
