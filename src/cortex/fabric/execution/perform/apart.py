"""Hold changes of the same thing apart: one is seen to its end before the next one looks.

A port is held by itself, and with its whole device by what changes that. Knows this process only;
what another process of the layer sends is not held apart.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.execution.perform.outcomes import LONG_S
from cortex.fabric.messages import ErrorBody, Target

_PART: Final = "#"
"""What parts the id of a device from the number of its port."""
_AGAIN_S: Final = 5.0


class BusyError(Exception):
    """A thing is being changed, and was until the time was over; `body` says so."""

    def __init__(self, body: ErrorBody) -> None:
        super().__init__(body.message)
        self.body = body


class Apart:
    """What is being changed just now."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()
        self._doing: dict[str, Tool] = {}
        self._freed = asyncio.Event()
        self.ended = 0
        """How many changes have come to their end."""

    @asynccontextmanager
    async def alone(
        self, things: Sequence[str], tool: Tool, *, until: float
    ) -> AsyncIterator[None]:
        """Hold things while one call changes them, as soon as nobody else does.

        Raises:
            BusyError: Somebody still did at the loop time `until`, or does what takes long.

        """
        await self.free(things, until=until)
        with self._holding(things, tool):
            yield

    def busy(self, things: Sequence[str]) -> bool:
        """Tell whether a call changes one of these things just now."""
        return self._under_way(things) is not None

    async def free(self, things: Sequence[str], *, until: float) -> None:
        """Wait until no call changes any of these things.

        Raises:
            BusyError: One still did at the loop time `until`, or does what takes long.

        """
        while under_way := self._under_way(things):
            if under_way.settles_in_s >= LONG_S:
                raise BusyError(_busy(under_way))
            try:
                async with asyncio.timeout_at(until):
                    await self._freed.wait()
            except TimeoutError:
                raise BusyError(_busy(under_way)) from None

    @contextmanager
    def longer(self, things: Sequence[str]) -> Iterator[None]:
        """Hold things that a call is `alone` with until this block ends as well."""
        with self._holding(things, self._doing[things[0]]):
            yield

    @contextmanager
    def _holding(self, things: Sequence[str], tool: Tool) -> Iterator[None]:
        """Hold things for a call of a tool, which is the one that holds them already, if any."""
        self._held.update(things)
        self._doing |= dict.fromkeys(things, tool)
        try:
            yield
        finally:
            self._held.subtract(things)
            for thing in [one for one in things if not self._held[one]]:
                del self._held[thing]
                self._doing.pop(thing, None)
            self.ended += 1
            self._freed.set()
            self._freed = asyncio.Event()

    def _under_way(self, things: Sequence[str]) -> Tool | None:
        """Return the tool of a call that changes one of these things, or what one is a part of."""
        found = (held for held in self._held for one in things if _touch(held, one))
        return next((self._doing[held] for held in found), None)


def things_of(tool: str, targets: Iterable[Target]) -> tuple[str, ...]:
    """Return what a call changes: its targets, of a port and its device the port; else itself."""
    ids = {one.id for one in targets}
    whole = {one.partition(_PART)[0] for one in ids if _PART in one}
    return tuple(sorted(ids - whole)) or (f"tool {tool}",)


def _touch(one: str, other: str) -> bool:
    return one == other or one.startswith(other + _PART) or other.startswith(one + _PART)


def _busy(under_way: Tool) -> ErrorBody:
    message = (
        f"a change of the same thing ({under_way.name}) is under way already; nothing was sent"
    )
    return ErrorBody(
        code="busy", message=message, hint="ask again once that is over", retry_after=_AGAIN_S
    )
