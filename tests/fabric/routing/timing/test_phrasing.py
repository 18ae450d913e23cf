"""A time is said in full: its days, its moments, its zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.routing.timing.calendar import resolve
from cortex.fabric.routing.timing.phrasing import length, moment, phrase, repetition
from cortex.fabric.routing.timing.when import At, Clock, Every, For, In, On, Until, When

_VIENNA = ZoneInfo("Europe/Vienna")
_NOW = datetime(2026, 11, 23, 17, 0, tzinfo=_VIENNA)
_SCHOOL = frozenset({6, 0, 1, 2, 3})


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (Until(On(Clock(7))), "until Tue 24 Nov 07:00 (Europe/Vienna)"),
        (For(90), "until Mon 23 Nov 17:01:30 (Europe/Vienna)"),
        (At(moment=In(600)), "on Mon 23 Nov 17:10 (Europe/Vienna)"),
        (
            At(moment=On(Clock(22)), until=On(Clock(7))),
            "from Mon 23 Nov 22:00 until Tue 24 Nov 07:00 (Europe/Vienna)",
        ),
        (For(60 * 86_400), "until Fri 22 Jan 2027 17:00 (Europe/Vienna)"),
        (
            Every(days=_SCHOOL, at=Clock(21, 30), until=Clock(7)),
            "every Sun–Thu at 21:30, undone at 07:00 (Europe/Vienna), first on Mon 23 Nov 21:30",
        ),
        (
            Until(On(Clock(7, certainty="either"))),
            "until Mon 23 Nov 19:00 (Europe/Vienna), if I read the time right",
        ),
    ],
)
def test_a_plan_is_said_with_its_day_its_time_and_its_zone(when: When, said: str) -> None:
    assert phrase(resolve(when, _NOW, _VIENNA), _NOW) == said


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (frozenset(range(7)), "every day at 08:00"),
        (frozenset(range(5)), "every Mon–Fri at 08:00"),
        (frozenset({5, 6}), "every Sat, Sun at 08:00"),
        (frozenset({5, 6, 0}), "every Sat–Mon at 08:00"),
        (frozenset({0, 2, 4}), "every Mon, Wed, Fri at 08:00"),
        (frozenset({3}), "every Thu at 08:00"),
    ],
)
def test_days_in_a_row_are_a_range_even_over_sunday(days: frozenset[int], said: str) -> None:
    assert repetition(Every(days=days, at=Clock(8))) == said


def test_a_repeated_length_is_said_in_words() -> None:
    every = Every(days=frozenset({0}), at=Clock(8), seconds=5400)
    assert repetition(every) == "every Mon at 08:00 for 1 hour 30 minutes"


def test_a_time_that_comes_twice_is_said_with_the_name_of_its_zone() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=ZoneInfo("UTC"))
    assert moment(first, _VIENNA, _NOW) == "Sun 25 Oct 02:30 CEST"


@given(st.integers(1, 366 * 86_400))
def test_a_length_in_words_adds_up(seconds: int) -> None:
    sizes = {"day": 86_400, "hour": 3600, "minute": 60, "second": 1}
    words = length(seconds).split()
    counted = zip(words[::2], words[1::2], strict=True)
    assert sum(int(count) * sizes[unit.rstrip("s")] for count, unit in counted) == seconds
