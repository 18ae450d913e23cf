"""What a store of vectors takes: refuses, before any engine sees it, what none can keep or answer.

Both stores call these first, so that they refuse the same things in the same words.
"""

import math
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

from cortex.errors import Malformed
from cortex.fabric.memory.collections import DIMENSIONS
from cortex.fabric.memory.store import Point, Where

DEEPEST = 64
"""How deep a payload may nest; the engine recurses, and an overflow would end the process."""

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
"""Whole numbers that both engines keep: 64 bits with a sign."""
_SHORTEST, _LONGEST = 2.0**-126, 2.0**127
"""Between which the square of a vector's length is an ordinary 32-bit number."""


def check_points(points: Sequence[Point]) -> None:
    """Refuse points whose id, vector or payload cannot be kept as it is; raises `Malformed`."""
    for point in points:
        check_id(point.id)
        check_vector(point.vector)
        _check_json(dict(point.payload), f"payload of {point.id}")


def check_vector(vector: Sequence[float]) -> None:
    """Refuse a vector of another length, or one that has no direction in 32-bit numbers."""
    if len(vector) != DIMENSIONS:
        message = f"a vector of {len(vector)} numbers; it must have {DIMENSIONS}"
        raise Malformed(message)
    if not math.isfinite(sum(vector)) and not all(map(math.isfinite, vector)):
        message = "a vector with a number that is not finite; check what made it"
        raise Malformed(message)
    if not _SHORTEST <= math.fsum(x * x for x in array("f", vector)) <= _LONGEST:
        message = "a vector too long or too short for 32-bit numbers; bring it to length 1"
        raise Malformed(message)


def check_id(point_id: str) -> None:
    """Refuse what is not a UUID in its usual spelling, lower case with hyphens."""
    try:
        usual = str(UUID(point_id))
    except (ValueError, AttributeError, TypeError):
        usual = ""
    if usual != point_id:
        message = f"{point_id!r} is no id of a point; give a UUID in lower case with hyphens"
        raise Malformed(message)


def check_ids(point_ids: Sequence[str]) -> None:
    """Refuse the first that is no id of a point."""
    for one in point_ids:
        check_id(one)


def check_limit(limit: int) -> None:
    """Refuse a limit below 1."""
    if limit < 1:
        message = f"a limit of {limit}; ask for at least 1"
        raise Malformed(message)


def check_where(where: Where | None) -> None:
    """Refuse times that are not ISO 8601 with a zone, and names that reach into a payload."""
    if where is None:
        return
    for time in (where.since, where.until):
        if time and not _has_zone(time):
            message = f"{time!r} is no time; write it as 2026-01-31T12:00:00+00:00"
            raise Malformed(message)
    for name in where.equals:
        if not name.isidentifier():
            message = f"{name!r} is no field to filter by; name one at the top of the payload"
            raise Malformed(message)
    for name, value in where.equals.items():
        if wrong := _wrong_scalar(value):
            _refuse(name, value, wrong)


def _has_zone(time: str) -> bool:
    try:
        moment = datetime.fromisoformat(time)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return moment.tzinfo is not None


def _check_json(value: Any, place: str, depth: int = 0) -> None:
    if depth > DEEPEST:
        message = f"{place[:80]}…: nested more than {DEEPEST} deep"
        raise Malformed(message)
    match value:
        case dict():
            for name, member in value.items():
                if not isinstance(name, str):
                    _refuse(place, name, "is no text, as the name of a field must be")
                _check_json(name, place, depth)
                _check_json(member, f"{place}.{name}", depth + 1)
        case list() | tuple():
            for position, member in enumerate(value):
                _check_json(member, f"{place}[{position}]", depth + 1)
        case _ if wrong := _wrong_scalar(value):
            _refuse(place, value, wrong)


def _wrong_scalar(value: object) -> str:
    match value:
        case None | bool():
            return ""
        case str():
            return "" if _is_utf8(value) else "cannot be written as UTF-8"
        case int():
            return "" if _SMALLEST <= value <= _LARGEST else "needs more than 64 bits"
        case float():
            return "" if math.isfinite(value) else "is not finite"
        case _:
            return f"is of {type(value)}, which JSON cannot say"


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(place: str, value: object, wrong: str) -> NoReturn:
    message = f"{place}: {value!r} {wrong}"
    raise Malformed(message)
