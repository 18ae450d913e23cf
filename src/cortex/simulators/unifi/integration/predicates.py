"""Decides whether an item satisfies a filter of the integration API.

Pure. `filters` reads the text; this evaluates what was read against one item as the API would
write it. A property that is absent answers only `isNull`, `ne` and `notIn` with yes.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from cortex.simulators.unifi.integration.filters import (
    Conjunction,
    Disjunction,
    Expression,
    Function,
    Negation,
    Question,
    Value,
    timestamp,
)


def matches(expression: Expression, item: Mapping[str, Any]) -> bool:
    """Tell whether the item satisfies the expression."""
    match expression:
        case Conjunction(parts):
            return all(matches(part, item) for part in parts)
        case Disjunction(parts):
            return any(matches(part, item) for part in parts)
        case Negation(part):
            return not matches(part, item)
        case Question(path, function, arguments):
            return _holds(function, _lookup(item, path), arguments)
        case _:
            assert_never(expression)


def _lookup(item: Mapping[str, Any], path: str) -> Any:
    found: Any = item
    for step in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(step)
    return found


def _holds(function: Function, held: Any, arguments: Sequence[Value]) -> bool:
    if function is Function.IS_NULL:
        return held is None
    if held is None:
        return function in {Function.NE, Function.NOT_IN}
    if arguments and isinstance(arguments[0], datetime):
        return _TESTS[function](timestamp(held), arguments)
    return _TESTS[function](held, arguments)


def _bound(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Sequence[Any]], bool]:
    return lambda held, arguments: compare(held, arguments[0])


_TESTS: Mapping[Function, Callable[[Any, Sequence[Any]], bool]] = {
    Function.IS_NOT_NULL: lambda _held, _arguments: True,
    Function.EQ: _bound(operator.eq),
    Function.NE: _bound(operator.ne),
    Function.GT: _bound(operator.gt),
    Function.GE: _bound(operator.ge),
    Function.LT: _bound(operator.lt),
    Function.LE: _bound(operator.le),
    Function.LIKE: lambda held, arguments: like(arguments[0], held),
    Function.IN: lambda held, arguments: held in arguments,
    Function.NOT_IN: lambda held, arguments: held not in arguments,
    Function.IS_EMPTY: lambda held, _arguments: not held,
    Function.CONTAINS: lambda held, arguments: arguments[0] in held,
    Function.CONTAINS_ANY: lambda held, arguments: not set(held).isdisjoint(arguments),
    Function.CONTAINS_ALL: lambda held, arguments: set(held).issuperset(arguments),
    Function.CONTAINS_EXACTLY: lambda held, arguments: set(held) == set(arguments),
}


class _Wildcard(StrEnum):
    ONE = "one character"
    ANY = "any number of characters"


_ONE = _Wildcard.ONE
_ANY = _Wildcard.ANY


def like(pattern: str, text: str) -> bool:
    """Match the whole text: `.` is one character, `*` any number, a backslash takes the next as is.

    Walks both once with a single point of return, so a hostile pattern costs no more than
    pattern times text.
    """
    tokens = _tokens(pattern)
    at = token = 0
    star, resume = -1, 0
    while at < len(text):
        wanted = tokens[token] if token < len(tokens) else None
        if wanted is _ANY:
            star, resume = token, at
            token += 1
        elif wanted is _ONE or wanted == text[at]:
            at, token = at + 1, token + 1
        elif star >= 0:
            resume += 1
            at, token = resume, star + 1
        else:
            return False
    return all(left is _ANY for left in tokens[token:])


def _tokens(pattern: str) -> list[str]:
    tokens: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            tokens.append(next(characters, "\\"))
        else:
            tokens.append({".": _ONE, "*": _ANY}.get(character, character))
    return tokens
