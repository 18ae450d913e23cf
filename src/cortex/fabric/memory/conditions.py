"""Conditions of the seam in the words of the embedded engine."""

from datetime import datetime
from typing import Any

import numpy as np
import qdrant_edge as engine

from cortex.fabric.memory.store import Where


def as_filter(where: Where | None) -> engine.Filter | None:
    """Translate conditions that `limits.check_where` let pass; none become no filter."""
    if where is None:
        return None
    must: list[engine.ConditionType] = [
        engine.FieldCondition(name, match=_equal(value)) for name, value in where.equals.items()
    ]
    if where.since or where.until:
        between = engine.RangeDateTime(gte=_time(where.since), lt=_time(where.until))
        must.append(engine.FieldCondition("timestamp", range=between))
    return engine.Filter(must=must) if must else None


def _equal(value: object) -> engine.MatchValue:
    # The engine reads Python's own truth values as the numbers 0 and 1, which match no bool
    # (qdrant-edge-py 0.9.0); those of numpy are no integers, and it reads them as what they are.
    plain: Any = np.bool_(value) if isinstance(value, bool) else value
    return engine.MatchValue(plain)


def _time(iso: str) -> str | None:
    return datetime.fromisoformat(iso).isoformat() if iso else None
