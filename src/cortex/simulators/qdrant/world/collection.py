"""One collection: its points, the changes that wait, and the answers to questions about them.

Changes are applied in the order in which they came. One that is not waited for is seen only when
its time has come, or when a later one that is waited for has been applied.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import mul
from typing import Any

from cortex.simulators.qdrant.world.bodies import (
    Body,
    PointId,
    Vector,
    body_of,
    flag,
    id_of,
    list_of,
    normalised,
    place_of,
    positive,
    vector_of,
)
from cortex.simulators.qdrant.world.filters import test_of
from cortex.simulators.qdrant.world.refusals import malformed, not_simulated, wrong_input

Json = dict[str, Any]

INDEX_KINDS = frozenset({"keyword", "integer", "float", "geo", "text", "bool", "datetime", "uuid"})
_DEFAULT_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored point; `version` is the number of the change that wrote it."""

    vector: Vector
    payload: Mapping[str, Any]
    version: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What of a point is asked for."""

    payload: bool
    vector: bool

    @classmethod
    def of(cls, body: Body, *, payload: bool) -> "Parts":
        """Read what a request asks for; `payload` holds where it says nothing of payloads."""
        return cls(
            flag(body, "with_payload", default=payload), flag(body, "with_vector", default=False)
        )


@dataclass(slots=True)
class Collection:
    """Points of one vector each, compared by cosine."""

    size: int
    distance: str = "Cosine"
    indexes: dict[str, str] = field(default_factory=dict)
    points: dict[PointId, Entry] = field(default_factory=dict)
    changes: int = 0
    """How many changes were taken, seen or not."""
    waiting: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def advance(self, now: float) -> None:
        """Apply the changes whose time has come, `now` in seconds."""
        while self.waiting and self.waiting[0][0] <= now:
            self.waiting.pop(0)[1]()

    def upsert(self, body: Body, *, due: float | None) -> Json:
        """Take points; `due` is when they are seen, None at once."""
        if "batch" in body:
            not_simulated("`batch` of points")
        written = [self._point(body_of(one)) for one in list_of(body, "points")]
        version = self.changes

        def apply() -> None:
            for point, vector, payload in written:
                self.points[point] = Entry(vector, payload, version)

        return self._change(apply, due)

    def delete(self, body: Body, *, due: float | None) -> Json:
        """Remove the points with some ids, or those that fulfil a filter."""
        if "filter" in body:
            test = test_of(body["filter"])
            gone = [one for one, entry in self.points.items() if test(one, entry.payload)]
        else:
            gone = [id_of(one) for one in list_of(body, "points")]

        def apply() -> None:
            for point in gone:
                self.points.pop(point, None)

        return self._change(apply, due)

    def index(self, body: Body, *, due: float | None) -> Json:
        """Index a field of the payloads; a second time changes its kind."""
        name, kind = body.get("field_name"), body.get("field_schema")
        if not isinstance(name, str) or not name:
            malformed("missing field `field_name`")
        if isinstance(kind, dict):
            kind = kind.get("type")
        if kind not in INDEX_KINDS:
            malformed("data did not match any variant of untagged enum PayloadFieldSchema")

        def apply() -> None:
            self.indexes[name] = str(kind)

        return self._change(apply, due)

    def query(self, body: Body) -> Json:
        """Return the nearest points, best first."""
        test = test_of(body.get("filter"))
        limit = positive(body, "limit", _DEFAULT_LIMIT)
        parts = Parts.of(body, payload=False)
        asked = self._query_vector(body)
        chosen = [
            (sum(map(mul, asked, entry.vector)), point)
            for point, entry in self._sorted()
            if test(point, entry.payload)
        ]
        best = sorted(chosen, key=lambda one: -one[0])[:limit]
        return {
            "points": [
                {"id": point, "version": self.points[point].version, "score": score}
                | self._parts(point, parts)
                for score, point in best
            ]
        }

    def scroll(self, body: Body) -> Json:
        """Return a page of points in the order of their ids, from `offset` on, inclusive."""
        test = test_of(body.get("filter"))
        limit = positive(body, "limit", _DEFAULT_LIMIT)
        if body.get("order_by") is not None:
            not_simulated("`order_by`")
        parts = Parts.of(body, payload=True)
        offset = body.get("offset")
        start = (False, -1) if offset is None else place_of(id_of(offset))
        left = [
            point
            for point, entry in self._sorted()
            if place_of(point) >= start and test(point, entry.payload)
        ]
        page = [{"id": point} | self._parts(point, parts) for point in left[:limit]]
        return {"points": page, "next_page_offset": left[limit] if len(left) > limit else None}

    def count(self, body: Body) -> Json:
        """Return how many points fulfil a filter."""
        test = test_of(body.get("filter"))
        return {"count": sum(test(point, entry.payload) for point, entry in self.points.items())}

    def retrieve(self, body: Body) -> list[Json]:
        """Return those of the points that there are."""
        parts = Parts.of(body, payload=True)
        wanted = dict.fromkeys(id_of(one) for one in list_of(body, "ids"))
        return [
            {"id": point} | self._parts(point, parts) for point in wanted if point in self.points
        ]

    def _change(self, apply: Callable[[], None], due: float | None) -> Json:
        number, self.changes = self.changes, self.changes + 1
        if due is not None:
            self.waiting.append((due, apply))
            return {"operation_id": number, "status": "acknowledged"}
        while self.waiting:
            self.waiting.pop(0)[1]()
        apply()
        return {"operation_id": number, "status": "completed"}

    def _point(self, body: Body) -> tuple[PointId, Vector, Mapping[str, Any]]:
        for name in ("id", "vector"):
            if name not in body:
                malformed(f"missing field `{name}`")
        payload = body.get("payload")
        return (
            id_of(body["id"]),
            normalised(self._fitting(vector_of(body["vector"]))),
            {} if payload is None else body_of(payload),
        )

    def _query_vector(self, body: Body) -> Vector:
        query = body.get("query")
        if isinstance(query, dict) and query.keys() == {"nearest"}:
            query = query["nearest"]
        if not isinstance(query, list):
            not_simulated("a query that is no vector")
        return normalised(self._fitting(vector_of(query)))

    def _fitting(self, vector: Vector) -> Vector:
        if self.distance != "Cosine":
            not_simulated(f"points compared by {self.distance}")
        if len(vector) != self.size:
            wrong_input(f"Vector dimension error: expected dim: {self.size}, got {len(vector)}")
        return vector

    def _parts(self, point: PointId, parts: Parts) -> Json:
        entry = self.points[point]
        shown: Json = {}
        if parts.payload:
            shown["payload"] = entry.payload
        if parts.vector:
            shown["vector"] = entry.vector.tolist()
        return shown

    def _sorted(self) -> list[tuple[PointId, Entry]]:
        return sorted(self.points.items(), key=lambda one: place_of(one[0]))
