"""The cache: what memory or the classifier made of exactly this question of exactly this asker.

Holds routes that came off, never answers, and never what the rules served: rules are cheaper, and
a write that they propose may run unasked. A wording that somebody corrected goes to memory at once.
"""

from collections import OrderedDict
from dataclasses import dataclass

from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.learning.tiers.recollection import Recollecting
from cortex.fabric.activator.learning.wordings import Wording, wording_of
from cortex.fabric.routing.agreement import hopeless
from cortex.fabric.routing.cascade import Opinion
from cortex.fabric.routing.experience.routes import Route, proposal_of
from cortex.fabric.routing.frame import Frame


@dataclass(frozen=True, slots=True)
class Kept:
    """A route that came off, and how sure it was."""

    route: Route
    confidence: float


class RouteCache:
    """The routes of exactly repeated questions, the least recently used dropped first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[tuple[str, Wording], Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, principal: str, wording: Wording) -> Kept | None:
        """Find what a question led to before."""
        kept = self._kept.get((principal, wording))
        if kept is not None:
            self._kept.move_to_end((principal, wording))
        return kept

    def put(self, principal: str, route: Route, confidence: float) -> None:
        """Keep a route that came off."""
        key = (principal, wording_of(route))
        self._kept[key] = Kept(route, confidence)
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def drop(self, wording: Wording) -> None:
        """Drop what is kept of a wording, whoever asked."""
        for key in [key for key in self._kept if key[1] == wording]:
            del self._kept[key]

    def forget(self, digest: bytes) -> None:
        """Drop what is kept of a wording by its digest."""
        for key in [key for key in self._kept if key[1].digest == digest]:
            del self._kept[key]

    def clear(self) -> None:
        """Drop everything."""
        self._kept.clear()


class CacheTier:
    """The cheapest tier."""

    def __init__(self, cache: RouteCache, memory: Recollecting) -> None:
        self._cache = cache
        self._memory = memory

    async def opine(self, frame: Frame, trail: Trail) -> Opinion:
        """Propose what the same question led to before, or what was taught for it."""
        wording = self._memory.wording(frame, trail)
        if wording is None or hopeless(frame):
            return Opinion()
        if self._memory.marked(wording):
            return await self._memory.taught(frame, trail)
        kept = self._cache.get(self._memory.digest(trail), wording)
        if kept is None:
            return Opinion()
        why = "the same question came off before"
        proposal = proposal_of(kept.route, frame, tier="cache", confidence=kept.confidence, why=why)
        return Opinion((proposal,) if proposal else ())
