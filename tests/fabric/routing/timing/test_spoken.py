"""The time in an order is taken out whole, or named as unclear; it is never guessed."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cortex.errors import Malformed
from cortex.fabric.routing.frame import Mood, Polarity
from cortex.fabric.routing.language import read
from cortex.fabric.routing.language.text import normalise
from cortex.fabric.routing.timing.calendar import resolve
from cortex.fabric.routing.timing.phrasing import phrase
from cortex.fabric.routing.timing.spoken import timing_of
from cortex.fabric.routing.timing.when import (
    At,
    Clock,
    Every,
    For,
    ForGood,
    In,
    InDays,
    On,
    OnWeekday,
    Timed,
    Unclear,
    Until,
    When,
)

_TABLE = yaml.safe_load((Path(__file__).parent / "phrases.yaml").read_text(encoding="utf-8"))
_VIENNA = ZoneInfo("Europe/Vienna")
_NOW = datetime(2026, 11, 23, 17, 0, tzinfo=_VIENNA)
_ORDERS = (
    "block the kids ipad",
    "please turn off the guest wifi",
    "could you unblock aa:bb:cc:dd:ee:ff",
    "turn off poe on port 5 of the garage switch",
    "block client 192.168.1.57",
    'disable the rule "until 7"',
)
_TIMES = (
    "for two hours", "for 90 min", "for the next half an hour", "until 7", "till 19:30", "at 21:30",
    "until tomorrow morning", "until midnight", "in ten minutes", "tomorrow at 7", "at 7 p.m.",
    "on friday at 8 pm", "every day at 22:00", "every school night at 21:30", "nightly at 1",
    "on weekends from 22:00 to 7:00", "every monday, wednesday and friday at 6 am for 2 hours",
    "every school night from 21:30 until 7", "at half past nine in the evening", "from 9 to 10 pm",
    "tonight at 9, for an hour", "mon-fri 22:00-06:00", "from now until noon",
)  # fmt: skip
_VOCABULARY = (
    *["block", "the", "tv", "at", "on", "in", "for", "from", "to", "until", "till", "every", "each", "day", "night", "monday", "fri", "weekend"],
    *["school", "nights", "tomorrow", "tonight", "morning", "7", "19:30", "9pm", "pm", "am", "half", "past", "quarter", "an", "hour", "two"],
    *["hours", "30", "min", "and", "or", ",", ".", "-", "not", "about", "noon", "midnight", "next", "this", "week", "daily", "december", "24", "24th"],
)  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), _TABLE["clear"].items())
def test_a_clear_time_is_taken_out_and_said_in_full(text: str, expected: list[str]) -> None:
    found = timing_of(text)
    assert isinstance(found, Timed)
    assert not isinstance(found.when, ForGood)
    said = phrase(resolve(found.when, _NOW, _VIENNA), _NOW).replace(" (Europe/Vienna)", "")
    assert [found.rest, said.replace(", if I read the time right", " (assumed)")] == expected


@pytest.mark.parametrize(("text", "words"), _TABLE["unclear"].items())
def test_an_unclear_time_is_named_with_its_words(text: str, words: str) -> None:
    found = timing_of(text)
    assert isinstance(found, Unclear)
    assert found.words == words
    assert found.reason


@pytest.mark.parametrize("text", _TABLE["timeless"])
def test_an_order_without_a_time_has_none(text: str) -> None:
    assert timing_of(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "block the tv for good",
        "block the tv for ever",
        "block the tv forever, please",
        "permanently block the tv",
        "block the tv indefinitely!",
    ],
)
def test_for_good_is_a_time_without_a_moment(text: str) -> None:
    found = timing_of(text)
    assert isinstance(found, Timed)
    assert found.when == ForGood()
    assert "block the tv" in found.rest
    assert timing_of(found.rest) is None


def test_what_is_for_good_and_until_a_moment_is_unclear() -> None:
    found = timing_of("for ever block the tv for two hours")
    assert isinstance(found, Unclear)
    assert found.reason == "it says both for good and when"


@pytest.mark.parametrize("text", _TABLE["clear"])
def test_what_is_left_of_an_order_is_no_longer_for_later(text: str) -> None:
    found = timing_of(text)
    assert isinstance(found, Timed)
    assert read(found.rest).mood is not Mood.SCHEDULED
    assert timing_of(found.rest) is None


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("block it for 2 hours", For(7200)),
        ("block it until 7", Until(On(Clock(7, certainty="either")))),
        ("block it until tomorrow morning", Until(On(Clock(7, certainty="assumed"), InDays(1)))),
        ("block it until sunday", Until(On(Clock(0, certainty="assumed"), OnWeekday(6)))),
        ("block it in ten minutes", At(moment=In(600))),
        ("block it at 21:30 for an hour", At(moment=On(Clock(21, 30)), seconds=3600)),
        (
            "block it every school night from 21:30 until 7 in the morning",
            Every(days=frozenset({6, 0, 1, 2, 3}), at=Clock(21, 30), until=Clock(7)),
        ),
        (
            "block it nightly at 1 for 2h",
            Every(days=frozenset(range(7)), at=Clock(1), seconds=7200),
        ),
    ],
)
def test_each_kind_of_time_is_a_value_of_its_own(text: str, when: When) -> None:
    found = timing_of(text)
    assert isinstance(found, Timed)
    assert found.when == when


@pytest.mark.parametrize("text", ["don't block the tv until 7", "do not block the tv at 9 pm"])
def test_a_refusal_stays_a_refusal_without_its_time(text: str) -> None:
    found = timing_of(text)
    assert isinstance(found, Timed)
    assert read(found.rest).polarity is Polarity.NEGATIVE


def test_a_condition_stays_with_the_order() -> None:
    found = timing_of("if she is late block the tv for two hours")
    assert isinstance(found, Timed)
    assert read(found.rest).mood is Mood.CONDITIONAL


@given(st.sampled_from(_ORDERS), st.sampled_from(_TIMES), st.sampled_from(["{0} {1}", "{1} {0}", "{1}, {0}", "{0}, {1}"]))  # fmt: skip
def test_the_order_is_left_as_it_was_wherever_the_time_stands(
    order: str, time: str, form: str
) -> None:
    found = timing_of(form.format(order, time))
    assert isinstance(found, Timed)
    assert found.rest == order


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    _hold(text)


@given(st.lists(st.sampled_from(_VOCABULARY), max_size=14).map(" ".join))
def test_any_heap_of_words_about_time_is_read_or_refused(text: str) -> None:
    _hold(text)


def _hold(text: str) -> None:
    """Hold what every reading keeps: words come from the text, in order; moments are to come."""
    found, plain = timing_of(text), normalise(text)
    if isinstance(found, Timed):
        assert all(one in plain for one in found.words)
        kept = found.rest.replace(" ", "")
        taken = sum(len(one.replace(" ", "")) for one in found.words)
        assert len(kept) + taken <= len(plain.replace(" ", ""))
        if not isinstance(found.when, ForGood):
            _hold_moments(found.when)
    elif isinstance(found, Unclear):
        assert found.words
        assert all(part in plain for part in found.words.split(" … "))


def _hold_moments(when: When) -> None:
    try:
        plan = resolve(when, _NOW, _VIENNA)
    except Malformed:
        return
    moments = [_NOW.astimezone(UTC), *(one for one in (plan.starts_at, plan.undo_at) if one)]
    assert all(one < other for one, other in pairwise(moments))
    assert len(moments) > 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("create from three to six vouchers", "from three to six"),
        ("block from 3 to 6 iPads", "from 3 to 6"),
    ],
)
def test_a_span_that_counts_things_is_no_time(text: str, words: str) -> None:
    found = timing_of(text)
    assert isinstance(found, Unclear)
    assert (found.words, found.reason) == (words, "it may say how many, and not when")


@pytest.mark.parametrize(
    "text",
    [
        "block the tv from three to six",
        "block from 3 to 6 the tv",
        "block the tv from 8 am",
        "from 22 to 6 block the tv every day",
        "from 8 am to bed block the tv",
        "block the tv from 8 to",
    ],
)
def test_a_span_of_the_clock_is_not_counted(text: str) -> None:
    found = timing_of(text)
    assert not isinstance(found, Unclear) or "how many" not in found.reason
