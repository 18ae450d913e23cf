"""Tell the other activators what was learned here, and learn at once what they tell.

A stream of small notes, by digests and ids: a wording to look up afresh, an objection, a route
that is there or gone. What is known of a route lies in memory, which they share. An activator that
missed notes forgets its cache and reads the routes again.
"""

import asyncio
import contextlib
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from cortex.coordination.streams import Entry, add, entries_of
from cortex.coordination.supervision import kept_up
from cortex.errors import CortexError
from cortex.fabric.activator.learning.tiers.cache import RouteCache
from cortex.fabric.activator.learning.tiers.marks import Marks
from cortex.fabric.activator.learning.wordings import Kind, Wordings
from cortex.fabric.activator.peers.coordination import Coordination

_log = structlog.get_logger()
STREAM = "cortex.learned"
_CAP = 2_000
_MOST = 1_000
"""Notes that wait for Redis; more make the others read everything again."""
_BLOCK_S = 5.0
_PAUSE_S = 0.2
_FRESH_S = 0.05
"""Seconds that a query waits at most for what the others learned just now."""
_FIELD = "note"
_NOTHING = "0-0"


class Note(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was learned."""

    by: str
    """The activator that learned it."""
    kind: Kind
    memory: str = ""
    """Stands for the memory that holds it: who has another one does not know the route."""
    wording: str = ""
    """The digest of the wording, in hexadecimal."""
    route: str = ""
    """The route's id."""
    marked: bool = False
    """Whether the wording needs a look before the rules are followed."""


_DECODER = msgspec.json.Decoder(Note)


async def _over_and_over(step: Callable[[], Awaitable[None]], name: str) -> None:
    async def steps() -> None:
        while True:
            await step()

    await kept_up(steps, name=name, pause_s=_PAUSE_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lore:
    """What this process knows of what was learned, and how to read all of it again."""

    cache: RouteCache
    marks: Marks
    wordings: Wordings
    reload: Callable[[], Awaitable[None]]


class Learned:
    """The stream of what was learned, both ways."""

    def __init__(self, coordination: Coordination, *, memory: str) -> None:
        """Make it; `memory` is the address of the memory that activators share, if they do."""
        self._coordination = coordination
        self._memory = hashlib.sha256((memory or coordination.writer).encode()).hexdigest()[:16]
        self._waiting: deque[Note] = deque()
        self._news = asyncio.Event()
        self._sending = asyncio.Lock()
        self._moved = asyncio.Condition()
        self._read = ""
        """The last entry that took effect here; empty before the first look."""

    @property
    def listening(self) -> bool:
        """Whether what the others tell from now on is heard."""
        return bool(self._read)

    def tell(
        self, kind: Kind, *, wording: bytes = b"", route: str = "", marked: bool = False
    ) -> None:
        """Have the others learn something; it waits while Redis is away."""
        if self._coordination.state == "off":
            return
        note = Note(
            by=self._coordination.writer,
            kind=kind,
            memory=self._memory,
            wording=wording.hex(),
            route=route,
            marked=marked,
        )
        if len(self._waiting) >= _MOST:
            self._waiting.clear()
            note = msgspec.structs.replace(note, kind="everything")
        self._waiting.append(note)
        self._news.set()

    async def told(self, *, within_s: float) -> None:
        """Wait, not for long, until Redis has what was told."""
        with contextlib.suppress(CortexError, TimeoutError):
            async with asyncio.timeout(within_s):
                await self._send()

    async def fresh(self) -> None:
        """Wait, not for long, until what the others told before now has taken effect here."""
        if not self._coordination.ready or not self._read:
            return
        with contextlib.suppress(CortexError, TimeoutError):
            async with asyncio.timeout(_FRESH_S):
                last = await self._last()
                async with self._moved:
                    await self._moved.wait_for(lambda: _moment(self._read) >= _moment(last))

    async def run(self, lore: Lore) -> None:
        """Tell and listen until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(_over_and_over(self._tell, "telling what was learned"))
            both.create_task(
                _over_and_over(lambda: self._listen(lore), "hearing what others learned")
            )

    async def _tell(self) -> None:
        await self._news.wait()
        await self._coordination.readied()
        await self._send()

    async def _send(self) -> None:
        async with self._sending:
            while self._waiting:
                note = self._waiting[0]
                fields = {_FIELD: msgspec.json.encode(note)}
                await add(self._coordination.redis, STREAM, fields, cap=_CAP)
                if self._waiting and self._waiting[0] is note:
                    self._waiting.popleft()
            self._news.clear()

    async def _listen(self, lore: Lore) -> None:
        """Listen until Redis is lost."""
        redis = await self._coordination.readied()
        if not self._read:
            self._read = await self._last()
        elif await self._missed():
            await self._everything(lore)
            self._read = await self._last()
        words = ("XREAD", "COUNT", 256, "BLOCK", int(_BLOCK_S * 1000), "STREAMS", STREAM)
        while True:
            reply: Any = await redis.blocking(*words, self._read, block_s=_BLOCK_S)
            for _, entries in reply or ():
                for entry in entries_of(entries):
                    await self._hear(entry, lore)

    async def _hear(self, entry: Entry, lore: Lore) -> None:
        try:
            note = _DECODER.decode(entry.fields.get(_FIELD.encode(), b""))
        except msgspec.DecodeError:
            # Another version told something that this one does not know: better safe.
            note = Note(by="", kind="everything")
        if note.by != self._coordination.writer:
            await self._learn(note, lore)
        async with self._moved:
            self._read = entry.id
            self._moved.notify_all()

    async def _learn(self, note: Note, lore: Lore) -> None:
        wording, shared = bytes.fromhex(note.wording), note.memory == self._memory
        match note.kind:
            case "dropped":
                lore.cache.forget(wording)
            case "objected":
                lore.cache.forget(wording)
                await asyncio.to_thread(lore.marks.add, (wording,))
            case "route" if shared:
                lore.wordings.know(wording, note.route, marked=note.marked)
            case "gone" if shared:
                lore.wordings.lose(wording, note.route)
            case "everything":
                await self._everything(lore)
            case _:
                """A route of a memory that we do not have."""

    async def _everything(self, lore: Lore) -> None:
        lore.cache.clear()
        await lore.reload()

    async def _missed(self) -> bool:
        """Tell whether notes were dropped that had not been read: too many, or a flush."""
        oldest, read = await self._end("XRANGE", "-", "+"), _moment(self._read)
        return _moment(oldest) > read or _moment(await self._last()) < read

    async def _last(self) -> str:
        return await self._end("XREVRANGE", "+", "-")

    async def _end(self, command: str, start: str, end: str) -> str:
        reply = await self._coordination.redis.call(command, STREAM, start, end, "COUNT", 1)
        return next((entry.id for entry in entries_of(reply)), _NOTHING)


def _moment(entry_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence or 0)
