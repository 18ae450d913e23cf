"""Remember what sites hold, for the layer that cannot ask the controller.

Read anew after the controller answered, in the background and not often. A site of which nothing is
remembered is looked for. Where it is kept is the business of `keeping`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from cortex.errors import CortexError, Unavailable
from cortex.fabric.activator.failover.keeping import MOST_SITES, Shelf
from cortex.fabric.messages import Known
from cortex.fabric.messages.known import read, written

_log = structlog.get_logger()
_EVERY_S: Final = 30.0
"""Seconds between two readings of a site: each asks the controller for two whole lists."""
_OLD_S: Final = 60.0
"""Seconds after which a newer one is looked for: devices rarely change their address sooner."""
_FOUND_S: Final = 60.0
"""Seconds for which devices that were found are not looked for again."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A remembered site, as bytes: they are a tenth of what its records take."""

    content: bytes
    site_name: str
    at: float


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of a site; `found` where its devices were looked for just now."""

    known: Known
    found: bool = False


@dataclass(slots=True, repr=False)
class Inventories:
    """What sites hold, as far as it is remembered."""

    shelf: Shelf
    fetch: Callable[[str], Awaitable[Known]]
    """Has the controller asked what a site holds."""
    discover: Callable[[str], Awaitable[Known]]
    """Has devices looked for."""
    default: str
    """The site that is meant where a query names none."""
    now: Callable[[], float]
    _sites: dict[str, _Kept] = field(default_factory=dict)
    _meant: dict[str, str] = field(default_factory=dict)
    """The short names that other names of sites turned out to mean."""
    _found: dict[str, tuple[float, Known]] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)
    _reading: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Take up what was remembered before."""
        for known in await asyncio.to_thread(self.shelf.load):
            if known.site not in self._sites:
                self._put(known)

    def seen(self, reference: str) -> None:
        """Read a site anew beside the queries, where that is due: the controller just answered."""
        now = asyncio.get_running_loop().time()
        busy = self._reading is not None and not self._reading.done()
        if busy or now < self._due.get(reference, float("-inf")):
            return
        if len(self._due) >= MOST_SITES:
            self._due.clear()
        self._due[reference] = now + _EVERY_S
        self._reading = asyncio.create_task(self._read(reference), name="reading the inventory")

    async def renewed(self, reference: str) -> Remembered:
        """Return what a site holds, asked of the controller where what is remembered is old.

        Raises:
            CortexError: nothing, or only something old, is remembered, and the controller cannot
                be asked.

        """
        known = self._of(reference)
        if known is None or self.now() - known.at > _OLD_S:
            known = await self._fetched(reference)
        return Remembered(known)

    async def remembered(self, reference: str) -> Remembered | None:
        """Return what is remembered of a site; where nothing is, the devices that are found."""
        known = self._of(reference)
        if known is None or self.now() - known.at > _OLD_S:
            shared = await self.shelf.shared(self._short(reference))
            if shared is not None and (known is None or shared.at > known.at):
                self._put(shared)
                known = shared
        return Remembered(known) if known else await self._looked_for(reference)

    async def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self, reference: str) -> None:
        try:
            await self._fetched(reference)
        except CortexError as error:
            _log.info("what a site holds is not remembered anew", reason=error.message)

    async def _fetched(self, reference: str) -> Known:
        known = await self.fetch(reference)
        if len(self._meant) >= MOST_SITES:
            self._meant.clear()
        self._meant[reference] = known.site
        self._found.clear()
        self._put(known)
        await self.shelf.save(known)
        return known

    async def _looked_for(self, reference: str) -> Remembered | None:
        until, known = self._found.get(reference, (0.0, None))
        if known is None or self.now() >= until:
            try:
                known = await self.discover(reference or self.default)
            except Unavailable as error:
                _log.info("devices cannot be looked for", reason=error.message)
                return None
            if not known.devices:
                return None
            if len(self._found) >= MOST_SITES:
                self._found.clear()
            self._found[reference] = (self.now() + _FOUND_S, known)
        return Remembered(known, found=True)

    def _short(self, reference: str) -> str:
        return self._meant.get(reference) or reference or self.default

    def _of(self, reference: str) -> Known | None:
        short = self._short(reference)
        kept = self._sites.get(short) or self._by_name(short)
        if kept is None and short == self.default and len(self._sites) == 1:
            (kept,) = self._sites.values()
        return read(kept.content) if kept else None

    def _by_name(self, name: str) -> _Kept | None:
        named = (one for one in self._sites.values() if one.site_name.casefold() == name.casefold())
        return max(named, key=lambda one: one.at, default=None)

    def _put(self, known: Known) -> None:
        self._sites[known.site] = _Kept(written(known), known.site_name, known.at)
        if len(self._sites) > MOST_SITES:
            del self._sites[min(self._sites, key=lambda site: self._sites[site].at)]
