"""What became of a task: look, wait, or ask for it to be cancelled.

One connection waits for all that wait in this process. Results are gone after a while (`Keeping`).
"""

import asyncio
import contextlib
from collections import defaultdict
from typing import Any, Literal

import msgspec

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.lua import script, unreadable
from cortex.coordination.queue.task import (
    FINAL,
    Cancelled,
    Outcome,
    State,
    decode_outcome,
    encode_outcome,
)
from cortex.coordination.streams import entries_of
from cortex.decoding import read_json
from cortex.errors import BadAnswer, Conflict, CortexError, Unavailable

_CANCEL = script("cancel")
_BLOCK_S = 5.0
_LOOK_AGAIN_S = 5.0
"""How often a waiter looks for itself: announcements are capped, and gone after a flush."""
_AWAY_S = 0.5
_ANY = msgspec.json.Decoder[Any]()

Asked = Literal["cancelled", "asked", "done", "failed", "expired"]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a task stands."""

    id: str
    state: State
    attempts: int = 0
    progress: Any = None
    """The latest that was told while it was worked on."""
    outcome: Outcome | None = None
    """How it ended, once it has."""
    last: Outcome | None = None
    """How the latest attempt ended that was not the last one."""


class Results:
    """What became of the tasks of one queue."""

    def __init__(self, redis: RedisClient, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._following: asyncio.Task[None] | None = None

    async def peek(self, task_id: str) -> Standing | None:
        """Look where a task stands; None when it is not known, or not any more."""
        names = ("state", "attempts", "progress", "outcome", "last")
        reply: Any = await self._redis.call("HMGET", self._keys.record(task_id), *names)
        state, attempts, progress, outcome, last = reply
        if state is None:
            return None
        try:
            return Standing(
                id=task_id,
                state=msgspec.convert(state.decode(), State),
                attempts=int(attempts or 0),
                progress=read_json(progress, _ANY, what="progress") if progress else None,
                outcome=decode_outcome(outcome) if outcome else None,
                last=decode_outcome(last) if last else None,
            )
        except (ValueError, CortexError) as err:
            message = f"the record of task {task_id!r} is damaged: {err}"
            raise BadAnswer(message, service="redis") from None

    async def wait(self, task_id: str, *, timeout_s: float) -> Outcome | None:
        """Wait for the end of a task, also past a server that is away; None when it is late.

        Raises:
            Conflict: no such task is known, or its result was kept long enough.

        """
        announced = asyncio.Event()
        self._waiting[task_id].add(announced)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._outcome(task_id, announced)
        except TimeoutError:
            return None
        finally:
            self._waiting[task_id].discard(announced)
            if not self._waiting[task_id]:
                del self._waiting[task_id]

    async def cancel(self, task_id: str) -> Asked:
        """Cancel a task: one that waits ends at once, one at work soon, one that ended stays.

        Raises:
            Conflict: no such task is known.

        """
        record = self._keys.record(task_id)
        key = await self._redis.call("HGET", record, "key")
        held = key.decode() if isinstance(key, bytes) else ""
        keeping = self._keys.keeping
        told = encode_outcome(Cancelled())
        reply = await self._redis.run(
            _CANCEL,
            keys=(
                *(*self._keys.lanes, self._keys.delayed, self._keys.bodies, self._keys.finished),
                *(record, self._keys.idempotency(task_id, held)),
            ),
            arguments=(task_id, keeping.results_ms, keeping.finished, told, held),
        )
        if reply == b"unknown":
            raise _unknown(task_id)
        return _asked(reply)

    async def close(self) -> None:
        """Stop following; those that wait go on by looking now and then."""
        if self._following is not None:
            self._following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._following

    async def _outcome(self, task_id: str, announced: asyncio.Event) -> Outcome:
        while True:
            try:
                await self._follow()
                standing = await self.peek(task_id)
            except Unavailable:
                await asyncio.sleep(_AWAY_S)
                continue
            if standing is None:
                raise _unknown(task_id)
            if standing.outcome is not None and standing.state in FINAL:
                return standing.outcome
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN_S):
                    await announced.wait()
            announced.clear()

    async def _follow(self) -> None:
        """See that announcements are read, from before the look that follows this call."""
        if self._following is not None and not self._following.done():
            return
        newest = await self._newest()
        if self._following is None or self._following.done():
            self._following = asyncio.create_task(self._read_from(newest))

    async def _newest(self) -> str:
        reply: Any = await self._redis.call("XREVRANGE", self._keys.finished, "+", "-", "COUNT", 1)
        return next((entry.id for entry in entries_of(reply)), "0-0")

    async def _read_from(self, position: str) -> None:
        while self._waiting:
            try:
                position = await self._read(position)
            except CortexError:
                # Those that wait look for themselves meanwhile, and say what is wrong.
                await asyncio.sleep(_AWAY_S)

    async def _read(self, position: str) -> str:
        words = ("XREAD", "BLOCK", int(_BLOCK_S * 1000), "STREAMS", self._keys.finished, position)
        reply: Any = await self._redis.blocking(*words, block_s=_BLOCK_S)
        for _, entries in reply or ():
            for entry in entries_of(entries):
                position = entry.id
                for name in entry.fields.get(b"ids", b"").decode().split("\n"):
                    for announced in self._waiting.get(name, ()):
                        announced.set()
        return position


def _unknown(task_id: str) -> Conflict:
    message = f"no task {task_id!r} is known: there never was one, or its result is gone"
    return Conflict(message, hint="results are kept for a limited time")


def _asked(reply: Any) -> Asked:
    match reply:
        case b"cancelled":
            return "cancelled"
        case b"asked":
            return "asked"
        case b"done":
            return "done"
        case b"failed":
            return "failed"
        case b"expired":
            return "expired"
        case _:
            raise unreadable(reply, "cancel")
