"""Filters: which payloads fulfil `must`, `should` and `must_not`, after Qdrant's documentation.

A list in the payload fulfils a condition when one of its members does. Texts, numbers and truth
values are never equal to each other.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cortex.simulators.qdrant.world.bodies import PointId, body_of, id_of, list_of
from cortex.simulators.qdrant.world.refusals import malformed, not_simulated

Payload = Mapping[str, Any]
Test = Callable[[PointId, Payload], bool]

_CLAUSES = frozenset({"must", "should", "must_not", "min_should"})
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
}
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d(:?\d\d)?)?", re.ASCII
)


def test_of(value: Any) -> Test:
    """Read a filter; without one every point passes."""
    if value is None:
        return lambda _id, _payload: True
    body = body_of(value)
    if unknown := body.keys() - _CLAUSES:
        malformed(f"unknown field `{min(unknown)}`, expected one of {sorted(_CLAUSES)}")
    if body.get("min_should") is not None:
        not_simulated("`min_should`")
    must, should, must_not = (_conditions(body.get(one)) for one in ("must", "should", "must_not"))

    def test(point: PointId, payload: Payload) -> bool:
        return (
            all(one(point, payload) for one in must)
            and (not should or any(one(point, payload) for one in should))
            and not any(one(point, payload) for one in must_not)
        )

    return test


def _conditions(value: Any) -> list[Test]:
    if value is None:
        return []
    return [_condition(body_of(one)) for one in (value if isinstance(value, list) else [value])]


def _condition(body: Mapping[str, Any]) -> Test:
    if "key" in body:
        return _field(body)
    if "has_id" in body:
        wanted = {id_of(one) for one in list_of(body, "has_id")}
        return lambda point, _payload: point in wanted
    if "is_empty" in body:
        return _empty(str(body_of(body["is_empty"]).get("key")))
    if body.keys() and body.keys() <= _CLAUSES:
        return test_of(body)
    return not_simulated(f"a condition of {sorted(body)}")


def _empty(key: str) -> Test:
    return lambda _point, payload: all(one is None for one in _values(payload, key))


def _field(body: Mapping[str, Any]) -> Test:
    key = body["key"]
    if not isinstance(key, str) or not key:
        malformed("Invalid json path")
    tests: list[Callable[[Any], bool]] = []
    for name, value in body.items():
        match name:
            case "key":
                continue
            case "match":
                tests.append(_match(body_of(value)))
            case "range":
                tests.append(_range(body_of(value)))
            case _:
                not_simulated(f"a field condition `{name}`")
    if not tests:
        malformed("At least one field condition must be specified")
    return lambda _point, payload: all(
        any(test(one) for one in _values(payload, key)) for test in tests
    )


def _match(body: Mapping[str, Any]) -> Callable[[Any], bool]:
    match dict(body):
        case {"value": str() | int() as value}:
            return lambda held: type(held) is type(value) and held == value
        case {"any": [*values]} if _alike(values):
            return lambda held: type(held) in {str, int} and held in values
        case {"except": [*values]} if _alike(values):
            return lambda held: type(held) in {str, int} and held not in values
        case {"value": _} | {"any": _} | {"except": _}:
            return malformed("data did not match any variant of untagged enum MatchInterface")
        case _:
            return not_simulated(f"a match by {sorted(body)}")


def _alike(values: list[Any]) -> bool:
    return {type(one) for one in values} in (set(), {str}, {int})


def _range(body: Mapping[str, Any]) -> Callable[[Any], bool]:
    bounds = {side: body[side] for side in _BOUNDS if body.get(side) is not None}
    if any(isinstance(bound, str) for bound in bounds.values()):
        times = {side: _bound(bound) for side, bound in bounds.items()}
        return lambda held: (
            isinstance(held, str) and (time := _time(held)) is not None and _inside(time, times)
        )
    if any(
        isinstance(bound, bool) or not isinstance(bound, int | float) for bound in bounds.values()
    ):
        malformed("data did not match any variant of untagged enum RangeInterfaceUntagged")
    return lambda held: (
        isinstance(held, int | float) and not isinstance(held, bool) and _inside(held, bounds)
    )


def _inside(value: Any, bounds: Mapping[str, Any]) -> bool:
    return all(_BOUNDS[side](value, bound) for side, bound in bounds.items())


def _bound(value: Any) -> dt.datetime:
    time = _time(value) if isinstance(value, str) else None
    if time is None:
        malformed(
            f"'{value}' does not match accepted datetime format (RFC3339). "
            "Example: 2014-01-01T00:00:00Z"
        )
    return time


def _time(text: str) -> dt.datetime | None:
    """Read a time; one without a zone is in UTC."""
    if not _TIME.fullmatch(text):
        return None
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)


def _values(payload: Any, key: str) -> Iterator[Any]:
    """Give what lies under a key such as `a.b` or `a[].b`, each member of a list by itself."""
    name, _, rest = key.partition(".")
    if not isinstance(payload, Mapping) or name.removesuffix("[]") not in payload:
        return
    value = payload[name.removesuffix("[]")]
    if not rest:
        yield from value if isinstance(value, list) else [value]
    elif name.endswith("[]"):
        for member in value if isinstance(value, list) else []:
            yield from _values(member, rest)
    else:
        yield from _values(value, rest)
