"""The collections, their vectors and their payload indexes: the one table that both stores follow.

Holds names only; what a payload means is decided by whoever writes it.
"""

from dataclasses import dataclass
from typing import Literal

DIMENSIONS = 384
"""Length of every vector: all-MiniLM-L6-v2; compared by cosine."""

CollectionName = Literal["routing_queries", "routing_outcomes", "operations", "troubleshooting"]
IndexKind = Literal["keyword", "bool", "integer", "datetime"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One collection, and which of its payload fields can be filtered by."""

    name: CollectionName
    indexes: dict[str, IndexKind]


COLLECTIONS: dict[CollectionName, Collection] = {
    one.name: one
    for one in (
        Collection(
            name="routing_queries",
            # Routes: a template and the call that it stands for.
            indexes={
                "route_type": "keyword",
                "tool": "keyword",
                "execution_layer": "keyword",
                "success": "bool",
                "latency_ms": "integer",
                "timestamp": "datetime",
                "site": "keyword",
                "encoder": "keyword",
                "template": "keyword",
            },
        ),
        Collection(
            name="routing_outcomes",
            # What came of each query, and what people said of it; only ever added to.
            indexes={
                "query_id": "keyword",
                "success": "bool",
                "error_type": "keyword",
                "user_feedback": "keyword",
                "timestamp": "datetime",
                "route_id": "keyword",
            },
        ),
        Collection(
            name="operations",
            # Verified writes: what was done to what, by whom, and how to undo it.
            indexes={
                "tool": "keyword",
                "target_ids": "keyword",
                "principal": "keyword",
                "result": "keyword",
                "timestamp": "datetime",
            },
        ),
        Collection(
            name="troubleshooting",
            # Findings and fixes, for diagnoses to come.
            indexes={
                "tool": "keyword",
                "target_ids": "keyword",
                "resolved": "bool",
                "timestamp": "datetime",
            },
        ),
    )
}
"""The first two and their first indexes are the architecture's."""
