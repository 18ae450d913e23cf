"""Remember what sites hold, for the layer that cannot ask the controller.

Read anew after the controller answered, in the background and not often; a reading with far fewer
devices than before is believed only once it was made several times. What was read at a time that
is still to come is of unknown age: older than anything else. Devices are looked for only where no
site at all is remembered. Where it is kept is the business of `keeping`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog

from cortex.errors import CortexError, Rejected, Unavailable
from cortex.fabric.activator.failover.keeping import MOST_SITES, Shelf
from cortex.fabric.messages import Known
from cortex.fabric.messages.known import read, written

_log = structlog.get_logger()
_EVERY_S: Final = 30.0
"""Seconds between two readings of a site: each asks the controller for two whole lists."""
_OLD_S: Final = 60.0
"""Seconds after which a newer one is looked for: devices rarely change their address sooner."""
_APART_S: Final = 5.0
"""Seconds by which the clocks of two machines may differ."""
_FOUND_S: Final = 60.0
"""Seconds for which devices that were found are not looked for again."""
_READINGS: Final = 3
"""Readings with far fewer devices in a row, each due on its own, after which that is believed."""
_MOST_PINS: Final = 16_000
_PIN: Final = "ssh_hostkey_fingerprint"


@dataclass(frozen=True, slots=True)
class _Kept:
    """A remembered site, as bytes: they are a tenth of what its records take."""

    content: bytes
    site_name: str
    at: float
    devices: int


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
    _fewer: dict[str, tuple[int, float]] = field(default_factory=dict)
    """How often a site was read with far fewer devices lately, and when that counted last."""
    _pins: dict[str, str] = field(default_factory=dict)
    """The fingerprints that the controller recorded last, by device, whatever its site."""
    _reading: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Take up what was remembered before."""
        for known in await asyncio.to_thread(self.shelf.load, self.now()):
            if known.site not in self._sites:
                self._put(known)

    @property
    def several(self) -> bool:
        """Whether more than one site is remembered."""
        return len(self._sites) > 1

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
        if known is None or self._is_old(known):
            known = await self._fetched(reference)
        return Remembered(known)

    async def remembered(self, reference: str) -> Remembered | None:
        """Return what is remembered of a site; where none is at all, the devices that are found.

        Raises:
            Rejected: other sites are remembered, and not this one.

        """
        known = self._of(reference)
        if known is None or self._is_old(known):
            shared = await self.shelf.shared(known.site if known else self._short(reference))
            if shared is not None and (
                known is None or self._read_at(shared) > self._read_at(known)
            ):
                known = self._put(shared)
        if known is not None:
            return Remembered(known)
        if self._sites:
            raise self._unknown(reference)
        return await self._looked_for(reference)

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
        # It was read just now, also where the clock of whoever read it is ahead.
        known = msgspec.structs.replace(known, at=min(known.at, self.now()))
        if len(self._meant) >= MOST_SITES:
            self._meant.clear()
        self._meant[reference] = known.site
        self._found.clear()
        before = self._of(known.site)
        if self._is_doubtful(known):
            _log.warning("a reading with far fewer devices waits", devices=len(known.devices))
            return before or known
        known = self._put(known)
        await self.shelf.save(known)
        return known

    def _is_doubtful(self, known: Known) -> bool:
        """Tell whether a reading has far fewer devices than before, and was not made often."""
        kept = self._sites.get(known.site)
        before = kept.devices if kept else 1
        if len(known.devices) * 2 >= before:
            self._fewer.pop(known.site, None)
            return False
        count, at = self._fewer.get(known.site, (0, float("-inf")))
        if not 0 <= known.at - at < _EVERY_S:
            count, at = count + 1, known.at
        if count >= _READINGS:
            self._fewer.pop(known.site, None)
            return False
        if len(self._fewer) >= MOST_SITES:
            self._fewer.clear()
        self._fewer[known.site] = (count, at)
        return True

    async def _looked_for(self, reference: str) -> Remembered | None:
        until, known = self._found.get(reference, (0.0, None))
        if known is None or not 0 < until - self.now() <= _FOUND_S:
            try:
                known = await self.discover(reference or self.default)
            except Unavailable as error:
                _log.info("devices cannot be looked for", reason=error.message)
                return None
            if not known.devices:
                return None
            known = self._pinned(known)
            if len(self._found) >= MOST_SITES:
                self._found.clear()
            known = msgspec.structs.replace(known, found=True)
            self._found[reference] = (self.now() + _FOUND_S, known)
        return Remembered(known, found=True)

    def _short(self, reference: str) -> str:
        return self._meant.get(reference) or reference or self.default

    def _of(self, reference: str) -> Known | None:
        short = self._short(reference)
        kept = self._sites.get(short) or self._by_short(short) or self._by_name(short)
        if kept is None and not reference and len(self._sites) == 1:
            (kept,) = self._sites.values()
        return read(kept.content) if kept else None

    def _by_short(self, short: str) -> _Kept | None:
        """Return the site of that short name in other cases, where there is only one."""
        named = [site for site in self._sites if site.casefold() == short.casefold()]
        return self._sites[named[0]] if len(named) == 1 else None

    def _by_name(self, name: str) -> _Kept | None:
        named = (one for one in self._sites.values() if one.site_name.casefold() == name.casefold())
        return max(named, key=self._read_at, default=None)

    def _put(self, known: Known) -> Known:
        known = self._pinned(known)
        self._sites[known.site] = _Kept(
            written(known), known.site_name, known.at, len(known.devices)
        )
        if len(self._sites) > MOST_SITES:
            del self._sites[min(self._sites, key=lambda site: self._read_at(self._sites[site]))]
        return known

    def _read_at(self, one: Known | _Kept) -> float:
        """Return when a site was read; of one whose time is still to come, before all others."""
        return one.at if one.at <= self.now() + _APART_S else float("-inf")

    def _is_old(self, known: Known) -> bool:
        return self.now() - self._read_at(known) > _OLD_S

    def _pinned(self, known: Known) -> Known:
        """Give devices whose record has no fingerprint the one that was recorded last."""
        rows = []
        for row in known.devices:
            mac = row["mac"]
            if pin := row.get(_PIN):
                if len(self._pins) >= _MOST_PINS:
                    del self._pins[next(iter(self._pins))]
                self._pins[mac] = str(pin)
            rows.append({**row, _PIN: self._pins[mac]} if mac in self._pins else row)
        return msgspec.structs.replace(known, devices=tuple(rows))

    def _unknown(self, reference: str) -> Rejected:
        site = reference or self.default
        names = ", ".join(repr(one) for one in sorted(self._sites))
        message = f"the site {site!r} is not remembered; remembered are: {names}"
        hint = "name one of these, or ask once about it while the controller answers"
        return Rejected(message, reason="site-unknown", hint=hint)
