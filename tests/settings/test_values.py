"""Durations, switches and lists are read as a person means them, and anything else is refused."""

import contextlib
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.settings.values import Unreadable, convert, duration, duration_text

KINDS: tuple[Any, ...] = (
    str,
    int,
    bool,
    timedelta,
    Path | None,
    tuple[str, ...],
    dict[str, timedelta],
    Literal["a", "b"],
)
RAW = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.integers(min_value=0, max_value=3650 * 86_400_000))
def test_a_duration_survives_being_written_and_read(milliseconds: int) -> None:
    span = timedelta(milliseconds=milliseconds)
    assert duration(duration_text(span)) == span


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        ("300", 300),
        (300, 300),
        ("5m", 300),
        ("2h", 7200),
        ("1h30m", 5400),
        ("250ms", 0.25),
        (0.5, 0.5),
        (" 1D ", 86400),
    ],
)
def test_a_duration_is_seconds_or_has_units(raw: object, seconds: float) -> None:
    assert duration(raw) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "raw", ["", "5 minutes", "-5", -5, "m5", True, None, [], "1e9", "4000d", "nan", float("nan")]
)
def test_anything_else_is_no_duration(raw: object) -> None:
    with pytest.raises(Unreadable):
        duration(raw)


@given(RAW, st.sampled_from(KINDS))
def test_a_value_is_read_or_refused_and_nothing_else(raw: object, wanted: Any) -> None:
    with contextlib.suppress(Unreadable):
        convert(raw, wanted)


@given(st.lists(st.text(alphabet="abc:.-", min_size=1), max_size=4))
def test_a_list_reads_the_same_from_a_file_and_from_the_environment(names: list[str]) -> None:
    assert convert(names, tuple[str, ...]) == convert(",".join(names), tuple[str, ...])


def test_a_mapping_reads_the_same_from_a_file_and_from_the_environment() -> None:
    wanted = dict[str, timedelta]
    from_file = convert({"execution-unifi-api": 60}, wanted)
    assert convert("execution-unifi-api=1m", wanted) == from_file


@pytest.mark.parametrize(
    ("raw", "said"), [("yes", True), ("OFF", False), (True, True), ("0", False)]
)
def test_a_switch_knows_the_usual_words(raw: object, said: object) -> None:
    assert convert(raw, bool) is said
