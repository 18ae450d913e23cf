"""Remember what the activator did lately, and tell who listens.

Holds wakes, stops, failures, writes and answered queries without their text; forgets the oldest.
Nothing here is durable: what must last is kept by those who do it.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Any

import msgspec

_REMEMBERED = 500
_FALLING_BEHIND = 200


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened; `at` is in Unix seconds."""

    number: int
    at: float
    kind: str
    facts: dict[str, Any] = {}


class Journal:
    """The latest entries and the live listeners."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._entries: deque[Entry] = deque(maxlen=_REMEMBERED)
        self._listeners: set[asyncio.Queue[Entry]] = set()

    def add(self, kind: str, **facts: Any) -> None:
        """Enter what just happened."""
        entry = Entry(number=next(self._numbers), at=self._clock(), kind=kind, facts=facts)
        self._entries.append(entry)
        for listener in tuple(self._listeners):
            if listener.full():
                # A listener that reads too slowly misses the oldest; its numbers show the gap.
                listener.get_nowait()
            listener.put_nowait(entry)

    def latest(self, limit: int = _REMEMBERED) -> tuple[Entry, ...]:
        """List the latest entries, oldest first."""
        return tuple(self._entries)[-limit:] if limit > 0 else ()

    async def follow(self, *, after: int = 0) -> AsyncGenerator[Entry, None]:
        """Yield the remembered entries numbered above `after`, then each new one."""
        listener: asyncio.Queue[Entry] = asyncio.Queue(_FALLING_BEHIND)
        remembered = [entry for entry in self._entries if entry.number > after]
        self._listeners.add(listener)
        try:
            for entry in remembered:
                yield entry
            while True:
                yield await listener.get()
        finally:
            self._listeners.discard(listener)
