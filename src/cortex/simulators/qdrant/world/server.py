"""The collections of one server, and how each describes itself."""

from dataclasses import dataclass, field
from typing import Any

from cortex.simulators.qdrant.world.bodies import Body, body_of
from cortex.simulators.qdrant.world.collection import Collection, Json
from cortex.simulators.qdrant.world.refusals import Refusal, invalid, malformed, not_simulated

VERSION = "1.19.0"
_DISTANCES = ("Cosine", "Euclid", "Dot", "Manhattan")
_LARGEST = 65_536
_LONGEST_NAME = 255
_FORBIDDEN = '<>:"/\\|?*\0\x1f'


@dataclass(slots=True)
class World:
    """Everything that the server holds."""

    collections: dict[str, Collection] = field(default_factory=dict)

    def advance(self, now: float) -> None:
        """Let everything happen that was due, `now` in seconds."""
        for collection in self.collections.values():
            collection.advance(now)

    def find(self, name: str) -> Collection:
        """Return a collection."""
        if name not in self.collections:
            raise Refusal(404, f"Not found: Collection `{name}` doesn't exist!")
        return self.collections[name]

    def create(self, name: str, body: Body) -> bool:
        """Make a collection; a name can be used once."""
        if not 0 < len(name) <= _LONGEST_NAME:
            why = f'value "{name}" invalid, must be from 1 to {_LONGEST_NAME} characters'
            invalid("collection_name", why, where="path parameters")
        if found := next((one for one in _FORBIDDEN if one in name), ""):
            why = f'collection name cannot contain "{found}" char'
            invalid("collection_name", why, where="path parameters")
        size, distance = _vectors(body)
        if name in self.collections:
            raise Refusal(409, f"Wrong input: Collection `{name}` already exists!")
        self.collections[name] = Collection(size, distance)
        return True

    def drop(self, name: str) -> bool:
        """Remove a collection; tells whether it was there."""
        return self.collections.pop(name, None) is not None

    def describe(self, name: str) -> Json:
        """Return how a collection is made and how full it is."""
        collection = self.find(name)
        return {
            "status": "green",
            "optimizer_status": "ok",
            "indexed_vectors_count": 0,
            "points_count": len(collection.points),
            "segments_count": 2,
            "config": _configuration(collection),
            "payload_schema": {
                name: {
                    "data_type": kind,
                    "points": sum(name in entry.payload for entry in collection.points.values()),
                }
                for name, kind in collection.indexes.items()
            },
        }


def _vectors(body: Body) -> tuple[int, str]:
    vectors = body.get("vectors")
    if vectors is None:
        not_simulated("collections without vectors")
    params = body_of(vectors)
    if not {"size", "distance"} <= params.keys():
        not_simulated("named vectors")
    size, distance = params["size"], params["distance"]
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        malformed("data did not match any variant of untagged enum VectorsConfig")
    if not 1 <= size <= _LARGEST:
        invalid("vectors.size", f"value {size} invalid, must be from 1 to {_LARGEST}")
    if distance not in _DISTANCES:
        malformed(f"unknown variant `{distance}`, expected one of {', '.join(_DISTANCES)}")
    return size, str(distance)


def _configuration(collection: Collection) -> dict[str, Any]:
    return {
        "params": {
            "vectors": {"size": collection.size, "distance": collection.distance},
            "shard_number": 1,
            "replication_factor": 1,
            "write_consistency_factor": 1,
            "on_disk_payload": True,
        },
        "hnsw_config": {
            "m": 16,
            "ef_construct": 100,
            "full_scan_threshold": 10_000,
            "max_indexing_threads": 0,
            "on_disk": False,
        },
        "optimizer_config": {
            "deleted_threshold": 0.2,
            "vacuum_min_vector_number": 1_000,
            "default_segment_number": 0,
            "max_segment_size": None,
            "memmap_threshold": None,
            "indexing_threshold": 10_000,
            "flush_interval_sec": 5,
            "max_optimization_threads": None,
        },
        "wal_config": {"wal_capacity_mb": 32, "wal_segments_ahead": 0},
        "quantization_config": None,
    }
