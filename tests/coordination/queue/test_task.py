"""What a task and an outcome look like in a stream, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cortex.coordination.queue.task import (
    Cancelled,
    Done,
    Expired,
    Failed,
    Outcome,
    Task,
    decode,
    decode_outcome,
    encode,
    encode_outcome,
    state_of,
    ulid,
)
from cortex.errors import Malformed

WORDS = some.text(some.characters(codec="utf-8"), min_size=1, max_size=20)
JSON = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(2**53), 2**53)
    | some.text(some.characters(codec="utf-8")),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
MOMENTS = some.none() | some.integers(0, 2**48 - 1)
TASKS = some.builds(
    Task,
    id=WORDS,
    kind=WORDS,
    arguments=some.dictionaries(WORDS, JSON, max_size=4),
    priority=some.sampled_from(["low", "normal", "high", "critical"]),
    idempotency_key=WORDS | some.just(""),
    attempt=some.integers(0, 100),
    not_before_ms=MOMENTS,
    deadline_ms=MOMENTS,
    actor=WORDS,
    trace=WORDS,
)
OUTCOMES: some.SearchStrategy[Outcome] = (
    some.builds(Done, JSON)
    | some.builds(Failed, WORDS, some.sampled_from(["transient", "limited", "permanent"]))
    | some.just(Cancelled())
    | some.just(Expired())
)


@given(TASKS)
def test_a_task_is_read_back_as_it_was_written(task: Task) -> None:
    assert decode({b"task": encode(task)}) == task


@given(OUTCOMES)
def test_an_outcome_is_read_back_as_it_was_written(outcome: Outcome) -> None:
    assert decode_outcome(encode_outcome(outcome)) == outcome
    assert f'"state":"{state_of(outcome)}"'.encode() in encode_outcome(outcome)


@given(some.dictionaries(some.binary(max_size=12) | some.just(b"task"), some.binary(max_size=60)))
def test_an_entry_that_is_no_task_is_refused_with_a_reason(fields: dict[bytes, bytes]) -> None:
    with pytest.raises(Malformed, match="the entry"):
        decode(fields)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (b'{"id":"a"}', "kind"),
        (b'{"id":"a","kind":"k","priority":"urgent"}', "urgent"),
        (b'{"id":"a","kind":"k","arguments":[1]}', "arguments"),
        (b'{"id":"","kind":"k"}', "id"),
        (b'{"id":"a","kind":"k","deadline_ms":-1}', "deadline_ms"),
        (b'{"id":"a\xff"}', "read"),
    ],
)
def test_a_refusal_names_what_is_wrong(body: bytes, wrong: str) -> None:
    with pytest.raises(Malformed, match=wrong):
        decode({b"task": body})


@pytest.mark.parametrize("argument", [b"\xff" * 2_000_000, object(), float])
def test_a_task_that_cannot_be_stored_is_refused(argument: Any) -> None:
    with pytest.raises(Malformed):
        encode(Task(id="a", kind="k", arguments={"given": argument}))


def test_a_result_that_is_no_json_is_refused() -> None:
    with pytest.raises(Malformed, match="outcome"):
        encode_outcome(Done(object()))
    with pytest.raises(Malformed, match="bytes"):
        encode_outcome(Done("x" * 2_000_000))
    with pytest.raises(Malformed, match="outcome"):
        decode_outcome(b'{"state":"unheard of"}')


def test_critical_tasks_wait_where_high_ones_do() -> None:
    assert Task(id="a", kind="k", priority="critical").lane == "high"
    assert Task(id="a", kind="k", priority="low").lane == "low"


@given(
    some.tuples(some.integers(0, 2**48 - 1), some.binary(min_size=10, max_size=10)),
    some.tuples(some.integers(0, 2**48 - 1), some.binary(min_size=10, max_size=10)),
)
def test_ids_sort_by_their_time(one: tuple[int, bytes], other: tuple[int, bytes]) -> None:
    assert (ulid(*one) < ulid(*other)) == (one < other)
    assert len(ulid(*one)) == 26


def test_an_id_is_written_as_its_specification_says() -> None:
    assert ulid(1_469_918_176_385, b"\0" * 10) == "01ARYZ6S410000000000000000"
    assert ulid(2**48 - 1, b"\xff" * 10) == "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"


@pytest.mark.parametrize(("moment", "chance"), [(-1, 10), (2**48, 10), (0, 9)])
def test_an_id_of_no_time_or_too_little_chance_is_refused(moment: int, chance: int) -> None:
    with pytest.raises(Malformed):
        ulid(moment, b"\0" * chance)
