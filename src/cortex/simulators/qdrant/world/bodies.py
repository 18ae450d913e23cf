"""Read request bodies as strictly as the server's own parser: types exact, unknown names ignored.

The order of points is that of their ids: numbers first, then UUIDs.
"""

import math
from array import array
from collections.abc import Mapping
from typing import Any, TypeAlias
from uuid import UUID

from cortex.simulators.qdrant.world.refusals import invalid, malformed, not_simulated

PointId = int | str
Vector: TypeAlias = "array[float]"
Body = Mapping[str, Any]

_LARGEST_NUMBER = 2**64 - 1
_NAMES: Mapping[type, str] = {type(None): "null", list: "sequence", dict: "map"}
_NEARLY = 1.2e-7
"""How near to 1 the square of a length must be to count as normalised: the step of a float32."""


def body_of(value: Any) -> Body:
    """Read a JSON object."""
    if not isinstance(value, dict):
        malformed(f"invalid type: {_name(value)}, expected a map")
    return value


def list_of(body: Body, field: str) -> list[Any]:
    """Read a list that must be there."""
    if field not in body:
        malformed(f"missing field `{field}`")
    value = body[field]
    if not isinstance(value, list):
        malformed(f"{field}: invalid type: {_name(value)}, expected a sequence")
    return value


def positive(body: Body, field: str, default: int) -> int:
    """Read a number of at least 1."""
    value = body.get(field)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        malformed(f"{field}: invalid value: {_name(value)}, expected usize")
    if value < 1:
        invalid(field, f"value {value} invalid, must be 1 or larger")
    return value


def flag(body: Body, field: str, *, default: bool) -> bool:
    """Read a choice of all or nothing."""
    value = body.get(field)
    if value is None:
        return default
    if isinstance(value, list | dict):
        not_simulated(f"a selection in `{field}`")
    if not isinstance(value, bool):
        malformed(f"{field}: invalid type: {_name(value)}, expected a boolean")
    return value


def id_of(value: Any) -> PointId:
    """Read the id of a point: an unsigned number, or a UUID in any of its spellings."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_NUMBER:
        return value
    if isinstance(value, str):
        try:
            return str(UUID(value))
        except ValueError:
            pass
    shown = f'"{value}"' if isinstance(value, str) else _name(value)
    return malformed(
        f"value {shown} is not a valid point ID, "
        "valid values are either an unsigned integer or a UUID"
    )


def place_of(point: PointId) -> tuple[bool, int]:
    """Return the place of an id in the order of all ids."""
    return (False, point) if isinstance(point, int) else (True, UUID(point).int)


def vector_of(value: Any) -> Vector:
    """Read one dense vector; its numbers become float32."""
    if isinstance(value, dict):
        not_simulated("named, sparse or inferred vectors")
    if not isinstance(value, list):
        malformed(f"vector: invalid type: {_name(value)}, expected a sequence")
    if any(isinstance(one, list) for one in value):
        not_simulated("multivectors")
    for one in value:
        if isinstance(one, bool) or not isinstance(one, int | float):
            malformed(f"vector: invalid type: {_name(one)}, expected f32")
    return array("f", value)


def normalised(vector: Vector) -> Vector:
    """Return a vector of length 1, as the server stores them for `Cosine`."""
    square = math.fsum(x * x for x in vector)
    if square < _NEARLY or abs(square - 1.0) < _NEARLY:
        return vector
    length = math.sqrt(square)
    return array("f", [x / length for x in vector])


def _name(value: Any) -> str:
    match value:
        case bool():
            return f"boolean `{str(value).lower()}`"
        case int() | float():
            return f"number `{value}`"
        case str():
            return f'string "{value}"'
        case _:
            return _NAMES[type(value)]
