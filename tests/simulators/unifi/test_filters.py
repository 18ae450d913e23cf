"""The filter language of the integration API: what it reads, keeps and refuses."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.simulators.unifi.integration.filters import (
    CHOICE,
    DEEPEST,
    EQUALITY,
    MEMBERSHIP,
    NULLITY,
    ORDER,
    Conjunction,
    Disjunction,
    Expression,
    FilterError,
    Function,
    Kind,
    Negation,
    Property,
    Question,
    Value,
    parse,
)
from cortex.simulators.unifi.integration.predicates import like, matches

PROPERTIES = {
    "name": Property(Kind.STRING, CHOICE | ORDER | NULLITY | {Function.LIKE}),
    "access.type": Property(Kind.STRING, CHOICE),
    "ports": Property(Kind.INTEGER, ORDER),
    "speed": Property(Kind.DECIMAL, ORDER),
    "supported": Property(Kind.BOOLEAN, EQUALITY),
    "connectedAt": Property(Kind.TIMESTAMP, ORDER),
    "id": Property(Kind.UUID, CHOICE),
    "features": Property(Kind.STRING, MEMBERSHIP | {Function.IS_EMPTY}),
}
ITEM = {
    "name": "Garage AP",
    "access": {"type": "GUEST"},
    "ports": 8,
    "speed": 2.4,
    "supported": True,
    "connectedAt": "2026-05-01T10:00:00Z",
    "id": "6a1a4f6e-0b57-5c57-9b0e-2a7d0e5f0c11",
    "features": ["switching", "accessPoint"],
    "ip": None,
}


def kept(text: str, item: dict[str, Any] = ITEM) -> bool:
    return matches(parse(text, PROPERTIES), item)


@pytest.mark.parametrize(
    "text",
    [
        "name.eq('Garage AP')",
        "name.ne('Attic AP')",
        "name.like('Garage*')",
        "name.like('G.rage AP')",
        "name.in('Attic AP', 'Garage AP')",
        "name.notIn('Attic AP')",
        "access.type.eq('GUEST')",
        "ports.ge(8)",
        "ports.lt(9)",
        "speed.gt(2)",
        "speed.eq(2.4)",
        "supported.eq(true)",
        "connectedAt.gt(2026-04-30)",
        "connectedAt.le(2026-05-01T12:00:00+02:00)",
        "id.eq(6A1A4F6E-0B57-5C57-9B0E-2A7D0E5F0C11)",
        "features.contains('switching')",
        "features.containsAny('gateway', 'switching')",
        "features.containsAll('accessPoint', 'switching')",
        "features.containsExactly('accessPoint', 'switching')",
        "not(features.isEmpty())",
        "and(name.isNotNull(), or(ports.eq(1), ports.eq(8)))",
        " and ( name.eq('Garage AP') , ports.eq( 8 ) ) ",
    ],
)
def test_a_true_filter_keeps_the_item(text: str) -> None:
    assert kept(text)


@pytest.mark.parametrize(
    "text",
    [
        "name.eq('garage ap')",
        "name.like('Garage')",
        "name.like('G.rage')",
        "ports.gt(8)",
        "supported.eq(false)",
        "connectedAt.lt(2026-05-01T10:00:00Z)",
        "features.containsExactly('switching')",
        "features.isEmpty()",
        "name.isNull()",
    ],
)
def test_a_false_filter_drops_the_item(text: str) -> None:
    assert not kept(text)


def test_two_single_quotes_stand_for_one() -> None:
    assert kept("name.eq('Anna''s AP')", {"name": "Anna's AP"})


def test_an_absent_property_is_null_and_unequal_to_everything() -> None:
    assert kept("name.isNull()", {})
    assert kept("name.ne('x')", {})
    assert kept("name.notIn('x')", {})
    assert not kept("name.eq('x')", {})
    assert not kept("name.like('*')", {})
    assert not kept("access.type.eq('GUEST')", {"access": "none"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected a property or a combinator"),
        ("name", "'name' is not filterable"),
        ("hostname.eq('x')", "'hostname' is not filterable"),
        ("hostname.eq('x')", "use one of access.type, connectedAt"),
        ("name.matches('x')", "has no function 'matches'"),
        ("supported.like('x')", "has no function 'like'"),
        ("name.eq(x)", "expected a string in single quotes"),
        ("name.eq('x)", "not closed"),
        ("name.eq()", "eq takes one argument, not 0"),
        ("name.isNull('x')", "isNull takes no argument, not 1"),
        ("name.in()", "one argument or more"),
        ("ports.eq('8')", "expected an unquoted INTEGER"),
        ("ports.eq(-8)", "'-8' is not a INTEGER"),
        ("ports.eq(eight)", "'eight' is not a INTEGER"),
        ("supported.eq(TRUE)", "'TRUE' is not a BOOLEAN"),
        ("connectedAt.gt(yesterday)", "'yesterday' is not a TIMESTAMP"),
        ("id.eq(12)", "'12' is not a UUID"),
        ("name.eq('x') name", "expected the end"),
        ("and(name.eq('x'))", "expected 2 or more expression(s)"),
        ("not(name.eq('x'), name.eq('y'))", "expected 1 expression(s)"),
        ("name.in('x' 'y')", "expected ','"),
        ("not(" * (DEEPEST + 2), f"more than {DEEPEST} combinators"),
    ],
)
def test_a_bad_filter_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(FilterError, match=re.escape(reason)):
        parse(text, PROPERTIES)


@given(st.text(alphabet="name.eq()'and,or not*.x1é\\\n", max_size=60) | st.text(max_size=60))
def test_any_text_is_either_read_or_refused_as_a_filter(text: str) -> None:
    try:
        expression = parse(text, PROPERTIES)
    except FilterError:
        return
    matches(expression, ITEM)


strings = st.text(alphabet="ab'*.\\ ü,()", max_size=8)
moments = st.datetimes(timezones=st.just(UTC))
choice = st.sampled_from([Function.IN, Function.NOT_IN])
order = st.sampled_from([Function.EQ, Function.NE, Function.GT, Function.GE, Function.LT])
sets = st.sampled_from([Function.CONTAINS_ANY, Function.CONTAINS_ALL, Function.CONTAINS_EXACTLY])


def one(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(values)


def many(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, min_size=1, max_size=3).map(tuple)


questions = st.one_of(
    st.builds(Question, st.just("name"), order | st.just(Function.LIKE), one(strings)),
    st.builds(Question, st.just("name"), choice, many(strings)),
    st.builds(Question, st.just("ports"), order, one(st.integers(0))),
    st.builds(Question, st.just("speed"), order, one(st.floats(0.5, 1e6))),
    st.builds(Question, st.just("connectedAt"), order, one(moments)),
    st.builds(Question, st.just("supported"), st.just(Function.EQ), one(st.booleans())),
    st.builds(Question, st.just("id"), choice, many(st.uuids().map(str))),
    st.builds(Question, st.just("features"), sets, many(strings)),
    st.builds(Question, st.just("features"), st.just(Function.IS_EMPTY), st.just(())),
)
expressions: st.SearchStrategy[Expression] = st.recursive(
    questions,
    lambda inner: st.one_of(
        st.builds(Conjunction, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Disjunction, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Negation, inner),
    ),
    max_leaves=6,
)


def written(expression: Expression) -> str:
    match expression:
        case Conjunction(parts):
            return f"and({', '.join(map(written, parts))})"
        case Disjunction(parts):
            return f"or({','.join(map(written, parts))})"
        case Negation(part):
            return f"not({written(part)})"
        case Question(path, function, arguments):
            return f"{path}.{function}({','.join(literal(path, one) for one in arguments)})"


def literal(path: str, value: Value) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) or path == "id":
        return str(value)
    return "'" + value.replace("'", "''") + "'"


@given(expressions)
def test_a_written_filter_is_read_back_as_it_was_meant(expression: Expression) -> None:
    assert parse(written(expression), PROPERTIES) == expression


items = st.fixed_dictionaries(
    {},
    optional={
        "name": strings,
        "ports": st.integers(0, 9),
        "speed": st.floats(0, 9),
        "supported": st.booleans(),
        "connectedAt": moments.map(datetime.isoformat),
        "id": st.uuids().map(str),
        "features": st.lists(strings, max_size=3),
    },
)


@given(expressions, expressions, items)
def test_combinators_follow_the_laws_of_logic(
    left: Expression, right: Expression, item: dict[str, Any]
) -> None:
    a, b = matches(left, item), matches(right, item)
    assert matches(Conjunction((left, right)), item) == (a and b)
    assert matches(Disjunction((left, right)), item) == (a or b)
    assert matches(Negation(left), item) == (not a)


@given(strings, strings)
def test_ne_is_never_eq(held: str, asked: str) -> None:
    item = {"name": held}
    equal = matches(Question("name", Function.EQ, (asked,)), item)
    assert equal == (held == asked)
    assert matches(Question("name", Function.NE, (asked,)), item) != equal


@given(st.text(alphabet="ab.*\\", max_size=8), st.text(alphabet="ab.*\\", max_size=8))
def test_like_agrees_with_a_regular_expression(pattern: str, text: str) -> None:
    assert like(pattern, text) == bool(re.fullmatch(_as_regex(pattern), text, re.DOTALL))


def _as_regex(pattern: str) -> str:
    wild = {".": ".", "*": ".*"}
    pieces = re.findall(r"\\.|.", pattern, re.DOTALL)
    return "".join(wild.get(piece) or re.escape(piece[-1]) for piece in pieces)


def test_a_hostile_like_pattern_takes_bounded_time() -> None:
    assert not like("*a" * 200 + "b", "a" * 2000)
