"""Reads the filter language of the integration API.

Pure: text and the filterable properties in, an expression out. Which properties an item has is
up to `views`, whether it passes up to `predicates`, what a bad filter answers up to `answers`.

Grammar (from the published OpenAPI text): `property.function(arguments)`, `and(…)`, `or(…)`,
`not(…)`; strings in single quotes with `''` for one quote; in `like`, `.` stands for one
character, `*` for any number of them and a backslash takes the next character as it is.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NoReturn, TypeVar
from uuid import UUID

DEEPEST = 20
"""How many combinators may be nested; a real query needs two or three."""

Value = str | int | float | datetime
Part = TypeVar("Part")


class Kind(StrEnum):
    """The type of a filterable property, which fixes how its literals are written."""

    STRING = "STRING"
    INTEGER = "INTEGER"
    DECIMAL = "DECIMAL"
    TIMESTAMP = "TIMESTAMP"
    BOOLEAN = "BOOLEAN"
    UUID = "UUID"


class Function(StrEnum):
    """What may be asked about one property."""

    IS_NULL = "isNull"
    IS_NOT_NULL = "isNotNull"
    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    LIKE = "like"
    IN = "in"
    NOT_IN = "notIn"
    IS_EMPTY = "isEmpty"
    CONTAINS = "contains"
    CONTAINS_ANY = "containsAny"
    CONTAINS_ALL = "containsAll"
    CONTAINS_EXACTLY = "containsExactly"


class FilterError(ValueError):
    """A filter that cannot be read; the message says where and why."""

    def __init__(self, what: str, position: int) -> None:
        super().__init__(f"invalid filter at position {position}: {what}")


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one property."""

    path: str
    function: Function
    arguments: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Conjunction:
    """Every part must hold."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    """One part must hold."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The part must not hold."""

    part: "Expression"


Expression = Question | Conjunction | Disjunction | Negation

NULLITY = frozenset({Function.IS_NULL, Function.IS_NOT_NULL})
EQUALITY = frozenset({Function.EQ, Function.NE})
CHOICE = EQUALITY | {Function.IN, Function.NOT_IN}
ORDER = EQUALITY | {Function.GT, Function.GE, Function.LT, Function.LE}
MEMBERSHIP = frozenset(
    {
        Function.CONTAINS,
        Function.CONTAINS_ANY,
        Function.CONTAINS_ALL,
        Function.CONTAINS_EXACTLY,
    }
)


@dataclass(frozen=True, slots=True)
class Property:
    """A property one may filter by; of a set, `kind` is what its elements are."""

    kind: Kind
    functions: frozenset[Function]


_NO_ARGUMENT = NULLITY | {Function.IS_EMPTY}
_MANY_ARGUMENTS = (MEMBERSHIP - {Function.CONTAINS}) | {Function.IN, Function.NOT_IN}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_LITERAL = re.compile(r"[^\s,()']+")


def parse(text: str, properties: Mapping[str, Property]) -> Expression:
    """Read a filter over the given properties.

    Raises:
        FilterError: the text breaks the grammar or names an unknown property or function.

    """
    reader = _Reader(text, properties)
    expression = reader.expression(0)
    reader.end()
    return expression


class _Reader:
    """A cursor over the filter text."""

    def __init__(self, text: str, properties: Mapping[str, Property]) -> None:
        self._text = text
        self._at = 0
        self._properties = properties

    def expression(self, depth: int) -> Expression:
        if depth > DEEPEST:
            self._fail(f"nests more than {DEEPEST} combinators")
        word = self._pattern(_WORD, "a property or a combinator")
        match word:
            case "and":
                return Conjunction(self._parts(depth, least=2))
            case "or":
                return Disjunction(self._parts(depth, least=2))
            case "not":
                return Negation(self._parts(depth, least=1, most=1)[0])
            case _:
                return self._question(word)

    def end(self) -> None:
        self._space()
        if self._at < len(self._text):
            self._fail("expected the end of the filter")

    def _parts(self, depth: int, least: int, most: int | None = None) -> tuple[Expression, ...]:
        parts = self._listed(lambda: self.expression(depth + 1))
        if len(parts) < least or (most is not None and len(parts) > most):
            self._fail(f"expected {least}{'' if most else ' or more'} expression(s) inside")
        return tuple(parts)

    def _question(self, word: str) -> Question:
        path, _, name = word.rpartition(".")
        asked = self._properties.get(path)
        if asked is None:
            known = ", ".join(sorted(self._properties))
            self._fail(f"{path or word!r} is not filterable here; use one of {known}")
        function = next((one for one in asked.functions if one.value == name), None)
        if function is None:
            known = ", ".join(sorted(asked.functions))
            self._fail(f"{path} has no function {name!r}; use one of {known}")
        arguments = tuple(self._listed(lambda: self._literal(asked.kind)))
        self._count(function, len(arguments))
        return Question(path, function, arguments)

    def _count(self, function: Function, given: int) -> None:
        if function in _NO_ARGUMENT:
            wanted, fits = "no argument", given == 0
        elif function in _MANY_ARGUMENTS:
            wanted, fits = "one argument or more", given >= 1
        else:
            wanted, fits = "one argument", given == 1
        if not fits:
            self._fail(f"{function} takes {wanted}, not {given}")

    def _listed(self, read: Callable[[], Part]) -> list[Part]:
        self._sign("(")
        found: list[Part] = []
        while not self._took(")"):
            if found:
                self._sign(",")
            found.append(read())
        return found

    def _literal(self, kind: Kind) -> Value:
        self._space()
        if kind is Kind.STRING:
            return self._string()
        written = self._pattern(_LITERAL, f"an unquoted {kind}")
        try:
            return _READ[kind](written)
        except (KeyError, ValueError):
            self._fail(f"{written!r} is not a {kind}")

    def _string(self) -> str:
        if not self._took("'"):
            self._fail("expected a string in single quotes")
        pieces: list[str] = []
        while True:
            close = self._text.find("'", self._at)
            if close < 0:
                self._fail("the string is not closed with a single quote")
            pieces.append(self._text[self._at : close])
            self._at = close + 1
            if self._text[self._at : self._at + 1] != "'":
                return "'".join(pieces)
            self._at += 1

    def _pattern(self, pattern: re.Pattern[str], wanted: str) -> str:
        self._space()
        found = pattern.match(self._text, self._at)
        if found is None:
            self._fail(f"expected {wanted}")
        self._at = found.end()
        return found.group()

    def _sign(self, sign: str) -> None:
        if not self._took(sign):
            self._fail(f"expected {sign!r}")

    def _took(self, sign: str) -> bool:
        self._space()
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True

    def _space(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _fail(self, what: str) -> NoReturn:
        raise FilterError(what, self._at)


def timestamp(written: str) -> datetime:
    """Read an ISO 8601 moment or day; without a zone it means UTC."""
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _unsigned(written: str) -> str:
    """Return a number as it is; the language has none that start with a sign or a word."""
    if not written[0].isdigit():
        raise ValueError
    return written


_READ: Mapping[Kind, Callable[[str], Value]] = {
    Kind.INTEGER: lambda written: int(_unsigned(written)),
    Kind.DECIMAL: lambda written: float(_unsigned(written)),
    Kind.TIMESTAMP: timestamp,
    Kind.BOOLEAN: {"true": True, "false": False}.__getitem__,
    Kind.UUID: lambda written: str(UUID(written)),
}
