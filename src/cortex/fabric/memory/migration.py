"""Copy all that one store holds into another, page by page.

What is in the target under the same id is replaced when it differs; nothing is ever removed. So a
copy that stopped half-way is simply run again: what has arrived is compared, not sent again. Who
must not write meanwhile, and when to switch over, is decided by whoever calls.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cortex.errors import BadAnswer, BrokenContract, CortexError, Rejected, Unavailable
from cortex.fabric.memory.collections import COLLECTIONS, CollectionName
from cortex.fabric.memory.store import Point, Store

Report = Callable[[CollectionName, int, int], None]
"""Told after each page: the collection, how many points were gone through, of how many."""

_PAGE = 128
"""Points that are moved at once: some 600 kB of JSON, well below what a server takes."""
_SAMPLE = 256
"""How many points of a collection are read back at the end, spread evenly over it."""
_SAME_DIRECTION = 0.9999
"""Cosine of one vector as both engines keep it: they round its length to 1 each in their own
way."""
_SAME_NUMBER = 1e-12
"""A Qdrant server may read a number of a payload with its last binary digit wrong."""


async def migrate(source: Store, target: Store, *, report: Report) -> dict[str, int]:
    """Copy every collection with its vectors and say how many points each one has.

    Raises:
        Unavailable: a store is not there, or points came to the source meanwhile; run it again.
        Rejected: a store refuses.
        BadAnswer: a store is damaged, or does not hold what was put into it.

    """
    copied: dict[str, int] = {}
    for name in COLLECTIONS:
        copied[name] = await _Copy(name, source, target, report).run()
    return copied


class _Copy:
    """The copy of one collection."""

    def __init__(self, name: CollectionName, source: Store, target: Store, report: Report) -> None:
        self._name: CollectionName = name
        self._source = source
        self._target = target
        self._report = report
        self._done = 0
        self._total = 0

    async def run(self) -> int:
        """Copy, compare, and return the number of points."""
        try:
            self._total = await self._source.count(self._name)
            await self._compare(await self._pages())
        except CortexError as error:
            raise self._stopped(error) from error
        return self._done

    async def _pages(self) -> list[str]:
        """Copy page by page and return the ids to compare at the end."""
        sample: list[str] = []
        every = max(1, self._total // _SAMPLE)
        after = ""
        while True:
            page = await self._source.scroll(self._name, limit=_PAGE, after=after, vectors=True)
            sample += [one.id for n, one in enumerate(page.points, self._done) if n % every == 0]
            await self._put_missing(page.points)
            self._done += len(page.points)
            self._report(self._name, self._done, max(self._done, self._total))
            after = page.after
            if not after:
                return sample

    async def _put_missing(self, points: Sequence[Point]) -> None:
        ids = [point.id for point in points]
        held = {one.id: one for one in await self._target.fetch(self._name, ids, vectors=True)}
        missing = [one for one in points if one.id not in held or not same(one, held[one.id])]
        await self._target.put(self._name, missing)

    async def _compare(self, sample: Sequence[str]) -> None:
        for start in range(0, len(sample), _PAGE):
            ids = sample[start : start + _PAGE]
            sent = await self._source.fetch(self._name, ids, vectors=True)
            arrived = await self._target.fetch(self._name, ids, vectors=True)
            held = {one.id: one for one in arrived}
            for one in sent:
                if one.id not in held or not same(one, held[one.id]):
                    message = f"point {one.id} did not arrive as it was sent"
                    raise BadAnswer(message, service="memory", hint="see the target's log")
        there, here = await self._target.count(self._name), await self._source.count(self._name)
        if there < here:
            message = f"the source holds {here} points and the target {there}"
            hint = "stop what writes to them and run it again"
            raise Unavailable(message, hint=hint)

    def _stopped(self, error: CortexError) -> CortexError:
        """Return the same kind of error with the collection and how far its copy came."""
        where = f"copying {self._name!r} stopped after {self._done} of {self._total} points"
        message = f"{where}: {error.message}"
        match error:
            case Unavailable():
                hint = error.hint or "run it again; what has arrived is not sent again"
                return Unavailable(message, hint=hint, retry_after=error.retry_after)
            case BrokenContract():
                return BadAnswer(message, service=error.service, hint=error.hint)
            case _:
                return Rejected(message, hint=error.hint)


def same(one: Point, other: Point) -> bool:
    """Tell whether two points say the same, whatever the lengths of their vectors."""
    return _same_direction(one.vector, other.vector) and _same_json(one.payload, other.payload)


def _same_direction(one: Sequence[float], other: Sequence[float]) -> bool:
    if len(one) != len(other):
        return False
    lengths = math.hypot(*one) * math.hypot(*other)
    if not lengths:
        return not any(one) and not any(other)
    return math.fsum(x * y for x, y in zip(one, other, strict=True)) / lengths > _SAME_DIRECTION


def _same_json(one: Any, other: Any) -> bool:
    match one, other:
        case Mapping(), Mapping():
            return one.keys() == other.keys() and all(
                _same_json(value, other[name]) for name, value in one.items()
            )
        case [*members], [*others]:
            return len(members) == len(others) and all(map(_same_json, members, others))
        case float(), float():
            return math.isclose(one, other, rel_tol=_SAME_NUMBER, abs_tol=0.0)
        case _:
            return type(one) is type(other) and one == other
