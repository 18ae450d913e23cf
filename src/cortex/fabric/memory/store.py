"""What a store of vectors does, whichever engine is behind it.

The embedded engine (`embedded`) and a Qdrant server (`server`) do the same, held to it by one
contract suite. What is stored is decided by whoever calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cortex.fabric.memory.collections import CollectionName


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One entry: a UUID, a vector (empty when it was not asked for), and a JSON payload."""

    id: str
    vector: Sequence[float] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A point found by its vector; `score` is the cosine, 1.0 when they point the same way."""

    id: str
    score: float
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Conditions that all hold: fields with exactly these values, and a time between two.

    A list in the payload fulfils `equals` when it contains the value. Times are ISO 8601 with a
    zone, `since` inclusive and `until` exclusive, on the field `timestamp`.
    """

    equals: Mapping[str, str | int | bool] = field(default_factory=dict)
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some points in the order of their ids, and where to go on; `after` is empty at the end."""

    points: tuple[Point, ...]
    after: str = ""


class Store(Protocol):
    """The collections of `memory.collections`, made when they are not there.

    Every method raises `Unavailable` when the store cannot be used now (locked, disk full, server
    gone or too slow) and `BadAnswer` when it answers nonsense or its files are damaged.
    """

    async def put(self, collection: CollectionName, points: Sequence[Point]) -> None:
        """Add points, or replace those with the same id; once it returns, a kill loses none."""

    async def search(
        self,
        collection: CollectionName,
        vector: Sequence[float],
        *,
        limit: int,
        where: Where | None = None,
    ) -> tuple[Hit, ...]:
        """Find the points nearest to a vector, best first."""

    async def fetch(
        self, collection: CollectionName, ids: Sequence[str], *, vectors: bool = False
    ) -> tuple[Point, ...]:
        """Return the points with these ids that exist."""

    async def scroll(
        self,
        collection: CollectionName,
        *,
        where: Where | None = None,
        limit: int = 256,
        after: str = "",
        vectors: bool = False,
    ) -> Page:
        """Go through points page by page."""

    async def count(self, collection: CollectionName, where: Where | None = None) -> int:
        """Count the points that fulfil the conditions."""

    async def delete(self, collection: CollectionName, ids: Sequence[str]) -> None:
        """Remove points; ids that do not exist are no error."""

    async def close(self) -> None:
        """Let go of the store."""
